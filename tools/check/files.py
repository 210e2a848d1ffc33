# SPDX-License-Identifier: MIT
"""Which files there are to check, read once."""
import functools
import os
import subprocess

CODE = (".c", ".h", ".S")
SKIPPED = ("docs/",)


@functools.lru_cache(maxsize=None)
def tracked():
    """Files known to git or new and not ignored."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                            capture_output=True, text=True).stdout
    return sorted(f for f in set(listed.splitlines()) if os.path.isfile(f))


def code(*folders, kinds=CODE):
    """C sources and headers below the given folders (default: everywhere)."""
    return [f for f in tracked() if f.endswith(kinds) and (not folders or f.startswith(folders))]


@functools.lru_cache(maxsize=None)
def text(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def lines(path):
    return text(path).splitlines()


def is_text(path):
    with open(path, "rb") as f:
        return b"\0" not in f.read(4096)
