"""Features of identifiers are dropped where labels were made from them, unless the user says otherwise."""

import numpy as np
import pandas as pd
import pytest
from flat_options import build_options

from eval.metrics.precision_auc import weighted
from indexing.build.build_index import build_index
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.families.identifiers import FEATURES
from reranking.training.identifier_choice import choose_identifiers
from reranking.training.train_reranker import train_reranker

NAMES = {feature.name for feature in FEATURES}
PRODUCTS = 120


def ean(number):
    body = f"40{number:010d}"
    return body + str(-sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(body)) % 10)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Each product is offered by two shops, under one barcode."""
    folder = tmp_path_factory.mktemp("shops")
    titles = [f"kettle {'steel' if number % 3 else 'glass'} {100 + number // 2}" for number in range(PRODUCTS)]
    columns = {"id": [*range(2 * PRODUCTS)], "title": titles * 2, "gtin": [ean(n) for n in range(PRODUCTS)] * 2}
    pd.DataFrame(columns).to_parquet(folder / "products.parquet")
    chosen = build_options(image_encoder="none", k=5)
    return build_index([folder / "products.parquet"], folder / "index", options=chosen).index


def labels(wrong=0):
    """Offers of one barcode are matches, and of the next product not; some of the last are labelled matches too."""
    one = np.arange(PRODUCTS)
    left, right = np.concatenate([one, one]), np.concatenate([one + PRODUCTS, (one + 1) % PRODUCTS + PRODUCTS])
    targets = np.repeat([1.0, 0.0], PRODUCTS)
    targets[PRODUCTS : PRODUCTS + wrong] = 1.0
    return LabelledPairs(left, right, targets)


@pytest.mark.parametrize(("given", "chosen"), [("auto", "drop"), ("keep", "keep"), ("drop", "drop")])
def test_labels_made_from_identifiers_are_told_and_their_features_dropped(index, given, chosen):
    options, told = choose_identifiers(index, labels(), TrainOptions(identifiers=given))
    assert options.identifiers == chosen
    assert bool(told) == (given != "drop")
    if told:
        assert "100.0% of the 120 matches share a barcode" in told[0]


def test_of_non_matches_nothing_is_told_where_there_are_none(index):
    both = labels()
    matches = both.take(np.flatnonzero(both.targets == 1))
    told = [choose_identifiers(index, pairs, TrainOptions())[1][0] for pairs in (both, matches)]
    assert "and 0.0% of the non-matches:" in told[0]
    assert "non-matches" not in told[1]
    assert "or brand and part number: a model" in told[1]


def test_other_labels_keep_them_without_a_word(index):
    options = TrainOptions()
    assert choose_identifiers(index, labels(wrong=30), options) == (options, ())


@pytest.mark.parametrize("kept", [False, True])
def test_a_model_has_the_features_that_were_chosen(index, kept):
    options = TrainOptions(identifiers="keep" if kept else "auto", words=False, rivals=False)
    trained = train_reranker(index, labels(), metric=weighted, options=options)
    assert NAMES.isdisjoint(trained.reranker.feature_names) != kept
    assert NAMES.issubset(trained.reranker.feature_names) == kept
    assert any("seem made from identifiers" in line for line in trained.warnings)
