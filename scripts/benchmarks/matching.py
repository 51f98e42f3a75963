"""Matching is measured by its speed and against updates: `python -m scripts.benchmarks.matching INDEX MODEL PRODUCTS`.

Takes some products of PRODUCTS (a parquet file, of which INDEX was built) out of a copy of INDEX and matches them as offers.
The last line is one JSON object: offers a minute, many at once; milliseconds of one offer at a warm index, half of them and
99 of 100, and how often the raw search of the model's views by the same rows would fit into these; and, for `--checked` of
them, how far scores are from those of the same pairs after `heroic update` with that offer alone.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from indexing.arrays import Floats1d
    from indexing.catalog.catalog import Catalog
    from reranking.matching.match_offers import Matcher
    from reranking.matching.matched_offers import MatchedOffers

WARM = 20  # offers matched before the clock runs
NEAR = 0.01  # scores that are no farther apart count as equal


@click.command()
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.argument("products", type=click.Path(path_type=Path, exists=True))
@click.option("--offers", default=500, show_default=True, help="Products taken out and matched.")
@click.option("--checked", default=10, show_default=True, help="Of these, compared with an update.")
@click.option("--id", "id_column", default="id", show_default=True, help="PRODUCTS' column of ids.")
def command(index: Path, model: Path, products: Path, offers: int, checked: int, id_column: str) -> None:
    """Measure matching offers."""
    from indexing.given.read_given import GivenOptions, read_given
    from indexing.product_index import open_index
    from reranking.matching.match_offers import prepare_matching
    from reranking.model.folder import load_reranker

    reranker = load_reranker(model)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        taken = _take_out(index, products, offers, id_column, work)
        opened = open_index(work / "index")
        read = GivenOptions(images=products.parent, max_rejects=1.0)
        given = read_given(opened, [work / "offers.parquet"], work, options=read).catalog
        begun = time.perf_counter()
        matcher = prepare_matching(opened, reranker)
        found: dict[str, Any] = {"products": len(opened.catalog), "prepare_s": round(time.perf_counter() - begun, 1)}
        found |= _timed(matcher, given)
        if checked:
            found |= _against_updates(matcher, given.slice(0, checked), taken.slice(0, checked), products.parent, work)
    print(json.dumps(found))


def _take_out(index: Path, products: Path, offers: int, id_column: str, work: Path) -> "pa.Table":
    """Copy the index without some products; write these as offers.parquet, and return them."""
    import numpy as np
    import pyarrow.parquet as pq

    from indexing.update.update_index import UpdateOptions, update_index

    table = pq.read_table(products)
    rows = np.random.default_rng(0).permutation(len(table))[:offers]
    taken = table.take(np.sort(rows))
    pq.write_table(taken, work / "offers.parquet")
    (work / "gone.txt").write_text("".join(f"{one}\n" for one in taken[id_column].to_pylist()))
    shutil.copytree(index, work / "index")
    update_index(work / "index", delete=work / "gone.txt", options=UpdateOptions(ignore_unknown=True))
    return taken


def _timed(matcher: "Matcher", given: "Catalog") -> dict[str, Any]:
    import numpy as np

    from reranking.matching.match_offers import match_offers

    begun = time.perf_counter()
    matched = match_offers(matcher, given)
    rate = len(given) / (time.perf_counter() - begun) * 60
    times, raw = [], []
    for number in range(len(given)):
        one = given.slice(number, number + 1)
        begun = time.perf_counter()
        matcher.match(one)
        times.append(time.perf_counter() - begun)
        raw.append(_raw(matcher, one))
    taken, searched = np.array(times[WARM:]) * 1e3, np.array(raw[WARM:]) * 1e3
    return {
        "offers_a_minute": round(rate),
        "pairs_an_offer": round(len(matched.offers) / len(given), 1),
        "one_ms_p50": round(float(np.quantile(taken, 0.5)), 1),
        "one_ms_p99": round(float(np.quantile(taken, 0.99)), 1),
        "raw_search_ms_p50": round(float(np.quantile(searched, 0.5)), 1),
        "ratio": round(float(np.median(taken) / np.median(searched)), 1),
    }


def _raw(matcher: "Matcher", one: "Catalog") -> float:
    """Return the seconds that the engines take to find the neighbours of one offer in the views that the model looks at."""
    given, _ = matcher.given(one)
    rows = {view: matcher.search.query_rows(view, given) for view in matcher.views}
    begun = time.perf_counter()
    for view, row in rows.items():
        matcher.index.engine(view).search(row, matcher.model.needs.k)
    return time.perf_counter() - begun


def _against_updates(
    matcher: "Matcher", given: "Catalog", taken: "pa.Table", pictures: Path, work: Path
) -> dict[str, Any]:
    """Compare the scores of each offer's pairs with those after an update with it alone."""
    import numpy as np

    apart, called = [], []
    for number in range(len(given)):
        matched = matcher.match(given.slice(number, number + 1))
        scores, decided = _updated(matcher, matched, taken.slice(number, 1), pictures, work)
        apart.append(np.abs(scores - matched.scores))
        called.append(decided == matched.called)
    every = np.concatenate(apart)
    return {
        "checked_pairs": len(every),
        "within_0.01": round(float((every <= NEAR).mean()), 5),
        "within_0.0001": round(float((every <= NEAR / 100).mean()), 5),
        "farthest": round(float(every.max()), 4),
        "called_alike": round(float(np.concatenate(called).mean()), 5),
    }


def _updated(
    matcher: "Matcher", matched: "MatchedOffers", row: "pa.Table", pictures: Path, work: Path
) -> "tuple[Floats1d, np.ndarray[Any, np.dtype[np.bool_]]]":
    import numpy as np
    import pyarrow.parquet as pq

    from indexing.update.update_index import UpdateOptions, update_index
    from reranking.decisions.thresholds import called
    from reranking.model.pair_scorer import PairScorer

    folder = work / "updated"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(matcher.index.folder, folder)
    pq.write_table(row, work / "one.parquet")
    options = UpdateOptions(images=pictures, max_rejects=1.0)
    now = update_index(folder, [work / "one.parquet"], options=options).index
    own = np.full(len(matched.products), len(now.catalog) - 1)
    scorer = PairScorer.prepare(now, matcher.model, np.append(np.unique(matched.products), own[:1]))
    scores = scorer.score(own, matched.products)
    return scores, called(scores, scorer.evaluation_categories(own), matcher.model.decisions)


if __name__ == "__main__":
    command()
