"""Labelled pairs are checked before anything is learned from them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from indexing.catalog.catalog import FIELDS, Catalog
from indexing.errors import InputError, UnknownId
from reranking.pairs.labelled import LabelledPairs, read_labelled

IDS = [10, 20, 30, 40]


def catalog_of_ids(ids):
    empty = {name: pa.nulls(len(ids), kind) for name, kind in zip(FIELDS.names, FIELDS.types, strict=True)}
    return Catalog(
        pa.table({"id": pa.array(ids, pa.int64() if isinstance(ids[0], int) else pa.large_string()), **empty})
    )


@pytest.fixture
def read(tmp_path):
    """Read files given as lists of (left, right, target), named pairs_0.csv, pairs_1.csv and so on."""

    def run(*files, ids=IDS, names=("left_id", "right_id", "target"), columns=None, target=None):
        paths = [tmp_path / f"pairs_{number}.csv" for number in range(len(files))]
        for path, rows in zip(paths, files, strict=True):
            pd.DataFrame(rows, columns=names).to_csv(path, index=False)
        return read_labelled(paths, catalog_of_ids(ids), ids=columns, target=target)

    return run


def test_ids_become_positions(read):
    pairs = read([(30, 10, 1), (20, 40, 0)])
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([2, 1], [0, 3])
    assert pairs.targets.tolist() == [1.0, 0.0]
    assert pairs.categories is None


def test_text_ids_of_a_catalogue_are_met_by_numbers(read):
    assert read([(30, 10, 1)], ids=["10", "20", "30"]).left.tolist() == [2]


def test_several_files_are_one_after_the_other(read):
    pairs = read([(30, 10, 1)], [(20, 40, 0)])
    assert (pairs.left.tolist(), pairs.targets.tolist()) == ([2, 1], [1.0, 0.0])


def test_names_of_ones_own_are_read(read):
    pairs = read([(30, 10, 1)], names=("a", "b", "same"), columns=("a", "b"), target="same")
    assert (pairs.left.tolist(), pairs.targets.tolist()) == ([2], [1.0])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(10, 20, 1), (10, 99, 0)], r"column 'right_id': id '?99'? is not in the catalogue \(1 of 2 .*: use the"),
        ([(10, 20, 1), (30, 30, 0)], "row 3 pairs product '?30'? with itself .*: remove them"),
        ([(10, 20, 1), (30, 40, 0), (10, 20, 1)], "rows 2 and 4, pair 10 and 20 are the same pair .*: keep one"),
        ([(10, 20, 1), (30, 40, 0), (20, 10, 1)], "rows 2 and 4, pair 10 and 20 are the same pair .*: keep one"),
        ([(10, 20, 1), (30, 40, 0), (10, 20, 0)], "rows 2 and 4, pair 10 and 20 contradict each other .*: keep one"),
        ([(10, 20, 1), (30, 40, 0), (20, 10, 0)], "rows 2 and 4, pair 10 and 20 contradict each other .*: keep one"),
        ([(10, 20, 1), (30, 40, None)], "row 3 has target null .*: targets are 1 and 0"),
        ([(10, 20, 1), (30, 40, 3)], "row 3 has target 3 .*: targets are 1 and 0"),
        ([(10, 20, 1), (None, 40, 0)], "row 3 has no 'left_id': every row needs an id"),
        ([], "no pairs: training needs matches and non-matches"),
    ],
)
def test_a_faulty_pair_is_refused_with_its_place_and_a_remedy(read, rows, said):
    with pytest.raises(InputError, match=rf"pairs_0\.csv: {said}"):
        read(rows)


def test_a_contradiction_is_named_before_a_mere_repetition(read):
    with pytest.raises(InputError, match=r"rows 4 and 5, pair 30 and 40 contradict each other \(1 such pairs\)"):
        read([(10, 20, 1), (20, 10, 1), (30, 40, 1), (40, 30, 0)])


def test_a_pair_that_two_files_hold_is_named_with_both(read):
    with pytest.raises(InputError, match=r"pairs_0\.csv row 3 and .*pairs_1\.csv row 2: pair 30 and 40 contradict"):
        read([(10, 20, 1), (30, 40, 1)], [(40, 30, 0)])


def test_an_unknown_id_is_an_unknown_id(read):
    with pytest.raises(UnknownId):
        read([(10, 99, 0)])


def test_a_file_without_targets_is_refused(read):
    with pytest.raises(InputError, match=r"pairs_0\.csv: no column 'target' \(has left_id, right_id\)"):
        read([(10, 20)], names=("left_id", "right_id"))


def test_the_evaluation_category_of_the_file_is_read(read):
    names = ("left_id", "right_id", "target", "cat3_grouped")
    pairs = read([(10, 20, 1, "phones"), (30, 40, 0, None)], names=names)
    assert pairs.categories.to_pylist() == ["phones", None]


def test_categories_of_one_file_alone_are_left_aside(tmp_path, read):
    read([(10, 20, 1)])
    pd.DataFrame({"id1": [30], "id2": [40], "target": [0], "cat3_grouped": ["tv"]}).to_csv(tmp_path / "more.csv")
    pairs = read_labelled([tmp_path / "pairs_0.csv", tmp_path / "more.csv"], catalog_of_ids(IDS))
    assert pairs.categories is None


def test_taking_rows_takes_their_categories_too():
    pairs = LabelledPairs(np.array([0, 1]), np.array([2, 3]), np.array([1.0, 0.0]), pa.array(["a", "b"]))
    taken = pairs.take(np.array([1]))
    assert (taken.left.tolist(), taken.targets.tolist(), taken.categories.to_pylist()) == ([1], [0.0], ["b"])


def test_its_products_are_those_that_occur():
    assert LabelledPairs(np.array([3, 1]), np.array([0, 3]), np.zeros(2)).products.tolist() == [0, 1, 3]
