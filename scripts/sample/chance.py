"""Chance for the sample comes in named random streams, so that a change in one stage does not shift the others."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


def stream(seed: int, stage: str) -> np.random.Generator:
    """Return the generator of one stage."""
    return np.random.default_rng([seed, zlib.crc32(stage.encode())])


def pick(rng: np.random.Generator, things: Sequence[Thing]) -> Thing:
    return things[int(rng.integers(len(things)))]


def chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)
