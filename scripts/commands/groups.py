"""`heroic groups` makes product groups from scored pairs."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import NUMBER, PARQUET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from eval.inputs.scores import Scores
    from indexing.arrays import Ints1d
    from indexing.machine.progress import Progress
    from indexing.product_index import ProductIndex
    from reranking.grouping.bounds import Bounds, PlacedBounds
    from reranking.grouping.group_files import GroupsManifest, NamedGroups
    from reranking.grouping.group_products import Grouping
    from reranking.grouping.scored_pairs import ScoredPairs, TiedPairs
    from reranking.grouping.seen_titles import SeenTitles


@click.command(name="groups")
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=PARQUET, help="The parquet file of groups.")
@click.option("--threshold", type=NUMBER, help="Scores from which a pair is a match [default: the column match].")
@click.option("--max-size", default=0, help="Products that a group may have [default: any number].")
@click.option(
    "--agreement",
    default=0.5,
    show_default=True,
    help="Mean probability of the scored pairs between two parts, from which they are merged.",
)
@click.option("--one-per-source", is_flag=True, help="At most one product of a source in a group; needs --index.")
@click.option(
    "--index",
    type=click.Path(path_type=Path),
    help="The index that was scored: its sources, and what decided products are called now.",
)
@click.option("--previous", type=click.Path(path_type=Path), help="Groups of before, whose ids are kept.")
@click.option("--decisions", type=click.Path(path_type=Path), help="Decisions of reviewers, which bind the groups.")
@click.option("--disagreements", type=PARQUET, help="Parquet file of pairs that disagree.")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
@click.option("--score-column", metavar="NAME", help="Of SCORES, where the score has a name of its own.")
def command(
    scores: Path,
    out: Path,
    threshold: float | None,
    max_size: int,
    agreement: float,
    one_per_source: bool,
    index: Path | None,
    previous: Path | None,
    decisions: Path | None,
    disagreements: Path | None,
    ids: tuple[str, str] | None,
    score_column: str | None,
) -> None:
    """Group the products of SCORES, pairs that heroic score wrote: one row a product with the id of its group.

    Matches are merged by falling probability. A merging is refused when the group would be too large or have two
    products of a source, or when the scored pairs between both parts are on average less likely than --agreement.
    What reviewers decided comes before all of that.
    """
    if one_per_source and index is None:
        raise click.UsageError("--one-per-source needs --index")
    if index is not None and not one_per_source and decisions is None:
        raise click.UsageError("--index is for --one-per-source and --decisions: give one of them")
    from eval.inputs.scores import read_score_blocks
    from indexing.storage.whole_file import refuse_folder
    from reranking.grouping.group_files import GroupsManifest, read_groups
    from reranking.grouping.group_products import Brake, GroupOptions, count_overruled, group_products
    from scripts.terminal.progress import shown

    for place in (out, disagreements):
        if place is not None:
            refuse_folder(place)
    options = GroupOptions(max_size=max_size, agreement=agreement)
    decided = None if decisions is None else _Decided.read(decisions)
    blocks = partial(read_score_blocks, scores, ids=ids, score=score_column)
    found = next(blocks())  # which says how they were made
    opened = None if index is None else _opened(found, index)
    with shown(passing=True) as progress:
        pairs = _pairs_to_group(scores, blocks, threshold, decided, progress).pairs
        before = None if previous is None else read_groups(previous)
        sources = _sources_of(pairs, opened, found.path) if opened is not None and one_per_source else None
        bounds = None if decided is None else decided.over(pairs.ids)
        grouping = group_products(pairs, options, sources=sources, bounds=bounds, progress=progress)
    made = GroupsManifest(
        index_fingerprint=None if found.provenance is None else found.provenance.index_fingerprint,
        model_fingerprint=None if found.provenance is None else found.provenance.model_fingerprint,
        max_size=options.max_size,
        agreement=options.agreement,
        threshold=threshold,
        one_per_source=one_per_source,
        decisions=None if decided is None else decided.last_event,
    )
    _write(out, disagreements, (pairs, grouping, made), before, previous)
    _print(pairs, grouping, out)
    if decided is not None and bounds is not None:
        cut = int((grouping.brakes == Brake.DECISION).sum())
        decided.tell(bounds, cut, count_overruled(bounds, options, sources))
        decided.tell_retitled(opened)


def _write(
    out: Path,
    disagreements: Path | None,
    grouped: "tuple[ScoredPairs, Grouping, GroupsManifest]",
    before: "NamedGroups | None",
    previous: Path | None,
) -> None:
    from reranking.grouping.group_files import name_groups, write_disagreements, write_groups

    pairs, grouping, made = grouped
    names = name_groups(pairs.ids, grouping.groups, before, previous or out)
    if disagreements is not None:
        write_disagreements(disagreements, pairs, grouping, names)
    write_groups(out, pairs, grouping, names, made)


@dataclass(frozen=True)
class _Decided:
    """It is what a file of decisions asks for, up to an event."""

    path: Path
    bounds: "Bounds"
    last_event: int
    seen: "SeenTitles"

    @classmethod
    def read(cls, path: Path) -> "_Decided":
        """Read the decisions that stand. Raises InputError where they contradict each other."""
        from indexing.errors import InputError
        from reranking.grouping.bounds import Bounds
        from reranking.grouping.decision_store import open_decisions
        from reranking.grouping.decisions import DecisionsDisagree

        with open_decisions(path) as store:
            last = store.last_event()  # before: one that comes between is not said to have bound
            kept, seen = store.standing(), store.seen()
        try:
            return cls(path, Bounds.of(kept), last, seen)
        except DecisionsDisagree as error:
            raise InputError(f"{path}: decisions contradict each other: {error}") from error

    def over(self, ids: "pa.Array") -> "PlacedBounds":
        return self.bounds.over(ids, self.path)

    def tell(self, bounds: "PlacedBounds", cut: int, overruled: int) -> None:
        """Say how many decisions bound, of how many products that are gone, what they cut and what they overruled."""
        from reranking.grouping.decisions import DecisionKind

        kinds = Counter(kept.decision.kind for kept in self.bounds.decisions)
        told = ", ".join(f"{kinds[kind]:,} {kind}{'' if kinds[kind] == 1 else 's'}" for kind in DecisionKind)
        click.echo(f"decisions: {told}; {cut:,} matches are cut by them")
        if bounds.gone:
            click.echo(f"decided, but not in the scores: {bounds.gone:,} of {len(self.bounds.ids):,} products")
        if overruled:
            click.echo(f"kept together against --max-size or --one-per-source: {overruled:,} sets of products")

    def tell_retitled(self, opened: "ProductIndex | None") -> None:
        """Warn of decisions about products that read otherwise now than when somebody looked at them."""
        from scripts.terminal.reading import warn

        if opened is None:
            if len(self.seen):
                click.echo("decided products are not compared with what was seen of them: give --index")
            return
        by_number = {kept.seq: kept for kept in self.bounds.decisions}
        found = [one for one in self.seen.retitled(opened.catalog) if one.seq in by_number]
        if found:
            count, first = len({one.seq for one in found}), found[0]
            warn(
                [
                    f"{count:,} of {len(by_number):,} decisions bind products that read otherwise now, such as {first.product_id!r} "
                    f"of {by_number[first.seq]}, {first.change}: where an id was given to another product take the decision back, "
                    "else say that it still holds (heroic serve --decisions)"
                ]
            )


def _print(pairs: "ScoredPairs", grouping: "Grouping", out: Path) -> None:
    import numpy as np

    from reranking.grouping.group_products import Brake, inside

    sizes = np.bincount(grouping.groups)
    within = inside(pairs, grouping)
    told = (Brake.AGREEMENT, Brake.SIZE, Brake.SOURCE)
    cut = {brake.name.lower(): int((grouping.brakes == brake).sum()) for brake in told}
    click.echo(
        f"groups: {(sizes > 1).sum():,} of two and more products, the largest of {sizes.max():,}, "
        f"and {(sizes == 1).sum():,} products alone, in {out}"
    )
    click.echo(
        f"matches: {pairs.called.sum():,}, of which {(pairs.called & within).sum():,} are inside groups; "
        f"cut {', '.join(f'{count:,} by {name}' for name, count in cut.items())}"
    )
    click.echo(f"disagreement: {(within & ~pairs.called).sum():,} scored pairs inside groups are no match")


def _pairs_to_group(
    path: Path,
    blocks: "Callable[[], Iterator[Scores]]",
    threshold: float | None,
    decided: _Decided | None,
    progress: "Progress",
) -> "TiedPairs":
    """Read the pairs of a scores file that matter to groups: matches by a threshold or, without one, by the column
    `match`, and what lies between the products that they or decisions tie.

    Where there is no column `probability` the score is taken for it. Raises InputError for scores without decisions
    where no threshold is given.
    """
    from eval.inputs.scored_blocks import scored_block
    from indexing.errors import InputError, Unfinished
    from indexing.files.tables import open_table
    from reranking.grouping.scored_pairs import read_tied_pairs

    files = (f"{path}:",) if decided is None else (f"{path}:", f"{decided.path}:")
    try:
        found = read_tied_pairs(
            lambda: (scored_block(found, threshold) for found in blocks()),
            None if decided is None else lambda found: decided.over(found).together,
            about=open_table(path).about_rows(),
            progress=progress,
        )
    except Unfinished:
        raise  # no fault of the file
    except InputError as error:
        raise error if str(error).startswith(files) else InputError(f"{path}: {error}") from error
    if not found.scored:
        raise InputError(f"{path}: holds no pairs: there is nothing to group")
    return found


def _opened(found: "Scores", index: Path) -> "ProductIndex":
    """Open an index; `found` is any block of the scores. Raises InputError for one that they were not made with."""
    from eval.inputs.scores import check_provenance
    from indexing.product_index import open_index

    opened = open_index(index)
    check_provenance(found, index_fingerprint=opened.fingerprint, model_fingerprint=None)
    return opened


def _sources_of(pairs: "ScoredPairs", opened: "ProductIndex", scores: Path) -> "Ints1d":
    """Return a number (n,) for each product's source, NO_SOURCE where it has none; `scores` is for errors. Raises InputError for an
    index that knows no sources."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from indexing.errors import InputError
    from reranking.grouping.group_products import NO_SOURCE
    from reranking.pairs.pair_files import cast_ids

    places = opened.catalog.positions(cast_ids(pairs.ids, opened.catalog.ids.type, scores))
    sources = opened.catalog.table["source"].take(pa.array(places)).combine_chunks()
    if sources.null_count == len(sources):
        raise InputError(f"{opened.folder}: these products have no source: leave out --one-per-source")
    codes = pc.fill_null(sources.dictionary_encode().indices, NO_SOURCE)
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)
