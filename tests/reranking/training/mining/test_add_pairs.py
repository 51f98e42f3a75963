"""Pairs added for training: what is known of them, what weight they have, and what is never added."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from reranking.model.train_options import MiningOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.training.mining.add_pairs import AddedPairs, add_pairs

TITLES = [f"kettle steel kx-{number}" for number in range(10)]
SOURCES = list("abcdabcdab")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mining")
    frame = pd.DataFrame({"id": range(10), "title": TITLES, "source": SOURCES})
    frame.to_parquet(folder / "products.parquet")
    options = BuildOptions(encoding=EncodingOptions(image_encoder="none"), match_across_sources=True, k=9)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


def pairs_of(*rows, categories=None):
    left, right, targets = zip(*rows, strict=True)
    named = None if categories is None else pa.array(categories, pa.large_string())
    return LabelledPairs(np.array(left), np.array(right), np.array(targets, dtype=np.float64), named)


CHAIN = (0, 1, 1), (1, 2, 1), (3, 4, 1), (0, 5, 0)  # groups 0 1 2 and 3 4; of 5 nothing but one non-match is known


def added(index, pairs, held_out=None, **options):
    """The added pairs as (left, right, target)."""
    found = add_pairs(index, pairs, MiningOptions(**options), held_out=held_out)
    rows = slice(found.given, None)
    columns = found.pairs.left[rows], found.pairs.right[rows], found.pairs.targets[rows]
    return {(int(a), int(b), int(t)) for a, b, t in zip(*columns, strict=True)}


def test_nothing_is_added_unless_asked(index):
    found = add_pairs(index, pairs_of(*CHAIN), MiningOptions())
    assert (found.mined, found.inferred, found.weights()) == (0, 0, None)
    assert len(found.pairs) == 4


def test_neighbours_of_another_known_group_become_non_matches_and_no_unlabelled_product(index):
    assert added(index, pairs_of(*CHAIN), negatives=9) == {
        (left, right, 0) for left in (0, 1, 2) for right in (3, 4) if SOURCES[left] != SOURCES[right]
    }


def test_a_match_of_a_match_is_one(index):
    assert added(index, pairs_of(*CHAIN), transitive=True) == {(0, 2, 1)}


def test_offers_of_one_source_are_inferred_only_where_they_are_looked_for(index):
    assert added(index, pairs_of((0, 1, 1), (1, 4, 1)), transitive=True) == set()  # 0 and 4 are both of source a


def test_groups_that_are_too_large_or_contradicted_infer_nothing(index):
    four = (0, 1, 1), (1, 2, 1), (2, 3, 1)
    assert len(added(index, pairs_of(*four), transitive=True)) == 3
    assert added(index, pairs_of(*four), transitive=True, transitive_cap=3) == set()
    assert added(index, pairs_of(*four, (0, 2, 0)), transitive=True) == set()


def test_pairs_that_are_held_out_are_never_added(index):
    held_out = pairs_of((2, 0, 0), (3, 1, 1))
    found = added(index, pairs_of(*CHAIN), held_out, negatives=9, transitive=True)
    assert not found & {(0, 2, 1), (1, 3, 0)}
    assert (1, 4, 0) not in added(index, pairs_of(*CHAIN, (4, 1, 1)), negatives=9)


def test_weights_keep_the_share_of_matches(index):
    found = add_pairs(index, pairs_of(*CHAIN), MiningOptions(9, transitive=True))
    weights, targets = found.weights(), found.pairs.targets
    assert weights[targets == 1].sum() == pytest.approx(3)
    assert weights[targets == 0].sum() == pytest.approx(1)
    assert isinstance(found, AddedPairs)


def test_named_categories_stay_and_added_pairs_have_none(index):
    found = add_pairs(index, pairs_of(*CHAIN, categories=["x", "y", "x", "y"]), MiningOptions(0, transitive=True))
    assert found.pairs.categories.to_pylist() == ["x", "y", "x", "y", None]


@pytest.mark.parametrize(
    ("options", "said"), [({"negatives": -1}, "--mine -1"), ({"transitive_cap": 2}, "--transitive-cap 2")]
)
def test_odd_options_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        MiningOptions(**options)
