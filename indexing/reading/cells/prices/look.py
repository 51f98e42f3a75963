"""A column's separators are decided from all of its cells: one alone cannot say whether `1.299` is a thousand."""

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from indexing.reading.cells.prices.columns import PLAIN, PriceFormat, in_ascii_digits
from indexing.reading.cells.prices.currencies import OF_THREE_DECIMALS
from indexing.reading.cells.prices.digits import shapes_of
from indexing.reading.cells.prices.shapes import PriceKind, read_shape
from indexing.reading.cells.texts import TEXT, as_plain, as_text

MIXED = 0.05  # more cells than this share against the rest, and the column has no one way to write a price
YEN = ("¥", "￥")
_UNGROUPED = r"^[0-9]{4,}$"


@dataclass
class PriceLook:
    """It looks at all blocks of a column of prices. What the schema states, `decimal` and `currency`, goes before.

    `proven` counts the cells that show a sign to be decimal, `either` those in which it may be, with an `example` each.
    """

    decimal: str | None = None
    currency: str | None = None
    proven: Counter[str] = field(default_factory=Counter)
    either: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)
    ungrouped: int = 0
    fine: bool = False  # a currency of three decimals is named
    named: set[str] = field(default_factory=set)  # currencies
    yuan: bool = False  # a price after the sign that yen and yuan share has decimals, which no yen have

    def __post_init__(self) -> None:
        self.fine |= self.currency in OF_THREE_DECIMALS

    def look(self, column: pa.Array | pa.ChunkedArray) -> None:
        """Count what the text cells of a block show; numbers show nothing."""
        plain = as_plain(column)
        if plain.type != TEXT or not len(plain) or self.decimal is not None:
            return
        texts = as_text(plain, "")
        clean = pc.fill_null(pc.match_substring_regex(texts, PLAIN), False)
        if pc.any(clean).as_py():
            whole = pc.if_else(clean, texts, pa.scalar(None, TEXT))
            self.proven["."] += _count(pc.match_substring(whole, "."))
            self.ungrouped += _count(pc.match_substring_regex(whole, _UNGROUPED))
        odd = pc.and_(pc.invert(clean), texts.is_valid())
        if pc.any(odd).as_py():
            self._look_at(in_ascii_digits(texts.filter(odd)))

    def _look_at(self, texts: pa.Array) -> None:
        shapes = shapes_of(texts)
        counted = pc.value_counts(shapes)
        for shape, count in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
            found = read_shape(shape, self.currency)
            self.fine |= found.currency in OF_THREE_DECIMALS
            self.named.update(filter(None, [found.currency]))
            self.yuan |= bool(found.decimal) and any(sign in shape for sign in YEN)
            if found.kind is PriceKind.UNREADABLE or found.kind is PriceKind.MISSING:
                continue
            if found.either:
                self.either[found.either] += count
                self.example.setdefault(found.either, texts[pc.index(shapes, shape).as_py()].as_py())
            elif found.decimal in (".", ","):
                self.proven[found.decimal] += count
            elif found.groups in (".", ","):
                self.proven["," if found.groups == "." else "."] += count

    @property
    def format(self) -> PriceFormat:
        """Return how the column is written, by what its cells show, else by what is likelier."""
        yuan = self.yuan and self.currency is None and self.named == {"JPY"}
        return PriceFormat(self._decimal(), "CNY" if yuan else self.currency)

    def _decimal(self) -> str:
        if self.decimal is not None:
            return self.decimal
        if self.proven.total():
            (sign, most), *_ = self.proven.most_common()
            return "" if self.proven.total() - most > MIXED * self.proven.total() else sign
        if self.either and (self.fine or self.ungrouped >= self.either.total()):
            return self.either.most_common()[0][0]
        return ""

    @property
    def ambiguous(self) -> int:
        """Return how many cells could be read two ways, where nothing else in the column settles it."""
        if self.decimal is not None or (self.fine and not self.proven):
            return 0
        total = self.proven.total()
        mixed = total and total - max(self.proven.values()) > MIXED * total
        return self.either.total() if mixed or not total else 0

    def warning(self, name: str) -> str | None:
        """Say which cells of the column could be read two ways, how they were, and what settles it; None for none."""
        if not self.ambiguous:
            return None
        sign = self.either.most_common()[0][0]
        decimal, example = self._decimal(), self.example[sign]
        read = "a decimal sign" if decimal == sign else "a sign of thousands"
        return (
            f"column '{name}': {self.ambiguous:,} prices such as '{example}' can be read two ways and no other cell settles "
            f"it: '{sign}' is taken for {read}; say decimal: '.' or ',' for this column in a schema file"
        )


def _count(found: pa.Array) -> int:
    return int(pc.sum(found).as_py() or 0)
