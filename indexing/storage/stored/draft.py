"""A draft is an artefact that is made here for a store: begun from the version that is there, sent as the next one.

It lies in the cache in a folder of its own. Whoever reads the URL meanwhile goes on with the version that is in the store, and finds
the new one in the cache once it is sent.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexing.errors import Damaged, InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.artefact import (
    MANIFEST,
    Manifest,
    fingerprint_of,
    link_or_copy,
    locked,
    read_manifest,
    take_place,
    write_json,
    writing,
)
from indexing.storage.outputs import parents
from indexing.storage.records import read_record, stored_record
from indexing.storage.stored.cache import cached_at, fetch_newest, refuse_unwritable_cache, write_origin
from indexing.storage.stored_versions import Copied, newest_version, refuse_unconditional, send_artefact
from indexing.storage.stores import Store, open_store
from indexing.storage.versions import discard, hold_version

DRAFT = ".draft"  # behind the name of what is in the cache: the folder that a draft lies in


@dataclass(frozen=True)
class Begun:
    """It says from which version a draft was begun: its `number`, 0 for none, and its `mark`. `made` is there once the draft is
    whole, and says by what it was made, and `let_pass` which share of the input it could set aside for that. `reusable` is what can be gone on
    with of what is made, also when another command comes next."""

    number: int = 0
    mark: str = ""
    made: str = ""
    let_pass: float = 1.0
    reusable: tuple[str, ...] = ()


@dataclass
class Draft:
    """It is made in `folder`, for a URL that readers find in the cache at `place`. It is `whole` where all that was asked for is made, and
    what is left to do is to send it."""

    url: str
    kind: str
    folder: Path
    place: Path
    begun: Begun = field(default_factory=Begun)
    whole: bool = False

    def finish(self, asked: str | None, *, let_pass: float = 0.0) -> None:
        """Keep that the draft is whole, what was `asked` for, and which share of the input that `let_pass`: when a killed sending is
        gone on with nothing is made again."""
        made = fingerprint_of(asked, vars(read_manifest(self.folder, self.kind)))
        self._keep(replace(self.begun, made=made, let_pass=let_pass))
        self.whole = True

    def send(self, *, keep: int = 2, progress: Progress = silent) -> Copied:
        """Send it as the newest version, and leave it to who reads the URL here. Raises InputError where another process wrote a
        version since this one was begun. A draft with a damaged file goes away: run again, the command makes it anew."""
        try:
            copied = send_artefact(self.folder, self.url, keep=keep, after=self.begun.number, progress=progress)
        except Damaged:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._tidy()
            raise
        take_place(self.folder, self.place)
        write_origin(self.url)
        self._tidy()
        return copied

    def begin(
        self, number: int, latest: Manifest | None, *, asked: str | None, reusable: Sequence[str], progress: Progress
    ) -> None:
        """Go on with what a run before left of the newest version where that is whole, and of what is `asked` for now, else begin with
        that version; what was reusable of another draft stays, as after a kill."""
        found, before, mark = self._manifest(), self._read(), _mark(latest)
        of_newest = found is not None and (before.number, before.mark) == (number, mark)
        asked_now = found is not None and asked is not None and before.made == fingerprint_of(asked, vars(found))
        self.whole = asked_now and (of_newest or found == latest)
        if self.whole or (latest is not None and found == latest):
            self._keep(replace(before, number=number, mark=mark, reusable=tuple(reusable)))
            return
        self._set_aside(() if found is None or _mark(found) == before.mark else before.reusable)
        begun = Begun() if latest is None else self._take_newest(progress)
        self._keep(replace(begun, reusable=tuple(reusable)))

    def drop_untouched(self) -> None:
        """Remove the draft where it is the version that it was begun from, and nothing of a next one is there."""
        if _mark(self._manifest()) == self.begun.mark and not self._unfinished.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._tidy()

    def _tidy(self) -> None:
        self._state.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.parent.rmdir()

    def _set_aside(self, reusable: Sequence[str]) -> None:
        """Leave of the draft only what is reusable, where a killed run leaves it. That is renamed, never written to: readers may
        have the same files."""
        unfinished = self._unfinished
        there = [name for name in reusable if (self.folder / name).exists()]
        if there and not unfinished.exists():
            unfinished.mkdir()
            for name in there:
                os.rename(self.folder / name, unfinished / name)
        discard(self.folder, self.place)  # a kill may have left there the version that readers have

    def _take_newest(self, progress: Progress) -> Begun:
        """Link the newest version's files from the cache, where it is fetched first."""
        number, hold = fetch_newest(self.url, progress=progress).number, hold_version(self.place)
        try:
            with hold.read() as version, writing(self.folder, self.kind, afresh=True) as folder:
                manifest = read_manifest(version, self.kind)
                for name in manifest.files:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(version / name, folder / name)
                write_json(folder / MANIFEST, vars(manifest))
        finally:
            hold.release()
        return Begun(number, _mark(manifest))

    def _manifest(self) -> Manifest | None:
        try:
            return read_manifest(self.folder, self.kind)
        except InputError:
            return None

    @property
    def _unfinished(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.partial")

    @property
    def _state(self) -> Path:
        return self.folder.parent.with_name(f"{self.folder.parent.name}.json")

    def _read(self) -> Begun:
        try:
            stored = json.loads(self._state.read_text(encoding="utf-8"))
            return read_record(stored, Begun, where=str(self._state), remedy="begin again")
        except (OSError, ValueError):
            return Begun()

    def _keep(self, begun: Begun) -> None:
        self.begun, unfinished = begun, self._state.with_suffix(".tmp")
        write_json(unfinished, stored_record(begun))
        unfinished.rename(self._state)


@contextmanager
def draft_for(
    url: str, kind: str, *, asked: str | None = None, reusable: Sequence[str] = (), progress: Progress = silent
) -> Iterator[Draft]:
    """Yield the draft of an artefact for a URL: the version that is there, or what a run that was killed while it sent had made of
    that, where it was `asked` for the same (None: all is made again).

    It stays until it is sent (`send`), unless an error leaves nothing of it. What is found wrong with its folder is said of the URL.
    Raises InputError where the store cannot be reached or written to as is needed, or holds another kind of artefact, and where another
    process here makes a draft for it.
    """
    url = url.rstrip("/")
    store, place = open_store(url), cached_at(url).absolute()
    draft = Draft(url, kind, place.with_name(place.name + DRAFT) / place.name, place)
    refuse_unwritable_cache(draft.folder)
    with _told_of(draft), parents(draft.folder), locked(draft.folder.parent, told=url):
        try:
            draft.begin(*_newest(store, kind), asked=asked, reusable=reusable, progress=progress)
            yield draft
        except BaseException:
            draft.drop_untouched()
            raise


def _newest(store: Store, kind: str) -> tuple[int, Manifest | None]:
    """Return the newest version in a store that can be written to, after which one of this kind can be put."""
    number, latest = newest_version(store)
    if latest is not None and latest.kind != kind:
        raise InputError(f"{store.url}: holds a heroic {latest.kind}, no {kind}: name another place")
    refuse_unconditional(store)
    return number, latest


@contextmanager
def _told_of(draft: Draft) -> Iterator[None]:
    """Say of the URL what is wrong with the folder of its draft; what this machine refuses is said of the folder."""
    try:
        yield
    except InputError as error:
        if not isinstance(error.__cause__, OSError):
            named = str(error)
            for own in (f"{draft.folder}.partial", str(draft.folder)):
                named = named.replace(own, draft.url)
            error.args = (named, *error.args[1:])
        raise


def _mark(manifest: Manifest | None) -> str:
    return "" if manifest is None else fingerprint_of(vars(manifest))
