"""Neural encoders of a text view are planned for a build and opened for queries, each model loaded once a process."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.catalog.text_template import TextTemplate, template_of
from indexing.encoders.encoder import Spec
from indexing.encoders.model_source import ModelSource, fetched, find_model, missing
from indexing.encoders.options import EncodingOptions
from indexing.encoders.precision import AGREEMENT_FILE, SAMPLE, Agreement, spread
from indexing.encoders.record import EncoderNotes, SentenceMade, StaticMade
from indexing.encoders.text.text_encoder import TextEncoder, TextModel
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.artefact import write_json

if TYPE_CHECKING:
    from indexing.encoders.text.engines import ModelRequest

LIBRARIES = ("sentence-transformers", "transformers", "tokenizers", "torch", "onnxruntime")
MOST_TEXTS = 200_000  # of a catalogue, from which a static model learns how frequent tokens are


@dataclass(frozen=True)
class TextPlan:
    """A plan puts a model over a template.

    `made` is what the vectors depend on, `notes` what else opening it again needs. `ready` marks a static model that is
    one already, and need not be distilled for the catalogue.
    """

    spec: Spec
    source: ModelSource
    template: TextTemplate
    max_tokens: int | None = None
    precision: str = "auto"
    device: str = "auto"
    trust_remote_code: bool = False
    ready: bool = False

    @property
    def fitted(self) -> bool:
        """Return whether the encoder is made for one catalogue."""
        return self.spec.engine == "static" and not self.ready

    @property
    def made(self) -> StaticMade:
        spec = f"{self.spec.engine}:{self.source.label}"
        source = (self.source.label, self.source.revision, self.source.digest, self.template.template)
        if self.spec.engine == "st":
            return SentenceMade(spec, *source, self.max_tokens, self.precision)
        return StaticMade(spec, *source)

    @property
    def notes(self) -> EncoderNotes:
        folder = None if self.source.folder is None else str(self.source.folder)
        return EncoderNotes(folder=folder, trust_remote_code=self.trust_remote_code, versions=_versions())

    @property
    def request(self) -> "ModelRequest":
        from indexing.encoders.text.engines import ModelRequest

        return ModelRequest(self.source, self.max_tokens, self.precision, self.device, self.trust_remote_code)

    def make(self, catalog: Catalog, folder: Path, progress: Progress = silent) -> TextEncoder:
        """Make the encoder for a catalogue's vectors in `folder`.

        Raises InputError, in one line, where that cannot be.
        """
        try:
            model = (
                self._static(catalog, folder, progress)
                if self.spec.engine == "static"
                else self._whole(catalog, folder)
            )
        except ImportError as error:
            raise InputError(missing(str(self.spec))) from error
        return TextEncoder(self.made.spec, model, self.template)

    def make_again(self, catalog: Catalog, folder: Path) -> TextEncoder:
        """Make in another process what `make` has made for the same catalogue; nothing is written."""
        if self.spec.engine == "static":
            return self.make(catalog, folder)  # it stands in the folder
        return TextEncoder(self.made.spec, self._opened(catalog, folder)[0], self.template)

    def _opened(self, catalog: Catalog, folder: Path) -> tuple[TextModel, Agreement | None]:
        from indexing.encoders.text.engines import open_for_build

        sample = spread(self._texts(catalog, 4 * SAMPLE))
        return open_for_build(self.request, folder, sample, len(catalog))

    def _whole(self, catalog: Catalog, folder: Path) -> TextModel:
        model, agreed = self._opened(catalog, folder)
        if agreed is not None:
            write_json(folder / AGREEMENT_FILE, asdict(agreed))
        return model

    def _static(self, catalog: Catalog, folder: Path, progress: Progress) -> TextModel:
        from indexing.encoders.text.static import VECTORS_FILE, distil, load_static, ready_made

        if not (folder / VECTORS_FILE).is_file():
            model = ready_made(fetched(self.source)) if self.ready else None
            if model is None:
                from indexing.encoders.text.engines import teacher

                of_ids, tokenizer = teacher(self.request)
                texts = self._texts(catalog, MOST_TEXTS)
                model = distil(of_ids, tokenizer, texts, lambda done, size: progress("distil text", done, size))
            model.save(folder)
        return load_static(folder)

    def _texts(self, catalog: Catalog, most: int) -> list[str]:
        """Return the texts of at most so many products from all over the catalogue."""
        places = np.unique(np.linspace(0, len(catalog) - 1, most).astype(np.int64))
        return self.template.texts(catalog.take(places))


def plan_text(spec: Spec, options: EncodingOptions, device: str) -> TextPlan:
    """Return what `spec` means with these options. Raises InputError where there is no such model."""
    template = TextTemplate(options.text_template) if options.text_template else template_of(options.text_fields)
    source = find_model(spec.name, options.model_revision)
    return TextPlan(
        spec,
        source,
        template,
        options.max_tokens,
        options.precision,
        device,
        options.trust_remote_code,
        spec.engine == "static" and _is_static(source),
    )


def open_text(made: StaticMade, notes: EncoderNotes, folder: Path, *, query: bool, device: str = "auto") -> TextEncoder:
    """Open the encoder that made the vectors in `folder`. Raises InputError when its model is gone or has changed.

    Static and int8 models stand beside the vectors; other ones are where they were.
    """
    try:
        if not isinstance(made, SentenceMade):
            from indexing.encoders.text.static import load_static

            model: TextModel = load_static(folder)
        elif made.precision == "int8":
            from indexing.encoders.text.onnx_text import load_int8

            model = load_int8(folder)
        else:
            model = _opened(_source_of(made, notes), made.max_tokens, made.precision, device, notes.trust_remote_code)
    except ImportError as error:
        raise InputError(missing(made.spec)) from error
    return TextEncoder(made.spec, model, TextTemplate(made.template), query)


def _source_of(made: SentenceMade, notes: EncoderNotes) -> ModelSource:
    name = notes.folder or made.model
    if notes.folder is not None and not Path(name).is_dir():
        raise InputError(f"{name}: the index was made with the model in this folder, which is gone: put it back")
    source = find_model(name, made.revision or None)
    if source.digest != made.digest:
        raise InputError(
            f"{name}: the model has changed since the index was made (was {made.digest}, is {source.digest}): "
            "build the index again"
        )
    return source


@lru_cache(maxsize=2)
def _opened(source: ModelSource, max_tokens: int | None, precision: str, device: str, trusted: bool) -> TextModel:
    from indexing.encoders.text.engines import ModelRequest, open_for_queries

    return open_for_queries(ModelRequest(source, max_tokens, precision, device, trusted))


def _is_static(source: ModelSource) -> bool:
    try:
        from indexing.encoders.text.static import ready_made
    except ImportError as error:
        raise InputError(missing(f"static:{source.name}")) from error
    return ready_made(fetched(source)) is not None


def _versions() -> dict[str, str]:
    """Return the versions of the libraries that compute the vectors, those that are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
