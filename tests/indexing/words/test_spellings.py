"""Latin spellings of names in other scripts."""

import pytest

from indexing.errors import InputError
from indexing.words.spellings import FILE, SpellingsCount, load_spellings

TITLES = ["samsung galaxy s21", "samsung galaxi case", "galaxy tab", "xiaomi redmi", "the xiaomi", "ab ab", "lone"]


@pytest.fixture
def spellings():
    count = SpellingsCount()
    count.add(TITLES[:3])
    count.add(TITLES[3:])
    return count.spellings()


def test_words_that_are_written_twice_have_their_commonest_spelling(spellings):
    assert spellings.table["word"].to_pylist() == ["galaxy", "xiaomi", "samsung"]


def test_texts_in_other_scripts_get_the_spellings_that_they_sound_like(spellings):
    texts = ["самсунг галакси с21", "ксяоми 512гб", "чехол ab", "galaxy"]
    assert spellings.added_to(texts) == [
        "самсунг галакси с21 samsung galaxy c21 s21",
        "ксяоми 512гб xiaomi 512gb",
        "чехол ab",
        "galaxy",
    ]


def test_the_order_of_texts_makes_no_difference(spellings):
    count = SpellingsCount()
    count.add(TITLES[::-1])
    assert count.spellings().table.equals(spellings.table)


def test_no_texts_have_no_spellings():
    assert SpellingsCount().spellings().added_to(["самсунг"]) == ["самсунг"]


def test_what_is_saved_is_what_is_loaded(spellings, tmp_path):
    assert load_spellings(tmp_path) is None
    spellings.save(tmp_path)
    assert load_spellings(tmp_path).table.equals(spellings.table)
    (tmp_path / FILE).write_bytes(b"no arrow")
    with pytest.raises(InputError, match="build the index again"):
        load_spellings(tmp_path)
