"""Latent semantic analysis of texts."""

import numpy as np
import pytest

import indexing.catalog.catalog
from indexing.encoders.lsa import fit_lsa, load_lsa
from indexing.errors import InputError
from indexing.vectors.ngram_options import LsaOptions

WORDS = [
    "kettle",
    "steel",
    "glass",
    "toaster",
    "red",
    "cable",
    "white",
    "phone",
    "case",
    "leather",
    "black",
    "usb",
    "hdmi",
    "lamp",
    "desk",
]


@pytest.fixture
def titles():
    generator = np.random.default_rng(0)
    return [" ".join([*generator.choice(WORDS, 4), f"{'kxtr'[n % 4]}-{n}"]) for n in range(120)]


def test_alike_texts_are_nearer_than_others(catalog_of, titles):
    encoder = fit_lsa(catalog_of(title=titles), LsaOptions(dim=64))
    kettle, turned, lamp = encoder.encode_texts(["steel kettle kx-170", "kettle kx-170 steel", "desk lamp hdmi"])
    assert kettle @ turned > 0.95
    assert kettle @ lamp < 0.4


def test_texts_of_unknown_letters_are_near_their_likes_alone(catalog_of, titles):
    encoder = fit_lsa(catalog_of(title=titles), LsaOptions(dim=64))
    rows = encoder.encode_texts(["чайник стальной новый", "новый стальной чайник", "мышь", *titles])
    assert rows[0] @ rows[1] == pytest.approx(1, abs=1e-5)
    assert np.abs(rows[:3] @ rows[3:].T).max() < 0.6
    assert rows[0] @ rows[2] < 0.5
    half = encoder.encode_texts(["red kettle", "red kettle чайник стальной новый"])
    assert half[0] @ half[1] < 0.9


def test_a_text_without_letters_has_nothing_to_see(catalog_of, titles):
    encoder = fit_lsa(catalog_of(title=titles), LsaOptions(dim=16))
    assert not encoder.encode_texts(["", " "]).any()
    assert encoder.encode_texts([]).shape == (0, 16)


LATIN = [
    "zo",
    "ra",
    "vex",
    "plu",
    "to",
    "mi",
    "lan",
    "kor",
    "dex",
    "ba",
    "nu",
    "fi",
    "ster",
    "qua",
    "lo",
    "ven",
    "tri",
    "gar",
    "mel",
    "sun",
    "opt",
    "hal",
    "jin",
    "wes",
    "cru",
    "dol",
]
ARABIC = [
    "با",
    "تو",
    "سي",
    "را",
    "كو",
    "لم",
    "نا",
    "في",
    "دو",
    "شر",
    "حا",
    "مي",
    "قل",
    "زو",
    "عم",
    "غر",
    "هد",
    "جو",
    "طف",
    "صب",
]


def made_titles(syllables, words, titles, seed):
    """Titles of seven made words each."""
    draw = np.random.default_rng(seed)
    known = ["".join(draw.choice(syllables, draw.integers(2, 5))) for _ in range(words)]
    return [list(draw.choice(known, 7)) for _ in range(titles)]


@pytest.fixture(scope="module")
def minority():
    """2,500 titles in Latin letters, four of each product, and 25 in Arabic ones, then the latter again: their words
    in another order, one less."""
    draw = np.random.default_rng(3)
    common = [title for title in made_titles(LATIN, 1200, 625, seed=2) for _ in range(4)]
    rare = made_titles(ARABIC, 150, 25, seed=1)
    texts = [" ".join([*draw.permutation(title), str(draw.integers(10, 999))]) for title in common]
    return [*texts, *(" ".join(title) for title in rare), *(" ".join(title[-2::-1]) for title in rare)]


def unrelated(rows):
    """The median cosine of different rows."""
    return np.median((rows @ rows.T)[np.triu_indices(len(rows), 1)])


def test_titles_in_a_script_of_few_are_told_apart(catalog_of, minority):
    encoder = fit_lsa(catalog_of(title=minority))
    rows = encoder.encode_texts(minority)
    latin, rare, twins = rows[:2500:4], rows[2500:2525], rows[2525:]
    assert unrelated(rare) < unrelated(latin) + 0.1
    cosines = np.hstack([rare @ twins.T, rare @ rows[:2500].T])
    assert cosines.argmax(axis=1).tolist() == list(range(25))


def test_without_what_is_left_over_they_would_be_one(catalog_of, minority):
    """What the residual is for: titles of a rare script have one singular vector for all of them."""
    rows = fit_lsa(catalog_of(title=minority), LsaOptions(residual=0)).encode_texts(minority)
    assert unrelated(rows[2500:2525]) > 0.4


def test_a_row_does_not_depend_on_what_is_encoded_with_it(catalog_of, minority):
    encoder = fit_lsa(catalog_of(title=minority))
    together = encoder.encode_texts(minority[2480:2540])
    alone = np.concatenate([encoder.encode_texts([text]) for text in minority[2480:2540]])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("most_texts", [60_000, 50])
def test_the_order_of_the_catalogue_does_not_change_cosines(catalog_of, titles, most_texts):
    options = LsaOptions(dim=16, most_texts=most_texts)
    order = np.random.default_rng(1).permutation(120)
    rows = fit_lsa(catalog_of(title=titles), options).encode_texts(titles)
    again = fit_lsa(catalog_of(title=[titles[place] for place in order]), options).encode_texts(titles)
    assert again @ again.T == pytest.approx(rows @ rows.T, abs=1e-4)


def test_what_is_saved_is_what_is_loaded(catalog_of, titles, tmp_path):
    encoder = fit_lsa(catalog_of(title=titles), LsaOptions(dim=16, fields=("title", "brand")))
    encoder.save(tmp_path)
    loaded = load_lsa(tmp_path)
    assert loaded.options == encoder.options
    assert (loaded.encode_texts(titles) == encoder.encode_texts(titles)).all()


@pytest.mark.parametrize("name", ["lsa.json", "lsa.npz"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"PK\3\4 and no more"])
def test_a_damaged_encoder_is_refused(catalog_of, titles, tmp_path, name, content):
    fit_lsa(catalog_of(title=titles), LsaOptions(dim=4)).save(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="build the index again"):
        load_lsa(tmp_path)


@pytest.mark.parametrize("titles", [["kettle"], ["kettle", "kettle"], ["a", "b"], ["kettle", None, " "]])
def test_the_smallest_catalogues_can_be_fitted(catalog_of, titles):
    rows = fit_lsa(catalog_of(title=titles)).encode(catalog_of(title=titles)).rows
    seen = [bool(title and title.strip()) for title in titles]
    assert np.any(rows, axis=1).tolist() == seen
    assert rows[0] @ rows[0] == pytest.approx(1.0, abs=1e-5)


def test_a_catalogue_without_text_is_refused_with_a_remedy(catalog_of):
    with pytest.raises(InputError, match="no product has any text: give --text-encoder none"):
        fit_lsa(catalog_of(title=[None, " "]))


def test_a_sample_is_the_same_however_the_texts_are_blocked(catalog_of, titles, monkeypatch):
    options = LsaOptions(dim=8, most_texts=30)
    whole = fit_lsa(catalog_of(title=titles), options)
    monkeypatch.setattr(indexing.catalog.catalog, "TEXT_BLOCK", 7)
    blocked = fit_lsa(catalog_of(title=titles), options)
    assert blocked.projection.tobytes() == whole.projection.tobytes()
    assert blocked.kept.tolist() == whole.kept.tolist()
