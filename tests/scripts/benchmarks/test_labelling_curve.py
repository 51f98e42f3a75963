"""The curve of labels runs on the sample, from no label to a judged model."""

import json

from click.testing import CliRunner


def test_it_asks_trains_and_judges(sample, tmp_path):
    from scripts.benchmarks.labels import command

    words = ["curve", str(sample), "--work", str(tmp_path), "--labels", "40,60", "--seeds", "0", "--no-all"]
    done = CliRunner().invoke(command, [*words, "--strategies", "asked,uncertain"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout.splitlines()[-1])["rows"]
    assert [(row["strategy"], row["labels"]) for row in rows] == [
        ("asked", 40), ("asked", 60), ("uncertain", 40), ("uncertain", 60)
    ]  # fmt: skip
    assert all(0 < row["f1"] <= 1 for row in rows)
    assert rows[0]["first_matches"] >= 10
    assert "| sample | 60 | asked |" in done.stdout


def test_wrong_answers_are_as_many_as_were_asked_for(sample, tmp_path):
    from scripts.benchmarks.labels import command

    words = ["curve", str(sample), "--work", str(tmp_path), "--labels", "60", "--seeds", "0", "--no-all"]
    asked = [*words, "--strategies", "random", "--errors"]
    right, wrong = (
        json.loads(CliRunner().invoke(command, [*asked, share], catch_exceptions=False).stdout.splitlines()[-1])["rows"]
        for share in ("0", "0.3")
    )
    assert right[0]["matches"] != wrong[0]["matches"]
