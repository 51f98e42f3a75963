"""`heroic explain` says why a model gives a pair of products its score."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import STORED

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex
    from reranking.explain.explanation import Explanation


@click.command(name="explain")
@click.argument("index", type=STORED)
@click.argument("model", type=STORED)
@click.option("--pair", nargs=2, required=True, metavar="ID1 ID2", help="The ids of the two products.")
@click.option("--html", type=click.Path(path_type=Path), help="Also write an offline page: pictures and a waterfall.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(index: Path, model: Path, pair: tuple[str, str], html: Path | None, as_json: bool) -> None:
    """Explain the score that MODEL gives a pair of products of INDEX.

    What each feature adds to the log-odds (SHAP values of the trees) is summed by family; the three strongest reasons
    for a match and against it are told with the values seen.
    """
    from indexing.product_index import open_index

    opened = open_index(index)
    found = _explain(opened, model, pair)
    if html is not None:
        from scripts.commands.explain.page import write_page

        write_page(html, found, opened.catalog)
    if as_json:
        from reranking.explain.document import as_document

        click.echo(json.dumps(as_document(found), ensure_ascii=False, indent=2))
        return
    from scripts.commands.explain.text import render
    from scripts.terminal.console import open_console

    open_console().print(render(found))
    if html is not None:
        click.echo(f"page: {html}")


def _explain(index: "ProductIndex", model: Path, pair: tuple[str, str]) -> "Explanation":
    import numpy as np
    import pyarrow as pa

    from indexing.errors import InputError
    from reranking.explain.explanation import explain
    from reranking.model.folder import load_reranker
    from reranking.model.pair_scorer import PairScorer
    from scripts.terminal.progress import shown

    left, right = (int(position) for position in index.catalog.positions(pa.array(pair)))
    if left == right:
        raise InputError(f"--pair {pair[0]} {pair[1]}: is one product twice: name two")
    with shown(passing=True) as progress:
        scorer = PairScorer.prepare(index, load_reranker(model), np.unique([left, right]), progress=progress)
    return explain(scorer, left, right)
