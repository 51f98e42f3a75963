"""Training a reranker on labelled pairs: features, hold-out by product group, boosting, thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Examples, Metric, column_of, gains, in_memory
from reranking.boosters.ensemble import Ensemble, train_ensemble
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.judgement import Judgement, judge
from reranking.decisions.validation import IntervalOf, ValidationPairs
from reranking.explain.contributions import family_importance
from reranking.model.reranker import IndexNeeds, XgboostReranker
from reranking.model.train_options import MiningOptions, TrainOptions
from reranking.pairs.evaluation_category import CategoryMapping, codes_of, level_3
from reranking.pairs.hold_out import TrainingSides, hold_out_side
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.misleading_pairs import rank_gap_warning, seen_warning, without_seen
from reranking.pairs.product_groups import product_groups
from reranking.signals.learned.cross_folds import CrossFolds, open_cross
from reranking.signals.signals import Signals
from reranking.training.examples import TrainingRoom, make_examples, prepare_training_signals
from reranking.training.mining import AddedPairs, add_pairs

STRONGEST = 15


@dataclass(frozen=True)
class Trained:
    """The reranker, and what there is to say about the data: warnings for the user."""

    reranker: XgboostReranker
    warnings: tuple[str, ...]


def train_reranker(
    index: ProductIndex,
    pairs: LabelledPairs,
    valid: LabelledPairs | None = None,
    *,
    metric: Metric,
    interval: IntervalOf | None = None,
    options: TrainOptions | None = None,
    room: TrainingRoom | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train on pairs; without `valid`, whole product groups of them are held out for stopping and thresholds.

    `metric(scores, targets, categories)` is maximised on the validation pairs; `interval` says how sure it is, for the
    model card. `room` is the memory for the features of training pairs. Raises InputError for one class only.
    """
    options = options or TrainOptions()
    pairs = without_seen(index, pairs) if options.leave_out_seen else pairs
    data = _prepare(index, pairs, valid, options)
    cross = open_cross(Path(options.cross)) if options.cross else None
    signals = _prepare_signals(index, data, options, cross, progress)
    examples = _examples(signals, data, room, progress)
    learned = _learn(index, data, examples, metric, options, progress)
    report = {
        **data.counts,
        **learned.judgement.ranking(metric, interval),
        **_seen(learned.ensemble.members, signals, examples),
        **learned.judgement.decisions(),
        "options": asdict(options),
        "index": index.fingerprint,
    }
    reranker = _assemble(index, data, signals, learned, options, cross, report)
    given_apart = _rank_gap(index, data, signals, examples.train)
    warnings = *seen_warning(index, pairs), *given_apart, *learned.judgement.never_warning()
    return Trained(reranker, warnings)


def _prepare_signals(
    index: ProductIndex, data: "_TrainingData", options: TrainOptions, cross: CrossFolds | None, progress: Progress
) -> Signals:
    """The families of features, for the products of both sides."""
    return prepare_training_signals(
        index,
        data.train,
        np.union1d(data.train.products, data.valid.products),
        boosting=options.boosting,
        seed=options.seed,
        words=options.words,
        rivals=options.rivals,
        same_source=options.same_source,
        cross=cross,
        progress=progress,
    )


@dataclass(frozen=True)
class _Examples:
    """Of the training pairs, and of the validation pairs: the latter are in memory."""

    train: Examples
    valid: Examples


def _examples(signals: Signals, data: "_TrainingData", room: TrainingRoom | None, progress: Progress) -> _Examples:
    if room is not None:
        room.say(len(data.train), len(data.valid), len(signals.names))
    train = make_examples(
        signals.of_training_pairs(True),
        data.train,
        data.train_codes,
        weights=data.added.weights(),
        stage="features train",
        room=room,
        progress=progress,
    )
    others = signals.of_training_pairs(data.held_out)
    valid = make_examples(others, data.valid, data.valid_codes, stage="features valid", progress=progress)
    return _Examples(train, valid)


@dataclass(frozen=True)
class _Learned:
    """The boosters, and what the validation pairs say of them."""

    ensemble: Ensemble
    judgement: Judgement


def _learn(
    index: ProductIndex,
    data: "_TrainingData",
    examples: _Examples,
    metric: Metric,
    options: TrainOptions,
    progress: Progress,
) -> _Learned:
    train, valid, seed = examples.train, examples.valid, options.seed
    ensemble = train_ensemble(train, valid, data.names, metric, options=options.boosting, seed=seed, progress=progress)
    categories = pa.array(data.names, pa.large_string()).take(pa.array(data.valid_codes))
    scores = ensemble.score(in_memory(valid.features), categories)
    validation = _validation(scores, valid, data.valid, len(index.catalog))
    return _Learned(ensemble, judge(validation, data.names, asked=data.asked, seed=seed))


