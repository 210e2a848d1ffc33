# SPDX-License-Identifier: MIT
"""Options, and the QEMU command that they lead to. Nothing is booted here."""
import os
import shlex

from launch import equal, fails, folder, sysgate, write


def command(*args):
    done = sysgate("run", "--accel", "tcg", "--dry-run", *args)
    equal((done.returncode, done.stderr), (0, b""))
    return shlex.split(done.stdout.decode())


def value(argv, option):
    return argv[argv.index(option) + 1]


def test_help_and_version():
    done = sysgate("help")
    equal((done.returncode, done.stderr), (0, b""))
    for option in ("initrd root kernel mem smp machine accel env cwd user timeout append trace verbose "
                   "dry-run gdb").split():
        assert f"--{option}" in done.stdout.decode(), option
    assert sysgate("version").stdout.startswith(b"sysgate ")
    equal(sysgate("run", "--help").stdout, done.stdout)


def test_dry_run_defaults():
    argv = command("--", "busybox", "true")
    assert argv[0].endswith("/qemu-system-x86_64")
    assert value(argv, "-M").startswith("microvm")
    equal([value(argv, o) for o in ("-m", "-smp", "-accel", "-display")], ["256", "1", "tcg", "none"])
    equal(value(argv, "-append"), "console=ttyS0 rdinit=/.sysgate/init panic=-1 quiet")
    for flag in ("-nodefaults", "-no-user-config", "-no-reboot"):
        assert flag in argv, flag
    assert "virtio-serial-device,max_ports=6" in argv


def test_dry_run_options():
    argv = command("--mem", "64M", "--smp", "4", "--machine", "q35", "--append", "a=b c='d e'", "--trace",
                   "--", "busybox", "true")
    equal([value(argv, o) for o in ("-m", "-smp", "-M")], ["64", "4", "q35"])
    equal(value(argv, "-append"), "console=ttyS0 rdinit=/.sysgate/init panic=-1 quiet trace=port,exec a=b c='d e'")
    assert any(a.startswith("virtio-serial-pci") for a in argv)
    assert any(a.startswith("virtserialport,nr=5,") for a in argv)
    equal(value(command("--mem", "9000k", "--mem=1536K", "--mem=1g", "busybox"), "-m"), "1024")
    equal(value(command("--mem=16400K", "busybox"), "-m"), "16400k")


def test_options_end_at_program():
    """What follows PROGRAM belongs to it, with or without --."""
    for args in (["busybox", "--smp", "2"], ["--", "busybox", "--smp", "2"]):
        equal(value(command(*args), "-smp"), "1")


def test_ports_only_where_needed():
    argv = command("busybox")
    equal([a.split(",")[1] for a in argv if a.startswith("virtserialport")], ["nr=1", "nr=2", "nr=3", "nr=4"])
    assert not any(a.startswith("virtconsole") for a in argv)


def test_unknown_options():
    fails(sysgate("run", "--bogus", "busybox"), 125, "--bogus", "sysgate help")
    fails(sysgate("run", "-x"), 125, "-x")
    fails(sysgate("run", "--verbose=1", "busybox"), 125, "--verbose=1")
    fails(sysgate("frob"), 125, "frob", "sysgate help")


def test_missing_parts():
    fails(sysgate("run"), 125, "PROGRAM")
    fails(sysgate("run", "--"), 125, "PROGRAM")
    fails(sysgate("run", "--mem"), 125, "--mem")
    fails(sysgate("shell", "ls"), 125, "ls")


def test_bad_values():
    for option, bad in (("--mem", "x"), ("--mem", "-1"), ("--mem", "1Q"), ("--mem", "99999999999G"),
                        ("--mem", "12K"), ("--smp", "0"), ("--smp", "9"), ("--smp", "2x"),
                        ("--machine", "pdp11"), ("--accel", "warp"), ("--timeout", "soon"),
                        ("--timeout", "-1"), ("--timeout", "nan"), ("--user", "root"), ("--user", "1:"),
                        ("--user", "4294967295"), ("--cwd", "here"), ("--env", "=v")):
        fails(sysgate("run", option, bad, "busybox"), 125, option, bad)
    fails(sysgate("run", "--root", "/tmp", "--initrd", "/x", "busybox"), 125, "--root", "--initrd")


def test_too_little_memory():
    with folder() as at:
        big = write(f"{at}/big", b"#!/bin/busybox sh\n" + b"#" * 4_000_000, 0o755)
        fails(sysgate("run", "--mem", "4M", big), 125, "--mem", "too little")
        os.mkdir(f"{at}/tree")
        write(f"{at}/tree/vast", b"")
        os.truncate(f"{at}/tree/vast", 1 << 40)  # more than this machine has, and refused before it is read
        fails(sysgate("run", "--root", f"{at}/tree", "/init"), 125, "--mem", "too little", "vast")


def test_no_qemu():
    done = sysgate("run", "/bin/busybox", env={"PATH": "/nonexistent"})
    fails(done, 125, "qemu-system-x86_64", "apt-get install")


def test_bad_kernels():
    with folder() as at:
        fails(sysgate("run", "--kernel", f"{at}/none", "busybox"), 125, "none", "No such file")
        text = write(f"{at}/text", b"hello\n" * 1000)
        fails(sysgate("run", "--kernel", text, "busybox"), 125, "neither an ELF file nor")
        fails(sysgate("run", "--kernel", "/bin/busybox", "busybox"), 125, "PVH")
        with open("/bin/busybox", "rb") as f:
            short = write(f"{at}/short", f.read(5000))
        fails(sysgate("run", "--kernel", short, "busybox"), 125, "truncated")
