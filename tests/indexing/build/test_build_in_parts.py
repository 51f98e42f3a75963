"""An index that workers build in parts is that of one process, file by file."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options
from tried_tasks import Troubled

from indexing.build.build_index import build_index
from indexing.join import dense_join, plan, probing_plan, self_join, tiles
from indexing.join.parts import search_parts, window_parts
from indexing.product_index import open_index
from indexing.storage.artefact import MANIFEST


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Windows, tiles and blocks so small that a few hundred products make many of them."""
    for module in (plan, dense_join, tiles):
        monkeypatch.setattr(module, "STRIPE_ROWS", 32)
    for module in (plan, probing_plan, dense_join, tiles):
        monkeypatch.setattr(module, "TILE_COLUMNS", 96)
    monkeypatch.setattr(window_parts, "WINDOWS", 5)
    for module in (self_join, search_parts):
        monkeypatch.setattr(module, "BLOCK_ROWS", 50)


def files_of(folder):
    """The content of every file but the manifest, which has a date."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(Path(folder).rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }


def assert_same_files(one, other):
    ours, theirs = files_of(one), files_of(other)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert open_index(one).made == open_index(other).made
    assert open_index(one).fingerprint == open_index(other).fingerprint


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """700 products in categories and sources, with vectors of their own and texts that repeat."""
    generator, file = np.random.default_rng(0), tmp_path_factory.mktemp("made") / "products.parquet"
    centres = generator.normal(size=(20, 8))
    rows = centres[np.arange(700) % 20] + 0.3 * generator.normal(size=(700, 8))
    titles = [f"kettle kx-{number % 400} {number % 7}l" for number in range(700)]
    columns = {
        "id": range(700),
        "title": titles,
        "v": list(rows.astype(np.float32)),
        "source": [f"s{n % 9}" for n in range(700)],
    }
    pq.write_table(pa.table(columns), file)
    return file


@pytest.mark.parametrize("across", [False, True], ids=["anywhere", "across sources"])
@pytest.mark.parametrize(
    "given", [{}, {"index": "IVF8,Flat", "recall": 0.8}, {"index": "HNSW8", "recall": 0.8}], ids=str
)
def test_an_index_in_parts_is_that_of_one_process(tmp_path, catalogue, given, across):
    options = build_options(k=5, text_encoder="column:v", match_across_sources=across, **given)
    build_index([catalogue], tmp_path / "whole", options=options)
    build_index([catalogue], tmp_path / "parts", options=options, runner=Troubled(1))
    assert_same_files(tmp_path / "whole", tmp_path / "parts")


def test_the_samples_index_in_parts_is_that_of_one_process(tmp_path, sample):
    options = build_options(k=20)
    build_index([sample / "products.parquet"], tmp_path / "whole", options=options)
    build_index([sample / "products.parquet"], tmp_path / "parts", options=options, runner=Troubled(2))
    assert_same_files(tmp_path / "whole", tmp_path / "parts")
