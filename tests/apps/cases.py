# SPDX-License-Identifier: MIT
"""Real programs, unmodified, through the launcher.  What they must print comes from running the same
program on this host, which is Linux.  Each test_* raises on failure; a returned text is a remark."""
import glob
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.environ.get("SYSGATE_O", os.path.join(ROOT, "build"))
LIMIT = 120


def prepare(ctx):
    """Brings the kernel, the launcher and the programs built from this folder up to date."""
    ctx.make("all", "apps")


def app(name):
    return os.path.join(OUT, "tests", "apps", name)


def on_host(argv, stdin=b"", **extra):
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=LIMIT, **extra)


def sysgate(*arguments, stdin=b"", limit=LIMIT):
    launcher = os.path.join(OUT, "host", "sysgate")
    return subprocess.run([launcher, "run", *arguments], input=stdin, capture_output=True, timeout=limit,
                          cwd=ROOT)


def first_difference(want, got):
    a, b = want.decode("utf-8", "replace").splitlines(), got.decode("utf-8", "replace").splitlines()
    for i in range(max(len(a), len(b))):
        x, y = a[i] if i < len(a) else "<end>", b[i] if i < len(b) else "<end>"
        if x != y:
            return f"line {i + 1}: expected {x!r}, got {y!r}"
    return "only white space differs"


def same(want, got):
    """stdout and status must be those of the host; stderr is shown when they are not."""
    tail = got.stderr.decode("utf-8", "replace")[-300:]
    if want.stdout != got.stdout:
        raise AssertionError(f"{first_difference(want.stdout, got.stdout)} (status {got.returncode}) {tail}")
    expected = want.returncode if want.returncode >= 0 else 128 - want.returncode
    if got.returncode != expected:
        raise AssertionError(f"status {got.returncode}, not {expected}: {tail}")


def both(*argv, stdin=b""):
    same(on_host(list(argv), stdin), sysgate("--", *argv, stdin=stdin))


def test_busybox_applet_script():
    both(os.path.join(HERE, "applets.sh"))


def test_busybox_sh_over_pipes():
    both("/bin/busybox", "sh", stdin=b"echo one\nx=5\necho $((x*2))\nfalse\necho $?\ncd /\npwd\nexit 4\n")


def test_busybox_sh_interactive_over_a_pty():
    import pexpect
    launcher = os.path.join(OUT, "host", "sysgate")
    with pexpect.spawn(launcher, ["run", "--", "/bin/busybox", "sh"], timeout=30, encoding="utf-8") as shell:
        shell.setwinsize(30, 90)
        shell.expect("[#$] ")
        shell.sendline("echo a$((40+2))b")
        shell.expect("a42b")
        shell.expect("[#$] ")
        shell.sendline("sleep 100")
        shell.expect("sleep 100")
        import time
        time.sleep(0.5)
        shell.sendintr()
        shell.expect("[#$] ")
        shell.sendline("echo st=$?")
        shell.expect("st=130")
        shell.sendline("tty; stty size")
        shell.expect("/dev/")
        shell.sendline("cat")
        shell.send("typed\n")
        shell.expect("typed\r\n.*typed")
        shell.sendeof()
        shell.expect("[#$] ")
        shell.sendline("exit 9")
        shell.expect(pexpect.EOF)
    if shell.exitstatus != 9:
        raise AssertionError(f"exit status {shell.exitstatus}, not 9")


def test_busybox_uname():
    got = sysgate("--", "busybox", "uname", "-a")
    text = got.stdout.decode()
    wanted = text.startswith("Linux ") and "6.1.0-sysgate" in text and "x86_64" in text
    if not wanted or got.returncode:
        raise AssertionError(f"printed {text!r}, status {got.returncode}")


def test_bash_static():
    shell = shutil.which("bash-static")
    if not shell:
        return "SKIP no bash-static"
    script = ('declare -A m=([a]=1 [b]=2); for k in a b; do echo $k=${m[$k]}; done; echo {1..5}; '
              'x=$(printf %s "sub"); echo ${x^^}; diff <(echo 1) <(echo 2) >/dev/null; '
              'trap "echo bye" EXIT; (exit 3); echo $?; read -r l <<< "here string"; echo "$l"; '
              'exit 5')
    both(shell, "-c", script)


def test_dash_dynamic():
    script = 'i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done; echo "$0"; exit 2'
    both("/bin/dash", "-c", script, "name")


def test_coreutils_dynamic():
    both("/usr/bin/sort", "-n", stdin=b"10\n9\n100\n1\n")
    both("/usr/bin/sha256sum", stdin=b"hello\n")
    both("/usr/bin/seq", "1", "1000")
    both("/usr/bin/env", "-i", "A=1", "/usr/bin/env")
    both("/usr/bin/printf", "%05.2f\\n", "3.14159")


def test_exit_statuses_of_dynamic_programs():
    both("/bin/true")
    both("/bin/false")
    both("/usr/bin/expr", "6", "*", "7")


def test_threads_with_glibc():
    both(app("threads"))


def test_musl_static():
    # Its popen needs /bin/sh.
    same(on_host([app("libc"), "arg"]), sysgate("--add", "/bin/sh", "--", app("libc"), "arg"))


def test_int80_from_64_bit_code():
    both(app("int80"))


def test_binary_output_is_kept():
    data = bytes(range(256)) * 300
    both("/bin/cat", stdin=data)


def i386_busybox():
    """The i386 busybox-static program from its Debian package, or None."""
    kept = os.path.join(OUT, "oracle", "busybox-i386")
    if os.path.exists(kept):
        return kept
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        given = os.environ.get("SYSGATE_BUSYBOX_I386_DEB")
        if given:
            shutil.copy(given, folder)
        else:
            subprocess.run(["apt-get", "download", "busybox-static:i386"], cwd=folder, capture_output=True)
        debs = glob.glob(os.path.join(folder, "*.deb"))
        if not debs:
            return None
        subprocess.run(["dpkg", "-x", debs[0], os.path.join(folder, "x")], check=True)
        shutil.copy(os.path.join(folder, "x", "bin", "busybox"), kept)
    return kept


def test_i386_busybox_applet_script():
    busybox = i386_busybox()
    if not busybox:
        return "SKIP no i386 busybox-static (dpkg --add-architecture i386; apt-get update)"
    with tempfile.TemporaryDirectory() as root:
        for folder in ("bin", "tmp", "dev", "proc", "etc"):
            os.makedirs(os.path.join(root, folder))
        shutil.copy("/etc/passwd", os.path.join(root, "etc"))
        shutil.copy(busybox, os.path.join(root, "bin", "busybox"))
        shutil.copy(os.path.join(HERE, "applets.sh"), os.path.join(root, "script"))
        want = on_host([os.path.join(HERE, "applets.sh")])
        same(want, sysgate("--root", root, "--", "/script"))
    return None
