"""Offers of any number are matched into a file, a line or a row an offer, in memory that does not grow with them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from indexing.catalog.catalog import Catalog
from indexing.catalog.reject_log import RejectLog
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.whole_file import writing_file
from reranking.explain.document import reasons_document
from reranking.matching.match_offers import MatchedOffers, Matcher

SUFFIXES = (".jsonl", ".parquet")
DIGITS = 6  # of numbers in JSON lines
REASONS = pa.list_(pa.struct({"family": pa.string(), "added": pa.float32(), "words": pa.string()}))
Write = Callable[[pa.Table], None]


@dataclass
class MatchedFile:
    """It counts what was written: offers, those whose id the index holds, those with a pair that is called a match, and those
    that nobody is near. Pictures that could not be used go into the log `rejects`."""

    rejects: RejectLog

    offers: int = 0
    known: int = 0
    matched: int = 0
    alone: int = 0

    def add(self, matched: MatchedOffers) -> None:
        """Count a block."""
        self.offers += len(matched.known)
        self.known += int((matched.known >= 0).sum())
        self.matched += len(np.unique(matched.offers[matched.called]))
        self.alone += len(matched.known) - len(np.unique(matched.offers))
        self.rejects.extend(matched.rejects)


def refuse_suffix(out: Path) -> None:
    """Raise InputError for a file that is of no kind that matches are written in."""
    if out.suffix not in SUFFIXES:
        raise InputError(f"--out {out}: name a file ending in .jsonl or .parquet")


def match_into_file(
    matcher: Matcher,
    offers: Catalog,
    out: Path,
    *,
    rejects: RejectLog,
    top: int = 5,
    reasons: bool = False,
    progress: Progress = silent,
) -> MatchedFile:
    """Write a row for each offer, in their order: its id, whether the index holds it too, its evaluation category, and its
    `top` best pairs and all that are called a match, with the model's `reasons` if asked for. Pictures that cannot be used are
    added to `rejects`.

    Raises InputError for a name that ends in neither .jsonl nor .parquet.
    """
    refuse_suffix(out)
    found = MatchedFile(rejects)
    progress("match", 0, len(offers))
    with writing_file(out) as unfinished, _writer(unfinished, out.suffix, matcher) as write:
        for start, matched in matcher.blocks(offers, explain=top if reasons else None):
            part = offers.slice(start, start + len(matched.known))
            write(_rows(matcher.index, part, matched, top, reasons=reasons))
            found.add(matched)
            progress("match", found.offers, len(offers))
    return found


def _rows(index: ProductIndex, offers: Catalog, matched: MatchedOffers, top: int, *, reasons: bool) -> pa.Table:
    """Return a row for each offer, with its pairs as a list."""
    kept = matched.best(top)
    counts = np.bincount(matched.offers[kept], minlength=len(offers))
    starts = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    columns = {
        "id": index.catalog.ids.take(pa.array(matched.products[kept])).combine_chunks(),
        "score": pa.array(matched.scores[kept], pa.float32()),
        "probability": pa.array(matched.probabilities[kept], pa.float32()),
        "match": pa.array(matched.called[kept]),
    }
    for view, cosines in zip(matched.views, matched.cosines[kept].T, strict=True):
        columns[f"{view}_cosine"] = pa.array(cosines, pa.float32(), mask=np.isnan(cosines))
    if reasons:
        told = [reasons_document(matched.reasons[place]) for place in kept.tolist()]
        columns |= {name: pa.array([one[name] for one in told], REASONS) for name in ("for", "against")}
    pairs = pa.StructArray.from_arrays([*columns.values()], [*columns])
    return pa.table(
        {
            "id": offers.ids,
            "in_index": pa.array(np.asarray(matched.known >= 0, dtype=bool)),
            "category": matched.categories,
            "pairs": pa.ListArray.from_arrays(starts, pairs),
        }
    )


@contextmanager
def _writer(path: Path, suffix: str, matcher: Matcher) -> Iterator[Write]:
    """Yield what writes tables into a file of this kind."""
    if suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as lines:
            yield lambda table: lines.writelines(map(_line, table.to_pylist()))
        return
    made = {
        "kind": "matches",
        "index_fingerprint": matcher.index.fingerprint,
        "model_fingerprint": matcher.model.fingerprint,
    }
    writers: list[pq.ParquetWriter] = []
    try:

        def write(table: pa.Table) -> None:
            schema = table.schema.with_metadata({"heroic": json.dumps(made)})
            if not writers:
                writers.append(pq.ParquetWriter(path, schema))
            writers[0].write_table(table.cast(schema))

        yield write
    finally:
        for writer in writers:
            writer.close()


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps({**row, "pairs": [_rounded(pair) for pair in row["pairs"]]}, ensure_ascii=False) + "\n"


def _rounded(value: Any) -> Any:
    """Return JSON values whose numbers are no longer than they are exact."""
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, DIGITS) if isinstance(value, float) else value
