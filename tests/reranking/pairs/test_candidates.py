"""Candidates are the neighbours of everybody, each pair once; compared with sets made one product at a time."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from flat_options import build_options
from hypothesis import given, settings
from hypothesis import strategies as st
from tried_tasks import Troubled

from indexing.build.build_index import build_index
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.pairs import candidates
from reranking.pairs.candidates import are_candidates, candidates_with, write_candidates

WORDS = ["red", "blue", "phone", "case", "cable", "5m", "1m", "usb"]
SOURCES = ["a", "b", "b", "c"]


def build(folder, ids, *, titles=None, **options):
    """An index of text alone, or of titles in the lexical view too."""
    titles = titles or [f"{WORDS[i % 8]} {WORDS[(i * 3) % 7]} {i % 5}" for i in range(len(ids))]
    sources = [SOURCES[i % 4] for i in range(len(ids))]
    pd.DataFrame({"id": ids, "title": titles, "source": sources}).to_parquet(folder / "products.parquet")
    chosen = build_options(image_encoder="none", **options)
    return build_index([folder / "products.parquet"], folder / "index", options=chosen).index


def propose(index, folder, **options):
    path = folder / "candidates.parquet"
    count = write_candidates(index, path, **options).pairs
    table = pq.read_table(path)
    assert count == len(table)
    return table


def pairs_of(table):
    return list(zip(table["left_id"].to_pylist(), table["right_id"].to_pylist(), strict=True))


def slow_pairs(index, k):
    """The unordered pairs of each product and its first k neighbours in both views."""
    ids = index.catalog.ids.to_pylist()
    lists = [index.neighbours(view).positions for view in (index.main_view, "lexical") if view in index.views]
    return {
        frozenset((ids[own], ids[other]))
        for rows in lists
        for own in range(len(ids))
        for other in rows[own, :k]
        if other >= 0
    }


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    return build(tmp_path_factory.mktemp("numbered"), [100 - 3 * i for i in range(30)], k=6)


@pytest.mark.parametrize("k", [1, 2, 6])
def test_they_are_the_neighbours_of_both_views_each_pair_once(numbered, tmp_path, k):
    proposed = pairs_of(propose(numbered, tmp_path, k=k))
    assert {frozenset(pair) for pair in proposed} == slow_pairs(numbered, k)
    assert len(proposed) == len(slow_pairs(numbered, k))


@pytest.mark.parametrize("block", [7, 10_000])
@pytest.mark.parametrize("k", [1, 4])
def test_those_with_a_wanted_product_are_found_by_key(numbered, monkeypatch, k, block):
    monkeypatch.setattr(candidates, "BLOCK_PRODUCTS", block)
    wanted = np.zeros(30, dtype=bool)
    wanted[[3, 17, 29]] = True
    places = {product: place for place, product in enumerate(numbered.catalog.ids.to_pylist())}
    pairs = [sorted(places[one] for one in pair) for pair in slow_pairs(numbered, k)]
    expected = sorted(one * 30 + other for one, other in pairs if wanted[one] or wanted[other])
    assert candidates_with(numbered, wanted, k).tolist() == expected
    every = [(left, right) for left in range(30) for right in range(30) if left != right]
    left, right = (np.array(side) for side in zip(*every, strict=True))
    found = are_candidates(numbered, left, right, k)
    assert found.tolist() == [sorted(pair) in pairs for pair in every]


def test_the_sample_is_proposed_by_the_fused_and_the_lexical_view(sample_index, tmp_path):
    index = open_index(sample_index)
    table = propose(index, tmp_path, k=5)
    assert {frozenset(pair) for pair in pairs_of(table)} == slow_pairs(index, 5)
    assert table.column_names == [
        "left_id", "right_id",
        "fused_cosine", "fused_rank_of_right", "fused_rank_of_left",
        "lexical_cosine", "lexical_rank_of_right", "lexical_rank_of_left",
    ]  # fmt: skip


def test_more_neighbours_propose_more(numbered, tmp_path):
    few, many = ({*pairs_of(propose(numbered, tmp_path, k=k))} for k in (2, 6))
    assert few < many


def test_blocks_of_products_do_not_change_the_pairs(numbered, tmp_path, monkeypatch):
    whole = propose(numbered, tmp_path, k=3)
    monkeypatch.setattr(candidates, "BLOCK_PRODUCTS", 4)
    parts = propose(numbered, tmp_path, k=3)
    assert pq.ParquetFile(tmp_path / "candidates.parquet").num_row_groups > 1
    assert parts.equals(whole)


def test_left_is_the_smaller_number(numbered, tmp_path):
    assert all(left < right for left, right in pairs_of(propose(numbered, tmp_path, k=6)))


def test_left_is_the_first_text_by_code_point(tmp_path):
    ids = ["10", "9", "B", "a", "ё", "я", "Z", "\U0001f600", "\uffee"]
    proposed = pairs_of(propose(build(tmp_path, ids, k=8), tmp_path, k=8))
    assert all(left < right for left, right in proposed)  # Python compares text by code point
    assert ("10", "9") in proposed
    assert ("\uffee", "\U0001f600") in proposed


def test_ranks_and_cosines_are_those_of_the_views(numbered, tmp_path):
    ids = numbered.catalog.ids.to_pylist()
    for row in propose(numbered, tmp_path, k=2).to_pylist():
        left, right = ids.index(row["left_id"]), ids.index(row["right_id"])
        for view in ("text", "lexical"):
            for own, other, column in ((left, right, "rank_of_right"), (right, left, "rank_of_left")):
                neighbours = numbered.neighbours(view).positions[own].tolist()
                rank = row[f"{view}_{column}"]
                assert (rank is None) == (other not in neighbours)
                assert rank is None or rank <= neighbours.index(other) + 1  # products that tie share a rank


def test_a_source_of_its_own_is_never_proposed_to_itself(tmp_path):
    index = build(tmp_path, list(range(40)), k=5, match_across_sources=True)
    assert all(SOURCES[left % 4] != SOURCES[right % 4] for left, right in pairs_of(propose(index, tmp_path, k=5)))


def test_without_the_lexical_view_the_main_one_proposes_alone(tmp_path):
    index = build(tmp_path, list(range(12)), k=4, lexical=False)
    table = propose(index, tmp_path, k=2)
    assert {frozenset(pair) for pair in pairs_of(table)} == slow_pairs(index, 2)
    assert "lexical_cosine" not in table.column_names


@pytest.mark.parametrize("k", [0, -1, 7])
def test_as_many_as_the_index_keeps_can_be_asked_for(numbered, tmp_path, k):
    with pytest.raises(InputError, match=f"-k {k}: .* keeps 6 neighbours"):
        propose(numbered, tmp_path, k=k)
    assert list(tmp_path.iterdir()) == []


def test_the_file_says_which_index_proposed_it(numbered, tmp_path):
    propose(numbered, tmp_path, k=1)
    said = json.loads(pq.read_schema(tmp_path / "candidates.parquet").metadata[b"heroic"])
    assert said == {"kind": "candidates", "index_fingerprint": numbered.fingerprint}


def test_folders_on_the_way_are_made(numbered, tmp_path):
    assert write_candidates(numbered, tmp_path / "new" / "folder" / "c.parquet", k=1).pairs > 0


def test_a_folder_in_the_place_of_the_file_is_refused_and_untouched(numbered, tmp_path):
    (tmp_path / "c.parquet").mkdir()
    with pytest.raises(InputError, match=r"c\.parquet: is a folder"):
        write_candidates(numbered, tmp_path / "c.parquet", k=1)
    assert [path.name for path in tmp_path.iterdir()] == ["c.parquet"]


def test_when_it_fails_midway_the_file_of_before_stays(numbered, tmp_path, monkeypatch):
    before = propose(numbered, tmp_path, k=1)
    monkeypatch.setattr(candidates, "BLOCK_PRODUCTS", 4)

    def stop(stage, done, total):
        raise InputError("stop")

    with pytest.raises(InputError, match="stop"):
        write_candidates(numbered, tmp_path / "candidates.parquet", k=2, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["candidates.parquet"]
    assert pq.read_table(tmp_path / "candidates.parquet").equals(before)


@settings(max_examples=15)
@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=12), st.integers(1, 4))
def test_any_catalogue_however_full_of_duplicates_is_proposed_whole(tmp_path_factory, titles, k):
    folder = tmp_path_factory.mktemp("any")
    index = build(folder, [f"id{i}" for i in range(len(titles))], titles=titles, k=4)
    proposed = pairs_of(propose(index, folder, k=k))
    assert {frozenset(pair) for pair in proposed} == slow_pairs(index, k)
    assert len(proposed) == len(set(proposed))


PEN, TEA = "4006381333931", "5901234123457"


@pytest.fixture(scope="module", params=[False, True])
def coded(request, tmp_path_factory):
    """Products that are nobody's first neighbour share a barcode: 0 and 29, and 1 and 28 of another shop."""
    folder = tmp_path_factory.mktemp("coded")
    titles = [f"{WORDS[i % 8]} {WORDS[(i * 3) % 7]} {i % 5}" for i in range(30)]
    codes = {0: PEN, 29: PEN, 1: TEA, 28: TEA}
    columns = {"id": [*range(30)], "title": titles, "source": ["a" if i % 29 == 0 else f"s{i}" for i in range(30)]}
    pd.DataFrame({**columns, "gtin": [codes.get(i) for i in range(30)]}).to_parquet(folder / "products.parquet")
    chosen = build_options(image_encoder="none", k=2, match_across_sources=request.param)
    return build_index([folder / "products.parquet"], folder / "index", options=chosen).index


