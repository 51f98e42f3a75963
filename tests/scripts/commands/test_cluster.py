"""An index is built, a model trained, and pairs are scored and judged on three machines, processes here, while a machine and the command are killed.

Each command has a time limit, since what fails on a cluster hangs.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ray_machines import ROOT, ray_cluster

from indexing.product_index import open_index
from indexing.storage.artefact import MANIFEST

pytest.importorskip("ray", reason="the extra cluster is not installed")
pytestmark = pytest.mark.cluster

LIMIT_S = 240
SMALL_PARTS = """
import sys
from indexing.build.parts import encoding_tasks
from indexing.join.parts import search_parts
from reranking.model import score_pairs
from reranking.model.scoring import pair_parts
from reranking.training.apart import feature_parts
encoding_tasks.TASK_PARTS = 1
search_parts.TASK_BLOCKS = 1
pair_parts.PART_PAIRS = score_pairs.PART_PAIRS = 20
feature_parts.PART_PAIRS = 300
from scripts.main import run
run()
"""


def command(*words, cwd=ROOT):
    """Start heroic, which divides its work into small parts."""
    found = {**os.environ, "PYTHONPATH": str(ROOT)}  # by workers, too
    words = [sys.executable, "-c", SMALL_PARTS, *map(str, words)]
    return subprocess.Popen(words, cwd=cwd, env=found, stderr=subprocess.PIPE, text=True)


def ended(process):
    """Wait for a command; its time is bounded."""
    try:
        _, told = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == 0, told
    return told


def until(process, there, limit_s=LIMIT_S):
    """Wait until something is there, or the command has ended."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and process.poll() is None and not there():
        time.sleep(0.02)


def kill_a_machine(cluster):
    machine = next(iter(cluster.worker_nodes))
    machine.all_processes["raylet"][0].process.send_signal(signal.SIGKILL)


def files_of(folder):
    files = (file for file in sorted(Path(folder).rglob("*")) if file.is_file() and file.name != MANIFEST)
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@pytest.fixture
def words(sample, tmp_path):
    return ["build-index", sample / "products.parquet", "-k", 20, "--index", "IVF8,Flat", "--recall", 0.8, "--out"]


def test_an_index_is_built_while_a_machine_and_the_command_are_killed(words, tmp_path):
    ended(command(*words, tmp_path / "whole"))
    with ray_cluster() as cluster:
        elsewhere = [*words, tmp_path / "parts", "--cluster", cluster.address, "--task-timeout", 60]
        first = command(*elsewhere)
        until(first, lambda: list(tmp_path.glob("parts.partial/neighbours/*.parts-*/cosines_*")))
        kill_a_machine(cluster)
        time.sleep(0.2)
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
        ended(command(*elsewhere))
    assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")
    assert open_index(tmp_path / "parts").made == open_index(tmp_path / "whole").made
    assert sorted(file.name for file in tmp_path.iterdir()) == ["parts", "whole"]


def test_pairs_are_scored_while_a_machine_and_the_command_are_killed(sample, sample_index, sample_model, tmp_path):
    words = ["score", sample_index, sample / "pairs_test.parquet", "--model", sample_model, "--out"]
    ended(command(*words, tmp_path / "whole.parquet"))
    with ray_cluster() as cluster:
        elsewhere = [*words, tmp_path / "parts.parquet", "--cluster", cluster.address, "--task-timeout", 60]
        first = command(*elsewhere)
        until(first, lambda: len(list(tmp_path.glob("*.parts-*/scores_*.npy"))) > 2)
        kill_a_machine(cluster)
        until(first, lambda: len(list(tmp_path.glob("*.parts-*/scores_*.npy"))) > 5)
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
        assert not (tmp_path / "parts.parquet").exists()
        kept = {file.name for file in tmp_path.glob("*.parts-*/scores_*.npy")}
        ended(command(*elsewhere))
    assert kept
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["parts.parquet", "whole.parquet"]


def test_a_model_is_trained_while_a_machine_is_killed_and_what_it_scores_is_judged(sample, sample_index, tmp_path):
    """In shares, too, which two processes of one machine train alike."""
    valid = ("--valid", sample / "pairs_valid.parquet", "--judge-by", "validation")
    train = ("train", sample_index, sample / "pairs_train.parquet", *valid, "--out")
    judge = (
        "evaluate",
        sample / "pairs_valid.parquet",
        "--truth",
        sample / "pairs_valid.parquet",
        "--score-column",
        "target",
    )
    ended(command(*train, tmp_path / "whole"))
    ended(command(*train, tmp_path / "two", "--world-size", 2, "--cluster", "local:2"))
    ended(command(*judge, "--out", tmp_path / "judged"))
    with ray_cluster() as cluster:
        elsewhere = ("--cluster", cluster.address, "--task-timeout", 60)
        ended(command(*train, tmp_path / "parts", *elsewhere))
        shares = command(*train, tmp_path / "shares", "--world-size", 2, *elsewhere)
        until(shares, lambda: list(tmp_path.glob("shares.parts-*/judged_categories.npy")))
        kill_a_machine(cluster)
        ended(shares)
        ended(command(*judge, "--out", tmp_path / "report", *elsewhere))
    assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")
    assert files_of(tmp_path / "shares") == files_of(tmp_path / "two")
    page = "report.html"  # which says when it was made
    assert {**files_of(tmp_path / "report"), page: b""} == {**files_of(tmp_path / "judged"), page: b""}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["judged", "parts", "report", "shares", "two", "whole"]


def test_the_commands_of_the_readme_do_what_it_says_while_a_machine_is_killed(
    sample, sample_index, sample_model, tmp_path
):
    """They are run in a folder that has what the README speaks of before."""
    for name, given in (("index", sample_index), ("model", sample_model), ("images", sample / "images")):
        (tmp_path / name).symlink_to(given)
    for name in ("products.parquet", "pairs_test.parquet"):
        (tmp_path / name).symlink_to(sample / name)
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Beyond one machine")[2]
    lines = [shlex.split(line)[1:] for line in section.partition("\n## ")[0].splitlines() if line.startswith("heroic ")]
    assert [line[0] for line in lines] == ["cluster", "build-index", "score"]
    with ray_cluster() as cluster:
        for line in lines:
            words = [cluster.address if word == "10.0.0.1:6379" else word for word in line]
            process = command(*words, cwd=tmp_path)
            if line[0] == "build-index":
                until(process, lambda: list(tmp_path.glob("parts-index.partial/vectors/*.parts-*/rows_*")))
                kill_a_machine(cluster)
            ended(process)
    words = [word for word in lines[1] if word not in ("--cluster", "10.0.0.1:6379")]
    ended(command(*[word.replace("parts-index", "whole-index") for word in words], cwd=tmp_path))
    assert files_of(tmp_path / "parts-index") == files_of(tmp_path / "whole-index")
    ended(command("score", "index", "pairs_test.parquet", "--model", "model", "--out", "whole.parquet", cwd=tmp_path))
    assert (tmp_path / "scores.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
