"""A picture encoder puts a picture model behind a catalogue. Here is also what it reads of each product."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, text_contents
from indexing.catalog.pictures import content_of, url_of
from indexing.catalog.rejects import Reject
from indexing.encoders.encoder import Encoded
from indexing.encoders.pictures.decoding import PictureDecoding, Prepared
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.shape import Picture, Pixels
from indexing.vectors.vectors import unit_rows

FETCHED_AT_ONCE = 32  # URLs: their hosts are waited for


class PictureModel(Protocol):
    """A picture model turns pictures into vectors."""

    @property
    def dim(self) -> int:
        """Return d, the length of a row."""

    @property
    def batch(self) -> int:
        """Return how many pictures are encoded at once."""

    @property
    def decode_side(self) -> int:
        """Return how many pixels a side a JPEG must be decoded with at least."""

    def prepare(self, picture: Picture) -> Pixels:
        """Return the model's input (h, w, 3) of a picture in RGB; several threads call it."""

    def encode_pixels(self, pixels: Pixels) -> Floats2d:
        """Return unit rows (n, d) float32 of inputs (n, h, w, 3)."""


@dataclass(frozen=True)
class PictureEncoder:
    """It encodes the main picture of each product, or its `extra` ones; a row is the unit row of the pictures' mean. Of what
    cannot be had it takes as much as its `patience` does."""

    spec: str
    model: PictureModel
    extra: bool = False
    workers: int = 4
    patience: Patience = field(default_factory=Patience)

    @property
    def dim(self) -> int:
        return self.model.dim

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product, zeros where no picture is usable; what cannot be used is a reject with its reason.

        The same picture, by its bytes, is encoded once. Raises PicturesMissing, which is Unfinished, where too many in a
        row cannot be had.
        """
        lists = self._references(catalog)
        distinct = list(dict.fromkeys(chain.from_iterable(lists)))
        found = self._rows(catalog, distinct)
        self.patience.refuse_outage(found.unreached, catalog)
        rows = np.zeros((len(catalog), self.dim), dtype=np.float32)
        rejects = []
        for position, references in enumerate(lists):
            usable = [found.rows[reference] for reference in references if reference in found.rows]
            if usable:
                rows[position] = usable[0] if len(usable) == 1 else unit_rows(np.mean(usable, axis=0)[None])[0]
            for reference in references:
                if reference in found.reasons:
                    identifier = str(catalog.ids[position].as_py())
                    rejects.append(Reject(identifier, "image", reference, found.reasons[reference]))
        return Encoded(rows, rejects)

    def _references(self, catalog: Catalog) -> list[list[str]]:
        if self.extra:
            return catalog.extra_pictures()
        return [[reference] if reference else [] for reference in catalog.main_pictures()]

    def _rows(self, catalog: Catalog, references: list[str]) -> "_Found":
        """Encode each usable reference, and keep the reasons against the others."""
        decoding = PictureDecoding(catalog, self.model.prepare, self.model.decode_side, self.workers)
        of_content: dict[bytes, Floats2d] = {}
        answers = []
        with closing(watched(decoded_ahead(decoding, references), self.patience, catalog)) as prepared:
            for batch in _batches(prepared, self.model.batch):
                new = [answer for answer in batch if answer.pixels is not None]
                if new:
                    encoded = self.model.encode_pixels(np.stack([answer.pixels for answer in new]))  # type: ignore[misc]
                    of_content |= dict(zip((answer.digest for answer in new), encoded, strict=True))
                answers += [Prepared(a.reference, a.digest, None, a.reason, a.unreachable) for a in batch]
        return _Found.of(answers, of_content)


@dataclass(frozen=True)
class _Found:
    """It keeps by reference the row, or the reason why there is none; and of each why it was not reached, "" where it was."""

    rows: dict[str, Any]
    reasons: dict[str, str]
    unreached: dict[str, str]

    @classmethod
    def of(cls, answers: list[Prepared], of_content: dict[bytes, Floats2d]) -> "_Found":
        why = {answer.digest: answer.reason for answer in answers if answer.reason and answer.digest}
        rows = {a.reference: of_content[a.digest] for a in answers if a.digest in of_content}
        reasons = {a.reference: a.reason or why[a.digest] for a in answers if a.reference not in rows}
        return cls(rows, reasons, {a.reference: a.reason if a.unreachable else "" for a in answers})


def decoded_ahead(decoding: PictureDecoding, references: list[str]) -> Generator[Prepared]:
    """Return what decodes pictures ahead; more URLs are waited for at once than files."""
    if any(url_of(reference, decoding.catalog.pictures) is not None for reference in references):
        decoding = replace(decoding, workers=max(decoding.workers, FETCHED_AT_ONCE))
    return decoding.run(references)


def watched(decoded: Generator[Prepared], patience: Patience, catalog: Catalog) -> Generator[Prepared]:
    """Yield what came of each reference, in order. Raises PicturesMissing, which is Unfinished, where too many in a row cannot be had."""
    with closing(decoded):
        for answer in decoded:
            patience.note(answer.reference, answer.reason if answer.unreachable else "", catalog)
            yield answer


def _batches(answers: Iterator[Prepared], size: int) -> Iterator[list[Prepared]]:
    """Yield answers in lists of `size` new pictures each, or of 16 times `size` answers where these hold fewer."""
    batch: list[Prepared] = []
    new = 0
    for answer in answers:
        batch.append(answer)
        new += answer.pixels is not None
        if new == size or len(batch) >= 16 * size:
            yield batch
            batch, new = [], 0
    if batch:
        yield batch


def picture_contents(catalog: Catalog, *, extra: bool = False) -> Contents:
    """Return the contents (n, 2) of the main pictures or of the `extra` ones.

    They are made from a file's name, size and time of change, a URL's name, the bytes of those that stand in the
    catalogue, and the name of one that is not there.
    """
    references = catalog.extra_pictures() if extra else [[name] if name else [] for name in catalog.main_pictures()]
    folder = catalog.pictures.resolve()  # one content, wherever the command was given
    return text_contents(["\n".join(_state(name, catalog, folder) for name in names) for names in references])


def _state(reference: str, catalog: Catalog, folder: Path) -> str:
    if url_of(reference, catalog.pictures) is not None:
        return reference
    content = content_of(reference, catalog)
    if content is not None:
        return content
    try:
        state = (folder / reference).stat()
        return f"{folder / reference} {state.st_size} {state.st_mtime_ns}"
    except (OSError, ValueError):
        return f"{reference} absent"


def picture_states(catalog: Catalog, *, extra: bool = False) -> str:
    """Return a digest of size and time of change of every main (or extra) picture that is a file, and of the bytes of
    those that stand in the catalogue: what vectors of them depend on.

    Of a URL only the name counts.
    """
    digest = hashlib.sha256()
    references = [name for names in catalog.extra_pictures() for name in names] if extra else catalog.main_pictures()
    for reference in references:
        if reference is None:
            continue
        content = content_of(reference, catalog)
        if content is not None:
            digest.update(f"{content}\n".encode())
            continue
        if url_of(reference, catalog.pictures) is not None:
            digest.update(f"{reference} url\n".encode())
            continue
        try:
            state = (catalog.pictures / reference).stat()
            digest.update(f"{reference} {state.st_size} {state.st_mtime_ns}\n".encode())
        except (OSError, ValueError):
            digest.update(f"{reference} absent\n".encode())
    return digest.hexdigest()[:16]
