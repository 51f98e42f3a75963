"""A cross-encoder learns from pairs of texts with targets, in batches of like length, judged by average precision."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.util import batch_to_device
from sklearn.metrics import average_precision_score

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from reranking.encoder_training.loop.schedule import Schedule, half_precision
from reranking.signals.learned.cross_encoder import score_texts

SORTED_BATCHES = 16  # batches whose pairs are sorted by length together


@dataclass(frozen=True)
class CrossOptions:
    """These options decide how a cross-encoder learns; `batch` counts the pairs of a step."""

    batch: int = 32
    seed: int = 0
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise InputError(f"--batch {self.batch}: give at least 1")


@dataclass(frozen=True)
class TextPairs:
    """It holds `texts` (n,) of products, pairs of them as places `left`, `right` (p,), and `targets` (p,) 1 and 0."""

    texts: Sequence[str]
    left: Ints1d
    right: Ints1d
    targets: Floats1d

    def __len__(self) -> int:
        return len(self.left)

    def sides(self, rows: Ints1d) -> list[tuple[str, str]]:
        """Return the texts of pairs, each pair in the order in which it will be scored."""
        both = [(self.texts[self.left[row]], self.texts[self.right[row]]) for row in rows]
        return [(one, other) if one <= other else (other, one) for one, other in both]

    @property
    def lengths(self) -> Ints1d:
        """Return the characters (p,) of both texts together."""
        characters = np.array([len(text) for text in self.texts], dtype=np.int64)
        return np.asarray(characters[self.left] + characters[self.right])


class CrossLearner:
    """It is a cross-encoder that learns from pairs, judged by the average precision of validation pairs."""

    def __init__(self, model: CrossEncoder, pairs: TextPairs, valid: TextPairs, options: CrossOptions) -> None:
        self.model, self.pairs, self.valid, self.options = model, pairs, valid, options
        self.lengths = pairs.lengths
        self.optimizer = options.schedule.optimizer(model)

    @property
    def module(self) -> torch.nn.Module:
        """Return the model."""
        return self.model

    def batches(self, epoch: int) -> Sequence[Ints1d]:
        """Return rows of the pairs, those of a batch of like length."""
        random = np.random.default_rng((self.options.seed, epoch))
        order = random.permutation(len(self.pairs))
        size = self.options.batch
        batches: list[Ints1d] = []
        for start in range(0, len(order), size * SORTED_BATCHES):
            part = order[start : start + size * SORTED_BATCHES]
            part = part[np.argsort(self.lengths[part], kind="stable")]
            batches.extend(part[first : first + size] for first in range(0, len(part), size))
        return [batches[number] for number in random.permutation(len(batches))]

    def learn(self, batch: Ints1d, *, step: int, done: float) -> float:
        """Learn by the binary cross-entropy of the pairs' scores."""
        device = self.model.device
        inputs = batch_to_device(self.model.preprocess(self.pairs.sides(batch)), device)
        with half_precision(device.type):
            scores = self.model(inputs)["scores"].float().squeeze(-1)
        targets = torch.from_numpy(self.pairs.targets[batch].astype(np.float32)).to(device)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets)
        return self.options.schedule.take_step(self.optimizer, loss, done=done)

    def judge(self) -> float:
        """Return the average precision of the validation pairs."""
        sides = self.valid.sides(np.arange(len(self.valid)))
        scores = score_texts(self.model, [one for one, _ in sides], [other for _, other in sides])
        return float(average_precision_score(self.valid.targets, np.nan_to_num(scores)))
