"""Which products an encoder was trained on."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import catalog_of
from indexing.errors import InputError
from reranking.pairs.seen_products import SEEN, seen_products, write_seen


def catalog(ids):
    one = catalog_of(title="a")
    table = pa.concat_tables([one.table] * len(ids)).set_column(0, "id", pa.array(ids))
    return type(one)(table)


def test_what_was_written_is_found_in_another_order(tmp_path):
    write_seen(tmp_path, catalog([5, 6, 7]), np.array([0, 2]))
    assert seen_products(tmp_path, catalog([7, 8, 6, 5])).tolist() == [True, False, False, True]


def test_beside_a_file_it_is_found_too(tmp_path):
    write_seen(tmp_path, catalog([5]), np.array([0]))
    (tmp_path / "weights.pt").touch()
    assert seen_products(tmp_path / "weights.pt", catalog([5])).all()


def test_an_encoder_that_does_not_say_has_seen_nothing(tmp_path):
    assert not seen_products(tmp_path, catalog([5])).any()


def test_ids_of_another_kind_are_other_products(tmp_path):
    write_seen(tmp_path, catalog([5]), np.array([0]))
    assert not seen_products(tmp_path, catalog(["5"])).any()


def test_a_damaged_list_is_refused(tmp_path):
    (tmp_path / SEEN).write_bytes(b"no parquet")
    with pytest.raises(InputError, match="train the encoder again"):
        seen_products(tmp_path, catalog([5]))
