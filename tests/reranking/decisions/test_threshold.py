"""Thresholds decide by category; the one of the best F1 is compared with trying them all."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.decisions.threshold import Thresholds, called, f1_threshold, read_thresholds

OWN = Thresholds({"phones": 0.5, "cables": 0.9}, default=0.7, f1=0.4)


def column(*names):
    return pa.array(names, pa.large_string())


def precision_recall(scores, targets, threshold):
    """(precision, recall) of calling a match what scores at least the threshold; precision None where nothing does."""
    hit = scores >= threshold
    right = targets[hit].sum()
    return (right / hit.sum() if hit.any() else None), (right / targets.sum() if targets.any() else 0.0)


def f1(scores, targets, threshold):
    precision, recall = precision_recall(scores, targets, threshold)
    return 2 * precision * recall / (precision + recall) if precision and recall else 0.0


judged = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=30)


def columns_of(pairs):
    return np.array([s / 8 for s, _ in pairs], np.float32), np.array([float(t) for _, t in pairs])


@given(judged)
def test_it_finds_the_best_f1(pairs):
    scores, targets = columns_of(pairs)
    best = max(f1(scores, targets, at) for at in np.unique(scores))
    threshold = f1_threshold(scores, targets)
    assert f1(scores, targets, threshold) == pytest.approx(best)
    assert (threshold == math.inf) == (not targets.any())


@given(judged, st.integers(0, 10))
def test_the_order_of_the_pairs_does_not_matter(pairs, seed):
    scores, targets = columns_of(pairs)
    order = np.random.default_rng(seed).permutation(len(scores))
    assert f1_threshold(scores, targets) == f1_threshold(scores[order], targets[order])


def test_without_pairs_nothing_is_called():
    assert f1_threshold(np.zeros(0), np.zeros(0)) == math.inf


def test_each_pair_is_decided_by_its_category_and_one_not_named_by_the_default():
    categories = column("phones", "cables", "tvs", None)
    assert OWN.of(categories).tolist() == [0.5, 0.9, 0.7, 0.7]
    assert called(np.full(4, 0.7), categories, OWN).tolist() == [True, False, True, True]


def test_a_score_at_the_threshold_is_called():
    assert called(np.array([0.5], np.float32), column("phones"), OWN).tolist() == [True]


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "t.yaml").write_text(text)
        return tmp_path / "t.yaml"

    return write


def test_a_users_thresholds_lie_over_the_models(written):
    chosen = read_thresholds(written("phones: 0.25\ntvs: 1\ndefault: .inf\n"), OWN)
    assert chosen == Thresholds({"phones": 0.25, "cables": 0.9, "tvs": 1.0}, default=math.inf, f1=0.4)


def test_without_a_default_of_its_own_the_models_stays(written):
    assert read_thresholds(written("phones: 0.25"), OWN).default == OWN.default


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phones: high", "category 'phones' has threshold 'high': give a number"),
        ("phones: true", "category 'phones' has threshold True"),
        ("phones: .nan", "category 'phones' has threshold nan"),
        ("phones:", "category 'phones' has threshold None"),
        ("- 0.5", "holds no mapping: write lines such as"),
        ("", "holds no mapping"),
        ("phones: [", "is not YAML"),
    ],
)
def test_yaml_that_is_no_mapping_to_numbers_is_refused(written, text, said):
    with pytest.raises(InputError, match=rf"t\.yaml: {said}"):
        read_thresholds(written(text), OWN)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "t.yaml").write_bytes(b"\xff\xfe\x80phones")
    with pytest.raises(InputError, match=r"t\.yaml: "):
        read_thresholds(tmp_path / "t.yaml", OWN)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read \(No such file"):
        read_thresholds(tmp_path / "gone.yaml", OWN)
