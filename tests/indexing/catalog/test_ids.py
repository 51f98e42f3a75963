"""From ids to positions."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.catalog.catalog import Catalog, catalog_of
from indexing.catalog.ids import FEW, IdLookup
from indexing.errors import InputError, UnknownId
from indexing.product_index import open_index


def lookup(*ids):
    kind = pa.int64() if isinstance(ids[0], int) else pa.large_string()
    return IdLookup.from_ids(pa.chunked_array([pa.array(ids[:2], kind), pa.array(ids[2:], kind)]))


NUMBERS = lookup(30, -7, 2**62, 0)
TEXTS = lookup("b", "007", "7", "ё")


@pytest.mark.parametrize(
    ("ids", "asked", "positions"),
    [
        (NUMBERS, pa.array([0, 30, 30]), [3, 0, 0]),
        (NUMBERS, pa.array([-7, 30], pa.int32()), [1, 0]),
        (NUMBERS, pa.array([30, 2**63 + 1], pa.uint64()), [0, -1]),
        (NUMBERS, pa.array(["30", "x", "030", "-7"]), [0, -1, -1, 1]),
        (NUMBERS, pa.array([30, None]), [0, -1]),
        (NUMBERS, pa.array([0, None]), [3, -1]),
        (NUMBERS, pa.nulls(2), [-1, -1]),
        (NUMBERS, pa.array(["30"]).dictionary_encode(), [0]),
        (NUMBERS, pa.array([], pa.int64()), []),
        (TEXTS, pa.array(["ё", "b", "c"]), [3, 0, -1]),
        (TEXTS, pa.array([7, 8]), [2, -1]),
        (TEXTS, pa.array(["007", None], pa.large_string()), [1, -1]),
        (TEXTS, pa.chunked_array([["7"], ["007"]]), [2, 1]),
    ],
)
def test_ids_are_found_in_the_type_of_the_catalogue(ids, asked, positions):
    found = ids.find(asked)
    assert found.dtype == np.int64
    assert found.tolist() == positions


@pytest.mark.parametrize(
    ("ids", "asked", "message"),
    [
        (NUMBERS, pa.array([30, 31, 32]), r"id 31 is not in the catalogue \(2 of 3"),
        (NUMBERS, pa.array(["30", "x"]), r"id 'x' is not in the catalogue \(1 of 2"),
        (TEXTS, pa.array(["b", "B"]), r"id 'B' is not in the catalogue \(1 of 2"),
    ],
)
def test_an_unknown_id_is_named(ids, asked, message):
    with pytest.raises(UnknownId, match=message) as caught:
        ids.positions(asked)
    assert str(caught.value)[0] == "i"  # the message as it is, not quoted as a KeyError's


def test_an_id_that_lost_its_zeros_is_told_from_one_of_another_catalogue():
    ids = lookup("00007869", "007", "9")
    with pytest.raises(
        UnknownId, match=r"id '7869' .*: the catalogue has '00007869': zeros in front of '7869' were lost"
    ):
        ids.positions(pa.array(["9", "7869"]))
    assert "'007'" in ids.lost_zeros(["x", "", 9, 7])
    assert ids.lost_zeros(["69", "x007", "\u0667"]) == ""
    assert NUMBERS.lost_zeros(["030", 3]) == ""


def test_known_ids_have_positions():
    assert TEXTS.positions(pa.array(["7", "b"])).tolist() == [2, 0]


@pytest.mark.parametrize("ids", [(1, 2, 1, 2), ("a", "b", "a", "b")])
def test_a_doubled_id_is_refused_with_its_rows(ids):
    with pytest.raises(InputError, match=rf"id {ids[0]!r} \(position 0\) .* \(position 2\); 2 rows repeat"):
        lookup(*ids)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
        (pa.large_string(), st.text(st.characters(exclude_categories=["Cs"]))),
    ],
)
def test_every_id_is_found_at_its_place_and_nothing_else(kind, values):
    @given(st.lists(values, min_size=1, unique=True), values)
    def check(ids, stranger):
        found = IdLookup.from_ids(pa.chunked_array([pa.array(ids, kind)]))
        assert found.find(pa.array(ids)).tolist() == list(range(len(ids)))
        assert found.find(pa.array([stranger])).tolist() == [ids.index(stranger) if stranger in ids else -1]

    check()


def test_a_hash_in_common_is_no_hit(monkeypatch):
    monkeypatch.setattr(
        "indexing.catalog.ids._keys", lambda ids: np.array([len(i) for i in ids.to_pylist()], dtype=np.uint64)
    )
    assert lookup("a", "bb", "ccc").find(pa.array(["a", "b", "cc", "ccc"])).tolist() == [0, -1, -1, 2]


@pytest.mark.parametrize("ids", [["a", "b", "7"], [5, 7, 9]])
def test_one_id_is_found_before_and_after_the_lookup_is_made(ids):
    kind = pa.int64() if isinstance(ids[0], int) else pa.large_string()
    table = catalog_of().table
    table = pa.concat_tables([table] * 3).set_column(0, "id", pa.chunked_array([ids[:1], ids[1:]], kind))
    for wanted in ("nobody", 8):
        with pytest.raises(UnknownId, match="is not in the catalogue"):
            Catalog(table).position(wanted)
    catalog = Catalog(table)
    for _ in range(2):
        assert [catalog.position(one) for one in ids] == [0, 1, 2]
        assert catalog.position("7") == ids.index("7" if "7" in ids else 7)
        assert catalog.lookup.find(catalog.ids).tolist() == [0, 1, 2]


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1])
def test_a_few_rows_are_those_that_arrow_takes(count, sample_index):
    catalog = open_index(sample_index).catalog
    table = pa.concat_tables([catalog.table.slice(0, 100), catalog.table.slice(100)])
    positions = np.random.default_rng(0).permutation(len(table))[:count]
    taken = Catalog(table).take(positions).table
    assert taken.equals(table.combine_chunks().take(pa.array(positions)))
    assert taken.schema.equals(table.schema, check_metadata=True)


@pytest.mark.parametrize("ids", [["007", "a-1"], [7, 12]])
def test_a_word_is_taken_for_a_text_where_it_looks_like_an_id_and_is_none(ids):
    lookup = IdLookup.from_ids(pa.chunked_array([ids]))
    said = "no product has the id '9', it is searched for as a text"
    assert lookup.taken_for_text("9") == said
    assert [lookup.taken_for_text(word) for word in (str(ids[0]), "kettle", "")] == [None] * 3
    lost = lookup.taken_for_text("07")
    assert lost is not None
    assert ("the catalogue has '007'" in lost) == isinstance(ids[0], str)
