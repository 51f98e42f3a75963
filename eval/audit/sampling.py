"""A sample of scored pairs is drawn in two phases, a pilot and the rest, and remembered in the label store.

Each stratum's pairs stand in an order of chance that depends on their ids and the seed alone. Whatever was asked of a stratum are
the first of its order, so every pair of it had the same chance, also when an audit is cut short, gone on with, or made larger.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from eval.audit.allocation import allocate, pilot
from eval.audit.population import Population
from eval.audit.strata import Strata, part
from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from indexing.storage.records import read_record, stored_record
from indexing.words.text_keys import Keys, mixed
from reranking.labels.store import LabelStore

NOTE = "audit sample"
LEAST_BUDGET = 60  # labels


@dataclass(frozen=True)
class SampleDesign:
    """It is what the store remembers of a sample: the seed, for how many labels strata were made, the fingerprints of which pairs
    and of what scores, of each stratum (h,) its size, how likely its pairs are matches, and its category, and the threshold that
    called them where they named no decision."""

    seed: int
    budget: int
    pairs: str
    scored: str
    sizes: tuple[int, ...]
    likely: tuple[float, ...]
    categories: tuple[str, ...]
    threshold: float | None = None


@dataclass(frozen=True)
class AuditSample:
    """It draws from a population by a design, `number` in its store. `order` (n,) are rows by stratum, within it by chance;
    `chance` (n,) are random numbers that the order does not depend on."""

    number: int
    design: SampleDesign
    strata: Strata
    order: Ints1d
    chance: Keys

    @cached_property
    def starts(self) -> Ints1d:
        """Return where each stratum (h,) begins in the order."""
        return np.asarray(np.cumsum(self.strata.sizes) - self.strata.sizes, dtype=np.int64)

    def first(self, counts: Ints1d) -> Ints1d:
        """Return the first rows of each stratum, so many (h,) of each."""
        parts = [self.order[start : start + count] for start, count in zip(self.starts, counts, strict=True)]
        return np.concatenate(parts)

    def counts(self, asked: Ints1d, targets: Floats1d, budget: int) -> Ints1d:
        """Return how many pairs of each stratum (h,) are to be asked in all, when `asked` rows (a,) have `targets` (a,), NaN where
        unsettled: the pilot until it is asked, then what a budget allows by what the pilot found."""
        pilots = pilot(self.strata, self.design.budget)
        if not np.isin(self.first(pilots), asked).all():
            return pilots
        inside = np.isin(asked, self.first(pilots)) & ~np.isnan(targets)
        codes, size = self.strata.codes[asked[inside]], len(self.strata)
        found = np.bincount(codes, weights=targets[inside], minlength=size).astype(np.float64)
        judged = np.bincount(codes, minlength=size).astype(np.float64)
        return allocate(self.strata, found, judged, budget, least=pilots)

    def to_ask(self, asked: Ints1d, targets: Floats1d, budget: int, *, salt: int = 0) -> Ints1d:
        """Return the rows that are still to be asked, in an order that tells nothing of scores or strata, another one for another
        `salt`; none when all of a budget were asked."""
        rows = self.first(self.counts(asked, targets, budget))
        rows = rows[~np.isin(rows, asked)]
        order = np.argsort(mixed(self.chance[rows] ^ np.uint64(salt)), kind="stable")
        return np.asarray(rows[order][: max(budget - len(asked), 0)])

    def probabilities(self, counts: Ints1d) -> Floats1d:
        """Return with which probability a pair of each stratum (h,) is among so many of it."""
        return np.asarray(counts / self.strata.sizes, dtype=np.float64)


def begin_sample(
    store: LabelStore, population: Population, budget: int, *, seed: int = 0, threshold: float | None = None
) -> AuditSample:
    """Return the sample that the store has of these scores, or begin one. Raises InputError for a budget that is too small."""
    if budget < LEAST_BUDGET:
        raise InputError(f"--budget {budget}: fewer than {LEAST_BUDGET} labels say nothing: give more")
    for number, design in designs(store):
        if (design.pairs, design.scored) == (population.pairs, population.scored):
            return open_sample(number, design, population)
    design = replace(design_sample(population, budget, seed), threshold=threshold)
    return open_sample(store.add_note(NOTE, json.dumps(stored_record(design))), design, population)


def design_sample(population: Population, budget: int, seed: int) -> SampleDesign:
    """Return the design of a sample of a population for so many labels."""
    strata = part(population, budget)
    return SampleDesign(
        seed,
        budget,
        population.pairs,
        population.scored,
        tuple(map(int, strata.sizes)),
        tuple(map(float, strata.likely)),
        tuple(strata.names[place] for place in strata.categories),
    )


def designs(store: LabelStore) -> list[tuple[int, SampleDesign]]:
    """Return the samples that a store has, the newest first, with their numbers. Raises InputError for one that cannot be read."""
    found = []
    for note in reversed(store.notes(NOTE)):
        where = f"{store.path}: sample {note.seq}"
        remedy = "audit in a store of its own"
        found.append((note.seq, read_record(json.loads(note.content), SampleDesign, where=where, remedy=remedy)))
    return found


def open_sample(number: int, design: SampleDesign, population: Population) -> AuditSample:
    """Return the sample of a design. Raises InputError where the population cannot be parted as it was."""
    strata = part(population, design.budget)
    if tuple(map(int, strata.sizes)) != design.sizes:
        raise InputError("the strata of the store's sample cannot be made again: audit in a store of its own")
    salted = mixed(population.keys ^ mixed(np.array([design.seed], dtype=np.uint64)))
    order = np.lexsort([salted, strata.codes])
    return AuditSample(number, design, strata, order, mixed(salted))
