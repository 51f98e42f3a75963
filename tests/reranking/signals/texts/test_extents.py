"""What attributes measure is compared for many pairs at once as it is for one."""

import numpy as np
import pytest

from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.texts.bags import bucket_of
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.extents import Extents
from reranking.signals.texts.ranges import Extent
from reranking.signals.texts.synonyms import Names

KEYS = [bucket_of(key) for key in ("weight", "length", "age")]


@pytest.fixture(scope="module")
def products():
    """The extents of forty products, by key: some state none, some several of one key."""
    rng = np.random.default_rng(0)

    def extent():
        low = int(rng.integers(9))
        return Extent(str(rng.choice(["mass", "length"])), low, low + int(rng.integers(4)) * int(rng.integers(2)))

    return [[(int(rng.choice(KEYS)), extent()) for _ in range(rng.integers(6))] for _ in range(40)]


def held(products):
    return Extents.of_entries(
        [(row, *entry) for row, entries in enumerate(products) for entry in entries], len(products)
    )


def test_pairs_overlap_as_their_spans_do(products):
    left, right = (side.ravel().astype(np.int32) for side in np.indices((40, 40)))
    found = held(products).overlapping(left, right)
    assert found.nnz > 100
    for pair, (one, other) in enumerate(zip(left, right, strict=True)):
        expected = {
            key
            for key, ours in products[one]
            for name, theirs in products[other]
            if key == name and ours.overlaps(theirs)
        }
        assert set(found.indices[found.indptr[pair] : found.indptr[pair + 1]].tolist()) == expected
    assert (found.data == 1).all()


def test_what_no_range_can_meet_is_left_out(products):
    points = [[(key, extent) for key, extent in entries if not extent.is_range] for entries in products]
    assert not len(held(points).against_ranges())
    one = [[(KEYS[0], Extent("mass", 1, 2))], [(KEYS[0], Extent("mass", 1, 1))], [(KEYS[0], Extent("length", 1, 1))]]
    assert len(held(one).against_ranges()) == 2


def test_parts_are_joined_and_taken(products):
    parts = Extents.joined([held(products[:7]), held([]), held(products[7:])])
    rows = np.array([3, 39, 3, 8])
    for one, other in ((parts, held(products)), (parts.take(rows), held([products[row] for row in rows]))):
        for name in ("starts", "keys", "units", "low", "high"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_keys_that_mean_one_are_compared(products):
    names = Names(np.array([KEYS[1]], dtype=np.int32), np.array([KEYS[0]], dtype=np.int32))
    renamed = [[(KEYS[0] if key == KEYS[1] else key, extent) for key, extent in entries] for entries in products]
    np.testing.assert_array_equal(held(products).read_by(names).keys, held(renamed).keys)


def test_a_few_products_are_read_as_among_all(catalog_of_offers):
    values = ["10-20 kg", "15 kg", "1-2 m", "30 kg", "18-40 kg"]
    catalog = catalog_of_offers(*({"title": "a", "attributes": {"weight": value}} for value in values))
    counts = TokenCounts()
    whole = AttributeSignals.from_catalog(catalog, np.arange(5), counts)
    few = np.array([0, 3, 4])
    alone = AttributeSignals.from_catalog(
        catalog.take(few), np.arange(3), counts.for_products(few, 5, titles_only=False)
    )
    pairs = np.array([0, 3]), np.array([4, 4])
    assert whole.compute(*pairs)[:, 5].tolist() == [1, 1]
    np.testing.assert_array_equal(whole.compute(*pairs), alone.compute(*pairs))
