"""Encoding one view of a catalogue into shards on disk: reused where they fit, resumed where a run was cut short."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.artefact import write_json
from indexing.catalog import Catalog
from indexing.encoder import Encoded, Encoder
from indexing.progress import Progress, silent
from indexing.rejects import Reject
from indexing.vectors import SHARD_ROWS, Vectors, open_vectors

STATE = "made.json"


@dataclass(frozen=True)
class EncodedView:
    """The vectors of a view, what was set aside, and whether all of it was there already."""

    vectors: Vectors
    rejects: list[Reject]
    reused: bool


@dataclass(frozen=True)
class ShardFolder:
    """The folder of one view's shards, with `made`: everything that they depend on."""

    folder: Path
    made: dict[str, Any]

    def take_over(self, old: Path | None) -> None:
        """Link the shards of an older index here if they were made from the same; else only what fits stays."""
        wanted = json.loads(json.dumps(self.made))  # as it reads from a file: tuples are lists there
        if _made(self.folder) == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        if old is not None and _made(old) == wanted:
            linked = self.folder.with_name(f"{self.folder.name}.linked")  # all or nothing, whenever killed
            shutil.rmtree(linked, ignore_errors=True)
            shutil.copytree(old, linked, copy_function=_link)
            linked.rename(self.folder)
            return
        self.folder.mkdir(parents=True)
        write_json(self.folder / STATE, self.made)

    def done(self) -> int:
        """How many shards are there, counted from the first."""
        number = 0
        while self._shard(number).exists():
            number += 1
        return number

    def write(self, number: int, encoded: Encoded) -> None:
        """Write one shard and its rejects; it appears under its name only when it is whole."""
        write_json(self._rejects(number), [vars(reject) for reject in encoded.rejects])
        unfinished = self.folder / "unfinished.tmp"
        with unfinished.open("wb") as file:
            np.save(file, np.asarray(encoded.rows, dtype=np.float32))
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._shard(number))

    def rejects(self) -> list[Reject]:
        """What the encoder set aside in all shards."""
        parts = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(self.folder.glob("rejects_*.json"))]
        return [Reject(**row) for part in parts for row in part]

    def _shard(self, number: int) -> Path:
        return self.folder / f"vectors_{number:05d}.npy"

    def _rejects(self, number: int) -> Path:
        return self.folder / f"rejects_{number:05d}.json"


def encode_view(
    catalog: Catalog,
    shards: ShardFolder,
    encoder: Callable[[], Encoder],
    *,
    stage: str,
    progress: Progress = silent,
) -> EncodedView:
    """Encode what is not there yet, a shard at a time; `encoder` is made only when there is something to do."""
    starts = range(0, len(catalog), SHARD_ROWS)
    done = shards.done()
    if done < len(starts):
        engine = encoder()
        progress(stage, starts[done], len(catalog))
        for number in range(done, len(starts)):
            stop = min(starts[number] + SHARD_ROWS, len(catalog))
            shards.write(number, engine.encode(catalog.slice(starts[number], stop)))
            progress(stage, stop, len(catalog))
    return EncodedView(open_vectors(shards.folder), shards.rejects(), done >= len(starts))


def _made(folder: Path) -> dict[str, Any] | None:
    """What the shards in a folder were made from, None when that is not known."""
    try:
        found = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _link(source: str, target: str) -> None:
    """A second name for the same file where the file system can, else a copy: shards are never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
