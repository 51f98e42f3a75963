"""`heroic labels` says what a label store holds, takes labels in and gives them out, and shows where reviewers disagree."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.pairs_to_learn import PairsToLearn, reject_options
from scripts.terminal.reading import warn

if TYPE_CHECKING:
    from indexing.catalog.catalog import Catalog
    from reranking.labels.agreement import ReviewerAgreement
    from reranking.labels.label import Label, Purpose
    from reranking.labels.settled import SettledPairs
    from reranking.labels.store import LabelStore

FORMATS = (".parquet", ".csv")
FEW_REJECTS = 3  # of a small file


@click.command(name="labels")
@click.argument("store", type=click.Path(path_type=Path))
@click.option(
    "--export", "export", type=click.Path(path_type=Path), help="Write the settled pairs to a file (.parquet, .csv)."
)
@click.option(
    "--import", "source", type=click.Path(path_type=Path), help="Take the pairs of a file with a target into the store."
)
@click.option("--reviewer", help="Whose labels the imported ones are.")
@click.option(
    "--agreement", is_flag=True, help="How far reviewers agree, which pairs are in dispute, what contradicts."
)
@click.option(
    "--purpose",
    default="learning",
    show_default=True,
    type=click.Choice(["learning", "audit", "review"]),
    help="Which labels to export, or what to import them for; reviews are exported alone.",
)
@click.option(
    "--index",
    type=click.Path(path_type=Path),
    help="Leave out, counted, pairs of products that this index does not have.",
)
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns of the imported file, where it names its own.")
@click.option("--target", help="Target column of the imported file, where it has a name of its own.")
@reject_options
def command(
    store: Path,
    export: Path | None,
    source: Path | None,
    reviewer: str | None,
    agreement: bool,
    purpose: str,
    index: Path | None,
    ids: tuple[str, str] | None,
    target: str | None,
    max_rejects: float,
    rejects: Path | None,
) -> None:
    """Say what the label store STORE holds; with options, import first, then export and check.

    Labels are matches, non-matches and "unsure"; each reviewer's newest one of a pair counts. Only an import makes a
    store where there is none.
    """
    from reranking.labels.label import Purpose
    from reranking.labels.reviews import open_reviews
    from reranking.labels.settled import check_catalogue, settle

    _refuse(export, source, reviewer, rejects)
    if source is not None and purpose == Purpose.REVIEW:
        raise click.UsageError(
            "--purpose review: a review is of a pair whose score was seen: import for learning or audit"
        )
    catalog = None
    if index is not None:
        from indexing.product_index import open_index

        catalog = open_index(index).catalog
    wanted = PairsToLearn(ids, target, max_rejects, rejects)
    answers = [] if source is None else _read(source, reviewer or "", Purpose(purpose), wanted)
    with open_reviews(store, create=source is not None) as opened:
        if source is not None:
            taken = opened.record_new(answers)
            click.echo(f"imported: {taken:,} labels of {source}, {len(answers) - taken:,} were known or repeat one")
            if catalog is not None:
                _show_unknown(answers, catalog)
        reviews = [review.label for review in opened.standing_reviews()]
        _show_counts(opened, reviews)
        given = [kept.label for kept in opened.standing()]
    settled = {name: settle([*given, *reviews], store, purpose=name) for name in Purpose}
    if catalog is not None:
        check_catalogue(store, [*given, *reviews], catalog)
        settled = {name: pairs.within(catalog) for name, pairs in settled.items()}
        unknown = sum(pairs.left_out.unknown for pairs in settled.values())
        click.echo(f"index: {unknown:,} settled pairs are of products that it does not have")
    if export is not None:
        _write(export, settled[Purpose(purpose)])
        click.echo(f"exported: {len(settled[Purpose(purpose)]):,} settled {purpose} pairs to {export}")
    if agreement:
        _show_agreement(given, settled[Purpose.LEARNING], catalog)


def _refuse(export: Path | None, source: Path | None, reviewer: str | None, rejects: Path | None) -> None:
    """Raise for options that do not go together, and for files that cannot be written."""
    from indexing.errors import InputError
    from indexing.storage.whole_file import refuse_folder, refuse_input
    from reranking.labels.label import named

    if source is not None:
        named(reviewer or "")
    elif reviewer is not None:
        raise click.UsageError("--reviewer says whose labels --import takes: give both")
    if rejects is not None:
        if source is None:
            raise click.UsageError("--rejects lists rows of --import that cannot be used: give both")
        refuse_input("--rejects", rejects, [source, export])
    if export is None:
        return
    if export.suffix.lower() not in FORMATS:
        raise InputError(f"--export {export}: name a file that ends in {' or '.join(FORMATS)}")
    refuse_folder(export)
    refuse_input("--export", export, [source])


def _read(source: Path, reviewer: str, purpose: "Purpose", wanted: PairsToLearn) -> "list[Label]":
    """Return the labels of a pairs file, but for rows that cannot be used, which are set aside."""
    from reranking.labels.label import Label, PairVerdict, Question
    from reranking.pairs.labelled import no_target
    from reranking.pairs.pair_rejects import read_usable_ids

    pairs, rejects = read_usable_ids(source, ids=wanted.ids, target=wanted.target, repeated=True)
    if pairs.target is None:
        raise no_target(source, pairs.table.column_names)
    wanted.set_aside([rejects], few=FEW_REJECTS)
    asked = Question(purpose, f"imported from {source.name}")
    rows = zip(pairs.left.to_pylist(), pairs.right.to_pylist(), pairs.target, strict=True)
    return [
        Label(left, right, PairVerdict.MATCH if value else PairVerdict.NO_MATCH, reviewer, asked)
        for left, right, value in rows
    ]


def _show_unknown(answers: "list[Label]", catalog: "Catalog") -> None:
    """Warn of imported labels of products that the index does not have."""
    import numpy as np

    from indexing.errors import UnknownId
    from reranking.labels.settled import id_column

    columns = [id_column([getattr(answer, side) for answer in answers]) for side in ("left", "right")]
    lacking = [catalog.lookup.find(column) < 0 for column in columns]
    if not (count := int((lacking[0] | lacking[1]).sum())):
        return
    column, which = next((column, found) for column, found in zip(columns, lacking, strict=True) if found.any())
    try:
        catalog.positions(column.take([int(np.argmax(which))]))
    except UnknownId as error:
        warn([f"{count:,} of the imported labels name products that the index lacks: {error}"])


def _show_counts(store: "LabelStore", reviews: "list[Label]") -> None:
    """Print how many answers and reviews there are of each reviewer, and how many events."""
    from collections import Counter

    from reranking.labels.label import PairVerdict
    from scripts.terminal.console import plain

    answers = [kept.label for kept in store.standing()]
    click.echo(f"store: {store.path}, {store.count_events():,} events, {len(answers):,} labels that count")
    counts = Counter((answer.question.purpose, answer.reviewer, answer.verdict) for answer in [*answers, *reviews])
    for purpose, reviewer in sorted({(purpose, reviewer) for purpose, reviewer, _ in counts}):
        told = ", ".join(f"{counts[purpose, reviewer, verdict]:,} {verdict}" for verdict in PairVerdict)
        click.echo(f"{purpose}, {plain(reviewer)}: {told}")


def _write(path: Path, pairs: "SettledPairs") -> None:
    """Write settled pairs as a pairs file; parquet or CSV by the file's name."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    from indexing.storage.whole_file import writing_file

    table = pa.table({"left_id": pairs.left, "right_id": pairs.right, "target": pa.array(pairs.targets, pa.int8())})
    with writing_file(path) as file:
        write = csv.write_csv if path.suffix.lower() == ".csv" else parquet.write_table
        write(table, file)


