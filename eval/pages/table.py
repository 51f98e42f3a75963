"""The report for a terminal."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from eval.pages.report_json import category_order, is_small
from eval.report import Report


def render_table(report: Report) -> Group:
    """The categories with their values, then the values over all of them."""
    return Group(_categories(report), *_summary(report))


def _categories(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("category", overflow="fold")
    recall = f"recall@P≥{report.target_precision:g}"
    for name in ("pairs", "matches", "weighted", "strict", recall, "threshold"):
        table.add_column(name, justify="right", no_wrap=True)
    values = report.values
    for place in category_order(report):
        table.add_row(
            Text(report.categories.names[place]),
            f"{values.pairs[place]:,.0f}",
            f"{values.positives[place]:,.0f}" + (" few" if is_small(report, place) else ""),
            f"{values.weighted[place]:.4f}",
            f"{values.strict[place]:.4f}",
            f"{values.recall_at_precision[place]:.4f}",
            "none" if not report.values.recall_at_precision[place] else f"{values.threshold[place]:.4g}",
        )
    return table


def _summary(report: Report) -> list[Text]:
    summary, interval = report.summary, report.uncertainty.weighted
    between = "" if interval is None else f" ({interval.low:.4f} to {interval.high:.4f})"
    legacy = "none" if summary.legacy is None else f"{summary.legacy:.4f}"
    lines = [
        "",
        f"weighted {summary.weighted:.4f}{between} over {summary.pairs:,} pairs, {summary.positives:,} matches; "
        f"a constant score would get {summary.trivial:.4f}",
        f"macro {summary.macro:.4f}, strict {summary.strict:.4f}, legacy {legacy}, pooled {summary.pooled:.4f}",
        *_notes(report),
    ]
    return [Text(line) for line in lines]


def _notes(report: Report) -> list[str]:
    notes = []
    for name, decided in (("match", report.decisions.precision), ("match_f1", report.decisions.f1)):
        if decided is not None:
            values = decided.values
            shown = ", ".join(
                f"{what} {'none' if value is None else f'{value:.4f}'}"
                for what, value in (("precision", values.precision), ("recall", values.recall), ("F1", values.f1))
            )
            notes.append(f"{name}: {shown}")
    if report.pairs.swapped.any():
        notes.append(f"{int(report.pairs.swapped.sum()):,} pairs stand the other way round in the scores")
    if report.category_disagreements:
        notes.append(f"{report.category_disagreements:,} pairs have products of two categories")
    if report.absent:
        notes.append(f"not given: {', '.join(report.absent)}")
    return notes
