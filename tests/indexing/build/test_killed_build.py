"""A build that is killed at any moment, again and again, ends with the same bytes as one that was left alone."""

import os
import random
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

BUILD = """
import sys
from pathlib import Path
from indexing.join import neighbour_files
from indexing.join import self_join
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.join.options import JoiningOptions
neighbour_files.MARK_S, self_join.BLOCK_ROWS = 0.0, 100
print("ready", flush=True)
encoding = EncodingOptions(text_encoder="column:v")
joining = JoiningOptions(index=sys.argv[3], recall=0.8)
options = BuildOptions(k=5, encoding=encoding, joining=joining)
build_index([Path(sys.argv[1])], Path(sys.argv[2]), options=options)
"""
PARTS = ("engines", "neighbours", "lexical", "vectors")


def build(products, out, factory, kill_after=None):
    process = subprocess.Popen([sys.executable, "-c", BUILD, products, out, factory], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    code = process.wait()
    process.stdout.close()
    return code


def contents(folder):
    files = [file for part in PARTS for file in sorted((folder / part).rglob("*")) if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@pytest.mark.slow
@pytest.mark.parametrize("factory", ["IVF16,Flat", "HNSW8"])
def test_killed_at_any_moment_a_build_ends_with_the_same_bytes(tmp_path, factory):
    generator = np.random.default_rng(0)
    titles = [f"kettle kx-{number % 400} {number % 7}l" for number in range(1500)]
    vectors = generator.integers(1, 9, (1500, 8)).astype(np.float32)
    products = tmp_path / "products.parquet"
    pq.write_table(pa.table({"id": range(1500), "title": titles, "v": list(vectors)}), products)
    assert build(products, tmp_path / "straight", factory) == 0
    moments, kills = random.Random(1), 0
    for _ in range(3):
        code = build(products, tmp_path / "killed", factory, kill_after=moments.uniform(0.05, 0.6))
        kills += code == -signal.SIGKILL
        if code == 0:
            break
    assert build(products, tmp_path / "killed", factory) == 0
    assert kills
    killed, straight = contents(tmp_path / "killed"), contents(tmp_path / "straight")
    assert sorted(killed) == sorted(straight)
    assert [name for name in killed if killed[name] != straight[name]] == []
