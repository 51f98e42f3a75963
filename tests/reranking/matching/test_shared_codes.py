"""Offers are paired with products that share an identifier with them, and with those alone that filters let through."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.filters import Filters
from indexing.errors import InputError
from indexing.given.read_given import GivenOptions, read_given
from indexing.update.update_index import UpdateOptions, update_index
from reranking.matching.match_offers import MatchOptions, match_offers, prepare_matching
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.pairs.candidates import write_candidates

CODE, WORN = "4006381333931", "4012345678901"
FAR = 250  # the product that has CODE
PART = 309  # the one that has a part number, of a brand that many have


def rows_of(sample):
    """The sample's rows with barcodes and part numbers: a far one, one of a brand, and one that stands for too many."""
    table = pq.read_table(sample / "products.parquet")
    rows = table.to_pylist()
    for number, row in enumerate(rows):
        row["image"] = row["image"] and str(sample / row["image"])
        row["gtin"] = CODE if number == FAR else WORN if number < 130 else None
        row["mpn"] = "AB-12/7" if number == PART else None
    return rows, table.schema.append(pa.field("gtin", pa.string())).append(pa.field("mpn", pa.string()))


@pytest.fixture(scope="module")
def matcher(sample, sample_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("coded")
    rows, schema = rows_of(sample)
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "products.parquet")
    index = build_index([folder / "products.parquet"], folder / "index", options=BuildOptions(k=20)).index
    return prepare_matching(index, load_reranker(sample_model))


@pytest.fixture
def offer(sample, matcher, tmp_path):
    """Read an offer like the first product, with other cells."""
    rows, schema = rows_of(sample)

    def read(**cells):
        row = {**rows[0], "id": "new", "source": "a new shop", "gtin": None, **cells}
        pq.write_table(pa.Table.from_pylist([row], schema), tmp_path / "offers.parquet")
        scratch = tmp_path / f"read-{len(list(tmp_path.iterdir()))}"
        scratch.mkdir()
        return read_given(matcher.index, [tmp_path / "offers.parquet"], scratch, options=GivenOptions()).catalog

    return read


@pytest.mark.parametrize("partner", [FAR, PART], ids=["gtin", "mpn"])
def test_an_offer_is_paired_with_who_shares_an_identifier(partner, matcher, offer):
    brand = matcher.index.catalog.table["brand"][PART].as_py().upper()
    cells = {"gtin": CODE} if partner == FAR else {"brand": brand, "mpn": "ab12 7"}
    near = replace(matcher, options=MatchOptions(k=3))
    without = match_offers(near, offer(**{**cells, "gtin": None, "mpn": None}))
    found = match_offers(near, offer(**cells))
    assert partner not in without.products
    assert partner in found.products


def test_its_pair_is_scored_as_after_an_update(matcher, offer, tmp_path):
    found = match_offers(matcher, offer(gtin=CODE))
    index = update_of(matcher, tmp_path)
    own = int(index.catalog.positions(pa.array(["new"], index.catalog.ids.type))[0])
    scorer = PairScorer.prepare(index, matcher.model, np.unique(np.append(found.products, own)))
    then = scorer.score(np.full(len(found.products), own), found.products)
    np.testing.assert_allclose(found.scores, then, atol=0.02)  # claims of others count by the kept lists alone
    proposed = candidates_of(index, tmp_path)
    assert "new" in proposed[index.catalog.ids[FAR].as_py()]


def update_of(matcher, folder):
    """Put the offer that was read into a copy of the index."""
    import shutil

    shutil.copytree(matcher.index.folder, folder / "updated")
    return update_index(folder / "updated", [folder / "offers.parquet"], options=UpdateOptions(max_rejects=1.0)).index


def candidates_of(index, folder):
    """Who is a candidate of whom, by id."""
    write_candidates(index, folder / "candidates.parquet")
    found = {}
    for left, right in zip(
        *pq.read_table(folder / "candidates.parquet").select([0, 1]).to_pydict().values(), strict=True
    ):
        found.setdefault(left, set()).add(right)
        found.setdefault(right, set()).add(left)
    return found


def test_a_code_that_is_worn_out_pairs_with_nobody(matcher, offer):
    with_it, without = (match_offers(matcher, offer(gtin=code)) for code in (WORN, None))
    assert with_it.products[np.argsort(with_it.products)].tolist() == sorted(without.products.tolist())


def test_products_of_its_own_source_share_nothing_where_others_alone_are_matched(matcher, offer):
    index = matcher.index
    across = replace(index, made=replace(index.made, match_across_sources=True))
    own = index.catalog.table["source"][FAR].as_py()
    found = []
    for source in (own, "a new shop", None):
        one = offer(gtin=CODE, source=source)
        _, products = replace(matcher.shared, index=across).pairs(one, matcher.given(one)[0])
        found.append(products.tolist())
    assert found == [[], [FAR], [FAR]]


def filtered(matcher, **asked):
    return replace(matcher, options=MatchOptions(filters=Filters(**asked)))


@pytest.mark.parametrize("gtin", [None, CODE])
def test_filters_let_through_whom_they_name_with_the_same_scores(gtin, matcher, offer):
    table, one = matcher.index.catalog.table, offer(gtin=gtin)
    name = table["source"][FAR].as_py()
    every, alone, others = (
        match_offers(each, one)
        for each in (matcher, filtered(matcher, sources=(name,)), filtered(matcher, not_sources=(name,)))
    )
    assert set(table["source"].take(pa.array(alone.products)).to_pylist()) == {name}
    assert name not in table["source"].take(pa.array(others.products)).to_pylist()
    assert len(alone.products) >= 20  # as many neighbours of these as of all
    assert gtin is None or FAR in alone.products
    scores = dict(zip(every.products.tolist(), every.scores.tolist(), strict=True))
    for found in (alone, others):
        same = [place for place, product in enumerate(found.products.tolist()) if product in scores]
        assert len(same) >= 3
        assert found.scores[same].tolist() == pytest.approx([scores[int(found.products[place])] for place in same])


def test_a_category_narrows_too_and_an_unknown_one_is_refused(matcher, offer):
    index = matcher.index
    name = index.catalog.category()[FAR].as_py()
    found = match_offers(filtered(matcher, category=name), offer())
    assert set(index.catalog.category().take(pa.array(found.products)).to_pylist()) == {name}
    with pytest.raises(InputError, match="category 'Smartfone' is not in the catalogue"):
        match_offers(filtered(matcher, category="Smartfone"), offer())
