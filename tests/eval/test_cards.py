"""Product cards of mistakes."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from eval.cards import MOST_FACTS, PICTURE_SIDE, show_mistakes
from eval.context import Context
from eval.joining import read_truth
from eval.mistakes import Mistakes
from eval.report import evaluate
from eval.scores import read_scores


@pytest.fixture
def card(write_table):
    def of(catalog):
        ids = {"left_id": [1], "right_id": [2]}
        report = evaluate(
            read_scores(write_table("s.parquet", {**ids, "score": [0.5]})),
            read_truth(write_table("t.parquet", {**ids, "target": [0.0]})),
        )
        mistakes = Mistakes(np.array([0]), np.array([], dtype=np.int64))
        return show_mistakes(report, mistakes, Context(catalog=catalog)).false_matches[0]

    return of


def test_without_a_catalogue_a_product_is_its_id(card):
    assert (card(None).left.id, card(None).left.title, card(None).left.picture) == ("1", None, None)


def test_a_picture_is_shrunk_and_embedded(card, catalog_of, picture):
    uri = card(catalog_of([1, 2], images=[[picture("a.png", size=(800, 400))], None])).left.picture
    head, content = uri.split(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (PICTURE_SIDE, PICTURE_SIDE // 2)


def test_a_picture_that_cannot_be_read_gives_way_to_the_next(card, catalog_of, picture, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    pair = card(catalog_of([1, 2], images=[["broken.png", picture("a.png")], ["broken.png", "gone.png"]]))
    assert pair.left.picture is not None
    assert pair.right.picture is None


def test_facts_begin_with_the_price_and_are_few_and_short(card, catalog_of):
    many = [{"key": f"k{i}", "value": "x" * 500} for i in range(50)]
    facts = card(catalog_of([1, 2], price=[1234.5, None], attributes=[many, None], brand=["acme", None])).left.facts
    assert facts[:2] == (("price", "1,234.50"), ("brand", "acme"))
    assert len(facts) == MOST_FACTS
    assert max(len(value) for _, value in facts) <= 120
