"""What decided products were called tells where an id was given to another product since."""

import sqlite3

import pyarrow as pa
import pytest

from indexing.catalog.catalog import FIELDS, Catalog
from indexing.catalog.ids import FEW
from reranking.grouping.decision_store import open_decisions
from reranking.grouping.decisions import Decision, DecisionKind
from reranking.grouping.seen_titles import Retitled, titles_of


def catalog_of(ids=None, **titles):
    """A catalogue of these titles by id."""
    columns = {field.name: pa.nulls(len(titles), field.type) for field in FIELDS}
    columns["title"] = pa.array(list(titles.values()), pa.large_string())
    return Catalog(pa.table({"id": pa.array(ids or list(titles)), **columns}))


BEFORE = catalog_of(a="red phone", b="blue phone", c=None)


def lock(*ids):
    return Decision(DecisionKind.LOCK, ids, (), "anna")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decisions.db"


@pytest.fixture
def store(path):
    with open_decisions(path, create=True) as store:
        yield store


def seen(store, catalog):
    return [(one.seq, one.product_id, one.seen, one.now) for one in store.seen().retitled(catalog)]


def decide(store, *ids):
    return store.record(lock(*ids), titles_of(BEFORE, ids))


def test_who_reads_otherwise_is_told_with_both_titles(store):
    decide(store, "c", "a", "b", "gone")
    decide(store, "b", "a")
    assert seen(store, BEFORE) == []
    now = catalog_of(a="kettle", b="blue phone", c="", gone="new to it")
    assert seen(store, now) == [(1, "a", "red phone", "kettle"), (2, "a", "red phone", "kettle")]
    assert seen(store, catalog_of(c="pan")) == [(1, "c", None, "pan")]
    (one,) = store.seen(2).retitled(now)
    assert (one.seq, one.change) == (2, "seen as 'red phone', now as 'kettle'")


@pytest.mark.parametrize("count", [0, 3, FEW + 1])
def test_titles_of_a_few_products_join_no_others(count):
    columns = {field.name: pa.nulls(10_000, field.type) for field in FIELDS}
    columns["title"] = pa.array([f"{row:0>1000}" for row in range(10_000)], pa.large_string())
    whole = pa.table({**columns, "id": pa.array(range(10_000))})
    catalog = Catalog(pa.concat_tables([whole.slice(start, 1_000) for start in range(0, 10_000, 1_000)]))
    asked = range(9_900, 0, -100)[:count]
    assert titles_of(catalog, []) == {}  # the lookup is made on first use
    before, own = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(own)
    try:
        assert titles_of(catalog, [*asked, -1]) == {row: f"{row:0>1000}" for row in asked}
    finally:
        pa.set_memory_pool(before)
    assert own.max_memory() < 1_000_000  # all titles are ten times that


def test_a_long_title_is_cut_and_none_is_said(store):
    decide(store, "c", "a")
    first, other = store.seen().retitled(catalog_of(a="", c="x" * 1_000))
    assert first.change == f"seen without a title, now as '{'x' * 200}…'"
    assert other.change == "seen as 'red phone', now without a title"


@pytest.mark.parametrize(
    ("seen", "now", "shown"),
    [
        ("a" * 10, "a" * 9 + "b", ("a" * 10, "a" * 9 + "b")),
        ("a" * 50 + "b" * 3, "a" * 50 + "c" * 90, ("…" + "a" * 5 + "b" * 3, "…" + "a" * 5 + "c" * 15 + "…")),
        ("a" * 50, "a" * 51, ("…" + "a" * 5, "…" + "a" * 6)),
        ("ab" + "a" * 98, "ac" + "a" * 18, ("ab" + "a" * 18 + "…", "ac" + "a" * 18)),
        (None, "a" * 21, (None, "a" * 20 + "…")),
        ("a" * 21, "", ("a" * 20 + "…", "")),
    ],
)
def test_long_titles_are_cut_around_where_they_begin_to_differ(seen, now, shown):
    assert Retitled(1, "a", seen, now).titles(20) == shown


def test_titles_that_differ_late_are_not_told_alike():
    one = Retitled(1, "a", "x" * 500 + " 64 GB", "x" * 500 + " 128 GB")
    assert one.change == f"seen as '…{'x' * 49} 64 GB', now as '…{'x' * 49} 128 GB'"


def test_what_is_taken_back_is_not_told(store):
    number = decide(store, "a", "b")
    store.undo("anna")
    assert seen(store, catalog_of(a="kettle")) == []
    assert not store.confirm("anna", number, lambda ids: titles_of(BEFORE, ids))


def test_what_still_holds_is_told_again_only_where_it_reads_otherwise_again(store, path):
    number = decide(store, "a", "b")
    decide(store, "b", "a")
    now = catalog_of(a="kettle", b="blue phone")
    assert store.confirm("bob", number, lambda ids: titles_of(now, ids))
    assert [seq for seq, *_ in seen(store, now)] == [2]
    assert [one[:2] for one in seen(store, BEFORE)] == [(1, "a")]
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT DISTINCT reviewer FROM seen WHERE seq = 1 ORDER BY 1").fetchall() == [
        ("anna",),
        ("bob",),
    ]
    for statement in ("UPDATE seen SET title = 'x'", "DELETE FROM seen"):
        with pytest.raises(sqlite3.IntegrityError, match="only added"):
            raw.execute(statement)
    raw.close()


def test_a_file_of_before_says_nothing_and_takes_titles_from_now_on(store, path):
    store.record(lock("a", "b"))
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM sqlite_master WHERE name = 'seen'").fetchone() == (0,)
    raw.close()
    assert (len(store.seen()), seen(store, catalog_of(a="kettle"))) == (0, [])
    decide(store, "b", "c")
    assert [one[:2] for one in seen(store, catalog_of(a="kettle", b="pan"))] == [(2, "b")]


def test_ids_may_be_integers(store):
    now = catalog_of([1, 2**62], a="red", b="blue")
    store.record(lock(1, 2**62), {1: "red", 2**62: "green"})
    assert seen(store, now) == [(1, 2**62, "green", "blue")]
