# SPDX-License-Identifier: MIT
"""Where the instructions of a row go: counts of bench/profile.c, summed by function of the kernel."""
import bisect
import subprocess

KERNEL_FROM = 1 << 63
SHOWN = 60


def functions(elf):
    """Sorted [(address, name)]."""
    lines = subprocess.run(["nm", "-n", elf], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = (line.split() for line in lines)
    return [(int(r[0], 16), r[2]) for r in rows if len(r) == 3 and r[1] in "tT"]


def show(counts_file, elf, figure):
    """Prints instructions and entries per operation; figure is what the row reported, from which the length of the batch follows."""
    table = functions(elf)
    total, entered = {}, {}
    with open(counts_file) as f:
        for line in f:
            address, count = int(line.split()[0], 16), int(line.split()[1])
            name = "(program)"
            if address >= KERNEL_FROM:
                at = bisect.bisect_right(table, (address, "\x7f")) - 1
                name = table[at][1]
                if table[at][0] == address:
                    entered[name] = count
            total[name] = total.get(name, 0) + count
    times = max(round(sum(total.values()) / max(figure, 1)), 1)
    print(f"{'instructions':>12} {'entered':>8}  function        (per operation; {times} operations)")
    for name, count in sorted(total.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"{count / times:12.1f} {entered.get(name, 0) / times:8.2f}  {name}")
