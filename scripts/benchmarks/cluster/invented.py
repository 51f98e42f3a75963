"""Offers of invented products are drawn from a seed, as many as one likes, without any data.

Products come in lines of models whose codes differ in a digit or two; each category has its nouns, features, brands and sizes, which
are as common as words are (Zipf); shops write the parts in orders of their own, leave some out, spell codes and sizes in
several ways, mistype, and add phrases of theirs. docs/scale.md says how like PriceRunner's titles these are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]

SHOPS, OFFERS_A_CATEGORY, LEAST_CATEGORIES = 40, 3_500, 10
BRANDS, WORDS = 8_000, 40_000
OFFERS_A_PRODUCT, MOST_OFFERS = 2.5, 24
BLOCK_PRODUCTS = 100_000
LINE = 10  # products of a line of models, on average
NOUNS, FEATURES, OWN_BRANDS, SERIES, SIZES = 3, 50, 20, 5, 6  # of a category, and series of its brand
UNITS = ("gb", "cm", "kg", "l", "w", "ml", "mm", "m", "inch", "pack")
COLOURS = ("black", "white", "silver", "grey", "blue", "red", "green", "pink", "gold", "brown", "beige", "steel")
ORDERS = ("bsckfzlp", "bcskfflz", "kbscfzlp", "bskcffzl", "cbsklfzp", "bskffzlcp")
"""Letters are parts: brand, series, code, kind (a noun), feature, size, colour, phrase of the shop."""
LEFT_OUT = {"b": 0.04, "s": 0.2, "c": 0.2, "k": 0.1, "f": 0.3, "z": 0.3, "l": 0.5, "p": 0.8}
USUAL, COPIED, MISTYPED = 0.7, 0.045, 0.02


def invented_offers(offers: int, seed: int) -> pa.Table:
    """Return offers with an id, a title, a category, a source and a price, in the order of their shops."""
    table = pa.concat_tables(_blocks(offers, seed)).slice(0, offers)
    shops = table["source"].to_numpy()
    order = np.lexsort((np.random.default_rng(seed).random(len(table)), shops))
    table = table.take(pa.array(order))
    named = pa.array([f"shop-{number}" for number in range(SHOPS)]).take(table["source"].combine_chunks())
    table = table.set_column(table.schema.get_field_index("source"), "source", named)
    return table.add_column(0, "id", pa.array(np.arange(len(table))).cast(pa.string()))


def _blocks(offers: int, seed: int) -> Iterator[pa.Table]:
    """Yield offers of so many products at a time, until there are enough."""
    words = _Vocabulary.drawn(max(offers // OFFERS_A_CATEGORY, LEAST_CATEGORIES), np.random.default_rng(seed))
    made = number = 0
    while made < offers:
        size = min(BLOCK_PRODUCTS, int((offers - made) / OFFERS_A_PRODUCT * 1.1) + 100)
        block = _offers(words, size, np.random.default_rng([seed, number + 1]))
        made, number = made + len(block), number + size
        yield block


@dataclass(frozen=True)
class _Vocabulary:
    """It has words, the mistyped ones behind the others, in one array, and which of them each category (c, n) has as `nouns`, `features` and
    `brands`, with its `sizes`, the place of its unit, and what the codes of a brand's series begin with."""

    words: npt.NDArray[np.object_]
    nouns: Ints
    features: Ints
    brands: Ints
    sizes: Ints
    units: Ints
    prefixes: Ints

    @classmethod
    def drawn(cls, categories: int, rng: np.random.Generator) -> "_Vocabulary":
        words = _invented(rng, WORDS + BRANDS)
        slips = [_mistyped(rng, word) for word in words]
        return cls(
            np.array([*words, *slips], dtype=object),
            rng.integers(0, WORDS, (categories, NOUNS)),
            _common(rng, WORDS, (categories, FEATURES)),
            WORDS + _common(rng, BRANDS, (categories, OWN_BRANDS), 0.7),
            np.sort((10 ** rng.uniform(0, 3.3, (categories, SIZES))).astype(np.int64), axis=1),
            rng.integers(0, len(UNITS), categories),
            rng.integers(0, 2**31, (categories, OWN_BRANDS, SERIES)),
        )


