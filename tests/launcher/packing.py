# SPDX-License-Identifier: MIT
"""What is in the initramfs: read back from --pack."""
import os
import stat
import subprocess

from launch import equal, fails, folder, orders, pack, read_archive, sysgate, write


def compiled(at, *flags, cc="gcc", text="int main(void) { return 0; }\n"):
    write(f"{at}/prog.c", text.encode())
    subprocess.run([cc, "-o", f"{at}/prog", f"{at}/prog.c", *flags], check=True)
    return f"{at}/prog"


def follow(entries, path):
    """The entry that an absolute path leads to, through packed links only."""
    done, todo, links = [], [p for p in path.split("/") if p], 0
    while todo:
        part = todo.pop(0)
        name = "/".join([*done, part])
        assert name in entries, f"{path}: no {name}"
        mode, _, _, data = entries[name]
        if stat.S_ISLNK(mode):
            links += 1
            assert links < 40, path
            target = data.decode()
            if target.startswith("/"):
                done = []
            todo = [p for p in target.split("/") if p] + todo
        else:
            done.append(part)
    return entries["/".join(done)]


def same_as_host(entries, path):
    with open(path, "rb") as f:
        equal(follow(entries, path)[3], f.read())


def test_pack_static():
    entries = pack("busybox", "true")
    same_as_host(entries, "/bin/busybox")
    for name in "dev proc sys tmp root etc/passwd etc/group dev/console .sysgate/init".split():
        assert name in entries, name
    equal(entries["tmp"][0], stat.S_IFDIR | 0o1777)
    assert "etc/ld.so.cache" not in entries
    for line in ("root:x:0:0:root:/root:/bin/sh",):
        assert line in entries["etc/passwd"][3].decode()


def test_pack_orders():
    got = orders(pack("--env", "A=1", "--env", "B=x=y", "--env", "A=2", "--cwd", "/w/x", "--user", "7:8",
                      "--", "busybox", "echo", "", "a b\nc", "ü"))
    equal([v for k, v in got if k == "arg"], ["busybox", "echo", "", "a b\nc", "ü"])
    env = [v for k, v in got if k == "env"]
    assert "A=2" in env and "B=x=y" in env and "A=1" not in env, env
    assert any(e.startswith("PATH=/") for e in env), env
    rest = dict(kv for kv in got if kv[0] not in ("arg", "env"))
    equal([rest[k] for k in "cwd uid gid fd0 fd1 fd2".split()], ["/w/x", "7", "8", "port", "port", "port"])


def test_pack_dynamic():
    """Interpreter and libraries lie where ld.so looks, through the same links."""
    entries = pack("ls")
    same_as_host(entries, "/bin/ls")
    same_as_host(entries, "/lib64/ld-linux-x86-64.so.2")
    same_as_host(entries, "/lib/x86_64-linux-gnu/libc.so.6")
    same_as_host(entries, "/lib/x86_64-linux-gnu/libselinux.so.1")
    same_as_host(entries, "/lib/x86_64-linux-gnu/libpcre2-8.so.0")  # only libselinux asks for it


def test_pack_dynamic_i386():
    with folder() as at:
        entries = pack(compiled(at, "-m32"))
        same_as_host(entries, f"{at}/prog")
        same_as_host(entries, "/lib/ld-linux.so.2")
        assert any(name.endswith("/libc.so.6") for name in entries)


def test_pack_musl():
    with folder() as at:
        same_as_host(pack(compiled(at, cc="musl-gcc")), "/lib/ld-musl-x86_64.so.1")


def test_pack_run_paths():
    """DT_RUNPATH and DT_RPATH with $ORIGIN; a library of a library; a library that is missing."""
    with folder() as at:
        os.makedirs(f"{at}/lib/deep")
        write(f"{at}/lib/deep/b.c", b"int b(void) { return 1; }\n")
        write(f"{at}/lib/a.c", b"int b(void); int a(void) { return b(); }\n")
        shared = ["gcc", "-shared", "-fPIC", "-o"]
        subprocess.run([*shared, f"{at}/lib/deep/libb.so", f"{at}/lib/deep/b.c"], check=True)
        subprocess.run([*shared, f"{at}/lib/liba.so", f"{at}/lib/a.c", f"-L{at}/lib/deep", "-lb",
                        "-Wl,--enable-new-dtags,-rpath,$ORIGIN/deep"], check=True)
        for tags in ("--enable-new-dtags", "--disable-new-dtags"):
            prog = compiled(at, f"-L{at}/lib", "-la", f"-Wl,{tags},-rpath,${{ORIGIN}}/lib",
                            f"-Wl,-rpath-link,{at}/lib/deep",
                            text="int a(void); int main(void) { return a(); }\n")
            entries = pack(prog)
            same_as_host(entries, f"{at}/lib/liba.so")
            same_as_host(entries, f"{at}/lib/deep/libb.so")
        os.unlink(f"{at}/lib/deep/libb.so")
        done = sysgate("run", "--pack", "/dev/null", prog)
        equal(done.returncode, 0)
        assert b"warning" in done.stderr and b"libb.so" in done.stderr, done.stderr


