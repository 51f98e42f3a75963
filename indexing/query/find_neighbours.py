"""Queries ask for the neighbours of a product of the catalogue, of a text, of a picture, or of a text and a picture."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog, catalog_of
from indexing.catalog.filters import EVERYBODY, Filters
from indexing.encoders.encoder import Encoder
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.query.one_view import NOBODY, search_view
from indexing.search.neighbours import allowed_for


@dataclass(frozen=True)
class Query:
    """It says what neighbours are looked for: the product at `position`, or else a text, a picture, or both together.
    `view` is where, None where it is natural; a text is looked for in the image view where its encoder reads texts
    too."""

    position: int | None = None
    text: str | None = None
    picture: Path | None = None
    view: str | None = None

    def __post_init__(self) -> None:
        foreign = self.text is not None or self.picture is not None
        if (self.position is None) != foreign:
            raise InputError("a query is a product of the catalogue, or a text, a picture or both: give one")
        if self.text is not None and not self.text.strip():
            raise InputError("the text is empty: write what the product is")


@dataclass(frozen=True)
class QueryResult:
    """It holds the m neighbours of a query, best first: `positions` (m,), `ranks` (m,) from 1 and `cosines` (m, v)
    float32.

    The columns of `cosines` are those of `views`, NaN where the query or the product has nothing to see. `searched` is
    the view whose cosine decided; `blind` says that the query has nothing to see in it, so that nothing is found.
    """

    searched: str
    positions: Ints1d
    ranks: Ints1d
    views: tuple[str, ...]
    cosines: Floats2d
    blind: bool = False

    def __len__(self) -> int:
        return len(self.positions)

    def cosine(self, view: str) -> Floats1d:
        """Return the cosines (m,) of one view."""
        return self.cosines[:, self.views.index(view)]


def query_by_id(catalog: Catalog, product_id: int | str) -> Query:
    """Return the query for a product of the catalogue. Raises UnknownId."""
    return Query(position=catalog.position(product_id))


def find_neighbours(index: ProductIndex, query: Query, k: int = 10, *, filters: Filters = EVERYBODY) -> QueryResult:
    """Return the k nearest products, as many as there are if fewer; only those that the filters let through.

    A product's neighbours are looked for in the main view, never itself, and only among other sources where the index
    was built so. A text searches the text view (the lexical one, where there is no text encoder to ask), a picture the
    image view, both the fused one, unless the query names another. Raises InputError when the index lacks that view, or
    the query cannot be seen in it, for a picture that cannot be read, and for an unknown category or source.
    """
    if k < 1:
        raise InputError(f"k {k}: ask for at least one neighbour")
    view = _searched_view(index, query)
    rows = _query_rows(index, query, view)
    if view not in rows:
        what = "a picture" if query.text is None else "a text"
        raise InputError(f"--view {view}: {what} cannot be seen in the {view} view of {index.folder}: leave --view out")
    allowed = _allowed(index, query, filters)
    own = NOBODY if query.position is None else query.position
    found = search_view(index, view, rows[view], min(k, len(index.catalog)), own=own, allowed=allowed)
    positions = found.positions[0][found.positions[0] != NOBODY]
    cosines = [_cosines(index, seen_in, rows.get(seen_in), positions) for seen_in in index.views]
    return QueryResult(
        view,
        positions,
        np.arange(1, len(positions) + 1),
        index.views,
        np.stack(cosines, axis=1),
        blind=not _any(rows[view]),
    )


def _searched_view(index: ProductIndex, query: Query) -> str:
    if query.view is not None:
        if query.view not in index.views:
            raise InputError(f"--view {query.view}: {index.folder} has no such view (has {', '.join(index.views)})")
        return query.view
    if query.position is not None:
        return index.main_view
    needed = [view for view, given in (("text", query.text), ("image", query.picture)) if given is not None]
    if needed == ["text"] and "lexical" in index.views and not _encodes(index, "text"):
        return "lexical"
    if needed == ["text"] and "text" not in index.views and _picture_texts(index) is not None:
        return "image"
    for view in needed:
        if view not in index.views:
            what = "text" if view == "text" else "picture"
            raise InputError(
                f"{index.folder}: this index has no {view} view, which a {what} needs (has {', '.join(index.views)}): "
                f"build it with --{view}-encoder"
            )
    return needed[0] if len(needed) == 1 else "fused"


def _encodes(index: ProductIndex, view: str) -> bool:
    """Return whether the index can encode what was typed in: vectors that came in a column cannot be made here."""
    return view in index.views and index.made.encoders[view].made.engine != "column"


def _picture_texts(index: ProductIndex) -> Encoder | None:
    """Return the encoder that turns texts into rows of the image view, None where there is none."""
    image = index.made.encoders.get("image") if "image" in index.views else None
    if image is None:
        return None
    from indexing.encoders.pictures.plan import open_text_twin  # late: all that encodes pictures

    return open_text_twin(image.made, image.notes)


def _query_rows(index: ProductIndex, query: Query, searched: str) -> dict[str, Any]:
    """Return the query's row in each view that it can be seen in: (1, d) dense, a sparse one in the lexical view."""
    if query.position is not None:
        return {view: _own_row(index, view, query.position, searched) for view in index.views}
    rows: dict[str, Any] = {}
    if query.text is not None and index.lexical is not None:
        rows["lexical"] = index.lexical.rows(
            catalog_of(title=query.text, reading=index.catalog.reading).texts(["title"])
        )
    if query.text is not None and (
        _encodes(index, "text") or query.picture is not None or (index.lexical is None and searched == "text")
    ):
        rows["text"] = index.encoder("text").encode(_text_catalog(index, query.text)).rows
    if query.picture is not None:
        rows["image"] = _picture_row(index, query.picture)
    elif query.text is not None and searched == "image" and (texts := _picture_texts(index)) is not None:
        rows["image"] = texts.encode(catalog_of(title=query.text, reading=index.catalog.reading)).rows
    if "fused" in index.views and ("text" in rows or "image" in rows):
        rows["fused"] = index.fusion.rows(*(_or_zeros(rows, index, view) for view in ("text", "image")))
    return rows


