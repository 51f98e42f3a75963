"""New and changed products are encoded in parts wherever there are workers: each encodes what one process would encode at once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats2d
from indexing.build.parts.poison import DEADLY, done_past_poison
from indexing.catalog.catalog import Catalog
from indexing.catalog.digest import catalog_digest
from indexing.catalog.rejects import Reject
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import picture_states
from indexing.given.encoders import GIVEN_ROWS, GivenEncoder, given_encoders
from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.running.parts import PartFolder, Parts, parts_for, put_array, put_text, read_array
from indexing.running.stages import Stage, even_ranges
from indexing.running.tasks import Counts, Runner, Task
from indexing.shared_index import open_same_index, shared_place
from indexing.storage.artefact import fingerprint_of
from indexing.words.reading import Reading

GIVEN = "given.arrow"


@dataclass(frozen=True)
class OpenGiven:
    """They are products that a worker has opened, with the encoder of a view."""

    given: Catalog
    encoder: GivenEncoder
    parts: Parts
    poison: tuple[int, ...] = ()

    def encode(self, task: Task) -> tuple[Floats2d, list[Reject]]:
        """Encode a range of the products, but for those that end the process: these have rows of zeros, and are set aside."""
        here = np.arange(task.first, task.last)
        living = ~np.isin(here, self.poison)
        encoded, rejects = self.encoder.encode(self.given.take(here[living]))
        rows = np.zeros((len(here), encoded.shape[1]), dtype=np.float32)
        rows[living] = encoded
        deadly = self.given.ids.take(pa.array(here[~living])).to_pylist()
        return rows, rejects + [Reject(str(product), "", "", DEADLY) for product in deadly]


@dataclass(frozen=True)
class GivenRecipe:
    """It opens products that are kept with their parts, their pictures, and the encoder of a `view` of the index."""

    index: str
    fingerprint: str
    view: str
    pictures: Path
    folder: Path
    reading: Reading
    category_level: int
    patience: Patience
    parts: PartFolder
    poison: tuple[int, ...] = ()

    def open(self) -> OpenGiven:
        """Raise InputError where this machine does not see the index, or sees another one."""
        index = open_same_index(self.index, self.fingerprint)
        table = pa.ipc.open_file(pa.memory_map(str(self.parts.local(GIVEN)))).read_all()
        given = Catalog(table, self.pictures, self.folder, reading=self.reading, category_level=self.category_level)
        return OpenGiven(given, given_encoders(index, self.patience)[self.view], self.parts, self.poison)


def encode_given(task: Task, view: OpenGiven) -> Counts:
    """Encode a range of the products, and keep their rows and what was set aside."""
    rows, rejects = view.encode(task)
    put_text(view.parts, f"{_rows_name(task.number)}.json", json.dumps([vars(reject) for reject in rejects]))
    put_array(view.parts, _rows_name(task.number), rows)
    return {"products": len(rows)}


def probe_given(task: Task, view: OpenGiven) -> Counts:
    """Encode a range, and keep nothing: it is seen whether the process lives."""
    view.encode(task)
    return {}


@dataclass(frozen=True)
class DeltaEncoding:
    """It encodes the products given to an index by a runner's workers, who see the index and the pictures. Products that end their
    process are looked for, and set aside up to the share `max_rejects`."""

    index: ProductIndex
    given: Catalog
    patience: Patience
    runner: Runner
    beside: Path
    max_rejects: float
    progress: Progress

    def encode(self, view: str) -> tuple[Floats2d, list[Reject]]:
        """Return the rows (n, d) of a view, and what had to be set aside."""
        seen = "" if view == "text" else picture_states(self.given, extra=view == "image_extra")
        kept = self.index.manifest.digests(f"vectors/{view}")  # the encoder's files among them
        made = (view, self.index.fingerprint, kept, catalog_digest(self.given), seen, GIVEN_ROWS)
        parts = parts_for(self.beside.absolute(), fingerprint_of(*made))
        parts.make()
        tasks = even_ranges(len(self.given), GIVEN_ROWS, "new products")
        stage = Stage(parts, encode_given, tasks, _rows_name)
        ahead, recipe = stage.ahead(), self._recipe(view, parts)
        if ahead:
            parts.put(GIVEN, self._write)  # again: pictures given as bytes may stand elsewhere now
        done = len(self.given) - sum(task.last - task.first for task in ahead)

        def put_aside(found: Sequence[int]) -> tuple[GivenRecipe | None, int]:
            few = len(found) <= int(self.max_rejects * len(self.given))
            return (replace(recipe, poison=tuple(found)) if few else None), len(found)

        for outcome in done_past_poison(encode_given, probe_given, ahead, self.runner, recipe, put_aside):
            done += outcome.counts["products"]
            self.progress(f"encode {view}", done, len(self.given))
        rows = [np.asarray(read_array(parts, _rows_name(task.number)), dtype=np.float32) for task in tasks]
        return np.concatenate(rows), [reject for task in tasks for reject in _rejects(parts, task.number)]

    def _recipe(self, view: str, parts: PartFolder) -> GivenRecipe:
        given = self.given
        pictures = given.pictures.absolute() if given.pictures.exists() else given.pictures
        return GivenRecipe(
            shared_place(self.index.folder),
            self.index.fingerprint,
            view,
            pictures,
            given.folder.absolute(),
            given.reading,
            given.category_level,
            self.patience,
            parts,
        )

    def _write(self, file: BinaryIO) -> None:
        table = self.given.table
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)


def _rejects(parts: PartFolder, number: int) -> list[Reject]:
    told = json.loads(parts.local(f"{_rows_name(number)}.json").read_text(encoding="utf-8"))
    return [Reject(**reject) for reject in told]


def _rows_name(number: int) -> str:
    return f"given_{number:05d}.npy"
