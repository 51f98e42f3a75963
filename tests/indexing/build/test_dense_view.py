"""What a dense view compares with everybody to choose and to judge."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options

from indexing.build import dense_view
from indexing.build.build_index import build_index


@pytest.mark.parametrize(("across", "samples"), [(False, 2), (True, 4)], ids=["anywhere", "across sources"])
def test_the_truth_of_a_sample_is_found_once(tmp_path, monkeypatch, across, samples):
    """One half of the sample tunes the engine and chooses the join, the other judges both; of another source they are others."""
    rows = np.random.default_rng(0).normal(size=(2100, 8)).astype(np.float32)
    columns = {"id": range(2100), "title": ["kettle"] * 2100, "v": list(rows), "source": ["a", "b", "c"] * 700}
    pq.write_table(pa.table(columns), tmp_path / "products.parquet")
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
