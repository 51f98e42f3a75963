"""An index is published: found there as here, whole or in part, whoever is killed or reads on the way."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import indexing.publishing.part as parts
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.filters import EVERYBODY, Filters
from indexing.errors import InputError, Unfinished
from indexing.product_index import open_index
from indexing.publishing.address import Address
from indexing.publishing.open_published import search_elsewhere
from indexing.publishing.publication import find_publication
from indexing.publishing.publish_index import PublishOptions, publish_index
from indexing.publishing.server import MilvusServer, connected
from indexing.query.find_neighbours import Query, find_neighbours, query_by_id
from indexing.update.update_index import update_index

WORDS = ("kettle", "toaster", "cable", "phone", "case", "red", "steel", "glass", "small", "large")


def products(numbers, seed=0):
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": [f"p{number}" for number in numbers],
            "title": [" ".join(generator.choice(WORDS, 4)) + f" X{number % 17}" for number in numbers],
            "category": [["Kitchen > Kettles", "Phones"][number % 2] for number in numbers],
            "source": [["one", "two 'x' \"y\" \\", None][number % 3] for number in numbers],
        }
    )


@pytest.fixture
def made(tmp_path):
    """An index folder of 120 products."""
    products(range(120)).to_parquet(tmp_path / "products.parquet")
    build_index([tmp_path / "products.parquet"], tmp_path / "index", options=BuildOptions(k=5))
    return tmp_path / "index"


@pytest.fixture
def at(tmp_path):
    return Address(str(tmp_path / "there.db"))


def update(index, frame=None, delete=()):
    folder = index.parent
    files = []
    if frame is not None:
        frame.to_parquet(folder / "changed.parquet")
        files = [folder / "changed.parquet"]
    listed = None
    if delete:
        listed = folder / "gone.txt"
        listed.write_text("\n".join(delete), encoding="utf-8")
    update_index(index, files, delete=listed)


def answers(index, queries, filters=EVERYBODY):
    return [find_neighbours(index, query, 8, filters=filters) for query in queries]


def assert_same_answers(folder, at, filters=EVERYBODY):
    with connected(at, existing=True) as server:
        here = open_index(folder)
        there = search_elsewhere(here, server)
        ids = here.catalog.ids.to_pylist()[:: max(len(here.catalog) // 12, 1)]
        queries = [query_by_id(here.catalog, one) for one in ids] + [Query(text="red kettle x3")]
        queries += [Query(position=3, view="lexical"), Query(position=4, view="text")]
        for ours, theirs in zip(answers(here, queries, filters), answers(there, queries, filters), strict=True):
            assert theirs.positions.tolist() == ours.positions.tolist()
            assert theirs.cosines == pytest.approx(ours.cosines, abs=1e-6, nan_ok=True)


def collections(at):
    with connected(at) as server:
        return set(server.collections())


def test_a_published_index_answers_as_the_local_one(made, at):
    done = publish_index(made, at)
    assert dict(done.sent) == {"text": 120, "lexical": 120}
    assert done.publication.products == 120
    assert done.publication.views["text"].recall.mean == 1.0
    assert set(done.publication.views["text"].recall.by_category) <= {"Kettles", "Phones"}
    assert_same_answers(made, at)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(category="Phones"),
        Filters(category="kettles", sources=("one",)),
        Filters(not_sources=("two 'x' \"y\" \\",)),
        Filters("Kitchen", ("one", "two 'x' \"y\" \\"), ("one",)),
    ],
    ids=str,
)
def test_filters_let_the_same_products_through(made, at, filters, monkeypatch):
    conditions = []
    search = MilvusServer.search
    monkeypatch.setattr(
        MilvusServer, "search", lambda self, *given: conditions.append(given[3]) or search(self, *given)
    )
    publish_index(made, at)
    conditions.clear()
    assert_same_answers(made, at, filters)
    assert conditions
    assert all(condition and "key in" not in condition for condition in conditions)


def test_an_update_sends_what_changed_alone(made, at):
    publish_index(made, at)
    frame = products([5, 6, 500, 501], seed=7)
    update(made, frame, delete=["p9", "p10"])
    done = publish_index(made, at)
    assert done.sent["text"] <= 6
    first, second = done.publication.views["text"].parts
    assert (first.rows, second.rows) == (120, done.sent["text"])
    assert_same_answers(made, at)
    assert_same_answers(made, at, Filters(category="Phones"))


def test_a_change_of_source_alone_is_sent(made, at):
    publish_index(made, at)
    frame = products(range(120))
    frame.loc[[2], "source"] = "three"
    update(made, frame.loc[[2]])
    assert publish_index(made, at).sent == {"text": 1, "lexical": 1}
    assert_same_answers(made, at, Filters(sources=("three",)))


def test_much_that_changed_is_sent_whole(made, at):
    publish_index(made, at)
    update(made, products(range(40), seed=9))
    done = publish_index(made, at)
    assert dict(done.sent) == {"text": 120, "lexical": 120}
    assert len(done.publication.views["text"].parts) == 1
    assert_same_answers(made, at)


def test_what_is_published_already_is_not_sent(made, at):
    publish_index(made, at)
    before = collections(at)
    again = publish_index(made, at)
    assert again.same
    assert not again.sent
    assert collections(at) == before
    assert not publish_index(made, at, options=PublishOptions(whole=True)).same


def test_another_k_is_measured_though_all_rows_are_there(made, at):
    publish_index(made, at, options=PublishOptions(k=3))
    again = publish_index(made, at, options=PublishOptions(k=7))
    assert not again.same
    assert dict(again.sent) == {"text": 0, "lexical": 0}
    assert again.publication.views["text"].recall.k == 7


def test_without_options_it_is_published_as_before(made, at):
    asked = PublishOptions(("text",), "IVF_FLAT", 0.6, 3)
    publish_index(made, at, options=asked)
    assert publish_index(made, at).same
    update(made, products(range(10), seed=4))
    again = publish_index(made, at).publication.views
    assert {name: (view.index, view.recall.asked, view.recall.k) for name, view in again.items()} == {
        "text": ("IVF_FLAT", 0.6, 3)
    }


def test_readers_of_the_version_before_still_read_it(made, at):
    publish_index(made, at)
    first = open_index(made)
    with connected(at, existing=True) as server:
        old = search_elsewhere(first, server)
        queries = [Query(position=position) for position in range(0, 120, 20)]
        before = answers(old, queries)
    update(made, products(range(40), seed=3))
    publish_index(made, at)
    with connected(at, existing=True) as server:
        for view, engine in list(old.elsewhere.engines.items()):
            for part in engine.view.parts:
                server.load(part.collection)
            old.elsewhere.engines[view] = replace(engine, server=server)
        for ours, theirs in zip(before, answers(old, queries), strict=True):
            assert theirs.positions.tolist() == ours.positions.tolist()


def test_two_versions_are_kept_and_no_more(made, at):
    sizes = []
    for seed in range(4):
        update(made, products(range(60), seed=20 + seed))
        publish_index(made, at)
        sizes.append(len(collections(at)))
    assert sizes == [3, 6, 6, 6]


def test_collections_of_others_stay(made, at):
    publish_index(made, at)
    publish_index(made, Address(at.uri, "heroic_two"))
    with connected(at) as server:
        from indexing.publishing.server import VectorField

        server.create("heroic_own", VectorField(2), (), {})
    before = collections(at)
    update(made, products(range(60), seed=1))
    publish_index(made, at)
    update(made, products(range(60), seed=2))
    publish_index(made, at)
    kept = {name for name in before if name.startswith("heroic_two") or name == "heroic_own"}
    assert kept <= collections(at)
    with connected(at) as server:
        assert find_publication(server, "heroic_two") is not None


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", range(6))
def test_a_killed_run_is_gone_on_with(made, at, monkeypatch, after):
    monkeypatch.setattr("indexing.publishing.shipment.MOST_ROWS", 50)
    insert, sent = MilvusServer.insert, []

    def interrupted(self, name, rows):
        if len(sent) == after:
            raise Killed
        insert(self, name, rows)
        sent.append(len(rows))

    monkeypatch.setattr(MilvusServer, "insert", interrupted)
    with pytest.raises(Killed):
        publish_index(made, at)
    monkeypatch.setattr(
        MilvusServer, "insert", lambda self, name, rows: sent.append(len(rows)) or insert(self, name, rows)
    )
    done = publish_index(made, at)
    assert sum(sent) == 240  # nothing twice
    assert done.publication.views["lexical"].live == 120
    assert_same_answers(made, at)


@pytest.mark.parametrize("where", ["create", "point", "drop"])
def test_a_run_killed_at_the_end_leaves_the_old_or_the_new(made, at, monkeypatch, where):
    publish_index(made, at)
    update(made, products(range(60), seed=1))
    publish_index(made, at)
    with connected(at) as server:
        old = find_publication(server, at.name).publication.fingerprint
    update(made, products(range(60), seed=2))
    real = getattr(MilvusServer, where)

    def killed(self, *given, **named):
        if where != "create" or "publication" in given[0]:
            raise Killed
        return real(self, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(MilvusServer, where, killed)
        with pytest.raises(Killed):
            publish_index(made, at)
    with connected(at) as server:
        now = find_publication(server, at.name).publication.fingerprint
    assert now == (open_index(made).fingerprint if where == "drop" else old)
    publish_index(made, at)
    assert_same_answers(made, at)
    assert len(collections(at)) == 6


def test_rows_of_another_writer_are_noticed(made, at, monkeypatch):
    monkeypatch.setattr("indexing.publishing.shipment.MOST_ROWS", 50)
    insert = MilvusServer.insert

    def doubled(self, name, rows):
        insert(self, name, rows)
        insert(self, name, [{**row, "key": row["key"] + 1} for row in rows])

    monkeypatch.setattr(MilvusServer, "insert", doubled)
    with pytest.raises(Unfinished, match="does another process publish there"):
        publish_index(made, at)
    monkeypatch.setattr(MilvusServer, "insert", insert)
    publish_index(made, at)
    assert_same_answers(made, at)


def test_a_recall_below_the_asked_is_not_published(made, at, monkeypatch):
    publish_index(made, at)
    update(made, products(range(60), seed=1))
    search = MilvusServer.search
    monkeypatch.setattr(MilvusServer, "search", lambda self, *given: [hits[:2] for hits in search(self, *given)])
    with pytest.raises(
        InputError, match=r"finds 0\.\d+ of the 10 neighbours in the text view, less than --recall 0.95"
    ):
        publish_index(made, at)
    with connected(at) as server:
        assert find_publication(server, at.name).publication.fingerprint != open_index(made).fingerprint


@pytest.mark.parametrize("kind", ["HNSW", "IVF_FLAT", "IVF_SQ8"])
def test_indexes_that_milvus_lite_builds(made, at, kind):
    done = publish_index(made, at, options=PublishOptions(index=kind, views=("text",)))
    view = done.publication.views["text"]
    assert view.index == kind
    assert view.effort >= 1
    assert view.recall.mean > 0.9


@pytest.mark.parametrize("kind", ["IVF_PQ", "DISKANN"])
def test_an_index_that_milvus_lite_only_says_to_build_is_refused(made, at, kind):
    with pytest.raises(InputError, match=f"--index {kind}: milvus-lite .* does not build it: choose from FLAT, HNSW"):
        publish_index(made, at, options=PublishOptions(index=kind))


def test_an_index_that_does_not_come_is_said_so(made, at, monkeypatch):
    monkeypatch.setattr("indexing.publishing.server.STALLED_S", 0.5)
    monkeypatch.setattr(MilvusServer, "_built", lambda self, name, kind: (3, 120))
    with pytest.raises(InputError, match=r"FLAT of heroic_text_.* has 3 of 120 rows for"):
        publish_index(made, at)


def test_a_server_without_sparse_vectors_gets_none(made, at, monkeypatch):
    monkeypatch.setattr(MilvusServer, "sparse", False)
    done = publish_index(made, at)
    assert set(done.publication.views) == {"text"}
    assert "has no sparse vectors" in done.publication.left_out["lexical"]
    with pytest.raises(InputError, match=r"--view lexical: .* has no sparse vectors"):
        publish_index(made, at, options=PublishOptions(views=("lexical",)))
    with connected(at) as server:
        there = search_elsewhere(open_index(made), server)
        with pytest.raises(InputError, match=r"the lexical view is not published there .*has no sparse vectors"):
            find_neighbours(there, Query(position=1, view="lexical"), 3)


def test_an_index_of_another_fingerprint_is_refused(made, at):
    publish_index(made, at)
    update(made, products([1], seed=5))
    with connected(at) as server, pytest.raises(InputError, match=r"holds the index .*: heroic publish "):
        search_elsewhere(open_index(made), server)


def test_an_unpublished_name_is_refused(made, at):
    publish_index(made, at)
    said = r"nothing is published under this name: heroic publish .* --name other"
    with connected(Address(at.uri, "other")) as server, pytest.raises(InputError, match=said):
        search_elsewhere(open_index(made), server)


def test_a_collection_that_is_gone_is_missed(made, at):
    done = publish_index(made, at)
    with connected(at) as server:
        server.drop(done.publication.views["text"].parts[0].collection)
        with pytest.raises(InputError, match="is gone: publish the index again"):
            search_elsewhere(open_index(made), server)
    again = publish_index(made, at, options=PublishOptions(whole=True))
    assert again.sent["text"] == 120
    assert_same_answers(made, at)


def test_the_name_of_another_collection_is_refused(made, at):
    with connected(at) as server:
        from indexing.publishing.server import VectorField

        server.create("heroic", VectorField(2), (), {})
    with pytest.raises(InputError, match="is that of another collection"):
        publish_index(made, at)


def test_an_error_raised_from_itself_is_told_once(made, at):
    with connected(at) as server, pytest.raises(InputError, match=r"^[^ ]*there\.db: "):
        server.search("gone", [np.zeros(2)], 3, "", {})


def test_index_types_fit_any_dimension():
    assert parts.index_type("IVF_PQ", 1000, 6).params["m"] == 2
    assert parts.index_type("IVF_PQ", 1000, 7).params["m"] == 7
    assert parts.index_type("IVF_FLAT", 10**9, 8).params["nlist"] == 65_536
