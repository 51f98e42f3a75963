"""`heroic evaluate`: files in, a report folder out."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from eval.findings.reasons import NO_REASONS
from indexing.catalog.catalog import FIELDS, Catalog
from indexing.errors import InputError
from indexing.search.neighbours import no_neighbours
from scripts.commands.evaluate import command


@pytest.fixture
def files(tmp_path):
    generator = np.random.default_rng(0)
    left, right = np.arange(100) * 2, np.arange(100) * 2 + 1
    targets = np.arange(100) % 2
    pd.DataFrame({"left_id": left, "right_id": right, "target": targets}).to_parquet(tmp_path / "truth.parquet")
    scores = targets + 0.5 * generator.normal(size=100)
    pd.DataFrame({"variantid1": left, "variantid2": right, "target": scores}).to_csv(tmp_path / "s.csv", index=False)
    return tmp_path


def run(files, *more, scores="s.csv"):
    arguments = [str(files / scores), "--truth", str(files / "truth.parquet"), "--out", str(files / "report")]
    return CliRunner().invoke(command, [*arguments, "--rounds", "10", *more], catch_exceptions=False)


def test_it_writes_the_report_and_prints_the_categories(files):
    result = run(files)
    assert result.exit_code == 0
    written = {"report.json", "report.html", "categories.csv", "mistakes.parquet", "pairs.parquet", "manifest.json"}
    assert {path.name for path in (files / "report").iterdir()} == written
    document = json.loads((files / "report" / "report.json").read_text())
    assert document["pairs"] == 100
    assert "rest" in result.output
    assert f"weighted {document['weighted']:.4f}" in result.output
    assert "not given: index, model, provenance, categories, match, match_f1" in result.output


def test_workers_measure_the_same_report(files):
    written = ("report.json", "categories.csv", "mistakes.parquet", "pairs.parquet")
    assert run(files).exit_code == 0
    here = [(files / "report" / name).read_bytes() for name in written]
    assert run(files, "--cluster", "local:2").exit_code == 0
    assert [(files / "report" / name).read_bytes() for name in written] == here
    assert list(files.glob("*.parts-*")) == []


def test_an_audit_is_not_estimated_elsewhere(files):
    words = ["--audit", files / "audit", "--out", files / "report", "--cluster", "local:2"]
    result = CliRunner().invoke(command, [str(files / "s.csv"), *map(str, words)])
    assert result.exit_code == 2
    assert "--cluster: an --audit is estimated in this process" in result.output


def test_json_prints_what_report_json_holds(files):
    printed = json.loads(run(files, "--json").output)
    assert printed == json.loads((files / "report" / "report.json").read_text())


def test_a_report_of_before_is_replaced(files):
    run(files)
    run(files, "--target-precision", "0.9")
    assert json.loads((files / "report" / "report.json").read_text())["target_precision"] == 0.9


def test_a_folder_that_is_no_report_is_refused_and_untouched(files):
    (files / "report").mkdir()
    (files / "report" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not a heroic report"):
        run(files)
    assert [path.name for path in (files / "report").iterdir()] == ["mine.txt"]


def test_bad_input_leaves_no_report(files):
    (files / "short.csv").write_text("left_id,right_id,score\n0,1,0.5\n")
    with pytest.raises(InputError, match=r"99 pairs of .* have no score"):
        run(files, scores="short.csv")
    assert not (files / "report").exists()


def test_a_missing_file_is_refused(files):
    with pytest.raises(InputError, match="no such file"):
        run(files, scores="gone.csv")


def test_id_columns_of_one_file_may_have_names_of_their_own(files):
    pd.read_csv(files / "s.csv").rename(columns={"variantid1": "a", "variantid2": "b"}).to_csv(
        files / "own.csv", index=False
    )
    assert run(files, "--ids", "a", "b", scores="own.csv").exit_code == 0


def test_id_columns_that_neither_file_has_are_refused(files):
    with pytest.raises(InputError, match=r"neither .* has the columns 'a' and 'b'"):
        run(files, "--ids", "a", "b")


@pytest.fixture
def provenance(files):
    """Scores that name an index and a model, and both opened under the names that they give."""
    made = {"kind": "scores", "index_fingerprint": "i1", "model_fingerprint": "m1", "thresholds": {"phones": 0.5}}
    table = pa.Table.from_pandas(pd.read_csv(files / "s.csv"))
    pq.write_table(table.replace_schema_metadata({b"heroic": json.dumps(made).encode()}), files / "s.parquet")
    return made


@pytest.fixture
def index(monkeypatch):
    columns = {field.name: pa.nulls(200, field.type) for field in FIELDS}
    columns["category_3"] = pa.array(["phones", "cables"] * 100, pa.large_string())
    catalog = Catalog(pa.table({"id": pa.array(range(200)), **columns}))
    nobody = no_neighbours(200, 3)
    opened = SimpleNamespace(
        catalog=catalog,
        fingerprint="i1",
        views=("text",),
        k=3,
        made=SimpleNamespace(match_across_sources=False),
        neighbours=lambda view: nobody,
    )
    monkeypatch.setattr("indexing.product_index.open_index", lambda folder: opened)
    return opened


@pytest.fixture
def model(monkeypatch):
    reranker = SimpleNamespace(
        fingerprint="m1", thresholds={"phones": 0.6}, categories=("phones",), decisions=SimpleNamespace(default=0.5)
    )
    monkeypatch.setattr("reranking.model.folder.load_reranker", lambda folder: reranker)
    monkeypatch.setattr("eval.findings.reasons.find_reasons", lambda *given: NO_REASONS)
    return reranker


@pytest.mark.usefixtures("provenance", "index", "model")
def test_an_index_and_a_model_of_the_scores_add_what_they_know(files):
    run(files, "--index", "INDEX", "--model", "MODEL", scores="s.parquet")
    document = json.loads((files / "report" / "report.json").read_text())
    assert document["absent"] == ["match", "match_f1"]
    assert document["category_disagreements"] == 100
    decided = [("phones", 0.5)]  # as the scores say: the model's own is 0.6
    assert [(row["category"], row["model_threshold"]) for row in document["categories"]] == decided


@pytest.mark.usefixtures("provenance")
def test_an_index_of_other_scores_is_refused(files, index):
    index.fingerprint = "i2"
    with pytest.raises(InputError, match=r"index i1, given is index i2.*do not belong together"):
        run(files, "--index", "INDEX", scores="s.parquet")
    assert not (files / "report").exists()


@pytest.mark.usefixtures("provenance")
def test_a_model_of_other_scores_is_refused(files, model):
    model.fingerprint = "m2"
    with pytest.raises(InputError, match=r"model m1, given is model m2.*do not belong together"):
        run(files, "--model", "MODEL", scores="s.parquet")


def test_scores_of_splink_are_judged_as_they_are(heroic, tmp_path):
    (tmp_path / "s.csv").write_text(
        "unique_id_l,unique_id_r,match_weight,match_probability\n1,2,5.1,0.97\n1,3,-4,0.06\n"
    )
    (tmp_path / "t.csv").write_text("unique_id_l,unique_id_r,is_match\n1,2,1\n1,3,0\n")
    words = ["evaluate", tmp_path / "s.csv", "--truth", tmp_path / "t.csv", "--out", tmp_path / "r", "--rounds", "0"]
    for more, column in (((), "match_probability"), (("--score-column", "match_weight"), "match_weight")):
        result = heroic(*words, *more)
        assert result.exit_code == 0, result.stderr
        found = json.loads((tmp_path / "r" / "report.json").read_text())
        assert (found["weighted"], found["pairs"]) == (1.0, 2), column
    refused = heroic(*words, "--score-column", "odds")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert "s.csv: no column 'odds' for the score" in refused.stderr


@pytest.fixture
def scored_and_true(tmp_path):
    """200 scored pairs, and a truth that has six odd rows beside them: (scores, truth)."""
    good = [(f"l{number}", f"r{number}", number % 2) for number in range(200)]
    odd = [("l0", "r0", 1), ("r2", "l2", 0), ("l7", "l7", 1), (None, "r9", 0), ("l300", "r300", 0.5)]
    names = ["left_id", "right_id", "target"]
    pd.DataFrame([*good, *odd], columns=names).to_csv(tmp_path / "t.csv", index=False)
    scores = pd.DataFrame([*good, ("l300", "r300", 0)], columns=names).rename(columns={"target": "score"})
    scores.to_csv(tmp_path / "s.csv", index=False)
    return tmp_path / "s.csv", tmp_path / "t.csv"


def test_odd_rows_of_the_truth_are_set_aside_with_their_scores(heroic, scored_and_true, tmp_path):
    scores, truth = scored_and_true
    words = ["evaluate", scores, "--truth", truth, "--out", tmp_path / "r", "--rounds", "0"]
    result = heroic(*words, "--max-rejects", "0.04", "--rejects", tmp_path / "rejects.csv")
    assert result.exit_code == 0, result.stderr
    assert f"set aside: 6 of 205 pairs of {truth}: contradicts another row (2, such as row 2 with " in result.stderr
    found = json.loads((tmp_path / "r" / "report.json").read_text())
    listed = pd.read_csv(tmp_path / "rejects.csv")
    assert (found["pairs"], len(listed)) == (199, 6)
    assert sorted(listed["reason"].unique()) == [
        "a product with itself",
        "contradicts another row",
        "no id",
        "repeats an earlier row",
        "target is not 1 or 0",
    ]
    assert found["weighted"] == 1.0


def test_more_odd_rows_of_the_truth_than_allowed_are_refused(heroic, scored_and_true, tmp_path):
    scores, truth = scored_and_true
    words = ["evaluate", scores, "--truth", truth, "--out", tmp_path / "r", "--rounds", "0"]
    many = heroic(*words)
    assert many.exit_code == 2
    assert "cannot be used, more than --max-rejects 0.01 allows" in many.stderr
    strict = heroic(*words, "--max-rejects", "0")
    assert strict.exit_code == 2
    assert "t.csv: row 205 has no 'left_id': every row needs an id" in strict.stderr
    lost = heroic(*words, "--max-rejects", "1", "--rejects", truth.rename(tmp_path / "truth.csv"))
    assert lost.exit_code == 2
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("option", ["--train", "--weights-from"])
def test_odd_rows_of_other_files_are_set_aside_too(files, option):
    frame = pd.read_parquet(files / "truth.parquet").assign(cat3_grouped="rest")
    frame = pd.concat([frame, frame[:40]])  # repeats stay
    odd = pd.DataFrame({"left_id": [7, 0], "right_id": [7, 1], "target": [1, 5], "cat3_grouped": "rest"})
    pd.concat([frame, odd]).to_csv(files / "more.csv", index=False)
    words = [option, str(files / "more.csv"), "--rejects", str(files / "rejects.csv")]
    refused = CliRunner().invoke(
        command, [str(files / "s.csv"), "--truth", str(files / "truth.parquet"), "--out", "r", *words]
    )
    assert isinstance(refused.exception, InputError)
    assert "1.41% cannot be used, more than --max-rejects 0.01 allows, 2 of 142 pairs" in str(refused.exception)
    result = run(files, *words, "--max-rejects", "0.02")
    assert result.exit_code == 0
    assert f"set aside: 2 of 142 pairs of {files / 'more.csv'}: " in result.stderr
    assert pd.read_csv(files / "rejects.csv")["row"].tolist() == [142, 143]
