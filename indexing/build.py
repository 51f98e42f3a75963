"""The front door of the package: build an index folder from catalogue files."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.artefact import MANIFEST, Manifest, fingerprint_of, read_manifest, write_manifest, writing
from indexing.catalog import TEXT_FIELDS, Catalog
from indexing.catalog_reading import CatalogRead, ReadOptions, read_catalog
from indexing.column_encoder import ColumnEncoder
from indexing.device import choose_device
from indexing.encoder import Encoder, Spec, column_names, parse_spec
from indexing.encoding import ShardFolder, encode_view
from indexing.errors import InputError
from indexing.faiss_index import FLAT, build_faiss
from indexing.fusion import Fusion
from indexing.images import picture_states
from indexing.index import FusedRows, Rows
from indexing.lexical_index import LexicalOptions, fit_lexical
from indexing.lsa_encoder import LsaOptions, fit_lsa
from indexing.product_index import KIND, ProductIndex, open_index
from indexing.progress import Progress, silent
from indexing.rejects import Reject, write_rejects
from indexing.schema import OZON, choose_schema
from indexing.self_join import SelfJoin, SparseRows
from indexing.tables import list_tables, open_table
from indexing.thumbnail_encoder import ThumbnailEncoder
from indexing.vectors import Vectors

OZON_IMAGE = "column:main_pic_embeddings_resnet_v1+pic_embeddings_resnet_v1"


@dataclass(frozen=True)
class BuildOptions:
    """How an index is built. `image_encoder` auto is the contest's vectors for its schema, thumbnail where there are
    pictures, else none. `index` is auto or a FAISS factory string. `k` neighbours of each product are kept."""

    schema: str = "auto"
    images: Path | None = None
    text_encoder: str = "lsa"
    image_encoder: str = "auto"
    text_fields: tuple[str, ...] = TEXT_FIELDS
    text_weight: float = 0.5
    lexical: bool = True
    index: str = "auto"
    device: str = "auto"
    match_across_sources: bool = False
    k: int = 50
    max_rejects: float = 0.01
    overwrite: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"-k {self.k}: at least one neighbour is needed")
        if not 0 <= self.max_rejects <= 1:
            raise InputError(f"--max-rejects {self.max_rejects}: give a share from 0 to 1")
        Fusion(self.text_weight)
        parse_spec(self.text_encoder, "text")
        if self.image_encoder != "auto":
            parse_spec(self.image_encoder, "image")

    @property
    def factory(self) -> str:
        """The FAISS factory string."""
        return FLAT if self.index == "auto" else self.index


@dataclass(frozen=True)
class Built:
    """What a build did: the index, opened; what was set aside; the views whose vectors were reused."""

    index: ProductIndex
    rejects: list[Reject]
    reused: list[str]


def build_index(
    products: Sequence[Path], out: Path, *, options: BuildOptions | None = None, progress: Progress = silent
) -> Built:
    """Read, encode, fuse, index and self-join a catalogue into the folder `out`.

    An index of the same catalogue is built again from the vectors that still fit; one of another catalogue is
    replaced only with `overwrite`. Raises InputError, and leaves `out` as it was, for anything wrong in the input.
    """
    options = options or BuildOptions()
    device = choose_device(options.device)
    with writing(Path(out), KIND) as folder:
        read = read_catalog(products, folder=folder, options=_read_options(products, options), progress=progress)
        _refuse_another_catalog(Path(out), read.digest, options.overwrite)
        build = _Build(folder, Path(out), options, read, device, progress)
        build.run()
    return Built(open_index(Path(out), device=device), build.rejects, build.reused)


def source_codes(catalog: Catalog) -> Ints1d:
    """Each product's source as a code (n,), -1 where it has none. Raises InputError when no product has one."""
    codes = catalog.sources()
    if (codes < 0).all():
        raise InputError("--match-across-sources: no product has a 'source': name its column in a schema file")
    return codes


def image_spec(options: BuildOptions, columns: Sequence[str], has_pictures: bool) -> Spec:
    """The image encoder that is asked for, or the one that `auto` means for a file of these columns."""
    if options.image_encoder != "auto":
        return parse_spec(options.image_encoder, "image")
    if choose_schema(options.schema, columns) == OZON and set(OZON.vectors[1:]) <= set(columns):
        return parse_spec(OZON_IMAGE, "image")
    return parse_spec("thumbnail" if has_pictures else "none", "image")


def _read_options(products: Sequence[Path], options: BuildOptions) -> ReadOptions:
    names = open_table(list_tables(products)[0]).names
    specs = (parse_spec(options.text_encoder, "text"), image_spec(options, names, has_pictures=False))
    columns = [column_names(spec) for spec in specs]
    always = tuple(dict.fromkeys(name for names, _ in columns for name in names))
    optional = tuple(dict.fromkeys(name for _, names in columns for name in names))
    return ReadOptions(options.schema, options.images, always, optional, options.max_rejects)


def _refuse_another_catalog(out: Path, digest: str, overwrite: bool) -> None:
    if overwrite or not (out / MANIFEST).exists():
        return
    try:
        old = read_manifest(out, KIND).made["catalog"]["digest"]
    except (InputError, KeyError):
        raise InputError(f"{out}: holds an index that cannot be read: give --overwrite to replace it") from None
    if old != digest:
        raise InputError(f"{out}: holds the index of another catalogue: give --overwrite, or another folder")


