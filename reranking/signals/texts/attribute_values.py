"""Attributes become (key, value) entries in columns, keys and values written one way whatever the seller's way."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.words.quantities import read_quantities
from indexing.words.tokens import fold, words
from reranking.signals.texts.bags import BUCKET_BITS, Occurrences, bucket_of
from reranking.signals.texts.codes import plain_number

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
    values where equal ones of two keys have one bucket."""

    keys: Occurrences
    values: Occurrences
    apart: Occurrences

    @classmethod
    def of_catalog(cls, catalog: Catalog) -> "AttributeOccurrences":
        """Read one occurrence of each entry; one without a key or a value says nothing and is left out."""
        plain_keys, plain_values = _Spellings(plain_key), _Spellings(plain_value)
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
        of_rows, of_keys, *grouped = (np.array(column, dtype=np.int64) for column in (rows, keys, values, apart))
        by_key = (Occurrences(of_rows, of_keys << BUCKET_BITS | column) for column in grouped)
        return cls(Occurrences(of_rows, of_keys), *by_key)


class _Spellings(dict[str, str]):
    """It remembers how each spelling was put: a catalogue says the same few things again and again."""

    def __init__(self, plain: Callable[[str], str]) -> None:
        super().__init__()
        self.plain = plain

    def __missing__(self, text: str) -> str:
        self[text] = self.plain(text)
        return self[text]


def plain_key(text: str) -> str:
    """Write a key in one spelling."""
    return " ".join(words(fold(text)))


def plain_value(text: str) -> str:
    """Write a value in one spelling, empty when it says nothing, as `n/a` does.

    `64 ГБ` and `64GB` are one, `1,50` and `1.5` too.
    """
    folded = fold(text)
    measured = read_quantities(folded)
    if measured.found and not words(measured.rest):
        return " ".join(sorted(f"{quantity.dimension}:{quantity.value}" for quantity in measured.found))
    plain = " ".join(plain_number(word) for word in words(folded))
    return "" if plain in _UNKNOWN else plain
