"""What counts as a mistake, and which is worst."""

import numpy as np

from eval.findings.mistakes import find_mistakes

NO = np.zeros(6, dtype=bool)


def test_the_most_wrong_come_first():
    scores, targets = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1]), np.array([0.0, 0, 1, 0, 1, 1])
    mistakes = find_mistakes(scores, targets, np.zeros(6, dtype=np.int64), scores > 0.5)
    assert mistakes.false_matches.tolist() == [0, 1, 3]
    assert mistakes.missed_matches.tolist() == [5, 4, 2]
    assert mistakes.first(1).false_matches.tolist() == [0]


def test_a_perfect_ranking_that_is_decided_right_has_none():
    scores, targets = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1]), np.array([1.0, 1, 1, 0, 0, 0])
    mistakes = find_mistakes(scores, targets, np.zeros(6, dtype=np.int64), scores > 0.5)
    assert mistakes.false_matches.size == mistakes.missed_matches.size == 0


def test_a_wrong_decision_is_a_mistake_even_when_the_order_is_right():
    scores, targets = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1]), np.array([1.0, 1, 1, 0, 0, 0])
    codes = np.zeros(6, dtype=np.int64)
    assert find_mistakes(scores, targets, codes, scores > 0.75).missed_matches.tolist() == [2]
    assert find_mistakes(scores, targets, codes, scores > 0.25).false_matches.tolist() == [3]


def test_pairs_of_other_categories_are_not_compared():
    scores, targets = np.array([0.9, 0.8, 0.1, 0.05]), np.array([0.0, 0, 1, 1])
    mistakes = find_mistakes(scores, targets, np.array([0, 0, 1, 1]), np.array([False, False, True, True]))
    assert mistakes.false_matches.size == mistakes.missed_matches.size == 0


def test_equal_scores_stand_in_order_of_their_rows_and_within_takes_a_part():
    mistakes = find_mistakes(np.ones(6), np.array([0.0, 1, 0, 1, 0, 1]), np.zeros(6, dtype=np.int64), NO)
    assert mistakes.false_matches.tolist() == [0, 2, 4]
    part = mistakes.within(np.arange(6) > 1)
    assert part.false_matches.tolist() == [2, 4]
    assert part.missed_matches.tolist() == [3, 5]
