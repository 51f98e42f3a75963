"""Pairs that occur twice are found without holding the pairs in memory."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reranking.pairs import repeats
from reranking.pairs.repeats import RepeatFinder


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
