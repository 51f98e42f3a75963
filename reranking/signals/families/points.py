"""Point features tell how many points of two pictures agree on one placement of the one in the other, or of its mirror image.

Two points match where each is the other's nearest, and few bits of their codes differ. Each match by itself says how the one picture
would be moved, turned and scaled into the other (Philbin et al., "Object retrieval with large vocabularies and fast spatial matching",
CVPR 2007), and those that agree with it are counted: so nothing is drawn at random, and the count is the same from both sides.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d
from indexing.encoders.pictures.points.codes import BITS, NUMBERS, PicturePoints, points_of
from reranking.signals.feature import declare

FAMILY = "picture points"
FEATURES = declare(
    FAMILY,
    {
        "points_matched": "points of both main pictures that are each other's nearest, and near; like the next two unknown where either "
        "has none",
        "points_agreeing": "of these, those that agree on one placement of the one picture in the other, or of its mirror image",
        "points_agreeing_share": "the same over the points of the picture that has fewer",
    },
    rising=("points_agreeing", "points_agreeing_share"),
)
NEAR_BITS = 32  # of 128 that may differ between two points that match
PLACE = 0.06  # of the longer side, by which a point may miss its place
TURN = 0.6  # radians, by which the turn of two matches may differ
OCTAVES = 1.0  # and the scale
BLOCK_PAIRS, PARTS = 64, 8


@dataclass(frozen=True)
class _Matches:
    """They are matches of pairs of pictures, as many columns as the pair with the most has: of each the places (p, m, 2) on both
    sides, by how much it turns and, in octaves, scales (p, m); `there` (p, m) says which are some."""

    left: npt.NDArray[np.float32]
    right: npt.NDArray[np.float32]
    turn: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    there: npt.NDArray[np.bool_]

    def take(self, rows: Ints1d, most: int) -> "_Matches":
        """Return the first `most` matches of some pairs."""
        left, right = self.left[rows, :most], self.right[rows, :most]
        return _Matches(left, right, self.turn[rows, :most], self.scale[rows, :most], self.there[rows, :most])


def point_features(left: Floats2d, right: Floats2d) -> Floats2d:
    """Return the features (p, 3) of pairs of rows of points (p, d), NaN where either has none."""
    found = np.full((len(left), len(FEATURES)), np.nan, dtype=np.float32)
    both = np.flatnonzero(left.any(axis=1) & right.any(axis=1))
    for start in range(0, len(both), BLOCK_PAIRS):
        rows = both[start : start + BLOCK_PAIRS]
        found[rows] = _compared(_held(left[rows]), _held(right[rows]))
    return found


def _held(rows: Floats2d) -> PicturePoints:
    """Return the points of rows, without the places that nobody has filled: the first ones are filled."""
    filled = rows.reshape(len(rows), -1, NUMBERS).any(axis=(0, 2))
    return points_of(rows[:, : int(np.flatnonzero(filled)[-1] + 1) * NUMBERS])


def _compared(left: PicturePoints, right: PicturePoints) -> Floats2d:
    counts = [_counted(_matched(own, right)) for own in (left, left.mirrored())]
    agreeing = np.maximum(counts[0][1], counts[1][1])
    fewer = np.minimum(left.there.sum(axis=1), right.there.sum(axis=1))
    return np.column_stack([np.maximum(counts[0][0], counts[1][0]), agreeing, agreeing / fewer]).astype(np.float32)


def _matched(left: PicturePoints, right: PicturePoints) -> _Matches:
    alike = _alike(left, right)
    theirs, ours = alike.argmax(axis=2), alike.argmax(axis=1)
    own = np.arange(alike.shape[1])
    mutual = np.take_along_axis(ours, theirs, axis=1) == own
    mutual &= np.take_along_axis(alike, theirs[..., None], axis=2)[..., 0] >= BITS - 2 * NEAR_BITS
    most = max(int(mutual.sum(axis=1).max(initial=0)), 1)
    places = np.argsort(~mutual, axis=1, kind="stable")[:, :most]  # the matches first
    other = np.take_along_axis(theirs, places, axis=1)
    return _Matches(
        np.take_along_axis(left.places, places[..., None], axis=1),
        np.take_along_axis(right.places, other[..., None], axis=1),
        np.take_along_axis(right.angles, other, axis=1) - np.take_along_axis(left.angles, places, axis=1),
        np.take_along_axis(right.sizes, other, axis=1) - np.take_along_axis(left.sizes, places, axis=1),
        np.take_along_axis(mutual, places, axis=1),
    )


def _alike(left: PicturePoints, right: PicturePoints) -> npt.NDArray[np.float32]:
    """Return how many more bits of each point of the left pictures are as those of each of the right ones than are not, (p, n, m);
    0 where either is none. A matrix product counts them fastest, in whole numbers that float32 holds exactly."""
    signs = [
        (np.unpackbits(side.codes, axis=2).astype(np.float32) * 2 - 1) * side.there[..., None] for side in (left, right)
    ]
    return np.asarray(signs[0] @ signs[1].transpose(0, 2, 1), dtype=np.float32)


def _counted(matches: _Matches) -> tuple[Ints1d, Ints1d]:
    """Return how many matches there are (p,), and how many the most that agree are. Pairs with about as many are looked at together: of
    a few with many all would have as many columns."""
    counts = matches.there.sum(axis=1)
    agreeing = np.zeros(len(counts), dtype=np.int64)
    for rows in np.array_split(np.argsort(counts, kind="stable"), PARTS):
        most = int(counts[rows].max(initial=0))
        if most:
            agreeing[rows] = _agreeing(matches.take(rows, most))
    return counts, agreeing


def _agreeing(matches: _Matches) -> Ints1d:
    """Return how many matches the most that agree are (p,)."""
    factor = np.exp2(matches.scale)
    across, down = factor * np.cos(matches.turn), factor * np.sin(matches.turn)
    moved = matches.left[:, None] - matches.left[:, :, None]  # from the match that says how, to the one that is asked
    landed = np.stack(
        [
            across[..., None] * moved[..., 0] - down[..., None] * moved[..., 1],
            down[..., None] * moved[..., 0] + across[..., None] * moved[..., 1],
        ],
        axis=-1,
    )
    missed = np.hypot(*np.moveaxis(landed - (matches.right[:, None] - matches.right[:, :, None]), -1, 0))
    turned = matches.turn[:, None] - matches.turn[:, :, None]
    agrees = missed <= PLACE * np.sqrt(factor)[..., None]  # as far from both sides
    agrees &= np.abs((turned + np.pi) % (2 * np.pi) - np.pi) <= TURN
    agrees &= np.abs(matches.scale[:, None] - matches.scale[:, :, None]) <= OCTAVES
    agrees &= matches.there[:, None] & matches.there[:, :, None]
    return np.asarray(agrees.sum(axis=2).max(axis=1), dtype=np.int64)