def _show_agreement(given: "list[Label]", settled: "SettledPairs", catalog: "Catalog | None") -> None:
    """Print kappa and alpha, then the pairs in dispute, with titles where there is a catalogue, and the contradictions."""
    from reranking.labels.agreement import measure_agreement
    from scripts.terminal.console import plain

    found = measure_agreement(given)
    click.echo(f"agreement: {found.pairs:,} pairs judged by two or more, Krippendorff's alpha {_number(found.alpha)}")
    for kappa in found.kappas:
        click.echo(
            f"{plain(kappa.first)} and {plain(kappa.second)}: {kappa.pairs:,} pairs, {_number(kappa.agreed)} agreed, "
            f"Cohen's kappa {_number(kappa.kappa)}"
        )
    _show_disputes(found, catalog)
    _show_contradictions(settled)


def _show_disputes(found: "ReviewerAgreement", catalog: "Catalog | None") -> None:
    from reranking.labels.settled import id_column
    from scripts.terminal.console import plain

    click.echo(f"in dispute: {len(found.disputes):,} pairs")
    for dispute in found.disputes:
        said = ", ".join(f"{name} {verdict}" for name, verdict in sorted(dispute.verdicts.items()))
        click.echo(plain(f"  {dispute.left} and {dispute.right}: {said}"))
        if catalog is None:
            continue
        for position in catalog.lookup.find(id_column([dispute.left, dispute.right])).tolist():
            title = catalog.table["title"][position].as_py() if position >= 0 else "not in the index"
            click.echo(plain(f"      {title or 'no title'}"))


def _show_contradictions(settled: "SettledPairs") -> None:
    """Print the chains of matches whose ends are labelled no match."""
    import numpy as np
    import pyarrow as pa

    from reranking.pairs.labelled import LabelledPairs
    from reranking.training.audit import find_contradictions
    from scripts.terminal.console import plain

    found = []
    ids = pa.concat_arrays([settled.left, settled.right]).dictionary_encode()
    if len(settled):
        codes = np.asarray(ids.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        pairs = LabelledPairs(codes[: len(settled)], codes[len(settled) :], settled.targets)
        found = list(find_contradictions(pairs, np.zeros(len(settled))))
    names = [str(name) for name in ids.dictionary.to_pylist()]
    click.echo(f"contradictions: {len(found):,} pairs labelled no match whose products follow as matches from others")
    for contradiction in found:
        first, last = names[contradiction.chain[0]], names[contradiction.chain[-1]]
        click.echo(plain(f"  {contradiction.told(names)}, but {first} and {last} are labelled no match"))


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
