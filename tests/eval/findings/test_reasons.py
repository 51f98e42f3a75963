"""Why pairs got their scores, by the sample's model."""

import numpy as np
import pytest

from eval.findings.reasons import FEATURES, NO_REASONS, SAMPLE, STRONGEST, find_reasons
from eval.inputs.context import Context
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from indexing.product_index import open_index


@pytest.fixture(scope="session")
def scored(sample, sample_index, sample_model, tmp_path_factory):
    from reranking.model.folder import load_reranker
    from reranking.model.score_pairs import score_pairs

    out = tmp_path_factory.mktemp("scored") / "scores.parquet"
    index, model = open_index(sample_index), load_reranker(sample_model)
    score_pairs(index, sample / "pairs_test.parquet", out, model=model)
    pairs = join_scores(read_scores(out), read_truth(sample / "pairs_test.parquet"))
    return pairs, Context(catalog=index.catalog, index=index, model=model)


def test_a_pair_has_its_three_strongest_families_first(scored):
    pairs, context = scored
    codes = np.arange(len(pairs)) % 2
    found = find_reasons(pairs, codes, np.array([0, 5]), context)
    assert set(found.of_pair) == {0, 5}
    for reasons in found.of_pair.values():
        assert len(reasons) == STRONGEST
        assert len({reason.family for reason in reasons}) == STRONGEST
        assert [abs(reason.added) for reason in reasons] == sorted((abs(r.added) for r in reasons), reverse=True)


def test_families_add_what_the_model_says_of_the_pair_alone(scored):
    from reranking.explain.contributions import explain_pair
    from reranking.model.pair_scorer import PairScorer

    pairs, context = scored
    positions = [context.index.catalog.positions(ids)[0] for ids in (pairs.left, pairs.right)]
    scorer = PairScorer.prepare(context.index, context.model, np.unique(positions))
    alone = explain_pair(scorer, *map(int, positions))
    expected = dict(zip(alone.by_family().families, alone.by_family().added, strict=True))
    (found,) = find_reasons(pairs, np.zeros(len(pairs), dtype=np.int64), np.array([0]), context).of_pair.values()
    for reason in found:
        assert reason.added == pytest.approx(expected[reason.family], abs=1e-4)


def test_a_category_has_its_strongest_features_with_their_meaning(scored):
    pairs, context = scored
    found = find_reasons(pairs, np.zeros(len(pairs), dtype=np.int64), np.array([0]), context).of_category[0]
    assert len(found) == FEATURES
    assert [one.strength for one in found] == sorted((one.strength for one in found), reverse=True)
    assert all(one.meaning for one in found)
    assert SAMPLE > 0


def test_without_index_or_model_there_are_none(scored):
    pairs, context = scored
    codes = np.zeros(len(pairs), dtype=np.int64)
    assert find_reasons(pairs, codes, np.array([0]), Context(catalog=context.catalog)) == NO_REASONS
