"""Rows of labelled pairs that cannot be used are set aside with the reason, up to a share of the files."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.catalog.catalog import FIELDS, Catalog
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.pairs.labelled import read_labelled
from reranking.pairs.pair_rejects import read_usable

NAMES = ("left_id", "right_id", "target")


def catalog_of(ids):
    empty = {name: pa.nulls(len(ids), kind) for name, kind in zip(FIELDS.names, FIELDS.types, strict=True)}
    return Catalog(pa.table({"id": ids, **empty}))


CATALOG = catalog_of(pa.array([10, 20, 30, 40], pa.int64()))


@pytest.fixture
def read(tmp_path):
    """Read files given as lists of (left, right, target), named pairs_0.csv, pairs_1.csv and so on."""

    def run(*files, catalog=CATALOG):
        paths = [tmp_path / f"pairs_{number}.csv" for number in range(len(files))]
        for path, rows in zip(paths, files, strict=True):
            pd.DataFrame(rows, columns=NAMES, dtype=object).to_csv(path, index=False)
        return read_usable(paths, catalog)

    return run


def test_an_empty_text_is_no_id(tmp_path):
    rows = {"left_id": ["a", ""], "right_id": ["b", "b"], "target": [1, 0]}
    pq.write_table(pa.table(rows), tmp_path / "pairs.parquet")
    _, rejects = read_usable([tmp_path / "pairs.parquet"], catalog_of(pa.array(["a", "b"])))
    assert listed(rejects) == [(2, "no id", None)]


def kept(pairs):
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.targets.tolist(), strict=True))


def listed(rejects):
    return [(row["row"], row["reason"], row["other_row"]) for row in rejects.table().to_pylist()]


@pytest.mark.parametrize(
    ("rows", "left", "found"),
    [
        ([(10, 20, 1), (10, 99, 0)], [0], [(3, "not in the index", None)]),
        ([(99, 20, 1), (10, 20, 0)], [1], [(2, "not in the index", None)]),
        ([(10, 20, 1), (30, 30, 0)], [0], [(3, "a product with itself", None)]),
        ([(10, 20, 1), (None, 30, 0)], [0], [(3, "no id", None)]),
        ([(10, 20, 1), (30, None, 0)], [0], [(3, "no id", None)]),
        ([(10, 20, 1), (30, 40, None)], [0], [(3, "target is not 1 or 0", None)]),
        ([(10, 20, 1), (30, 40, 0.5)], [0], [(3, "target is not 1 or 0", None)]),
        ([(10, 20, 1), (30, 40, "no")], [0], [(3, "target is not 1 or 0", None)]),
        ([(10, 20, 1), (30, 40, 0), (20, 10, 1)], [0, 1], [(4, "repeats an earlier row", 2)]),
        (
            [(10, 20, 1), (10, 20, 1), (20, 10, 1)],
            [0],
            [(3, "repeats an earlier row", 2), (4, "repeats an earlier row", 2)],
        ),
        (
            [(10, 20, 1), (30, 40, 0), (20, 10, 0)],
            [1],
            [(2, "contradicts another row", 4), (4, "contradicts another row", 2)],
        ),
        (
            [(10, 20, 0), (10, 20, 0), (20, 10, 1), (10, 30, 1)],
            [3],
            [(2, "contradicts another row", 4), (3, "contradicts another row", 4), (4, "contradicts another row", 2)],
        ),
    ],
)
def test_each_kind_of_fault_is_set_aside_with_its_reason(read, rows, left, found):
    pairs, rejects = read(rows)
    places = {10: 0, 20: 1, 30: 2, 40: 3}
    assert kept(pairs) == [(places[rows[row][0]], places[rows[row][1]], float(rows[row][2])) for row in left]
    assert listed(rejects) == found
    assert (len(rejects), rejects.size) == (len(found), len(rows))


def test_a_row_that_is_faulty_otherwise_neither_repeats_nor_contradicts(read):
    pairs, rejects = read([(10, 20, 7), (20, 10, 1), (99, 99, 0), (99, 99, 1)])
    assert kept(pairs) == [(1, 0, 1.0)]
    assert [reason for _, reason, _ in listed(rejects)] == ["target is not 1 or 0"] + ["not in the index"] * 2


def test_what_is_set_aside_is_listed_as_the_file_has_it(read, tmp_path):
    _, rejects = read([(10, 20, 1), (30, 99, "maybe")])
    assert rejects.table().to_pylist() == [
        {"file": str(tmp_path / "pairs_0.csv"), "row": 3, "left_id": "30", "right_id": "99", "target": "maybe",
         "reason": "not in the index", "other_file": None, "other_row": None}
    ]  # fmt: skip


def test_several_files_are_one_after_the_other(read, tmp_path):
    pairs, rejects = read([(10, 20, 1), (30, 40, 0)], [(20, 10, 0), (10, 10, 1), (20, 30, 1)])
    assert kept(pairs) == [(2, 3, 0.0), (1, 2, 1.0)]
    assert listed(rejects) == [
        (2, "contradicts another row", 2),
        (2, "contradicts another row", 2),
        (3, "a product with itself", None),
    ]
    first, second = tmp_path / "pairs_0.csv", tmp_path / "pairs_1.csv"
    table = rejects.table()
    assert table["file"].to_pylist() == [str(first), str(second), str(second)]
    assert table["other_file"].to_pylist() == [str(second), str(first), None]
    assert rejects.summary() == (
        f"3 of 5 pairs of {first} and 1 more: contradicts another row (2, such as {first} row 2 with '10' and '20', see "
        f"{second} row 2), a product with itself (1, such as {second} row 3 with '10' and '10')"
    )


@pytest.mark.parametrize("share", [0.29, 0.3, 1])
def test_up_to_the_share_is_set_aside(read, share):
    """29 of 100: the share is reached, not passed, though 0.29 * 100 is below 29 in float64."""
    catalog = catalog_of(pa.array(range(200), pa.int64()))
    _, rejects = read([(row, row if row < 29 else row + 100, 1) for row in range(100)], catalog=catalog)
    rejects.refuse_above(share)
    with pytest.raises(InputError, match=r"29% cannot be used, more than --max-rejects 0\.289 allows, 29 of 100 pairs"):
        rejects.refuse_above(0.289)


def test_the_refusal_says_why_and_what_to_do(read, tmp_path):
    _, rejects = read([(10, 20, 1), (30, 40, 2), (40, 40, 1), (30, 20, 9)])
    with pytest.raises(InputError) as refused:
        rejects.refuse_above(0.01)
    assert str(refused.value) == (
        f"75% cannot be used, more than --max-rejects 0.01 allows, 3 of 4 pairs of {tmp_path}/pairs_0.csv: target is not 1 "
        "or 0 (2, such as row 3 with '30' and '40': 2), a product with itself (1, such as row 4 with '40' and '40'): mend "
        "the rows (--rejects FILE.csv lists them), or give --max-rejects 0.75"
    )


def test_files_without_a_pair_that_can_be_used_are_refused_at_any_share(read):
    _, rejects = read([(10, 10, 1), (30, 40, 0), (40, 30, 1)])
    with pytest.raises(InputError, match=r"no pair can be used, 3 of 3 pairs of .*: mend the rows \(.*\)$"):
        rejects.refuse_above(1)


def test_pairs_of_another_index_are_told_so(read):
    _, rejects = read([(1, 2, 1), (3, 4, 0), (10, 20, 1)])
    with pytest.raises(InputError, match="use the index of these products, mend the rows"):
        rejects.refuse_above(0.01)


def test_a_sound_file_reads_as_it_does_strictly(sample, sample_index):
    catalog = open_index(sample_index).catalog
    paths = [sample / "pairs_train.parquet", sample / "pairs_valid.parquet"]
    pairs, rejects = read_usable(paths, catalog)
    strict = read_labelled(paths, catalog)
    assert len(rejects) == 0
    rejects.refuse_above(0)
    assert kept(pairs) == kept(strict)
    assert rejects.table().num_rows == 0


def test_categories_of_the_file_stay_with_their_pairs(tmp_path):
    rows = {"left_id": [10, 10, 30], "right_id": [10, 20, 40], "target": [1, 1, 0], "cat3_grouped": ["a", "b", "c"]}
    pd.DataFrame(rows).to_parquet(tmp_path / "pairs.parquet")
    assert read_usable([tmp_path / "pairs.parquet"], CATALOG)[0].categories.to_pylist() == ["b", "c"]


@pytest.mark.parametrize("target", [pa.array([True, False, None]), pa.array(["1", "0", "x"]).dictionary_encode()])
def test_targets_and_ids_of_other_types_are_read(tmp_path, target):
    left, right = pa.array(["10", "20", "x"]).dictionary_encode(), pa.array([20.0, 30.0, None])
    pq.write_table(pa.table([left, right, target], NAMES), tmp_path / "pairs.parquet")
    pairs, rejects = read_usable([tmp_path / "pairs.parquet"], CATALOG)
    assert len(rejects) == 1
    assert pairs.targets.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"left_id": [10], "right_id": [20]}, r"no column 'target' \(has left_id, right_id\)"),
        ({"left_id": [10.5], "right_id": [20], "target": [1]}, r"row 1 has 'left_id' 10\.5: ids are integers or text"),
        ({"left_id": [10], "right_id": [20], "target": [[1]]}, "column 'target' is list<.*>: targets are 1 and 0"),
        ({"left_id": [], "right_id": [], "target": []}, "no pairs: training needs"),
    ],
)
def test_a_file_that_is_no_pairs_file_is_refused(tmp_path, columns, said):
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    with pytest.raises(InputError, match=said):
        read_usable([tmp_path / "pairs.parquet"], CATALOG)


def test_many_pairs_agree_with_a_plain_count():
    """Random keys and targets against a dictionary of what was labelled."""
    from reranking.pairs.pair_rejects import CONTRADICTION, REPEAT, USABLE, _again

    draw = np.random.default_rng(0)
    keys, targets = draw.integers(0, 300, 500), draw.integers(0, 2, 500).astype(float)
    labels, first = {}, {}
    for place, (key, target) in enumerate(zip(keys, targets, strict=True)):
        labels.setdefault(key, set()).add(target)
        first.setdefault(key, place)
    wanted = [
        CONTRADICTION if len(labels[key]) > 1 else REPEAT if first[key] < place else USABLE
        for place, key in enumerate(keys)
    ]
    others, kinds = _again(keys, targets)
    assert kinds.tolist() == wanted
    assert all((other < 0) == (kind == USABLE) for other, kind in zip(others, kinds, strict=True))
    assert all(keys[other] == keys[place] for place, other in enumerate(others) if other >= 0)


def test_ids_that_a_spreadsheet_took_for_numbers_are_told_of(read):
    catalog = catalog_of(pa.array(["0010", "0020", "a"], pa.large_string()))
    _, rejects = read([("10", "20", 1), ("a", "0020", 0)], catalog=catalog)
    with pytest.raises(
        InputError, match="the catalogue has '0010': zeros in front of '10' were lost; write ids as text"
    ):
        rejects.refuse_above(0.1)
    _, rejects = read([("b", "0020", 1), ("a", "0020", 0)], catalog=catalog)
    with pytest.raises(InputError, match="use the index of these products"):
        rejects.refuse_above(0.1)
