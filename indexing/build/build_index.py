"""The front door of the package builds an index folder from catalogue files."""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from indexing.build.encoding import ViewEncoding, image_spec
from indexing.build.joining import ViewJoining
from indexing.build.options import BuildOptions
from indexing.build.reuse import digest_now, holds_model_vectors
from indexing.build.shared_codes import code_warnings
from indexing.catalog.catalog import CATEGORY_LEVEL, Catalog
from indexing.catalog.category_level import level_notes
from indexing.catalog.digest import DIGEST_VERSION
from indexing.catalog.rejects import REJECTS_FILE, StoredRejects, write_rejects
from indexing.encoders.encoder import parse_spec, vector_columns
from indexing.encoders.record import EncoderRecord
from indexing.errors import InputError, Unfinished, kept_when_interrupted
from indexing.given.untaught_pictures import untaught_pictures
from indexing.index_manifest import KIND, CatalogRecord, IndexManifest
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex, open_index
from indexing.reading.inputs import CatalogInputs, open_inputs
from indexing.reading.read_catalog import CatalogRead, ReadOptions, read_catalog
from indexing.reading.row_checks import NONE_PASSED, PassedOver
from indexing.reading.schema.stored_form import stored_inputs
from indexing.running.local import HERE
from indexing.running.parts import clear_leftovers
from indexing.running.tasks import Runner
from indexing.search.device import choose_device
from indexing.storage.artefact import MANIFEST, Manifest, remove_afresh, write_manifest, writing
from indexing.storage.records import stored_record
from indexing.storage.stores import url_of, without_secrets


@dataclass(frozen=True)
class Built:
    """It says what a build did: the index, opened; what was set aside; the views whose vectors were reused; how many
    products an encoder looked at in each of the others; of how many a text field was read in part, by field; how many
    rows were passed over; what a user should hear."""

    index: ProductIndex
    rejects: StoredRejects
    reused: list[str]
    looked_at: dict[str, int] = field(default_factory=dict)
    cut_short: dict[str, int] = field(default_factory=dict)
    passed_over: PassedOver = NONE_PASSED
    notes: tuple[str, ...] = ()


def build_index(
    products: Sequence[Path],
    out: Path,
    *,
    options: BuildOptions | None = None,
    progress: Progress = silent,
    runner: Runner = HERE,
) -> Built:
    """Read, encode, fuse, index and self-join a catalogue into the folder `out`.

    An index of the same catalogue is built again from the vectors that still fit; one of another catalogue is
    replaced only with `overwrite`. A `runner` with workers apart has them encode shards and join windows of the views. Raises InputError, and leaves `out` as it was, for anything wrong in the input.
    """
    options = options or BuildOptions()
    device = choose_device(options.device)
    with writing(Path(out), KIND, keep=holds_model_vectors) as folder:
        read = _read(products, folder, options, progress)
        _refuse_another_catalog(Path(out), read.digest, options.overwrite or options.extend)
        if options.match_across_sources:
            read.catalog.source_codes()  # refused before hours of encoding
        encoding = ViewEncoding(folder, Path(out), options, read, progress, runner=runner)
        with kept_when_interrupted():
            vectors = encoding.run()
            depends = {view: record.depends_on() for view, record in encoding.encoders.items()}
            made_of = {"catalog": read.digest, "encoders": depends, **_other_level(read.catalog)}
            joining = ViewJoining(folder, options, read.catalog, device, progress, made_of, runner=runner)
            views = joining.run(vectors)
            _remove_leftovers(folder, encoding.encoders)
            rejects = write_rejects(chain(read.rejects, *encoding.rejects), folder / REJECTS_FILE)
        read.rejects.clear()
        made = _made(options, read, rejects, encoding.encoders, joining, views)
        write_manifest(folder, Manifest(KIND, stored_record(made), made.fingerprint()))
        clear_leftovers(Path(out).absolute())  # of an update that was killed: its index is no more
        remove_afresh(Path(out), KIND)
    index = open_index(Path(out), device=device)
    cut_short = index.catalog.cut_short(options.encoding.text_fields)
    rejected = StoredRejects(Path(out) / REJECTS_FILE)
    notes = (*read.notes, *untaught_pictures(index))
    return Built(index, rejected, encoding.reused, encoding.looked_at, cut_short, read.passed_over, notes)


def _read(products: Sequence[Path], folder: Path, options: BuildOptions, progress: Progress) -> CatalogRead:
    inputs = open_inputs(products, options.schema)
    read = read_catalog(inputs, folder=folder, options=_read_options(inputs, options), progress=progress)
    catalog = replace(read.catalog, reading=options.encoding.reading)
    sourceless = catalog.sourceless_note() if options.match_across_sources else []
    return replace(
        read, catalog=catalog, notes=(*read.notes, *sourceless, *level_notes(catalog), *code_warnings(catalog))
    )


def _other_level(catalog: Catalog) -> dict[str, int]:
    """Return the level of categories that is joined within, where it is another than the usual one."""
    return {} if catalog.category_level == CATEGORY_LEVEL else {"category_level": catalog.category_level}


def _read_options(inputs: CatalogInputs, options: BuildOptions) -> ReadOptions:
    names = inputs.files[0].table.names
    image = image_spec(options, inputs.schema.name, names, has_pictures=False)
    text = parse_spec(options.encoding.text_encoder, "text")
    always, optional = vector_columns({"text": text, "image": image})
    return ReadOptions(
        options.schema, options.images, always, optional, options.max_rejects, category_level=options.category_level
    )


def _refuse_another_catalog(out: Path, digest: str, replaced: bool) -> None:
    if replaced or not (out / MANIFEST).exists():
        return
    try:
        index = open_index(out)
        old = digest_now(index)
        index.hold.release()
    except InputError:
        raise InputError(f"{out}: holds an index that cannot be read: give --overwrite to replace it") from None
    if old != digest:
        raise Unfinished(
            f"{out}: holds the index of another catalogue ({old[:12]}, this one is {digest[:12]}): give --overwrite, "
            "--extend to encode only what is new or changed, or another folder"
        )


def _remove_leftovers(folder: Path, encoded: Collection[str]) -> None:
    """Remove the vectors, and parts of them, that an interrupted run with other options left."""
    clear_leftovers(folder / "vectors")
    for view in (folder / "vectors").iterdir():
        if view.name not in encoded:
            shutil.rmtree(view)


def _made(
    options: BuildOptions,
    read: CatalogRead,
    rejects: int,
    encoders: dict[str, EncoderRecord],
    joining: ViewJoining,
    views: Sequence[str],
) -> IndexManifest:
    """Return what the manifest says of the index."""
    catalog, url = read.catalog, url_of(read.catalog.pictures)
    pictures = str(catalog.pictures.resolve()) if url is None else without_secrets(url)
    fields, inputs = options.encoding.text_fields, stored_inputs(read.schema.inputs)
    return IndexManifest(
        catalog=CatalogRecord(
            products=len(catalog),
            digest=read.digest,
            schema=read.schema.name,
            unread=tuple(read.unread),
            pictures=pictures,
            digest_version=DIGEST_VERSION,
            inputs=inputs,
            category_level=catalog.category_level,
        ),
        text_weight=options.text_weight,
        text_fields=fields,
        match_across_sources=options.match_across_sources,
        k=options.k,
        seed=options.seed,
        rejects=rejects,
        encoders=encoders,
        views=tuple(views),
        lexical=joining.lexical_options if "lexical" in views else None,
        index=joining.factory,
        engines=joining.engines,
        asked=options.joining,
        reading=read.catalog.reading,
    )
