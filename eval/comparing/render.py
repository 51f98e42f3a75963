"""A comparison is written as JSON and a table of changed pairs for programs, as an html file and a table for people."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Group
from rich.table import Table
from rich.text import Text

from eval.comparing.comparison import Change, Comparison
from eval.comparing.judged import JudgedReport
from eval.pages.differences import MarkedText, mark_differences
from eval.pages.render import page_environment
from eval.report import SMALL_POSITIVES
from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog

SCHEMA_VERSION = 1
SHOWN = 15
KINDS = {
    "matches_lost": "Matches lost: called before, not now",
    "wrong_added": "Wrong calls added: no match, called now",
    "matches_gained": "Matches gained: not called before, called now",
    "wrong_dropped": "Wrong calls dropped: no match, called before",
}


def as_document(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON values; categories by falling number of pairs, then by name."""
    shared, sides = comparison.shared, comparison.sides
    before, after = comparison.first.thresholds, comparison.second.thresholds
    return {
        "kind": "comparison",
        "schema_version": SCHEMA_VERSION,
        "first": _source(comparison.first),
        "second": _source(comparison.second),
        "target_precision": comparison.second.target_precision,
        "pairs": len(shared.targets),
        "only_first": shared.only_first,
        "only_second": shared.only_second,
        "relabelled": shared.relabelled,
        "recategorised": shared.recategorised,
        "confidence": comparison.draws.confidence,
        "rounds": comparison.draws.rounds,
        "seed": comparison.draws.seed,
        "weighted": _change(comparison.weighted),
        "decisions": {change.name: _change(change) for change in comparison.decisions},
        "categories": [
            {
                "category": change.name,
                "pairs": pairs,
                "positives": positives,
                **_change(change),
                "threshold_first": before.get(change.name),
                "threshold_second": after.get(change.name),
            }
            for change, pairs, positives in sorted(comparison.categories, key=lambda row: (-row[1], row[0].name))
        ],
        "changed_sides": {name: len(rows) for name, rows in vars(sides).items()},
    }


def write_changed(comparison: Comparison, path: Path) -> None:
    """Write every pair whose decision is another now: ids, category, label, both scores and decisions, what it did."""
    tables = []
    first, second, shared = comparison.first, comparison.second, comparison.shared
    for name, rows in vars(comparison.sides).items():
        before, after = shared.first[rows], shared.second[rows]
        tables.append(
            pa.table(
                {
                    "change": pa.array([name] * len(rows), pa.string()),
                    "left_id": second.left.take(pa.array(after)),
                    "right_id": second.right.take(pa.array(after)),
                    "category": second.categories.take(pa.array(after)),
                    "target": shared.targets[rows],
                    "score_first": first.scores[before],
                    "score_second": second.scores[after],
                    "called_first": first.called[before],
                    "called_second": second.called[after],
                }
            )
        )
    pq.write_table(pa.concat_tables(tables), path)


def _source(report: JudgedReport) -> dict[str, Any]:
    source = report.source
    return {
        "folder": report.folder.name,
        "target_precision": report.target_precision,
        "weighted": report.weighted,
        "scores": source.scores,
        "truth": source.truth,
        "index_fingerprint": source.index_fingerprint,
        "model_fingerprint": source.model_fingerprint,
    }


def _change(change: Change) -> dict[str, Any]:
    values = (change.first, change.second, change.by)
    first, second, by = (None if np.isnan(value) else value for value in values)
    interval = None if change.interval is None else dataclasses.asdict(change.interval)
    if interval is not None:
        interval = {name: interval[name] for name in ("low", "high", "rounds")}
    return {"first": first, "second": second, "change": by, "interval": interval, "real": change.real}


@dataclass(frozen=True)
class ChangedPair:
    """It is a pair whose decision is another now: ids, titles with their differences where a catalogue has them,
    scores."""

    ids: tuple[str, str]
    titles: tuple[tuple[MarkedText, ...], tuple[MarkedText, ...]]
    category: str
    first: float
    second: float


def render_comparison(comparison: Comparison, *, catalog: Catalog | None = None, created: str | None = None) -> str:
    """Return the page; text from catalogues and files is escaped. Raises UnknownId for an id not in the catalogue."""
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
    """Show the categories that both reports share with what moved, then the values over all of them."""
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
