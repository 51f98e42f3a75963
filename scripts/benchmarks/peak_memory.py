"""A process of its own shows what a `heroic` command takes."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_RUN = r"""
import importlib, re, runpy, sys, time
for name in filter(None, sys.argv.pop(1).split(",")):
    importlib.import_module(name)
begun, worked = time.perf_counter(), time.process_time()
try:
    runpy.run_module("scripts.main", run_name="__main__")
finally:  # not ru_maxrss, which begins with what the process that started this one had
    peak = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) // 1024
    print(time.perf_counter() - begun, time.process_time() - worked, peak, file=sys.stderr)
"""


@dataclass(frozen=True)
class Taken:
    """It has seconds by the clock, seconds of processors, and the peak of resident memory."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def taken_by(words: Sequence[str], *, folder: Path | None = None, loaded: Sequence[str] = ()) -> Taken:
    """Run `heroic` with these words, in `folder`; the clock does not count how long the modules `loaded` take to import."""
    program = [sys.executable, "-c", _RUN, ",".join(loaded), *words]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True)
    return Taken(*map(float, done.stderr.split()[-3:]))


def peak_mib(words: Sequence[str], *, folder: Path | None = None) -> float:
    """Run `heroic` with these words, in `folder`, and return its peak resident memory in MiB."""
    return taken_by(words, folder=folder).peak_mib
