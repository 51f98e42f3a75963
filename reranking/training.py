"""Training a reranker on labelled pairs: features, hold-out by product group, boosting, thresholds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.progress import Progress, silent
from reranking.asked_precision import AskedPrecision
from reranking.boosting import BoostingOptions, Examples, Metric, boost, gains, predict
from reranking.calibrating import Calibrated, calibrate
from reranking.category import LEAST_PAIRS, CategoryMapping, codes_of, level_3
from reranking.deciding import Decided, decide
from reranking.groups import GroupBy, product_groups
from reranking.importance import family_importance
from reranking.labelled import LabelledPairs
from reranking.signals import Signals, prepare_signals
from reranking.split import hold_out
from reranking.validation import ValidationPairs
from reranking.validation_report import IntervalOf, ranked_report
from reranking.xgboost_reranker import IndexNeeds, XgboostReranker

STRONGEST = 15
RANK_GAP = 0.05  # more of the matches than of the non-matches without any rank, and the pairs look collected unalike


@dataclass(frozen=True)
class TrainOptions:
    """How a reranker is trained. `least_pairs`: a category with more training pairs is evaluated on its own.

    `target_precisions` are those of categories of which another precision is asked than `target_precision`.
    """

    target_precision: float = 0.75
    target_precisions: Mapping[str, float] = field(default_factory=dict)
    group_by: GroupBy = "matches"
    seed: int = 0
    valid_share: float = 0.2
    least_pairs: int = LEAST_PAIRS
    same_source: bool = False
    boosting: BoostingOptions = field(default_factory=BoostingOptions)

    def __post_init__(self) -> None:
        if not 0 < self.target_precision <= 1:
            raise InputError(f"--target-precision {self.target_precision}: give a number above 0, at most 1")
        for name, value in self.target_precisions.items():
            if not 0 < value <= 1:
                raise InputError(f"target precision {value} of category '{name}': give a number above 0, at most 1")


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
    progress: Progress = silent,
) -> Trained:
    """Train on pairs; without `valid`, whole product groups of them are held out for stopping and thresholds.

    `metric(scores, targets, categories)` is maximised on the validation pairs; `interval` says how sure it is, for the
    model card. Raises InputError for one class only.
    """
    options = options or TrainOptions()
    data = _prepare(index, pairs, valid, options)
    signals = prepare_signals(index, _union(data.train, data.valid), same_source=options.same_source)
    train = Examples(_compute(signals, data.train, "train", progress), data.train.targets, data.train_codes)
    judged = Examples(_compute(signals, data.valid, "valid", progress), data.valid.targets, data.valid_codes)
    members = boost(train, judged, metric, options=options.boosting, seed=options.seed, progress=progress)
    validation = _validation(predict(members, judged.features), judged, data.valid, len(index.catalog))
    decided = decide(validation, data.names, data.asked, seed=options.seed)
    calibrated = calibrate(validation, data.names, seed=options.seed)
    reranker = XgboostReranker(
        tuple(members),
        signals.names,
        decided.thresholds,
        options.target_precision,
        data.mapping,
        IndexNeeds.of(index),
        {
            **data.counts,
            **ranked_report(validation, data.names, metric, interval),
            **_seen(members, signals, judged.features),
            **_decided(decided, calibrated),
            "options": asdict(options),
            "index": index.fingerprint,
        },
        options.same_source,
        calibrated.calibration,
    )
    return Trained(reranker, (*_warnings(train, signals, index.main_view), *_never(decided)))


def _seen(members: Sequence[Any], signals: Signals, features: Floats2d) -> dict[str, Any]:
    """For the report: what the trees look at."""
    return {
        "families": [asdict(of) for of in family_importance(members, signals.features, features, seed=0)],
        "importance": dict(list(gains(members, signals.names).items())[:STRONGEST]),
        "rounds": [member.num_boosted_rounds() for member in members],
    }


def _decided(decided: Decided, calibrated: Calibrated) -> dict[str, Any]:
    """For the report: what thresholds held and how probabilities were calibrated."""
    return {
        "decisions": {"caution": decided.caution, "held": [asdict(row) for row in decided.held]},
        "calibration": {
            "method": calibrated.method,
            "error": calibrated.error,
            "error_of_scores": calibrated.error_of_scores,
            "categories": [asdict(row) for row in calibrated.categories],
        },
    }


@dataclass(frozen=True)
class _TrainingData:
    """Both sides with their category codes (names[code]), and the counts to report."""

    train: LabelledPairs
    valid: LabelledPairs
    train_codes: Ints1d
    valid_codes: Ints1d
    names: list[str]
    mapping: CategoryMapping
    asked: AskedPrecision
    counts: Mapping[str, Any]


def _prepare(
    index: ProductIndex, pairs: LabelledPairs, valid: LabelledPairs | None, options: TrainOptions
) -> _TrainingData:
    mapping = CategoryMapping.learn(level_3(index.catalog, pairs.left), options.least_pairs)
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog), by=options.group_by)
    counts: dict[str, Any] = {"rows": len(pairs), "positives": int(pairs.targets.sum())}
    counts["groups"] = len(np.unique(np.concatenate([groups[pairs.left], groups[pairs.right]])))
    train = pairs
    if valid is None:
        codes, _ = codes_of(evaluation_categories(index, pairs, mapping))
        split = hold_out(
            groups[pairs.left], groups[pairs.right], pairs.targets, codes, share=options.valid_share, seed=options.seed
        )
        train, valid = pairs.take(split.train), pairs.take(split.valid)
        counts["left_out"] = split.left_out
    _refuse_one_class(train, valid)
    shared = np.intersect1d(train.products, valid.products).size
    counts |= {"train_rows": len(train), "valid_rows": len(valid), "valid_positives": int(valid.targets.sum())}
    counts["shared_products"] = int(shared)
    both = pa.concat_arrays([evaluation_categories(index, part, mapping) for part in (train, valid)])
    codes, names = codes_of(both)
    asked = AskedPrecision(options.target_precision, options.target_precisions)
    asked.refuse_unknown(names)
    return _TrainingData(train, valid, codes[: len(train)], codes[len(train) :], names, mapping, asked, counts)


def _validation(scores: Floats1d, judged: Examples, pairs: LabelledPairs, products: int) -> ValidationPairs:
    groups = product_groups(pairs.left, pairs.right, pairs.targets, products)
    return ValidationPairs(scores, judged.targets, judged.categories, groups[pairs.left], groups[pairs.right])


def evaluation_categories(index: ProductIndex, pairs: LabelledPairs, mapping: CategoryMapping) -> pa.Array:
    """The evaluation category (p,) of each pair: the file's own where it names one, else by its left product."""
    learned = mapping.of(level_3(index.catalog, pairs.left))
    return learned if pairs.categories is None else pc.coalesce(pairs.categories, learned)


