"""`heroic inspect`: what a path holds, whether it is whole, and whether several belong together."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.product_index import open_index
from indexing.storage.artefact import read_manifest
from reranking.model.folder import load_reranker


@pytest.fixture(scope="module")
def made(sample, sample_index, sample_model, tmp_path_factory):
    """The folder with scores of the sample's test pairs and a report of them."""
    from click.testing import CliRunner

    from scripts.main import main

    folder = tmp_path_factory.mktemp("made")
    truth = str(sample / "pairs_test.parquet")
    scores = str(folder / "scores.parquet")
    context = ["--index", str(sample_index), "--model", str(sample_model)]
    for words in (
        ["score", str(sample_index), truth, "--model", str(sample_model), "--out", scores],
        ["evaluate", scores, "--truth", truth, "--out", str(folder / "report"), "--rounds", "0", *context],
    ):
        assert CliRunner().invoke(main, words, catch_exceptions=False).exit_code == 0
    return folder


@pytest.fixture
def inspected(heroic):
    """The JSON document of `heroic inspect` and the exit code."""

    def run(*paths):
        result = heroic("inspect", *paths, "--json")
        return json.loads(result.stdout), result.exit_code

    return run


@pytest.fixture
def index_copy(sample_index, tmp_path):
    return shutil.copytree(sample_index, tmp_path / "copy")


@pytest.fixture
def rewrite(made, tmp_path):
    """The scores with other metadata or columns."""

    def write(metadata=None, **columns):
        table = pq.read_table(made / "scores.parquet")
        kept = {**json.loads(table.schema.metadata[b"heroic"]), **(metadata or {})}
        for name, values in columns.items():
            table = table.set_column(table.column_names.index(name), name, pa.array(values))
        path = tmp_path / "scores.parquet"
        pq.write_table(table.replace_schema_metadata({b"heroic": json.dumps(kept).encode()}), path)
        return path

    return write


def test_an_index_says_how_it_was_made(heroic, sample_index):
    result = heroic("inspect", sample_index)
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines()[1:] if not line.startswith(" ")]
    facts = dict(line.strip().split("  ", 1) for line in lines)
    facts = {name: value.strip() for name, value in facts.items()}
    assert facts["products"] == "320"
    assert facts["views"] == "text, image, fused, lexical"
    assert facts["encoders"].startswith("text: lsa (")
    assert facts["index"] == "Flat"
    assert facts["neighbours"] == "20 a product"
    assert facts["fingerprint"] == open_index(sample_index).fingerprint
    assert facts["integrity"] == "whole"


def test_a_model_says_how_it_was_trained(heroic, sample_model):
    out = heroic("inspect", sample_model).stdout
    assert out.startswith("model ")
    for name in ("strongest", "trained on", "validation", "target precision", "thresholds", "needs views", "whole"):
        assert name in out
    assert load_reranker(sample_model).fingerprint in out


def test_scores_say_what_made_them(heroic, made, sample_index, sample_model):
    out = heroic("inspect", made / "scores.parquet").stdout
    assert out.startswith("scores ")
    assert open_index(sample_index).fingerprint in out
    assert load_reranker(sample_model).fingerprint in out
    assert "target precision 0.75" in " ".join(out.split())


def test_a_report_shows_its_figures(heroic, made):
    out = heroic("inspect", made / "report").stdout
    assert out.startswith("report ")
    assert f"weighted {json.loads((made / 'report' / 'report.json').read_text())['weighted']:.4f}" in out


def test_json_holds_sizes_and_how_each_was_made(inspected, made, sample_index):
    document, code = inspected(sample_index, made / "scores.parquet")
    assert code == 0
    assert document["sound"]
    index, scores = document["artefacts"]
    assert (index["kind"], scores["kind"]) == ("index", "scores")
    assert index["made"]["k"] == 20
    files = [file for file in sample_index.rglob("*") if file.is_file()]
    assert index["bytes"] == sum(file.stat().st_size for file in files)
    table = pq.read_table(made / "scores.parquet")
    assert scores["made"]["pairs"] == len(table)
    assert scores["made"]["matches"] == sum(table["match"].to_pylist())
    assert sum(scores["made"]["pairs_by_category"].values()) == len(table)


def test_what_was_made_together_belongs_together(inspected, made, sample_index, sample_model):
    document, code = inspected(made / "report", made / "scores.parquet", sample_model, sample_index)
    assert code == 0
    assert len(document["belonging"]) == 6
    assert all(two["belongs"] for two in document["belonging"])
    assert "the model was trained on this index" in [two["why"] for two in document["belonging"]]


def test_a_model_may_fit_an_index_that_it_was_not_trained_on(inspected, sample, sample_model, tmp_path):
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions

    options = BuildOptions(k=25)
    build_index([sample / "products.parquet"], tmp_path / "index", options=options)
    document, code = inspected(sample_model, tmp_path / "index")
    assert code == 0
    assert "this one" in document["belonging"][0]["why"]


