from dataclasses import replace

import pytest

from scripts.benchmarks.promise.runs import PromiseRun
from scripts.benchmarks.promise.table import shares_line, table_of, verdict_lines
from scripts.benchmarks.promise.verdicts import SharesFound, judge_runs, judge_shares

RUN = PromiseRun(
    *("abt-buy", "shares", "all", "1:1", 0.8, 0), pairs=10_000, matches=1_000, found=0.11, expected=0.81,
    calls=100, right=80, own_calls=200, own_right=100,
)  # fmt: skip
SHORT = replace(RUN, scored="1:10", right=70)
WARNED = ("precision not assured",)


def test_pooled_runs_hold_though_one_of_them_falls_short():
    verdict = judge_runs("shares", [RUN, replace(RUN, seed=1, right=75), replace(RUN, seed=2, right=78)])
    (together,) = verdict.unwarned
    assert (together.runs, together.calls, together.holds) == (3, 300, True)
    assert together.held == pytest.approx(233 / 300)
    assert (verdict.held, verdict.short) == (2, 1)


def test_runs_that_differ_in_more_than_their_seed_are_not_pooled():
    others = [
        replace(RUN, **{name: value})
        for name, value in {"set": "x", "learned": "x", "scored": "x", "asked": 0.7}.items()
    ]
    assert len(judge_runs("shares", [RUN, *others]).unwarned) == 5


def test_the_bound_is_a_twentieth_below_what_was_asked():
    assert judge_runs("shares", [replace(RUN, right=76)]).unwarned[0].holds
    assert not judge_runs("shares", [replace(RUN, right=75)]).unwarned[0].holds


def test_a_run_that_falls_short_is_missed_unless_it_was_warned():
    verdict = judge_runs("shares", [SHORT, replace(SHORT, seed=1, warnings=WARNED)])
    assert (verdict.short, verdict.short_warned) == (2, 1)
    assert verdict.missed == (SHORT.key,)
    assert [together.runs for together in verdict.unwarned] == [1]


@pytest.mark.parametrize("where", ["warnings", "training_warnings"])
def test_a_warning_of_a_run_that_held_is_a_false_alarm(where):
    runs = [replace(RUN, seed=seed, **({where: WARNED} if seed == 0 else {})) for seed in range(20)]
    verdict = judge_runs("shares", runs)
    assert verdict.false_alarms == 0.05
    assert "20 runs held, 1 of them warned: 0.050, at most 0.05 is kept" in verdict_lines(verdict)[-1]
    assert "is not kept" in verdict_lines(judge_runs("shares", runs[:19]))[-1]


def test_what_was_refused_or_calls_nothing_neither_holds_nor_falls_short():
    refused = replace(RUN, refused="only matches", calls=0, right=0)
    verdict = judge_runs("shares", [refused, replace(RUN, calls=0, right=0, warnings=WARNED)])
    assert (verdict.refused, verdict.nothing, verdict.held, verdict.short) == (1, 1, 0, 0)
    assert verdict.unwarned == ()
    assert verdict.false_alarms is None


def test_a_source_with_few_calls_is_not_counted():
    few = replace(SHORT, situation="source", calls=99, right=9)
    verdict = judge_runs("source", [few, replace(few, calls=100)])
    assert (verdict.few_calls, verdict.short) == (1, 1)
    assert judge_runs("seen", [replace(few, situation="seen")]).short == 1


def test_a_share_is_near_within_a_fifth_and_judged_of_enough_pairs():
    founds = {0.119: True, 0.081: True, 0.121: False, 0.079: False}
    runs = [replace(RUN, found=found) for found in founds]
    small, unknown = replace(RUN, pairs=4_999), replace(RUN, found=None)
    assert judge_shares([*runs, small, unknown]) == SharesFound(4, 2)
    assert shares_line(SharesFound(4, 2)).endswith("5,000 pairs and more: 2 of 4 runs")


def test_the_table_pools_the_precision_and_counts_the_warned():
    other = replace(RUN, seed=1, calls=300, right=150, warnings=WARNED, expected=None)
    rows = table_of([RUN, other, replace(RUN, asked=0.9, refused="only matches")]).splitlines()
    assert len(rows) == 4
    assert rows[2] == (
        "| abt-buy | shares | all | 1:1 | 0.8 | 2 | 0.100 | 0.110 | 0.575 | 0.115 | 0.810 | 0.500 | 0.100 | 1 | 0 |"
    )
    assert rows[3].startswith("| abt-buy | shares | all | 1:1 | 0.9 | 1, 1 refused | 0.100 | none | none |")


def test_what_does_not_hold_is_named_with_its_calls():
    assert any(
        "abt-buy, all, 1:10, asked 0.8: 0.700 of 100 calls" in line
        for line in verdict_lines(judge_runs("shares", [RUN, SHORT]))
    )
