"""An open_clip model learns by contrast: two pictures of a product pull together, a picture and its text too."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from open_clip import ClipLoss

from indexing.arrays import Ints1d, Ints2d
from indexing.encoders.pictures.clip import encode_pixels, normalized
from indexing.encoders.pictures.clip_model import ClipModel
from indexing.encoders.pictures.shape import Pixels
from indexing.errors import InputError
from reranking.encoder_training.loop.schedule import Schedule, half_precision
from reranking.encoder_training.pictures.augmentation import Augmentation
from reranking.encoder_training.pictures.batches import PictureBatch, PictureBatches
from reranking.encoder_training.validation_matches import RANKED_ROWS, ValidationMatches

NEAR = 10  # pictures that look most like each, from which a batch is filled
LARGEST_SCALE = 100.0  # of the logits, as in Radford et al., "Learning transferable visual models", 2021


@dataclass(frozen=True)
class ClipOptions:
    """These options decide how it learns: `batch` pictures a step, each with its partner; `temperature` of the loss
    between pictures; `text_weight` the share of the image-text loss; `beside` how many that look like it each brings
    into its batch; `matched` how often a picture's partner is another one of its product, where there is one, and
    not itself changed again."""

    batch: int = 64
    temperature: float = 0.07
    text_weight: float = 0.2
    beside: int = 3
    matched: float = 0.7
    seed: int = 0
    schedule: Schedule = field(default_factory=Schedule)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if not 0 <= self.text_weight < 1:
            raise InputError(f"--text-share {self.text_weight}: give a share from 0 to below 1")
        if self.temperature <= 0:
            raise InputError(f"--temperature {self.temperature}: give more than 0")


@dataclass(frozen=True)
class PictureSet:
    """It holds pictures (n, h, w, 3) uint8 to learn from, maybe memory-mapped and larger than the model's input,
    their texts (empty for none) and product groups (n,)."""

    pixels: Pixels
    texts: Sequence[str]
    groups: Ints1d

    def __post_init__(self) -> None:
        if not len(self.pixels) == len(self.texts) == len(self.groups):
            raise InputError(f"{len(self.pixels)} pictures, {len(self.texts)} texts, {len(self.groups)} groups")


@dataclass(frozen=True)
class ValidationPictures:
    """It holds pictures (m, rows, columns, 3) in the model's own size, and the matches (rows) to be found."""

    pixels: Pixels
    matches: ValidationMatches


class PictureLearner:
    """It is a model that learns from pictures and their texts, judged by recall@10 of validation matches."""

    def __init__(
        self,
        model: ClipModel,
        data: PictureSet,
        valid: ValidationPictures,
        options: ClipOptions,
        *,
        device: str = "cpu",
    ) -> None:
        self.model, self.data, self.valid, self.options, self.device = model, data, valid, options, device
        self.plan = PictureBatches(
            data.groups, options.batch, beside=options.beside, matched=options.matched, seed=options.seed
        )
        # channels last: convolutions on a CPU are twice as fast
        self.module: torch.nn.Module = model.module.to(device, memory_format=torch.channels_last)
        self.optimizer = options.schedule.optimizer(self.module)
        self.scaler = torch.amp.GradScaler(enabled=device == "cuda")
        self.image_text = ClipLoss()
        self.text_codes, self.tokens = _tokens(model, data.texts)

    def batches(self, epoch: int) -> Sequence[PictureBatch]:
        """Return the batches of an epoch; after the first, pictures that look alike to the model, as it is now, come
        into the same batches."""
        near = self._look_alikes() if epoch and self.options.beside else None
        return self.plan.epoch(epoch, near)

    def learn(self, batch: PictureBatch, *, step: int, done: float) -> float:
        """Take one step on two changed versions of each picture, or of two pictures of its product."""
        both = np.concatenate([batch.first, batch.second])
        random = np.random.default_rng((self.options.seed, step))
        values = self.options.augmentation.apply(
            self.data.pixels[both], self.model.shape.size, random=random, device=self.device
        )
        with half_precision(self.device):
            rows = self.module.encode_image(normalized(values, self.model), normalize=True)  # type: ignore[operator]
        loss = self.options.schedule.take_step(self.optimizer, self._loss(rows.float(), both), done=done)
        with torch.no_grad():
            self.module.logit_scale.clamp_(0, float(np.log(LARGEST_SCALE)))  # type: ignore[operator]
        return loss

    def judge(self) -> float:
        """Return the recall@10 of the validation matches."""
        return self.valid.matches.recall(encode_pixels(self.model, self.valid.pixels, device=self.device))

    def _loss(self, rows: torch.Tensor, places: Ints1d) -> torch.Tensor:
        groups = torch.from_numpy(self.data.groups[places]).to(rows.device)
        loss = between_pictures(rows, groups, self.options.temperature)
        share, chosen = self.options.text_weight, self._with_text(places)
        if not share or len(chosen) < 2:
            return loss
        tokens = self.tokens[self.text_codes[places[chosen]]].to(rows.device)
        texts = self.module.encode_text(tokens, normalize=True)  # type: ignore[operator]
        pictured = rows[torch.from_numpy(chosen).to(rows.device)]
        scale = self.module.logit_scale.exp()  # type: ignore[operator]
        image_text: torch.Tensor = self.image_text(pictured, texts.float(), scale)
        return (1 - share) * loss + share * image_text

    def _with_text(self, places: Ints1d) -> Ints1d:
        """Return the rows of a batch for the image-text loss: one a text, since equal texts cannot be told apart."""
        _, first = np.unique(self.text_codes[places], return_index=True)
        written = np.array([bool(self.data.texts[places[row]].strip()) for row in first], dtype=bool)
        return np.sort(first[written]).astype(np.int64)

    def _look_alikes(self) -> Ints2d:
        """Find for each picture (n, NEAR) those of other products most like it to the model now, nearest first."""
        self.module.eval()
        rows = torch.from_numpy(encode_pixels(self.model, self.data.pixels, device=self.device))
        groups = torch.from_numpy(self.data.groups)
        out = np.empty((len(rows), min(NEAR, len(rows))), dtype=np.int64)
        for start in range(0, len(rows), RANKED_ROWS):
            part = slice(start, start + RANKED_ROWS)
            cosines = (rows[part] @ rows.T).masked_fill(groups[part, None] == groups[None, :], -1.0)
            out[part] = cosines.topk(out.shape[1], dim=1).indices.numpy()
        return out


def between_pictures(rows: torch.Tensor, groups: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the symmetric InfoNCE loss over unit rows (b, d): each row finds the others of its group (b,) among all.

    With several of a group in the batch it is the supervised contrastive loss (Khosla et al., NeurIPS 2020).
    """
    logits = rows @ rows.T / temperature
    itself = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    alike = (groups[:, None] == groups[None, :]) & ~itself
    shares = torch.log_softmax(logits.masked_fill(itself, float("-inf")), dim=1)
    found = torch.where(alike, shares, torch.zeros_like(shares)).sum(dim=1) / alike.sum(dim=1).clamp(min=1)
    return -found.mean()


def _tokens(model: ClipModel, texts: Sequence[str]) -> tuple[Ints1d, torch.Tensor]:
    """Return the number of each text (n,) among the different ones, and the tokens of those."""
    different, codes = np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)
    return codes.astype(np.int64), model.tokenizer([str(text) for text in different])