def _refuse_one_class(train: LabelledPairs, valid: LabelledPairs) -> None:
    for pairs, name in ((train, "training"), (valid, "validation")):
        if not len(pairs) or pairs.targets.min() == pairs.targets.max():
            what = "no pairs" if not len(pairs) else "only matches" if pairs.targets[0] else "only non-matches"
            raise InputError(f"the {name} pairs hold {what}: both matches and non-matches are needed")


def _union(train: LabelledPairs, valid: LabelledPairs) -> Ints1d:
    return np.union1d(train.products, valid.products)


def _compute(signals: Signals, pairs: LabelledPairs, name: str, progress: Progress) -> Floats2d:
    return signals.compute_all(pairs.left, pairs.right, stage=f"features {name}", progress=progress)


def _warnings(train: Examples, signals: Signals, view: str) -> list[str]:
    """Whether matches and non-matches look collected in different ways: then ranks mislead."""
    column = signals.names.index(f"{view}_rank_smaller")
    unranked: Floats1d = np.isnan(train.features[:, column])
    matches = train.targets == 1
    of_matches, of_others = float(unranked[matches].mean()), float(unranked[~matches].mean())
    if of_matches <= of_others + RANK_GAP:
        return []
    return [
        f"{of_matches:.0%} of the matches, but {of_others:.0%} of the non-matches, are not among each other's {view} "
        "neighbours: were non-matches chosen by nearness and matches otherwise? Take training pairs from the "
        "retrieval whose pairs will be scored (heroic candidates), or ranks mislead the model"
    ]


def _never(decided: Decided) -> list[str]:
    """Whether there are categories in which nothing is called a match."""
    names = [name for name, threshold in decided.thresholds.by_category.items() if math.isinf(threshold)]
    if not names:
        return []
    return [
        f"in {', '.join(names)} nothing is called a match: the validation pairs are too few, or too mixed at every "
        "score, to be sure of the precision asked; give more of them, or ask for less (--target-precision)"
    ]
