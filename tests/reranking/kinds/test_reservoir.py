"""A reservoir keeps a bounded, fair draw of pairs, however they come."""

import numpy as np
import pyarrow as pa
import pytest

from reranking.kinds.reservoir import Reservoir

COUNT = 3000


@pytest.fixture
def fill(catalog_of_offers):
    """Offer COUNT pairs in blocks of a size; pair i has feature and score i / COUNT."""
    catalog = catalog_of_offers({"title": "t", "source": "A"}, {"title": "u", "source": None})

    def run(block, *, most=100, floor=0.0, seed=0):
        reservoir = Reservoir(catalog, floor, seed=seed, most=most)
        values = (np.arange(COUNT) / COUNT).astype(np.float32)
        for start in range(0, COUNT, block):
            part = values[start : start + block]
            zeros = np.zeros(len(part), dtype=np.int64)
            categories = pa.array([f"{value:.4f}" for value in part], pa.large_string())
            reservoir.add(zeros, zeros + 1, part[:, None], part, categories)
        return reservoir.sample

    return run


def test_it_keeps_so_many_and_the_columns_of_a_pair_together(fill):
    sample = fill(1000)
    assert len(sample) == 100
    np.testing.assert_array_equal(sample.features[:, 0], sample.scores)
    assert sample.categories.to_pylist() == [f"{score:.4f}" for score in sample.scores]
    assert (np.diff(sample.scores) > 0).all()
    assert (sample.left_sources.to_pylist(), sample.right_sources.to_pylist()) == (["A"] * 100, [None] * 100)


@pytest.mark.parametrize("block", [1, 7, 999])
def test_the_size_of_the_blocks_does_not_matter(fill, block):
    np.testing.assert_array_equal(fill(block).scores, fill(COUNT).scores)


def test_only_scores_from_the_floor_on_are_kept(fill):
    assert fill(500, floor=0.99).scores.min() >= 0.99
    assert len(fill(500, floor=0.99)) == 30
    assert len(fill(500, floor=2.0)) == 0


def test_every_pair_has_the_same_chance(fill):
    drawn = np.concatenate([fill(700, seed=seed).scores for seed in range(60)])
    thirds = np.histogram(drawn, bins=3, range=(0, 1))[0] / len(drawn)
    assert thirds == pytest.approx([1 / 3] * 3, abs=0.03)
