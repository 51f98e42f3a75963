"""A shard folder keeps one view's vectors: numbered shards, the parts of an unfinished one, and what they were made
from."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.contents import CONTENTS_FILE
from indexing.catalog.rejects import Reject
from indexing.encoders.encoder import Encoded
from indexing.storage.artefact import fingerprint_of, link_or_copy, write_json
from indexing.storage.whole_file import digest_of

STATE = "made.json"
ROWS = (
    "vectors_",
    "rejects_",
    "part_",
    "unfinished.tmp",
    CONTENTS_FILE,
    STATE,
)  # beside them stands what the encoder kept


@dataclass(frozen=True)
class ShardFolder:
    """It is the folder of one view's shards, with `made`: everything that they depend on."""

    folder: Path
    made: dict[str, Any]

    def take_over(self, old: Path | None, renamed: Mapping[str, str] | None = None) -> None:
        """Link the shards of an older index here if they were made from the same; else only what fits stays.

        `renamed` are digests of an earlier version, as they are made now.
        """
        wanted = as_read(self.made)
        if made_of(self.folder) == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        if old is not None and as_now(made_of(old), renamed) == wanted:
            linked = self.folder.with_name(f"{self.folder.name}.linked")  # all or nothing, whenever killed
            shutil.rmtree(linked, ignore_errors=True)
            shutil.copytree(old, linked, copy_function=link_or_copy)
            (linked / STATE).unlink()  # a link too: the older one stays as it is
            if renamed:
                (linked / CONTENTS_FILE).unlink(missing_ok=True)  # of an earlier version as well
            write_json(linked / STATE, self.made)
            linked.rename(self.folder)
            return
        self.folder.mkdir(parents=True)
        write_json(self.folder / STATE, self.made)

    def take_encoder(self, old: Path) -> None:
        """Link the fitted state that stands beside an older index's vectors, but none of the vectors."""
        for file in _kept(old):
            (self.folder / file.name).unlink(missing_ok=True)
            link_or_copy(file, self.folder / file.name)

    def done(self) -> int:
        """Return how many shards are there, counted from the first."""
        number = 0
        while self._shard(number).exists():
            number += 1
        return number

    def parts(self, number: int) -> list[Floats2d]:
        """Read the parts of a shard that are there, counted from the first."""
        found: list[Floats2d] = []
        while self._part(number, len(found)).exists():
            found.append(np.load(self._part(number, len(found)), allow_pickle=False))
        return found

    def write(self, number: int, encoded: Encoded) -> None:
        """Write one shard and its rejects; it appears under its name only when it is whole."""
        self._write_rejects(self.folder / f"rejects_{number:05d}.json", encoded.rejects)
        self._write_rows(self._shard(number), encoded.rows)

    def adopt(self, number: int, rows: Path, rejects: list[Reject]) -> None:
        """Take a file of the same file system, with the rows of a shard, as that shard, with these rejects."""
        self._write_rejects(self.folder / f"rejects_{number:05d}.json", rejects)
        os.replace(rows, self._shard(number))

    def write_part(self, number: int, part: int, encoded: Encoded) -> None:
        """Write one part of a shard, likewise."""
        self._write_rejects(self._part(number, part).with_suffix(".json"), encoded.rejects)
        self._write_rows(self._part(number, part), encoded.rows)

    def join_parts(self, number: int, parts: list[Floats2d]) -> None:
        """Put the shard in the place of its parts, which go away."""
        if self._shard(number).exists():
            return
        rejects = [_read_rejects(self._part(number, part).with_suffix(".json")) for part in range(len(parts))]
        self.write(number, Encoded(np.concatenate(parts), [reject for part in rejects for reject in part]))
        self.tidy()

    def tidy(self) -> None:
        """Remove the parts of shards that are there: a killed run may have left them."""
        for number in range(self.done()):
            for file in self.folder.glob(f"part_{number:05d}_*"):
                file.unlink()

    def rejects(self) -> "ShardRejects":
        """Return what the encoder set aside in all shards."""
        return ShardRejects(self.folder)

    def _shard(self, number: int) -> Path:
        return self.folder / f"vectors_{number:05d}.npy"

    def _part(self, number: int, part: int) -> Path:
        return self.folder / f"part_{number:05d}_{part:05d}.npy"

    def _write_rejects(self, path: Path, rejects: list[Reject]) -> None:
        write_json(path, [vars(reject) for reject in rejects])

    def _write_rows(self, path: Path, rows: Floats2d) -> None:
        unfinished, rows = self.folder / "unfinished.tmp", np.ascontiguousarray(rows, dtype=np.float32)
        with unfinished.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(rows))
            file.write(rows.data)  # np.save would not say that the disk is full, only how much it wrote
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)


@dataclass(frozen=True)
class ShardRejects:
    """They are the rejects of a folder's shards, of which those of one are in memory at once."""

    folder: Path

    def __iter__(self) -> Iterator[Reject]:
        for file in sorted(self.folder.glob("rejects_*.json")):
            yield from _read_rejects(file)


def kept_digest(folder: Path) -> str:
    """Return 16 digits that change with what an encoder keeps beside the vectors in a folder."""
    return fingerprint_of([(file.name, digest_of(file)) for file in _kept(folder)])


def _kept(folder: Path) -> list[Path]:
    """Return the files that an encoder keeps beside the vectors. Hidden ones are others': of a file manager, or what NFS leaves of a
    file that was removed while a machine had it open."""
    return [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith((".", *ROWS))]


def made_of(folder: Path) -> dict[str, Any] | None:
    """Read what the shards in a folder were made from, None when that is not known."""
    try:
        found = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def as_read(made: dict[str, Any]) -> dict[str, Any]:
    """Return it as it reads from a file: tuples are lists there."""
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def as_now(made: dict[str, Any] | None, renamed: Mapping[str, str] | None) -> dict[str, Any] | None:
    """Return what vectors were made from, with digests of an earlier version as they are made now."""
    if made is None or not renamed:
        return made
    return {key: renamed.get(value, value) if isinstance(value, str) else value for key, value in made.items()}


def _read_rejects(path: Path) -> list[Reject]:
    return [Reject(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
