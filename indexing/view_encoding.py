"""Encoding every view of a catalogue: which encoders, from which columns, into which folders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from indexing.artefact import read_manifest
from indexing.build_options import BuildOptions
from indexing.catalog import Catalog
from indexing.catalog_reading import CatalogRead
from indexing.encoder import Spec, column_names, parse_spec
from indexing.encoders import plan_encoder
from indexing.encoding import ShardFolder, encode_view
from indexing.errors import InputError
from indexing.product_index import KIND
from indexing.progress import Progress, silent
from indexing.rejects import Reject
from indexing.schema import OZON, choose_schema
from indexing.vectors import Vectors

OZON_IMAGE = "column:main_pic_embeddings_resnet_v1+pic_embeddings_resnet_v1"


@dataclass
class ViewEncoding:
    """The encoding of all views under `folder`; `out` is where an older index stands, whose vectors may be reused."""

    folder: Path
    out: Path
    options: BuildOptions
    read: CatalogRead
    progress: Progress = silent
    rejects: list[Reject] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    encoders: dict[str, Any] = field(default_factory=dict)  # by view, what its vectors were made from

    def run(self) -> dict[str, Vectors]:
        """The vectors of each encoded view: text, image and image_extra, those that there are."""
        catalog = self.read.catalog
        columns = tuple(name.removeprefix("column:") for name in catalog.table.column_names)
        known = (*columns, OZON.id, OZON.title) if self.read.schema == OZON else columns
        text, image = parse_spec(self.options.text_encoder, "text"), image_spec(self.options, known, _pictured(catalog))
        vectors = {
            view: self._encode(view, spec) for view, spec in (("text", text), ("image", image)) if spec.engine != "none"
        }
        if not vectors:
            raise InputError("no view to search: give --text-encoder or --image-encoder something else than none")
        extra = column_names(image)[1]
        if extra:
            vectors["image_extra"] = self._encode("image_extra", Spec("column", extra[0]))
        return vectors

    def _encode(self, view: str, spec: Spec) -> Vectors:
        folder = self.folder / "vectors" / view
        plan = plan_encoder(spec, self.read, self.options, folder, self.progress)
        self.encoders[view] = {"spec": str(spec), **plan.made}
        shards = ShardFolder(folder, {"catalog": self.read.digest, **self.encoders[view]})
        shards.take_over(self.out / "vectors" / view if self._whole_before() else None)
        encoded = encode_view(self.read.catalog, shards, plan.make, stage=f"encode {view}", progress=self.progress)
        self.rejects += encoded.rejects
        if encoded.reused:
            self.reused.append(view)
        self.encoders[view]["dim"] = encoded.vectors.dim
        return encoded.vectors

    def _whole_before(self) -> bool:
        """Whether there is an index to take vectors from; one that is damaged gives none."""
        try:
            read_manifest(self.out, KIND)
        except InputError:
            return False
        return True


def image_spec(options: BuildOptions, columns: Sequence[str], has_pictures: bool) -> Spec:
    """The image encoder that is asked for, or the one that `auto` means for a file of these columns."""
    if options.image_encoder != "auto":
        return parse_spec(options.image_encoder, "image")
    if choose_schema(options.schema, columns) == OZON and set(OZON.vectors[1:]) <= set(columns):
        return parse_spec(OZON_IMAGE, "image")
    return parse_spec("thumbnail" if has_pictures else "none", "image")


def _pictured(catalog: Catalog) -> bool:
    """Whether any product has a picture."""
    return bool(pc.any(pc.greater(pc.list_value_length(catalog.table["images"]), 0)).as_py())
