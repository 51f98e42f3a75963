"""Labels that are likelier wrong than their scores."""

import numpy as np
import pytest

from eval.findings.suspects import OTHER_CODES, SURE_MATCH, SURE_NONE, TIED
from eval.inputs.context import Context
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from eval.report import evaluate


@pytest.fixture
def suspects(write_table):
    def find(left, right, targets, scores, catalog=None):
        ids = {"left_id": left, "right_id": right}
        scored = read_scores(write_table("s.parquet", {**ids, "score": scores}))
        true = read_truth(write_table("t.parquet", {**ids, "target": targets}))
        assert len(join_scores(scored, true)) == len(left)
        found = evaluate(scored, true, context=Context(catalog)).suspects
        find.other_barcodes = found.other_barcodes
        return list(zip(found.rows.tolist(), found.reasons, strict=True))

    return find


def test_a_non_match_that_other_matches_tie_together_comes_first(suspects):
    found = suspects([1, 2, 1], [2, 3, 3], [1.0, 1.0, 0.0], [0.9, 0.8, 0.1])
    assert found[0] == (2, TIED)


def test_scores_as_usual_for_the_other_label_are_doubtful(suspects):
    count = np.arange(20)
    targets, scores = np.repeat([1.0, 0.0], 10), np.repeat([0.9, 0.1], 10)
    scores[0], scores[10] = 0.05, 0.95
    found = suspects(count * 2, count * 2 + 1, targets, scores)
    assert found == [(10, SURE_MATCH), (0, SURE_NONE)]


def test_a_category_of_one_label_has_none(suspects):
    assert suspects([1, 3], [2, 4], [0.0, 0.0], [0.9, 0.1]) == []


ONE, OTHER, THIRD = (f"{code:014d}" for code in (4006381333931, 4006381333948, 4006381333955))


def test_a_match_of_products_with_different_barcodes_is_doubtful_however_it_scores(suspects, catalog_of):
    codes = [[ONE], [OTHER], [ONE], [ONE, OTHER], [ONE], None, [ONE], [OTHER], [ONE], [THIRD]]
    catalog = catalog_of(list(range(10)), gtin=codes)
    found = suspects([0, 2, 4, 6, 8], [1, 3, 5, 7, 9], [1.0, 1.0, 1.0, 0.0, 1.0], [0.9, 0.9, 0.9, 0.1, 0.05], catalog)
    assert found == [(4, f"{OTHER_CODES}; {SURE_NONE}"), (0, OTHER_CODES)]
    assert suspects.other_barcodes == 2


def test_a_part_number_in_common_speaks_for_the_label(suspects, catalog_of):
    codes = {"gtin": [[ONE], [OTHER]], "brand": ["Lamy", "LAMY"], "mpn": [["L-50"], ["L50"]]}
    assert suspects([0], [1], [1.0], [0.9], catalog_of([0, 1], **codes)) == []
    assert suspects.other_barcodes == 0


def test_without_barcodes_nothing_is_said_of_them(suspects, catalog_of):
    assert suspects([0], [1], [1.0], [0.9], catalog_of([0, 1])) == []
    assert suspects.other_barcodes is None
