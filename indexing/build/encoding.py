"""Encoding turns every view of a catalogue into vectors: by which encoders, from which columns, into which folders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import pyarrow.compute as pc

from indexing.build.encode_view import EncodedView, Known, encode_view
from indexing.build.options import BuildOptions
from indexing.build.parts.encode_parts import PartedView, encode_in_parts
from indexing.build.parts.picture_parts import PicturesApart
from indexing.build.reuse import ViewBefore, agreement_in, contents_in_blocks, holds_rows, refuse_other, view_before
from indexing.build.shard_folder import ShardFolder, kept_digest, made_of
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import write_contents
from indexing.catalog.rejects import REJECTS_FILE, Reject, StoredRejects
from indexing.encoders.by_spec import EncoderPlan, open_encoder, plan_encoder
from indexing.encoders.encoder import LOOKING, Spec, column_names, parse_spec
from indexing.encoders.pictures.missed import any_back, gone_pictures
from indexing.encoders.pictures.patience import RUN_AGAIN, Patience
from indexing.encoders.pictures.points.model import require_opencv
from indexing.encoders.record import EncoderRecord
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex, open_index
from indexing.reading.read_catalog import CatalogRead
from indexing.running.local import HERE
from indexing.running.tasks import Runner
from indexing.vectors.vectors import Vectors

ANSWER = f"{RUN_AGAIN}, take whatever comes (--max-rejects 1), or leave pictures out (--image-encoder none)"
OZON, OZON_IMAGE = "ozon", "column:main_pic_embeddings_resnet_v1+pic_embeddings_resnet_v1"


@dataclass
class ViewEncoding:
    """It encodes all views under `folder`; `out` is where an older index stands, whose vectors may be reused."""

    folder: Path
    out: Path
    options: BuildOptions
    read: CatalogRead
    progress: Progress = silent
    rejects: list[Iterable[Reject]] = field(default_factory=list)  # of each view
    reused: list[str] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=dict)  # by view, how many products an encoder looked at
    encoders: dict[str, EncoderRecord] = field(default_factory=dict)  # by view
    runner: Runner = HERE

    def run(self) -> dict[str, Vectors]:
        """Return the vectors of each encoded view: text, image, image_extra and image_points, those that there are."""
        try:
            return self._views()
        finally:
            if self._index is not None:
                self._index.hold.release()  # else the version that is about to be replaced would stay
                del self._index

    def _views(self) -> dict[str, Vectors]:
        catalog = self.read.catalog
        columns = tuple(name.removeprefix("column:") for name in catalog.table.column_names)
        text, image = (
            parse_spec(self.options.encoding.text_encoder, "text"),
            image_spec(self.options, self.read.schema.name, columns, has_pictures=_pictured(catalog)),
        )
        count = self.options.encoding.image_points
        points = points_spec(count, image) if count and _pictured(catalog) else None
        vectors = {
            view: self._encode(view, spec) for view, spec in (("text", text), ("image", image)) if spec.engine != "none"
        }
        if not vectors:
            raise InputError("no view to search: give --text-encoder or --image-encoder something else than none")
        extra = column_names(image)[1]
        if extra:
            vectors["image_extra"] = self._encode("image_extra", Spec("column", extra[0]))
        elif image.engine in LOOKING and _pictured(catalog, more_than=1):
            vectors["image_extra"] = self._encode("image_extra", image)
        if points is not None:
            vectors["image_points"] = self._encode("image_points", points)
        return vectors

    def _encode(self, view: str, spec: Spec) -> Vectors:
        folder, catalog = self.folder / "vectors" / view, self.read.catalog
        plan = self._plan(view, spec)
        before = self._before(view, plan)
        record = EncoderRecord(plan.made, 0, plan.notes, before.fitted)  # dim and notes are whole once it has encoded
        shards = ShardFolder(folder, {"catalog": self.read.digest, **record.depends_on()})
        refuse_other(view, shards.made, made_of(folder) if holds_rows(folder) else None, self.options, self.folder)
        shards.take_over(before.folder, before.renamed)
        if before.encoder is not None:
            shards.take_encoder(before.encoder)
        kept = before.encoder is not None and plan.fitted
        again = partial(open_encoder, record, folder, query=False, patience=self._patience())
        make = again if kept else plan.make
        stage = f"encode {view}"
        if self.runner.apart and plan.again is not None:
            most_poison = int(self.options.max_rejects * len(catalog))
            assert plan.contents is not None
            work = PartedView(catalog, shards, make, plan.again, plan.contents, before.bank, most_poison)
            encoded = encode_in_parts(work, self.runner, plan.part_rows, stage=stage, progress=self.progress)
        else:
            encoded = encode_view(
                catalog,
                shards,
                make,
                stage=stage,
                progress=self.progress,
                known=None if plan.contents is None else lambda: _known(catalog, shards, plan, before),
                part_rows=plan.part_rows,
            )
        self._told(view, encoded)
        notes = replace(plan.notes, agreement=agreement_in(folder))
        self.encoders[view] = replace(record, dim=encoded.vectors.dim, notes=notes)
        return encoded.vectors

    def _plan(self, view: str, spec: Spec) -> EncoderPlan:
        apart = PicturesApart(self.runner, self.folder / "vectors", self._patience())
        return plan_encoder(
            spec,
            self.read,
            self.options.encoding,
            self.folder / "vectors" / view,
            device=self.options.device,
            seed=self.options.seed,
            progress=self.progress,
            extra=view == "image_extra",
            patience=self._patience(),
            decoded=apart if self.runner.apart else None,
        )

    def _patience(self) -> Patience:
        return Patience(self.options.max_rejects >= 1, ANSWER, self._gone)

    @cached_property
    def _gone(self) -> frozenset[str]:
        """Return the pictures that were not there already when the older index was encoded."""
        if self._index is None:
            return frozenset()
        with self._index.hold.read() as place:
            return gone_pictures(StoredRejects(place / REJECTS_FILE))

    def _before(self, view: str, plan: EncoderPlan) -> ViewBefore:
        if self._index is None:
            return ViewBefore()
        patience = self._patience()
        before = view_before(
            view,
            self.read.digest,
            plan,
            self._index,
            self.options,
            lambda missed: any_back(missed, self.read.catalog, patience),
        )
        if view == "image_extra" and plan.fitted and not self.options.extend and before.folder is not None:
            learned = self.folder / "vectors" / "image"  # by which further pictures are seen, and maybe anew now
            if kept_digest(before.folder) != kept_digest(learned):
                return ViewBefore()
        return before

    def _told(self, view: str, encoded: EncodedView) -> None:
        self.rejects.append(encoded.rejects)
        self.looked_at[view] = encoded.looked_at
        if encoded.reused:
            self.reused.append(view)

    @cached_property
    def _index(self) -> ProductIndex | None:
        """Return the index to take vectors from, None where there is none or it is damaged."""
        try:
            return open_index(self.out)
        except InputError:
            return None


def image_spec(options: BuildOptions, schema: str, columns: Sequence[str], *, has_pictures: bool) -> Spec:
    """Return the image encoder that is asked for, or the one that `auto` means for files of these columns that are read
    by the schema of this name."""
    if options.encoding.image_encoder != "auto":
        return parse_spec(options.encoding.image_encoder, "image")
    ready = parse_spec(OZON_IMAGE, "image")
    if schema == OZON and {name for names in column_names(ready) for name in names} <= set(columns):
        return ready
    return parse_spec("patches" if has_pictures else "none", "image")


def points_spec(count: int, image: Spec) -> Spec:
    """Return what finds the points of pictures. Raises InputError where the `image` encoder does not look at these, so that nobody
    would be told of those that cannot be used, or where OpenCV is not installed."""
    if image.engine not in LOOKING:
        raise InputError(
            f"--image-points {count}: --image-encoder {image} looks at no pictures: give thumbnail, patches or clip:MODEL"
        )
    require_opencv()  # before hours of encoding the other views
    return Spec("points", str(count))


def _known(catalog: Catalog, shards: ShardFolder, plan: EncoderPlan, before: ViewBefore) -> Known:
    """Return what the encoder reads of the products, which is kept with their vectors, and rows that were made of the
    same."""
    assert plan.contents is not None
    contents = contents_in_blocks(plan.contents, catalog)
    write_contents(shards.folder, contents)  # for an index that extends this one, and for updates
    return Known(contents, before.bank())


def _pictured(catalog: Catalog, more_than: int = 0) -> bool:
    """Return whether any product has a picture, or more than so many."""
    return bool(pc.any(pc.greater(pc.list_value_length(catalog.table["images"]), more_than)).as_py())
