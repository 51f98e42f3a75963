"""A query is answered by a table as wide as the terminal."""

from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from reranking.answers.session import Answer, Session
from scripts.terminal.console import VIEW_ORDER, number_text, plain

GAP = 2
LEAST_TITLE, WIDEST_CATEGORY, WIDEST_SOURCE = 40, 22, 16


@dataclass(frozen=True)
class Column:
    """It is a column of the table as text. `droppable` ones go first where the terminal is narrow."""

    name: str
    cells: list[str]
    right: bool = False
    widest: int | None = None
    droppable: bool = False

    @property
    def justify(self) -> Literal["left", "right"]:
        return "right" if self.right else "left"

    @property
    def width(self) -> int:
        width = max(cell_len(text) for text in (self.name, *self.cells))
        return width if self.widest is None else min(width, self.widest)


def render_answer(session: Session, answer: Answer, width: int) -> Group:
    """Show what was asked, the neighbours, and notes."""
    lines = [Text(note, style="dim") for note in answer.notes]
    head = Text(describe(session, answer), style="bold", no_wrap=True, overflow="ellipsis")
    return Group(head, render_neighbours(answer, width), *lines) if len(answer.result) else Group(head, *lines)


def describe(session: Session, answer: Answer) -> str:
    """Write one line that says whose neighbours these are."""
    where = f"{answer.result.searched} view"
    if answer.filters:
        where += f", {plain(str(answer.filters))}"
    return f"Neighbours of {name_query(session, answer)} ({where})"


def name_query(session: Session, answer: Answer) -> str:
    """Name the query: by the product's id and title, the text or the picture."""
    query = answer.query
    if query.position is not None:
        product = session.index.catalog.table.slice(query.position, 1).to_pylist()[0]
        return " · ".join(plain(part) for part in (str(product["id"]), product["title"]) if part)
    parts = [] if query.text is None else [f"“{plain(query.text)}”"]
    parts += [] if query.picture is None else [plain(str(query.picture))]
    return " with ".join(parts)


def render_neighbours(answer: Answer, width: int) -> Table:
    """Return one row a neighbour; the title has the room that the other columns leave."""
    before, after = _columns(answer)
    titles = [plain(title or "") for title in answer.products.table["title"].to_pylist()]
    room = _title_room([*before, *after], width)
    while room < LEAST_TITLE and any(column.droppable for column in after):
        after.remove([column for column in after if column.droppable][-1])
        room = _title_room([*before, *after], width)
    title = Column("title", titles, widest=max(room, len("title")))
    columns = [*before, title, *after]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0), collapse_padding=True)
    for column in columns:
        table.add_column(column.name, justify=column.justify, no_wrap=True, overflow="ellipsis", max_width=column.width)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(Text(text) for text in row))
    return table


def least_width(answer: Answer) -> int:
    """Return how wide a line is with everything in it and the beginning of a title."""
    before, after = _columns(answer)
    return LEAST_TITLE - _title_room([*before, *after], 0)


def _columns(answer: Answer) -> tuple[list[Column], list[Column]]:
    """Return the columns before the title and those after it."""
    result, table = answer.result, answer.products.table
    before = [Column("#", [str(rank) for rank in result.ranks], right=True)]
    if answer.probabilities is not None:
        before.append(Column("probability", [number_text(value) for value in answer.probabilities], right=True))
    views = [view for view in VIEW_ORDER if view in result.views]
    before += [Column(view, [number_text(value) for value in result.cosine(view)], right=True) for view in views]
    shown = {"category": answer.products.category(), "source": table["source"]}
    texts = {name: [plain(value or "") for value in column.to_pylist()] for name, column in shown.items()}
    after = [Column("id", [plain(str(value)) for value in table["id"].to_pylist()])]
    if any(texts["category"]):
        after.insert(0, Column("category", texts["category"], widest=WIDEST_CATEGORY, droppable=True))
    if any(texts["source"]):
        after.insert(-1, Column("source", texts["source"], widest=WIDEST_SOURCE, droppable=True))
    return before, after


def _title_room(columns: list[Column], width: int) -> int:
    return width - sum(column.width + GAP for column in columns)
