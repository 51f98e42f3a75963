"""The population of an audit is every scored pair: how likely it is a match, whether it is called one, and its category."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.inputs.scores import Scores
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from indexing.storage.artefact import fingerprint_of
from indexing.words.text_keys import Keys, mixed, text_keys

REST = "rest"
EDGE = 5e-4  # what no pair's assumed probability is nearer to 0 or 1 than
FALL = (
    4.0  # without probabilities: they fall over a quarter as many pairs as are called, on either side of the last call
)


@dataclass(frozen=True)
class Population:
    """It holds scored pairs (n,) in file order: `likely` float64, from EDGE to 1 - EDGE, how likely each is taken for a match;
    `called`, whether it is called one; `categories`, codes of `names`; `keys` uint64, equal for a pair and its swap.

    `pairs` is a fingerprint of which pairs there are, `scored` one of their scores and calls too; neither depends on their
    order.
    """

    scores: Floats1d
    likely: Floats1d
    called: Bools1d
    categories: Ints1d
    names: tuple[str, ...]
    keys: Keys
    pairs: str
    scored: str
    id_type: pa.DataType

    @cached_property
    def _by_key(self) -> tuple[Ints1d, Keys]:
        order = np.argsort(self.keys, kind="stable")
        return order, self.keys[order]

    def find(self, keys: Keys) -> Ints1d:
        """Return the row of each key (p,), -1 where no pair has it."""
        order, ordered = self._by_key
        place = order[np.minimum(np.searchsorted(ordered, keys), len(order) - 1)]
        return np.where(self.keys[place] == keys, place, -1)

    def __len__(self) -> int:
        return len(self.scores)


def population_of(scores: Scores, *, threshold: float | None = None) -> Population:
    """Return the population of a scores file; `threshold` decides where the file has no column `match`.

    Raises InputError without any decision, without pairs, and for a pair that is there twice.
    """
    if not len(scores.values):
        raise InputError(f"{scores.path}: has no pairs: there is nothing to audit")
    called = _called(scores, threshold)
    names, categories = _categories(scores)
    keys = pair_hashes(scores.left, scores.right)
    if len(np.unique(keys)) < len(keys):
        raise InputError(f"{scores.path}: a pair is there twice: score each pair once")
    with np.errstate(over="ignore"):
        pairs = int(keys.sum(dtype=np.uint64))
        scored = int((keys * _value_hashes(scores.values)).sum(dtype=np.uint64)) ^ int(keys[called].sum())
    return Population(
        scores.values,
        likely(scores, called),
        called,
        categories,
        names,
        keys,
        fingerprint_of(len(keys), pairs),
        fingerprint_of(len(keys), scored),
        scores.left.type,
    )


def pair_hashes(left: pa.Array, right: pa.Array, salt: int = 0) -> Keys:
    """Return a number (p,) for each pair of ids, the same for either order, another one under another salt."""
    one, other = (_id_hashes(ids, salt) for ids in (left, right))
    with np.errstate(over="ignore"):
        return mixed(np.minimum(one, other) * np.uint64(0x9E3779B97F4A7C15) + np.maximum(one, other))


def likely(scores: Scores, called: Bools1d) -> Floats1d:
    """Return how likely each pair (n,) is taken for a match: its probability where the file names one, else by its rank, with
    even odds at the last call."""
    if scores.probabilities is not None:
        given = scores.probabilities
    else:
        ranks = np.empty(len(called))
        ranks[np.lexsort([-scores.values, ~called])] = np.arange(len(called))
        count = max(int(called.sum()), 1)
        given = 1 / (1 + np.exp(np.minimum((ranks + 0.5 - count) * FALL / count, 50)))
    return np.clip(given, EDGE, 1 - EDGE)


def _called(scores: Scores, threshold: float | None) -> Bools1d:
    if threshold is not None:
        return np.asarray(scores.values >= threshold)
    if "match" not in scores.decisions:
        raise InputError(f"{scores.path}: no column 'match': give --threshold, or score with heroic score")
    return scores.decisions["match"]


def _categories(scores: Scores) -> tuple[tuple[str, ...], Ints1d]:
    if scores.categories is None:
        return (REST,), np.zeros(len(scores.values), dtype=np.int64)
    filled = pc.fill_null(scores.categories, REST)
    names = sorted(pc.unique(filled).to_pylist())
    codes = pc.index_in(filled, pa.array(names, filled.type)).to_numpy(zero_copy_only=False)
    return tuple(names), np.asarray(codes, dtype=np.int64)


def _id_hashes(ids: pa.Array, salt: int) -> Keys:
    own = (
        mixed(np.asarray(ids.to_numpy(zero_copy_only=False), dtype=np.int64).view(np.uint64))
        if pa.types.is_integer(ids.type)
        else text_keys(ids)
    )
    with np.errstate(over="ignore"):
        return mixed(own + np.uint64(salt) * np.uint64(0xBF58476D1CE4E5B9))


def _value_hashes(values: Floats1d) -> Keys:
    """Return a number (p,) for each value, the same for both zeros."""
    return mixed((values + 0.0).view(f"u{values.itemsize}").astype(np.uint64))
