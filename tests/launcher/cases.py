# SPDX-License-Identifier: MIT
"""Cases of the launcher: command line and packing first, then real runs (run by tests/run)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from command_line import *  # noqa: E402,F401,F403
from front_door import *  # noqa: E402,F401,F403
from packing import *  # noqa: E402,F401,F403
from failing import *  # noqa: E402,F401,F403
from running import *  # noqa: E402,F401,F403
from terminal import *  # noqa: E402,F401,F403


def prepare(ctx):
    ctx.make("all")
