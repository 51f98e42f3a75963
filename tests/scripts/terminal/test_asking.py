"""The loop that asks: keys, steps back, going away."""

import io

import pyarrow as pa
import pytest
from rich.console import Console

from indexing.catalog.catalog import FIELDS, Catalog
from reranking.labels.asking import AskedPair, SessionProgress
from reranking.labels.label import PairVerdict
from scripts.terminal.asking import ask_all

MATCH, NO, UNSURE = PairVerdict


class ThreePairs:
    """A session of three pairs that remembers what it was told."""

    def __init__(self):
        self.said = []

    def next_pair(self):
        place = len(self.said)
        return AskedPair(place, place + 1, place, place + 1) if place < 3 else None

    def answer(self, pair, verdict):
        self.said.append((pair.left, verdict))

    def undo(self):
        return bool(self.said) and bool(self.said.pop())

    def progress(self):
        return SessionProgress(len(self.said), 3, 0, "a note")


@pytest.fixture
def ask(monkeypatch):
    titles = ["red phone", "blue \x1b phone", "cable", "case"]
    columns = {field.name: pa.nulls(4, field.type) for field in FIELDS}
    columns["title"] = pa.array(titles, pa.large_string())
    catalog = Catalog(pa.table({"id": pa.array(["A1", "A2", "A3", "A4"]), **columns}))

    def ask(keys):
        session, console = ThreePairs(), Console(file=io.StringIO(), width=100)
        monkeypatch.setattr("sys.stdin", io.StringIO(keys))
        ended = ask_all(session, catalog, console)
        return session.said, ended, console.file.getvalue()

    return ask


@pytest.mark.parametrize(
    ("keys", "said", "ended"),
    [
        ("y\nn\nu\n", [MATCH, NO, UNSURE], True),
        ("Yes\nNO\nu\n", [MATCH, NO, UNSURE], True),
        ("y\nz\nn\nq\n", [NO], False),
        ("z\ny\nn\nz\nz\nu\nq\n", [UNSURE], False),
        ("y\n", [MATCH], False),
        ("x\n\ny\nq\n", [MATCH], False),
        ("", [], False),
    ],
)
def test_keys_answer_step_back_and_go_away(ask, keys, said, ended):
    kept, all_asked, _ = ask(keys)
    assert kept == list(enumerate(said))
    assert all_asked == ended


def test_a_key_that_is_none_explains_the_keys(ask):
    assert "y: one product, sold by two" in ask("x\nq\n")[2]
    assert "there is no answer of yours to take back" in ask("z\nq\n")[2]


def test_products_are_shown_with_marks_and_without_ids_or_control_characters(ask):
    shown = ask("q\n")[2]
    assert "0 of 3 asked, 0 matches, a note" in shown
    assert "‹red› phone" in shown
    assert "\x1b" not in shown
    assert "A1" not in shown
