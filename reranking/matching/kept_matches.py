"""Matches lie on disk until all offers are scored, since what is called a match may follow from all scores together."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Floats1d
from indexing.storage.scratch import scratch_output
from reranking.explain.document import reasons_document
from reranking.matching.matched_offers import MatchedOffers

REASONS = pa.list_(pa.struct({"family": pa.string(), "added": pa.float32(), "words": pa.string()}))
SIDES = ("for", "against")


class KeptMatches:
    """It keeps blocks of matches in a folder: scores, products and cosines of all pairs, and the reasons of those that were
    explained."""

    def __init__(self, folder: Path, views: tuple[str, ...]) -> None:
        self._folder, self._views = folder, views
        self._pairs = pa.schema(
            [("offer", pa.int64()), ("product", pa.int64()), ("score", pa.float32())]
            + [(view, pa.float32()) for view in views]
            + [(side, REASONS) for side in SIDES]
        )
        self._offers = pa.schema([("known", pa.int64()), ("category", pa.large_string())])
        self._open = ExitStack()

    def __enter__(self) -> "KeptMatches":
        with scratch_output(self._folder):
            self._writers = [
                self._open.enter_context(pa.ipc.new_file(str(self._folder / name), schema))
                for name, schema in (("pairs.arrow", self._pairs), ("offers.arrow", self._offers))
            ]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def add(self, matched: MatchedOffers) -> None:
        """Keep a block, but for its rejects."""
        columns = [pa.array(matched.offers), pa.array(matched.products), pa.array(matched.scores)]
        columns += [pa.array(column) for column in matched.cosines.T]
        columns += told_reasons(matched).columns
        offers = [pa.array(matched.known), matched.categories.cast(pa.large_string())]
        with scratch_output(self._folder):
            for writer, schema, part in zip(self._writers, (self._pairs, self._offers), (columns, offers), strict=True):
                writer.write_batch(pa.RecordBatch.from_arrays(part, schema=schema))

    def blocks(self) -> Iterator[tuple[MatchedOffers, pa.RecordBatch]]:
        """Yield the blocks in their order, with nothing called, and the reasons of their pairs, null of those that were not
        explained; nothing can be added any more."""
        self._open.close()
        files = [pa.ipc.open_file(str(self._folder / name)) for name in ("pairs.arrow", "offers.arrow")]
        for number in range(files[0].num_record_batches):
            pairs, offers = (file.get_batch(number) for file in files)
            yield _matched(pairs, offers, self._views), pairs.select(SIDES)


def told_reasons(matched: MatchedOffers) -> pa.RecordBatch:
    """Return the reasons of pairs (p,) for and against a match, null of those that were not explained."""
    told: list[dict[str, Any]] = [{} if one is None else reasons_document(one) for one in matched.reasons]
    told = told or [{}] * len(matched.offers)
    return pa.RecordBatch.from_arrays([pa.array([one.get(side) for one in told], REASONS) for side in SIDES], SIDES)


def _matched(pairs: Any, offers: Any, views: tuple[str, ...]) -> MatchedOffers:
    def column(table: Any, name: str) -> Any:
        return table.column(name).to_numpy(zero_copy_only=False)

    nothing: Floats1d = np.zeros(len(pairs), dtype=np.float32)
    nobody: Bools1d = np.zeros(len(pairs), dtype=bool)
    cosines = np.column_stack([column(pairs, view) for view in views])
    return MatchedOffers(
        column(pairs, "offer"),
        column(pairs, "product"),
        column(pairs, "score"),
        nothing,
        nobody,
        views,
        cosines,
        column(offers, "known"),
        offers.column("category"),
    )