@dataclass
class _Build:
    """One build under way: where it writes, what it may reuse, what it set aside."""

    folder: Path
    out: Path
    options: BuildOptions
    read: CatalogRead
    device: str
    progress: Progress
    rejects: list[Reject] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    encoders: dict[str, Any] = field(default_factory=dict)  # by view, what its vectors were made from

    def run(self) -> None:
        self._remove_unfinished()
        self.rejects += self.read.rejects
        vectors = self._encode_views()
        sources = source_codes(self.read.catalog) if self.options.match_across_sources else None
        views = self._join_dense(vectors, sources)
        if self.options.lexical and self._has_text():
            self._join_lexical(sources)
            views.append("lexical")
        self._remove_leftovers()
        write_rejects(self.rejects, self.folder / "rejects.parquet")
        self._write_manifest(views)

    def _encode_views(self) -> dict[str, Vectors]:
        catalog = self.read.catalog
        columns = tuple(name.removeprefix("column:") for name in catalog.table.column_names)
        has_pictures = bool(pc.any(pc.greater(pc.list_value_length(catalog.table["images"]), 0)).as_py())
        known = (*columns, OZON.id, OZON.title) if self.read.schema == OZON else columns
        text, image = parse_spec(self.options.text_encoder, "text"), image_spec(self.options, known, has_pictures)
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
        made, encoder = self._encoder(view, spec)
        self.encoders[view] = {"spec": str(spec), **made}
        shards = ShardFolder(self.folder / "vectors" / view, {"catalog": self.read.digest, **self.encoders[view]})
        shards.take_over(self.out / "vectors" / view if self._whole_before() else None)
        encoded = encode_view(self.read.catalog, shards, encoder, stage=f"encode {view}", progress=self.progress)
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

    def _encoder(self, view: str, spec: Spec) -> tuple[dict[str, Any], Callable[[], Encoder]]:
        """What the vectors will depend on besides the catalogue, and how to make the encoder."""
        if spec.engine == "column":
            main = spec.name.partition("+")[0]
            return {"vectors": self.read.vector_digests[main]}, lambda: ColumnEncoder(main, 0)
        if spec.engine == "thumbnail":
            return {"pictures": picture_states(self.read.catalog)}, ThumbnailEncoder
        options = LsaOptions(fields=self.options.text_fields, seed=self.options.seed)
        return {"options": asdict(options)}, lambda: self._fit_lsa(options, self.folder / "vectors" / view)

    def _fit_lsa(self, options: LsaOptions, folder: Path) -> Encoder:
        self.progress("fit text", 0, 1)
        encoder = fit_lsa(self.read.catalog, options)
        encoder.save(folder)
        self.progress("fit text", 1, 1)
        return encoder

    def _join_dense(self, vectors: dict[str, Vectors], sources: Ints1d | None) -> list[str]:
        rows: dict[str, Rows] = {view: vectors[view] for view in ("text", "image") if view in vectors}
        if len(rows) == 2:
            rows["fused"] = FusedRows(vectors["text"], vectors["image"], Fusion(self.options.text_weight))
        engines = self.folder / "engines"
        engines.mkdir(exist_ok=True)
        for view, dense in rows.items():
            engine = build_faiss(dense, self.options.factory, device=self.device, seed=self.options.seed)
            engine.save(engines / f"{view}.faiss")
            self._join(SelfJoin(engine, dense, self.options.k, sources), view)
        return list(rows)

    def _join_lexical(self, sources: Ints1d | None) -> None:
        folder = self.folder / "lexical"
        folder.mkdir(exist_ok=True)
        lexical = fit_lexical(self.read.catalog, LexicalOptions(fields=self.options.text_fields))
        lexical.save(folder)
        self._join(SelfJoin(lexical, SparseRows(lexical), self.options.k, sources), "lexical")

    def _join(self, join: SelfJoin, view: str) -> None:
        join.write(self.folder / "neighbours" / view, stage=f"join {view}", progress=self.progress)

    def _has_text(self) -> bool:
        return any(
            self.read.catalog.table[name].null_count < len(self.read.catalog) for name in self.options.text_fields
        )

    def _remove_unfinished(self) -> None:
        """What an interrupted run left besides vectors: it is made again."""
        for name in ("engines", "neighbours", "lexical"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _remove_leftovers(self) -> None:
        """The vectors that an interrupted run with other options left."""
        for folder in (self.folder / "vectors").iterdir():
            if folder.name not in self.encoders:
                shutil.rmtree(folder)

    def _write_manifest(self, views: list[str]) -> None:
        options, read = self.options, self.read
        made = {
            "catalog": {
                "products": len(read.catalog),
                "digest": read.digest,
                "schema": read.schema.name,
                "unread": list(read.unread),
                "pictures": str(read.catalog.pictures.resolve()),
            },
            "encoders": self.encoders,
            "views": views,
            "text_weight": options.text_weight,
            "text_fields": list(options.text_fields),
            "lexical": asdict(LexicalOptions(fields=options.text_fields)) if "lexical" in views else None,
            "index": options.factory,
            "match_across_sources": options.match_across_sources,
            "k": options.k,
            "seed": options.seed,
            "rejects": len(self.rejects),
        }
        fixed = {**made, "catalog": read.digest}
        write_manifest(self.folder, Manifest(KIND, made, fingerprint_of(fixed)))