def test_pack_run_path_with_a_dollar_in_it():
    """What replaces a token is not expanded again; a brace without its other half is no token."""
    with folder() as at:
        os.makedirs(f"{at}/$ORIGIN")
        write(f"{at}/$ORIGIN/a.c", b"int a(void) { return 1; }\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", f"{at}/$ORIGIN/liba.so", f"{at}/$ORIGIN/a.c"], check=True)
        prog = compiled(f"{at}/$ORIGIN", f"-L{at}/$ORIGIN", "-la", "-Wl,-rpath,${ORIGIN",
                        "-Wl,-rpath,$ORIGINAL", "-Wl,-rpath,$ORIGIN", text="int a(void); int main(void) { return a(); }\n")
        same_as_host(pack(prog), f"{at}/$ORIGIN/liba.so")


def test_pack_scripts():
    with folder() as at:
        direct = write(f"{at}/direct", b"#! /bin/busybox sh\necho hi\n", 0o755)
        entries = pack(direct)
        same_as_host(entries, direct)
        same_as_host(entries, "/bin/busybox")
        env = write(f"{at}/env", b"#!/usr/bin/env -S A=1 dash -e\n", 0o755)
        entries = pack(env)
        same_as_host(entries, "/usr/bin/env")
        same_as_host(entries, "/usr/bin/dash")
        second = write(f"{at}/second", f"#!{direct}\n".encode(), 0o755)
        same_as_host(pack(second), "/bin/busybox")


def test_pack_links():
    """A program behind links keeps them all; a relative PROGRAM is packed under its absolute path."""
    with folder() as at:
        os.makedirs(f"{at}/real")
        os.symlink("real", f"{at}/way")
        os.symlink("/bin/busybox", f"{at}/real/tool")
        entries = pack(f"{at}/way/tool", "true")
        same_as_host(entries, f"{at}/way/tool")
        equal(dict(orders(entries))["exec"], f"{at}/way/tool")
        equal(dict(orders(pack("./real/tool", cwd=at)))["exec"], f"{at}/real/tool")


def test_pack_root():
    """--root: all kinds of files, with hard links and names of any bytes; ours are added."""
    with folder() as at:
        os.makedirs(f"{at}/etc/empty", mode=0o750)
        write(f"{at}/etc/file", b"x" * 10001, 0o4751)
        os.link(f"{at}/etc/file", f"{at}/etc/again")
        os.symlink("file", f"{at}/etc/link")
        os.mkfifo(f"{at}/etc/fifo")
        entries = pack("--root", at, "anything")
        equal(entries["etc/file"][0], stat.S_IFREG | 0o4751)
        equal({entries[n][3] for n in ("etc/file", "etc/again")}, {b"x" * 10001})
        equal(entries["etc/link"][3], b"file")
        assert stat.S_ISFIFO(entries["etc/fifo"][0]) and stat.S_ISDIR(entries["etc/empty"][0])
        assert ".sysgate/init" in entries and "etc/passwd" not in entries
        equal(dict(orders(entries))["exec"], "anything")


def test_pack_add():
    with folder() as at:
        os.makedirs(f"{at}/data/sub")
        write(f"{at}/data/sub/file", b"data")
        entries = pack("--add", f"{at}/data", "--add", "/bin/ls", "busybox")
        equal(entries[f"{at}/data/sub/file"[1:]][3], b"data")
        same_as_host(entries, "/lib/x86_64-linux-gnu/libselinux.so.1")
        fails(sysgate("run", "--add", f"{at}/none", "busybox"), 125, "--add", "No such file")


def test_pack_initrd():
    """--initrd: its bytes come first, unchanged; ours follow."""
    with folder() as at:
        os.makedirs(f"{at}/tree/bin")
        write(f"{at}/tree/bin/x", b"odd", 0o755)
        blob = sysgate("run", "--pack", "-", "--root", f"{at}/tree", "x").stdout
        given = write(f"{at}/given.cpio", blob + b"\0\0")
        entries = pack("--initrd", given, "y")
        equal(entries["bin/x"][3], b"odd")
        equal(dict(orders(entries))["exec"], "y")


def test_pack_shell():
    done = sysgate("shell", "--pack", "-")
    entries = read_archive(done.stdout)
    same_as_host(entries, "/bin/busybox")
    for applet in ("/bin/sh", "/bin/ls", "/bin/vi"):
        equal(follow(entries, applet), follow(entries, "/bin/busybox"))
