"""The lexical view of texts."""

from dataclasses import replace

import numpy as np
import pytest

import indexing.catalog.catalog
from indexing.errors import InputError
from indexing.search.lexical_index import fit_lexical, load_lexical
from indexing.vectors.ngram_options import LexicalOptions
from indexing.words.reading import EARLIER

TITLES = ["Kettle KX-170 steel", "Steel kettle KX-170", "Kettle KX-150 glass", "Cord USB-C white", "Cord USB-A", None]


@pytest.fixture
def index(catalog_of):
    return fit_lexical(catalog_of(title=TITLES))


def test_a_model_code_decides_among_alike_titles(index):
    found = index.search(index.matrix[:1], 3)
    assert found.positions.tolist() == [[0, 1, 2]]
    assert found.cosines[0, 1] > found.cosines[0, 2] + 0.1


def test_products_that_share_nothing_are_no_neighbours(index):
    assert index.search(index.matrix[3:4], 5).positions.tolist() == [[3, 4, -1, -1, -1]]


def test_a_product_without_text_has_no_neighbours(index):
    assert index.search(index.matrix[5:], 2).positions.tolist() == [[-1, -1]]


def test_a_typed_text_has_the_row_of_the_same_title(index):
    assert abs(index.rows(["steel KETTLE kx-170"]) - index.matrix[1:2]).max() < 1e-6


def test_a_text_of_unknown_ngrams_has_an_empty_row(index):
    assert index.rows(["щщщ"]).nnz == 0


def test_cosines_of_pairs_are_those_of_the_search(index):
    found = index.search(index.matrix, 3)
    left, column = np.nonzero(found.positions >= 0)
    cosines = index.cosines(left, found.positions[left, column])
    assert cosines == pytest.approx(found.cosines[left, column], abs=2e-6)


def test_ngrams_of_too_many_products_are_left_out(catalog_of):
    catalog = catalog_of(title=["apple one", "apple two", "apple six", "plum one"])
    few = fit_lexical(catalog, LexicalOptions(most_products=2))
    assert few.search(few.matrix[:1], 4).positions.tolist() == [[0, 3, -1, -1]]


def test_names_in_another_script_meet_those_in_latin_letters(catalog_of):
    titles = [
        "Самсунг Галакси С21",
        "Samsung Galaxy S21",
        "Samsung Galaxy Tab",
        "Ноутбук АВ123 серый",
        "Laptop AB123",
        "lamp",
    ]
    index = fit_lexical(catalog_of(title=[*titles, *titles]))
    assert set(index.search(index.matrix[:1], 4).positions[0]) == {0, 1, 6, 7}
    assert set(index.search(index.matrix[3:4], 4).positions[0]) == {3, 4, 9, 10}
    typed = index.rows(["самсунг"])
    assert set(index.search(typed, 6).positions[0]) == {0, 1, 2, 6, 7, 8}
    as_written = fit_lexical(replace(catalog_of(title=[*titles, *titles]), reading=EARLIER))
    cosines = [float(one.cosines(np.array([0]), np.array([1]))[0]) for one in (as_written, index)]
    assert cosines[0] < 0.2 < 0.5 < cosines[1]


def test_a_title_of_many_products_counts_once(catalog_of):
    titles = ["apple one"] * 9 + ["apple two", "plum"] + ["pear six"] * 5
    index = fit_lexical(catalog_of(title=titles), LexicalOptions(most_products=2))
    assert index.cosines(np.array([0, 11, 0]), np.array([8, 15, 11])).tolist() == pytest.approx([1, 1, 0], abs=1e-6)
    found = index.search(index.matrix[[0, 9]], 12)
    assert found.positions.tolist() == [[*range(10), -1, -1], [9, *range(9), -1, -1]]
    allowed = np.ones(16, dtype=bool)
    allowed[:7] = False
    assert index.search(index.matrix[:1], 4, allowed=allowed).positions.tolist() == [[7, 8, 9, -1]]


def test_a_title_of_which_nothing_is_kept_has_no_cosine(catalog_of):
    titles = ["cable", "cable", "cable red", "cable blue"]
    index = fit_lexical(catalog_of(title=titles), LexicalOptions(most_products=2))
    assert np.isnan(index.cosines(np.array([0, 0, 2]), np.array([1, 2, 3]))).all()


def test_what_is_saved_is_what_is_loaded(index, tmp_path):
    index.save(tmp_path)
    loaded = load_lexical(tmp_path, 6)
    assert loaded.options == index.options
    assert (loaded.matrix != index.matrix).nnz == 0
    assert loaded.first.tolist() == index.first.tolist()
    assert loaded.spellings.table.equals(index.spellings.table)
    assert (loaded.rows(["kettle"]) != index.rows(["kettle"])).nnz == 0
    assert (loaded.search(loaded.matrix, 3).positions == index.search(index.matrix, 3).positions).all()


def test_a_lexical_view_of_another_catalogue_is_refused(index, tmp_path):
    index.save(tmp_path)
    with pytest.raises(InputError, match="has 6 rows, the catalogue 7"):
        load_lexical(tmp_path, 7)


@pytest.mark.parametrize("name", ["lexical.json", "data.npy", "idf.npy"])
def test_a_lexical_view_without_a_file_is_refused(index, tmp_path, name):
    index.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match="build the index again"):
        load_lexical(tmp_path, 6)


def test_counts_that_wait_on_disk_give_the_same_view_and_leave_nothing(catalog_of, tmp_path, monkeypatch):
    catalog = catalog_of(title=[f"{title} {number}" for number in range(20) for title in TITLES])
    whole = fit_lexical(catalog)
    monkeypatch.setattr(indexing.catalog.catalog, "TEXT_BLOCK", 32)
    spilled = fit_lexical(catalog, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []
    for one, other in ((whole.matrix.data, spilled.matrix.data), (whole.matrix.indices, spilled.matrix.indices)):
        assert one.tobytes() == other.tobytes()
    assert whole.matrix.indptr.tolist() == spilled.matrix.indptr.tolist()
    assert whole.columns.tolist() == spilled.columns.tolist()
