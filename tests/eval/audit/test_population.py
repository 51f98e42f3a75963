"""The population: calls, how likely pairs are matches, and fingerprints that do not depend on the order."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from eval.audit.population import EDGE, pair_hashes, population_of
from indexing.errors import InputError


def shuffled(scores, rows, *, swap=False):
    sides = (scores.right, scores.left) if swap else (scores.left, scores.right)
    left, right = (side.take(pa.array(rows)) for side in sides)
    return replace(
        scores,
        left=left,
        right=right,
        values=scores.values[rows],
        decisions={"match": scores.decisions["match"][rows]},
        categories=scores.categories.take(pa.array(rows)),
        probabilities=scores.probabilities[rows],
    )


@pytest.mark.parametrize("swap", [False, True])
def test_order_and_sides_change_no_fingerprint(scored, swap):
    scores, _ = scored
    rows = np.random.default_rng(1).permutation(len(scores.values))
    one, other = population_of(scores), population_of(shuffled(scores, rows, swap=swap))
    assert (one.pairs, one.scored) == (other.pairs, other.scored)
    assert np.array_equal(one.keys[rows], other.keys)


def test_other_scores_or_calls_are_other_scores_of_the_same_pairs(scored):
    scores, _ = scored
    first = population_of(scores)
    moved = population_of(replace(scores, values=np.append(0.123, scores.values[1:])))
    called = population_of(scores, threshold=0.4)
    assert first.pairs == moved.pairs == called.pairs
    assert len({first.scored, moved.scored, called.scored}) == 3
    fewer = population_of(shuffled(scores, np.arange(1999)))
    assert fewer.pairs != first.pairs


def test_pairs_are_found_by_their_ids(scored):
    scores, _ = scored
    population = population_of(scores)
    keys = pair_hashes(pa.array([5, 4, 4]), pa.array([4, 5, 7]))
    assert list(population.find(keys)) == [2, 2, -1]


def test_text_ids_are_hashed_alike_in_either_order():
    keys = pair_hashes(pa.array(["a", "b"], pa.large_string()), pa.array(["b", "a"], pa.large_string()))
    assert keys[0] == keys[1]


def test_without_probabilities_the_rank_tells_with_even_odds_at_the_last_call(scored):
    scores, _ = scored
    population = population_of(replace(scores, probabilities=None))
    order = np.argsort(-population.scores)
    assert (np.diff(population.likely[order]) <= 0).all()
    last = int(population.called.sum())
    assert population.likely[order][last - 1] > 0.5 > population.likely[order][last]
    assert (population.likely.min(), population.likely.max()) == (EDGE, pytest.approx(1 / (1 + np.exp(-4)), abs=1e-3))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: replace(s, decisions={}), "no column 'match': give --threshold"),
        (
            lambda s: replace(s, right=pa.concat_arrays([s.right[1:], s.right[:1]]), left=s.right),
            "a pair is there twice",
        ),
    ],
)
def test_what_cannot_be_audited_is_refused(scored, change, said):
    scores, _ = scored
    changed = change(scores)
    if "twice" in said:
        changed = replace(
            scores, left=pa.array(np.append(scores.left[:-1], 0)), right=pa.array(np.append(scores.right[:-1], 1))
        )
    with pytest.raises(InputError, match=said):
        population_of(changed)


def test_no_pairs_are_refused(scored):
    scores, _ = scored
    none = shuffled(scores, np.arange(0))
    with pytest.raises(InputError, match="has no pairs"):
        population_of(none)
