"""Made scores: probabilities that are right, in three categories, with calls from 0.5 on."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eval.inputs.scores import Scores


def _make_scores(count=2000, *, seed=0, probabilities=True, categories=("phones", "cables", "cases")):
    """Scores and their true targets."""
    generator = np.random.default_rng(seed)
    values = np.clip(generator.beta(0.15, 0.9, count), 1e-4, 1 - 1e-4)
    targets = (generator.random(count) < values).astype(float)
    codes = generator.choice(
        len(categories), count, p=np.array([6, 3, 1])[: len(categories)] / sum([6, 3, 1][: len(categories)])
    )
    scores = Scores(
        path=Path("scores.parquet"),
        left=pa.array(np.arange(count) * 2),
        right=pa.array(np.arange(count) * 2 + 1),
        values=values,
        column="score",
        decisions={"match": values >= 0.5},
        categories=pa.array([categories[code] for code in codes], pa.large_string()),
        provenance=None,
        numbers=np.arange(count) + 1,
        probabilities=values if probabilities else None,
    )
    return scores, targets


@pytest.fixture(scope="session")
def make_scores():
    return _make_scores


@pytest.fixture(scope="session")
def scored():
    """2,000 made scores and their true targets."""
    return _make_scores()
