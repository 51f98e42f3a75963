"""Of small catalogues, and of those that teach nothing, no more is expected than they hold."""

import numpy as np
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.errors import InputError
from reranking.pairs.labelled import read_labelled
from reranking.pairs.repeats import pair_keys
from reranking.weak_labels.weak_pairs import find_weak_pairs


def build(catalogue, folder):
    return build_index([catalogue], folder, options=BuildOptions(k=20)).index


@pytest.mark.parametrize("products", [30, 60, 100])
def test_about_as_many_matches_are_expected_as_there_are(products, tmp_path):
    from scripts.make_sample import make_sample

    made = tmp_path / "made"
    make_sample(made, products=products, offers=products * 5 // 2, seed=5, schema="generic", picture_px=32)
    index = build(made / "products.parquet", tmp_path / "index")
    weak = find_weak_pairs(index, folds=3, seed=0)
    labelled = read_labelled([made / f"pairs_{split}.parquet" for split in ("train", "valid", "test")], index.catalog)
    n = len(index.catalog)
    judged = np.isin(pair_keys(weak.left, weak.right, n), pair_keys(labelled.left, labelled.right, n))
    matches = labelled.take(np.flatnonzero(labelled.targets == 1))
    true = np.isin(pair_keys(weak.left, weak.right, n), pair_keys(matches.left, matches.right, n)).sum()
    assert true / 2 < weak.likely[judged].sum() < true * 2
    assert weak.votes < weak.likely.sum() < 5 * weak.votes


@pytest.mark.parametrize(
    ("titles", "why"),
    [
        (["Canon EOS 5D camera"], "one chain of nearest neighbours"),
        (["Canon EOS 5D camera", "steel kettle with lid"], "look like any other candidates"),
    ],
)
def test_catalogues_of_equal_titles_are_refused_in_one_line(titles, why, tmp_path):
    catalogue = tmp_path / "products.csv"
    rows = [f"{place},{titles[place % len(titles)]}" for place in range(40 * len(titles))]
    catalogue.write_text("\n".join(["id,title", *rows]) + "\n")
    with pytest.raises(
        InputError, match=f"nothing can be learned without labels: .*{why}.*; give labelled pairs"
    ) as told:
        find_weak_pairs(build(catalogue, tmp_path / "index"), folds=3, seed=0)
    assert "\n" not in str(told.value)
