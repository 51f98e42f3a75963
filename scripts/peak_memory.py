"""The largest memory that a `heroic` command takes, measured in a process of its own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_RUN = r"""
import re, runpy, sys
try:
    runpy.run_module("scripts.main", run_name="__main__")
finally:  # not ru_maxrss, which begins with what the process that started this one had
    print(int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) // 1024, file=sys.stderr)
"""


def peak_mib(words: Sequence[str], *, folder: Path | None = None) -> float:
    """Run `heroic` with these words, in `folder`; its peak resident memory in MiB."""
    done = subprocess.run([sys.executable, "-c", _RUN, *words], cwd=folder, capture_output=True, text=True, check=True)
    return float(done.stderr.split()[-1])
