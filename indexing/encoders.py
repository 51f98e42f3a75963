"""Which engine a SPEC names: what its vectors depend on, how it is made for a build, how it is opened for queries."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexing.build_options import BuildOptions
from indexing.catalog_reading import CatalogRead
from indexing.column_encoder import ColumnEncoder
from indexing.encoder import Encoder, Spec
from indexing.images import picture_states
from indexing.lsa_encoder import LsaOptions, fit_lsa, load_lsa
from indexing.progress import Progress, silent
from indexing.thumbnail_encoder import ThumbnailEncoder


@dataclass(frozen=True)
class EncoderPlan:
    """`made`: what the vectors will depend on besides the catalogue. `make` fits or loads the encoder."""

    made: dict[str, Any]
    make: Callable[[], Encoder]


def plan_encoder(
    spec: Spec, read: CatalogRead, options: BuildOptions, folder: Path, progress: Progress = silent
) -> EncoderPlan:
    """How the encoder of a SPEC is made for a catalogue; what it fits is kept in `folder`, beside its vectors."""
    if spec.engine == "column":
        main = spec.name.partition("+")[0]
        return EncoderPlan({"vectors": read.vector_digests[main]}, lambda: ColumnEncoder(main, 0))
    if spec.engine == "thumbnail":
        return EncoderPlan({"pictures": picture_states(read.catalog)}, ThumbnailEncoder)
    lsa = LsaOptions(fields=options.text_fields, seed=options.seed)
    return EncoderPlan({"options": asdict(lsa)}, lambda: _fit_lsa(lsa, read, folder, progress))


def open_encoder(made: dict[str, Any], folder: Path) -> Encoder:
    """The encoder of a built view, for queries: `made` is what the manifest says of it, `folder` its vectors'."""
    spec = Spec(*str(made["spec"]).partition(":")[::2])
    if spec.engine == "lsa":
        return load_lsa(folder)
    if spec.engine == "thumbnail":
        return ThumbnailEncoder()
    return ColumnEncoder(spec.name, int(made["dim"]))


def _fit_lsa(options: LsaOptions, read: CatalogRead, folder: Path, progress: Progress) -> Encoder:
    progress("fit text", 0, 1)
    encoder = fit_lsa(read.catalog, options)
    encoder.save(folder)
    progress("fit text", 1, 1)
    return encoder
