"""The engine that a SPEC names is planned for a build, with all that its vectors depend on, and opened for queries."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, text_contents
from indexing.catalog.text_template import TextTemplate
from indexing.encoders.column import ColumnEncoder
from indexing.encoders.encoder import Encoder, Spec
from indexing.encoders.lsa import LsaEncoder, fit_lsa, load_lsa
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.patches.fitting import Decoded, fit_patches
from indexing.encoders.pictures.patches.model import PatchEncoder, PatchModel, load_patches
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import picture_contents, picture_states
from indexing.encoders.pictures.plan import ClipPlan, open_clip_view, plan_clip
from indexing.encoders.pictures.points.model import PointEncoder
from indexing.encoders.record import (
    ClipMade,
    ClipTextMade,
    ColumnMade,
    EncoderMade,
    EncoderNotes,
    EncoderRecord,
    LsaMade,
    PatchesMade,
    PointsMade,
    StaticMade,
    ThumbnailMade,
)
from indexing.encoders.text.plan import TextPlan, open_text, plan_text
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.vectors.ngram_options import TODAYS_LSA, LsaOptions
from indexing.vectors.vectors import SHARD_ROWS

if TYPE_CHECKING:
    from indexing.reading.read_catalog import CatalogRead  # late: who opens an encoder reads no files of products

PART_ROWS = 1_024  # of models: what is lost when a run is killed


@dataclass(frozen=True)
class EncoderPlan:
    """A plan says how an encoder is made: `make` fits or loads it.

    `made` is what the vectors will depend on besides the catalogue, `notes` what else the manifest keeps. `contents`
    gives what is read of each product of a block; None where that is as much work as encoding. `fitted` says that the
    encoder is made for this catalogue; `part_rows` products are encoded and kept at once. `again` can be sent to another
    process: there it opens, for the catalogue and the folder of the vectors, what `make` has made here; None where encoding is
    no work.
    """

    made: EncoderMade
    make: Callable[[], Encoder]
    notes: EncoderNotes = field(default_factory=EncoderNotes)
    contents: Callable[[Catalog], Contents] | None = None
    fitted: bool = False
    part_rows: int = SHARD_ROWS
    again: Callable[[Catalog, Path], Encoder] | None = None


def plan_encoder(
    spec: Spec,
    read: "CatalogRead",
    options: EncodingOptions,
    folder: Path,
    *,
    device: str,
    seed: int,
    progress: Progress = silent,
    extra: bool = False,
    patience: Patience | None = None,
    decoded: Decoded | None = None,
) -> EncoderPlan:
    """Plan how the encoder of a SPEC is made for a catalogue; what it fits is kept in `folder`, beside its vectors.

    With `extra` it encodes the other pictures of the products, not the main ones; `patience` is for those that are not
    there; those that it is fitted to are `decoded` by this process, or otherwise.
    """
    patience = patience or Patience()
    if spec.engine == "column":
        main = spec.name.partition("+")[0]
        return EncoderPlan(ColumnMade(str(spec), read.vector_digests[main]), lambda: ColumnEncoder(main, 0))
    if spec.engine == "thumbnail":
        return _plan_thumbnail(spec, read.catalog, extra=extra, patience=patience)
    if spec.engine == "points":
        return _plan_points(spec, read.catalog, patience)
    if spec.engine == "patches":
        fit = partial(fit_patches, read.catalog, PatchOptions(seed=seed), progress, decoded=decoded)
        return _plan_patches(spec, read.catalog, folder, fit, seed=seed, extra=extra, patience=patience)
    if spec.engine in ("clip", "clip-text"):
        clip = plan_clip(spec, options, read.catalog, folder, device=device, extra=extra)
        return _plan_clip(replace(clip, patience=patience), read.catalog, extra=extra)
    if spec.engine in ("st", "static"):
        return _plan_text(plan_text(spec, options, device), spec, read.catalog, folder, progress)
    return _plan_lsa(spec, replace(TODAYS_LSA, fields=options.text_fields, seed=seed), read, folder, progress)


def _plan_thumbnail(spec: Spec, catalog: Catalog, *, extra: bool, patience: Patience) -> EncoderPlan:
    return EncoderPlan(
        ThumbnailMade(str(spec), picture_states(catalog, extra=extra), extra),
        lambda: ThumbnailEncoder(extra=extra, patience=patience),
        contents=partial(picture_contents, extra=extra),
        again=partial(_thumbnail_again, extra, patience),
    )


def _plan_clip(clip: ClipPlan, catalog: Catalog, *, extra: bool) -> EncoderPlan:
    """Plan an encoder of open_clip, of pictures or of texts: what it reads says of which."""
    if isinstance(clip.made, ClipMade):
        made: EncoderMade = replace(clip.made, pictures=picture_states(catalog, extra=extra))
    else:
        made = replace(clip.made, reading=catalog.reading)
    contents = partial(picture_contents, extra=extra) if clip.template is None else TextTemplate(clip.template).contents
    again = partial(_clip_again, replace(clip, sample=None))  # how near to fp32 it is has been measured
    return EncoderPlan(made, clip.make, clip.notes, contents, part_rows=PART_ROWS, again=again)


def _plan_text(text: TextPlan, spec: Spec, catalog: Catalog, folder: Path, progress: Progress) -> EncoderPlan:
    return EncoderPlan(
        replace(text.made, reading=catalog.reading),
        partial(text.make, catalog, folder, progress),
        text.notes,
        text.template.contents,
        text.fitted,
        PART_ROWS if spec.engine == "st" else SHARD_ROWS,
        text.make_again,
    )


def _plan_lsa(spec: Spec, lsa: LsaOptions, read: "CatalogRead", folder: Path, progress: Progress) -> EncoderPlan:
    return EncoderPlan(
        LsaMade(str(spec), lsa, reading=read.catalog.reading),
        lambda: _fit_lsa(lsa, read, folder, progress),
        contents=partial(_contents, fields=lsa.fields),
        fitted=True,
        again=_lsa_again,
    )


def _plan_points(spec: Spec, catalog: Catalog, patience: Patience) -> EncoderPlan:
    return EncoderPlan(
        PointsMade(str(spec), picture_states(catalog)),
        lambda: PointEncoder(int(spec.name), patience=patience),
        contents=picture_contents,
        part_rows=PART_ROWS,
        again=partial(_points_again, int(spec.name), patience),
    )


def _plan_patches(
    spec: Spec,
    catalog: Catalog,
    folder: Path,
    fit: Callable[..., PatchModel],
    *,
    seed: int,
    extra: bool,
    patience: Patience,
) -> EncoderPlan:
    """Plan what is fitted to the main pictures: further pictures are seen as these are, so their rows depend on both."""
    options = PatchOptions(seed=seed)
    states = picture_states(catalog) + (picture_states(catalog, extra=True) if extra else "")
    learn = partial(fit, patience=patience)
    return EncoderPlan(
        PatchesMade(str(spec), states, extra, options=options),
        lambda: PatchEncoder(_learned_patches(learn, folder, extra), extra, patience=patience),
        contents=partial(picture_contents, extra=extra),
        fitted=True,
        again=partial(_patches_again, extra, patience),
    )


def _contents(catalog: Catalog, fields: Sequence[str]) -> Contents:
    return np.concatenate([text_contents([]), *(text_contents(texts) for texts in catalog.text_blocks(fields))])


def open_encoder(
    record: EncoderRecord, folder: Path, *, query: bool = True, patience: Patience | None = None
) -> Encoder:
    """Return the encoder of a built view, for what is typed (`query`) or for products like the catalogue's; `folder` is that
    of its vectors, `patience` is for pictures that are not there."""
    made, patience = record.made, patience or Patience()
    if isinstance(made, LsaMade):
        return load_lsa(folder)
    if isinstance(made, PointsMade):
        return PointEncoder(int(Spec.of(made.spec).name), patience=patience)
    if isinstance(made, PatchesMade):
        return PatchEncoder(load_patches(folder), made.extra, patience=patience)
    if isinstance(made, ThumbnailMade):
        return ThumbnailEncoder(extra=made.extra, patience=patience)
    if isinstance(made, ClipMade | ClipTextMade):
        return open_clip_view(made, record.notes, folder, patience=patience)
    if isinstance(made, StaticMade):
        return open_text(made, record.notes, folder, query=query)
    return ColumnEncoder(Spec.of(made.spec).name, record.dim)


def _fit_lsa(options: LsaOptions, read: "CatalogRead", folder: Path, progress: Progress) -> Encoder:
    encoder = fit_lsa(read.catalog, options, progress)
    encoder.save(folder)
    return encoder


def _learned_patches(learn: Callable[[], PatchModel], folder: Path, extra: bool) -> PatchModel:
    """Return what a killed run has learned, whose rows are of it: behind a URL there may be another picture now. Else learn from the
    main pictures, or take what was learned for their view, which stands beside that of the `extra` ones."""
    with suppress(InputError):
        return load_patches(folder)
    model = load_patches(folder.parent / "image") if extra else learn()
    model.save(folder)
    return model


def fit_again(before: Encoder, catalog: Catalog, folder: Path, patience: Patience) -> Encoder:
    """Return an encoder that is fitted to a catalogue as `before` was to another one, and kept in `folder`; `patience` is for pictures
    that are not there."""
    if isinstance(before, PatchEncoder):
        learn = partial(fit_patches, catalog, before.model.options, patience=patience)
        return replace(before, model=_learned_patches(learn, folder, before.extra), patience=patience)
    assert isinstance(before, LsaEncoder)
    encoder = fit_lsa(catalog, before.options)
    encoder.save(folder)
    return encoder


def _lsa_again(catalog: Catalog, folder: Path) -> Encoder:
    return load_lsa(folder)


def _thumbnail_again(extra: bool, patience: Patience, catalog: Catalog, folder: Path) -> Encoder:
    return ThumbnailEncoder(extra=extra, patience=patience)


def _points_again(count: int, patience: Patience, catalog: Catalog, folder: Path) -> Encoder:
    return PointEncoder(count, patience=patience)


def _patches_again(extra: bool, patience: Patience, catalog: Catalog, folder: Path) -> Encoder:
    return PatchEncoder(load_patches(folder), extra, patience=patience)


def _clip_again(plan: ClipPlan, catalog: Catalog, folder: Path) -> Encoder:
    return plan.make()
