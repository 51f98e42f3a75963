"""`heroic evaluate` judges scores by the truth, per category, and writes the report folder."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.audit_estimate import choose_audit, estimate_scores
from scripts.commands.pairs_to_learn import PairsToLearn, reject_options, tell_labels
from scripts.terminal.option_types import NUMBER, SEED, STORED, cluster_option

if TYPE_CHECKING:
    from eval.inputs.context import Context
    from eval.inputs.scores import Scores
    from eval.metrics.uncertainty import Drawing
    from eval.report import OtherPairs, Report
    from reranking.pairs.pair_files import IdPairs
    from reranking.pairs.pair_rejects import PairRejects

REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
CATEGORIES_CSV = "categories.csv"
MISTAKES = "mistakes.parquet"


@click.command(name="evaluate")
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--truth", type=click.Path(path_type=Path), help="Pairs file with a target (1 and 0), or label store.")
@click.option(
    "--audit", type=click.Path(path_type=Path), help="A store of heroic audit, in place of --truth: estimates."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the report.")
@click.option("--index", type=STORED, help="Adds titles, pictures, slices and retrieval.")
@click.option("--model", type=STORED, help="Adds its thresholds and, with --index, its reasons.")
@click.option("--train", type=click.Path(path_type=Path), help="Training pairs: what of the truth they have seen.")
@click.option(
    "--weights-from", type=click.Path(path_type=Path), help="Pairs whose mix of categories to judge by as well."
)
@click.option("--target-precision", type=NUMBER, help="[default: the scores' own, or 0.75]")
@click.option("--rounds", default=200, show_default=True, help="Bootstrap draws; 0 for no intervals.")
@click.option("--seed", default=0, show_default=True, type=SEED, help="Of the bootstrap.")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
@click.option("--score-column", metavar="NAME", help="Of SCORES, where the score has a name of its own.")
@reject_options
@cluster_option("Where draws are measured")
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of the table.")
def command(
    scores: Path,
    truth: Path | None,
    audit: Path | None,
    out: Path,
    index: Path | None,
    model: Path | None,
    train: Path | None,
    weights_from: Path | None,
    target_precision: float | None,
    rounds: int,
    seed: int,
    ids: tuple[str, str] | None,
    score_column: str | None,
    max_rejects: float,
    rejects: Path | None,
    cluster: str | None,
    task_timeout: float | None,
    as_json: bool,
) -> None:
    """Judge SCORES (ids and a score, from anywhere) by the pairs of --truth, or estimate by an --audit.

    Writes report.html, report.json, categories.csv, mistakes.parquet and pairs.parquet (for heroic compare) into the
    folder and prints the categories. A report of before is replaced. Of an --audit come report.html, audit.json and
    categories.csv, all of it estimated.
    """
    from eval.metrics.intervals import Draws
    from eval.report import EvaluationOptions, evaluate
    from indexing.running.choice import refuse_cluster
    from indexing.storage.artefact import refuse_artefact
    from indexing.storage.whole_file import refuse_input

    refuse_cluster(cluster, limit_s=task_timeout)
    if cluster is not None and audit is not None:
        raise click.UsageError("--cluster: an --audit is estimated in this process: leave one of both out.")
    draws = Draws(rounds=rounds, seed=seed)
    sample = choose_audit(truth, audit, [index, model, train, weights_from])
    if sample is not None or truth is None:
        assert sample is not None, "one of both is given"
        estimate_scores(
            scores,
            sample,
            out,
            ids=ids,
            target_precision=target_precision,
            score_column=score_column,
            draws=draws,
            as_json=as_json,
        )
        return
    refuse_artefact(out, "report")
    options = EvaluationOptions(target_precision, draws)
    tell_labels([truth, train, weights_from])
    wanted = PairsToLearn(ids, None, max_rejects, rejects)
    if rejects is not None:
        refuse_input("--rejects", rejects, [scores, truth, train, weights_from])
    found: list[PairRejects] = []
    scored, true = _read(scores, truth, wanted, score_column, found)
    context = _open_context(scored, index, model)
    others = _read_others(train, weights_from, wanted, found)
    with _drawing(cluster, task_timeout, out) as draw:
        report = evaluate(scored, true, options=options, context=context, others=others, draw=draw)
        _write(report, context, out)
    _print(report, out, as_json=as_json)


@contextmanager
def _drawing(cluster: str | None, task_timeout: float | None, out: Path) -> "Iterator[Drawing]":
    """Yield what measures draws, here or by workers, whose parts are removed when all is done, and not after an error."""
    from eval.metrics.drawn_parts import DrawingApart
    from eval.metrics.uncertainty import draw_here
    from indexing.running.choice import chosen_runner
    from indexing.storage.whole_file import claimed
    from scripts.terminal.progress import shown

    if cluster is None:
        yield draw_here
        return
    with claimed(out), shown() as progress, chosen_runner(cluster, limit_s=task_timeout) as runner:
        drawing = DrawingApart(runner, out.absolute(), progress)
        yield drawing
        drawing.clear()


def _read(
    scores: Path, truth: Path, wanted: PairsToLearn, score: str | None, found: "list[PairRejects]"
) -> tuple["Scores", "IdPairs"]:
    """Read both files, and set pairs of the truth aside, which are `found`. Columns named by the user may be those of one file; the
    other then has well-known ones."""
    from eval.inputs.joining import leave_out, read_truth, refuse_truth
    from eval.inputs.scores import read_scores
    from indexing.errors import InputError
    from indexing.files.tables import open_table
    from reranking.labels.store_file import is_store
    from reranking.pairs.pair_rejects import read_usable_ids

    ids = wanted.ids
    tables = [path for path in (scores, truth) if not is_store(path)]
    holding = [path for path in tables if ids and set(ids) <= set(open_table(path).names)]
    if ids and not holding:
        raise InputError(f"--ids: neither {scores} nor {truth} has the columns '{ids[0]}' and '{ids[1]}'")
    scored = read_scores(scores, ids=ids if scores in holding else None, score=score)
    of_truth = ids if truth in holding else None
    if wanted.strict:
        return scored, read_truth(truth, ids=of_truth)
    true, rejects = read_usable_ids(truth, ids=of_truth)
    refuse_truth(true, rejects.size)
    found.append(rejects)
    wanted.set_aside(found)
    return leave_out(scored, true, rejects) if len(rejects) else scored, true


def _read_others(
    train: Path | None, weights_from: Path | None, wanted: PairsToLearn, found: "list[PairRejects]"
) -> "OtherPairs":
    """Read the other files, and set rows of them aside, which join those that were `found`; one may say a pair again."""
    from eval.report import OtherPairs
    from reranking.pairs.pair_files import read_id_pairs
    from reranking.pairs.pair_rejects import read_usable_ids

    def read(path: Path) -> "IdPairs":
        if wanted.strict:
            return read_id_pairs(path)
        pairs, rejects = read_usable_ids(path, repeated=True)
        found.append(rejects)
        wanted.set_aside(found)
        return pairs

    mix, trained = (None if path is None else read(path) for path in (weights_from, train))
    return OtherPairs(mix=mix, train=trained)


def _open_context(scores: "Scores", index: Path | None, model: Path | None) -> "Context":
    """Return what an index and a model add. Raises InputError when the scores were made with others."""
    from eval.inputs.context import Context
    from eval.inputs.scores import check_provenance

    opened, reranker = None, None
    if index is not None:
        from indexing.product_index import open_index

        opened = open_index(index)
    if model is not None:
        from reranking.model.folder import load_reranker

        reranker = load_reranker(model)
    check_provenance(
        scores,
        index_fingerprint=None if opened is None else opened.fingerprint,
        model_fingerprint=None if reranker is None else reranker.fingerprint,
    )
    made = scores.provenance
    explains = reranker is not None and made is not None and made.model_fingerprint == reranker.fingerprint
    return Context(
        catalog=None if opened is None else opened.catalog,
        kept=None if reranker is None else frozenset(reranker.categories),
        thresholds=None if reranker is None else reranker.thresholds,
        default_threshold=None if reranker is None else reranker.decisions.default,
        index=opened,
        model=reranker if explains else None,  # another model's reasons would not be those of these scores
    )


def _write(report: "Report", context: "Context", out: Path) -> None:
    from eval.findings.reasons import find_reasons
    from eval.pages.cards import choose_shown
    from eval.pages.render import render_html
    from eval.pages.report_document import ReportManifest
    from eval.pages.report_json import write_json
    from eval.pages.tables import PAIRS, write_categories, write_mistakes, write_pairs
    from indexing.storage.artefact import Manifest, write_manifest, writing
    from indexing.storage.records import stored_record

    made = ReportManifest(report.inputs.scores, report.inputs.truth, report.target_precision)
    created = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    with writing(out, "report") as folder:
        reasons = find_reasons(report.pairs, report.categories.codes, choose_shown(report).rows, context)
        page = render_html(report, context=context, created=created, reasons=reasons)
        (folder / REPORT_HTML).write_text(page, encoding="utf-8")
        write_json(report, folder / REPORT_JSON)
        write_categories(report, folder / CATEGORIES_CSV)
        write_mistakes(report, reasons, folder / MISTAKES)
        write_pairs(report, folder / PAIRS)
        write_manifest(folder, Manifest("report", stored_record(made)))


def _print(report: "Report", out: Path, *, as_json: bool) -> None:
    from rich.console import Console

    from eval.pages.report_json import as_document
    from eval.pages.tables import render_table
    from indexing.storage.records import stored_record

    if as_json:
        click.echo(json.dumps(stored_record(as_document(report)), ensure_ascii=False, indent=2))
        return
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(render_table(report), highlight=False)
    click.echo(f"report: {out / REPORT_HTML}")
