"""Work that is done ahead in another thread."""

import threading
from collections.abc import Generator
from threading import Event

import pytest

from indexing.machine.threads import ahead


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
