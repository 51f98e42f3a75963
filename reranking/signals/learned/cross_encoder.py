"""A cross-encoder is a sentence-transformers model that reads two texts at once and says how likely they match."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from indexing.arrays import Floats1d
from indexing.encoders.model_source import ModelSource, unavailable
from indexing.encoders.text.sentence import quiet_loading
from indexing.errors import InputError

BATCH = 64


def new_cross_model(
    base: ModelSource, *, max_tokens: int, layers: int | None = None, device: str = "cpu", seed: int = 0
) -> CrossEncoder:
    """Put the weights of a text model, or a cross-encoder, under a head of one number; `seed` draws a head that is new.

    With `layers`, only the first so many are kept, for speed. Raises InputError, in one line, for what cannot be
    loaded.
    """
    torch.manual_seed(seed)
    model = _load(base.where, base, device)
    if model.num_labels != 1:
        raise InputError(f"--base {base.name}: a cross-encoder with {model.num_labels} outputs: one of 1 is needed")
    model.max_seq_length = max_tokens
    if layers is not None:
        _keep_layers(model, layers, base)
    return model


def open_cross_model(folder: Path, *, device: str = "cpu", precision: str = "fp32") -> CrossEncoder:
    """Open a trained model from its folder, ready to score, with weights in fp32 or bf16."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return _load(str(folder), ModelSource(folder.name, folder, "", ""), device, dtype).eval()


def score_texts(model: CrossEncoder, left: Sequence[str], right: Sequence[str]) -> Floats1d:
    """Score pairs of texts (p,), float32 from 0 to 1, the same for either order; NaN where a side has no text.

    Each different pair of texts is scored once, in batches of like length.
    """
    ordered = [(one, other) if one <= other else (other, one) for one, other in zip(left, right, strict=True)]
    distinct = list(dict.fromkeys(pair for pair in ordered if pair[0] and pair[1]))
    scores = np.full(len(ordered), np.nan, dtype=np.float32)
    if not distinct:
        return scores
    found = model.predict(distinct, batch_size=BATCH, show_progress_bar=False, activation_fn=torch.nn.Sigmoid())
    score_of = dict(zip(distinct, np.asarray(found, dtype=np.float32).tolist(), strict=True))
    for place, pair in enumerate(ordered):
        scores[place] = score_of.get(pair, np.nan)
    return scores


def _load(where: str, source: ModelSource, device: str, dtype: torch.dtype = torch.float32) -> CrossEncoder:
    try:
        with quiet_loading():
            model: CrossEncoder = CrossEncoder(
                where,
                num_labels=None if _has_head(source) else 1,
                device=device,
                revision=source.revision or None,
                model_kwargs={"dtype": dtype},
            )
            return model
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        if source.folder is None:
            raise InputError(unavailable(source.name, source.revision, reason)) from error
        raise InputError(
            f"{source.folder}: cannot be loaded as a cross-encoder: {type(error).__name__}: {reason}"
        ) from error


def _has_head(source: ModelSource) -> bool:
    """Return whether a folder holds a cross-encoder already, whose head is kept as it is."""
    if source.folder is None:
        return False
    config = source.folder / "config.json"
    return config.is_file() and "ForSequenceClassification" in config.read_text(encoding="utf-8")


def _keep_layers(model: CrossEncoder, count: int, base: ModelSource) -> None:
    whole: Any = model[0].auto_model
    inner = whole.base_model
    encoder = getattr(inner, "encoder", inner)
    name = next(
        (name for name in ("layer", "layers") if isinstance(getattr(encoder, name, None), torch.nn.ModuleList)), None
    )
    if name is None:
        raise InputError(f"--layers {count}: the layers of {base.name} are not known: leave it out")
    layers = getattr(encoder, name)
    if not 1 <= count <= len(layers):
        raise InputError(f"--layers {count}: {base.name} has {len(layers)}: give 1 to {len(layers)}")
    setattr(encoder, name, layers[:count])
    whole.config.num_hidden_layers = count
