"""FAISS: factories, files, rows of zeros."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from indexing.errors import InputError
from indexing.search.faiss_index import FaissIndex, add, build_faiss, load_faiss, new_engine, packed, train, unpacked
from indexing.search.index import ExactIndex
from indexing.vectors.vectors import from_arrays, unit_rows

ROWS = unit_rows(np.random.default_rng(3).normal(size=(300, 8)))
GAPS = ROWS.copy()
GAPS[::5] = 0


@pytest.mark.parametrize("factory", ["Flat", "IVF4,Flat", "HNSW16", "SQ8", "PCA6,Flat", "PCA6,IVF4,Flat", "Flat,RFlat"])
def test_a_factory_finds_most_true_neighbours(factory):
    found = build_faiss(from_arrays(GAPS), factory).search(ROWS[:50], 5).positions
    true = ExactIndex(GAPS).search(ROWS[:50], 5).positions
    recall = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(found, true, strict=True)])
    assert recall > (0.4 if factory.startswith("PCA") else 0.9)


@pytest.mark.parametrize("factory", ["Flat", "IVF4,Flat", "HNSW16", "PCA6,Flat", "PCA6,IVF4,Flat", "IVF4,Flat,RFlat"])
def test_a_factory_searches_among_allowed_products_only(factory):
    allowed = np.arange(300) % 2 == 1
    found = build_faiss(from_arrays(GAPS), factory).search(ROWS[:50], 5, allowed=allowed).positions
    assert (found >= 0).all()
    assert allowed[found].all()


def test_an_engine_that_cannot_search_among_some_products_says_so():
    index = build_faiss(from_arrays(ROWS), "PQ4x4")
    with pytest.raises(InputError, match=r"IndexPQ .* choose --index Flat"):
        index.search(ROWS[:1], 5, allowed=np.ones(300, dtype=bool))


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        ("nonsense", "could not parse"),
        ("", "could not parse"),
        ("IVF5000,Flat", "cannot be trained on 300 products"),
        ("IDMap,Flat", "cannot add products"),
    ],
)
def test_a_factory_that_faiss_refuses_is_an_input_error_of_one_line(factory, reason):
    with pytest.raises(InputError, match=reason) as caught:
        build_faiss(from_arrays(ROWS), factory)
    assert str(caught.value).startswith(f"--index {factory}: ")
    assert "\n" not in str(caught.value)
    assert ".cpp" not in str(caught.value)


@pytest.mark.parametrize("rows", [ROWS, GAPS], ids=["all seen", "with zeros"])
@pytest.mark.parametrize("factory", ["Flat", "IVF4,Flat"])
def test_a_saved_index_answers_as_before(tmp_path, rows, factory):
    index = build_faiss(from_arrays(rows), factory)
    index.save(tmp_path / "view.faiss")
    loaded = load_faiss(tmp_path / "view.faiss", len(rows))
    before, after = index.search(ROWS, 6), loaded.search(ROWS, 6)
    assert len(loaded) == 300
    assert (before.positions == after.positions).all()
    assert (before.cosines == after.cosines).all()


def test_saving_over_an_index_with_zeros_forgets_them(tmp_path):
    build_faiss(from_arrays(GAPS)).save(tmp_path / "view.faiss")
    build_faiss(from_arrays(ROWS)).save(tmp_path / "view.faiss")
    assert load_faiss(tmp_path / "view.faiss", 300).search(ROWS[:1], 1).positions.tolist() == [[0]]


def test_an_index_of_another_catalogue_is_refused(tmp_path):
    build_faiss(from_arrays(ROWS)).save(tmp_path / "view.faiss")
    with pytest.raises(InputError, match="holds 300 vectors, the catalogue 299"):
        load_faiss(tmp_path / "view.faiss", 299)


def test_a_cut_file_is_refused(tmp_path):
    build_faiss(from_arrays(ROWS)).save(tmp_path / "view.faiss")
    content = (tmp_path / "view.faiss").read_bytes()
    (tmp_path / "view.faiss").write_bytes(content[:40])
    with pytest.raises(InputError, match="FAISS cannot read it"):
        load_faiss(tmp_path / "view.faiss", 300)


def test_without_anything_to_see_nobody_is_found():
    index = build_faiss(from_arrays(np.zeros((4, 3), dtype=np.float32)))
    assert index.search(np.eye(3, dtype=np.float32), 2).positions.tolist() == [[-1, -1]] * 3


def test_rows_come_into_the_same_inverted_lists_with_any_number_of_threads(tmp_path):
    """Rows that are about as near to many centres: BLAS sums otherwise with each number of threads."""
    generator = np.random.default_rng(0)
    rows = from_arrays(unit_rows(generator.normal(size=64) + 1e-7 * generator.normal(size=(6000, 64))))
    trained = new_engine(64, "IVF64,Flat")
    train(trained, rows, np.arange(6000), "IVF64,Flat", 0)
    (tmp_path / "trained.faiss").write_bytes(packed(trained))
    found = []
    for threads in (1, 2, 3):
        engine = unpacked(tmp_path / "trained.faiss")
        with threadpool_limits(threads):
            add(engine, rows, np.arange(6000), "IVF64,Flat")
        found.append(packed(engine))
    assert found[0] == found[1]
    assert found[0] == found[2]


def test_the_same_is_found_with_any_number_of_threads():
    """Centres that differ by little more than a rounding: which lists are searched goes with the last bits of BLAS's sums."""
    generator = np.random.default_rng(0)
    near = from_arrays(unit_rows(generator.normal(size=257) + 1e-7 * generator.normal(size=(4000, 257))))
    rows = unit_rows(generator.normal(size=(2000, 257)))
    engine = new_engine(257, "IVF64,Flat")
    train(engine, near, np.arange(4000), "IVF64,Flat", 0)
    add(engine, from_arrays(rows), np.arange(2000), "IVF64,Flat")
    index, found = FaissIndex(engine, 2000), []
    index.set_effort(2)
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            found.append(index.search(rows[:1001], 3))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].positions, other.positions)
        np.testing.assert_array_equal(found[0].cosines, other.cosines)
