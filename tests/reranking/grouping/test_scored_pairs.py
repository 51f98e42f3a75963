"""Of scored pairs only those are held whose products matches tie together."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.errors import InputError
from reranking.grouping.group_products import GroupOptions, group_products
from reranking.grouping.scored_pairs import ScoredBlock, ScoredPairs, read_tied_pairs


def block_of(rows, first=1):
    left, right, scores = zip(*rows, strict=True)
    values = np.array(scores, dtype=np.float64)
    return ScoredBlock(
        pa.array(left), pa.array(right), values, values, values >= 0.5, np.arange(first, first + len(values))
    )


def read(*blocks):
    firsts = np.cumsum([1, *map(len, blocks)])[:-1]
    return read_tied_pairs(lambda: map(block_of, blocks, firsts))


def test_a_pair_of_products_that_nothing_ties_is_left_out():
    found = read([("a", "b", 0.9), ("c", "d", 0.2)], [("b", "e", 0.8), ("a", "e", 0.1), ("e", "c", 0.3)])
    pairs = found.pairs
    assert pairs.ids.to_pylist() == ["a", "b", "c", "d", "e"]
    assert found.scored == 5
    sides = (pairs.ids.take(pa.array(side)).to_pylist() for side in (pairs.left, pairs.right))
    assert set(zip(*sides, strict=True)) == {("a", "b"), ("b", "e"), ("a", "e")}


def test_groups_are_those_of_all_pairs_at_once(monkeypatch):
    monkeypatch.setattr("reranking.grouping.group_products.BATCH_PAIRS", 3)
    random = np.random.default_rng(0)
    keys = random.permutation([(a, b) for a in range(40) for b in range(a + 1, 40)])[:150]
    rows = [(int(a), int(b), float(score)) for (a, b), score in zip(keys, random.random(150) ** 3, strict=True)]
    found = read(rows[:60], rows[60:])
    whole = block_of(rows)
    ids, places = np.unique([*whole.left.to_numpy(), *whole.right.to_numpy()], return_inverse=True)
    every = ScoredPairs(pa.array(ids), *np.split(places, 2), whole.scores, whole.probabilities, whole.called)
    in_parts = group_products(found.pairs, GroupOptions()).groups
    monkeypatch.setattr("reranking.grouping.group_products.BATCH_PAIRS", 10_000)
    assert (group_products(every, GroupOptions()).groups == in_parts).all()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "b", 0.1), ("c", "c", 0.1)], "row 2 pairs product 'c' with itself"),
        ([("a", "b", 0.1), ("b", "a", 0.2)], "the pair 'a' and 'b' occurs again, in either order"),
    ],
)
def test_odd_pairs_are_refused_across_blocks(rows, said):
    with pytest.raises(InputError, match=said):
        read(*[[row] for row in rows])


def test_ids_of_two_kinds_are_refused():
    with pytest.raises(InputError, match="integers in some rows and text in others"):
        read([("a", "b", 0.1)], [(1, 2, 0.1)])


@pytest.mark.parametrize("about", [0, 2, 6, 100])
def test_it_tells_how_far_it_is_however_many_rows_were_expected(about):
    told = []
    blocks = [
        [("a", "b", 0.9), ("b", "c", 0.9)],
        [("d", "e", 0.2)],
        [("c", "d", 0.1), ("x", "y", 0.9), ("x", "z", 0.9)],
    ]
    found = read_tied_pairs(
        lambda: map(block_of, blocks, [0, 2, 3]), about=about, progress=lambda *step: told.append(step)
    )
    group_products(found.pairs, GroupOptions(), progress=lambda *step: told.append(step))
    for stage in ("find products", "read pairs", "group"):
        steps = [step[1:] for step in told if step[0] == stage]
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
        assert [done >= total for done, total in steps] == [False] * (len(steps) - 1) + [True]
    assert [done for stage, done, _ in told if stage == "read pairs"] == [0, 2, 3, 6, 6]
