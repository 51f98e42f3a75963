"""A situation is a way in which scored pairs are unlike those of validation, made from a set's own pairs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from reranking.pairs.labelled import LabelledPairs, join_labelled
from reranking.pairs.product_groups import product_groups
from scripts.benchmarks.labelled_set import LabelledSet
from scripts.benchmarks.promise.splits import (
    deal_sides,
    draw_matches,
    draw_share,
    has_both_kinds,
    seen_matches,
    touching,
    within,
)

LEAST_MATCHES = 100  # among the test pairs of a source that is held out
LEAST_SEEN = 0.1  # of validation matches, from which a set has products of enough offers
FEW_OTHERS = 20  # non-matches beside labels that are else only matches


@dataclass(frozen=True)
class Setting:
    """It holds what is trained and validated on, named `learned`, and the pairs to score by their names. Without `valid` product
    groups are held out."""

    learned: str
    train: LabelledPairs
    valid: LabelledPairs | None
    scored: Mapping[str, LabelledPairs]


@dataclass(frozen=True)
class Choices:
    """These are the matches to others among test pairs and, None for as they are, among those learned from; and how many
    sources are held out, one after another."""

    shares: tuple[float, ...] = (1.0, 4.0, 0.25, 0.1)
    learned: float | None = None
    sources: int = 5


Skip = Callable[[str], None]
Make = Callable[[LabelledSet, int, Choices, Skip], Iterator[Setting]]


def make_shares(opened: LabelledSet, seed: int, choices: Choices, skip: Skip) -> Iterator[Setting]:
    """Yield one setting: the test pairs with other shares of matches than those learned from."""
    train, valid, test = (opened.pairs[name] for name in ("train", "valid", "test"))
    name = "all" if choices.learned is None else ratio_name(choices.learned)
    if choices.learned is not None:
        train, valid = (pairs.take(draw_share(pairs.targets, choices.learned, seed)) for pairs in (train, valid))
    drawn = {ratio_name(ratio): test.take(draw_share(test.targets, ratio, seed)) for ratio in choices.shares}
    yield Setting(name, train, valid, drawn)


def make_given(opened: LabelledSet, seed: int, choices: Choices, skip: Skip) -> Iterator[Setting]:
    """Yield one setting: the set's own split, which was made so that test is unlike validation."""
    yield Setting("train", opened.pairs["train"], opened.pairs["valid"], {"test": opened.pairs["test"]})


def make_seen(opened: LabelledSet, seed: int, choices: Choices, skip: Skip) -> Iterator[Setting]:
    """Yield two settings: validation with other offers of the products of training, and without. The test pairs have no
    product of either."""
    pool = join_labelled([opened.pairs["train"], opened.pairs["valid"]])
    groups = product_groups(pool.left, pool.right, pool.targets, len(opened.index.catalog))
    new = np.ones(len(groups), dtype=bool)
    new[pool.products] = False
    test = within(opened.pairs["test"], new)
    for name, halved in (("products seen", True), ("products new", False)):
        sides = deal_sides(groups, pool.products, halved=halved, seed=seed)
        train, valid = within(pool, sides == 0), within(pool, sides == 1)
        seen = seen_matches(valid, train, groups)
        if halved and seen < LEAST_SEEN:
            return skip(f"{seen:.3f} of validation matches can be of products in training, under {LEAST_SEEN}")
        if not has_both_kinds(test):
            return skip("the test pairs are none of both kinds without the products of training and validation")
        yield Setting(name, train, valid, {"test": test})
    return None


def make_sources(opened: LabelledSet, seed: int, choices: Choices, skip: Skip) -> Iterator[Setting]:
    """Yield a setting for each of the largest sources: learned from pairs without it, scored are the test pairs that have it."""
    column = opened.index.catalog.table["source"].combine_chunks()
    counts = sorted(pc.value_counts(column.drop_null()).to_pylist(), key=lambda row: (-row["counts"], row["values"]))
    for source in [row["values"] for row in counts[: choices.sources]]:
        own = np.asarray(pc.fill_null(pc.equal(column, source), False).to_numpy(zero_copy_only=False), dtype=bool)
        train, valid = (within(opened.pairs[name], ~own) for name in ("train", "valid"))
        scored = touching(opened.pairs["test"], own)
        matches = int(scored.targets.sum())
        if matches < LEAST_MATCHES:
            skip(f"{source} has {matches} matches among the test pairs, under {LEAST_MATCHES}")
        elif not has_both_kinds(train) or not has_both_kinds(valid):
            skip(f"without {source} training or validation pairs are not of both kinds")
        else:
            yield Setting(f"without {source}", train, valid, {source: scored})


def make_matches_only(opened: LabelledSet, seed: int, choices: Choices, skip: Skip) -> Iterator[Setting]:
    """Yield two settings: learned from matches only, and with a few others."""
    train, scored = opened.pairs["train"], {"test": opened.pairs["test"]}
    for name, others in (("matches only", 0), (f"matches and {FEW_OTHERS} others", FEW_OTHERS)):
        yield Setting(name, train.take(draw_matches(train.targets, others, seed)), None, scored)


SITUATIONS: dict[str, Make] = {
    "shares": make_shares,
    "seen": make_seen,
    "source": make_sources,
    "matches-only": make_matches_only,
    "given": make_given,
}


def ratio_name(ratio: float) -> str:
    """Return matches to others as `4:1` or `1:10`."""
    return f"{ratio:g}:1" if ratio >= 1 else f"1:{1 / ratio:g}"
