"""A text encoder is trained on one's own pairs: they are split, a base model learns, and a folder keeps it."""

from dataclasses import dataclass, field
from pathlib import Path

from indexing.catalog.text_template import TextTemplate
from indexing.encoders.model_source import ModelSource
from indexing.encoders.text.sentence import load_sentence_model, prompt_of
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.artefact import writing
from reranking.encoder_training.encoder_pairs import (
    EncoderPairs,
    split_for_encoder,
    training_matches,
    validation_matches,
)
from reranking.encoder_training.loop.card import TrainingCard
from reranking.encoder_training.loop.run import History, RunOptions, Tell, run_training, say_nothing
from reranking.encoder_training.record import (
    METRIC,
    checkpoint_beside,
    data_rows,
    flat_settings,
    made_from,
    write_record,
)
from reranking.encoder_training.sentence_learner import SentenceLearner, SentenceOptions
from reranking.pairs.labelled import LabelledPairs

KIND = "text encoder"
LOSS = (
    "Multiple negatives ranking, symmetric: each text of a batch finds its match among all other texts of the batch. "
    "Products of one group, and equal texts, are never each other's negatives. Batches grow from a match by those of the "
    "products that are hard to tell from it: labelled non-matches first, then its neighbours in the index."
)
LIMITS = (
    "It was told from products of the same catalogue, in the words of its shops: on another kind of product it may be worse "
    "than the model that it came from. On the products that it was trained on (trained_on.parquet) its cosines "
    "and ranks are better than they will be on others. A reranker may train on all pairs or leave out those of these "
    "products (--leave-out-seen): judge on validation pairs whether leaving them out pays."
)


@dataclass(frozen=True)
class TextTraining:
    """These options decide how a text encoder is trained. `hold_out_share` of the product groups are kept from it,
    for the reranker; `valid_share` of the rest judge where no validation pairs are given, at most `valid_products`
    of their products; `hard`: hard negatives of each product; `max_tokens`: of a text, the model's own limit when
    None."""

    template: str = "{title} {brand} {attributes} {description}"
    hold_out_share: float = 0.5
    valid_share: float = 0.15
    valid_products: int = 4000
    hard: int = 3
    max_tokens: int | None = 128
    seed: int = 0
    sentences: SentenceOptions = field(default_factory=SentenceOptions)
    run: RunOptions = field(default_factory=RunOptions)


@dataclass(frozen=True)
class TextTrained:
    """It keeps the training curve, and the pairs that were learnt from, judged by and kept for the reranker."""

    history: History
    split: EncoderPairs


def train_text_encoder(
    index: ProductIndex,
    pairs: LabelledPairs,
    valid: LabelledPairs | None = None,
    *,
    base: ModelSource,
    out: Path,
    options: TextTraining | None = None,
    device: str = "cpu",
    resume: bool = False,
    progress: Progress = silent,
    tell: Tell = say_nothing,
) -> TextTrained:
    """Train from `base` on matches of products of an index; `out` becomes a sentence-transformers folder.

    Checkpoints are kept beside `out` until it is done. Raises InputError for too few matches, a model that cannot be
    loaded, a checkpoint of another training.
    """
    options, catalog = options or TextTraining(), index.catalog
    split = split_for_encoder(
        catalog,
        pairs,
        valid,
        hold_out_share=options.hold_out_share,
        valid_share=options.valid_share,
        seed=options.seed,
    )
    across = index.made.match_across_sources
    judged = validation_matches(
        catalog, split.valid, products=options.valid_products, across_sources=across, seed=options.seed
    )
    with writing(Path(out), KIND, afresh=True) as folder:
        model = load_sentence_model(base, device=device, max_tokens=options.max_tokens)
        texts = TextTemplate(options.template).texts(catalog)
        matches = training_matches(index, split, hard=options.hard)
        learner = SentenceLearner(
            model, texts, matches, judged, options.sentences, prompt=prompt_of(model, query=False)
        )
        made = made_from(index, split, {"base": base.made}, options)
        place = checkpoint_beside(Path(out), made, resume)
        history = run_training(learner, options.run, place=place, metric=METRIC, progress=progress, tell=tell)
        model.eval().save(str(folder), create_model_card=False)
        card = _card(index, split, base, options, Path(out))
        write_record(folder, KIND, index, split, made=made, history=history, card=card)
    return TextTrained(history, split)


def _card(
    index: ProductIndex, split: EncoderPairs, base: ModelSource, options: TextTraining, out: Path
) -> TrainingCard:
    use = (
        f"heroic build-index PRODUCTS --out INDEX --text-encoder st:{out}\n\n"
        "from sentence_transformers import SentenceTransformer\n"
        f'SentenceTransformer("{out}").encode(["a title"])'
    )
    return TrainingCard(
        f"Text encoder {out.name}",
        "Finds identical products by the cosine of their texts.",
        f"{base.label} ({base.digest})",
        data_rows(index, split),
        LOSS,
        METRIC,
        flat_settings(options),
        use,
        LIMITS,
    )
