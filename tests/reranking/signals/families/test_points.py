"""Points of two pictures that agree on one placement: counted by hand, against a slow count, and in pictures."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from indexing.encoders.pictures.points.codes import packed, rows_of
from indexing.encoders.pictures.points.model import PointModel
from reranking.signals.families.points import NEAR_BITS, OCTAVES, PLACE, TURN, point_features

MODEL = PointModel(80)


def print_of(seed):
    blocks = np.random.default_rng(seed).integers(0, 255, size=(12, 12, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((180, 180), Image.Resampling.BICUBIC)


def compared(one, other):
    rows = [MODEL.encode_pixels(MODEL.prepare(picture)[None]) for picture in (one, other)]
    (found,) = point_features(*rows)
    (turned,) = point_features(*rows[::-1])
    np.testing.assert_array_equal(found, turned)
    return found


def shelf(picture):
    """The picture, turned and smaller, among other prints."""
    ground = print_of(99).resize((360, 360))
    turned = picture.convert("RGBA").rotate(25, expand=True, resample=Image.Resampling.BICUBIC).resize((190, 190))
    ground.paste(turned, (120, 60), turned)
    return ground


@pytest.mark.parametrize(
    "change", [ImageOps.mirror, ImageOps.flip, lambda one: one.resize((400, 400)), lambda one: one.rotate(90)]
)
def test_a_picture_agrees_with_itself_changed(change):
    assert compared(print_of(0), change(print_of(0)))[2] > 0.6


def test_a_print_is_found_among_others():
    same, other = compared(print_of(0), shelf(print_of(0))), compared(print_of(0), shelf(print_of(5)))
    assert same[1] >= 10 > 6 > other[1]


def hand_made(places, *, turn=0.0, octaves=0.0, shift=(0.0, 0.0), bits=0):
    """A row of points at these places, moved; each has a code of its own, of which so many bits are others."""
    places = np.array(places, dtype=np.float32)
    codes = np.random.default_rng(0).integers(0, 255, size=(40, 16), dtype=np.uint8)[: len(places)]
    flipped = np.unpackbits(codes, axis=1)
    flipped[:, :bits] ^= 1
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ places.T * 2.0**octaves
    moved = np.asarray(turned.T + np.array(shift), dtype=np.float32)
    sizes = np.full(len(places), -3 + octaves, dtype=np.float32)
    angles = np.full(len(places), (1 + turn) % (2 * np.pi), dtype=np.float32)
    return rows_of(packed(np.packbits(flipped, axis=1), moved, sizes, angles)[None])


SQUARE = [(0.2, 0.2), (0.4, 0.2), (0.2, 0.4), (0.4, 0.4), (0.3, 0.25)]


@pytest.mark.parametrize(
    "moved",
    [
        {"shift": (0.3, 0.4)},
        {"turn": 0.5, "shift": (0.3, 0.1)},
        {"octaves": 0.8, "shift": (-0.1, -0.1)},
        {"bits": NEAR_BITS},
    ],
)
def test_points_that_moved_together_agree(moved):
    (found,) = point_features(hand_made(SQUARE), hand_made(SQUARE, **moved))
    assert found.tolist() == [5, 5, 1]


def test_points_whose_codes_differ_too_much_are_others():
    (found,) = point_features(hand_made(SQUARE), hand_made(SQUARE, bits=NEAR_BITS + 1))
    assert found.tolist() == [0, 0, 0]


def test_a_point_elsewhere_does_not_agree():
    there = [*SQUARE[:4], (0.3, 0.25 + PLACE + 0.02)]
    near = [*SQUARE[:4], (0.3, 0.25 + PLACE - 0.02)]
    assert point_features(hand_made(SQUARE), hand_made(there))[0].tolist() == pytest.approx([5, 4, 0.8])
    assert point_features(hand_made(SQUARE), hand_made(near))[0].tolist() == [5, 5, 1]


def test_where_either_has_no_points_nothing_is_known():
    some, none = hand_made(SQUARE), np.zeros_like(hand_made(SQUARE))
    found = point_features(np.concatenate([some, none, none, some]), np.concatenate([none, some, none, some]))
    assert np.isnan(found).all(axis=1).tolist() == [True, True, True, False]


def slow(left, right):
    """The most matches that agree with one, one after the other, of pictures with matches given as (place, place, turn, scale)."""
    best = 0
    for one in zip(left, right, strict=True):
        ((x, y, size, angle), (u, v, other_size, other_angle)) = one
        factor, turn = 2 ** (other_size - size), other_angle - angle
        agree = 0
        for (a, b, s, t), (c, d, z, w) in zip(left, right, strict=True):
            landed = np.array([u, v]) + factor * np.array(
                [np.cos(turn) * (a - x) - np.sin(turn) * (b - y), np.sin(turn) * (a - x) + np.cos(turn) * (b - y)]
            )
            misses = np.hypot(*(landed - [c, d])) > PLACE * np.sqrt(factor)
            apart = abs((w - t - turn + np.pi) % (2 * np.pi) - np.pi) > TURN
            agree += not (misses or apart or abs((z - s) - (other_size - size)) > OCTAVES)
        best = max(best, agree)
    return best


def test_the_count_is_that_of_a_slow_one_in_any_company():
    random = np.random.default_rng(3)
    rows, expected = [], []
    for number in range(70):
        count = int(random.integers(3, 12))
        codes = np.random.default_rng(number).integers(0, 255, size=(count, 16), dtype=np.uint8)
        sides = []
        for scatter in (0, 0.05):
            base = np.random.default_rng(number).uniform(0.2, 0.7, (count, 2))
            places = base + random.normal(0, scatter, (count, 2))
            sizes, angles = random.uniform(-3.6, -3, count), 1 + random.uniform(0, 0.4, count)
            sides.append([np.asarray(part, dtype=np.float32) for part in (places, sizes, angles)])
        packs = [packed(codes, *side) for side in sides]
        rows.append([np.pad(pack, ((0, 12 - count), (0, 0))) for pack in packs])
        expected.append(slow(*(_kept(pack) for pack in packs)))
    left, right = (rows_of(np.stack([pair[side] for pair in rows])) for side in (0, 1))
    found = point_features(left, right)
    assert found[:, 1].tolist() == expected
    assert len(set(expected)) > 4
    alone = np.concatenate([point_features(left[n : n + 1], right[n : n + 1]) for n in range(70)])
    np.testing.assert_array_equal(found, alone)


def _kept(pack):
    """Places, size and angle of each point as its row keeps them."""
    return [(p[18] / 255, p[19] / 255, p[17] / 255 * 8 - 8, p[16] / 256 * 2 * np.pi) for p in pack.astype(float)]
