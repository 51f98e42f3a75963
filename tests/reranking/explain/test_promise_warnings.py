from types import SimpleNamespace

import pytest

from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.prior import ShareEstimate
from reranking.decisions.prior_shift import AskedPrior
from reranking.explain.promise_warnings import promise_warnings
from reranking.model.prior_choice import PriorChoice
from reranking.model.scores_writer import Calls, Scored

MODEL = SimpleNamespace(asked=AskedPrecision(0.75))


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
