"""Sparse rows give what SciPy's matrix does, without it."""

import numpy as np
import pytest
import scipy.sparse as sp

from indexing.errors import InputError
from indexing.vectors.sparse_rows import ARRAYS, CsrRows, open_lexical_rows


@pytest.fixture
def matrix() -> sp.csr_matrix:
    """Rows with few entries each, the third of them with none."""
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((20, 30)) < 0.2, rng.random((20, 30)), 0)
    dense[2] = 0
    return sp.csr_matrix(dense.astype(np.float32))


@pytest.fixture
def folder(matrix, tmp_path):
    for name in ARRAYS:
        np.save(tmp_path / f"{name}.npy", getattr(matrix, name))
    return tmp_path


def test_a_row_and_its_cosines_are_those_of_the_matrix(matrix, folder):
    rows = open_lexical_rows(folder, 20)
    assert (len(rows), rows.nnz) == (20, matrix.nnz)
    for position in (0, 7, 19):
        row, others = rows.row(position), np.array([2, 5, position, 5])
        assert row.nnz == matrix[[position]].nnz
        cosines, seen = rows.cosines(row, others)
        assert cosines == pytest.approx((matrix[others] @ matrix[[position]].T).toarray().ravel(), abs=1e-6)
        assert seen.tolist() == [False, True, True, True]


def test_a_row_of_scipy_has_the_same_cosines_in_whatever_order_its_entries_stand(matrix, folder):
    rows = open_lexical_rows(folder, 20)
    row, others = matrix[[4]], np.arange(20)
    turned = CsrRows(row.data[::-1], row.indices[::-1], row.indptr)
    expected, _ = rows.cosines(rows.row(4), others)
    for other in (row, turned):
        assert rows.cosines(other, others)[0].tolist() == expected.tolist()


def test_a_row_of_nothing_has_no_entries(folder):
    assert open_lexical_rows(folder, 20).row(2).nnz == 0


def test_rows_of_another_catalogue_or_a_damaged_file_are_refused(folder):
    with pytest.raises(InputError, match=r"has 20 rows, the catalogue 21: build the index again"):
        open_lexical_rows(folder, 21)
    (folder / "indices.npy").write_bytes(b"")
    with pytest.raises(InputError, match=r"the lexical view cannot be read .*: build the index again"):
        open_lexical_rows(folder, 20)
