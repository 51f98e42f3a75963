"""Made samples of pairs: groups of a few, two categories, shops A and B, ten features."""

import numpy as np
import pyarrow as pa
import pytest

from reranking.kinds.pair_sample import PairSample

FEATURES = 10
TWO = {"x": 0.5, "y": 0.5}


@pytest.fixture(scope="session")
def made_pairs():
    """Draw a sample of pairs: `share` are matches, `mix` is that of the categories, whose features differ; `odd` of the pairs have a
    product of shop C, and their features 4 and 5 are `moved`."""

    def draw(count, *, seed, share=0.9, mix=TWO, odd=0.0, moved=4.0, size=3):
        random = np.random.default_rng(seed)
        groups = np.arange(count) // size
        categories = random.choice(len(mix), groups[-1] + 1, p=[*mix.values()])[groups]
        matches = random.random(count) < share
        features = random.normal(size=(count, FEATURES)) + 0.6 * random.normal(size=(groups[-1] + 1, FEATURES))[groups]
        features[:, 0] += 2.0 * categories
        features[:, 1] += 2.0 * matches
        strange = random.random(count) < odd
        features[strange, 4:6] += moved
        features[random.random(features.shape) < 0.05] = np.nan
        return PairSample(
            features.astype(np.float32),
            (0.5 + 0.5 * random.random(count)).astype(np.float32),
            pa.array(list(mix), pa.large_string()).take(pa.array(categories)),
            pa.array(["A"] * count, pa.large_string()),
            pa.array(np.where(strange, "C", "B"), pa.large_string()),
            groups,
            100_000 + np.arange(count),
            matches.astype(np.float32),
        )

    return draw
