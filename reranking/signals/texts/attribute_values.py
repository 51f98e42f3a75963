"""Attributes become (key, value) entries in columns, keys and values written one way whatever the seller's way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.words.quantities import read_quantities
from indexing.words.tokens import fold, words
from reranking.signals.texts.bags import BUCKET_BITS, Occurrences, bucket_of
from reranking.signals.texts.codes import plain_number
from reranking.signals.texts.extents import Extents
from reranking.signals.texts.ranges import Extent, read_extent

Plain = TypeVar("Plain")

_UNKNOWN = frozenset(
    words_of
    for texts in (
        "n/a|not available|not applicable|does not apply|not specified|unspecified|not stated|unknown|undefined|no data|no information|null|nan|tbd",
        "нет данных|нет информации|не указано|не указан|не указана|не указаны|неизвестно|неизвестен|не определено|не применимо|н/д",
        "k.a.|keine angabe|keine angaben|unbekannt|non spécifié|inconnu|no especificado|desconocido|non specificato|brak danych",
    )
    for words_of in (" ".join(words(fold(text))) for text in texts.split("|"))
)  # what is written where nothing is known


@dataclass(frozen=True)
class AttributeOccurrences:
    """It holds the attributes of a block of products: their keys, and their values in groups, one a key; `apart` has the same
    values where equal ones of two keys have one bucket; `extents` are what is a number or a range of them."""

    keys: Occurrences
    values: Occurrences
    apart: Occurrences
    extents: Extents

    @classmethod
    def of_catalog(cls, catalog: Catalog) -> "AttributeOccurrences":
        """Read one occurrence of each entry; one without a key or a value says nothing and is left out."""
        plain_keys, plain_values, measured = _Spellings(plain_key), _Spellings(plain_value), _Spellings(_extent)
        extents: list[tuple[int, int, Extent]] = []
        rows: list[int] = []
        keys: list[int] = []
        values: list[int] = []
        apart: list[int] = []
        for row, entries in enumerate(catalog.table["attributes"].to_pylist()):
            for entry in entries or ():
                key, value = plain_keys[entry["key"] or ""], plain_values[entry["value"] or ""]
                if key and value:
                    rows.append(row)
                    keys.append(bucket_of(key))
                    values.append(bucket_of(f"{key}: {value}"))
                    apart.append(bucket_of(value))
                    if (extent := measured[entry["value"]]) is not None:
                        extents.append((row, keys[-1], extent))
        of_rows, of_keys, *grouped = (np.array(column, dtype=np.int64) for column in (rows, keys, values, apart))
        by_key = [Occurrences(of_rows, of_keys << BUCKET_BITS | column) for column in grouped]
        return cls(Occurrences(of_rows, of_keys), by_key[0], by_key[1], Extents.of_entries(extents, len(catalog)))


class _Spellings(dict[str, Plain], Generic[Plain]):
    """It remembers how each spelling was put: a catalogue says the same few things again and again."""

    def __init__(self, plain: Callable[[str], Plain]) -> None:
        super().__init__()
        self.plain = plain

    def __missing__(self, text: str) -> Plain:
        self[text] = self.plain(text)
        return self[text]


def plain_key(text: str) -> str:
    """Write a key in one spelling."""
    return " ".join(words(fold(text)))


def plain_value(text: str) -> str:
    """Write a value in one spelling, empty when it says nothing, as `n/a` does.

    `64 ГБ` and `64GB` are one, `1,50` and `1.5`, `10-20 kg` and `от 10 до 20 кг` too.
    """
    folded = fold(text)
    if (extent := read_extent(folded)) is not None and extent.is_range:
        return extent.spelling
    measured = read_quantities(folded)
    if measured.found and not words(measured.rest):
        return " ".join(sorted(f"{quantity.dimension}:{quantity.value}" for quantity in measured.found))
    plain = " ".join(plain_number(word) for word in words(folded))
    return "" if plain in _UNKNOWN else plain


def _extent(text: str) -> Extent | None:
    return read_extent(fold(text))
