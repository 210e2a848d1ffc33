# SPDX-License-Identifier: MIT
"""Real programs, unmodified, through the launcher.  What they must print comes from running the same
program on this host, which is Linux.  Each test_* raises on failure; a returned text is a remark."""
import glob
import os
import shutil
import subprocess
import tempfile
import time

from lib import vm

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
    return subprocess.run([launcher, "run", "--smp", vm.cpus(1), *arguments], input=stdin, capture_output=True, timeout=limit,
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


def test_busybox_applet_script_elsewhere():
    """The same on the other machines, with several CPUs and with little memory."""
    script = os.path.join(HERE, "applets.sh")
    want = on_host([script])
    for options in (("--smp", "4"), ("--machine", "q35", "--mem", "16M"), ("--machine", "pc", "--smp", "2")):
        same(want, sysgate(*options, "--", script))


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


def test_bash_job_control():
    """Stop, continue, background reads, the keyboard's signals and the window's size, with several CPUs."""
    import pexpect
    shell = shutil.which("bash-static")
    if not shell:
        return "SKIP no bash-static"
    launcher = os.path.join(OUT, "host", "sysgate")
    tools = [word for tool in ("sleep", "cat", "stty") for word in ("--add", f"/bin/{tool}")]
    with pexpect.spawn(launcher, ["run", "--smp", "4", *tools, "--", shell, "--norc"], timeout=30,
                       encoding="utf-8", dimensions=(40, 100)) as bash:
        def say(line, *answers):
            bash.expect("> $")
            bash.sendline(line)
            for answer in answers:
                bash.expect(answer)

        def work(line, typed, key):
            """Starts a job, sees that it has the keyboard, and presses a key."""
            say(line, "\r\n")
            time.sleep(0.5)
            bash.sendline(typed)
            bash.expect(f"{typed}\r\n{typed}\r\n")
            bash.send(key)

        bash.expect("# $")
        bash.sendline("set -b; PS1='> '")
        say("stty size", "40 100\r\n")
        work("cat", "typed", "\x1a")
        bash.expect("Stopped +cat")
        say("jobs; echo st=$?", "Stopped +cat", "st=0")
        work("fg", "again", "\x03")
        say("echo st=$?", "st=130")
        say("cat & sleep 0.3", "Stopped +cat")
        say("kill -9 %1; sleep 0.3", "Killed")
        work("cat | cat", "piped", "\x1c")
        say("echo st=$?", "st=131")
        say("sleep 100 & kill -STOP %1; sleep 0.1; bg; kill %1; wait %1; echo st=$?", "st=143")
        say("echo wait; until [ \"$(stty size)\" = '50 132' ]; do sleep 0.1; done; echo resized",
            "\nwait\r\n")
        bash.setwinsize(50, 132)
        bash.expect("resized\r\n")
        say("exit 5")
        bash.expect(pexpect.EOF)
    if bash.exitstatus != 5:
        raise AssertionError(f"exit status {bash.exitstatus}, not 5")
    return None


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
    same(on_host([app("threads")]), sysgate("--smp", "4", "--", app("threads")))


def test_musl_static():
    # Its popen needs /bin/sh.
    same(on_host([app("libc"), "arg"]), sysgate("--add", "/bin/sh", "--", app("libc"), "arg"))


def add(*paths):
    """Options that pack those of the paths that are here."""
    return [word for path in paths if os.path.exists(path) for word in ("--add", path)]


def test_python():
    """The interpreter with its library: files, pipes, mmap, threads, processes, timers, a terminal."""
    folder = next(iter(glob.glob("/usr/lib/python3.*")), None)
    if not folder or not os.access("/usr/bin/python3", os.X_OK):
        return "SKIP no python3"
    script = os.path.join(HERE, "script.py")
    packed = add(folder, script, "/bin/true", "/bin/echo")
    want = on_host(["/usr/bin/python3", "-S", script])
    for cpus in ("1", "4"):
        same(want, sysgate("--smp", cpus, "--mem", "512M", *packed, "--", "/usr/bin/python3", "-S", script))
    return None


def test_perl():
    both("/usr/bin/perl", "-e", 'my @a = sort { $b <=> $a } 1..5; print "@a\\n"; '
         'if (my $p = fork) { waitpid $p, 0; print $? >> 8, "\\n" } else { exit 3 } '
         '$SIG{ALRM} = sub { print "late\\n"; exit 4 }; alarm 1; sleep 5')


def test_gcc():
    """Compiles, assembles, links and runs a program in the guest."""
    def name(what, option="-print-file-name"):
        path = on_host(["gcc", f"{option}={what}"]).stdout.decode().strip()
        return os.path.realpath(path) if os.sep in path else shutil.which(path) or ""

    files = ["crtbeginS.o", "crtendS.o", "Scrt1.o", "crti.o", "crtn.o", "libgcc.a", "libgcc_s.so", "libc.so",
             "liblto_plugin.so", "include"]
    if not shutil.which("gcc") or not os.path.exists(name("cc1", "-print-prog-name")):
        return "SKIP no gcc"
    library = os.path.dirname(name("libc.so"))
    packed = add("/usr/bin/gcc", "/usr/bin/as", "/usr/bin/ld", "/lib64/ld-linux-x86-64.so.2",
                 f"{library}/libc_nonshared.a", f"{library}/libgcc_s.so.1",
                 *(name(what, "-print-prog-name") for what in ("cc1", "collect2")), *map(name, files))
    text = b"int printf(const char *, ...); int main(int n) { printf(\"%d\\n\", n * 42); return 7; }"
    command = "cd /tmp; gcc -O2 -x c -o hello - && ./hello; echo $?; rm -f hello"
    want = on_host(["/bin/busybox", "sh", "-c", command], text)
    same(want, sysgate("--mem", "512M", *packed, "--", "/bin/busybox", "sh", "-c", command, stdin=text))
    return None


def test_out_of_memory_kills_the_eater():
    script = ("busybox awk 'BEGIN { s = \"x\"; while (1) s = s s }'; echo $?; "
              "head -c 90000000 /dev/zero > /tmp/full || echo full; rm /tmp/full; seq 3 | wc -l")
    got = sysgate("--mem", "24M", "--smp", "2", "--", "/bin/busybox", "sh", "-c", script)
    if got.stdout != b"137\nfull\n3\n":
        raise AssertionError(f"{got.stdout!r} {got.stderr!r}")


def test_fork_bomb_is_survived():
    script = "ulimit -u 60; (f() { f | f & }; f) 2>/dev/null; exec /bin/busybox sleep 2"
    got = sysgate("--mem", "32M", "--smp", "2", "--user", "1000", "--", "/bin/busybox", "sh", "-c", script)
    if got.returncode or got.stdout:
        raise AssertionError(f"{got.returncode} {got.stdout[-100:]!r} {got.stderr[-200:]!r}")


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
