"""Offers are scored as they would be in the index: against `heroic update` and `heroic score`."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.errors import InputError
from indexing.given.read_given import GivenOptions, read_given
from indexing.product_index import open_index
from indexing.update.update_index import UpdateOptions, update_index
from reranking.explain.explanation import explain
from reranking.matching.match_offers import MatchOptions, match_offers, prepare_matching
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker
from reranking.signals.learned import cross as cross_signals
from reranking.signals.learned.gate import CrossGate

HELD_OUT = 48  # every so many-th product of the sample is taken out of the index


@pytest.fixture(scope="module")
def held_out(sample):
    """Rows of the sample's file, with pictures by whole path."""
    table = pq.read_table(sample / "products.parquet")
    rows = np.arange(0, len(table), HELD_OUT)
    names = pa.array([name and str(sample / name) for name in table["image"].to_pylist()])
    table = table.set_column(table.column_names.index("image"), "image", names)
    return table.take(rows)


@pytest.fixture(scope="module")
def without(sample_index, held_out, tmp_path_factory):
    """An index folder of the sample without these."""
    folder = tmp_path_factory.mktemp("without") / "index"
    shutil.copytree(sample_index, folder)
    gone = folder.parent / "gone.txt"
    gone.write_text("".join(f"{one}\n" for one in held_out["id"].to_pylist()))
    update_index(folder, delete=gone)
    return folder


@pytest.fixture(scope="module")
def matcher(without, sample_model):
    return prepare_matching(open_index(without), load_reranker(sample_model))


@pytest.fixture
def offers_of(tmp_path):
    """Read rows as offers for an index."""

    def read(index, table):
        pq.write_table(table, tmp_path / "offers.parquet")
        folder = tmp_path / f"read-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return read_given(index, [tmp_path / "offers.parquet"], folder, options=GivenOptions(max_rejects=1.0)).catalog

    return read


def updated_scores(folder, model, row, products, tmp_path):
    """The scores of a product's pairs with others, by position, after an update with it alone."""
    shutil.copytree(folder, tmp_path / "updated")
    pq.write_table(row, tmp_path / "one.parquet")
    index = update_index(tmp_path / "updated", [tmp_path / "one.parquet"], options=UpdateOptions(max_rejects=1.0)).index
    own = int(index.catalog.positions(row["id"])[0])
    scorer = PairScorer.prepare(index, model, np.unique(np.append(products, own)))
    return scorer.score(np.full(len(products), own), products)


def changed(table, column, value):
    return table.set_column(
        table.column_names.index(column), column, pa.array([value], table.schema.field(column).type)
    )


@pytest.mark.parametrize("number", range(7))
def test_an_offer_is_scored_as_after_an_update_with_it_alone(number, held_out, without, matcher, offers_of, tmp_path):
    row = held_out.slice(number, 1)
    found = match_offers(matcher, offers_of(matcher.index, row))
    assert found.known.tolist() == [-1]
    then = updated_scores(without, matcher.model, row, found.products, tmp_path)
    apart = np.abs(then - found.scores)
    assert len(apart) > 20
    assert (apart <= 1e-4).mean() >= 0.95
    assert apart.max() <= 0.01


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", "Смартфон"),
        ("image", None),
        ("image", "no such.jpg"),
        ("source", "a shop of its own"),
        ("source", None),
    ],
)
def test_so_is_one_with_other_cells(column, value, held_out, without, matcher, offers_of, tmp_path):
    row = changed(held_out.slice(2, 1), column, value)
    found = match_offers(matcher, offers_of(matcher.index, row))
    then = updated_scores(without, matcher.model, row, found.products, tmp_path)
    np.testing.assert_allclose(found.scores, then, atol=0.01)


@pytest.mark.parametrize(("number", "place"), [(1, 17), (2, 30), (5, 69)])
def test_an_offer_whose_id_the_index_holds_stands_in_its_place(
    number, place, held_out, without, matcher, offers_of, tmp_path
):
    own = matcher.index.catalog.ids[place].as_py()
    row = changed(held_out.slice(number, 1), "id", own)
    found = match_offers(matcher, offers_of(matcher.index, row))
    assert found.known.tolist() == [place]
    assert place not in found.products
    then = updated_scores(without, matcher.model, row, found.products, tmp_path)
    apart = np.abs(then - found.scores)
    assert (apart <= 0.01).mean() >= 0.99  # who had the old product in its list, or as a rival, is known in part


def test_so_does_one_that_is_hardly_another(sample, without, matcher, offers_of, tmp_path):
    table = pq.read_table(sample / "products.parquet")
    place = table["id"].to_pylist().index(matcher.index.catalog.ids[43].as_py())
    picture = table["image"][place].as_py()
    row = changed(table.slice(place, 1), "image", picture and str(sample / picture))
    row = changed(row, "title", f"{row['title'][0].as_py()} new")
    found = match_offers(matcher, offers_of(matcher.index, row))
    assert found.known.tolist() == [43]
    then = updated_scores(without, matcher.model, row, found.products, tmp_path)
    assert (np.abs(then - found.scores) <= 0.01).mean() >= 0.99


def test_a_product_of_the_index_is_matched_as_its_pairs_are_scored(matcher):
    index = matcher.index
    rows = np.arange(0, len(index.catalog), 5)
    found = match_offers(matcher, index.catalog.take(rows))
    assert found.known.tolist() == rows.tolist()
    left = rows[found.offers]
    assert not (left == found.products).any()
    scorer = PairScorer.prepare(index, matcher.model, np.arange(len(index.catalog)))
    apart = np.abs(scorer.score(left, found.products) - found.scores)
    assert len(apart) > 1000
    assert (apart <= 0.01).mean() > 0.995
    np.testing.assert_array_equal(found.called, found.scores >= scorer.thresholds(left))


