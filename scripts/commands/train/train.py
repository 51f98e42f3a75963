"""`heroic train` learns to score pairs from labelled ones."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.pairs_to_learn import PairsToLearn, reject_options
from scripts.commands.train.audit_list import PRINTED, refuse_file, run_audit
from scripts.commands.train.elsewhere import AskedWorkers
from scripts.commands.train.learning import learn, read_data
from scripts.commands.train.metric import metric_of
from scripts.commands.train.settings_choice import SettingsChoice
from scripts.commands.train.unsupervised import learn_unsupervised, refuse_misfits
from scripts.terminal.option_types import SEED, STORED, cluster_option

if TYPE_CHECKING:
    from reranking.boosters.boosting import Layout
    from reranking.decisions.asked_precision import AskedPrecision
    from reranking.model.train_options import JudgeBy, UseOfIdentifiers, UseOfStacked
    from reranking.pairs.product_groups import GroupBy
    from reranking.training.examples import TrainingRoom

MINED = 10  # neighbours
MOST_SHARES = 1024


@click.command(name="train")
@click.argument("index", type=STORED)
@click.argument("pairs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model folder.")
@click.option("--unsupervised", is_flag=True, help="Learn from INDEX alone, without PAIRS: nothing is measured then.")
@click.option("--valid", type=click.Path(path_type=Path), help="Validation pairs [default: groups held out of PAIRS].")
@click.option(
    "--target-precision", default=0.75, show_default=True, help="What the thresholds hold, and the metric's level."
)
@click.option(
    "--target-precisions",
    type=click.Path(path_type=Path),
    help="YAML of category: precision, over --target-precision; its `default` takes the place of that.",
)
@click.option(
    "--group-by",
    default="matches",
    show_default=True,
    type=click.Choice(["matches", "pairs"]),
    help="What ties products into a group that is held out whole.",
)
@click.option(
    "--judge-by",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "validation", "folds"]),
    help="Which pairs choose thresholds: auto takes folds of all where validation alone cannot tell.",
)
@click.option(
    "--assume", is_flag=True, help="Let the best guess decide where the pairs are too few to be sure of a precision."
)
@click.option(
    "--category-pairs",
    default=1000,
    show_default=True,
    type=click.IntRange(min=0),
    help="A category with more training pairs stands alone.",
)
@click.option("--same-source", is_flag=True, help="Add the feature 'same source'.")
@click.option(
    "--words/--no-words",
    default=True,
    show_default=True,
    help="Learn from PAIRS what words of the titles say of a match.",
)
@click.option(
    "--rivals/--no-rivals",
    default=True,
    show_default=True,
    help="Compare pairs with the other neighbours of both sides.",
)
@click.option(
    "--cross", type=click.Path(path_type=Path), help="A folder of heroic train-encoder cross: its score as a feature."
)
@click.option(
    "--cross-share",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="S",
    help="Let --cross read about this share of the pairs alone, those of which a first look is in doubt [default: all].",
)
@click.option(
    "--identifiers",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "keep", "drop"]),
    help="Features of barcodes and part numbers; auto: drop them where the labels were made from these.",
)
@click.option(
    "--stacked",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "keep"]),
    help="Learned words, rivals and --cross; auto: leave out what does not pay on new products.",
)
@click.option("--leave-out-seen", is_flag=True, help="Train on pairs whose products the encoder was not trained on.")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
@click.option("--target", help="Target column, where it has a name of its own.")
@reject_options
@click.option(
    "--mine",
    is_flag=False,
    flag_value=MINED,
    type=click.IntRange(min=1),
    metavar="[N]",
    help=f"Add non-matches: of each product with a known match the first N neighbours with another [{MINED}].",
)
@click.option("--transitive", is_flag=True, help="Add matches that follow: A = B and B = C make A = C.")
@click.option(
    "--transitive-cap", default=20, show_default=True, help="Products of the largest group in which matches follow."
)
@click.option(
    "--monotone", is_flag=True, help="Let no score fall where a feature of known direction speaks more for a match."
)
@click.option(
    "--layout",
    type=click.Choice(["one", "categories", "blend"]),
    help="One model for all, one for each large category, or the mean of both [default: one].",
)
@click.option(
    "--memory",
    default="auto",
    show_default=True,
    help="For the features of training pairs, such as 8G: what does not fit is kept on disk beside --out.",
)
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@cluster_option("Where features are computed and shares trained on")
@click.option(
    "--world-size",
    type=click.IntRange(1, MOST_SHARES),
    help="With --cluster: into how many shares pairs are divided to train boosters [default: 1, or a worker each where "
    "features do not fit into --memory].",
)
@click.option("--seed", default=0, show_default=True, type=SEED)
@click.option("--trials", type=click.IntRange(min=1), help="Search for better settings first: how many to try.")
@click.option("--storage", type=click.Path(path_type=Path), help="A file to go on from with the search of --trials.")
@click.option("--settings", type=click.Path(path_type=Path), help="Train with the settings of this model.")
@click.option(
    "--audit",
    is_flag=False,
    flag_value=PRINTED,
    metavar="[FILE]",
    help="Also list the labels of PAIRS that look wrong; a FILE (.csv, .parquet) gets all of them.",
)
def command(
    index: Path,
    pairs: tuple[Path, ...],
    out: Path,
    unsupervised: bool,
    valid: Path | None,
    target_precision: float,
    target_precisions: Path | None,
    group_by: "GroupBy",
    judge_by: "JudgeBy",
    assume: bool,
    category_pairs: int,
    same_source: bool,
    words: bool,
    rivals: bool,
    cross: Path | None,
    cross_share: float | None,
    identifiers: "UseOfIdentifiers",
    stacked: "UseOfStacked",
    leave_out_seen: bool,
    ids: tuple[str, str] | None,
    target: str | None,
    max_rejects: float,
    rejects: Path | None,
    mine: int | None,
    transitive: bool,
    transitive_cap: int,
    monotone: bool,
    layout: "Layout | None",
    memory: str,
    device: str,
    cluster: str | None,
    task_timeout: float | None,
    world_size: int | None,
    seed: int,
    trials: int | None,
    storage: Path | None,
    settings: Path | None,
    audit: str | None,
) -> None:
    """Train a reranker on the labelled PAIRS of products of INDEX, or without any.

    Without --valid, whole product groups are held out for early stopping and thresholds. Take training pairs from
    the retrieval whose pairs will be scored (heroic candidates): otherwise ranks mislead the model.
    """
    from indexing.errors import TRIALS_AGAIN, kept_when_interrupted
    from indexing.storage.artefact import refuse_artefact
    from reranking.boosters.boosting import choose_boosting_device
    from reranking.model.train_options import MiningOptions, TrainOptions

    refuse_artefact(out, "model")
    refuse_misfits(pairs, unsupervised=unsupervised)
    if cross_share is not None and cross is None and not unsupervised:
        raise click.UsageError("--cross-share says which pairs the cross-encoder of --cross reads: give --cross too")
    workers = AskedWorkers(cluster, task_timeout, world_size)
    choice = SettingsChoice(
        trials=trials,
        storage=storage,
        like=settings,
        layout=layout,
        monotone=monotone,
        device=choose_boosting_device(workers.device(device)),
    )
    refuse_file(audit, [*pairs, valid])
    wanted = PairsToLearn(ids, target, max_rejects, rejects)
    room = _make_room(memory, out)
    mining = MiningOptions(negatives=mine or 0, transitive=transitive, transitive_cap=transitive_cap)
    asked = _asked_precision(target_precision, target_precisions)
    options = TrainOptions(
        target_precision=asked.default,
        target_precisions=asked.by_category,
        group_by=group_by,
        judge_by=judge_by,
        assume=assume,
        seed=seed,
        least_pairs=category_pairs,
        same_source=same_source,
        words=words,
        rivals=rivals,
        identifiers=identifiers,
        stacked=stacked,
        leave_out_seen=leave_out_seen,
        cross="" if cross is None else str(cross),
        cross_share=1.0 if cross_share is None else cross_share,
        mining=mining,
    )
    options = choice.begin(options)
    if unsupervised:
        learn_unsupervised(index, options, out)
        return
    data = read_data(index, pairs, valid, wanted)
    options = choice.fit_to(data.pairs, pairs, options) if valid is None else options
    with nullcontext() if storage is None else kept_when_interrupted(TRIALS_AGAIN):
        options = learn(data, options, choice, room, out, workers=workers)
    if audit is not None:
        run_audit(audit, data.index, data.pairs, metric=metric_of(options), options=options)


def _asked_precision(default: float, by_category: Path | None) -> "AskedPrecision":
    """Return --target-precision, and what the file of --target-precisions puts over it.

    Raises InputError for a file that cannot be read and for precisions that cannot be.
    """
    from reranking.decisions.asked_precision import AskedPrecision, read_target_precisions

    if by_category is None:
        return AskedPrecision(default)
    named = read_target_precisions(by_category)
    default = named.pop("default", default)
    return AskedPrecision(default, named)


def _make_room(memory: str, out: Path) -> "TrainingRoom":
    """Return the room for features: `memory`, and a folder beside `out`. Raises InputError for a `memory` that is
    none."""
    from indexing.machine.memory import parse_memory
    from reranking.training.examples import TrainingRoom

    return TrainingRoom(parse_memory(memory), out.absolute().parent / f".{out.name}.features", _announce)


def _announce(line: str) -> None:
    click.echo(line, err=True)
