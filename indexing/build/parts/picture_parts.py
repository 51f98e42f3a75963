"""The pictures that an encoder is fitted to are decoded in parts wherever there are workers: the command learns from small copies."""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexing.build.parts.content_tasks import CatalogRecipe, recipe_of
from indexing.build.parts.poison import DEADLY, done_past_poison
from indexing.catalog.catalog import Catalog
from indexing.encoders.pictures.decoding import Prepared
from indexing.encoders.pictures.patches.fitting import decoded_here
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import picture_states, watched
from indexing.running.parts import PartFolder, parts_for, put_array, put_text, read_array, tasks_ahead
from indexing.running.stages import Stage, even_ranges
from indexing.running.tasks import Counts, Runner, Task
from indexing.storage.artefact import fingerprint_of

PART_PICTURES = 256
REFERENCES = "references.json"


@dataclass(frozen=True)
class OpenPictures:
    """It is a catalogue that a worker has opened, the references of pictures to decode, those that end the process which does, and the
    patience with those that cannot be had, which are counted on from range to range."""

    catalog: Catalog
    options: PatchOptions
    references: list[str]
    parts: PartFolder
    poison: tuple[int, ...]
    patience: Patience

    def decode(self, first: int, last: int) -> list[Prepared]:
        """Decode a range of the pictures, but for those that end the process: nobody learns from these. Raises PicturesMissing, which
        is Unfinished, where too many in a row cannot be had."""
        living = [self.references[number] for number in range(first, last) if number not in self.poison]
        answers = watched(decoded_here(self.catalog, self.options, living), self.patience, self.catalog)
        found = {answer.reference: answer for answer in answers}
        return [found.get(name, Prepared(name, reason=DEADLY)) for name in self.references[first:last]]


@dataclass(frozen=True)
class PictureRecipe:
    """It opens a catalogue, and references that are kept with the parts."""

    catalog: CatalogRecipe
    options: PatchOptions
    parts: PartFolder
    patience: Patience
    poison: tuple[int, ...] = ()

    def open(self) -> OpenPictures:
        references = json.loads(self.parts.local(REFERENCES).read_text(encoding="utf-8"))
        return OpenPictures(
            self.catalog.open(), self.options, references, self.parts, self.poison, self.patience.anew()
        )


def decode_range(task: Task, view: OpenPictures) -> Counts:
    """Decode a range of the pictures, and keep their pixels, and what came of each."""
    answers = view.decode(task.first, task.last)
    side = view.options.side
    pixels = [answer.pixels for answer in answers if answer.pixels is not None]
    told = [[a.reference, a.digest.hex(), a.pixels is not None, a.reason, a.unreachable] for a in answers]
    put_text(view.parts, f"{_pixels_name(task.number)}.json", json.dumps(told))
    put_array(
        view.parts, _pixels_name(task.number), np.stack(pixels) if pixels else np.zeros((0, side, side, 3), np.uint8)
    )
    return {"pictures": len(answers)}


def probe_pictures(task: Task, view: OpenPictures) -> Counts:
    """Decode a range, and keep nothing: it is seen whether the process lives."""
    view.decode(task.first, task.last)
    return {}


@dataclass(frozen=True)
class PicturesApart:
    """It has pictures decoded by a runner's workers; parts lie `beside` a folder meanwhile, and go when all have been looked at. Of what
    cannot be had each worker takes as much as the `patience` does."""

    runner: Runner
    beside: Path
    patience: Patience

    def __call__(self, catalog: Catalog, options: PatchOptions, references: list[str]) -> Generator[Prepared]:
        """Yield what `decoded_here` yields, in as many ranges, so that a picture may be decoded in each that has it."""
        if not references:
            return
        parts = parts_for(
            self.beside.absolute(), fingerprint_of("pictures", references, vars(options), picture_states(catalog))
        )
        parts.make()
        tasks = even_ranges(len(references), PART_PICTURES, "pictures to learn from,")
        if _lacks_some(parts, tasks):
            parts.clear()
            parts.make()
        put_text(parts, REFERENCES, json.dumps(references))
        stage = Stage(parts, decode_range, tasks, _pixels_name)
        recipe = PictureRecipe(recipe_of(catalog), options, parts, self.patience)

        def put_aside(found: Sequence[int]) -> tuple[PictureRecipe | None, int]:
            """Teach nothing by these; their products are set aside when they are encoded."""
            return replace(recipe, poison=tuple(found)), len(found)

        for _ in done_past_poison(decode_range, probe_pictures, stage.ahead(), self.runner, recipe, put_aside):
            pass
        for task in tasks:
            yield from _read(parts, task.number)
        parts.clear()


def _lacks_some(parts: PartFolder, tasks: Sequence[Task]) -> bool:
    """Return whether a run that was cut short could not have some pictures, which may be there now."""
    left = tasks_ahead(parts, tasks, _pixels_name)  # which lists the folder: NFS remembers a name that was not there
    ahead = {task.number for task in left}
    made = (task.number for task in tasks if task.number not in ahead)
    return any(unreachable for number in made for *_, unreachable in _told(parts, number))


def _told(parts: PartFolder, number: int) -> list[tuple[str, str, bool, str, bool]]:
    """Return what came of each picture of a part: its reference and digest, whether there are pixels, and why not."""
    told = parts.local(f"{_pixels_name(number)}.json").read_text(encoding="utf-8")
    return [tuple(one) for one in json.loads(told)]


def _read(parts: PartFolder, number: int) -> Generator[Prepared]:
    pixels, next_one = read_array(parts, _pixels_name(number)), 0
    for reference, digest, there, reason, unreachable in _told(parts, number):
        yield Prepared(
            reference, bytes.fromhex(digest), np.array(pixels[next_one]) if there else None, reason, unreachable
        )
        next_one += there


def _pixels_name(number: int) -> str:
    return f"pixels_{number:05d}.npy"
