"""Every option of every command that writes says in one line where nothing can be written, and leaves nothing."""

import subprocess
import sys

import pandas as pd
import pytest

FAST = ("--rounds", "0")


@pytest.fixture
def scores(sample, tmp_path):
    """A scores file of the sample's test pairs, with decisions."""
    given = pd.read_parquet(sample / "pairs_test.parquet")
    path = tmp_path / "scores.parquet"
    given.assign(score=given["target"], match=given["target"] == 1).drop(columns="target").to_parquet(path)
    return path


@pytest.fixture
def writers(sample, sample_index, sample_model, scores, tmp_path):
    """What writes, by its name: a function of a place that gives the words."""
    train, test, fine = sample / "pairs_train.parquet", sample / "pairs_test.parquet", tmp_path / "fine"
    model = ("--model", sample_model)
    judge = ["evaluate", scores, "--truth", test, *FAST]
    report = tmp_path / "report"
    return {
        "build-index": lambda place: ["build-index", sample / "products.parquet", "--out", place],
        "candidates": lambda place: ["candidates", sample_index, "--out", place],
        "train": lambda place: ["train", sample_index, train, "--out", place],
        "train --rejects": lambda place: ["train", sample_index, train, "--out", fine, "--rejects", f"{place}.csv"],
        "train --audit": lambda place: ["train", sample_index, train, "--out", fine, "--audit", f"{place}.csv"],
        "train --storage": lambda place: ["train", sample_index, train, "--out", fine, "--trials", 1, "--storage", place],
        "score": lambda place: ["score", sample_index, test, *model, "--out", place],
        "score --submission": lambda place: [
            "score", sample_index, test, *model, "--out", fine, "--submission", f"{place}.csv"
        ],
        "score --ask": lambda place: ["score", sample_index, test, *model, "--out", fine, "--ask", f"{place}.csv"],
        "groups": lambda place: ["groups", scores, "--out", place],
        "groups --disagreements": lambda place: ["groups", scores, "--out", fine, "--disagreements", place],
        "explain --html": lambda place: ["explain", sample_index, sample_model, "--pair", "JDQNAQ", "YXL9VG", "--html", place],
        "evaluate": lambda place: [*judge, "--out", place],
        "compare": lambda place: ["compare", report, report, "--out", place, *FAST],
        "demo": lambda place: ["demo", "--out", place, "--products", 16, "--offers", 32],
    }  # fmt: skip


PLACES = {
    "a file among its folders": "scores.parquet/out",
    "a name too long": "x" * 300,
    "a folder's name too long": "y" * 300 + "/out",
    "a folder that takes nothing": "/proc/out",
}
COMMANDS = (
    "build-index", "candidates", "train", "train --rejects", "train --audit", "train --storage", "score",
    "score --submission", "score --ask", "groups", "groups --disagreements", "explain --html", "evaluate", "compare",
    "demo",
)  # fmt: skip


def tree(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def mistakes(result):
    return [line for line in result.stderr.splitlines() if line.startswith("heroic: ")]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_where_nothing_can_be_written_is_said_in_one_line(heroic, writers, scores, sample, tmp_path, command, place):
    if command == "compare":
        assert heroic(*writers["evaluate"](tmp_path / "report")).exit_code == 0
    before = tree(tmp_path)
    where = tmp_path / PLACES[place]  # which is /proc/out itself where the place begins with a slash
    result = heroic(*writers[command](where))
    (said,) = mistakes(result)
    assert (result.exit_code, result.exception.__class__) == (2, SystemExit), said
    assert said.startswith(f"heroic: {where}") or f" {where}" in said
    assert tree(tmp_path) == before


@pytest.mark.parametrize("command", ["candidates", "score", "groups", "groups --disagreements"])
@pytest.mark.parametrize("name", ["o.csv", "o.JSONL"])
def test_what_is_written_as_parquet_is_not_called_otherwise(heroic, writers, tmp_path, command, name):
    out = tmp_path / name
    done = heroic(*writers[command](out))
    assert done.exit_code == 2
    assert f"{out} is written as parquet: call it o.parquet." in " ".join(done.stderr.split())
    assert not out.exists()


def test_all_that_writes_is_tried(writers):
    assert set(writers) == set(COMMANDS)


LIMITED = """
import resource, signal, sys
from scripts.main import run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
import xgboost, pyarrow.parquet  # before: what Python compiles must be written whole
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
run()
"""


@pytest.mark.parametrize(
    "command", ["build-index", "candidates", "train", "score", "groups", "explain --html", "evaluate"]
)
def test_a_file_that_may_not_grow_is_a_full_disk(writers, scores, sample, tmp_path, command):
    words = [sys.executable, "-B", "-c", LIMITED, "300", *map(str, writers[command](tmp_path / "out"))]
    done = subprocess.run(words, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if line.startswith("heroic: ")]
    assert done.returncode == 2, done.stderr
    where = (
        "/heroic-" if command == "groups" else f" {tmp_path}/out: "
    )  # what it keeps meanwhile is in a scratch folder
    assert where in said[0]
    assert ": the disk is full (" in said[0]
    assert "): make room, " in said[0]
    assert "Traceback" not in done.stderr
    assert command == "build-index" or [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]
