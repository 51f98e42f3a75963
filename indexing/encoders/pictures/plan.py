"""open_clip models become encoders of an image or a text view: planned for a build, opened for queries, loaded once."""

from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.catalog.text_template import TextTemplate, template_of
from indexing.encoders.encoder import Encoder, Spec
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.clip_model import ClipModel, ClipName, open_clip_model, require_open_clip
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import PictureEncoder
from indexing.encoders.precision import AGREEMENT_FILE, agreement, choose_precision
from indexing.encoders.record import ClipMade, ClipTextMade, EncoderMade, EncoderNotes
from indexing.encoders.text.text_encoder import TextEncoder
from indexing.errors import InputError
from indexing.machine.device import torch_devices
from indexing.storage.artefact import write_json

LIBRARIES = ("open_clip_torch", "torch", "pillow")
COMPARED = 64  # products with pictures, by which a precision is compared with fp32
TOWER = "image_tower_int8.onnx"  # beside the vectors


@dataclass(frozen=True)
class ClipPlan:
    """A plan names a tower of an open_clip model. `made` is what its vectors depend on, `notes` what else opening it
    again needs.

    `extra` puts it over the other pictures of a product, not its main one; `template` is what the text tower reads of a
    product; `folder` is that of the vectors; on the products of `sample` a precision below fp32 is measured; `patience` is
    for pictures that are not there.
    """

    spec: Spec
    name: ClipName
    digest: str
    template: str | None = None
    extra: bool = False
    precision: str = "fp32"
    device: str = "auto"
    folder: Path | None = None
    sample: Catalog | None = None
    patience: Patience = field(default_factory=Patience)

    @property
    def made(self) -> ClipMade | ClipTextMade:
        spec, model = f"{self.spec.engine}:{self.name.label}", (self.name.label, self.digest, self.precision)
        if self.spec.engine == "clip-text":
            return ClipTextMade(spec, *model, self.template)
        return ClipMade(spec, *model, self.extra)

    @property
    def notes(self) -> EncoderNotes:
        places = (self.name.folder, self.name.file)
        folder, file = (None if place is None else str(place.resolve()) for place in places)
        return EncoderNotes(folder=folder, file=file, name=self.name.absolute, versions=_versions())

    def make(self) -> Encoder:
        """Return the encoder, its model loaded. Raises InputError, in one line, where that cannot be."""
        model = _opened(self.name, self.digest)
        devices, spec = torch_devices(self.device), self.made.spec
        from indexing.encoders.pictures.clip import ClipTextModel, picture_model

        if self.spec.engine == "clip-text":
            return TextEncoder(spec, ClipTextModel(model, devices[0]), TextTemplate(str(self.template)))
        tower = None if self.folder is None else self.folder / TOWER
        pictures = picture_model(model, devices, precision=self.precision, eight_bits=tower)
        encoder = PictureEncoder(spec, pictures, self.extra, patience=self.patience)
        if self.precision != "fp32" and self.sample is not None and self.folder is not None:
            taken = Patience(endless=True)  # what the other one went on without
            exact = PictureEncoder(spec, picture_model(model, devices), self.extra, patience=taken)
            engine = "onnxruntime int8" if self.precision == "int8" else f"torch {self.precision} on {devices[0]}"
            found = agreement(engine, encoder.encode(self.sample).rows, exact.encode(self.sample).rows)
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(self.folder / AGREEMENT_FILE, asdict(found))
        return encoder


def plan_clip(
    spec: Spec, options: EncodingOptions, catalog: Catalog, folder: Path, *, device: str, extra: bool = False
) -> ClipPlan:
    """Return what `clip:NAME` or `clip-text:NAME` means with these options.

    Raises InputError where there is no such model.
    """
    name = ClipName.parse(spec.name)
    of_text = options.text_template or template_of(options.text_fields).template
    template = of_text if spec.engine == "clip-text" else None
    precision = "fp32"  # of the text tower: a text is short, and is compared with pictures of any precision
    if spec.engine == "clip":
        require_open_clip()  # before torch is asked: it says what to install
        precision = choose_precision(options.precision, torch_devices(device)[0])
    return ClipPlan(spec, name, name.digest(), template, extra, precision, device, folder, _sample(catalog, extra))


def open_clip_view(
    made: ClipMade | ClipTextMade,
    notes: EncoderNotes,
    folder: Path,
    *,
    device: str = "auto",
    patience: Patience | None = None,
) -> Encoder:
    """Open the encoder that a built view's vectors, in `folder`, came from.

    Raises InputError when its model is gone or has changed.
    """
    return replace(_plan_of(made, notes, device), folder=folder, patience=patience or Patience()).make()


def open_text_twin(made: EncoderMade, notes: EncoderNotes, *, device: str = "auto") -> Encoder | None:
    """Open the text tower of the model that made an image view, for texts that are looked for in it.

    None says that the view was made otherwise.
    """
    if not isinstance(made, ClipMade):
        return None
    plan = _plan_of(made, notes, device)
    return replace(plan, spec=Spec("clip-text", plan.spec.name), template="{title}").make()


def _plan_of(made: ClipMade | ClipTextMade, notes: EncoderNotes, device: str) -> ClipPlan:
    name = ClipName.parse(str(notes.name))
    digest = name.digest()
    if digest != made.digest:
        raise InputError(
            f"clip:{name.text}: the model has changed since the index was made (was {made.digest}, is {digest}): "
            "build the index again"
        )
    template = made.template if isinstance(made, ClipTextMade) else None
    extra = isinstance(made, ClipMade) and made.extra
    return ClipPlan(Spec(made.engine, name.text), name, digest, template, extra, made.precision, device)


def _sample(catalog: Catalog, extra: bool) -> Catalog:
    """Return the first products that have a picture."""
    with_one = [
        number for number, seen in enumerate(catalog.extra_pictures() if extra else catalog.main_pictures()) if seen
    ]
    return catalog.take(np.array(with_one[:COMPARED], dtype=np.int64))


@lru_cache(maxsize=2)
def _opened(name: ClipName, digest: str) -> ClipModel:
    """Open a model once a process: its towers share it. `digest` tells another model under the same name."""
    return open_clip_model(name)


def _versions() -> dict[str, str]:
    """Return the versions of the libraries that compute the vectors."""
    return {library: version(library) for library in LIBRARIES}
