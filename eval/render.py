"""The report for people: one html file that needs nothing beside it."""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from eval.cards import MistakeCards, show_mistakes
from eval.context import Context
from eval.figures import Figure, draw_categories
from eval.report import SMALL_POSITIVES, Report
from eval.report_json import as_document, category_order

WORST = 10
WORST_PER_CATEGORY = 3
ABSENT = {
    "index": "No index was given (--index): products are shown by id alone, without titles and pictures, and pairs "
    "whose products differ in category are not counted.",
    "model": "No model was given (--model) and the scores name no thresholds: those below were found on these very "
    "pairs, and will not hold as well on others.",
    "provenance": "The scores do not say how they were made, so nothing could be checked against index and model.",
    "categories": "Nothing tells the pairs' categories: all are judged as one category, rest.",
    "match": "The scores have no column match: decisions at the target precision are not judged.",
    "match_f1": "The scores have no column match_f1: decisions at the best F1 are not judged.",
}


@dataclass(frozen=True)
class CategorySection:
    """What the page shows of one category: its row of report.json, its curve, its worst mistakes."""

    numbers: dict[str, Any]
    figure: Figure
    mistakes: MistakeCards


def render_html(report: Report, *, context: Context | None = None, created: str | None = None) -> str:
    """The page. Text from catalogues and files is escaped, never markup; `created` is when it was made, as text."""
    context = context or Context()
    environment = Environment(loader=PackageLoader("eval"), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = _number
    sections = _sections(report, context)
    return environment.get_template("report.html.jinja").render(
        report=as_document(report),
        sections=sections,
        figures=[section.figure.as_json() for section in sections],
        worst=show_mistakes(report, report.mistakes.first(WORST), context),
        has_index=context.catalog is not None,
        small=SMALL_POSITIVES,
        notes=[ABSENT[word] for word in report.absent],
        created=created,
        plotly=Markup(get_plotlyjs()),  # the library's own script, no text of ours or the user's
    )


def _sections(report: Report, context: Context) -> list[CategorySection]:
    document, figures = as_document(report), draw_categories(report)
    return [
        CategorySection(
            numbers,
            figures[place],
            show_mistakes(
                report,
                report.mistakes.within(report.categories.codes == place).first(WORST_PER_CATEGORY),
                context,
            ),
        )
        for numbers, place in zip(document["categories"], category_order(report), strict=True)
    ]


def _number(value: float | None, digits: int = 3) -> str:
    """A number for the page; none where there is none."""
    return "none" if value is None else f"{value:.{digits}f}"
