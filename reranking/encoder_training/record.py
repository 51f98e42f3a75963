"""A record keeps of an encoder's training what it was made from, the counts of its pairs, and the files beside it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexing.product_index import ProductIndex
from indexing.storage.artefact import Manifest, fingerprint_of, write_manifest
from reranking.encoder_training.encoder_pairs import EncoderPairs
from reranking.encoder_training.loop.card import TrainingCard, stored_history
from reranking.encoder_training.loop.run import History, Place
from reranking.encoder_training.validation_matches import JUDGED_AT
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.misleading_pairs import write_seen

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

METRIC = f"recall@{JUDGED_AT}"


def made_from(
    index: ProductIndex, split: EncoderPairs, base: Mapping[str, Any], options: "DataclassInstance"
) -> dict[str, Any]:
    """Return what the weights depend on: a training goes on only from a checkpoint made from the same."""
    of_pairs = [[part.left.tolist(), part.right.tolist(), part.targets.tolist()] for part in (split.train, split.valid)]
    settings = flat_settings(options)
    settings.pop("checkpoint_s")
    return {**base, "index": index.fingerprint, "pairs": fingerprint_of(of_pairs), **settings}


def checkpoint_beside(out: Path, made: Mapping[str, Any], resume: bool) -> Place:
    """Say where the checkpoints of a training into the folder `out` are."""
    return Place(out.with_name(out.name + ".checkpoint"), made, resume)


def flat_settings(options: "DataclassInstance") -> dict[str, Any]:
    """Return the settings by name (JSON), those of options within options too."""
    return _flat(asdict(options))


def counted(pairs: LabelledPairs) -> str:
    """Say how many pairs there are, and how many of them are matches."""
    return f"{len(pairs):,} ({int(pairs.targets.sum()):,})"


def data_rows(index: ProductIndex, split: EncoderPairs, **learnt: int) -> dict[str, Any]:
    """Return the rows of a card that say what was trained on; `learnt`: others, with _ for a space."""
    return {
        "products of the index": len(index.catalog),
        "training pairs (matches)": counted(split.train),
        "products trained on": len(split.train.products),
        **{name.replace("_", " "): count for name, count in learnt.items()},
        "validation pairs (matches)": counted(split.valid),
        "kept for the reranker (matches)": counted(split.held),
    }


def write_record(
    folder: Path,
    kind: str,
    index: ProductIndex,
    split: EncoderPairs,
    *,
    made: Mapping[str, Any],
    history: History,
    card: TrainingCard,
) -> None:
    """Write the products that were learnt from, the card and the manifest into a model's folder."""
    write_seen(folder, index.catalog, np.flatnonzero(split.seen(len(index.catalog))))
    card.write(folder, history)
    stored = {**made, "history": stored_history(history)}
    write_manifest(folder, Manifest(kind, stored, fingerprint_of(stored)))


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= (
            _flat(value) if isinstance(value, Mapping) else {name: list(value) if isinstance(value, tuple) else value}
        )
    return flat
