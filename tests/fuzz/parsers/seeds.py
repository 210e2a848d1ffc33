# SPDX-License-Identifier: MIT
"""What each target starts from: real files and texts, and words worth trying (libFuzzer's dictionaries)."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))

from lib import cpio  # noqa: E402

COMMAND_LINES = (
    b"console=ttyS0 rdinit=/.sysgate/init panic=-1 quiet trace=port,exec -- a \"b c\" d=e",
    b"console=hvc0 virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=4K@0xfeb00c00:0x0b TERM=xterm X=\"1 2\" single",
)
SCRIPTS = (b"#!/bin/sh\n", b"#! /usr/bin/env -S python3 -B\n", b"#!/bin/sh -e".ljust(256, b"x"), b"#!" + b"/x" * 126 + b" a \n")
ARGUMENTS = (
    b"--root\n/tmp\n--mem\n64M\n--smp\n4\n--\nprog\narg", b"--initrd=f\n--env\nA=b\n--user\n1:2\n--timeout\n1.5\nx",
    b"--machine\nq35\n--accel\ntcg\n--trace=/f\n--cwd\n/a/b\n--append\nx\n--verbose\n--gdb\n--dry-run\nx",
)
WORDS = {
    "cmdline": ["console=", "rdinit=", "init=", "virtio_mmio.device=", "@0x", ":", "--", "quiet", "TERM=", "\\\"", "K"],
    "script": ["#!", "/bin/sh", "\\x09", "\\x0a"],
    "initramfs": ["070701", "070702", "070707", "TRAILER!!!", "0000A1FF", "000081A4", "000041ED", "00002190", "00000002"],
    "mount_options": ["size=", "nr_blocks=", "nr_inodes=", "mode=", "ptmxmode=", "uid=", "gid=", "huge=never", "newinstance",
                      "max=", "50%", "1024k", "4g", "9t", "01777", "18446744073709551615", ","],
    "acpi": ["RSD PTR ", "APIC", "FACP", "DSDT", "XSDT", "\\x08_S5_\\x12", "\\x08\\\\_S5_\\x12"],
    "host_options": ["--root\\x0a", "--initrd\\x0a", "--kernel\\x0a", "--mem\\x0a", "--smp\\x0a", "--machine\\x0a", "--accel\\x0a",
                     "--env\\x0a", "--cwd\\x0a/", "--user\\x0a", "--timeout\\x0a", "--append\\x0a", "--trace", "--add\\x0a",
                     "--pack\\x0a", "--verbose\\x0a", "--\\x0a", "\\x0a", "G", "1e9", "-1", "4294967295", "microvm", "nan"],
    "host_control": ["exit ", "signal ", "error ", "ready\\x0a", "\\x0a", "-1", "2147483648"],
    "host_elf": ["$ORIGIN", "${ORIGIN}", "${LIB}", "$LIB", "${ORIGIN", "Xen\\x00"],
    "host_initrd": ["070701", "TRAILER!!!", "\\x1f\\x8b"],
    "host_ldcache": ["glibc-ld.so.cache1.1", "libc.so.6", "/lib/x86_64-linux-gnu/"],
}


def read(path, size=None):
    with open(path, "rb") as f:
        return f.read(size)


def archives():
    """With every kind of entry, hard links, two archives one after the other, and their check-sum twin."""
    kinds = [("etc", 0o40755, b"", (0, 0)), ("etc/file", 0o100644, b"text\n", (0, 0)), ("lib", 0o120777, b"usr/lib", (0, 0)),
             ("dev/null", 0o20666, b"", (1, 3)), ("run/pipe", 0o10600, b"", (0, 0))]
    plain = cpio.archive(kinds)
    return plain, plain + plain.replace(b"070701", b"070702"), plain.replace(b"00000001", b"00000002")


def elf_head(path):
    """The program headers, the interpreter's name and the first page, whose claims about the rest stay."""
    return read(path, 4096)