def _invented(rng: np.random.Generator, number: int) -> list[str]:
    """Return different words of two to four syllables, letters as common as in English."""
    heads = [*"tnsrhldcmfpgwbvkjxqz", "st", "tr", "ch", "sh", "pr", "gr", "pl", "th", "br", "cl"]
    head_chance = np.array([9, 7, 6, 6, 5, 4, 4, 3, 3, 2, 3, 2, 2, 2, 1, 1, 0.3, 0.2, 0.1, 0.2, *[1.0] * 10])
    vowels, vowel_chance = [*"eaoiuy", "ea", "ou", "ai", "io"], np.array([12, 8, 7, 7, 3, 1, 1, 1, 0.7, 0.7])
    tails, tail_chance = ["", "n", "r", "s", "l", "t", "d", "m", "ng", "x"], np.array([9, 4, 4, 3, 3, 3, 2, 1, 1, 0.3])
    words: dict[str, None] = {}
    while len(words) < number:
        parts = [
            rng.choice(kind, (number, 4), p=chance / chance.sum())
            for kind, chance in ((heads, head_chance), (vowels, vowel_chance), (tails, tail_chance))
        ]
        syllables = np.char.add(np.char.add(parts[0], parts[1]), parts[2])
        for row, count in zip(
            syllables.tolist(), rng.choice([1, 2, 3, 4], number, p=[0.1, 0.5, 0.3, 0.1]), strict=True
        ):
            words["".join(row[:count])] = None
    return list(words)[:number]


def _mistyped(rng: np.random.Generator, word: str) -> str:
    """Return the word with two letters swapped, or one lost."""
    at = int(rng.integers(0, max(len(word) - 1, 1)))
    lost = rng.random() < 0.5 and len(word) > 2
    return word[:at] + ("" if lost else word[at : at + 2][::-1]) + word[at + (1 if lost else 2) :]


def _common(rng: np.random.Generator, most: int, shape: tuple[int, ...], power: float = 0.9) -> Ints:
    """Draw numbers below `most`, each as often as words of its rank are used."""
    weights = np.cumsum((np.arange(most) + 3.0) ** -power)
    return np.asarray(np.searchsorted(weights, rng.random(shape) * weights[-1]), dtype=np.int64)


def _offers(words: _Vocabulary, products: int, rng: np.random.Generator) -> pa.Table:
    """Return the offers of so many products, product by product; `source` is a number still."""
    made = _Products.drawn(words, products, rng)
    wanted = np.minimum(rng.geometric(1 / OFFERS_A_PRODUCT, products), MOST_OFFERS)
    product = np.repeat(np.arange(products), wanted)
    keys = np.unique(product * SHOPS + _common(rng, SHOPS, product.shape, 0.6))
    product, shop = keys // SHOPS, keys % SHOPS
    titles = _titles(words, made, product, shop, rng)
    again = np.append(False, product[1:] == product[:-1]) & (rng.random(len(product)) < COPIED * 1.6)
    source = np.arange(len(product)) - again
    price = np.round(made.price[product] * rng.normal(1.0, 0.07, len(product)), 2)
    paths = pa.array([f"department {one % 12}/group {one % 60}/kind {one}" for one in range(len(words.units))])
    return pa.table(
        {
            "title": titles.take(pa.array(source)),
            "category": paths.take(pa.array(made.category[product])),
            "source": pa.array(shop),
            "price": pa.array(price),
        }
    )


