"""These functions say how many threads work, how engines' threads wait and by which kernels they multiply, and do work ahead in its
order."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future  # late: a command is not told by these how its threads wait

Item = TypeVar("Item")
Result = TypeVar("Result")


def wait_passively() -> None:
    """Let threads of OpenMP and of OpenBLAS sleep while they wait, unless the user's environment says otherwise; call before the import.

    By default they spin. When anything else runs on the machine, most of the time then goes into spinning: 60 boosting
    rounds took 41 s so, and 1 s with this, on two busy cores. Threads of OpenBLAS spin a tenth of a second, and do so
    once they are started, before there is anything to multiply (docs/benchmarks.md).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # the least: 2 ** 4 cycles


KERNELS = "OPENBLAS_CORETYPE"
KNOWN_IN_2021 = {  # kernels that an OpenBLAS of then has, by those that a newer one may choose
    "SapphireRapids": "SkylakeX",
    "Cooperlake": "SkylakeX",
    "SkylakeX": "SkylakeX",
    "Haswell": "Haswell",
    "Zen": "Zen",
    "Sandybridge": "Sandybridge",  # of a virtual machine that hides what its processor can do
    "Nehalem": "Nehalem",
}


@contextmanager
def kernels_of_numpy() -> Iterator[None]:
    """Let an OpenBLAS that is loaded inside multiply by the kernels that NumPy's has chosen for this processor, unless the user's
    environment names some.

    FAISS's wheels bring an OpenBLAS of 2021. What was built later it takes for a Prescott of 2004: lists of near rows then
    take four times as long (docs/benchmarks.md). Programs that are started afterwards choose for themselves.
    """
    kernels = None if KERNELS in os.environ else _chosen_kernels()
    if kernels is None:
        yield
        return
    os.environ[KERNELS] = kernels
    try:
        yield
    finally:
        os.environ.pop(KERNELS, None)


def _chosen_kernels() -> str | None:
    import numpy  # noqa: F401 whose OpenBLAS is asked
    from threadpoolctl import threadpool_info

    chosen = (KNOWN_IN_2021.get(library.get("architecture") or "") for library in threadpool_info())
    return next(filter(None, chosen), None)


def thread_count() -> int:
    """Return how many threads work: what OMP_NUM_THREADS says, as for FAISS and BLAS, else our share of processors."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(asked) if asked.isdigit() and int(asked) > 0 else len(os.sched_getaffinity(0))


class _BlasHeld:
    """It holds BLAS to one thread while anybody needs that: the number is one for all threads of a process."""

    def __init__(self) -> None:
        self._lock, self._users = Lock(), 0
        self._before: Any = None

    def take(self) -> None:
        from threadpoolctl import threadpool_limits

        with self._lock:
            if not self._users:
                self._before = threadpool_limits(1, user_api="blas")
            self._users += 1

    def give_back(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._before.restore_original_limits()


_blas = _BlasHeld()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS have one thread inside: its products round otherwise with each number, and its threads cost more than they save where
    others work. Of several that are inside at once, the last to leave gives the number of before back."""
    _blas.take()
    try:
        yield
    finally:
        _blas.give_back()


def in_turn(
    pool: "Executor", work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with what `work` makes of it, in order; `ahead` more are under way while one is looked at."""
    under_way: deque[tuple[Item, Future[Result]]] = deque()
    for item in items:
        under_way.append((item, pool.submit(work, item)))
        if len(under_way) > ahead:
            first, future = under_way.popleft()
            yield first, future.result()
    while under_way:
        first, future = under_way.popleft()
        yield first, future.result()


def ahead(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """Yield what a generator does: it runs in a thread of its own, one item ahead of the one that is looked at. What it
    raises is raised here, and it is closed when nobody looks any more."""
    from concurrent.futures import ThreadPoolExecutor

    end = object()
    with closing(items), ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, items, end)
        while (item := following.result()) is not end:
            following = pool.submit(next, items, end)
            yield item  # type: ignore[misc]  # it is not the end