def test_a_model_that_lacks_a_view_does_not_fit(inspected, heroic, sample, sample_model, tmp_path):
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions

    build_index(
        [sample / "products.parquet"],
        tmp_path / "index",
        options=BuildOptions(encoding=EncodingOptions(image_encoder="none")),
    )
    document, code = inspected(tmp_path / "index", sample_model)
    assert code == 1
    assert document["belonging"][0]["belongs"] is False
    assert "it has no image view" in document["belonging"][0]["why"]
    assert "NO, " in heroic("inspect", tmp_path / "index", sample_model).stdout


@pytest.mark.parametrize("what", ["index", "model"])
def test_scores_of_another_index_or_model_do_not_belong(inspected, rewrite, sample_index, sample_model, what):
    path = rewrite({f"{what}_fingerprint": "0" * 16})
    document, code = inspected(path, sample_index, sample_model)
    assert code == 1
    wrong = [two for two in document["belonging"] if two["belongs"] is False]
    assert [two["why"].partition(",")[0] for two in wrong] == [f"made with {what} {'0' * 16}"]


def test_a_report_of_other_scores_does_not_belong(inspected, made, rewrite):
    document, code = inspected(made / "report", rewrite({"model_fingerprint": "other"}))
    assert code == 1
    assert "these are of other" in document["belonging"][0]["why"]


def test_a_report_that_does_not_say_is_no_failure(inspected, heroic, sample, made, sample_index, tmp_path):
    table = pq.read_table(made / "scores.parquet").replace_schema_metadata(None)
    pq.write_table(table, tmp_path / "bare.parquet")
    truth = ("--truth", sample / "pairs_test.parquet", "--out", tmp_path / "report", "--rounds", 0)
    assert heroic("evaluate", tmp_path / "bare.parquet", *truth).exit_code == 0
    document, code = inspected(tmp_path / "report", sample_index)
    assert code == 0
    assert document["belonging"][0]["belongs"] is None


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lambda file: file.unlink(), "missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "bytes, was written with"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"?"), "its content has changed"),
    ],
)
def test_a_damaged_file_is_named_and_the_exit_code_is_1(inspected, heroic, index_copy, sample_model, harm, expected):
    harm(index_copy / "neighbours" / "fused" / "cosines.npy")
    document, code = inspected(index_copy, sample_model)
    assert code == 1
    (fault,) = document["artefacts"][0]["damage"]
    assert fault.startswith("neighbours/fused/cosines.npy: ")
    assert expected in fault
    assert "is damaged" in document["belonging"][0]["why"]
    assert expected in " ".join(heroic("inspect", index_copy).stdout.split())


def test_scores_with_rows_without_a_score_are_damaged(inspected, made, rewrite):
    scores = pq.read_table(made / "scores.parquet")["score"].to_numpy().copy()
    scores[:2] = np.nan
    document, code = inspected(rewrite(score=scores))
    assert code == 1
    assert document["artefacts"][0]["damage"] == ["2 rows have no score"]


def test_scores_whose_rows_are_garbled_are_damaged(inspected, made, tmp_path):
    content = bytearray((made / "scores.parquet").read_bytes())
    content[4:2000] = b"\xff" * 1996
    (tmp_path / "garbled.parquet").write_bytes(content)
    document, code = inspected(tmp_path / "garbled.parquet")
    assert code == 1
    assert "its rows cannot be read" in document["artefacts"][0]["damage"][0]


def test_what_is_none_of_them_is_refused(heroic, sample, sample_index, tmp_path, index_copy):
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    manifest = json.loads((index_copy / "manifest.json").read_text())
    (index_copy / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 0}))
    assert heroic("candidates", sample_index, "--out", tmp_path / "candidates.parquet").exit_code == 0
    for path, expected in (
        (
            tmp_path / "gone",
            "no such file or folder: name an index, a model, a scores file, a groups file or a report folder",
        ),
        (tmp_path / "text.txt", "is no parquet file, or a truncated one"),
        (tmp_path / "empty", "has no manifest.json"),
        (sample / "products.parquet", "does not say how it was made, so heroic score did not write it"),
        (tmp_path / "candidates.parquet", "holds 'candidates'"),
        (index_copy, "has schema version 0"),
    ):
        result = heroic("inspect", path)
        assert result.exit_code == 2
        assert expected in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert not result.stdout


def test_one_bad_path_among_several_refuses_them_all(heroic, sample_index, tmp_path):
    result = heroic("inspect", sample_index, tmp_path / "gone")
    assert result.exit_code == 2
    assert not result.stdout


