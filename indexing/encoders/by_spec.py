"""Which engine a SPEC names: what its vectors depend on, how it is made for a build, how it is opened for queries."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, text_contents
from indexing.catalog.read_catalog import CatalogRead
from indexing.catalog.text_template import TextTemplate
from indexing.encoders.column import ColumnEncoder
from indexing.encoders.encoder import Encoder, Spec
from indexing.encoders.lsa import LsaOptions, fit_lsa, load_lsa
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.picture_encoder import picture_contents, picture_states
from indexing.encoders.pictures.plan import open_clip_view, plan_clip
from indexing.encoders.text.plan import open_text, plan_text
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.machine.progress import Progress, silent
from indexing.vectors.vectors import SHARD_ROWS

PART_ROWS = 1_024  # of models: what is lost when a run is killed


@dataclass(frozen=True)
class EncoderPlan:
    """`made`: what the vectors will depend on besides the catalogue. `make` fits or loads the encoder. `notes` is what
    else the manifest keeps of it. `contents`: what it reads of each product of a block; None where that is as much work
    as encoding. `fitted`: made for this catalogue; `part_rows`: encoded and kept at once."""

    made: dict[str, Any]
    make: Callable[[], Encoder]
    notes: dict[str, Any] = field(default_factory=dict)
    contents: Callable[[Catalog], Contents] | None = None
    fitted: bool = False
    part_rows: int = SHARD_ROWS


def plan_encoder(
    spec: Spec,
    read: CatalogRead,
    options: EncodingOptions,
    folder: Path,
    *,
    device: str,
    seed: int,
    progress: Progress = silent,
    extra: bool = False,
) -> EncoderPlan:
    """How the encoder of a SPEC is made for a catalogue; what it fits is kept in `folder`, beside its vectors. `extra`:
    of the other pictures of the products, not the main ones."""
    if spec.engine == "column":
        main = spec.name.partition("+")[0]
        return EncoderPlan({"vectors": read.vector_digests[main]}, lambda: ColumnEncoder(main, 0))
    if spec.engine == "thumbnail":
        made = {"pictures": picture_states(read.catalog, extra=extra), "extra": extra}
        seen = partial(picture_contents, extra=extra)
        return EncoderPlan(made, lambda: ThumbnailEncoder(extra=extra), contents=seen)
    if spec.engine in ("clip", "clip-text"):
        clip = plan_clip(spec, options, read.catalog, folder, device=device, extra=extra)
        pictures = {"pictures": picture_states(read.catalog, extra=extra)} if spec.engine == "clip" else {}
        contents = (
            partial(picture_contents, extra=extra) if clip.template is None else TextTemplate(clip.template).contents
        )
        return EncoderPlan({**clip.made, **pictures}, clip.make, clip.notes, contents, part_rows=PART_ROWS)
    if spec.engine in ("st", "static"):
        text = plan_text(spec, options, device)
        return EncoderPlan(
            text.made,
            partial(text.make, read.catalog, folder, progress),
            text.notes,
            text.template.contents,
            text.fitted,
            PART_ROWS if spec.engine == "st" else SHARD_ROWS,
        )
    lsa = LsaOptions(fields=options.text_fields, seed=seed)
    return EncoderPlan(
        {"options": asdict(lsa)},
        lambda: _fit_lsa(lsa, read, folder, progress),
        contents=lambda catalog: _contents(catalog, lsa.fields),
        fitted=True,
    )


def _contents(catalog: Catalog, fields: Sequence[str]) -> Contents:
    return np.concatenate([text_contents([]), *(text_contents(texts) for texts in catalog.text_blocks(fields))])


def open_encoder(made: dict[str, Any], folder: Path, *, query: bool = True) -> Encoder:
    """The encoder of a built view, for what is typed (`query`) or for products like the catalogue's: `made` is what the
    manifest says of it, `folder` its vectors'."""
    spec = Spec(*str(made["spec"]).partition(":")[::2])
    if spec.engine == "lsa":
        return load_lsa(folder)
    if spec.engine == "thumbnail":
        return ThumbnailEncoder(extra=bool(made.get("extra")))
    if spec.engine in ("clip", "clip-text"):
        return open_clip_view(made, folder)
    if spec.engine in ("st", "static"):
        return open_text(made, folder, query=query)
    return ColumnEncoder(spec.name, int(made["dim"]))


def _fit_lsa(options: LsaOptions, read: CatalogRead, folder: Path, progress: Progress) -> Encoder:
    progress("fit text", 0, 1)
    encoder = fit_lsa(read.catalog, options)
    encoder.save(folder)
    progress("fit text", 1, 1)
    return encoder
