"""A sentence-transformers model learns by contrast: matches pull together, the hard to tell apart go apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import batch_to_device

from indexing.arrays import Ints1d
from indexing.errors import InputError
from reranking.encoder_training.loop.schedule import Schedule, half_precision
from reranking.encoder_training.match_batches import Matches
from reranking.encoder_training.validation_matches import RANKED_ROWS, ValidationMatches

CHUNK = 32  # texts of like length that go through the model together: little padding


@dataclass(frozen=True)
class SentenceOptions:
    """They decide how it learns. `batch`: matches a step; `scale`: what cosines are multiplied with before the
    softmax."""

    batch: int = 64
    scale: float = 20.0
    seed: int = 0
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        if self.batch < 2:
            raise InputError(f"--batch {self.batch}: give at least 2: the others of a batch are the non-matches")


class SentenceLearner:
    """It is a model that learns from matches of texts, judged by recall@10 of validation matches."""

    def __init__(
        self,
        model: SentenceTransformer,
        texts: Sequence[str],
        matches: Matches,
        valid: ValidationMatches,
        options: SentenceOptions,
        *,
        prompt: str | None = None,
    ) -> None:
        """Prepare to learn from the `texts` (n,) of all products; `prompt` is put before each, as the encoder will."""
        self.model, self.texts, self.valid, self.options, self.prompt = model, texts, valid, options, prompt
        _, self.text_codes = np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)
        self.matches = _different_texts(matches, self.text_codes)
        self.optimizer = options.schedule.optimizer(model)

    @property
    def module(self) -> torch.nn.Module:
        """Return the model."""
        return self.model

    def batches(self, epoch: int) -> Sequence[Ints1d]:
        """Return rows of the matches, a batch each."""
        return self.matches.batches(epoch, size=self.options.batch, seed=self.options.seed)

    def learn(self, batch: Ints1d, *, step: int, done: float) -> float:
        """Let each text of the batch find its match among all others that are not of its group, in both directions
        (multiple negatives ranking, Henderson et al., 2017)."""
        places = np.concatenate([self.matches.left[batch], self.matches.right[batch]])
        loss = match_loss(self._rows(places), *self._same(places), scale=self.options.scale)
        return self.options.schedule.take_step(self.optimizer, loss, done=done)

    def judge(self) -> float:
        """Return the recall@10 of the validation matches."""
        with torch.inference_mode():
            parts = [
                self._rows(self.valid.products[start : start + RANKED_ROWS]).float().cpu().numpy()
                for start in range(0, len(self.valid.products), RANKED_ROWS)
            ]
        return self.valid.recall(np.concatenate(parts))

    def _rows(self, places: Ints1d) -> torch.Tensor:
        """Return unit rows of the texts at places, made in chunks of like length."""
        texts = [self.texts[place] for place in places]
        order = np.argsort([len(text) for text in texts], kind="stable")
        parts = []
        with half_precision(self.model.device.type):
            for start in range(0, len(order), CHUNK):
                chunk = [texts[place] for place in order[start : start + CHUNK]]
                inputs = batch_to_device(self.model.preprocess(chunk, prompt=self.prompt), self.model.device)
                parts.append(self.model(inputs)["sentence_embedding"].float())
        back = torch.from_numpy(np.argsort(order, kind="stable"))
        return torch.nn.functional.normalize(torch.cat(parts)[back.to(self.model.device)], dim=1)

    def _same(self, places: Ints1d) -> tuple[torch.Tensor, torch.Tensor]:
        groups, codes = self.matches.groups[places], self.text_codes[places]
        return tuple(torch.from_numpy(column).to(self.model.device) for column in (groups, codes))  # type: ignore[return-value]


def match_loss(rows: torch.Tensor, groups: torch.Tensor, texts: torch.Tensor, *, scale: float) -> torch.Tensor:
    """Return the loss of unit rows (2b, d), whose i-th and (b + i)-th match.

    Rows of one group, or of the same text, are never each other's negatives: `groups` and `texts` (2b,) are codes.
    """
    count = len(rows)
    partner = torch.arange(count, device=rows.device).roll(count // 2)
    same = (groups[:, None] == groups[None, :]) | (texts[:, None] == texts[None, :])
    same[torch.arange(count, device=rows.device), partner] = False
    scores = (rows @ rows.T * scale).masked_fill(same, float("-inf"))
    return torch.nn.functional.cross_entropy(scores, partner)


def _different_texts(matches: Matches, text_codes: Ints1d) -> Matches:
    """Leave out the matches of equal texts, from which nothing can be learnt."""
    told = text_codes[matches.left] != text_codes[matches.right]
    return Matches(matches.left[told], matches.right[told], matches.groups, matches.hard)
