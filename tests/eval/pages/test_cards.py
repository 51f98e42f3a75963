"""Product cards of mistakes."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from eval.findings.reasons import NO_REASONS, ReportReasons
from eval.inputs.context import Context
from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.cards import MOST_CHARS, MOST_FACTS, CardMaker
from eval.pages.pictures import SIDE, PictureShelf
from eval.report import evaluate
from reranking.explain.reasons import Reason


@pytest.fixture
def maker(write_table):
    def of(catalog, reasons=NO_REASONS):
        ids = {"left_id": [1], "right_id": [2]}
        report = evaluate(
            read_scores(write_table("s.parquet", {**ids, "score": [0.5]})),
            read_truth(write_table("t.parquet", {**ids, "target": [0.0]})),
        )
        return CardMaker(report, Context(catalog=catalog), reasons)

    return of


@pytest.fixture
def card(maker):
    return lambda catalog, **more: maker(catalog, **more).cards(np.array([0]))[0]


def test_without_a_catalogue_a_product_is_its_id(card):
    assert (card(None).left.id, card(None).left.title, card(None).left.picture) == ("1", (), None)
    assert card(None).facts == ()


def test_a_picture_is_shrunk_and_embedded_once(maker, catalog_of, picture):
    name = picture("a.png", size=(800, 400))
    made = maker(catalog_of([1, 2], images=[[name], [name]]))
    (pair,) = made.cards(np.array([0]))
    assert pair.left.picture == pair.right.picture == 0
    (uri,) = made.pictures
    head, content = uri.split(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (SIDE, SIDE // 2)


def test_a_picture_that_cannot_be_read_gives_way_to_the_next(card, catalog_of, picture, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    pair = card(catalog_of([1, 2], images=[["broken.png", picture("a.png")], ["broken.png", "gone.png"]]))
    assert pair.left.picture is not None
    assert pair.right.picture is None


def test_a_page_takes_no_more_pictures_than_it_can_carry(catalog_of, picture):
    catalog = catalog_of([1], images=[None])
    shelf = PictureShelf(catalog, most_bytes=1)
    assert [shelf.place([picture(name)]) for name in ("a.png", "b.png", "a.png")] == [0, None, 0]


def test_facts_of_both_products_are_few_and_short_and_say_where_they_conflict(card, catalog_of):
    many = [{"key": f"k{i}", "value": "x" * 500} for i in range(50)]
    other = [{"key": "k0", "value": "y"}]
    pair = card(catalog_of([1, 2], price=[1234.5, None], attributes=[many, other], brand=["acme", "Acme"]))
    found = {fact.name: (fact.left, fact.right, fact.agreement.value) for fact in pair.facts}
    assert found["price"] == ("1,234.50", "", "")
    assert found["brand"] == ("acme", "Acme", "=")
    assert found["k0"][2] == "≠"
    assert len(pair.facts) == MOST_FACTS
    assert max(len(fact.left) for fact in pair.facts) == MOST_CHARS
    assert pair.hidden > 0


def test_reasons_are_those_of_the_pair(card, catalog_of):
    reason = Reason("price", -1.5, "price 2 against 4")
    assert card(catalog_of([1, 2]), reasons=ReportReasons({0: (reason,)}, {})).reasons == (reason,)


def test_a_card_says_what_decides_and_what_the_label_is(card):
    pair = card(None)
    assert (pair.score, pair.threshold, pair.called, pair.match) == (0.5, None, False, False)
