"""Identifiers of a catalogue against a slow comparison of sets, one pair at a time."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.catalog import product_codes
from reranking.identifiers.identifiers import DIFFERENT, EQUAL, UNKNOWN, Identifiers

PEN, TEA, BOOK = "04006381333931", "05901234123457", "09783161484100"
offers = st.fixed_dictionaries(
    {},
    optional={
        "gtin": st.lists(st.sampled_from([PEN, TEA, BOOK]), max_size=3) | st.none(),
        "mpn": st.lists(st.sampled_from(["AB-12", "ab 12", "XY/9-0", "型番A100"]), max_size=2) | st.none(),
        "brand": st.sampled_from(["Sony", " SONY", "LG", ""]) | st.none(),
        "source": st.sampled_from(["a", "b"]) | st.none(),
    },
)


def gtins(offer):
    return set(offer.get("gtin") or ())


def brand(offer):
    return (offer.get("brand") or "").strip().lower()


def parts(offer):
    return {"".join(filter(str.isalnum, part)).lower() for part in offer.get("mpn") or ()} if brand(offer) else set()


def slow_compare(left, right):
    """The verdict of two offers: barcodes first, and part numbers of one brand."""
    equal_parts = brand(left) == brand(right) and parts(left) & parts(right)
    if gtins(left) & gtins(right):
        return EQUAL
    if gtins(left) and gtins(right):
        return UNKNOWN if equal_parts else DIFFERENT
    return EQUAL if equal_parts else UNKNOWN


def slow_shared(rows, across_sources):
    found = set()
    for one, other in combinations(range(len(rows)), 2):
        left, right = rows[one], rows[other]
        apart = not across_sources or left.get("source") != right.get("source") or left.get("source") is None
        same = gtins(left) & gtins(right) or (brand(left) == brand(right) and parts(left) & parts(right))
        if same and apart:
            found.add((one, other))
    return found


def sharing(identifiers, block=1000, **options):
    """All pairs that share an identifier, found in blocks of so many products."""
    found, count = [], len(identifiers.gtin)
    for start in range(0, count, block):
        pairs = identifiers.sharing(start, min(start + block, count), **options)
        found += zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    return found


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(offers, min_size=1, max_size=7), across=st.booleans(), block=st.sampled_from([1, 1000]))
def test_pairs_are_compared_and_found_as_one_by_one(catalog_of_offers, rows, across, block):
    identifiers = Identifiers.of(catalog_of_offers(*rows))
    left, right = (side.ravel() for side in np.indices((len(rows), len(rows))))
    expected = [slow_compare(rows[one], rows[other]) for one, other in zip(left, right, strict=True)]
    assert identifiers.compare(left, right).tolist() == expected
    assert sharing(identifiers, block, across_sources=across) == sorted(slow_shared(rows, across))
    every = np.array([*combinations(range(len(rows)), 2)], dtype=np.int64).reshape(-1, 2).T
    shared = identifiers.are_shared(*every, across_sources=across)
    assert set(zip(*every[:, shared].tolist(), strict=True)) == slow_shared(rows, across)


def test_kinds_of_identifiers_are_compared_apart(catalog_of_offers):
    catalog = catalog_of_offers(
        {"gtin": [PEN], "mpn": ["AB-12"], "brand": "Sony"},
        {"gtin": [TEA], "mpn": ["AB12"], "brand": "sony"},
        {"mpn": ["AB13"], "brand": "Sony"},
        {"mpn": ["AB12"], "brand": "LG"},
        {"mpn": ["AB12"]},
    )
    identifiers, others = Identifiers.of(catalog), np.arange(1, 5)
    first = np.zeros(4, dtype=np.int64)
    assert identifiers.compare_barcodes(first, others).tolist() == [DIFFERENT, UNKNOWN, UNKNOWN, UNKNOWN]
    assert identifiers.compare_part_numbers(first, others).tolist() == [EQUAL, DIFFERENT, UNKNOWN, UNKNOWN]


def test_a_code_that_one_source_puts_on_everything_says_nothing(catalog_of_offers, monkeypatch):
    monkeypatch.setattr(product_codes, "MOST_OF_SOURCE", 3)
    rows = [{"gtin": [PEN], "source": "a"}] * 4 + [{"gtin": [PEN, TEA], "source": "b"}, {"gtin": [TEA], "source": "c"}]
    identifiers = Identifiers.of(catalog_of_offers(*rows))
    assert (len(identifiers.worn), identifiers.worn.products) == (1, 5)
    assert sharing(identifiers) == [(4, 5)]
    assert identifiers.compare(np.array([0, 0]), np.array([1, 5])).tolist() == [UNKNOWN, UNKNOWN]
    assert "1 barcodes or part numbers stand for more than" in identifiers.worn.told()


def test_a_code_of_very_many_shops_says_nothing_either(catalog_of_offers, monkeypatch):
    monkeypatch.setattr(product_codes, "MOST_OF_ALL", 5)
    rows = [{"gtin": [PEN if place < 6 else TEA], "source": f"s{place}"} for place in range(11)]
    identifiers = Identifiers.of(catalog_of_offers(*rows))
    assert (len(identifiers.worn), identifiers.worn.products) == (1, 6)
    assert len(sharing(identifiers)) == 10


def test_a_catalogue_without_codes_has_none(catalog_of_offers):
    identifiers = Identifiers.of(catalog_of_offers("tea", "coffee"))
    assert not identifiers
    assert len(sharing(identifiers)) == 0
    assert identifiers.compare(np.array([0]), np.array([1])).tolist() == [UNKNOWN]


def test_what_is_worn_out_in_the_whole_catalogue_is_so_among_some_of_its_products(catalog_of_offers, monkeypatch):
    monkeypatch.setattr(product_codes, "MOST_OF_SOURCE", 3)
    worn = {"gtin": [PEN], "mpn": ["AB-12"], "brand": "Sony", "source": "a"}
    catalog = catalog_of_offers(*[worn] * 4, {"gtin": [TEA], "mpn": ["CD-34"], "brand": "Sony"})
    whole = Identifiers.of(catalog)
    assert (len(whole.worn.gtin), whole.worn.mpn.to_pylist()) == (1, ["sony\x1fab12"])
    some = Identifiers.of(catalog.take(np.array([3, 4, 0, 4])), whole.worn)
    pairs = np.array([0, 0, 1]), np.array([1, 2, 3])
    assert some.compare(*pairs).tolist() == [UNKNOWN, UNKNOWN, EQUAL]
    assert (some.gtin.counts.tolist(), some.mpn.counts.tolist()) == ([0, 1, 0, 1], [0, 1, 0, 1])
