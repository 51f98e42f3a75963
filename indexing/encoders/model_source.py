"""A text model comes from a folder on this machine, or from the model hub at a pinned revision."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from indexing.errors import InputError

NOT_WEIGHTS = {".md", ".png", ".jpg", ".svg", ".csv", ".html", ".txt~"}  # what may change without the vectors changing
NEED_NONE = "lsa and patches need no model"


@dataclass(frozen=True)
class ModelSource:
    """A source names a model by `name` (as asked), in a `folder` or on the hub at the commit `revision`.

    `digest` tells contents apart: for a folder it is made from its files, for the hub it is the commit.
    """

    name: str
    folder: Path | None
    revision: str
    digest: str

    @property
    def label(self) -> str:
        """Return a short name for lists: the hub's, or that of the folder itself."""
        return self.folder.name if self.folder is not None else self.name

    @property
    def where(self) -> str:
        """Return what libraries load: the folder's path, or the hub's name."""
        return str(self.folder) if self.folder is not None else self.name

    @property
    def made(self) -> dict[str, Any]:
        """Return what vectors depend on."""
        return {"model": self.label, "revision": self.revision, "digest": self.digest}


def find_model(name: str, revision: str | None = None) -> ModelSource:
    """Find a folder of that name, or else the hub's model.

    Raises InputError, with what to do, where there is neither.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if revision:
            raise InputError(f"--model-revision {revision}: {name} is a folder, which has no revisions: leave it out")
        return ModelSource(name, folder.resolve(), "", digest_of(folder.resolve()))
    if folder.exists():
        raise InputError(f"{name}: is a file: name the folder of a sentence-transformers model")
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise InputError(f"{name}: no such model folder: name another, or a model of the hub; {NEED_NONE}")
    commit = _commit(name, revision)
    return ModelSource(name, None, commit, commit)


def fetched(source: ModelSource) -> Path:
    """Return the folder of a model's files on this machine, downloaded if need be.

    Raises InputError where that cannot be.
    """
    if source.folder is not None:
        return source.folder
    from huggingface_hub import snapshot_download

    try:
        wanted = ["*.json", "*.txt", "*.model", "model.safetensors", "*/*.safetensors"]
        return Path(snapshot_download(source.name, revision=source.revision, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        raise InputError(unavailable(source.name, source.revision, str(error).splitlines()[0])) from error


def digest_of(folder: Path) -> str:
    """Return 16 hexadecimal digits of the names and contents of a model folder's files, not of cards and pictures.

    Raises InputError for a folder that holds none.
    """
    state = tuple(
        (str(file.relative_to(folder)), file.stat().st_size, file.stat().st_mtime_ns)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix not in NOT_WEIGHTS and not file.name.startswith(".")
    )
    if not state:
        raise InputError(f"{folder}: holds no model: name a folder that sentence-transformers has written")
    return _digest(folder, state)


@lru_cache(maxsize=32)
def _digest(folder: Path, state: tuple[tuple[str, int, int], ...]) -> str:
    """Digest the files in `state`, which also says when a digest made before is of other contents."""
    digest = hashlib.sha256()
    for name, _, _ in state:
        with (folder / name).open("rb") as content:
            digest.update(f"{name} {hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _commit(name: str, revision: str | None) -> str:
    """Return the commit that a revision (None: the newest) of a model on the hub is now.

    Offline it is the one fetched before. Raises InputError where there is none.
    """
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError
        from huggingface_hub.utils import logging
    except ImportError as error:
        raise InputError(missing(name)) from error
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # its retries would be told line by line
    for file in ("modules.json", "config.json"):
        try:
            return Path(hf_hub_download(name, file, revision=revision)).parent.name
        except HFValidationError as error:
            raise InputError(
                f"{name}: neither a folder nor a name of the hub such as org/model; {NEED_NONE}"
            ) from error
        except LocalEntryNotFoundError:
            continue
        except EntryNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise InputError(unavailable(name, revision, str(error).splitlines()[0])) from error
    raise InputError(unavailable(name, revision, "it is not in the cache" if _offline() else "no answer"))


def unavailable(name: str, revision: str | None, reason: str) -> str:
    """Return the one line for a model that cannot be had."""
    at = f" at revision {revision}" if revision else ""
    return (
        f"the model {name}{at} cannot be had: the model hub cannot be reached or does not have it ({reason}): "
        f"fetch it elsewhere and give its folder (st:FOLDER, static:FOLDER); {NEED_NONE}"
    )


def missing(spec: str) -> str:
    """Return the one line for packages that are not installed."""
    return f"{spec}: needs packages that are not installed: pip install 'heroic[neural]'; {NEED_NONE}"


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