def _own_row(index: ProductIndex, view: str, position: int, searched: str) -> Any:
    if view != "lexical" or index.lexical_rows is None:
        return index.rows(view).take(np.array([position]))
    if view == searched and index.lexical is not None:
        return index.lexical.matrix[[position]]  # as SciPy has it, which searches it
    return index.lexical_rows.row(position)


def _or_zeros(rows: Mapping[str, Any], index: ProductIndex, view: str) -> Floats2d:
    row: Floats2d = rows[view] if view in rows else np.zeros((1, index.rows(view).dim), dtype=np.float32)
    return row


def _text_catalog(index: ProductIndex, text: str) -> Catalog:
    """Return the text where the index reads it: as a title, or in the first plain field that the text view is made
    of."""
    fields, one = index.made.text_fields, catalog_of(title=text, reading=index.catalog.reading)
    field = next((name for name in ("title", "description", "brand") if name in fields), "title")
    if field == "title":
        return one
    names = one.table.column_names
    table = one.table.set_column(names.index(field), field, one.table["title"])
    return replace(one, table=table.set_column(names.index("title"), "title", pa.nulls(1, pa.large_string())))


def _picture_row(index: ProductIndex, picture: Path) -> Floats2d:
    path = Path(picture).expanduser().absolute()
    if not path.is_file():
        raise InputError(f"{picture}: no such picture file")
    encoded = index.encoder("image").encode(catalog_of(images=[str(path)]))
    if encoded.rejects:
        raise InputError(f"{picture}: the picture cannot be used: {encoded.rejects[0].reason}")
    return encoded.rows


def _allowed(index: ProductIndex, query: Query, filters: Filters) -> Bools1d | None:
    """Return which products (n,) may be neighbours, None for all of them; whether the query is one itself is not
    asked."""
    allowed = index.allowed(filters)
    if query.position is None or not index.made.match_across_sources:
        return allowed
    own = int(index.sources[query.position])
    if own < 0:
        return allowed
    others = allowed_for(index.sources, own)
    return others if allowed is None else allowed & others


def _cosines(index: ProductIndex, view: str, row: Any | None, positions: Ints1d) -> Floats1d:
    """Return the query's cosines (m,) with products in one view, float32, NaN where either has nothing to see."""
    if row is None or not _any(row):
        return np.full(len(positions), np.nan, dtype=np.float32)
    if view == "lexical" and index.lexical_rows is not None:
        cosines, seen = index.lexical_rows.cosines(row, positions)
    else:
        dense = index.rows(view).take(positions)
        cosines, seen = dense @ row[0], np.any(dense, axis=1)
    return np.where(seen, np.clip(cosines, -1, 1), np.nan).astype(np.float32)  # rounding goes past 1


def _any(row: Any) -> bool:
    return bool(row.nnz if hasattr(row, "nnz") else np.any(row))