def test_the_reasons_are_those_of_an_explanation_after_an_update(held_out, without, matcher, offers_of, tmp_path):
    row = held_out.slice(3, 1)
    found = match_offers(matcher, offers_of(matcher.index, row), explain=4)
    told = found.best(4)
    assert [place for place, reasons in enumerate(found.reasons) if reasons is not None] == told.tolist()
    updated_scores(without, matcher.model, row, found.products, tmp_path)
    index = open_index(tmp_path / "updated")
    own = int(index.catalog.positions(row["id"])[0])
    scorer = PairScorer.prepare(index, matcher.model, np.unique(np.append(found.products, own)))
    explained = [found.reasons[place] for place in told.tolist()]
    assert any(reasons.supporting for reasons in explained)
    assert any(reasons.opposing for reasons in explained)
    for place in told.tolist():
        then = explain(scorer, own, int(found.products[place])).reasons
        for ours, theirs in (
            (found.reasons[place].supporting, then.supporting),
            (found.reasons[place].opposing, then.opposing),
        ):
            assert [(reason.family, reason.words) for reason in ours] == [
                (reason.family, reason.words) for reason in theirs
            ]
            assert [reason.added for reason in ours] == pytest.approx([reason.added for reason in theirs], abs=0.02)


def test_only_what_is_asked_is_explained(held_out, matcher, offers_of):
    offers = offers_of(matcher.index, held_out)
    assert match_offers(matcher, offers).reasons == ()
    found = match_offers(matcher, offers, explain=0)
    assert [reasons is not None for reasons in found.reasons] == found.called.tolist()
    assert match_offers(matcher, offers.slice(0, 0), explain=3).reasons == ()


def test_offers_do_not_see_one_another(held_out, matcher, offers_of):
    offers = offers_of(matcher.index, held_out)
    together = match_offers(matcher, offers)
    for number in range(len(offers)):
        alone = match_offers(matcher, offers.slice(number, number + 1))
        part = together.of_offer(number)
        assert together.products[part].tolist() == alone.products.tolist()
        np.testing.assert_array_equal(together.scores[part], alone.scores)


def test_pairs_stand_best_first(held_out, matcher, offers_of):
    found = match_offers(matcher, offers_of(matcher.index, held_out))
    for number in range(len(held_out)):
        assert (np.diff(found.scores[found.of_offer(number)]) <= 0).all()
        assert (np.diff(found.probabilities[found.of_offer(number)]) <= 0).all()


def test_an_offer_that_says_nothing_is_near_nobody(held_out, matcher, offers_of):
    row = held_out.slice(0, 1)
    for column in ("title", "description", "brand", "attributes", "image"):
        row = changed(row, column, None)
    found = match_offers(matcher, offers_of(matcher.index, row))
    assert not len(found.offers)
    assert len(found.categories) == 1


def test_no_offers_have_no_matches(held_out, matcher, offers_of):
    found = match_offers(matcher, offers_of(matcher.index, held_out).slice(0, 0))
    assert not len(found.offers)
    assert not len(found.known)


def test_a_model_without_rivals_is_served_too(held_out, matcher, offers_of, monkeypatch):
    own = tuple(name for name in matcher.model.feature_names if not name.startswith("rival"))
    assert own != matcher.model.feature_names
    alone = replace(matcher.model, learned=replace(matcher.model.learned, look=None), feature_names=own)
    seen = []
    monkeypatch.setattr(
        XgboostReranker, "score", lambda model, features, sides: seen.append(features) or features[:, 0]
    )
    offers = offers_of(matcher.index, held_out.slice(0, 1))
    found = [match_offers(prepare_matching(matcher.index, model), offers) for model in (alone, matcher.model)]
    assert found[0].products.tolist() == found[1].products.tolist()
    there = [matcher.model.feature_names.index(name) for name in own]
    np.testing.assert_array_equal(seen[0], seen[1][:, there])


@pytest.mark.parametrize("reach", [1.0, 4.0])
def test_an_offer_is_read_by_a_cross_encoder_where_its_gate_opens(reach, matcher, monkeypatch):
    """Products of the index are offered, whose pairs a scorer reads too; the score is how many characters both texts have."""
    index, learned = matcher.index, matcher.model.learned
    cross = SimpleNamespace(count=1, template="{title}", folds=lambda catalog: np.full(len(catalog), -1))

    def lengths(number, left, right):
        return np.array([len(one) + len(other) for one, other in zip(left, right, strict=True)], np.float32)

    monkeypatch.setattr(cross_signals, "_FoldScorer", lambda cross: lengths)
    gated = replace(learned, cross=cross, gate=CrossGate(learned.look, reach))
    model = replace(matcher.model, learned=gated, feature_names=(*matcher.model.feature_names, "cross_score"))
    seen = []
    monkeypatch.setattr(
        XgboostReranker, "score", lambda model, features, sides: seen.append(features) or features[:, 0]
    )
    rows = np.arange(0, len(index.catalog), 20)
    found = match_offers(prepare_matching(index, model), index.catalog.take(rows))
    (offered,) = seen
    scorer = PairScorer.prepare(index, model, np.arange(len(index.catalog)))
    then = scorer.features(rows[found.offers], found.products)[:, -1]
    assert 0 < np.isnan(then).mean() < 1
    np.testing.assert_array_equal(np.sort(offered[:, -1]), np.sort(then))


def test_more_neighbours_than_the_model_looks_at_are_refused(matcher):
    with pytest.raises(InputError, match="-k 21: the model looks at 20"):
        prepare_matching(matcher.index, matcher.model, options=MatchOptions(k=21))


def test_options_refuse_no_neighbours():
    with pytest.raises(InputError, match="-k 0"):
        MatchOptions(k=0)
