"""Measures of agreement, against values computed by hand and published ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reranking.labels.agreement import cohen_kappa, krippendorff_alpha, measure_agreement
from reranking.labels.label import Label, PairVerdict

MATCH, NO, UNSURE = PairVerdict


@pytest.mark.parametrize(
    ("yes_yes", "yes_no", "no_yes", "no_no", "kappa"),
    [
        (20, 5, 10, 15, 0.4),  # observed 35 / 50, expected 0.5 * 0.6 + 0.5 * 0.4 = 0.5
        (45, 15, 25, 15, 0.06 / 0.46),  # 0.6 observed, 0.6 * 0.7 + 0.4 * 0.3 = 0.54 expected
        (25, 35, 5, 35, 0.14 / 0.54),  # the same observed, 0.6 * 0.3 + 0.4 * 0.7 = 0.46 expected
        (5, 0, 0, 5, 1),
        (0, 5, 5, 0, -1),
        (5, 0, 0, 0, None),
        (0, 0, 0, 0, None),
    ],
)
def test_cohens_kappa_of_tables_computed_by_hand(yes_yes, yes_no, no_yes, no_no, kappa):
    first = "y" * (yes_yes + yes_no) + "n" * (no_yes + no_no)
    second = "y" * yes_yes + "n" * yes_no + "y" * no_yes + "n" * no_no
    assert cohen_kappa(first, second) == (None if kappa is None else pytest.approx(kappa))


def units(*raters):
    return [[value for value in column if value != "."] for column in zip(*raters, strict=True)]


@pytest.mark.parametrize(
    ("raters", "alpha"),
    [
        # Krippendorff (2011): two coders of ten units, alpha 0.095; and four coders of twelve units, some missing, nominal 0.743
        (("0100000010", "1110010000"), 0.095),
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
        # observed disagreement: two values in one of 4 units, so 2 of 8; expected: 2 * 5 * 3 / (8 * 7)
        (("ynyn", "ynyy"), 1 - (2 / 8) / (30 / 56)),
        (("yy", "yy"), None),
        (("y.", ".n"), None),
        (("yn", "yn"), 1.0),
    ],
)
def test_krippendorffs_alpha_of_published_and_computed_values(raters, alpha):
    width = max(map(len, raters))
    found = krippendorff_alpha(units(*(rater.ljust(width, ".") for rater in raters)))
    assert found == (None if alpha is None else pytest.approx(alpha, abs=5e-4))


def slow_alpha(judged):
    """Alpha from couples of values, one by one."""
    couples = [
        (one, other, 1 / (len(values) - 1))
        for values in judged
        if len(values) > 1
        for i, one in enumerate(values)
        for j, other in enumerate(values)
        if i != j
    ]
    values = [value for unit in judged if len(unit) > 1 for value in unit]
    size = len(values)
    expected = sum(one != other for i, one in enumerate(values) for j, other in enumerate(values) if i != j)
    observed = sum(weight * (one != other) for one, other, weight in couples)
    return 1 - (observed / size) / (expected / (size * (size - 1))) if expected else None


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=12))
def test_alpha_is_that_of_couples_counted_one_by_one(judged):
    expected = slow_alpha(judged)
    found = krippendorff_alpha(judged)
    assert found == (None if expected is None else pytest.approx(expected))


def test_agreement_names_disputes_and_leaves_out_who_is_unsure():
    given_answers = [
        Label(1, 2, MATCH, "anna"),
        Label(1, 2, MATCH, "bob"),
        Label(1, 3, MATCH, "anna"),
        Label(1, 3, NO, "bob"),
        Label(1, 4, NO, "anna"),
        Label(1, 4, UNSURE, "bob"),
        Label(1, 5, NO, "carol"),
        Label(1, 5, NO, "anna"),
    ]
    found = measure_agreement(given_answers)
    assert found.pairs == 3
    assert [(k.first, k.second, k.pairs, k.agreed) for k in found.kappas] == [
        ("anna", "bob", 2, 0.5),
        ("anna", "carol", 1, 1.0),
        ("bob", "carol", 0, None),
    ]
    assert found.kappas[0].kappa == pytest.approx(0)
    assert [(d.left, d.right, d.verdicts) for d in found.disputes] == [(1, 3, {"anna": MATCH, "bob": NO})]
    assert found.alpha == pytest.approx(slow_alpha([[MATCH, MATCH], [MATCH, NO], [NO, NO]]))


def test_nothing_agrees_with_nothing():
    found = measure_agreement([])
    assert (found.kappas, found.alpha, found.pairs, found.disputes) == ((), None, 0, ())
