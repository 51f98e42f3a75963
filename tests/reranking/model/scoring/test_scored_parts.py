"""Workers score parts of the pairs: the file of scores is the same to the last byte, whatever they do."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tried_tasks import Troubled

from indexing.errors import InputError, Unfinished
from indexing.product_index import open_index
from indexing.running.attempts import CrewRunner
from indexing.running.local import LocalRunner
from indexing.running.processes import ProcessCrew
from indexing.shared_index import open_same_index, shared_place
from indexing.storage.stored.cache import fetched_to_cache
from indexing.storage.stored_versions import send_artefact
from indexing.storage.stores import open_store
from reranking.model import score_pairs as scoring
from reranking.model.folder import load_reranker
from reranking.model.score_pairs import ScoreOptions, score_pairs
from reranking.model.scoring import pair_parts, scored_parts
from reranking.model.scoring.pair_parts import divide


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def model(sample_model):
    return load_reranker(sample_model)


@pytest.fixture
def small_parts(monkeypatch):
    """Seven pairs a part, and blocks of the file that end within parts."""
    for module in (pair_parts, scoring):
        monkeypatch.setattr(module, "PART_PAIRS", 7)
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 50)
    monkeypatch.setattr(scored_parts, "BLOCK_PAIRS", 5)


@pytest.fixture
def pairs(sample, tmp_path):
    """A file of pairs: one of an unknown product, one that stands there again, and some whose category is named."""
    given = pd.read_parquet(sample / "pairs_test.parquet")
    given = pd.concat([given, given[:1]], ignore_index=True)
    given.loc[3, "left_id"] = "NOBODY"
    given["cat3_grouped"] = [None if row % 3 else "Named here" for row in range(len(given))]
    given.to_parquet(tmp_path / "pairs.parquet")
    return tmp_path / "pairs.parquet"


OPTIONS = ScoreOptions(ignore_unknown=True, max_rejects=0.1)


def scores(index, model, pairs, out, **given):
    score_pairs(index, pairs, out, model=model, options=OPTIONS, **given)
    return out.read_bytes()


@pytest.mark.parametrize("seed", [0, 1])
def test_parts_in_any_order_and_twice_give_the_same_bytes(index, model, pairs, tmp_path, small_parts, seed):
    whole = scores(index, model, pairs, tmp_path / "whole.parquet")
    assert scores(index, model, pairs, tmp_path / "parts.parquet", runner=Troubled(seed)) == whole
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pairs.parquet", "parts.parquet", "whole.parquet"]


def test_processes_give_the_same_bytes(index, model, pairs, tmp_path, small_parts, monkeypatch):
    monkeypatch.setattr(pair_parts, "PART_PAIRS", 60)
    crew = ProcessCrew(2)
    try:
        found = scores(index, model, pairs, tmp_path / "parts.parquet", runner=CrewRunner(crew, 120.0))
    finally:
        crew.close()
    assert found == scores(index, model, pairs, tmp_path / "whole.parquet")


def test_finished_parts_are_passed_over(index, model, pairs, tmp_path, small_parts, monkeypatch):
    scored, wanted = [], 4

    def few(task, shared):
        if len(scored) == wanted:
            raise Unfinished("the driver was stopped")
        scored.append(task.number)
        return score(task, shared)

    score = scored_parts.score_part
    monkeypatch.setattr(scored_parts, "score_part", few)
    out = tmp_path / "parts.parquet"
    with pytest.raises(Unfinished):
        scores(index, model, pairs, out, runner=Troubled())
    before, wanted = set(scored), 10**6
    scored.clear()
    assert scores(index, model, pairs, out, runner=Troubled()) == scores(
        index, model, pairs, tmp_path / "whole.parquet"
    )
    assert before
    assert before & set(scored) == set()
    assert list(tmp_path.glob("*.parts-*")) == []


def test_other_pairs_begin_anew(index, model, pairs, tmp_path, small_parts, monkeypatch):
    """Parts that a run of other pairs left are no parts of these, and go away with them."""
    out = tmp_path / "parts.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(scored_parts, "put_array", lambda *_: (_ for _ in ()).throw(Unfinished("stopped")))
        with pytest.raises(Unfinished):
            scores(index, model, pairs, out, runner=Troubled())
    assert len(list(tmp_path.glob("*.parts-*"))) == 1
    pd.read_parquet(pairs)[10:].to_parquet(pairs)
    assert scores(index, model, pairs, out, runner=Troubled()) == scores(
        index, model, pairs, tmp_path / "whole.parquet"
    )
    assert list(tmp_path.glob("*.parts-*")) == []


@pytest.mark.parametrize("suffix", ["gz", "zip"])
def test_packed_pairs_give_the_same_scores(index, model, pairs, tmp_path, small_parts, suffix):
    frame = pd.read_parquet(pairs)
    frame.to_csv(tmp_path / "p.csv", index=False)
    whole = scores(index, model, tmp_path / "p.csv", tmp_path / "whole.parquet")
    frame.to_csv(packed := tmp_path / f"p.csv.{suffix}", index=False)
    named = packed / "p.csv" if suffix == "zip" else packed
    found = scores(index, model, named, tmp_path / "parts.parquet", runner=Troubled())
    tables = (pq.read_table(pa.BufferReader(written)) for written in (found, whole))
    assert next(tables).equals(next(tables))


def test_a_device_has_no_place_for_parts(index, model, pairs):
    with pytest.raises(InputError, match="--out /dev/null: is a device"):
        score_pairs(index, pairs, "/dev/null", model=model, runner=Troubled())


@pytest.mark.parametrize("size", [1, 20, 10**6])
def test_every_left_product_is_in_one_part_and_parts_are_about_equal(index, monkeypatch, size):
    monkeypatch.setattr(pair_parts, "PART_PAIRS", size)
    lefts = np.random.default_rng(0).integers(0, 3, len(index.catalog))
    division = divide(index, lefts)
    assert division.parts == min(-(-int(lefts.sum()) // size), pair_parts.MOST_PARTS)
    sizes = np.bincount(division.part_of, weights=lefts, minlength=division.parts)
    assert sizes.max() <= lefts.sum() / division.parts + 2


def test_pairs_without_any_left_product_are_one_part(index):
    assert divide(index, np.zeros(len(index.catalog), dtype=np.int64)).parts == 1


def test_scores_and_their_parts_may_lie_in_a_store(index, model, pairs, tmp_path, small_parts, s3):
    whole, out = scores(index, model, pairs, tmp_path / "whole.parquet"), f"{s3}/scores/all.parquet"
    for runner in (Troubled(1), LocalRunner()):
        score_pairs(index, pairs, out, model=model, options=OPTIONS, runner=runner)
        kept = open_store(f"{s3}/scores")
        assert list(kept.names("")) == ["all.parquet"]
        assert kept.read("all.parquet") == whole
        kept.remove(["all.parquet"])


def test_finished_parts_in_a_store_are_passed_over(index, model, pairs, tmp_path, small_parts, s3, monkeypatch):
    whole, out, scored, most = (
        scores(index, model, pairs, tmp_path / "whole.parquet"),
        f"{s3}/again/all.parquet",
        [],
        4,
    )
    work = scored_parts.score_part

    def until(task, shared):
        if len(scored) == most:
            raise Unfinished("the driver was stopped")
        scored.append(task.number)
        return work(task, shared)

    monkeypatch.setattr(scored_parts, "score_part", until)
    with pytest.raises(Unfinished):
        score_pairs(index, pairs, out, model=model, options=OPTIONS, runner=LocalRunner(apart=True))
    before, most = set(scored), 10**6
    scored.clear()
    score_pairs(index, pairs, out, model=model, options=OPTIONS, runner=LocalRunner(apart=True))
    assert before
    assert scored
    assert not before & set(scored)
    assert open_store(f"{s3}/again").read("all.parquet") == whole


def test_workers_open_an_index_in_a_store_themselves(
    sample_index, model, pairs, tmp_path, small_parts, s3, monkeypatch
):
    send_artefact(sample_index, f"{s3}/index")
    monkeypatch.setenv("HEROIC_CACHE", str(tmp_path / "cache"))
    here = open_index(fetched_to_cache(f"{s3}/index"))
    assert shared_place(here.folder) == f"{s3}/index"
    monkeypatch.setenv("HEROIC_CACHE", str(tmp_path / "of another machine"))
    there = open_same_index(f"{s3}/index", here.fingerprint)
    assert there.folder.is_relative_to(tmp_path / "of another machine")
    with pytest.raises(InputError, match="is not the index that the work began with"):
        open_same_index(f"{s3}/index", "0123")
