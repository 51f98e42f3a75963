"""An index is built and pairs are scored on three machines, processes here, while a machine and the command are killed.

Each command has a time limit, since what fails on a cluster hangs.
"""

import os
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
encoding_tasks.TASK_PARTS = 1
search_parts.TASK_BLOCKS = 1
pair_parts.PART_PAIRS = score_pairs.PART_PAIRS = 20
from scripts.main import run
run()
"""


def command(*words):
    """Start heroic, which divides its work into small parts."""
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PARTS, *map(str, words)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


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
