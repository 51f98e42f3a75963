"""One offline page explains a pair: pictures and facts side by side, the reasons, a waterfall."""

import math
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from eval.pages.pictures import PictureShelf
from eval.pages.render import page_environment
from indexing.catalog.catalog import Catalog
from indexing.storage.whole_file import writing_file
from reranking.explain.contributions import FamilyContributions
from reranking.explain.explanation import Explanation
from reranking.explain.product_facts import compare_products
from reranking.explain.reasons import LEAST_ADDED

PICTURE_SIDE = 360
MOST_BARS = 10


def write_page(path: Path, found: Explanation, catalog: Catalog) -> None:
    """Write the page. Raises InputError when the file cannot have this name."""
    with writing_file(path) as file:
        file.write_text(render_page(found, catalog), encoding="utf-8")


def render_page(found: Explanation, catalog: Catalog) -> str:
    """Return the page. Text of the catalogue is escaped, never markup."""
    pair, shelf = found.pair, PictureShelf(catalog, side=PICTURE_SIDE)
    places = [shelf.place(product["images"] or []) for product in (pair.left, pair.right)]
    page: str = (
        page_environment()
        .get_template("explanation.html.jinja")
        .render(
            found=found,
            never=math.isinf(found.threshold),
            pictures=[None if place is None else shelf.uris[place] for place in places],
            compared=compare_products(pair.left, pair.right),
            waterfall=waterfall(pair.found.by_family()),
            plotly=Markup(get_plotlyjs()),  # the library's own script, no text of ours or the user's
        )
    )
    return page


def waterfall(families: FamilyContributions) -> dict[str, Any]:
    """Return bars from where the log-odds start to where they end: the strongest families, the rest in one."""
    shown = min(MOST_BARS, int((abs(families.added) >= LEAST_ADDED).sum()))  # strongest first
    names, added = list(families.families[:shown]), [float(part) for part in families.added[:shown]]
    rest = float(families.added[shown:].sum())
    if abs(rest) >= LEAST_ADDED:
        names, added = [*names, "all others"], [*added, rest]
    total = families.base + float(families.added.sum())
    return {
        "names": ["start", *names, "log-odds"],
        "measures": ["absolute", *["relative"] * len(names), "total"],
        "values": [families.base, *added, total],
        "texts": [f"{families.base:+.2f}", *(f"{part:+.2f}" for part in added), f"{total:+.2f}"],
    }
