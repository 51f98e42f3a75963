"""An index is built for a store: here, from the version that is there, and sent as the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from indexing.build.build_index import Built, build_index
from indexing.build.options import BuildOptions
from indexing.catalog.rejects import REJECTS_FILE, StoredRejects
from indexing.errors import InputError
from indexing.files.content.sources import Source
from indexing.index_manifest import KIND
from indexing.machine.progress import Progress, silent
from indexing.product_index import open_index
from indexing.reading.inputs import open_inputs
from indexing.reading.schema.stored_form import stored_inputs
from indexing.running.local import HERE
from indexing.running.node_check import check_nodes
from indexing.running.tasks import Runner
from indexing.search.device import choose_device
from indexing.storage.artefact import fingerprint_of, heroic_version
from indexing.storage.stored.cache import CACHE_VARIABLE, cache_folder
from indexing.storage.stored.draft import draft_for
from indexing.storage.stored_versions import Copied
from indexing.storage.stores import open_store, place_in_store

ROWS = ("vectors",)  # of an index, what a build can go on with
SENT_ALONE = (
    "was built before by the same command, of the same files: it is only sent (its pictures were not looked at again)"
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
    input, and where another process wrote a version meanwhile.
    """
    options = options or BuildOptions()
    if keep < 1:
        raise InputError(f"--keep {keep}: keep at least the version that is built")
    asked = _asked(products, options)
    _refuse_unshared(runner, cache_folder())
    with draft_for(url, KIND, asked=asked, reusable=ROWS, progress=progress) as draft:
        if draft.whole:
            built = _made_before(draft.folder, url)
        else:
            built = build_index(products, draft.folder, options=options, progress=progress, runner=runner)
            draft.finish(asked)
        built.index.hold.release()  # what it is read by moves with its folder, and would stay when that is replaced
        copied = draft.send(keep=keep, progress=progress)
    index = open_index(draft.place, device=choose_device(options.device))
    return StoredBuild(replace(built, index=index, rejects=StoredRejects(draft.place / REJECTS_FILE)), copied)


def _made_before(folder: Path, url: str) -> Built:
    index = open_index(folder)
    cut_short = index.catalog.cut_short(index.made.text_fields)
    note = f"{url}: {SENT_ALONE}"
    return Built(
        index, StoredRejects(folder / REJECTS_FILE), [*index.made.encoders], cut_short=cut_short, notes=(note,)
    )


def _asked(products: Sequence[Path], options: BuildOptions) -> str | None:
    """Return what changes with the options of a build and with its files, but for pictures; None where nobody says whether one of the
    files is another one now. Raises InputError for files that cannot be read."""
    inputs = open_inputs(products, options.schema)
    stamps = _stamps(file.table.source for file in inputs.files)
    given = {**asdict(options), "max_rejects": 0}  # whoever is asked about missing pictures may have changed it
    return (
        None if stamps is None else fingerprint_of(heroic_version(), given, stored_inputs(inputs.schema.inputs), stamps)
    )


def _stamps(sources: Iterable[Source]) -> list[str] | None:
    stamps = []
    for source in sources:
        if source.url is None:
            state = (source.archive or source.path).stat()
            stamps.append(f"{source.path.absolute()} {state.st_size} {state.st_mtime_ns}")
            continue
        url = place_in_store(source.url)
        if url is None:
            return None
        above, _, name = url.rpartition("/")
        stamps.append(f"{url} {open_store(above).stamp(name)}")
    return stamps


def _refuse_unshared(runner: Runner, folder: Path) -> None:
    """Raise InputError where a machine with workers does not see a folder of the cache: they write their parts there."""
    if not runner.apart:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for state in check_nodes(runner, folder):
        if not state.sees and not state.failed:
            raise InputError(
                f"{folder}: {state.name} does not see it as this machine does, and workers write their parts there: let {CACHE_VARIABLE} "
                "name a folder that all machines share"
            )
