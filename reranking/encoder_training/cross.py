"""A cross-encoder is trained a fold: every training pair is scored by a model that did not see its products."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.text_template import TextTemplate
from indexing.encoders.model_source import ModelSource
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.artefact import Manifest, fingerprint_of, write_manifest, writing
from indexing.storage.records import stored_record
from reranking.encoder_training.cross_learner import CrossLearner, CrossOptions, TextPairs
from reranking.encoder_training.loop.card import CARD, CURVE, TrainingCard, stored_history
from reranking.encoder_training.loop.run import History, Place, RunOptions, Tell, run_training, say_nothing
from reranking.encoder_training.record import flat_settings
from reranking.pairs.evaluation_category import CategoryMapping, codes_of, evaluated_names
from reranking.pairs.folds import deal_alike
from reranking.pairs.hold_out import hold_out
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import GroupBy, product_groups
from reranking.signals.learned.cross_encoder import new_cross_model
from reranking.signals.learned.cross_folds import KIND, CrossManifest, fold_folder, write_folds

METRIC = "average precision"
LOSS = "Binary cross-entropy of the score of a pair of texts; the text that sorts first stands first, so that order is nothing."
LIMITS = (
    "On the pairs that it was trained on its mean score is better than it will be on others: `heroic train --cross` scores "
    "these by the models that were not trained on their product groups."
)


@dataclass(frozen=True)
class CrossTraining:
    """These options decide how a cross-encoder is trained. `folds` models, each without the product groups of one;
    `most_pairs` of a fold (None: all), at most half of them matches; `valid_share` of the groups judge where no
    validation pairs are given, and at most `valid_pairs` pairs; `layers`: the first so many of the base (None: all).
    `precision`: fp32 or bf16, in which the trained models will score."""

    template: str = "{title} {brand} {price} {attributes} {description:200}"
    folds: int = 2
    most_pairs: int | None = None
    valid_share: float = 0.15
    valid_pairs: int = 2000
    max_tokens: int = 128
    layers: int | None = None
    precision: str = "fp32"
    group_by: GroupBy = "matches"
    seed: int = 0
    cross: CrossOptions = field(default_factory=CrossOptions)
    run: RunOptions = field(default_factory=RunOptions)

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise InputError(f"--folds {self.folds}: give at least 2: one model trains without the other's products")
        if self.precision not in ("fp32", "bf16"):
            raise InputError(f"--precision {self.precision}: a cross-encoder scores in fp32 or bf16")


@dataclass(frozen=True)
class CrossTrained:
    """It keeps the training curve of each fold's model, and the number of pairs that each was trained on."""

    histories: tuple[History, ...]
    pairs: tuple[int, ...]


def train_cross_encoder(
    index: ProductIndex,
    pairs: LabelledPairs,
    valid: LabelledPairs | None = None,
    *,
    base: ModelSource,
    out: Path,
    options: CrossTraining | None = None,
    device: str = "cpu",
    resume: bool = False,
    progress: Progress = silent,
    tell: Tell = say_nothing,
) -> CrossTrained:
    """Train a model a fold of product groups from `base`; `out` holds them, their folds and a card.

    Checkpoints are kept beside `out` until all are done. Raises InputError for a fold without matches or non-matches,
    a model that cannot be loaded, a checkpoint of another training.
    """
    options = options or CrossTraining()
    data = _Data.of(index, pairs, valid, options)
    made = {"base": base.made, "pairs": data.fingerprint, **flat_settings(options)}
    made.pop("checkpoint_s")
    run = replace(options.run, minutes=options.run.minutes and options.run.minutes / options.folds)
    histories, checkpoints = [], []
    with writing(Path(out), KIND, afresh=True) as folder:
        for number in range(options.folds):
            tell(f"fold {number + 1} of {options.folds}: {len(data.fold(number)):,} pairs")
            model = new_cross_model(
                base, max_tokens=options.max_tokens, layers=options.layers, device=device, seed=options.seed + number
            )
            checkpoint = Path(out).with_name(f"{Path(out).name}.checkpoint-{number}")
            place = Place(checkpoint, {**made, "fold": number}, resume, keep=True)
            learner = CrossLearner(model, data.text_pairs(data.fold(number)), data.judged(), options.cross)
            found = run_training(
                learner, run, place=place, metric=METRIC, progress=_named(progress, number, options.folds), tell=tell
            )
            model.eval().save(str(fold_folder(folder, number)), create_model_card=False)
            histories.append(found)
            checkpoints.append(checkpoint)
        trained = CrossTrained(tuple(histories), tuple(len(data.fold(number)) for number in range(options.folds)))
        write_folds(folder, index.catalog, data.folds)
        _write_cards(folder, data, base, options, trained, Path(out))
        stored = stored_record(CrossManifest(**made, history=tuple(stored_history(history) for history in histories)))
        write_manifest(folder, Manifest(KIND, stored, fingerprint_of(stored)))
    for checkpoint in checkpoints:
        checkpoint.unlink(missing_ok=True)
    return trained