def tables(last, package=0x06):
    """RSDP at 0x1000, XSDT, and MADT, FADT, DSDT as QEMU makes them; `last` ends the memory, to the byte.  The
    package length of _S5 has its size in the upper bits: 0xc6 leads out of the table."""
    def table(name, body):
        return name + struct.pack("<IBB6s8sIII", 36 + len(body), 1, 0, b"BOCHS", b"BXPC", 1, 0, 1) + body

    madt = table(b"APIC", struct.pack("<II", 0xfee00000, 1) + bytes((0, 8, 0, 0, 1, 0, 0, 0)) +
                 bytes((1, 12, 0, 0)) + struct.pack("<II", 0xfec00000, 0) + bytes((2, 10, 0, 0, 2, 0, 0, 0, 0, 0)) +
                 bytes((5, 12, 0, 0)) + struct.pack("<Q", 0xfee00000) + bytes((9, 16, 0, 0)) + struct.pack("<III", 300, 1, 0))
    dsdt = table(b"DSDT", b"\x10\x08_S5_\x12" + bytes((package, 4, 5, 5, 0)))
    order = sorted(("APIC", "FACP", "DSDT"), key=lambda name: name == last)
    sizes = {"APIC": len(madt), "FACP": 36 + 232, "DSDT": len(dsdt)}
    at, where = 0x1000 + 40 + 36 + 16, {}
    for name in order:
        where[name] = at
        at += sizes[name]
    fadt = bytearray(table(b"FACP", bytes(232)))
    struct.pack_into("<I", fadt, 40, where["DSDT"])
    xsdt = table(b"XSDT", struct.pack("<QQ", where["APIC"], where["FACP"]))
    rsdp = b"RSD PTR " + struct.pack("<B6sBIIQB3x", 0, b"BOCHS", 2, 0, 36, 0x1000 + 40, 0)
    bodies = {"APIC": madt, "FACP": bytes(fadt), "DSDT": dsdt}
    return rsdp.ljust(40, b"\0") + xsdt + b"".join(bodies[name] for name in order)


def seeds(out):
    """{target: [bytes]}."""
    static, dynamic = elf_head("/bin/busybox"), elf_head("/bin/dash")
    loader = elf_head("/lib64/ld-linux-x86-64.so.2")
    pairs = [struct.pack("<I", len(p)) + p + loader for p in (static, dynamic)]
    typed = b"\1\5\x20ls -l\x7f\x7f\t\x15echo\x16\x03 x\x04\r\2\0\4\xff\1\x40hello\tworld\n"
    raw = b"\0" + b"\0" * 12 + b"\1" + bytes(range(19)) + b"\5\x7f" + bytes(range(63)) + b"\2\1\5"
    marked = b"\2\0" + struct.pack("<III", 0o10, 0, 2) + b"\0" + (b"\5\x7f" + b"\xff" * 63) * 3  # overran the line
    return {
        "elf": pairs,
        "script": [s.ljust(256, b"\0") + b"#!/a b\n" for s in SCRIPTS],
        "initramfs": archives(),
        "cmdline": [b"\x20" + c for c in COMMAND_LINES],
        "tty": [typed, typed + raw, marked],
        "mount_options": [b"size=50%,mode=0755,uid=1,gid=2,nr_inodes=1k", b"newinstance,ptmxmode=0666,mode=620,gid=5,max=4"],
        "acpi": [*(tables(last) for last in ("APIC", "FACP", "DSDT")), tables("DSDT", 0xc6)],
        "decode": [bytes((2, n, 96, 97, 98, 3, 4, 5, 6)) + b"/etc/passwd\0" * 20 for n in range(0, 255, 5)],
        "host_elf": [read("/bin/dash"), read("/lib64/ld-linux-x86-64.so.2", 1 << 16), read(f"{out}/x86_64/sysgate.elf", 1 << 16)],
        "host_initrd": archives(),
        "host_options": ARGUMENTS,
        "host_ldcache": [read("/etc/ld.so.cache", 1 << 16)],
        "host_control": [b"ready\nexit 3\n", b"signal 9\n", b"error 126 13 /bin/x\n", b"error -5 13 x\n"],
    }


def write(out, target, folder):
    """Fills the folder with the target's seeds; returns the arguments that name its dictionary."""
    os.makedirs(folder, exist_ok=True)
    for number, data in enumerate(seeds(out)[target]):
        with open(os.path.join(folder, f"seed-{number}"), "wb") as f:
            f.write(data)
    if target not in WORDS:
        return []
    with open(f"{folder}.words", "w", encoding="ascii") as f:
        f.writelines(f'"{word}"\n' for word in WORDS[target])
    return [f"-dict={folder}.words"]
