"""Leakage is what training has seen of the truth: products, product groups and pairs in both; and what the metric is
without them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import rank_pairs
from eval.metrics.precision_auc import weighted_of
from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.pair_files import IdPairs, cast_ids
from reranking.pairs.product_groups import product_groups


@dataclass(frozen=True)
class Part:
    """It is a part of the truth's pairs, with its `weighted`, None where no pair is left."""

    name: str
    pairs: int
    positives: int
    weighted: float | None


@dataclass(frozen=True)
class Leakage:
    """It says how training and truth overlap. `groups` are product groups, tied by the matches of both files, that have
    a match in the truth, `shared_groups` those of them that have one in training too; `verbatim` pairs stand in both
    files, in either order, `contradicting` of them with another target. `parts` are the metric over all pairs, over
    those without what was seen, and over what was seen."""

    file: str
    products: int
    shared_products: int
    groups: int
    shared_groups: int
    verbatim: int
    contradicting: int
    parts: tuple[Part, ...]


def find_leakage(train: IdPairs, pairs: JudgedPairs, codes: Ints1d, *, level: float) -> Leakage:
    """Compare training pairs with the truth's. Raises InputError when they have no targets, or ids of another kind."""
    if train.target is None:
        raise InputError(f"{train.path}: no target column: training pairs need 'target', 'label' or 'is_match'")
    (left, right), (train_left, train_right), count = _numbered(train, pairs)
    seen = np.zeros(count, dtype=np.bool_)
    seen[train_left] = seen[train_right] = True
    keys, train_keys = _keys(left, right, count), _keys(train_left, train_right, count)
    order = np.argsort(train_keys)
    place = np.minimum(np.searchsorted(train_keys[order], keys), max(len(order) - 1, 0))
    there = order[place] if len(order) else np.zeros(len(keys), dtype=np.int64)
    verbatim = train_keys[there] == keys if len(order) else np.zeros(len(keys), dtype=np.bool_)
    products = np.unique(np.concatenate([left, right]))
    groups, shared = _groups((left, right, pairs.targets), (train_left, train_right, train.target), count)
    touched = seen[left] | seen[right]
    kept = {
        "all pairs": np.ones(len(pairs), dtype=np.bool_),
        "without pairs that are in training": ~verbatim,
        "without pairs of a product that training has": ~touched,
        "only pairs of a product that training has": touched,
    }
    return Leakage(
        file=train.path.name,
        products=len(products),
        shared_products=int(seen[products].sum()),
        groups=groups,
        shared_groups=shared,
        verbatim=int(verbatim.sum()),
        contradicting=int((verbatim & (train.target[there] != pairs.targets)).sum()) if len(order) else 0,
        parts=tuple(_part(name, inside, pairs, codes, level) for name, inside in kept.items()),
    )


def _numbered(train: IdPairs, pairs: JudgedPairs) -> tuple[tuple[Ints1d, Ints1d], tuple[Ints1d, Ints1d], int]:
    """Number both files' products alike, and return how many there are."""
    given = [cast_ids(ids, pairs.left.type, train.path) for ids in (train.left, train.right)]
    encoded = pa.concat_arrays([pairs.left, pairs.right, *given]).dictionary_encode()
    numbers = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    left, right, train_left, train_right = np.split(numbers, np.cumsum([len(pairs), len(pairs), len(train)]))
    return (left, right), (train_left, train_right), len(encoded.dictionary)


def _keys(left: Ints1d, right: Ints1d, count: int) -> Ints1d:
    return np.minimum(left, right) * count + np.maximum(left, right)


def _groups(
    true: tuple[Ints1d, Ints1d, np.ndarray], train: tuple[Ints1d, Ints1d, np.ndarray], count: int
) -> tuple[int, int]:
    """Count the groups with a match in the truth, and those of them with a match in training too."""
    left, right, targets = (np.concatenate(both) for both in zip(true, train, strict=True))
    groups = product_groups(left, right, targets, count)
    of_truth, of_train = (np.unique(groups[left[target == 1]]) for left, _, target in (true, train))
    return len(of_truth), int(np.isin(of_truth, of_train).sum())


def _part(name: str, inside: Bools1d, pairs: JudgedPairs, codes: Ints1d, level: float) -> Part:
    rows = np.flatnonzero(inside)
    value = None
    if rows.size:
        value = weighted_of(rank_pairs(pairs.scores[rows], pairs.targets[rows], codes[rows]).points(), level)
    return Part(name, len(rows), int(pairs.targets[rows].sum()), value)
