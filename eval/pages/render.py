"""People read the report as one html file that needs nothing beside it."""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from eval.findings.mistakes import Mistakes
from eval.findings.reasons import NO_REASONS, ReportReasons, Strength
from eval.inputs.context import Context
from eval.pages.cards import CardMaker, PairCard, choose_shown
from eval.pages.figures import Figure, cut_categories, draw_categories
from eval.pages.report_document import CategoryRow, ReportDocument
from eval.pages.report_json import as_document, category_order
from eval.report import SMALL_POSITIVES, Report

ABSENT = {
    "index": "No index was given (--index): products are shown by id alone, without titles and pictures; slices, "
    "retrieval and pairs whose products differ in category are not counted.",
    "model": "No model was given (--model) and the scores name no thresholds: those below were found on these very "
    "pairs, and will not hold as well on others.",
    "provenance": "The scores do not say how they were made, so nothing could be checked against index and model.",
    "categories": "Nothing tells the pairs' categories: all are judged as one category, rest.",
    "match": "The scores have no column match: decisions at the target precision are not judged.",
    "match_f1": "The scores have no column match_f1: decisions at the best F1 are not judged.",
}


@dataclass(frozen=True)
class MistakeCards:
    """It holds the worst mistakes of each kind, worst first."""

    false_matches: tuple[PairCard, ...]
    missed_matches: tuple[PairCard, ...]


@dataclass(frozen=True)
class CategorySection:
    """It has what the page shows of one category: its row of report.json, its figure, its strongest features, its worst
    mistakes, and the recall of its matches by view at each k, None where unknown."""

    numbers: CategoryRow
    figure: Figure
    strengths: tuple[Strength, ...]
    mistakes: MistakeCards
    found: dict[str, tuple[float | None, ...]]


def page_environment() -> Environment:
    """Return how the project's pages are made: catalogue text is escaped, a name that is not there is an error."""
    environment = Environment(loader=PackageLoader("eval"), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = _number
    return environment


def render_html(
    report: Report, *, context: Context | None = None, created: str | None = None, reasons: ReportReasons = NO_REASONS
) -> str:
    """Return the page. Text from catalogues and files is escaped, never markup; `created` says when it was made."""
    maker = CardMaker(report, context or Context(), reasons)
    shown, document = choose_shown(report), as_document(report)
    order = category_order(report)
    worst = _mistakes(maker, shown.mistakes)
    near, suspects = maker.cards(shown.near), maker.cards(shown.suspects, shown.doubts)
    unfound = maker.cards(shown.unfound)
    sections = _sections(document, report, maker, shown.categories)
    cuts = cut_categories(report)
    data = {
        "level": report.target_precision,
        "figures": [section.figure.as_json() for section in sections],
        "cuts": [cuts[place].as_json() for place in order],
        "pictures": maker.pictures,
    }
    return (
        page_environment()
        .get_template("report.html.jinja")
        .render(
            report=document,
            sections=sections,
            data=data,
            worst=worst,
            near=near,
            suspects=suspects,
            unfound=unfound,
            has_index=maker.shelf is not None,
            small=SMALL_POSITIVES,
            notes=[ABSENT[word] for word in report.absent],
            created=created,
            plotly=Markup(get_plotlyjs()),  # the library's own script, no text of ours or the user's
        )
    )


def _mistakes(maker: CardMaker, mistakes: Mistakes) -> MistakeCards:
    return MistakeCards(maker.cards(mistakes.false_matches), maker.cards(mistakes.missed_matches))


def _sections(
    document: ReportDocument, report: Report, maker: CardMaker, mistakes: tuple[Mistakes, ...]
) -> list[CategorySection]:
    figures, retrieval = draw_categories(report), document.retrieval
    views = {} if retrieval is None else retrieval.views
    return [
        CategorySection(
            numbers,
            figures[place],
            maker.reasons.of_category.get(place, ()),
            _mistakes(maker, mistakes[place]),
            {view: found.categories[numbers.category] for view, found in views.items()},
        )
        for numbers, place in zip(document.categories, category_order(report), strict=True)
    ]


def _number(value: float | None, digits: int = 3) -> str:
    """Write a number for the page; none where there is none."""
    return "none" if value is None else f"{value:.{digits}f}"
