"""Equal keys that tasks find in buckets are those that sorting all of them finds."""

import numpy as np
import pytest

from indexing.catalog.contents import first_of
from indexing.running import equal_keys
from indexing.running.equal_keys import buckets_for, firsts_of_range, heads_of, put_firsts
from indexing.running.parts import PartFolder


@pytest.mark.parametrize("rows", [7, 64, 1000])
def test_the_first_of_each_key_is_found(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(equal_keys, "BUCKET_ROWS", rows)
    generator, parts = np.random.default_rng(rows), PartFolder(tmp_path / "parts")
    parts.make()
    values = generator.integers(0, 2**63, (90, 2), dtype=np.uint64) * np.uint64(2)
    keys = values[generator.integers(0, 90, 400)]
    keys[::50, 1] += np.uint64(1)  # others, of which the first words are alike
    buckets = buckets_for(parts, 400, 4)
    for number in range(4):
        here = np.arange(number * 100, number * 100 + 100)
        buckets.put(number, keys[here], here)
    for task in buckets.tasks():
        found, products = buckets.take(task.number)
        heads = heads_of(found)
        put_firsts(parts, task.number, products, products[heads][np.cumsum(heads) - 1])
    firsts = [firsts_of_range(parts, buckets.count, start, start + 80) for start in range(0, 400, 80)]
    np.testing.assert_array_equal(np.concatenate(firsts), first_of(keys))
