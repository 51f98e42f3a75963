"""How an index reads texts: in one normal form, as far as asked, and as its manifest says ever after."""

import unicodedata
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest

import indexing.build.joining
import indexing.encoders.by_spec
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import Unfinished
from indexing.product_index import open_index
from indexing.query.find_neighbours import Query, find_neighbours
from indexing.update.compact_index import compact_index
from indexing.update.update_index import update_index
from indexing.vectors.ngram_options import LexicalOptions, LsaOptions
from indexing.words.reading import EARLIER, Reading

NAMES = ("Crème brûlée façon", "Jalapeño señor niño", "Übergröße schön süß", "Чайный ёжик йод", "Cable usb white cord")
FORMS = (
    lambda text: unicodedata.normalize("NFD", text),
    str.upper,
    lambda text: "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text),
    lambda text: text[:3] + "\N{SOFT HYPHEN}" + text[3:] + "\N{ZERO WIDTH SPACE}",
)


@pytest.fixture
def built(write, tmp_path):
    def build(titles, **encoding):
        products = write("products.parquet", {"id": list(range(len(titles))), "title": titles})
        options = BuildOptions(k=5, encoding=EncodingOptions(**encoding))
        return build_index([products], tmp_path / "index", options=options)

    return build


@pytest.mark.parametrize("form", FORMS)
def test_one_text_in_two_unicode_forms_is_one_text_in_every_view(built, form):
    index = built([*NAMES, *map(form, NAMES)]).index
    left = np.arange(len(NAMES))
    for view in ("text", "lexical"):
        assert index.cosines(view, left, left + len(NAMES)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("view", [None, "lexical"])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_typed_is_read_as_the_products_are(built, form, view):
    index = built([*NAMES, *NAMES]).index
    plain, other = (find_neighbours(index, Query(text=text, view=view), 4) for text in (NAMES[0], form(NAMES[0])))
    assert plain.positions.tolist() == other.positions.tolist()
    np.testing.assert_array_equal(plain.cosines, other.cosines)


def test_products_that_an_update_brings_are_read_so_too(built, write):
    index = built([*NAMES, *NAMES]).index
    update_index(index.folder, [write("new.csv", f"id,title\n77,{FORMS[0](NAMES[0])}\n")])
    index = open_index(index.folder)
    assert index.made.reading == Reading()
    assert index.cosines("text", np.array([0]), np.array([10])) == pytest.approx(1, abs=1e-6)


def test_attributes_are_read_to_their_end_and_descriptions_as_far_as_is_said(built, write):
    words = " ".join(f"word{number}" for number in range(200))
    columns = {"id": [1, 2], "title": ["a", "b"], "maker part": [f"{words} qx1", f"{words} qx2"]}
    products = write("products.parquet", {**columns, "description": [f"{words} zz", "short"]})
    built = build_index([products], products.parent / "index", options=BuildOptions(k=1))
    assert built.index.catalog.texts(["attributes"])[0].endswith("qx1")
    assert built.cut_short == {"description": 1}
    options = BuildOptions(k=1, encoding=EncodingOptions(text_cap=5))
    built = build_index([products], products.parent / "index", options=options)
    assert built.index.made.reading == Reading(field_chars=5, description_chars=5)
    assert built.cut_short == {"attributes": 2, "description": 1}
    assert built.index.catalog.texts() == ["a word0 word0", "b word0 short"]


def test_vectors_of_texts_that_were_read_otherwise_are_not_reused(built, write, tmp_path):
    assert built(list(NAMES)).reused == []
    assert built(list(NAMES)).reused == ["text"]
    assert built(list(NAMES), text_cap=5).reused == []
    products = write("products.parquet", {"id": [1, 2], "title": ["a", "b"]})
    with pytest.raises(Unfinished, match="field_chars"):
        build_index([products], tmp_path / "index", options=BuildOptions(k=5, extend=True))


def test_an_index_of_before_reads_texts_as_it_did(root, tmp_path):
    index = open_index(root / "tests" / "artefacts" / "version_1" / "index")
    assert (index.made.reading, index.catalog.reading) == (EARLIER, EARLIER)
    texts = index.catalog.texts(["title"])
    assert texts == pc.utf8_trim_whitespace(pc.fill_null(index.catalog.table["title"], "")).to_pylist()
    rows = index.encoder("text").encode(index.catalog).rows
    np.testing.assert_allclose(rows, index.rows("text").take(np.arange(len(rows))), atol=1e-6)
    assert replace(index.catalog, reading=Reading()).texts(["title"]) != texts


CABLES = (
    "USB кабель 0.5 м",
    "USB кабель 1м",
    "Кабель USB 1,5м белый",
    "Cable USB 150 cm",
    "USB кабель 2 м",
    "USB кабель 15 м",
)
ASKED = ("usb кабель 1.5 м", "usb кабель 1.5м", "1,5 m usb кабель", "кабель usb 150 cm", "кабель 1500 мм usb")


@pytest.mark.parametrize("view", ["text", "lexical"])
def test_a_quantity_is_found_however_it_is_typed_and_where(built, view):
    index = built([*CABLES, *CABLES, *NAMES]).index
    answers = [find_neighbours(index, Query(text=text, view=view), 8) for text in ASKED]
    for answer in answers:
        assert set(answer.positions[:4].tolist()) == {2, 3, 8, 9}
        assert answer.positions.tolist() == answers[0].positions.tolist()
        np.testing.assert_allclose(answer.cosines, answers[0].cosines, atol=1e-6)
    assert index.made.lexical.quantity_letters == 5
    assert index.made.encoders["text"].made.options.quantity_letters == 1


def test_an_index_that_reads_quantities_as_they_are_written_stays_so(built, write, monkeypatch):
    monkeypatch.setattr(indexing.build.joining, "TODAYS_LEXICAL", LexicalOptions())
    monkeypatch.setattr(indexing.encoders.by_spec, "TODAYS_LSA", LsaOptions())
    folder = built([*CABLES, *CABLES, *NAMES]).index.folder
    monkeypatch.undo()
    index = open_index(folder)
    answers = [find_neighbours(index, Query(text=text, view="lexical"), 4).cosines for text in ASKED[:2]]
    assert np.abs(answers[0] - answers[1]).max() > 0.01
    update_index(folder, [write("new.csv", f"id,title\n77,{CABLES[3]}\n")])
    compact_index(folder, refit=True)
    index = open_index(folder)
    assert index.lexical.options == index.made.lexical == LexicalOptions()
    assert index.encoder("text").options.quantity_letters == 0
    assert index.cosines("lexical", np.array([3]), np.array([len(CABLES) * 2 + len(NAMES)])) == pytest.approx(
        1, abs=1e-6
    )


def test_titles_of_more_products_than_the_cap_keep_true_cosines_and_their_neighbours(built):
    common, count = "Чехол для телефона чёрный", LexicalOptions().most_products + 100
    index = built([common] * count + ["Чехол для телефона красный", "Kettle steel", "Kettle glass"]).index
    assert index.cosines("lexical", np.array([0, 7, 0]), np.array([count - 1, count // 2, count + 1])) == pytest.approx(
        [1, 1, 0], abs=1e-6
    )
    assert (np.asarray(index.neighbours("lexical").positions)[:count] < count).all()
    assert find_neighbours(index, Query(text=common, view="lexical"), 3).positions.tolist() == [0, 1, 2]
