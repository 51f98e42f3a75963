"""A look says how a product of the sample appears, before any picture of it is taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.sample.chance import pick
from scripts.sample.kinds import Kind
from scripts.sample.words import COLORS, Color, Rgb

SOBER = (6.0, 5.0, 4.0, 2.0)
"""Makers choose the first colours with these weights; the others weigh 1."""
MARKS = ("disc", "ring", "triangle", "bars", "diamond", "cross")


@dataclass(frozen=True)
class Look:
    """Equal looks give equal drawings: a product's option is not seen, so products that differ in it alone share a
    look."""

    kind: str
    form: tuple[float, float, float, float]
    """These proportions of the model lie in [0, 1); what they mean is up to the kind's shape."""
    body: Rgb
    accent: Rgb
    pattern: str
    mark: str
    label: str


def make_looks(kind: Kind, brand: str, number: int, rng: np.random.Generator) -> list[tuple[Color, Look]]:
    """Return `number` looks of one model: one form and mark, each in its own colour or pattern."""
    form = (float(rng.random()), float(rng.random()), float(rng.random()), float(rng.random()))
    mark = pick(rng, MARKS)
    colors = _choose_colors(kind, rng)
    patterns = [kind.patterns[int(position)] for position in rng.permutation(len(kind.patterns))]
    return [
        (
            color,
            Look(
                kind=kind.name,
                form=form,
                body=_shade(color.rgb, rng),
                accent=_shade(
                    colors[number + place].rgb if number + place < len(colors) else colors[-1 - place].rgb, rng
                ),
                pattern=patterns[place % len(patterns)],
                mark=mark,
                label=brand.upper()[:6],
            ),
        )
        for place, color in enumerate(colors[:number])
    ]


def _choose_colors(kind: Kind, rng: np.random.Generator) -> list[Color]:
    """Return all colours in random order; sober ones likely come first, save on phone cases."""
    weights = np.ones(len(COLORS))
    if kind.name != "case":
        weights[: len(SOBER)] = SOBER
    order = rng.choice(len(COLORS), size=len(COLORS), replace=False, p=weights / weights.sum())
    return [COLORS[int(position)] for position in order]


def _shade(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Return the colour as this maker mixes it."""
    red, green, blue = np.clip(np.array(rgb) + rng.integers(-14, 15, size=3), 0, 255)
    return int(red), int(green), int(blue)
