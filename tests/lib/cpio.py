# SPDX-License-Identifier: MIT
"""Writes an initramfs (cpio "newc"): no privilege needed for device nodes, same bytes for the same input.

Usage: cpio.py OUT [/path=FILE | /path=dir | /path=link:TARGET]...
"""
import os
import stat
import sys


def entry(number, name, mode, data=b"", rdev=(0, 0)):
    """One archive member, header and padded data."""
    raw = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0]
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def archive(members):
    """members: list of (path, mode, data, rdev).  Parent folders and the console are added."""
    wanted = {"dev": (stat.S_IFDIR | 0o755, b"", (0, 0)),
              "dev/console": (stat.S_IFCHR | 0o600, b"", (5, 1))}
    for path, mode, data, rdev in members:
        path = path.strip("/")
        parts = path.split("/")
        for depth in range(1, len(parts)):
            wanted.setdefault("/".join(parts[:depth]), (stat.S_IFDIR | 0o755, b"", (0, 0)))
        wanted[path] = (mode, data, rdev)
    out = [entry(i + 1, path, *wanted[path]) for i, path in enumerate(sorted(wanted))]
    out.append(entry(0, "TRAILER!!!", 0))
    blob = b"".join(out)
    return blob + b"\0" * (-len(blob) % 512)


def member(spec):
    """Parses one command-line argument."""
    path, _, what = spec.partition("=")
    if what == "dir":
        return path, stat.S_IFDIR | 0o755, b"", (0, 0)
    if what.startswith("link:"):
        return path, stat.S_IFLNK | 0o777, what[5:].encode(), (0, 0)
    with open(what, "rb") as f:
        mode = stat.S_IMODE(os.fstat(f.fileno()).st_mode) | 0o444
        return path, stat.S_IFREG | mode, f.read(), (0, 0)


def main():
    out, specs = sys.argv[1], sys.argv[2:]
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    with open(out + ".new", "wb") as f:
        f.write(archive([member(s) for s in specs]))
    os.replace(out + ".new", out)


if __name__ == "__main__":
    main()
