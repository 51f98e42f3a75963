"""The folder of a trained cross-encoder holds one model a fold, and the fold of every product trained on."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.machine.device import torch_devices
from indexing.storage.artefact import MANIFEST, read_manifest
from indexing.storage.records import read_record

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

KIND, FOLDS = "cross-encoder", "folds.parquet"


def fold_folder(folder: Path, number: int) -> Path:
    """Return where the model of a fold is: the one that was not trained on the fold's products."""
    return folder / f"fold_{number}"


def write_folds(folder: Path, catalog: Catalog, folds: Ints1d) -> None:
    """Keep the fold (n,) of the products of a catalogue; -1 = in none."""
    dealt = np.flatnonzero(folds >= 0)
    table = pa.table({"id": catalog.ids.take(pa.array(dealt)), "fold": pa.array(folds[dealt])})
    pq.write_table(table, folder / FOLDS)


@dataclass(frozen=True, kw_only=True)
class CrossManifest:
    """It keeps what the folder of a cross-encoder says of its training: its base, a digest of its pairs, its settings,
    and the history of each fold's model.

    Folders written before `precision` was kept score in fp32.
    """

    base: Mapping[str, str]
    pairs: str
    template: str
    folds: int
    most_pairs: int | None
    valid_share: float
    valid_pairs: int
    max_tokens: int
    layers: int | None
    precision: str = "fp32"
    group_by: str
    seed: int
    batch: int
    learning_rate: float
    warmup: float
    weight_decay: float
    most_gradient: float
    epochs: int
    patience: int
    minutes: float | None
    history: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class CrossFolds:
    """It opens a cross-encoder's folder; its models, `count` of them, one a fold, are read when first asked to score.

    `template` is the text of a product that they read, `precision` (fp32 or bf16) is what they score in, wherever that is.
    """

    folder: Path
    count: int
    template: str
    precision: str
    fingerprint: str

    @cached_property
    def models(self) -> "tuple[CrossEncoder, ...]":
        """Read the models, by fold. Raises InputError where packages or files are missing."""
        try:
            from reranking.signals.learned.cross_encoder import open_cross_model
        except ImportError as error:
            raise InputError(
                f"{self.folder}: a cross-encoder needs packages that are not installed: pip install 'heroic[neural]'"
            ) from error
        device = torch_devices("auto")[0]
        return tuple(
            open_cross_model(fold_folder(self.folder, number), device=device, precision=self.precision)
            for number in range(self.count)
        )

    @cached_property
    def kept(self) -> dict[bytes, Floats1d]:
        """Return the scores of blocks of texts that were asked for, for whoever asks again."""
        return {}

    def folds(self, catalog: Catalog) -> Ints1d:
        """Return the fold (n,) of each product of a catalogue, -1 for those that no model was trained on."""
        table = pq.read_table(self.folder / FOLDS)
        folds = np.full(len(catalog), -1, dtype=np.int64)
        if table["id"].type != catalog.ids.type:
            return folds
        places = pc.index_in(catalog.ids, value_set=table["id"].combine_chunks())
        known = np.asarray(pc.is_valid(places).to_numpy(), dtype=bool)
        rows = np.asarray(pc.fill_null(places, 0).to_numpy(), dtype=np.int64)
        folds[known] = table["fold"].to_numpy()[rows[known]]
        return folds

    def copy_to(self, target: Path) -> None:
        """Put the folder beside a model that needs it: second names of the same files where the system can."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target, copy_function=_link)


def open_cross(folder: Path) -> CrossFolds:
    """Open a folder that `heroic train-encoder cross` wrote. Raises InputError when it is missing or damaged."""
    folder = Path(folder)
    manifest = read_manifest(folder, KIND)
    where, remedy = f"{folder}/{MANIFEST}", "train the cross-encoder again"
    made = read_record(manifest.made, CrossManifest, where=where, remedy=remedy)
    return _opened(folder.resolve(), made.folds, made.template, made.precision, manifest.fingerprint)


@lru_cache(maxsize=4)
def _opened(folder: Path, count: int, template: str, precision: str, fingerprint: str) -> CrossFolds:
    """Return one object a folder and process, which reads the models once and keeps their scores."""
    return CrossFolds(folder, count, template, precision, fingerprint)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
