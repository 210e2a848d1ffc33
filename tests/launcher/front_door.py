# SPDX-License-Identifier: MIT
"""./sysgate in a copy of the tree's skeleton, with packages and apt-get that only write down their use."""
import os
import shutil
import subprocess
import time

from launch import ROOT, equal, folder, write

MAKEFILE = b"all:\n\t@echo built >> log; mkdir -p build/host build/user build/x86_64\n" \
    b"\t@printf '#!/bin/sh\\necho \"launcher $$*\"\\nexit 3\\n' > build/host/sysgate\n" \
    b"\t@touch build/user/init build/x86_64/sysgate.elf; chmod +x build/host/sysgate build/user/init\n"


def skeleton(at):
    shutil.copy(os.path.join(ROOT, "sysgate"), at)
    for name in ("docs", "mk", "abi", "kernel", "user", "host", "tools/gen", "tests", "bin"):
        os.makedirs(f"{at}/{name}")
    write(f"{at}/Makefile", MAKEFILE)
    write(f"{at}/kernel/main.c", b"")
    write(f"{at}/docs/packages.txt", b"# comment\n\nhave base /bin/sh always there\n")
    write(f"{at}/tests/run", b"#!/bin/sh\necho \"tests $*\"\nexit 4\n", 0o755)


def door(at, *args, file="sysgate", **env):
    environment = {**os.environ, "PATH": f"{at}/bin:{os.environ['PATH']}", **env}
    for name in ("O", "CC", "DEBUG", "EXAMPLES", "COVERAGE", "MAKEFLAGS", "MAKELEVEL"):
        if name not in env:
            environment.pop(name, None)
    done = subprocess.run([f"{at}/{file}", *args], capture_output=True, text=True, env=environment, cwd="/")
    return done.returncode, done.stdout, done.stderr


def builds(at):
    with open(f"{at}/log") as f:
        return f.read().count("built")


def test_front_door_builds_once():
    with folder() as at:
        skeleton(at)
        equal(door(at, "run", "--", "a b", "c")[:2], (3, "launcher run -- a b c\n"))
        equal(door(at, "version"), (3, "launcher version\n", ""))
        equal(builds(at), 1)
        os.utime(f"{at}/kernel/main.c", (time.time() + 5,) * 2)
        door(at, "version")
        equal(builds(at), 2)


def test_front_door_builds_variants():
    with folder() as at:
        skeleton(at)
        door(at, "version")
        door(at, "version", DEBUG="1")
        door(at, "version", DEBUG="1")
        equal(builds(at), 2)
        equal(door(at, "test", "--coverage", "x")[:2], (4, "tests --coverage x\n"))
        door(at, "version", COVERAGE="1")
        equal(builds(at), 3)


def test_front_door_build_failure():
    with folder() as at:
        skeleton(at)
        write(f"{at}/Makefile", b"all:\n\t@echo broken; false\n")
        status, out, err = door(at, "run", "x")
        equal((status, out), (125, ""))
        assert "broken" in err and "sysgate: the build failed" in err, err


def test_front_door_commands():
    with folder() as at:
        skeleton(at)
        equal(door(at, "test", "--list", "x y")[:2], (4, "tests --list x y\n"))
        status, _, err = door(at, "bench")
        assert status == 125 and "bench/run is missing" in err, err


def missing(at):
    """A package whose file appears when apt-get installs it."""
    write(f"{at}/docs/packages.txt", f"sysgate-none base {at}/installed makes the tea\n"
          f"sysgate-extra test {at}/extra is for tests\n".encode())
    script = f"#!/bin/sh\necho \"$*\" >> {at}/apt\necho progress\ntouch {at}/installed\n"
    write(f"{at}/bin/apt-get", script.encode(), 0o755)
    write(f"{at}/bin/sudo", b"#!/bin/sh\nshift\nexec \"$@\"\n", 0o755)


def test_front_door_installs():
    with folder() as at:
        skeleton(at)
        missing(at)
        status, out, err = door(at, "version")
        equal((status, out), (3, "launcher version\n"))
        assert "sysgate-none" in err and "makes the tea" in err and "progress" in err, err
        with open(f"{at}/apt") as f:
            equal(f.read().splitlines()[-1], "install -y --no-install-recommends sysgate-none")
        equal(door(at, "version")[2], "")


def test_front_door_cannot_install():
    with folder() as at:
        skeleton(at)
        missing(at)
        write(f"{at}/bin/apt-get", b"#!/bin/sh\nexit 100\n", 0o755)
        status, out, err = door(at, "version")
        equal((status, out), (125, ""))
        assert err.splitlines()[-1] == "sysgate: could not install: sysgate-none ", err


def test_front_door_is_quick():
    """Its own work is one find and some tests of files: the limit is far above, for busy machines."""
    best = 9
    with folder() as at:
        skeleton(at)
        door(at, "version")
        for _ in range(5):
            begin = time.monotonic()
            door(at, "version")
            best = min(best, time.monotonic() - begin)
    assert best < 0.05, best


def test_front_door_by_link():
    with folder() as at:
        skeleton(at)
        os.symlink(f"{at}/sysgate", f"{at}/bin/sg")
        equal(door(at, "version", file="bin/sg")[:2], (3, "launcher version\n"))
