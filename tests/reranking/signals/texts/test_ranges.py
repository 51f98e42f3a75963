"""Ranges of values are read whatever way they are written, and nothing else is."""

import math

import pytest

from indexing.words.tokens import fold
from reranking.signals.texts.ranges import MOST_CHARS, Extent, read_extent


@pytest.mark.parametrize(
    ("text", "unit", "low", "high"),
    [
        ("10–20 kg", "mass", 10_000, 20_000),
        ("500 г - 1 кг", "mass", 500, 1000),
        ("от 5 до 7 лет", "month", 60, 84),
        ("3-6 years", "month", 36, 72),
        ("between 3 and 6 years", "month", 36, 72),
        ("100-240 V", "voltage", 100, 240),
        ("20cm to 30cm", "length", 0.2, 0.3),
        ("1,5…2 м", "length", 1.5, 2),
        ("64-128 GB", "capacity", 64, 128),
        ("512–1024 GB", "capacity", 512, 1000),
        ("-20…+60 °C", "unit °c", -20, 60),
        ("10–20 %", "unit %", 10, 20),
        ("up to 30 m", "length", -math.inf, 30),
        ("до 30 м", "length", -math.inf, 30),
        ("≥ 5 kg", "mass", 5000, math.inf),
        ("от 3 лет", "month", 36, math.inf),
        ("3+ лет", "month", 36, math.inf),
        ("20+", "", 20, math.inf),
        ("42/44", "", 42, 44),
        ("36-40", "", 36, 40),
        ("2022-2024", "", 2022, 2024),
        ("15", "", 15, 15),
        ("1,5 кг", "mass", 1500, 1500),
    ],
)
def test_a_number_or_a_range_is_read(text, unit, low, high):
    assert read_extent(fold(text)) == Extent(unit, low, high)


@pytest.mark.parametrize(
    "text",
    [
        "WH-1000XM4", "2023-24", "2023-11-05", "05-12", "4711-4712", "1/2", "16/9", "8/256 GB", "20-10 kg", "10 kg - 20 m",
        "10-20 x 30 cm", "2-in-1", "5-6 in 1", "up to you", "от производителя", "4 x 100", "+7 999", "red", "", "-",
        "10-20 kg" + " " * MOST_CHARS + ".",
    ],
)  # fmt: skip
def test_codes_dates_and_words_are_no_range(text):
    assert read_extent(fold(text)) is None


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("10-20 kg", "15 kg", True),
        ("10-20 kg", "20 kg", True),
        ("10-20 kg", "21 kg", False),
        ("10-20 kg", "19-30 kg", True),
        ("10-20 kg", "15 l", False),
        ("10-20 kg", "15", False),
        ("up to 5 kg", "от 3 кг", True),
        ("up to 2 kg", "от 3 кг", False),
        ("15 kg", "15 kg", False),  # two numbers are equal or not, by their spelling
    ],
)
def test_ranges_overlap_in_one_unit(one, other, overlap):
    extents = read_extent(fold(one)), read_extent(fold(other))
    assert extents[0].overlaps(extents[1]) == extents[1].overlaps(extents[0]) == overlap
