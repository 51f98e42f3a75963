"""How the engines' threads wait for one another."""

import os


def wait_passively() -> None:
    """Let OpenMP threads sleep while they wait, unless the user's environment says otherwise; call before the import.

    By default they spin. When anything else runs on the machine, most of the time then goes into spinning: 60 boosting
    rounds took 41 s so, and 1 s with this, on two busy cores (docs/benchmarks.md).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def thread_count() -> int:
    """How many threads work: what OMP_NUM_THREADS says, as for FAISS and BLAS, else the processors that are ours."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(asked) if asked.isdigit() and int(asked) > 0 else len(os.sched_getaffinity(0))
