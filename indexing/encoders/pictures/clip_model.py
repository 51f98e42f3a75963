"""open_clip models, by name, tag, checkpoint file or folder, are opened here, described, and written."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from indexing.encoders.pictures.shape import PictureShape
from indexing.errors import InputError
from indexing.storage.artefact import fingerprint_of

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
LOCAL, HUB = "local-dir:", "hf-hub:"
READ = {".json", ".safetensors", ".bin", ".pt", ".pth", ".txt", ".model"}  # what open_clip reads of a folder


@dataclass(frozen=True)
class ClipName:
    """A SPEC's name means this to open_clip: `model` (with its prefix) and `pretrained`, a tag or a checkpoint file."""

    text: str
    model: str
    pretrained: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ClipName":
        """Read `ViT-B-32/laion2b_s34b_b79k`, `ViT-B-32/weights.safetensors`, `hf-hub:owner/name` or a folder.

        Raises InputError for anything else.
        """
        folder = Path(text).expanduser()
        if (folder / CONFIG).is_file():
            return cls(text, f"{LOCAL}{folder}")
        if text.startswith(HUB) and text != HUB:
            return cls(text, text)
        if folder.is_dir():
            raise InputError(f"clip:{text}: the folder has no {CONFIG}: an open_clip checkpoint folder has one")
        model, _, pretrained = text.partition("/")
        if not model or not pretrained:
            raise InputError(
                f"clip:{text}: write clip:MODEL/TAG (clip:ViT-B-32/laion2b_s34b_b79k), clip:MODEL/FILE, or clip:FOLDER "
                f"of a checkpoint with its {CONFIG}"
            )
        return cls(text, model, pretrained)

    @property
    def folder(self) -> Path | None:
        """Return the folder of a local model, None for another."""
        return Path(self.model.removeprefix(LOCAL)) if self.model.startswith(LOCAL) else None

    @property
    def label(self) -> str:
        """Return a short name for lists: a folder's or file's own, else as it was asked."""
        if self.folder is not None:
            return self.folder.resolve().name
        return f"{self.model}/{Path(str(self.pretrained)).name}" if self.file is not None else self.text

    @property
    def file(self) -> Path | None:
        """Return the checkpoint file that was named, None where none was."""
        return Path(self.pretrained) if self.pretrained is not None and Path(self.pretrained).is_file() else None

    @property
    def absolute(self) -> str:
        """Return the name as it is understood from any folder."""
        if self.folder is not None:
            return str(self.folder.resolve())
        return self.text if self.file is None else f"{self.model}/{self.file.resolve()}"

    def digest(self) -> str:
        """Return 16 hexadecimal digits of the files that a local model is made of; of a model by tag, of its name."""
        files = [] if self.file is None else [self.file]
        if self.folder is not None:
            files = sorted(file for file in self.folder.iterdir() if file.suffix in READ and file.is_file())
        if not files:
            return fingerprint_of(self.text)
        states = tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
        return _digest(states)


@dataclass(frozen=True)
class ClipModel:
    """It holds a model in memory: torch module, tokenizer, how a picture becomes its input, and d, its rows' length."""

    name: str
    module: Any
    tokenizer: Any
    shape: PictureShape
    mean: tuple[float, ...]
    std: tuple[float, ...]
    dim: int


def open_clip_model(name: ClipName, *, device: str = "cpu") -> ClipModel:
    """Load a model with its weights, in evaluation mode. Raises InputError, in one line, for one that cannot be."""
    open_clip = import_open_clip()
    if name.folder is None and not name.model.startswith(HUB) and name.model not in open_clip.list_models():
        raise InputError(
            f"clip:{name.text}: open_clip has no model {name.model}; it has {_near(name.model, open_clip)}"
        )
    if name.pretrained is not None:
        _check_pretrained(name, open_clip)
    try:
        with quiet_open_clip():
            module = open_clip.create_model(
                name.model, name.pretrained, device=device, require_pretrained=True, weights_only=True
            )
            tokenizer = open_clip.get_tokenizer(name.model)
    except Exception as error:  # hub, file system and checkpoint parsers each have their own
        raise InputError(_unopened(name, error)) from error
    return described(name.text, module, tokenizer)


