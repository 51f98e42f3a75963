import math

import numpy as np
import pytest

from reranking.decisions.expected import expect_best_f1, expect_precision

SCORES = np.array([0.9, 0.8, 0.6, 0.4, 0.2])
LIKELY = np.array([1.0, 0.9, 0.5, 0.1, 0.0])


class TestTheBestExpectedF1:
    def test_it_is_that_of_a_search_of_all_thresholds(self):
        found = expect_best_f1(SCORES, LIKELY)
        f1s = [2 * LIKELY[:count].sum() / (count + LIKELY.sum()) for count in range(1, 6)]
        assert found.called == int(np.argmax(f1s)) + 1 == 3
        assert found.f1 == pytest.approx(max(f1s))
        assert 0.4 < found.threshold <= 0.6
        assert (found.precision, found.recall) == (pytest.approx(2.4 / 3), pytest.approx(2.4 / 2.5))

    def test_pairs_of_one_score_are_called_together(self):
        found = expect_best_f1(np.array([0.9, 0.5, 0.5]), np.array([1.0, 1.0, 0.0]))
        assert found.called == 3

    @pytest.mark.parametrize(("least", "called"), [(0.0, 4), (0.45, 2), (0.9, 1)])
    def test_no_score_is_called_whose_pairs_are_less_likely_than_asked(self, least, called):
        scores, likely = np.array([0.9, 0.8, 0.5, 0.5, 0.1]), np.array([0.8, 0.5, 0.5, 0.3, 0.0])
        assert expect_best_f1(scores, likely, least=least).called == called

    @pytest.mark.parametrize("likely", [np.zeros(3), np.zeros(0)])
    def test_where_nothing_is_likely_nothing_is_called(self, likely):
        assert expect_best_f1(np.linspace(0, 1, len(likely)), likely).threshold == math.inf


class TestTheExpectedPrecision:
    @pytest.mark.parametrize(("asked", "called"), [(0.95, 2), (0.8, 3), (0.6, 4), (0.1, 5)])
    def test_as_many_pairs_are_called_as_hold_it(self, asked, called):
        assert expect_precision(SCORES, LIKELY, asked).called == called

    def test_a_precision_that_nothing_reaches_is_never_called(self):
        assert expect_precision(SCORES, LIKELY / 2, 0.75).threshold == math.inf
