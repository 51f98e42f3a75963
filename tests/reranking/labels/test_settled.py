"""What is settled of a store: where those who are sure agree; the rest stays out, counted."""

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import FIELDS, Catalog
from indexing.errors import InputError
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.settled import LeftOut, read_settled, settle, shown_of
from reranking.labels.store import open_store
from reranking.pairs.labelled import read_labelled
from reranking.pairs.pair_files import read_id_pairs
from reranking.pairs.pair_rejects import read_usable

MATCH, NO, UNSURE = PairVerdict
AUDIT = Question(Purpose.AUDIT)


def catalog_of(*ids, titles=None):
    columns = {field.name: pa.nulls(len(ids), field.type) for field in FIELDS}
    columns["title"] = pa.array(titles or [f"title {product}" for product in ids], pa.large_string())
    return Catalog(pa.table({"id": pa.array(ids), **columns}))


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "labels.db"

    def fill(*answers):
        with open_store(path, create=True) as opened:
            opened.record_all(answers)
        return path

    return SimpleNamespace(path=path, fill=fill)


def found(pairs):
    return dict(zip(zip(pairs.left.to_pylist(), pairs.right.to_pylist(), strict=True), pairs.targets, strict=True))


def test_reviewers_who_are_sure_settle_a_pair(tmp_path):
    given = [
        Label(1, 2, MATCH, "anna"),
        Label(1, 2, MATCH, "bob"),
        Label(1, 3, NO, "anna"),
        Label(1, 3, UNSURE, "bob"),
        Label(1, 4, MATCH, "anna"),
        Label(1, 4, NO, "bob"),
        Label(1, 5, UNSURE, "anna"),
    ]
    pairs = settle(given, tmp_path)
    assert found(pairs) == {(1, 2): 1.0, (1, 3): 0.0}
    assert pairs.left_out == LeftOut(in_dispute=1, unsure=1)
    assert pairs.summary() == f"{tmp_path}: 2 labelled pairs, 1 of them matches; left out: 1 in dispute, 1 unsure"


def test_audits_are_not_learned_from_nor_is_what_they_asked_as_well(tmp_path):
    given = [
        Label(1, 2, MATCH, "anna"),
        Label(1, 2, MATCH, "bob", AUDIT),
        Label(1, 3, NO, "bob", AUDIT),
        Label(2, 3, NO, "anna"),
    ]
    pairs = settle(given, tmp_path)
    assert found(pairs) == {(2, 3): 0.0}
    assert pairs.left_out == LeftOut(audited=1)
    assert found(settle(given, tmp_path, purpose=Purpose.AUDIT)) == {(1, 2): 1.0, (1, 3): 0.0}


def test_products_that_left_the_index_leave_their_pairs_out(store):
    path = store.fill(Label("a", "b", MATCH, "anna"), Label("b", "c", NO, "anna"))
    pairs = read_settled(path, catalog_of("b", "a"))
    assert found(pairs) == {("a", "b"): 1.0}
    assert pairs.left_out.unknown == 1
    assert pairs.summary().endswith("left out: 1 of products that the index does not have")


@pytest.mark.parametrize("ids", [["x", "y"], [7, 8]])
def test_labels_of_which_the_index_has_none_are_of_another_catalogue(store, ids):
    path = store.fill(Label("a", "b", MATCH, "anna"))
    with pytest.raises(InputError, match=r"labels\.db: the labels are of another catalogue.*'a' and 'b'"):
        read_settled(path, catalog_of(*ids))


def shown(count, titles):
    catalog = catalog_of(*range(count + 1), titles=titles)
    digests = shown_of(catalog, np.arange(count), np.arange(count) + 1)
    return [Label(n, n + 1, MATCH, "anna", Question(shown=digest)) for n, digest in enumerate(digests)]


def test_equal_ids_of_other_products_are_of_another_catalogue(store):
    path = store.fill(*shown(6, [f"phone {n}" for n in range(7)]))
    assert len(read_settled(path, catalog_of(*range(7), titles=[f"phone {n}" for n in range(7)]))) == 6
    with pytest.raises(InputError, match="6 of 6 pairs had other titles when they were labelled, such as 0 and 1"):
        read_settled(path, catalog_of(*range(7), titles=[f"cable {n}" for n in range(7)]))


def test_a_few_new_titles_are_no_other_catalogue(store):
    titles = [f"phone {n}" for n in range(9)]
    path = store.fill(*shown(8, titles))
    assert len(read_settled(path, catalog_of(*range(9), titles=["phone 0, new", *titles[1:]]))) == 8


def test_pairs_that_were_labelled_under_other_titles_are_told_until_somebody_answers_them_again(store):
    titles = [f"phone {n}" for n in range(9)]
    path = store.fill(*shown(8, titles))
    assert read_settled(path, catalog_of(*range(9), titles=titles)).retitled == ()
    now = ["a kettle", *titles[1:]]
    pairs = read_settled(path, catalog_of(*range(9), titles=now))
    assert pairs.retitled == ((0, 1),)
    assert "1 had other titles when they were labelled, such as 0 and 1: where an id was given to" in pairs.summary()
    store.fill(*shown(1, now[:2]))
    assert read_settled(path, catalog_of(*range(9), titles=now)).retitled == ()


READERS = {
    "read_id_pairs": lambda path, catalog: read_id_pairs(path),
    "read_labelled": lambda path, catalog: read_labelled([path], catalog),
    "read_usable": lambda path, catalog: read_usable([path], catalog)[0],
}


@pytest.mark.parametrize("reader", READERS)
def test_a_store_is_read_where_pairs_files_are(store, reader):
    path = store.fill(
        Label("a", "b", MATCH, "anna"), Label("b", "c", NO, "anna"), Label("a", "c", MATCH, "anna", AUDIT)
    )
    pairs = READERS[reader](path, catalog_of("c", "b", "a"))
    targets = pairs.target if reader == "read_id_pairs" else pairs.targets
    assert list(targets) == [1.0, 0.0]
    if reader == "read_id_pairs":
        assert pairs.left.to_pylist() == ["a", "b"]
        assert pairs.table.column_names == ["left_id", "right_id", "target"]
    else:
        assert (list(pairs.left), list(pairs.right)) == ([2, 1], [1, 0])


def test_what_a_store_leaves_out_is_no_reject(store):
    path = store.fill(Label("a", "b", MATCH, "anna"), Label("b", "gone", NO, "anna"), Label("a", "c", UNSURE, "bob"))
    pairs, rejects = read_usable([path], catalog_of("a", "b", "c"))
    assert (len(pairs), len(rejects)) == (1, 0)


def test_a_store_joins_a_pairs_file(store, tmp_path):
    path = store.fill(Label("a", "b", MATCH, "anna"))
    (tmp_path / "more.csv").write_text("left_id,right_id,target\nb,c,0\n")
    pairs, _ = read_usable([path, tmp_path / "more.csv"], catalog_of("a", "b", "c"))
    assert list(pairs.targets) == [1.0, 0.0]
