"""Pictures are learnt from in batches: each comes once an epoch, beside those that look like it, with a partner."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Ints1d, Ints2d
from indexing.errors import InputError

LEAST_EPOCH = 2048  # pictures: fewer are gone through several times an epoch


@dataclass(frozen=True)
class PictureBatch:
    """It holds two places (b,) in the pictures: `first`, and `second`, another of the same product or the same one."""

    first: Ints1d
    second: Ints1d


@dataclass(frozen=True)
class PictureBatches:
    """It makes batches of pictures with these product groups (n,). `size` pictures are in one, of which each chosen
    at random brings `beside` that look like it; its partner is another picture of its group with probability
    `matched`."""

    groups: Ints1d
    size: int = 64
    beside: int = 3
    matched: float = 0.7
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.groups) < 2:
            raise InputError(f"{len(self.groups)} pictures to learn from: two at least are needed")
        if self.size < 2:
            raise InputError(f"a batch of {self.size} pictures: two at least are needed")

    def epoch(self, number: int, near: Ints2d | None = None) -> list[PictureBatch]:
        """Return the batches of an epoch, the same for the same seed and number. `near` (n, k) are the pictures that
        look like each, nearest first, -1 = none; without it batches are random."""
        random = np.random.default_rng((self.seed, number))
        rounds = -(-LEAST_EPOCH // len(self.groups))
        return [batch for _ in range(rounds) for batch in self._round(random, near)]

    def _round(self, random: np.random.Generator, near: Ints2d | None) -> list[PictureBatch]:
        order = self._order(random, near)
        second = self._partners(order, random)
        starts = range(0, len(order), self.size)
        batches = [PictureBatch(order[s : s + self.size], second[s : s + self.size]) for s in starts]
        if len(batches) > 1 and len(batches[-1].first) < self.size // 2:
            batches.pop()  # few negatives make a noisy step
        return [batches[place] for place in random.permutation(len(batches))]

    def _order(self, random: np.random.Generator, near: Ints2d | None) -> Ints1d:
        shuffled = random.permutation(len(self.groups))
        if near is None or not self.beside:
            return shuffled
        left = np.ones(len(self.groups), dtype=bool)
        order: list[int] = []
        for place in shuffled.tolist():
            if not left[place]:
                continue
            alike = near[place][near[place] >= 0]
            alike = alike[left[alike] & (self.groups[alike] != self.groups[place])][: self.beside]
            chosen = [place, *dict.fromkeys(alike.tolist())]
            left[chosen] = False
            order += chosen
        return np.array(order, dtype=np.int64)

    def _partners(self, order: Ints1d, random: np.random.Generator) -> Ints1d:
        """Choose for each picture in the order one of its group, itself where it is alone or chance says so."""
        by_group = np.argsort(self.groups, kind="stable")
        ordered = self.groups[by_group]
        starts = np.searchsorted(ordered, self.groups[order], side="left")
        counts = np.searchsorted(ordered, self.groups[order], side="right") - starts
        place_in = np.empty(len(self.groups), dtype=np.int64)
        place_in[by_group] = np.arange(len(self.groups))
        own = place_in[order] - starts
        step = 1 + np.floor(random.random(len(order)) * np.maximum(counts - 1, 1)).astype(np.int64)
        others = by_group[starts + (own + step) % counts]
        return np.where((counts > 1) & (random.random(len(order)) < self.matched), others, order)