@dataclass(frozen=True)
class _Data:
    """It holds the pairs, dealt: `folds` (n,) of every product, -1 = in none, and the texts (n,)."""

    train: LabelledPairs
    valid: LabelledPairs
    folds: Ints1d
    texts: list[str]
    options: CrossTraining

    @classmethod
    def of(
        cls, index: ProductIndex, pairs: LabelledPairs, valid: LabelledPairs | None, options: CrossTraining
    ) -> "_Data":
        catalog = index.catalog
        groups = product_groups(pairs.left, pairs.right, pairs.targets, len(catalog), by=options.group_by)
        left, right = groups[pairs.left], groups[pairs.right]
        categories = evaluated_names(catalog, pairs.left)
        codes, _ = codes_of(CategoryMapping.learn(categories).of(categories))
        dealt = deal_alike(left, right, pairs.targets, codes, count=options.folds, seed=options.seed)
        folds = np.full(len(catalog), -1, dtype=np.int64)
        folds[pairs.products] = dealt[groups[pairs.products]]
        train = pairs
        if valid is None:
            split = hold_out(left, right, pairs.targets, codes, share=options.valid_share, seed=options.seed)
            train, valid = pairs.take(split.train), pairs.take(split.valid)
        if not 0 < valid.targets.sum() < len(valid):
            raise InputError("the validation pairs hold no matches, or nothing but matches: give others (--valid)")
        data = cls(train, valid, folds, TextTemplate(options.template).texts(catalog), options)
        for number in range(options.folds):
            data.fold(number)
        return data

    @property
    def fingerprint(self) -> str:
        parts = [[part.left.tolist(), part.right.tolist(), part.targets.tolist()] for part in (self.train, self.valid)]
        return fingerprint_of(parts, self.folds.tolist(), self.texts)

    def fold(self, number: int) -> Ints1d:
        """Return the training rows of a fold's model: those that touch no product of the fold, or a sample of them."""
        outside = (self.folds[self.train.left] != number) & (self.folds[self.train.right] != number)
        rows = np.flatnonzero(outside)
        matches = int(self.train.targets[rows].sum())
        if not 0 < matches < len(rows):
            raise InputError(
                f"{self.options.folds} folds of whole product groups leave one without matches or without non-matches: "
                "give pairs of more product groups"
            )
        return _sample(rows, self.train.targets, self.options.most_pairs, self.options.seed + number)

    def judged(self) -> TextPairs:
        """Return the validation pairs, or a sample of them."""
        rows = np.arange(len(self.valid))
        kept = np.random.default_rng(self.options.seed).permutation(rows)[: self.options.valid_pairs]
        part = self.valid.take(np.sort(kept))
        if not 0 < part.targets.sum() < len(part):
            part = self.valid
        return TextPairs(self.texts, part.left, part.right, part.targets)

    def text_pairs(self, rows: Ints1d) -> TextPairs:
        part = self.train.take(rows)
        return TextPairs(self.texts, part.left, part.right, part.targets)


def _sample(rows: Ints1d, targets: np.ndarray[Any, Any], most: int | None, seed: int) -> Ints1d:
    """Return at most so many rows, at most half of them matches."""
    if most is None or len(rows) <= most:
        return rows
    shuffled = np.random.default_rng(seed).permutation(rows)
    matches, others = shuffled[targets[shuffled] == 1], shuffled[targets[shuffled] != 1]
    matches = matches[: max(1, most // 2)]
    return np.sort(np.concatenate([matches, others[: most - len(matches)]]))


def _named(progress: Progress, number: int, folds: int) -> Progress:
    return lambda stage, done, total: progress(f"fold {number + 1} of {folds}, {stage}", done, total)


def _write_cards(
    folder: Path, data: _Data, base: ModelSource, options: CrossTraining, trained: CrossTrained, out: Path
) -> None:
    """Write a card and a curve of each fold's model, and one card of all."""
    for number, history in enumerate(trained.histories):
        counts = {
            "training pairs (matches) in all": f"{len(data.train):,} ({int(data.train.targets.sum()):,})",
            "of them this model's": trained.pairs[number],
            "validation pairs (matches)": f"{len(data.valid):,} ({int(data.valid.targets.sum()):,})",
        }
        card = TrainingCard(
            f"Cross-encoder {out.name}, fold {number}",
            "Says of two texts how likely they are one product.",
            f"{base.label} ({base.digest})",
            counts,
            LOSS,
            METRIC,
            flat_settings(options),
            f"heroic train INDEX PAIRS --cross {out} --out MODEL\n\n"
            "from sentence_transformers import CrossEncoder\n"
            f'CrossEncoder("{fold_folder(out, number)}").predict([("a title", "another title")])',
            LIMITS,
        )
        card.write(fold_folder(folder, number), history)
    rows = [
        f"| [{number}]({fold_folder(Path(), number)}/{CARD}) | {trained.pairs[number]:,} | {history.epochs[0].metric:.4f} | "
        f"{history.best.metric:.4f} | [curve]({fold_folder(Path(), number)}/{CURVE}) |"
        for number, history in enumerate(trained.histories)
    ]
    head = f"| fold | pairs | {METRIC} before | after | |\n|---|---|---|---|---|"
    text = f"# Cross-encoder {out.name}\n\nOne model a fold of product groups; its score is their mean.\n\n{head}\n"
    (folder / CARD).write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
