"""A picture encoder is trained on one's own pairs: split, learnt from a model or from nothing, and written into a
folder with its card."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.encoders.pictures.clip_model import save_clip_model
from indexing.encoders.pictures.shape import PictureShape
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.artefact import writing
from reranking.encoder_training.encoder_pairs import EncoderPairs, split_for_encoder, validation_matches
from reranking.encoder_training.loop.card import TrainingCard
from reranking.encoder_training.loop.run import History, RunOptions, Tell, run_training, say_nothing
from reranking.encoder_training.pictures.clip_learner import ClipOptions, PictureLearner, PictureSet, ValidationPictures
from reranking.encoder_training.pictures.decoded import DecodedPictures, decode_pictures, larger
from reranking.encoder_training.pictures.start import ClipStart, start_from
from reranking.encoder_training.record import (
    METRIC,
    checkpoint_beside,
    data_rows,
    flat_settings,
    made_from,
    write_record,
)
from reranking.encoder_training.validation_matches import ValidationMatches
from reranking.pairs.labelled import LabelledPairs

KIND = "image encoder"
TEXT_FIELDS = ("title", "brand")
LOSS = (
    "Symmetric InfoNCE between two changed versions of a picture, or of two pictures of a product (with several in a "
    "batch the supervised contrastive loss), and open_clip's loss between a picture and its text, one of each text a "
    "batch. Batches hold pictures that look alike to the model. Changes: crop, proportions, a turn, mirroring, light, "
    "contrast, colour, JPEG."
)
LIMITS = (
    "It saw pictures of this catalogue only: on another kind of product it may be worse than a general model. On the "
    "products that it was trained on (trained_on.parquet) its cosines and ranks are better than they will be on others."
)


@dataclass(frozen=True)
class ImageTraining:
    """These options decide how a picture encoder is trained. `hold_out_share` of the product groups are kept from
    it, for the reranker; `valid_share` of the rest judge where no validation pairs are given, at most
    `valid_products` of their products."""

    hold_out_share: float = 0.0
    valid_share: float = 0.15
    valid_products: int = 4000
    seed: int = 0
    clip: ClipOptions = field(default_factory=ClipOptions)
    run: RunOptions = field(default_factory=RunOptions)


@dataclass(frozen=True)
class ImageTrained:
    """It keeps the training curve, the pairs, and how many pictures were learnt from and could not be used."""

    history: History
    split: EncoderPairs
    pictures: int
    unusable: int


def train_image_encoder(
    index: ProductIndex,
    pairs: LabelledPairs,
    valid: LabelledPairs | None = None,
    *,
    base: str | None = None,
    config: str = "small",
    out: Path,
    options: ImageTraining | None = None,
    device: str = "cpu",
    resume: bool = False,
    progress: Progress = silent,
    tell: Tell = say_nothing,
) -> ImageTrained:
    """Train on the pictures and texts of the products of pairs, from `base` or a new model; `out` becomes what
    open_clip reads as a local folder.

    Checkpoints are kept beside `out` until it is done. Raises InputError for too few matches or pictures, a model that
    cannot be opened, a checkpoint of another training.
    """
    options, catalog = options or ImageTraining(), index.catalog
    split = split_for_encoder(
        catalog,
        pairs,
        valid,
        hold_out_share=options.hold_out_share,
        valid_share=options.valid_share,
        seed=options.seed,
    )
    with writing(Path(out), KIND, afresh=True) as folder:
        start = start_from(base, config, folder, seed=options.seed)
        files = _Files(folder)
        learnt = decode_pictures(
            catalog, split.train.products, larger(start.model.shape), files.learnt, progress=progress
        )
        data = PictureSet(learnt.pixels, learnt.texts(_texts(catalog, split)), learnt.groups(split.groups))
        judged = _judged(index, split.valid, start.model.shape, files.judged, options)
        learner = PictureLearner(start.model, data, judged, options.clip, device=device)
        made = made_from(index, split, {"base": start.label, "config": start.config}, options)
        place = checkpoint_beside(Path(out), made, resume)
        history = run_training(learner, options.run, place=place, metric=METRIC, progress=progress, tell=tell)
        save_clip_model(start.model, start.config, folder)
        card = _card(index, split, start, options, learnt, Path(out))
        files.remove()
        write_record(folder, KIND, index, split, made=made, history=history, card=card)
    return ImageTrained(history, split, len(learnt.pixels), learnt.unusable)


def _texts(catalog: Catalog, split: EncoderPairs) -> list[str]:
    """Return the text of each product (n,); one without any has that of a match, if it was trained on."""
    texts = catalog.texts(TEXT_FIELDS)
    of_group: dict[int, str] = {}
    for position in split.train.products.tolist():
        of_group[int(split.groups[position])] = of_group.get(int(split.groups[position])) or texts[position]
    return [text or of_group.get(int(group), "") for text, group in zip(texts, split.groups, strict=True)]


@dataclass(frozen=True)
class _Files:
    """It names the files of the decoded pictures, which are needed only while the training runs."""

    folder: Path

    @property
    def learnt(self) -> Path:
        return self.folder / "pictures_learnt.npy"

    @property
    def judged(self) -> Path:
        return self.folder / "pictures_judged.npy"

    def remove(self) -> None:
        self.learnt.unlink()
        self.judged.unlink()


def _judged(
    index: ProductIndex, valid: LabelledPairs, shape: PictureShape, file: Path, options: ImageTraining
) -> ValidationPictures:
    """Decode the main pictures of the validation pairs' products. A match without one on a side counts for nothing:
    no model could find it."""
    across = index.made.match_across_sources
    wanted = validation_matches(
        index.catalog, valid, products=options.valid_products, across_sources=across, seed=options.seed
    )
    found = decode_pictures(index.catalog, wanted.products, shape, file, main=True)
    row_of = np.full(len(index.catalog), -1, dtype=np.int64)
    row_of[found.products] = np.arange(len(found.products))  # a row a product: the same picture may be shown by two
    left, right = row_of[wanted.products[wanted.left]], row_of[wanted.products[wanted.right]]
    seen = (left >= 0) & (right >= 0)
    if not seen.any():
        raise InputError("no validation match has a picture on both sides: nothing to judge by")
    sources = None if wanted.sources is None else index.catalog.sources()[found.products]
    matches = ValidationMatches(found.products, left[seen], right[seen], sources)
    return ValidationPictures(found.pixels[found.rows], matches)


def _card(
    index: ProductIndex,
    split: EncoderPairs,
    start: ClipStart,
    options: ImageTraining,
    learnt: DecodedPictures,
    out: Path,
) -> TrainingCard:
    pictures = {"pictures_trained_on": len(learnt.pixels), "pictures_that_could_not_be_used": learnt.unusable}
    use = (
        f"heroic build-index PRODUCTS --out INDEX --image-encoder clip:{out}\n"
        f'heroic query INDEX --text "red running shoe" --view image\n\n'
        "import open_clip\n"
        f'open_clip.create_model_from_pretrained("local-dir:{out}")'
    )
    return TrainingCard(
        f"Image encoder {out.name}",
        "Finds identical products by the cosine of their pictures, and pictures by a text.",
        start.label,
        data_rows(index, split, **pictures),
        LOSS,
        METRIC,
        flat_settings(options),
        use,
        LIMITS,
    )
