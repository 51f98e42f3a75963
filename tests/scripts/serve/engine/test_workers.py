"""Workers do what they are given, refuse what would wait too long, and wait for nothing longer than they may."""

import asyncio
from threading import Event

import pytest

from scripts.serve.engine.workers import Busy, TooLate, Workers


@pytest.fixture
def workers():
    made = []

    def make(**given):
        made.append(Workers(**{"threads": 1, "waiting": 1, "deadline_s": 30.0, **given}))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_what_is_found_is_returned_and_what_is_raised_is_raised(workers):
    one = workers()

    async def asking():
        assert await one.do(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await one.do(divmod, 1, 0)

    asyncio.run(asking())
    assert one.here == 0


def test_a_timeout_of_the_work_itself_is_not_taken_for_the_deadline(workers):
    one = workers()

    def slow_host():
        raise TimeoutError("the host said nothing")

    with pytest.raises(TimeoutError, match="the host said nothing"):
        asyncio.run(one.do(slow_host))


def test_more_than_may_wait_are_refused_at_once_and_later_taken(workers):
    one, go = workers(), Event()

    async def asking():
        first, second = (asyncio.ensure_future(one.do(go.wait)) for _ in range(2))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await one.do(go.wait)
        assert one.here == 2
        go.set()
        assert await asyncio.gather(first, second) == [True, True]
        assert await one.do(go.wait)

    asyncio.run(asking())


def test_after_the_deadline_nobody_waits_and_what_was_not_begun_never_is(workers):
    one, go, done = workers(deadline_s=0.05), Event(), []

    async def asking():
        found = await asyncio.gather(one.do(go.wait), one.do(done.append, 1), return_exceptions=True)
        assert [type(error) for error in found] == [TooLate, TooLate]
        assert one.here == 1  # the one that was begun still holds its thread
        go.set()

    asyncio.run(asking())
    one.end()
    assert (one.here, done) == (0, [])
