"""Of all sessions one holds a pair, and none longer than an hour after it claimed it last."""

from datetime import timedelta

import pytest

from reranking.asking import claims as module
from reranking.asking.claims import Claims
from reranking.labels.store import open_store

ONE, TWO, THREE = ("a", "b"), ("c", "d"), ("e", "f")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "labels.db", create=True) as opened:
        yield opened


@pytest.fixture
def later(monkeypatch):
    """A function that moves the clock on."""

    class Clock(module.datetime):
        moved = timedelta(0)

        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + cls.moved

    def move(**by):
        Clock.moved += timedelta(**by)

    monkeypatch.setattr(module, "datetime", Clock)
    return move


def test_who_is_refused_a_pair_does_not_keep_it_from_who_holds_it(store):
    anna, bob = Claims(store, "anna"), Claims(store, "bob")
    assert anna.claim([ONE]) == {ONE}
    assert bob.claim([ONE, TWO]) == {TWO}
    assert anna.of_others() == {TWO}
    assert bob.of_others() == {ONE}


def test_a_claim_ends_after_an_hour_and_who_was_refused_holds_nothing_by_it(store, later):
    anna, bob, eve = (Claims(store, name) for name in ("anna", "bob", "eve"))
    anna.claim([ONE])
    later(minutes=50)
    assert bob.claim([ONE]) == set()
    later(minutes=11)
    assert eve.of_others() == set()
    assert eve.claim([ONE]) == {ONE}
    assert anna.of_others() == bob.of_others() == {ONE}
