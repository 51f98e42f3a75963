"""A small made evaluation: files that are easy to read, and a few products with pictures."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from indexing.catalog.catalog import FIELDS, Catalog


@pytest.fixture
def write_table(tmp_path):
    """Write columns as a parquet file and give its path; `heroic` goes into its metadata."""

    def write(name, columns, *, heroic=None):
        table = pa.table(columns)
        if heroic is not None:
            table = table.replace_schema_metadata({b"heroic": json.dumps(heroic).encode()})
        pq.write_table(table, tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def made_pairs():
    """300 pairs in three categories of different difficulty: (columns of the truth, columns of the scores).

    Product 2i and 2i + 1 are a pair; the scores are shuffled, and every seventh pair stands the other way round.
    """
    generator = np.random.default_rng(7)
    size = 300
    left, right = np.arange(size) * 2, np.arange(size) * 2 + 1
    category = np.array(["phones", "cables", "<b>tvs</b>"])[np.arange(size) % 3]
    targets = (generator.random(size) < np.array([0.5, 0.3, 0.7])[np.arange(size) % 3]).astype(float)
    noise = np.array([0.2, 0.9, 0.4])[np.arange(size) % 3]
    scores = np.round(targets + noise * generator.normal(size=size), 2)
    swap = np.arange(size) % 7 == 0
    order = generator.permutation(size)
    truth = {"left_id": left, "right_id": right, "target": targets, "cat3_grouped": category}
    scored = {
        "left_id": np.where(swap, right, left)[order],
        "right_id": np.where(swap, left, right)[order],
        "score": scores[order],
        "match": (scores > 0.6)[order],
        "match_f1": (scores > 0.4)[order],
    }
    return truth, scored


@pytest.fixture
def catalog_of(tmp_path):
    """A catalogue of ids with the columns given; the others are null."""

    def make(ids, **columns):
        table = pa.table(
            {
                "id": pa.array(ids),
                **{field.name: pa.array(columns.get(field.name, [None] * len(ids)), field.type) for field in FIELDS},
            }
        )
        return Catalog(table, tmp_path, tmp_path)

    return make


@pytest.fixture
def picture(tmp_path):
    """A picture file of one colour, by name."""

    def draw(name, colour="red", size=(400, 200)):
        Image.new("RGB", size, colour).save(tmp_path / name)
        return name

    return draw
