"""The clock of claims is moved on by hand."""

from datetime import datetime, timedelta

import pytest

from reranking.asking import claims
from reranking.labels import store as label_store


@pytest.fixture
def later(monkeypatch):
    """A function that moves the clock on."""

    class Clock(datetime):
        moved = timedelta(0)

        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + cls.moved

    def move(**by):
        Clock.moved += timedelta(**by)

    for module in (claims, label_store):
        monkeypatch.setattr(module, "datetime", Clock)
    return move
