"""The thresholds of a model as a table: what was asked, held on product groups that did not choose, and paid."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from reranking.model.reranker import XgboostReranker

COLUMNS = ("category", "threshold", "asked", "held", "called", "recall", "paid")


def decision_table(model: "XgboostReranker") -> "Table":
    """One row a category: precision asked and held, pairs called, recall, and recall paid for being sure."""
    from rich.table import Table

    table = Table(*COLUMNS, title="precision asked and held, recall paid: out of fold on validation")
    for row in sorted(model.report["decisions"]["held"], key=lambda row: str(row["category"])):
        threshold = model.thresholds[row["category"]]
        table.add_row(
            row["category"],
            f"{threshold:.3f}" if threshold <= 1 else "never",
            f"{row['asked']:g}",
            _figure(row["held"]),
            f"{row['called']:,}",
            _figure(row["recall"]),
            _figure(row["paid"]),
        )
    return table


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
