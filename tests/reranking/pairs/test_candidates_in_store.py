"""Candidates and their parts may lie in a store."""

from pathlib import Path

import pandas as pd
import pytest
from flat_options import build_options
from tried_tasks import Troubled

from indexing.build.build_index import build_index
from indexing.errors import Unfinished
from indexing.running.local import LocalRunner
from indexing.storage.stores import open_store
from reranking.pairs import candidates
from reranking.pairs.candidates import write_candidates


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    titles = [f"kettle {number % 9} {number % 5}l" for number in range(60)]
    pd.DataFrame({"id": range(60), "title": titles}).to_parquet(folder / "products.parquet")
    options = build_options(image_encoder="none", k=5)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(candidates, "BLOCK_PRODUCTS", 8)


@pytest.mark.parametrize("runner", [Troubled(1), LocalRunner()], ids=["in parts", "in one process"])
def test_they_are_those_in_a_folder_and_nothing_else_is_left(index, s3, tmp_path, runner):
    here = write_candidates(index, tmp_path / "whole.parquet", k=3)
    there = f"{s3}/candidates-{type(runner).__name__}/candidates.parquet"
    assert write_candidates(index, Path(there), k=3, runner=runner) == here
    kept = open_store(there.rpartition("/")[0])
    assert list(kept.names("")) == ["candidates.parquet"]
    assert kept.read("candidates.parquet") == (tmp_path / "whole.parquet").read_bytes()


def test_finished_parts_in_a_store_are_passed_over(index, s3, tmp_path, monkeypatch):
    work, done, most = candidates.propose_block, [], 3

    def until(task, shared):
        if len(done) == most:
            raise Unfinished("the command was killed")
        done.append(task.number)
        return work(task, shared)

    def written():
        return write_candidates(
            index, Path(f"{s3}/candidates-again/pairs.parquet"), k=3, runner=LocalRunner(apart=True)
        )

    monkeypatch.setattr(candidates, "propose_block", until)
    with pytest.raises(Unfinished):
        written()
    assert "pairs.parquet" not in open_store(f"{s3}/candidates-again").names("")
    before, most = set(done), 10**6
    done.clear()
    again = written()
    assert before == {0, 1, 2}
    assert set(done) == {3, 4, 5, 6, 7}
    assert again == write_candidates(index, tmp_path / "whole.parquet", k=3)
    assert list(open_store(f"{s3}/candidates-again").names("")) == ["pairs.parquet"]
