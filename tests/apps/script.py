# SPDX-License-Identifier: MIT
"""What a Python program asks of a system; the output must be the same on every Linux."""
import hashlib
import mmap
import multiprocessing
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

print(sys.version_info[:2], os.uname().sysname)
thread = threading.Thread(target=lambda: print("thread"))
thread.start()
thread.join()
print(subprocess.run(["/bin/true"]).returncode)
print(subprocess.run(["/bin/echo", "x"], capture_output=True).stdout)
source, sink = os.pipe()
os.write(sink, b"hi")
print(select.select([source], [], [], 1)[0] == [source], select.select([], [], [], 0.01))
poll = select.epoll()
poll.register(source, select.EPOLLIN)
print(poll.poll(1)[0][1] == select.EPOLLIN)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "x")
    with open(path, "w") as f:
        f.write("abc" * 1000)
    with open(path, "r+b") as f:
        m = mmap.mmap(f.fileno(), 0)
        m[0:3] = b"XYZ"
        m.flush()
        print(f.read(6), os.listdir(folder), os.stat(path).st_size)
    os.rename(path, path + "y")
    print(os.path.exists(path), os.listdir(folder))
with multiprocessing.Pool(3) as pool:
    print(pool.map(abs, [-1, -2, 3]))
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(0.2)
try:
    mmap.mmap(-1, 1 << 46)
except OSError as e:
    print(e.strerror)
print(hashlib.sha256(b"x" * 1000000).hexdigest())
pid, terminal = pty.fork()
if not pid:
    os.execv("/bin/echo", ["echo", "in a terminal"])
print(os.read(terminal, 100), os.waitpid(pid, 0)[1])
