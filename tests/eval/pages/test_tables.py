"""categories.csv, mistakes.parquet and pairs.parquet."""

import csv
import io
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from eval.findings.reasons import NO_REASONS, ReportReasons
from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.report_json import as_document
from eval.pages.tables import render_table, write_categories, write_mistakes, write_pairs
from eval.report import evaluate
from reranking.explain.reasons import Reason


@pytest.fixture
def report(write_table, made_pairs):
    truth, scores = made_pairs
    truth = {**truth, "cat3_grouped": np.where(truth["cat3_grouped"] == "cables", "=1+1", truth["cat3_grouped"])}
    return evaluate(read_scores(write_table("s.parquet", scores)), read_truth(write_table("t.parquet", truth)))


def test_categories_csv_holds_what_report_json_holds(report, tmp_path):
    write_categories(report, tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    document = as_document(report).categories
    assert [float(row["weighted"]) for row in rows] == [row.weighted for row in document]
    assert [float(row["low"]) for row in rows] == [row.interval.low for row in document]
    assert rows[0]["model_threshold"] == ""


def test_a_category_that_looks_like_a_formula_is_none(report, tmp_path):
    write_categories(report, tmp_path / "c.csv")
    text = (tmp_path / "c.csv").read_text()
    assert "'=1+1," in text
    assert "\n=1+1" not in text


def test_mistakes_are_all_there_worst_first(report, tmp_path):
    write_mistakes(
        report,
        ReportReasons({int(report.near[0]): (Reason("price", 0.5, "the same price"),)}, {}),
        tmp_path / "m.parquet",
    )
    found = pq.read_table(tmp_path / "m.parquet").to_pandas()
    false = found[found["kind"] == "false_match"]
    assert len(false) == len(report.mistakes.false_matches)
    assert false["score"].is_monotonic_decreasing
    assert (false["target"] == 0).all()
    suspects = found[found["kind"] == "label_suspect"]
    assert suspects["why"].notna().all()
    assert found[found["kind"] == "near_threshold"]["reasons"].iloc[0] == "price +0.50 (the same price)"


def test_a_report_without_a_mistake_has_an_empty_table(write_table, tmp_path):
    ids = {"left_id": [1, 3], "right_id": [2, 4]}
    made = evaluate(
        read_scores(write_table("s.parquet", {**ids, "score": [0.9, 0.1]})),
        read_truth(write_table("t.parquet", {**ids, "target": [1.0, 0.0]})),
    )
    write_mistakes(made, NO_REASONS, tmp_path / "m.parquet")
    found = pq.read_table(tmp_path / "m.parquet")
    assert set(found["kind"].to_pylist()) <= {"near_threshold"}


def test_pairs_are_the_truths_with_their_decisions(report, tmp_path):
    write_pairs(report, tmp_path / "p.parquet")
    found = pq.read_table(tmp_path / "p.parquet").to_pandas()
    assert found["score"].tolist() == report.pairs.scores.tolist()
    assert found["match"].tolist() == found["called"].tolist()
    assert set(found["category"]) == set(report.categories.names)


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


def test_a_product_without_a_category_is_not_told_as_one_of_another(report):
    assert "3 pairs have products of two categories, or one of none" in printed(
        replace(report, category_disagreements=3)
    )
