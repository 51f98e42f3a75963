import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.errors import InputError
from reranking.signals.signals import prepare_signals
from reranking.weak_labels.estimates import SeenPairs, estimate_matches


def estimate(index, left, right, seed=0):
    signals = prepare_signals(index, np.union1d(left, right), identifiers=False)
    features = signals.compute_all(left, right, stage="features")
    return estimate_matches(SeenPairs(index, left, right, features, signals.features), seed=seed).likely


@pytest.fixture(scope="module")
def scores(made):
    return estimate(made.index, made.left, made.right)


class TestEstimates:
    def test_they_find_more_than_the_nearness_of_any_view(self, made, scores):
        known = np.isfinite(made.truth)
        found = average_precision_score(made.truth[known], scores[known])
        for view in made.index.views:
            nearness = np.nan_to_num(made.index.cosines(view, made.left, made.right)[known])
            assert found > average_precision_score(made.truth[known], nearness) + 0.05, view

    def test_they_are_probabilities_and_of_a_product_and_a_source_they_sum_to_one_at_most(self, made, scores):
        assert ((scores >= 0) & (scores <= 1)).all()
        sources = made.index.sources
        for side, other in ((made.left, made.right), (made.right, made.left)):
            places = side * (sources.max() + 1) + sources[other]
            assert np.bincount(places, weights=scores).max() <= 1 + 1e-9

    def test_one_seed_gives_the_same_and_the_sides_may_be_turned(self, made, scores):
        assert np.array_equal(estimate(made.index, made.right, made.left), scores)
        assert not np.array_equal(estimate(made.index, made.left, made.right, seed=1), scores)


class TestWhereNothingCanBeLearned:
    def test_products_that_are_nobodys_best_are_refused_in_one_line(self, made):
        few = np.arange(5)
        with pytest.raises(InputError, match=r"nothing can be learned without labels: of 5 candidate pairs") as raised:
            estimate(made.index, made.left[few], made.right[few])
        assert "\n" not in str(raised.value)

    def test_no_candidates_are_refused(self, tmp_path):
        catalogue = tmp_path / "products.csv"
        catalogue.write_text("id,title\n1,Canon EOS 5D\n2,Nikon D850\n")
        index = build_index([catalogue], tmp_path / "index", options=BuildOptions()).index
        nobody = np.zeros(0, dtype=np.int64)
        with pytest.raises(InputError, match="of 0 candidate pairs"):
            estimate(index, nobody, nobody)