def test_a_truncated_model_is_not_a_traceback(inspected, sample_model, tmp_path):
    copy = shutil.copytree(sample_model, tmp_path / "model")
    (copy / "member_0.ubj").write_bytes(b"")
    document, code = inspected(copy)
    assert code == 1
    assert read_manifest(sample_model).files["member_0.ubj"]["bytes"] > 0
    assert document["artefacts"][0]["damage"][0].startswith("member_0.ubj: has 0 bytes")


def test_no_script_takes_the_place_of_a_module_of_python(root):
    """A script run by its path puts its folder first among the places to import from."""
    names = {file.stem for file in (root / "scripts").glob("*.py")}
    assert not names & sys.stdlib_module_names
    found = subprocess.run(
        [sys.executable, "-c", "import click"], cwd=root / "scripts", capture_output=True, check=False
    )
    assert found.returncode == 0


@pytest.fixture
def groups(heroic, made, tmp_path):
    """The groups of the scores."""
    assert heroic("groups", made / "scores.parquet", "--out", tmp_path / "groups.parquet").exit_code == 0
    return tmp_path / "groups.parquet"


def test_groups_are_counted_and_belong_to_their_scores(inspected, made, groups, sample_index, sample_model):
    document, code = inspected(groups, made / "scores.parquet", sample_index, sample_model, made / "report")
    assert (document["sound"], code) == (True, 0)
    table = pq.read_table(groups).to_pandas()
    found = document["artefacts"][0]["made"]
    assert (found["products"], found["largest"]) == (len(table), table["size"].max())
    assert found["groups"] == table[table["size"] > 1]["group"].nunique()
    of_groups = {two["other"]: two["belongs"] for two in document["belonging"] if two["one"] == str(groups)}
    assert of_groups == {
        str(made / "scores.parquet"): True,
        str(sample_index): True,
        str(sample_model): True,
        str(made / "report"): None,
    }


def test_groups_whose_sizes_are_wrong_are_damaged(inspected, groups):
    table = pq.read_table(groups)
    sizes = pa.array(np.asarray(table["size"]) + 1, pa.int32())
    pq.write_table(table.set_column(table.schema.get_field_index("size"), "size", sizes), groups)
    document, code = inspected(groups)
    assert code == 1
    assert document["artefacts"][0]["damage"] == [f"{len(table)} rows have another size than their group has products"]


def test_groups_are_told_in_words(heroic, groups):
    told = heroic("inspect", groups).stdout
    assert "of two and more products, the largest of" in told
    assert "the column match" in told


def test_devices_are_told_without_a_path(heroic):
    result = heroic("inspect", "--devices")
    assert result.exit_code == 0
    assert "GPU usable" in result.stdout
    assert json.loads(heroic("inspect", "--devices", "--json").stdout)["devices"]["device auto"] in ("cpu", "cuda")


def test_without_a_path_something_is_missing(heroic):
    result = heroic("inspect")
    assert result.exit_code == 2
    assert "PATH" in result.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda made: made.pop("needs"), "manifest.json: needs is missing: train the model again"),
        (lambda made: made.update(colour="red"), "manifest.json: it does not know the key 'colour': train the model again"),
    ],
)  # fmt: skip
def test_a_model_whose_manifest_is_another_is_one_line(heroic, sample_model, tmp_path, change, told):
    copy = shutil.copytree(sample_model, tmp_path / "model")
    manifest = json.loads((copy / "manifest.json").read_text())
    change(manifest["made"])
    (copy / "manifest.json").write_text(json.dumps(manifest))
    result = heroic("inspect", copy)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [f"heroic: {copy}/{told}"]


def test_scores_with_a_key_that_nobody_knows_are_one_line(heroic, rewrite):
    result = heroic("inspect", rewrite({"colour": "red"}))
    assert result.exit_code == 2
    assert "does not know the key 'colour': score again" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_groups_with_a_key_that_nobody_knows_are_one_line(heroic, groups):
    table = pq.read_table(groups)
    kept = {**json.loads(table.schema.metadata[b"heroic"]), "colour": "red"}
    pq.write_table(table.replace_schema_metadata({b"heroic": json.dumps(kept).encode()}), groups)
    result = heroic("inspect", groups)
    assert result.exit_code == 2
    assert "does not know the key 'colour': group the scores again" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_document_of_each_kind_says_what_its_manifest_says(inspected, made, groups, sample_model):
    document, _ = inspected(sample_model, made / "report", made / "scores.parquet", groups)
    model, report, scores, grouped = (found["made"] for found in document["artefacts"])
    assert model == read_manifest(sample_model).made
    assert read_manifest(made / "report").made.items() <= report.items()
    assert report["model_fingerprint"] == scores["model_fingerprint"] == grouped["model_fingerprint"]
    said = json.loads(pq.read_schema(made / "scores.parquet").metadata[b"heroic"])
    assert {name: value for name, value in said.items() if name != "kind"}.items() <= scores.items()
