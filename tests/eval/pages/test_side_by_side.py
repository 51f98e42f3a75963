"""What a reviewer sees of two products, and what is marked of it."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.pages.side_by_side import _field, side_by_side
from indexing.catalog.catalog import FIELDS, Catalog


def catalog_of(*products, pictures=Path("/shop")):
    columns = {field.name: pa.array([p.get(field.name) for p in products], field.type) for field in FIELDS}
    return Catalog(pa.table({"id": pa.array(range(len(products))), **columns}), pictures, Path("/index"))


def marked(pieces):
    return "".join(f"<{piece.text}>" if piece.mark else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("left", "right", "shown_left", "shown_right"),
    [
        ("usb cable 1 m", "USB cable 2 m", "usb cable <1> m", "USB cable <2> m"),
        ("red phone", "red phone", "red phone", "red phone"),
        ("phone", "phone pro max", "phone", "phone <pro> <max>"),
        ("phone pro", "pro phone", "phone pro", "pro phone"),
        ("черный чехол", "белый чехол", "<черный> чехол", "<белый> чехол"),
        ("", "only here", "", "only here"),
    ],
)
def test_words_that_the_other_lacks_are_marked(left, right, shown_left, shown_right):
    field = _field("title", left, right)
    assert (marked(field.left), marked(field.right)) == (shown_left, shown_right)
    assert field.equal == (bool(left) and "<" not in shown_left + shown_right)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_letter_is_lost_or_added_and_swapping_sides_swaps_what_is_shown(left, right):
    field = _field("title", left, right)
    assert ("".join(p.text for p in field.left), "".join(p.text for p in field.right)) == (left, right)
    assert _field("title", left, left).equal == bool(left)


LONG = "word " * 119  # 595 of the 600 characters that are shown


@pytest.mark.parametrize(
    ("left", "right", "end", "equal"),
    [
        (f"{LONG}megahertz", f"{LONG}megahertz of it", "word megah…", False),  # cut alike, "of it" is not shown
        (f"{LONG}megahertz", f"megahertz {LONG}", "word megah…", True),  # the word is the other's, further ahead
        (f"{LONG}megahertz", f"{LONG}megabytes", "word <megah>…", False),
        (f"{LONG}megahertz x", f"{LONG}megah", "word <megah>…", False),
        (LONG.strip(), f"{LONG}more", "word word", False),
    ],
)
def test_a_word_that_is_cut_is_marked_as_the_whole_one_is(left, right, end, equal):
    shown = side_by_side(catalog_of({"description": left}, {"description": right}), 0, 1)
    (field,) = shown.fields
    assert marked(field.left).endswith(end)
    assert field.equal == equal
    assert sum(len(piece.text) for piece in field.left) <= 601


def test_fields_stand_in_one_order_and_what_both_lack_is_left_out():
    shown = side_by_side(
        catalog_of(
            {"title": "a", "price": 1234.5, "category_1": "home", "category_3": "lamps", "colors": ["red", "blue"],
             "attributes": [{"key": "Size", "value": "1"}, {"key": "Size", "value": "2"}]},
            {"title": "b", "source": "shop", "attributes": [{"key": "Weight", "value": "3 g"}]},
        ), 0, 1,
    )  # fmt: skip
    assert [(field.name, marked(field.left), marked(field.right)) for field in shown.fields] == [
        ("title", "<a>", "<b>"),
        ("price", "1,234.50", ""),
        ("category", "home / lamps", ""),
        ("colors", "red, blue", ""),
        ("Size", "1; 2", ""),
        ("source", "", "shop"),
        ("Weight", "", "3 g"),
    ]


def test_pictures_are_paths_and_urls_to_open():
    shown = side_by_side(
        catalog_of({"images": ["a.jpg", "https://shop/b.jpg"]}, {"images": ["pictures.bin#0:10"]}, {}), 0, 1
    )
    assert shown.left_pictures == ("/shop/a.jpg", "https://shop/b.jpg")
    assert shown.right_pictures == ("/index/pictures.bin#0:10",)
    assert side_by_side(catalog_of({}, {}), 0, 1).left_pictures == ()


def test_ids_and_scores_are_not_shown():
    shown = side_by_side(catalog_of({"title": "x"}, {"title": "y"}), 0, 1)
    assert [field.name for field in shown.fields] == ["title"]
