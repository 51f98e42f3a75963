"""Work that is done ahead in another thread."""

import os
import subprocess
import sys
import threading
from collections.abc import Generator
from threading import Event

import numpy  # noqa: F401  # which brings a BLAS
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from indexing.machine.threads import (
    KERNELS,
    KNOWN_IN_2021,
    ahead,
    kernels_of_numpy,
    one_blas_thread,
    wait_passively,
)


def test_the_next_item_is_made_while_one_is_looked_at() -> None:
    begun = Event()

    def items() -> Generator[int, None, None]:
        yield 1
        begun.set()
        yield 2

    found = ahead(items())
    assert next(found) == 1
    assert begun.wait(60)
    assert list(found) == [2]


def test_items_are_made_in_another_thread_in_their_order() -> None:
    found = list(ahead((number, threading.get_ident()) for number in range(20)))
    assert [number for number, _ in found] == list(range(20))
    assert threading.get_ident() not in {thread for _, thread in found}


def test_what_is_raised_there_is_raised_here_in_its_place() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        raise ValueError("no more")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="no more"):
        next(found)


def test_nothing_is_left_open_when_nobody_looks_any_more() -> None:
    closed = Event()

    def items() -> Generator[int, None, None]:
        try:
            yield from range(1_000)
        finally:
            closed.set()

    found = ahead(items())
    assert next(found) == 0
    assert not closed.is_set()
    found.close()
    assert closed.is_set()


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_last_to_leave_gives_blas_its_threads_back() -> None:
    first, second = one_blas_thread(), one_blas_thread()
    with threadpool_limits(2, user_api="blas"):
        first.__enter__()
        second.__enter__()
        assert blas_threads() == {1}
        first.__exit__(None, None, None)  # the second, which found one thread, is inside still
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {2}


def test_blas_has_its_threads_back_after_an_error() -> None:
    with threadpool_limits(2, user_api="blas"):
        with pytest.raises(ValueError, match="inside"), one_blas_thread():
            raise ValueError("inside")
        assert blas_threads() == {2}


LIBRARIES = """
from threadpoolctl import threadpool_info
import indexing.search.faiss_index
for one in threadpool_info():
    if one["internal_api"] == "openblas":
        print("faiss" if "faiss" in one["filepath"] else "other", one["architecture"])
"""


def test_faiss_multiplies_by_the_kernels_that_numpy_has_chosen() -> None:
    without = {name: value for name, value in os.environ.items() if name != KERNELS}
    done = subprocess.run([sys.executable, "-c", LIBRARIES], env=without, capture_output=True, text=True, check=True)
    kernels = dict(line.split() for line in done.stdout.splitlines())
    if "faiss" not in kernels or kernels["other"] not in KNOWN_IN_2021:
        pytest.skip("FAISS brings no OpenBLAS of its own here, or NumPy's has kernels that it lets choose for itself")
    assert kernels["faiss"] == KNOWN_IN_2021[kernels["other"]]


@pytest.mark.parametrize(
    ("chosen", "named"),
    [("Cooperlake", "SkylakeX"), ("Zen", "Zen"), ("Sandybridge", "Sandybridge"), ("OfTomorrow", None), (None, None)],
)
def test_an_older_blas_is_told_kernels_that_it_has(
    chosen: str | None, named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: [{"internal_api": "openmp"}, {"architecture": chosen}])
    monkeypatch.delenv(KERNELS, raising=False)
    with kernels_of_numpy():
        assert os.environ.get(KERNELS) == named
    assert KERNELS not in os.environ


def test_the_kernels_of_the_environment_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KERNELS, "Haswell")
    with kernels_of_numpy():
        assert os.environ[KERNELS] == "Haswell"
    assert os.environ[KERNELS] == "Haswell"


def test_threads_sleep_while_they_wait_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setattr(os, "environ", environment := {"OMP_WAIT_POLICY": "ACTIVE"})
    wait_passively()
    assert environment == {"OMP_WAIT_POLICY": "ACTIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}
    monkeypatch.setattr(os, "environ", environment := {"OPENBLAS_THREAD_TIMEOUT": "20"})
    wait_passively()
    assert environment == {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "20"}
