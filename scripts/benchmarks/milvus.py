"""A published index is timed beside the engine in its folder: `python -m scripts.benchmarks.milvus INDEX URI [TYPE …]`.

Each type of index is published under a name of its own, and asked by the same products, one at a time and interleaved with the embedded engine.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.product_index import ProductIndex, open_index
from indexing.publishing.address import Address
from indexing.publishing.open_published import search_elsewhere
from indexing.publishing.publication import Publication
from indexing.publishing.publish_index import PublishOptions, publish_index
from indexing.publishing.server import connected
from indexing.search.recall import recall, search_recalls, true_neighbours

QUERIES, WARM, K = 500, 20, 10
LEAST_RECALL = 0.95


@dataclass(frozen=True)
class Timed:
    """It holds milliseconds of searches: the median and the 99th percentile."""

    p50: float
    p99: float

    @classmethod
    def of_seconds(cls, seconds: Any) -> "Timed":
        p50, p99 = np.percentile(np.asarray(seconds) * 1e3, [50, 99])
        return cls(round(float(p50), 3), round(float(p99), 3))


def main(folder: Path, uri: str, kinds: list[str]) -> None:
    """Print one JSON object a type and view: times here and there, their ratio, recalls, and rows a second of publishing."""
    for kind in kinds or ["FLAT", "HNSW", "IVF_SQ8"]:
        address = Address(uri, f"bench_{kind.lower()}")
        begun = time.perf_counter()
        done = publish_index(folder, address, options=PublishOptions(index=kind, recall=LEAST_RECALL, k=K))
        took = time.perf_counter() - begun
        with connected(address, existing=True) as server:
            here = open_index(folder)
            there = search_elsewhere(here, server)
            for view in there.searched_views:
                line = {"view": view, "products": len(here.catalog), "published_s": round(took, 1)}
                print(json.dumps(line | _compared(here, there, view, done.publication)), flush=True)


def _compared(here: ProductIndex, there: ProductIndex, view: str, publication: Publication) -> dict[str, Any]:
    ours, theirs = here.engine(view), there.engine(view)
    drawn = np.random.default_rng(0).permutation(len(here.catalog))[: QUERIES + WARM]
    sparse = here.lexical if view == "lexical" else None
    seconds = np.zeros((2, len(drawn)))
    for number, position in enumerate(drawn):
        place = np.array([position])
        query = here.rows(view).take(place) if sparse is None else sparse.matrix[place]
        for row, engine in enumerate((ours, theirs)):
            begun = time.perf_counter()
            engine.search(query, K + 1)
            seconds[row, number] = time.perf_counter() - begun
    own, other = (Timed.of_seconds(part[WARM:]) for part in seconds)
    found = publication.views[view]
    embedded = here.made.factory_of(view) if sparse is None else "exact"
    measured: dict[str, Any] = {"embedded": embedded, "p50_ms": own.p50, "p99_ms": own.p99}
    if sparse is None:
        truth = true_neighbours(here.rows(view), drawn, K)
        measured["recall"] = round(recall(search_recalls(ours, here.rows(view), truth)).mean, 4)
    measured |= {"milvus": found.index, "effort": found.effort, "milvus_p50_ms": other.p50, "milvus_p99_ms": other.p99}
    ratio = round(other.p50 / own.p50, 2)
    return measured | {"milvus_recall": found.recall.mean, "p50_ratio": ratio, "server": publication.server}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
