"""An index is timed opening, and querying against the raw FAISS call: `python -m scripts.benchmarks.queries INDEX`."""

import json
import sys
import time
from pathlib import Path
from typing import Any

QUERIES = 300


def main(folder: Path) -> None:
    """Print one JSON object: seconds to open, milliseconds of a query, and its ratio to the raw call's."""
    import faiss
    import numpy as np

    from indexing.product_index import open_index

    begun = time.perf_counter()
    index = open_index(folder)
    opened = time.perf_counter() - begun
    view = index.main_view
    rows, ours = index.rows(view), index.engine(view)
    raw: Any = faiss.read_index(str(folder / "engines" / f"{view}.faiss"), faiss.IO_FLAG_MMAP)
    engine = index.made.engines[view]
    effort = engine.tuned.effort
    if effort is not None:
        faiss.ParameterSpace().set_index_parameter(raw, effort.name, effort.value)
    asked = np.random.default_rng(0).permutation(len(rows))[:QUERIES]
    queries = [np.ascontiguousarray(rows.take(np.array([position]))) for position in asked]
    both: tuple[Any, Any] = (ours, raw)
    times = np.zeros((2, len(queries)))
    for number, query in enumerate([*queries[:20], *queries]):  # the first ones warm up
        for row, searched in enumerate(both):
            begun = time.perf_counter()
            searched.search(query, 10)
            times[row, max(number - 20, 0)] = time.perf_counter() - begun
    own, theirs = np.median(times, axis=1)
    found = {"open_s": opened, "query_ms": own * 1e3, "query_ratio": own / theirs, "index": engine.factory}
    found |= {
        "joined": engine.join.join,
        "build_recall": engine.recall.neighbours,
        "query_recall": engine.recall.queries,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
