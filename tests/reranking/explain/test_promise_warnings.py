import math
from types import SimpleNamespace

import pytest

from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.prior import ShareEstimate
from reranking.decisions.prior_shift import AskedPrior, PriorShift
from reranking.decisions.thresholds import AskedThresholds, Thresholds
from reranking.explain.promise_warnings import promise_warnings
from reranking.model.scores_writer import Calls, Scored
from reranking.model.scoring.prior_choice import PriorChoice
from reranking.model.training_report import OneSidedLabels

ASKED = AskedPrecision(0.75)
MODEL = SimpleNamespace(
    asked=AskedPrecision(0.75), report=SimpleNamespace(decisions=None, one_sided=(), without_labels=None)
)
ASSUMING = SimpleNamespace(
    asked=AskedPrecision(0.75, assume=True),
    report=SimpleNamespace(decisions=SimpleNamespace(assumed=("a", "b")), one_sided=(), without_labels=None),
)


@pytest.fixture
def warned():
    """The warnings about calls by category, (pairs, matches expected), where two estimates of the share agree or not."""

    def warn(calls, *, agree=True):
        estimate = ShareEstimate(0.3, 0.1, 0.02, 0.6, {}, sure=False, agree=agree)
        scored = Scored(PriorChoice(AskedPrior(), estimate), calls={name: Calls(*own) for name, own in calls.items()})
        return promise_warnings(scored, MODEL)

    return warn


def test_what_holds_is_not_warned_about(warned):
    assert warned({"a": (100, 80.0)}) == []
    assert warned({}) == []


def test_the_share_comes_first_then_the_lowest_categories(warned):
    calls = {"a": (100, 60.0), "b": (100, 50.0), "c": (100, 90.0), "d": (100, 65.0), "e": (100, 70.0)}
    said = warned(calls, agree=False)
    assert [line.partition(":")[0] for line in said] == [
        "precision not assured",
        *(f"precision not assured in {name}" for name in "bad"),
    ]


def test_a_warning_is_one_line_with_what_to_do(warned):
    said = [*warned({"a": (100, 60.0)}, agree=False), *warned({"few": (19, 1.0)})]
    assert len(said) == 3
    assert [line for line in said if "\n" in line or "train with them" not in line] == []


@pytest.mark.parametrize(
    ("thresholds", "named"),
    [
        (None, "a"),
        (AskedThresholds({"a": 0.5}), None),
        (AskedThresholds({"b": 0.5}), "a"),
        (AskedThresholds({}, 0.5), None),
    ],
)
def test_calls_by_the_best_guess_are_warned_of_unless_the_user_decided(thresholds, named):
    calls = {"a": Calls(100, 90.0), "b": Calls(), "c": Calls(100, 90.0)}
    said = promise_warnings(Scored(PriorChoice(AskedPrior()), calls=calls), ASSUMING, thresholds)
    heads = [] if named is None else [f"precision not assured in {named}: the best guess decides 100 calls"]
    assert [line.partition(" there")[0] for line in said] == heads


def test_moved_thresholds_say_themselves_which_are_assumed():
    shift = PriorShift({}, {}, Thresholds({}, 0.5, 0.5), assumed=("c",))
    calls = {"a": Calls(100, 90.0), "c": Calls(100, 90.0)}
    said = promise_warnings(Scored(PriorChoice(AskedPrior(), shift=shift), calls=calls), ASSUMING)
    assert [line.partition(":")[0] for line in said] == ["precision not assured in c"]


@pytest.mark.parametrize(
    ("thresholds", "named"),
    [
        (None, "a, other (12 pairs)"),
        (AskedThresholds({"a": 0.5}), "other (2 pairs)"),
        (AskedThresholds({"a": 0.5, "other": math.inf}), None),
        (AskedThresholds({}, 0.5), None),
    ],
)
def test_categories_in_which_nothing_can_be_called_are_named_unless_the_user_decided(thresholds, named):
    shift = PriorShift({}, {}, Thresholds({"a": math.inf, "b": 0.5}, math.inf, 0.5))
    pairs = {"a": 10, "b": 20, "other": 2}
    scored = Scored(PriorChoice(AskedPrior(), shift=shift), matches_f1=7, categories=pairs, calls={"b": Calls(9, 9.0)})
    said = promise_warnings(scored, MODEL, thresholds)
    assert len(said) == (named is not None)
    if named is not None:
        assert said[0].startswith(
            f"nothing is called a match in {named}: no score is sure to hold the precision asked at"
        )
        assert said[0].endswith("match_f1, which promises no precision, calls 7 of all pairs")


@pytest.mark.parametrize(("less_sure", "covered", "warned"), [(0, 0.3, True), (900, 0.5, True), (0, 0.5, False)])
def test_labels_of_one_kind_promise_little_of_products_without_a_match(less_sure, covered, warned):
    counts = {"matches": 100, "non_matches": 0, "left_out": 0, "mined": 900, "less_sure": less_sure, "neighbours": 20}
    labels = OneSidedLabels(**counts, by_source=True, share=0.1, may_match=0.01, covered=covered)
    report = SimpleNamespace(decisions=None, one_sided=(labels,), without_labels=None)
    said = promise_warnings(
        Scored(PriorChoice(AskedPrior()), calls={"a": Calls(100, 90.0)}), SimpleNamespace(asked=ASKED, report=report)
    )
    heads = [
        "precision not assured" if less_sure else "precision not assured for pairs of products without a labelled match"
    ]
    assert [line.partition(":")[0] for line in said] == (heads if warned else [])
    assert labels.warnings() == said
