"""Cards show pairs as a reader wants to see them: with pictures, differing titles, what agrees, and why the score. A
showcase says which pairs of a report are shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from eval.findings.mistakes import Mistakes
from eval.findings.reasons import ReportReasons
from eval.inputs.context import Context
from eval.pages.differences import MarkedText, mark_differences
from eval.pages.pictures import PictureShelf
from eval.report import Report
from indexing.arrays import Ints1d
from indexing.errors import InputError
from reranking.explain.product_facts import Fact, FieldAgreement, compare_products
from reranking.explain.reasons import Reason

MOST_FACTS = 8
MOST_CHARS = 90
SHOWN_ELSEWHERE = ("id", "title")
WORST = 10
NEAR = 6
SUSPECTS = 12
UNFOUND = 6
WORST_IN_CATEGORY = 3


@dataclass(frozen=True)
class ProductCard:
    """It shows one product; `picture` is a place on the shelf. Without an index there is only the id."""

    id: str
    title: tuple[MarkedText, ...] = ()
    picture: int | None = None


@dataclass(frozen=True)
class PairCard:
    """It shows two products side by side: what is known of both, their score, what decides and what was decided.

    `probability` is None where it is the score. `facts` are of both products, `hidden` more were left out; `threshold`
    is None where nothing is called a match; `why` says why the pair is shown, where that is not plain.
    """

    left: ProductCard
    right: ProductCard
    facts: tuple[Fact, ...]
    hidden: int
    category: str
    score: float
    probability: float | None
    threshold: float | None
    called: bool
    match: bool
    reasons: tuple[Reason, ...]
    why: str = ""


class CardMaker:
    """It makes the cards of one report; `shelf` then holds their pictures."""

    def __init__(self, report: Report, context: Context, reasons: ReportReasons) -> None:
        self.report, self.context, self.reasons = report, context, reasons
        self.shelf = None if context.catalog is None else PictureShelf(context.catalog)

    @property
    def pictures(self) -> list[str]:
        """Return the pictures' data URIs, in the order of their places."""
        return [] if self.shelf is None else self.shelf.uris

    def cards(self, rows: Ints1d, why: tuple[str, ...] = ()) -> tuple[PairCard, ...]:
        """Return the cards of these rows of the truth."""
        pairs, taken = self.report.pairs, pa.array(rows)
        ids = pairs.left.take(taken), pairs.right.take(taken)
        sides = [self._products(side) for side in ids]
        return tuple(
            self._card(int(row), sides[0][place], sides[1][place], why[place] if why else "")
            for place, row in enumerate(rows)
        )

    def _products(self, ids: pa.Array) -> list[dict[str, Any]]:
        if self.context.catalog is None:
            return [{"id": value} for value in ids.to_pylist()]
        catalog = self.context.catalog
        rows: list[dict[str, Any]] = catalog.take(catalog.positions(ids)).table.to_pylist()
        return rows

    def _card(self, row: int, left: dict[str, Any], right: dict[str, Any], why: str) -> PairCard:
        report, code = self.report, int(self.report.categories.codes[row])
        threshold = float(report.thresholds[code])
        score, probability = float(report.pairs.scores[row]), float(report.pairs.probabilities[row])
        facts, hidden = self._facts(left, right)
        titles = mark_differences(left.get("title") or "", right.get("title") or "")
        return PairCard(
            left=self._product(left, titles[0]),
            right=self._product(right, titles[1]),
            facts=facts,
            hidden=hidden,
            category=report.categories.names[code],
            score=score,
            probability=probability if probability != score else None,
            threshold=threshold if np.isfinite(threshold) else None,
            called=bool(report.called[row]),
            match=bool(report.pairs.targets[row] == 1),
            reasons=self.reasons.of_pair.get(row, ()),
            why=why,
        )

    def _product(self, product: dict[str, Any], title: tuple[MarkedText, ...]) -> ProductCard:
        picture = None if self.shelf is None else self.shelf.place(product["images"] or [])
        return ProductCard(str(product["id"]), title, picture)

    def _facts(self, left: dict[str, Any], right: dict[str, Any]) -> tuple[tuple[Fact, ...], int]:
        if self.context.catalog is None:
            return (), 0
        compared = compare_products(left, right)
        facts = [fact for fact in compared.facts if fact.name not in SHOWN_ELSEWHERE and not _plain(fact)]
        shown = tuple(
            Fact(_short(fact.name), _short(fact.left), _short(fact.right), fact.agreement)
            for fact in facts[:MOST_FACTS]
        )
        return shown, compared.hidden + len(facts) - len(shown)


def _plain(fact: Fact) -> bool:
    """Say whether a fact is no news: candidates are mostly of one category."""
    return fact.name == "category" and fact.agreement is FieldAgreement.EQUAL


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 1].rstrip() + "…"


@dataclass(frozen=True)
class Showcase:
    """It names the rows of the truth that a page shows: mistakes, pairs near their threshold, doubtful labels and why,
    matches that no view found; and the mistakes of each category (c)."""

    mistakes: Mistakes
    near: Ints1d
    suspects: Ints1d
    doubts: tuple[str, ...]
    unfound: Ints1d
    categories: tuple[Mistakes, ...]

    def __post_init__(self) -> None:
        if len(self.suspects) != len(self.doubts):
            raise InputError(f"{len(self.suspects)} doubtful labels, {len(self.doubts)} reasons: give one each")

    @property
    def rows(self) -> Ints1d:
        """Return every row that is shown, once."""
        kinds = (self.mistakes, *self.categories)
        mistakes = [rows for kind in kinds for rows in (kind.false_matches, kind.missed_matches)]
        return np.unique(np.concatenate([*mistakes, self.near, self.suspects, self.unfound]))


def choose_shown(report: Report) -> Showcase:
    """Choose the pairs of a report that its page shows."""
    codes = report.categories.codes
    return Showcase(
        mistakes=report.mistakes.first(WORST),
        near=report.near[:NEAR],
        suspects=report.suspects.rows[:SUSPECTS],
        doubts=report.suspects.reasons[:SUSPECTS],
        unfound=np.zeros(0, dtype=np.int64) if report.ceiling is None else report.ceiling.missing[:UNFOUND],
        categories=tuple(
            report.mistakes.within(codes == place).first(WORST_IN_CATEGORY)
            for place in range(len(report.categories.names))
        ),
    )
