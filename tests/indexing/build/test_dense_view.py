"""What a dense view compares with everybody to choose and to judge."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options

from indexing.build import dense_view
from indexing.build.build_index import build_index


def write_products(path, count):
    rows = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)
    columns = {
        "id": range(count),
        "title": ["kettle"] * count,
        "v": list(rows),
        "source": ["abc"[n % 3] for n in range(count)],
    }
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize(("across", "samples"), [(False, 2), (True, 4)], ids=["anywhere", "across sources"])
def test_the_truth_of_a_sample_is_found_once(tmp_path, monkeypatch, across, samples):
    """One half of the sample tunes the engine and chooses the join, the other judges both; of another source they are others."""
    write_products(tmp_path / "products.parquet", 2100)
    found, compare = [], dense_view.true_neighbours

    def counted(rows, sample, k, *, sources=None):
        found.append((sources is not None, sample[:5].tolist()))
        return compare(rows, sample, k, sources=sources)

    monkeypatch.setattr(dense_view, "true_neighbours", counted)
    options = build_options(
        k=5,
        text_encoder="column:v",
        index="IVF8,Flat",
        join="lists",
        recall=0.5,
        match_across_sources=across,
        lexical=False,
    )
    build_index([tmp_path / "products.parquet"], tmp_path / "index", options=options)
    assert len(found) == samples
    assert len({str(one) for one in found}) == samples


def test_tuning_and_planning_are_told_of(tmp_path):
    """Of a million products each takes as long as what it is for."""
    write_products(tmp_path / "products.parquet", 300)
    options = build_options(k=5, text_encoder="column:v", index="IVF8,Flat", join="lists", recall=0.5, lexical=False)
    steps = []
    source, index = tmp_path / "products.parquet", tmp_path / "index"
    build_index([source], index, options=options, progress=lambda *step: steps.append(step))
    told = [step for step in steps if step[0] in ("tune text", "join text")]
    assert told[:4] == [*(("tune text", done, 300) for done in (0, 150, 300)), ("join text", 0, 300)]
