from dataclasses import dataclass

import numpy as np
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from reranking.pairs.candidates import candidates_with
from reranking.pairs.labelled import read_labelled
from reranking.pairs.repeats import pair_keys


@dataclass(frozen=True)
class Made:
    """It holds an opened index of offers by sellers who list each product once, both sides (p,) of its candidates, and which of
    these are known to match (1.0) or not (0.0), NaN for the others."""

    index: object
    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Offers of 300 products, of which no label is read but to judge. Not to be changed."""
    from scripts.make_sample import make_sample

    folder = tmp_path_factory.mktemp("weak")
    make_sample(folder / "made", products=300, offers=900, seed=5, schema="generic", picture_px=32)
    options = BuildOptions(k=20, match_across_sources=True)
    index = build_index([folder / "made" / "products.parquet"], folder / "index", options=options).index
    n = len(index.catalog)
    keys = candidates_with(index, np.ones(n, dtype=bool), 10)
    known = {}
    for split in ("train", "valid", "test"):
        pairs = read_labelled([folder / "made" / f"pairs_{split}.parquet"], index.catalog)
        known |= dict(zip(pair_keys(pairs.left, pairs.right, n).tolist(), pairs.targets.tolist(), strict=True))
    left, right = np.divmod(keys, n)
    return Made(index, left, right, np.array([known.get(key, np.nan) for key in keys.tolist()]))
