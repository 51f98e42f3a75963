"""A category that a catalogue renames is told, as the model decides its pairs as `rest`."""

import pyarrow as pa
import pytest

from indexing.catalog.catalog import FIELDS, Catalog
from reranking.explain.category_warnings import category_warnings
from reranking.pairs.evaluation_category import CategoryMapping


def catalog_of(**counts):
    """A catalogue with so many products of each category, and one without any."""
    names = [name for name, count in counts.items() for _ in range(count)] + [None]
    columns = {field.name: pa.nulls(len(names), field.type) for field in FIELDS}
    columns["category_3"] = pa.array(names, pa.large_string())
    return Catalog(pa.table({"id": pa.array(range(len(names))), **columns}))


def test_a_renamed_category_is_told_with_what_to_do():
    (told,) = category_warnings(catalog_of(mobiles=9, cables=5, toys=2), CategoryMapping(("cables", "phones")))
    assert told == (
        "the index has no product of phones, which the model decides on its own, and the model does not know mobiles (9 products), decided "
        "as rest: where a category was renamed, train again"
    )


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"phones": 9, "cables": 5, "toys": 7}, ("cables", "phones")),  # all are there
        ({"cables": 5, "toys": 2}, ("cables", "phones")),  # gone, and nothing as large is new
        ({"phones": 9}, ()),  # the model decides nothing on its own
    ],
)
def test_what_is_no_renaming_is_not_told(counts, kept):
    assert category_warnings(catalog_of(**counts), CategoryMapping(kept)) == []


def test_of_many_the_largest_are_told():
    counts = {f"new{number}": 10 + number for number in range(5)}
    (told,) = category_warnings(catalog_of(**counts), CategoryMapping(("a", "b", "c", "d")))
    assert "of a, b, c and 1 more, which" in told
    assert "new4 (14 products), new3 (13 products), new2 (12 products) and 2 more, decided as rest" in told
