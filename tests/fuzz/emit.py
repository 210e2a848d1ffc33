# SPDX-License-Identifier: MIT
import os,re,time
def file_case(folder, found, key, program, a, b):
    left, right = a.split("\n"), b.split("\n")
    text = [f"## {time.strftime('%H:%M')} {key}"] + program.text().split("\n")
    text += ["linux:   " + l[:300] for l in left if l not in right][:14]
    text += ["sysgate: " + l[:300] for l in right if l not in left][:14]
    if found:
        with open(found, "a") as f: f.write("\n".join(text) + "\n\n")
def told(found):
    if not found or not os.path.exists(found): return set()
    with open(found) as f:
        return {l.split(" ", 2)[2].strip() for l in f if l.startswith("## ")}
