"""The report on a terminal."""

import io

from rich.console import Console

from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.table import render_table
from eval.report import evaluate


def printed(report):
    console = Console(width=120, file=io.StringIO())
    console.print(render_table(report))
    return console.file.getvalue()


def test_it_shows_every_category_and_the_values_over_all(write_table, made_pairs):
    report = evaluate(
        read_scores(write_table("s.parquet", made_pairs[1])), read_truth(write_table("t.parquet", made_pairs[0]))
    )
    text = printed(report)
    for name in report.categories.names:
        assert name in text
    assert f"weighted {report.summary.weighted:.4f}" in text
    assert "43 pairs stand the other way round" in text
    assert "not given: index, model, provenance" in text


def test_a_category_in_brackets_is_not_taken_for_a_style(write_table):
    ids = {"left_id": [1], "right_id": [2]}
    truth = read_truth(write_table("t.parquet", {**ids, "target": [0.0], "cat3_grouped": ["[red]tvs[/red]"]}))
    text = printed(evaluate(read_scores(write_table("s.parquet", {**ids, "score": [1.0]})), truth))
    assert "[red]tvs[/red]" in text
    assert "none" in text
