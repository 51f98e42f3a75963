"""An index in a store is built, updated or compacted: here, from the version that is there, and sent as the next one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from indexing.build.build_index import Built, build_index
from indexing.build.options import BuildOptions
from indexing.catalog.rejects import REJECTS_FILE, StoredRejects, lets_pass
from indexing.errors import InputError, kept_when_interrupted
from indexing.files.content.sources import Source
from indexing.index_manifest import KIND, index_manifest
from indexing.machine.progress import Progress, silent
from indexing.product_index import open_index
from indexing.reading.inputs import open_inputs
from indexing.reading.schema.stored_form import stored_inputs
from indexing.running.local import HERE
from indexing.running.node_check import check_nodes
from indexing.running.tasks import Runner
from indexing.search.device import choose_device
from indexing.storage.artefact import fingerprint_of, heroic_version
from indexing.storage.stored.cache import CACHE_VARIABLE, cache_folder, refuse_unwritable_cache
from indexing.storage.stored.draft import Draft, draft_for
from indexing.storage.stored_versions import Copied, newest_version
from indexing.storage.stores import open_store, place_in_store
from indexing.update.compact_index import Compacted, compact_index
from indexing.update.update_index import Updated, UpdateOptions, check_given, update_index

ROWS = ("vectors",)  # of an index, what a build can go on with
SENT_ALONE = (
    "was built before by the same command, of the same files: it is only sent (pictures and models were not looked at again: for that "
    "run it once more)"
)


@dataclass(frozen=True)
class StoredBuild:
    """It says what a build did, of the index in the cache, and what was sent for it."""

    built: Built
    copied: Copied


def build_stored_index(
    products: Sequence[Path],
    url: str,
    *,
    options: BuildOptions | None = None,
    keep: int = 2,
    progress: Progress = silent,
    runner: Runner = HERE,
) -> StoredBuild:
    """Build an index of a catalogue as `build_index` does where the newest version at a URL lies in a folder, and send it as the next
    version; the last `keep` stay.

    Killed while it builds, it goes on where it was; while it sends, it sends the rest. Raises InputError for anything wrong in the
    input, where another process wrote a version meanwhile, and where what would be sent was let pass by a larger `max_rejects`.
    """
    options = options or BuildOptions()
    _refuse_none_kept(keep)
    asked = _asked(products, options)
    _refuse_unshared(runner, cache_folder())
    with draft_for(url, KIND, asked=asked, reusable=ROWS, progress=progress) as draft:
        if draft.whole:
            _refuse_stricter(options.max_rejects, draft)
            built = _made_before(draft.folder, url)
        else:
            built = build_index(products, draft.folder, options=options, progress=progress, runner=runner)
            draft.finish(asked, let_pass=options.max_rejects if built.rejects else 0.0)
        built.index.hold.release()  # what it is read by moves with its folder, and would stay when that is replaced
        with nullcontext() if asked is None else kept_when_interrupted():
            copied = draft.send(keep=keep, progress=progress)
    index = open_index(draft.place, device=choose_device(options.device))
    return StoredBuild(replace(built, index=index, rejects=StoredRejects(draft.place / REJECTS_FILE)), copied)


def update_stored_index(
    url: str,
    products: Sequence[Path] = (),
    *,
    delete: Path | None = None,
    options: UpdateOptions | None = None,
    keep: int = 2,
    progress: Progress = silent,
    runner: Runner = HERE,
) -> tuple[Updated, Copied]:
    """Update the index at a URL as `update_index` does one in a folder, and send it as the next version; killed, it is updated again, and
    what had arrived is not sent again. Raises InputError as that does, where there is none, and where another process wrote a version
    meanwhile."""
    options = options or UpdateOptions()
    _refuse_none_kept(keep)
    _check_given(url, products, delete, options)
    _refuse_unshared(runner, cache_folder())
    with _draft_of_one(url, progress) as draft:
        done = update_index(draft.folder, products, delete=delete, options=options, progress=progress, runner=runner)
        done.index.hold.release()
        copied = draft.send(keep=keep, progress=progress)
    index = open_index(draft.place, device=done.index.device)
    return replace(done, index=index, rejects=replace(done.rejects, path=draft.place / REJECTS_FILE)), copied


def compact_stored_index(
    url: str, *, refit: bool = False, device: str = "auto", keep: int = 2, progress: Progress = silent
) -> tuple[Compacted, Copied]:
    """Compact the index at a URL as `compact_index` does one in a folder, and send it likewise."""
    _refuse_none_kept(keep)
    with _draft_of_one(url, progress) as draft:
        done = compact_index(draft.folder, refit=refit, device=device, progress=progress)
        done.index.hold.release()
        copied = draft.send(keep=keep, progress=progress)
    return replace(done, index=open_index(draft.place, device=done.index.device)), copied


@contextmanager
def _draft_of_one(url: str, progress: Progress) -> Iterator[Draft]:
    """Yield the draft of an index that is there to be changed."""
    with draft_for(url, KIND, progress=progress) as draft:
        if not draft.begun.number:
            raise InputError(f"{url}: holds no index: heroic build-index PRODUCTS --out {url}")
        yield draft


def _check_given(url: str, products: Sequence[Path], delete: Path | None, options: UpdateOptions) -> None:
    """Raise InputError for what an update would refuse at once, by the manifest of the index alone: before all of it is fetched."""
    _, latest = newest_version(open_store(url))
    if latest is None or latest.kind != KIND:
        return  # which the draft says
    check_given(index_manifest(latest, Path(url)), url, products, delete=delete, options=options)


def _refuse_none_kept(keep: int) -> None:
    if keep < 1:
        raise InputError(f"--keep {keep}: keep at least the version that is made")


def _made_before(folder: Path, url: str) -> Built:
    index = open_index(folder)
    cut_short = index.catalog.cut_short(index.made.text_fields)
    note = f"{url}: {SENT_ALONE}"
    return Built(
        index, StoredRejects(folder / REJECTS_FILE), [*index.made.encoders], cut_short=cut_short, notes=(note,)
    )


def _refuse_stricter(max_rejects: float, draft: Draft) -> None:
    """Raise InputError where more was set aside for a draft than a command may be content with."""
    before = draft.begun.let_pass
    if not lets_pass(max_rejects, before):
        aside = len(StoredRejects(draft.folder / REJECTS_FILE))
        raise InputError(
            f"{draft.url}: was built before with --max-rejects {before:g}, and {aside:,} rows, cells or pictures were set aside, which "
            f"--max-rejects {max_rejects:g} may refuse: give --max-rejects {before:g} to send that, or remove {draft.folder.parent} to "
            "build it anew"
        )


def _asked(products: Sequence[Path], options: BuildOptions) -> str | None:
    """Return what changes with the options of a build and with its files, but for pictures; None where nobody says whether one of the
    files is another one now. Raises InputError for files that cannot be read."""
    inputs = open_inputs(products, options.schema)
    stamps = _stamps(file.table.source for file in inputs.files)
    given = {**asdict(options), "max_rejects": 0}  # which the draft keeps: more may be let pass than was
    return (
        None if stamps is None else fingerprint_of(heroic_version(), given, stored_inputs(inputs.schema.inputs), stamps)
    )


def _stamps(sources: Iterable[Source]) -> list[str] | None:
    stamps, opened = [], cache(open_store)  # once, of many files in one folder
    for source in sources:
        if source.url is None:
            state = (source.archive or source.path).stat()
            stamps.append(f"{source.path.absolute()} {state.st_size} {state.st_mtime_ns}")
            continue
        url = place_in_store(source.url)
        if url is None:
            return None
        above, _, name = url.rpartition("/")
        stamps.append(f"{url} {opened(above).stamp(name)}")
    return stamps


def _refuse_unshared(runner: Runner, folder: Path) -> None:
    """Raise InputError where a machine with workers does not see a folder of the cache: they write their parts there."""
    if not runner.apart:
        return
    refuse_unwritable_cache(folder / KIND)
    folder.mkdir(parents=True, exist_ok=True)
    for state in check_nodes(runner, folder):
        if not state.sees and not state.failed:
            raise InputError(
                f"{folder}: {state.name} does not see it as this machine does, and workers write their parts there: let {CACHE_VARIABLE} "
                "name a folder that all machines share"
            )