@dataclass(frozen=True)
class _Products:
    """They are products (p,): the places of their brand, series, features and size, and codes as prefix, number and suffix."""

    category: Ints
    brand: Ints
    series: Ints
    code: npt.NDArray[np.object_]
    features: Ints
    size: Ints
    colour: Ints
    price: npt.NDArray[np.float64]

    @classmethod
    def drawn(cls, words: _Vocabulary, products: int, rng: np.random.Generator) -> "_Products":
        line = np.sort(rng.integers(0, max(products // LINE, 1), products))
        lines = int(line[-1]) + 1
        category = _common(rng, len(words.units), (lines,), 0.5)
        own = _common(rng, OWN_BRANDS, (lines,), 1.3)
        series = rng.integers(0, SERIES, lines)
        prefix = words.prefixes[category, own, series]
        base = rng.integers(100, 10 ** rng.integers(3, 6, lines))
        place = np.arange(products) - np.searchsorted(line, line)
        code = _codes(prefix[line], base[line] + place * rng.choice([1, 5, 10, 100], lines)[line], rng)
        features = words.features[category[line][:, None], _common(rng, FEATURES, (products, 4), 1.3)]
        features[:, 0] = words.features[category, _common(rng, FEATURES, (lines,), 1.3)][line]  # all of a line have it
        return cls(
            category[line],
            words.brands[category, own][line],
            (prefix * 7 % WORDS)[line],
            code,
            features,
            words.sizes[category[line], rng.integers(0, SIZES, products)],
            rng.integers(0, len(COLOURS), products),
            np.exp(rng.normal(3.5, 1.0, lines))[line] * rng.uniform(0.8, 1.3, products),
        )


def _codes(prefix: Ints, number: Ints, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Return codes such as `kfn-29683d`, of which sellers leave the stroke out."""
    letters = np.array(list("abcdefghklmnprstvwxz"))
    heads = np.array([f"{a}{b}" for a in letters for b in [*letters, ""]], dtype=object)
    tails = np.array([*[""] * 40, *letters, *[f"{a}{b}" for a in letters for b in letters[:2]]], dtype=object)
    third = np.array([*letters, *[""] * 10], dtype=object)
    head = heads[prefix % len(heads)] + third[prefix // len(heads) % len(third)]
    return np.asarray(head + "-" + number.astype(str).astype(object) + tails[rng.integers(0, len(tails), len(number))])


def _titles(words: _Vocabulary, made: _Products, product: Ints, shop: Ints, rng: np.random.Generator) -> pa.Array:
    """Return a title of each offer, parts in one of the orders, most shops in their usual one."""
    offers = len(product)
    parts = _parts(words, made, product, shop, rng)
    order = np.where(rng.random(offers) < USUAL, shop % len(ORDERS), rng.integers(0, len(ORDERS), offers))
    titles, places = [], []
    for number, letters in enumerate(ORDERS):
        rows = np.flatnonzero(order == number)
        taken: dict[str, int] = {}
        columns = []
        for letter in letters:
            nth = taken[letter] = taken.get(letter, -1) + 1
            column = parts[letter][nth][rows]
            column[rng.random(len(rows)) < LEFT_OUT[letter]] = None
            columns.append(column)
        empty = np.logical_and.reduce([column == None for column in columns])  # noqa: E711
        columns[0][empty] = words.words[words.nouns[made.category[product[rows[empty]]], 0]]
        given = [pa.array(column, pa.string()) for column in columns]
        titles.append(pc.binary_join_element_wise(*given, " ", null_handling="skip"))
        places.append(rows)
    return pa.concat_arrays(titles).take(pa.array(np.argsort(np.concatenate(places), kind="stable")))


def _parts(
    words: _Vocabulary, made: _Products, product: Ints, shop: Ints, rng: np.random.Generator
) -> dict[str, list[npt.NDArray[np.object_]]]:
    """Return the parts of titles by letter, as often as one title may have them."""
    offers, category = len(product), made.category[product]

    def said(place: Ints) -> npt.NDArray[np.object_]:
        slipped = rng.random(offers) < MISTYPED
        return words.words[place + slipped * (len(words.words) // 2)]

    dashed = made.code[product]
    spelt = rng.random(offers)
    code = np.where(spelt < 0.3, dashed, np.array([one.replace("-", "") for one in dashed], dtype=object))
    noun = np.where(rng.random(offers) < 0.6, 0, rng.integers(0, NOUNS, offers))
    unit = np.array(UNITS, dtype=object)[words.units[category]]
    size = made.size[product].astype(str).astype(object) + np.where(rng.random(offers) < 0.5, "", " ") + unit
    place = rng.integers(0, 4, (2, offers))
    phrase = 100 + shop * 6
    return {
        "b": [said(made.brand[product])],
        "s": [said(made.series[product])],
        "c": [code],
        "k": [said(words.nouns[category, noun])],
        "f": [said(made.features[product, one]) for one in (np.where(place[0] > 1, 0, place[0]), place[1])],
        "z": [size],
        "l": [np.array(COLOURS, dtype=object)[made.colour[product]]],
        "p": [said(phrase) + " " + said(phrase + rng.integers(1, 6, offers))],
    }
