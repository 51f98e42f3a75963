"""What training has seen of the truth."""

import pytest

from eval.findings.leakage import find_leakage
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from indexing.errors import InputError
from reranking.pairs.pair_files import read_id_pairs

TRUTH = {"left_id": [1, 3, 5, 7], "right_id": [2, 4, 6, 8], "target": [1.0, 0.0, 1.0, 0.0]}


@pytest.fixture
def leak(write_table):
    def find(train, truth=TRUTH):
        ids = {name: truth[name] for name in ("left_id", "right_id")}
        scores = read_scores(write_table("s.parquet", {**ids, "score": [0.9, 0.1, 0.2, 0.5]}))
        pairs = join_scores(scores, read_truth(write_table("t.parquet", truth)))
        found = read_id_pairs(write_table("train.parquet", train))
        return find_leakage(found, pairs, (pairs.targets * 0).astype("int64"), level=0.75)

    return find


def parts(found):
    return {part.name: (part.pairs, part.positives, part.weighted) for part in found.parts}


def test_nothing_shared_leaves_the_metric_as_it_is(leak):
    found = leak({"left_id": [10], "right_id": [11], "target": [1.0]})
    assert (found.shared_products, found.shared_groups, found.verbatim) == (0, 0, 0)
    assert (found.products, found.groups) == (8, 2)
    values = parts(found)
    assert values["all pairs"] == values["without pairs of a product that training has"]
    assert values["only pairs of a product that training has"] == (0, 0, None)


def test_pairs_in_both_are_found_in_either_order_and_left_out(leak):
    found = leak({"left_id": [2, 3], "right_id": [1, 4], "target": [1.0, 1.0]})
    assert (found.verbatim, found.contradicting) == (2, 1)
    assert parts(found)["without pairs that are in training"][:2] == (2, 1)


def test_products_and_groups_are_shared_through_other_pairs(leak):
    found = leak({"left_id": [1, 6], "right_id": [20, 21], "target": [1.0, 0.0]})
    assert (found.shared_products, found.verbatim) == (2, 0)
    assert found.shared_groups == 1  # 6 is in training, but without a match
    assert parts(found)["without pairs of a product that training has"][:2] == (2, 0)


def test_training_pairs_without_targets_are_refused(leak):
    with pytest.raises(InputError, match="no target column"):
        leak({"left_id": [1], "right_id": [2]})


def test_an_empty_training_file_shares_nothing(leak):
    import pyarrow as pa

    empty = {
        "left_id": pa.array([], pa.int64()),
        "right_id": pa.array([], pa.int64()),
        "target": pa.array([], pa.float64()),
    }
    assert leak(empty).verbatim == 0
