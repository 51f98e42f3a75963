"""Offers of any number are matched into a file, a line or a row an offer, in memory that does not grow with them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from indexing.storage.scratch import scratch_folder
from indexing.storage.whole_file import writing_file
from reranking.decisions.prior import ShareCounts
from reranking.decisions.prior_shift import AskedPrior
from reranking.matching.kept_matches import SIDES, KeptMatches, told_reasons
from reranking.matching.match_offers import Matcher
from reranking.matching.matched_offers import MatchedOffers
from reranking.model.scoring.prior_choice import OWN_CHOICE, OWN_PRIOR, PriorChoice, choose_prior, refuse_prior

SUFFIXES = (".jsonl", ".parquet")
DIGITS = 6  # of numbers in JSON lines
Write = Callable[[pa.Table], None]


@dataclass
class MatchedFile:
    """It counts what was written: offers, those whose id the index holds, those with a pair that is called a match, and those
    that nobody is near. `choice` says which share of matches it was decided for."""

    choice: PriorChoice
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
    prior: AskedPrior = OWN_PRIOR,
    progress: Progress = silent,
) -> MatchedFile:
    """Write a row for each offer, in their order: its id, whether the index holds it too, its evaluation category, and its
    `top` best pairs and all that are called a match, with the model's `reasons` if asked for. Pictures that cannot be used are
    added to `rejects`.

    All offers are scored before the first row is written, for the share of matches that the `prior` asks for. One that is
    estimated is moved to where it is smaller than the model's alone: offers are not looked at for whether their calls are of
    the kind that validation was.

    Raises InputError for a name that ends in neither .jsonl nor .parquet, and for a share that is told to a model that keeps no
    validation pairs.
    """
    refuse_suffix(out)
    refuse_prior(matcher.model, prior)
    explain, scored = top if reasons else None, ShareCounts()
    matcher = replace(matcher, options=replace(matcher.options, prior=OWN_CHOICE))
    progress("match", 0, len(offers))
    with scratch_folder() as folder, KeptMatches(folder, matcher.views) as kept:
        for start, matched in matcher.blocks(offers, explain=explain):
            kept.add(matched)
            rejects.extend(matched.rejects)
            _count(scored, matcher, matched)
            progress("match", start + len(matched.known), len(offers))
        choice = choose_prior(matcher.model, prior, scored).withhold() if scored.pairs else PriorChoice(prior)
        deciding = replace(matcher, options=replace(matcher.options, prior=choice))
        return _write(deciding, offers, kept, MatchedFile(choice), out, top, explain)


def _count(scored: ShareCounts, matcher: Matcher, matched: MatchedOffers) -> None:
    """Count pairs by their probability, which is the model's."""
    decided = int((matched.scores.astype(np.float64) >= matcher.model.decisions.f1).sum())
    if len(matched.offers):
        scored.add(matched.probabilities, matched.categories.take(pa.array(matched.offers)), decided)


def _write(
    matcher: Matcher, offers: Catalog, kept: KeptMatches, found: MatchedFile, out: Path, top: int, explain: int | None
) -> MatchedFile:
    """Write the rows of all offers by what the matcher decides now; what is called now and was not is explained."""
    with writing_file(out) as unfinished, _writer(unfinished, out.suffix, matcher) as write:
        for scored, told in kept.blocks():
            part, matched = offers.slice(found.offers, found.offers + len(scored.known)), matcher.decided(scored)
            if explain is not None and told.column("for").take(pa.array(matched.best(top))).null_count:
                matched = matcher.match(part, explain=explain)
                told = told_reasons(matched)
            write(_rows(matcher.index, part, matched, top, None if explain is None else told))
            found.add(matched)
    return found


def _rows(
    index: ProductIndex, offers: Catalog, matched: MatchedOffers, top: int, told: pa.RecordBatch | None
) -> pa.Table:
    """Return a row for each offer, with its pairs as a list, and what is `told` of each pair."""
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
    if told is not None:
        columns |= {side: told.column(side).take(pa.array(kept)) for side in SIDES}
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
