"""A training of pictures starts from any open_clip model, or from a small configuration without any knowledge."""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.encoders.pictures.clip_model import (
    CONFIG,
    LOCAL,
    ClipModel,
    ClipName,
    described,
    import_open_clip,
    open_clip_model,
    quiet_open_clip,
)
from indexing.errors import InputError

SMALL: dict[str, Any] = {
    # a thin ResNet over 64 x 64 pixels and a shallow text tower over 32 tokens: hours become minutes on two cores
    "model_cfg": {
        "embed_dim": 256,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "head_width": 64},
        "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 2},
    },
    # squashed, so that nothing is cut off and a crop is a change of proportions
    "preprocess_cfg": {
        "size": 64,
        "mode": "RGB",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.25, 0.25],
        "interpolation": "bicubic",
        "resize_mode": "squash",
        "fill_color": 255,
    },
}


@dataclass(frozen=True)
class ClipStart:
    """It holds a model to train, what it was called, and its configuration as open_clip writes it."""

    label: str
    model: ClipModel
    config: dict[str, Any]
    fresh: bool


def start_from(base: str | None, config: str, folder: Path, *, seed: int) -> ClipStart:
    """Open the model `base` (a `clip:` SPEC), or without one make a new one of a configuration: `small`, or a JSON
    file as open_clip's, which is put down in `folder`. Raises InputError when it cannot be opened or made."""
    if base is not None:
        name = ClipName.parse(base.removeprefix("clip:"))
        known = import_open_clip().get_model_config(name.model)
        return ClipStart(f"clip:{name.label} ({name.digest()})", open_clip_model(name), known, fresh=False)
    document = copy.deepcopy(SMALL) if config == "small" else _read(Path(config))
    return ClipStart(
        f"nothing, configuration {Path(config).stem}", _new(document, folder, seed), document["model_cfg"], True
    )


def _new(document: dict[str, Any], folder: Path, seed: int) -> ClipModel:
    import torch

    open_clip = import_open_clip()
    (folder / CONFIG).write_text(json.dumps(document), encoding="utf-8")
    torch.manual_seed(seed)
    try:
        with quiet_open_clip():
            module = open_clip.create_model(f"{LOCAL}{folder}", load_weights=False)
            tokenizer = open_clip.get_tokenizer(f"{LOCAL}{folder}")
    except Exception as error:  # whatever open_clip makes of a wrong configuration
        raise InputError(f"--config: open_clip cannot make this model: {' '.join(str(error).split())[:200]}") from error
    return described(str(folder), module, tokenizer)


def _read(path: Path) -> dict[str, Any]:
    """Read a configuration of open_clip: `model_cfg` and `preprocess_cfg`, or the first one's contents alone."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"--config {path}: is neither 'small' nor a file") from error
    except (OSError, ValueError) as error:
        raise InputError(f"--config {path}: cannot be read: {error}") from error
    model = found.get("model_cfg", found) if isinstance(found, dict) else {}
    missing = [name for name in ("embed_dim", "vision_cfg", "text_cfg") if name not in model]
    if missing:
        raise InputError(f"--config {path}: has no {missing[0]}: write it as open_clip's model_configs")
    return {"model_cfg": model, "preprocess_cfg": found.get("preprocess_cfg", {})}
