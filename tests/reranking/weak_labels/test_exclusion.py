import numpy as np

from reranking.weak_labels.exclusion import Exclusion, settle

SOURCES = np.array([0, 0, 1, 1, 2, -1, -1])


class TestOffersOfOneSourceExcludeOneAnother:
    def test_of_two_offers_of_a_source_one_matches_at_most(self):
        exclusion = Exclusion.of(np.array([0, 0]), np.array([2, 3]), SOURCES)
        assert settle(np.array([9.0, 9.0]), exclusion).tolist() == [9 / 19, 9 / 19]

    def test_offers_of_two_sources_do_not(self):
        exclusion = Exclusion.of(np.array([0, 0]), np.array([2, 4]), SOURCES)
        assert settle(np.array([9.0, 9.0]), exclusion).tolist() == [0.9, 0.9]

    def test_the_side_where_more_is_excluded_decides_whichever_it_is(self):
        left, right = np.array([2, 0, 0]), np.array([0, 3, 4])
        odds = np.array([1.0, 8.0, 3.0])
        settled = settle(odds, Exclusion.of(left, right, SOURCES))
        assert np.allclose(settled, [0.1, 0.8, 0.75])
        assert np.allclose(settle(odds, Exclusion.of(right, left, SOURCES)), settled)

    def test_who_has_no_source_excludes_nobody(self):
        exclusion = Exclusion.of(np.array([0, 0]), np.array([5, 6]), SOURCES)
        assert settle(np.array([9.0, 9.0]), exclusion).tolist() == [0.9, 0.9]

    def test_without_sources_each_pair_stands_alone(self):
        assert Exclusion.of(np.array([0, 0]), np.array([2, 3]), None) is None
        assert settle(np.array([9.0, 1.0]), None).tolist() == [0.9, 0.5]