def described(name: str, module: Any, tokenizer: Any) -> ClipModel:
    """Return a model in memory, in evaluation mode, with what its preprocessing says."""
    prepared = module.visual.preprocess_cfg
    size = prepared["size"] if isinstance(prepared["size"], list | tuple) else (prepared["size"],) * 2
    shape = PictureShape(
        (int(size[0]), int(size[1])), prepared["resize_mode"], prepared["interpolation"], int(prepared["fill_color"])
    )
    return ClipModel(
        name, module, tokenizer, shape, tuple(prepared["mean"]), tuple(prepared["std"]), _dim(module, shape)
    )


def _dim(module: Any, shape: PictureShape) -> int:
    """Find d by trying: the towers of open_clip name it each in its own way."""
    import torch

    with torch.inference_mode():
        blank = torch.zeros(1, 3, *shape.size, device=next(module.parameters()).device)
        return int(module.eval().encode_image(blank).shape[1])


def save_clip_model(model: ClipModel, config: dict[str, Any], folder: Path) -> None:
    """Write what open_clip reads as `local-dir:FOLDER`: the configuration and the weights, no pickle."""
    from safetensors.torch import save_file

    preprocessing = {
        "size": list(model.shape.size),
        "mode": "RGB",
        "mean": list(model.mean),
        "std": list(model.std),
        "interpolation": model.shape.interpolation,
        "resize_mode": model.shape.resize_mode,
        "fill_color": model.shape.fill,
    }
    document = {"model_cfg": config, "preprocess_cfg": preprocessing}
    (folder / CONFIG).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in model.module.state_dict().items()}
    save_file(tensors, folder / WEIGHTS)


def import_open_clip() -> Any:
    """Return the library. Raises InputError with the command that installs it."""
    require_open_clip()
    import open_clip

    return open_clip


def require_open_clip() -> None:
    """Raise InputError where the library is not installed; it takes seconds to import, so that is not done."""
    if find_spec("open_clip") is None:
        raise InputError("clip: needs open_clip: pip install 'heroic[neural]'; patches needs none")


@contextmanager
def quiet_open_clip() -> Iterator[None]:
    """Keep the root logger quiet: open_clip tells it its steps, and only what is wrong is of interest here."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.setLevel(before)


def _check_pretrained(name: ClipName, open_clip: Any) -> None:
    tags = open_clip.list_pretrained_tags_by_model(name.model)
    if name.pretrained in tags or os.path.isfile(str(name.pretrained)):
        return
    known = ", ".join(tags) or "no tags"
    raise InputError(f"clip:{name.text}: {name.pretrained} is no file, and {name.model} has {known}")


def _unopened(name: ClipName, error: Exception) -> str:
    if name.folder is not None or os.path.isfile(str(name.pretrained)):
        return f"clip:{name.text}: the checkpoint cannot be opened: {_first_line(error)}"
    return (
        f"clip:{name.text}: the model cannot be downloaded (the hub cannot be reached, or has no such model): download "
        "it elsewhere and give its file (clip:MODEL/FILE) or folder (clip:FOLDER); patches needs none"
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _near(model: str, open_clip: Any) -> str:
    from rapidfuzz.process import extract

    return ", ".join(found for found, _, _ in extract(model, open_clip.list_models(), limit=3))


@lru_cache(maxsize=32)
def _digest(states: tuple[tuple[str, int, int], ...]) -> str:
    """Digest the files in `states`, which also say when a digest prepared before is of other contents."""
    digest = hashlib.sha256()
    for path, _, _ in states:
        with Path(path).open("rb") as content:
            digest.update(f"{Path(path).suffix} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:16]
