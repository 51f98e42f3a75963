"""A reviewer is asked pair after pair at the terminal: y, n or u, and back or away at any time."""

import getpass
import sys

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.pages.differences import MarkedText
from eval.pages.side_by_side import ShownField, ShownPair, side_by_side
from indexing.catalog.catalog import Catalog
from indexing.errors import kept_when_interrupted
from reranking.labels.asking import AskedPair, LabelSession
from reranking.labels.label import PairVerdict, named
from scripts.terminal.console import plain

VERDICTS = {"y": PairVerdict.MATCH, "n": PairVerdict.NO_MATCH, "u": PairVerdict.UNSURE}
UNDO, QUIT, HELP = "z", "q", "?"
STYLES = {"": "", "word": "bold", "number": "bold reverse"}
ANSWERS_AGAIN = "all answers are kept, and the same command goes on"
KEYS = "the same product? [y]es [n]o [u]nsure, [z] back, [q]uit"
EXPLAINED = (
    "y: one product, sold by two; n: two products, or two variants of one; u: cannot be told from what is shown; "
    "z: take the last answer back, as often as you like; q: go away, all answers are kept and the next call goes on"
)


def ask_all(session: LabelSession, catalog: Catalog, console: Console) -> bool:
    """Ask until there is no more, which returns True, or the reviewer goes away. Each answer is kept before the next question."""
    with kept_when_interrupted(ANSWERS_AGAIN):
        while (pair := session.next_pair()) is not None:
            _show(session, pair, catalog, console)
            if not _answer(session, pair, console):
                return False
    return True


def reviewer_name(name: str | None) -> str:
    """Return who answers, by default who is logged in. Raises InputError where nobody is named."""
    if name is None:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):
            name = ""
    return named(name)


def _answer(session: LabelSession, pair: AskedPair, console: Console) -> bool:
    """Take one answer, or one step back; return False when the reviewer goes away."""
    while True:
        console.print(Text(KEYS, style="dim"), end=" ")
        key = _key()
        console.print(key)
        if key in VERDICTS:
            session.answer(pair, VERDICTS[key])
            return True
        if key == UNDO:
            if session.undo():
                return True
            console.print("there is no answer of yours to take back")
        elif key in (QUIT, ""):
            return False
        else:
            console.print(EXPLAINED)


def _key() -> str:
    """Read one key of a terminal, the first letter of a line of anything else; empty where there is no more."""
    if sys.stdin.isatty():
        key = click.getchar()
        if key == "\x03":
            raise KeyboardInterrupt
        return "" if key == "\x04" else key.lower()
    line = sys.stdin.readline()
    return line.strip()[:1].lower() or HELP if line else ""


def _show(session: LabelSession, pair: AskedPair, catalog: Catalog, console: Console) -> None:
    at = session.progress()
    note = f", {at.note}" if at.note else ""
    console.print()
    console.print(Text(f"{at.asked:,} of {at.total:,} asked, {at.matches:,} matches{note}", style="bold"))
    console.print(
        render_pair(side_by_side(catalog, pair.left_position, pair.right_position), styled=console.is_terminal)
    )


def render_pair(shown: ShownPair, *, styled: bool) -> Table:
    """Return both products side by side, with what the other lacks in bold, numbers in reverse; where there are no styles, in ‹ ›."""
    table = Table(box=None, pad_edge=False, show_header=False, expand=True)
    table.add_column(style="dim", no_wrap=True, max_width=16, overflow="ellipsis")
    table.add_column(ratio=1, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for field in shown.fields:
        table.add_row(_name(field), _text(field.left, styled), _text(field.right, styled))
    for left, right in _both(shown.left_pictures, shown.right_pictures):
        table.add_row("picture", Text(plain(left)), Text(plain(right)))
    return table


def _name(field: ShownField) -> Text:
    return Text(plain(field.name) + (" =" if field.equal else ""))


def _text(pieces: tuple[MarkedText, ...], styled: bool) -> Text:
    text = Text()
    for piece in pieces:
        said = plain(piece.text)
        text.append(said if styled or not piece.mark else f"‹{said}›", style=STYLES[piece.mark] if styled else "")
    return text


def _both(left: tuple[str, ...], right: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the rows of two lists, of which one may be shorter."""
    rows = max(len(left), len(right))
    return list(zip((*left, *[""] * (rows - len(left))), (*right, *[""] * (rows - len(right))), strict=True))
