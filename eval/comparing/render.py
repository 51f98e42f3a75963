"""A comparison for people: one html file, and a table for a terminal."""

from dataclasses import dataclass

import pyarrow as pa
from rich.console import Group
from rich.table import Table
from rich.text import Text

from eval.comparing.comparison import Comparison
from eval.comparing.comparison_json import as_document
from eval.pages.differences import Piece, mark_differences
from eval.pages.render import page_environment
from eval.report import SMALL_POSITIVES
from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog

SHOWN = 15
KINDS = {
    "matches_lost": "Matches lost: called before, not now",
    "wrong_added": "Wrong calls added: no match, called now",
    "matches_gained": "Matches gained: not called before, called now",
    "wrong_dropped": "Wrong calls dropped: no match, called before",
}


@dataclass(frozen=True)
class ChangedPair:
    """A pair whose decision is another now: ids, titles with their differences where a catalogue tells them, scores."""

    ids: tuple[str, str]
    titles: tuple[tuple[Piece, ...], tuple[Piece, ...]]
    category: str
    first: float
    second: float


def render_comparison(comparison: Comparison, *, catalog: Catalog | None = None, created: str | None = None) -> str:
    """The page; text from catalogues and files is escaped. Raises UnknownId when the catalogue lacks a product."""
    changed = {
        kind: (_pairs(comparison, rows[:SHOWN], catalog), len(rows)) for kind, rows in vars(comparison.sides).items()
    }
    return (
        page_environment()
        .get_template("compare.html.jinja")
        .render(
            found=as_document(comparison),
            kinds=KINDS,
            changed=changed,
            small=SMALL_POSITIVES,
            created=created,
        )
    )


def comparison_table(comparison: Comparison) -> Group:
    """The categories that both reports share with what moved, then the values over all of them."""
    found = as_document(comparison)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("category", overflow="fold")
    for name in ("pairs", "matches", "first", "second", "change", "interval", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for row in [*found["categories"], {"category": "weighted", "pairs": found["pairs"], **found["weighted"]}]:
        span = row["interval"]
        table.add_row(
            Text(row["category"]),
            f"{row['pairs']:,}",
            f"{row['positives']:,}" if "positives" in row else "",
            *(f"{row[name]:.4f}" for name in ("first", "second")),
            f"{row['change']:+.4f}",
            "" if span is None else f"{span['low']:+.4f} to {span['high']:+.4f}",
            "real" if row["real"] else "",
        )
    sides = found["changed_sides"]
    said = (
        f"matches gained {sides['matches_gained']:,}, lost {sides['matches_lost']:,}; "
        f"wrong calls added {sides['wrong_added']:,}, dropped {sides['wrong_dropped']:,}"
    )
    return Group(table, Text(""), Text(said))


def _pairs(comparison: Comparison, rows: Ints1d, catalog: Catalog | None) -> list[ChangedPair]:
    first, second, shared = comparison.first, comparison.second, comparison.shared
    taken = pa.array(shared.second[rows])
    sides = [ids.take(taken) for ids in (second.left, second.right)]
    titles = [[""] * len(rows)] * 2
    if catalog is not None:
        titles = [catalog.take(catalog.positions(ids)).table["title"].to_pylist() for ids in sides]
    return [
        ChangedPair(
            (str(sides[0][place].as_py()), str(sides[1][place].as_py())),
            mark_differences(titles[0][place] or "", titles[1][place] or ""),
            shared.names[shared.codes[row]],
            float(first.scores[shared.first[row]]),
            float(second.scores[shared.second[row]]),
        )
        for place, row in enumerate(rows)
    ]
