"""Pairs of a product with itself and pairs that occur twice are refused, also in files too long for memory."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.pairs import repeats
from reranking.pairs.repeats import FileRows, RepeatFinder, checked_pairs, pair_keys, refuse_repeats


def find(folder, blocks):
    finder = RepeatFinder(folder, sum(map(len, blocks)))
    for block in blocks:
        finder.add(np.array(block, dtype=np.int64))
    found = finder.repeated()
    finder.close()
    return found


def test_nothing_occurs_again(tmp_path):
    assert find(tmp_path, [[3, 1], [2]]) == (0, -1)


def test_no_pairs_at_all(tmp_path):
    assert find(tmp_path, []) == (0, -1)


def test_every_further_occurrence_is_counted_and_one_is_named(tmp_path):
    assert find(tmp_path, [[3, 1, 3], [2, 3]]) == (2, 3)


@given(st.lists(st.lists(st.integers(0, 12), max_size=10), max_size=5), st.sampled_from([1, 2, 5]))
def test_parts_on_disk_find_what_a_counter_finds(tmp_path_factory, blocks, part_keys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "PART_KEYS", part_keys)
        count, example = find(tmp_path_factory.mktemp("keys"), blocks)
    times = Counter(key for block in blocks for key in block)
    assert count == sum(number - 1 for number in times.values())
    assert times[example] > 1 if count else example == -1


def test_many_pairs_go_to_as_many_parts_as_it_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(repeats, "PART_KEYS", 10)
    finder = RepeatFinder(tmp_path, 41)
    finder.add(np.arange(41))
    assert finder.repeated() == (0, -1)
    finder.close()
    assert sorted(part.stat().st_size // 8 for part in tmp_path.iterdir()) == [8, 8, 8, 8, 9]


def test_each_unordered_pair_has_a_key_of_its_own():
    left, right = (grid.ravel() for grid in np.meshgrid(np.arange(7), np.arange(7)))
    keys = pair_keys(left, right, 7)
    assert len(set(keys)) == 7 * 8 // 2
    assert np.array_equal(keys, pair_keys(right, left, 7))


IDS = pa.array(["a", "b", "c", "d"])


def check(*blocks, file=None):
    with checked_pairs(IDS, sum(map(len, blocks)), file=file) as checked:
        for block in blocks:
            checked.add(*np.array(block, dtype=np.int64).T, checked.rows + np.arange(2, len(block) + 2))
    return checked.rows


def test_pairs_that_may_stand_together_are_counted():
    assert check([(0, 1), (1, 2)], [(3, 0)]) == 3


def test_a_product_with_itself_is_refused_with_its_row_in_the_file():
    said = r"p\.csv: row 5 pairs product 'a' with itself \(2 such rows up to row 6\): remove them"
    with pytest.raises(InputError, match=said):
        check([(0, 1), (1, 2)], [(3, 0), (0, 0), (2, 2)], file=Path("p.csv"))


@pytest.mark.parametrize("again", [(0, 1), (1, 0)])
def test_a_pair_that_occurs_again_is_refused_in_either_order(again):
    with pytest.raises(
        InputError, match=r"^the pair 'a' and 'b' occurs again, .* \(1 rows too many\): keep one of each"
    ):
        check([(0, 1), (1, 2)], [again])


def fail_while_reading():
    with checked_pairs(IDS, 2) as checked:
        checked.add(np.array([0, 0]), np.array([1, 1]), np.array([1, 2]))
        raise KeyError


def test_what_went_wrong_while_reading_is_told_before_repeats():
    with pytest.raises(KeyError):
        fail_while_reading()


def refuse(*pairs, targets=None):
    rows = FileRows.of([Path("p.csv")], [np.arange(1, len(pairs) + 1)])
    refuse_repeats(
        IDS, *np.array(pairs, dtype=np.int64).T, rows, targets=None if targets is None else np.array(targets)
    )


def test_different_pairs_are_no_repeats():
    refuse((0, 1), (1, 2), (0, 2))


@pytest.mark.parametrize("targets", [None, [1.0, 0.0, 1.0]])
def test_both_rows_of_a_repeated_pair_are_named(targets):
    with pytest.raises(
        InputError, match=r"p\.csv: rows 1 and 3, pair 'a' and 'b' are the same pair \(1 such\): keep one"
    ):
        refuse((0, 1), (1, 2), (1, 0), targets=targets)


def test_a_contradiction_is_told_before_a_mere_repetition():
    with pytest.raises(InputError, match=r"rows 3 and 4, pair 'c' and 'd' contradict each other \(1 such pairs\)"):
        refuse((0, 1), (0, 1), (2, 3), (3, 2), targets=[1.0, 1.0, 1.0, 0.0])
