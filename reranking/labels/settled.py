"""Of the answers that count, pairs are settled where all reviewers who are sure agree; what is not settled stays out, counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.storage.artefact import fingerprint_of
from reranking.labels.label import Id, Label, PairVerdict, Purpose
from reranking.labels.store import open_store

LEAST_SHOWN = 5  # pairs by whose titles a catalogue is known
OTHER_CATALOGUE = "label it in a store of its own, or give the index of the products that were labelled"


@dataclass(frozen=True)
class LeftOut:
    """It counts the pairs of a store that stay out, and why."""

    in_dispute: int = 0
    unsure: int = 0
    audited: int = 0
    unknown: int = 0

    def __str__(self) -> str:
        told = (
            (self.in_dispute, "in dispute"),
            (self.unsure, "unsure"),
            (self.audited, "asked by an audit"),
            (self.unknown, "of products that the index does not have"),
        )
        return ", ".join(f"{count:,} {why}" for count, why in told if count)


@dataclass(frozen=True)
class SettledPairs:
    """It holds pairs (p,) of a store, by id in the order in which they were first answered: `left`, the smaller id, and `right` as
    arrow arrays of one type (int64 or large_string), `targets` 1.0 for a match and 0.0 for none."""

    path: Path
    left: pa.Array
    right: pa.Array
    targets: Floats1d
    left_out: LeftOut = field(default_factory=LeftOut)
    retitled: tuple[tuple[Id, Id], ...] = ()  # those of these pairs that were labelled under other titles alone

    def __len__(self) -> int:
        return len(self.targets)

    def summary(self) -> str:
        """Say in one line how many pairs there are, how many of them match, and what stays out."""
        said = f"{self.path}: {len(self):,} labelled pairs, {int(self.targets.sum()):,} of them matches"
        said = f"{said}; left out: {self.left_out}" if str(self.left_out) else said
        if not self.retitled:
            return said
        left, right = self.retitled[0]
        return (
            f"{said}; {len(self.retitled):,} had other titles when they were labelled, such as {left!r} and {right!r}: where an id was "
            "given to another product, answer its pairs once more"
        )

    def within(self, catalog: Catalog) -> "SettledPairs":
        """Leave out, counted, the pairs of which the catalogue lacks a product. Raises InputError when it lacks all."""
        known = (catalog.lookup.find(self.left) >= 0) & (catalog.lookup.find(self.right) >= 0)
        unknown = int((~known).sum())
        if unknown and unknown == len(self):
            raise InputError(
                f"{self.path}: the labels are of another catalogue: of no pair, such as {self.left[0].as_py()!r} and "
                f"{self.right[0].as_py()!r}, has the index both products: {OTHER_CATALOGUE}"
            )
        rows = pa.array(np.flatnonzero(known))
        return SettledPairs(
            self.path,
            self.left.take(rows),
            self.right.take(rows),
            self.targets[known],
            replace(self.left_out, unknown=unknown),
        )


def read_settled(path: Path, catalog: Catalog | None = None, *, purpose: Purpose = Purpose.LEARNING) -> SettledPairs:
    """Read the settled pairs of a store; with a catalogue, those alone whose products it has.

    Labels of audits are none to learn from, and neither are pairs that an audit asked as well. Raises InputError for a store
    that cannot be read, and for labels of another catalogue.
    """
    with open_store(path) as store:
        answers = [kept.label for kept in store.standing()]
    if catalog is not None:
        check_catalogue(path, answers, catalog)
    settled = settle(answers, path, purpose=purpose)
    if catalog is None:
        return settled
    kept = settled.within(catalog)
    there = set(zip(kept.left.to_pylist(), kept.right.to_pylist(), strict=True))
    named = _retitled(of_purpose(answers, purpose), catalog)
    return replace(kept, retitled=tuple(pair for pair in named if pair in there))


def settle(answers: Sequence[Label], path: Path, *, purpose: Purpose = Purpose.LEARNING) -> SettledPairs:
    """Settle the answers of a store, one a reviewer, pair and purpose, for one purpose; see `read_settled`."""
    said = verdicts_by_pair(of_purpose(answers, purpose))
    audited = set(verdicts_by_pair(of_purpose(answers, Purpose.AUDIT))) if purpose == Purpose.LEARNING else set()
    pairs, targets, disputed, unsure = [], [], 0, 0
    for pair, verdicts in said.items():
        if pair in audited:
            continue
        sure = {verdict for verdict in verdicts.values() if verdict != PairVerdict.UNSURE}
        if len(sure) == 1:
            pairs.append(pair)
            targets.append(float(PairVerdict.MATCH in sure))
        disputed += len(sure) > 1
        unsure += not sure
    left, right = (id_column([pair[side] for pair in pairs]) for side in (0, 1))
    left_out = LeftOut(disputed, unsure, len(audited & set(said)))
    return SettledPairs(path, left, right, np.array(targets, dtype=np.float64), left_out)


def of_purpose(answers: Iterable[Label], purpose: Purpose) -> list[Label]:
    """Return the answers of one purpose."""
    return [answer for answer in answers if answer.question.purpose == purpose]


def verdicts_by_pair(answers: Iterable[Label]) -> dict[tuple[Id, Id], dict[str, PairVerdict]]:
    """Return of each pair what each reviewer says; of several answers of one the last."""
    said: dict[tuple[Id, Id], dict[str, PairVerdict]] = {}
    for answer in answers:
        said.setdefault((answer.left, answer.right), {})[answer.reviewer] = answer.verdict
    return said


def id_column(ids: Sequence[Id]) -> pa.Array:
    """Return ids as int64 or large_string; none at all as int64."""
    kind = pa.large_string() if ids and isinstance(ids[0], str) else pa.int64()
    return pa.array(ids, kind)


def shown_of(catalog: Catalog, left: Ints1d, right: Ints1d) -> list[str]:
    """Return a digest of both titles of each pair of positions (p,): it tells catalogues apart that share ids."""
    titles = [catalog.table["title"].take(pa.array(side)).to_pylist() for side in (left, right)]
    return [fingerprint_of(one, other) for one, other in zip(*titles, strict=True)]


def check_catalogue(path: Path, answers: Sequence[Label], catalog: Catalog) -> None:
    """Raise InputError when most pairs that a catalogue has were labelled under other titles: the labels are not of it."""
    same, other = _by_titles(answers, catalog)
    known = len(same) + len(other)
    if known >= LEAST_SHOWN and 2 * len(other) > known:
        raise InputError(
            f"{path}: the labels are of another catalogue: {len(other):,} of {known:,} pairs had other titles when they were "
            f"labelled, such as {other[0].left!r} and {other[0].right!r}: {OTHER_CATALOGUE}"
        )


def _retitled(answers: Sequence[Label], catalog: Catalog) -> list[tuple[Id, Id]]:
    """Return the pairs that were labelled under other titles, and by nobody under those of the catalogue."""
    same, other = _by_titles(answers, catalog)
    confirmed = {(answer.left, answer.right) for answer in same}
    return list(dict.fromkeys(pair for one in other if (pair := (one.left, one.right)) not in confirmed))


def _by_titles(answers: Sequence[Label], catalog: Catalog) -> tuple[list[Label], list[Label]]:
    """Return the answers about products of the catalogue that were given under the titles that it has, and under others; of answers
    that keep no digest of titles, such as imported ones, neither."""
    asked = [answer for answer in answers if answer.question.shown is not None]
    if not asked:
        return [], []
    sides = [catalog.lookup.find(id_column([getattr(answer, side) for answer in asked])) for side in ("left", "right")]
    known = np.flatnonzero((sides[0] >= 0) & (sides[1] >= 0))
    now = shown_of(catalog, sides[0][known], sides[1][known])
    told = [(asked[row], shown == asked[row].question.shown) for row, shown in zip(known.tolist(), now, strict=True)]
    return [answer for answer, same in told if same], [answer for answer, same in told if not same]
