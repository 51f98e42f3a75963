"""`heroic groups`: from scored pairs to product groups."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from reranking.grouping.group_products import Grouping
    from reranking.grouping.scored_pairs import ScoredPairs


@click.command(name="groups")
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The parquet file of groups.")
@click.option("--threshold", type=float, help="Scores from which a pair is a match [default: the column match].")
@click.option("--max-size", default=0, help="Products that a group may have [default: any number].")
@click.option(
    "--agreement",
    default=0.5,
    show_default=True,
    help="Mean probability of the scored pairs between two parts, from which they are merged.",
)
@click.option("--one-per-source", is_flag=True, help="At most one product of a source in a group; needs --index.")
@click.option("--index", type=click.Path(path_type=Path), help="The index that was scored, for its sources.")
@click.option("--previous", type=click.Path(path_type=Path), help="Groups of before, whose ids are kept.")
@click.option("--disagreements", type=click.Path(path_type=Path), help="Parquet file of pairs that disagree.")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
def command(
    scores: Path,
    out: Path,
    threshold: float | None,
    one_per_source: bool,
    index: Path | None,
    previous: Path | None,
    disagreements: Path | None,
    ids: tuple[str, str] | None,
    **given: Any,
) -> None:
    """Group the products of SCORES, pairs that heroic score wrote: one row a product with the id of its group.

    Matches are merged by falling probability. A merging is refused when the group would be too large or have two
    products of a source, or when the scored pairs between both parts are on average less likely than --agreement.
    """
    if one_per_source != (index is not None):
        raise click.UsageError("--one-per-source and --index go together")
    from reranking.grouping.group_files import name_groups, read_groups, write_disagreements, write_groups
    from reranking.grouping.group_products import GroupOptions, group_products
    from scripts.commands.scored_pairs import first_scores, made_of, pairs_to_group, sources_of

    options = GroupOptions(**given)
    found = first_scores(scores, ids)
    pairs = pairs_to_group(scores, threshold, ids).pairs
    before = None if previous is None else read_groups(previous)
    sources = None if index is None else sources_of(found, pairs, index)
    grouping = group_products(pairs, options, sources=sources)
    names = name_groups(pairs.ids, grouping.groups, before, previous or out)
    made = {**made_of(found), **vars(options), "threshold": threshold, "one_per_source": one_per_source}
    if disagreements is not None:
        write_disagreements(disagreements, pairs, grouping, names)
    write_groups(out, pairs, grouping, names, made)
    _print(pairs, grouping, out)


def _print(pairs: "ScoredPairs", grouping: "Grouping", out: Path) -> None:
    import numpy as np

    from reranking.grouping.group_products import Brake, inside

    sizes = np.bincount(grouping.groups)
    within = inside(pairs, grouping)
    cut = {brake.name.lower(): int((grouping.brakes == brake).sum()) for brake in Brake if brake != Brake.NONE}
    click.echo(
        f"groups: {(sizes > 1).sum():,} of two and more products, the largest of {sizes.max():,}, "
        f"and {(sizes == 1).sum():,} products alone, in {out}"
    )
    click.echo(
        f"matches: {pairs.called.sum():,}, of which {(pairs.called & within).sum():,} are inside groups; "
        f"cut {', '.join(f'{count:,} by {name}' for name, count in cut.items())}"
    )
    click.echo(f"disagreement: {(within & ~pairs.called).sum():,} scored pairs inside groups are no match")
