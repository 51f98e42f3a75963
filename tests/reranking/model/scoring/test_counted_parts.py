"""The tokens of a catalogue are counted by workers: what is summed is what one process counts."""

import numpy as np
import pytest
from tried_tasks import Troubled

from indexing.machine.progress import silent
from indexing.product_index import open_index
from indexing.running import stages
from indexing.running.parts import PartFolder
from reranking.model.scoring import counted_parts
from reranking.model.scoring.counted_parts import count_in_parts, read_counted
from reranking.signals.counted_catalogue import counted_tokens
from reranking.signals.plain_families import PlainFamilies


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """Where ranges of 50 products are counted."""
    monkeypatch.setattr(counted_parts, "BLOCK_PRODUCTS", 10)
    monkeypatch.setattr(stages, "RANGES", 7)
    parts = PartFolder(tmp_path / "work")
    parts.make()
    return parts


@pytest.mark.parametrize("titles_only", [True, False])
def test_ranges_in_any_order_and_twice_give_the_counts_of_the_whole(index, parts, monkeypatch, titles_only):
    monkeypatch.setattr(counted_parts, "has_titles_only", lambda catalog: titles_only)
    monkeypatch.setattr("reranking.signals.counted_catalogue.has_titles_only", lambda catalog: titles_only)
    told = []
    count_in_parts(index, parts, Troubled(1), lambda *step: told.append(step))
    found, whole = read_counted(index, parts).tokens, counted_tokens(index.catalog, titles_only=titles_only)
    assert found.builders.keys() == whole.builders.keys()
    for name, builder in whole.builders.items():
        np.testing.assert_array_equal(found.builders[name].counts, builder.counts)
        assert found.builders[name].products_seen == len(index.catalog)
    np.testing.assert_array_equal(found.code_lengths, whole.code_lengths)
    assert (whole.code_lengths > 0).any()
    assert (told[0], told[-1]) == (("count words", 0, 320), ("count words", 320, 320))
    assert len(told) == 1 + 7


def test_features_are_those_of_a_catalogue_that_is_read_whole(index, parts):
    count_in_parts(index, parts, Troubled(0), silent)
    products = np.arange(0, len(index.catalog), 3)
    left, right = products[:-1], products[1:]
    given = {"views": index.views, "k": index.k, "same_source": True}
    whole = PlainFamilies.of(index, products, **given)
    found = PlainFamilies.of(index, products, **given, counted=read_counted(index, parts))
    assert found.features == whole.features
    for one, other in zip(found.families, whole.families, strict=True):
        np.testing.assert_array_equal(one.compute(left, right), other.compute(left, right))


def test_what_is_counted_is_not_counted_again(index, parts, monkeypatch):
    count_in_parts(index, parts, Troubled(0), silent)
    monkeypatch.setattr(counted_parts, "count_range", lambda *_: pytest.fail("it was counted again"))
    count_in_parts(index, parts, Troubled(0), silent)


def test_a_part_reads_the_texts_of_no_other_products(index, parts, texts_read):
    count_in_parts(index, parts, Troubled(0), silent)
    counted = read_counted(index, parts)
    texts_read.clear()
    PlainFamilies.of(index, np.array([3, 5]), views=index.views, k=index.k, same_source=True, counted=counted)
    assert texts_read == [2, 2, 2]
