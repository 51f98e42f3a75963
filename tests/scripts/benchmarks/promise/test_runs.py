import json
from dataclasses import replace

from scripts.benchmarks.promise.runs import PromiseRun, append_run, pooled, read_runs

RUN = PromiseRun(
    *("Set", "source", "without Ä", "Ä", 0.75, 0), pairs=200, matches=50, found=0.2, calls=40, right=30,
    own_calls=50, own_right=25, warnings=("one", "two"),
)  # fmt: skip


def test_runs_that_were_appended_are_read_by_their_keys(tmp_path):
    refused = replace(RUN, seed=1, refused="only matches", found=None)
    for run in (RUN, refused):
        append_run(tmp_path / "runs.jsonl", run)
    assert read_runs(tmp_path / "runs.jsonl") == {RUN.key: RUN, refused.key: refused}


def test_without_a_file_nothing_is_kept_or_read(tmp_path):
    append_run(None, RUN)
    assert read_runs(None) == read_runs(tmp_path / "none.jsonl") == {}


def test_a_record_has_the_figures_that_follow(tmp_path):
    append_run(tmp_path / "runs.jsonl", RUN)
    record = json.loads((tmp_path / "runs.jsonl").read_text())
    assert [record[name] for name in ("share", "held", "recall", "own_held", "own_recall")] == [
        0.25,
        0.75,
        0.6,
        0.5,
        0.5,
    ]


def test_a_precision_is_pooled_over_calls_not_over_runs():
    assert pooled([RUN, replace(RUN, calls=360, right=90)]) == 0.3
    assert pooled([replace(RUN, calls=0, right=0)]) is None