def test_products_that_share_an_identifier_are_candidates_once(coded, tmp_path):
    table = propose(coded, tmp_path, k=1)
    pairs = pairs_of(table)
    sharing = {(1, 28)} if coded.made.match_across_sources else {(0, 29), (1, 28)}
    assert {frozenset(pair) for pair in pairs} == slow_pairs(coded, 1) | {frozenset(pair) for pair in sharing}
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    row = table.to_pylist()[pairs.index((1, 28))]
    assert row["text_rank_of_right"] is None
    assert row["text_cosine"] is not None
    left, right = np.array([0, 1, 0]), np.array([29, 28, 28])
    assert are_candidates(coded, left, right, 1).tolist() == [not coded.made.match_across_sources, True, False]


@pytest.mark.parametrize("seed", [0, 1])
def test_blocks_in_any_order_and_twice_give_the_same_bytes(numbered, tmp_path, monkeypatch, seed):
    monkeypatch.setattr(candidates, "BLOCK_PRODUCTS", 7)
    told = []
    written = write_candidates(numbered, tmp_path / "whole.parquet", k=3)
    parts = write_candidates(
        numbered, tmp_path / "parts.parquet", k=3, runner=Troubled(seed), progress=lambda *step: told.append(step)
    )
    assert parts == written
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert told[-1] == ("candidates", 30, 30)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["parts.parquet", "whole.parquet"]


def test_processes_propose_the_same(heroic, sample_index, tmp_path):
    """Of the sample, whose products share barcodes, in one block."""
    for name, more in (("whole", ()), ("parts", ("--cluster", "local:1", "--task-timeout", 300))):
        result = heroic("candidates", sample_index, "--out", tmp_path / f"{name}.parquet", *more)
        assert result.exit_code == 0
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_a_device_has_no_place_for_parts(numbered):
    with pytest.raises(InputError, match="--out /dev/null: is a device"):
        write_candidates(numbered, Path("/dev/null"), k=1, runner=Troubled())