def _seen(members: Sequence[Any], signals: Signals, examples: _Examples) -> dict[str, Any]:
    """For the report: what the trees look at."""
    features = in_memory(examples.valid.features)
    return {
        "families": [asdict(of) for of in family_importance(members, signals.features, features, seed=0)],
        "importance": dict(list(gains(members, signals.names).items())[:STRONGEST]),
        "rounds": [member.num_boosted_rounds() for member in members],
    }


def _assemble(
    index: ProductIndex,
    data: "_TrainingData",
    signals: Signals,
    learned: _Learned,
    options: TrainOptions,
    cross: CrossFolds | None,
    report: Mapping[str, Any],
) -> XgboostReranker:
    ensemble, judgement = learned.ensemble, learned.judgement
    return XgboostReranker(
        ensemble.members,
        signals.names,
        judgement.decided.thresholds,
        options.target_precision,
        data.mapping,
        IndexNeeds.of(index),
        report,
        options.same_source,
        judgement.calibrated.calibration,
        signals.learned(cross),
        ensemble.scopes if ensemble.specialised else (),
        ensemble.share,
    )


def _rank_gap(index: ProductIndex, data: "_TrainingData", signals: Signals, train: Examples) -> list[str]:
    """Of the pairs as given, without the added ones."""
    ranks = column_of(train.features, signals.names.index(f"{index.main_view}_rank_smaller"))
    given = slice(data.added.given)
    return rank_gap_warning(ranks[given], train.targets[given], index.main_view)


@dataclass(frozen=True)
class _TrainingData:
    """Both sides with their category codes (names[code]), and the counts to report; `train` are the pairs of `added`."""

    train: LabelledPairs
    valid: LabelledPairs
    held_out: bool
    train_codes: Ints1d
    valid_codes: Ints1d
    names: list[str]
    mapping: CategoryMapping
    asked: AskedPrecision
    counts: Mapping[str, Any]
    added: AddedPairs


def _prepare(
    index: ProductIndex, pairs: LabelledPairs, valid: LabelledPairs | None, options: TrainOptions
) -> _TrainingData:
    mapping = CategoryMapping.learn(level_3(index.catalog, pairs.left), options.least_pairs)
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog), by=options.group_by)
    if valid is None:
        categories = evaluation_categories(index, pairs, mapping)
        sides = hold_out_side(pairs, groups, categories, share=options.valid_share, seed=options.seed)
    else:
        sides = TrainingSides(pairs, valid)
    mining = options.mining if options.boosting.added_rows else MiningOptions()
    added = add_pairs(index, sides.train, mining, held_out=sides.valid)
    train, valid = added.pairs, sides.valid
    both = pa.concat_arrays([evaluation_categories(index, part, mapping) for part in (train, valid)])
    codes, names = codes_of(both)
    asked = AskedPrecision(options.target_precision, options.target_precisions)
    asked.refuse_unknown(names)
    own, others = codes[: len(train)], codes[len(train) :]
    counts = _counts(pairs, groups, sides, added)
    return _TrainingData(train, valid, sides.held_out, own, others, names, mapping, asked, counts, added)


def _counts(pairs: LabelledPairs, groups: Ints1d, sides: TrainingSides, added: AddedPairs) -> dict[str, int]:
    """For the report, of the pairs given, of what was added and of both sides."""
    of_pairs = np.unique(np.concatenate([groups[pairs.left], groups[pairs.right]]))
    given = {"rows": len(pairs), "positives": int(pairs.targets.sum()), "groups": len(of_pairs)}
    return {**given, "mined": added.mined, "inferred": added.inferred, **sides.counts()}


def _validation(scores: Floats1d, judged: Examples, pairs: LabelledPairs, products: int) -> ValidationPairs:
    groups = product_groups(pairs.left, pairs.right, pairs.targets, products)
    return ValidationPairs(scores, judged.targets, judged.categories, groups[pairs.left], groups[pairs.right])


def evaluation_categories(index: ProductIndex, pairs: LabelledPairs, mapping: CategoryMapping) -> pa.Array:
    """The evaluation category (p,) of each pair: the file's own where it names one, else by its left product."""
    learned = mapping.of(level_3(index.catalog, pairs.left))
    return learned if pairs.categories is None else pc.coalesce(pairs.categories, learned)
