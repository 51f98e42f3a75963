"""An inspection says what a path holds (an index, a model, a report, scores, or groups), whether it is whole, and how
it was made."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from eval.pages.report_document import read_document, report_manifest
from indexing.errors import InputError
from indexing.index_manifest import index_manifest
from indexing.storage.artefact import MANIFEST, SCHEMA_VERSION, Manifest, read_manifest
from reranking.grouping.group_files import read_groups_manifest
from reranking.model.scores_manifest import METADATA_KEY, read_scores_manifest
from scripts.commands.inspect.contents import (
    Content,
    GroupsContent,
    IndexContent,
    ModelContent,
    ReportContent,
    ReportFigures,
    ScoresContent,
)
from scripts.commands.inspect.counts import GroupedProducts, ScoredCounts, count_groups, count_scores

KINDS = ("index", "model", "report", "scores", "groups")
FILES = ("scores", "groups")  # kinds that are one parquet file
ONE_OF_THEM = "name an index, a model, a scores file, a groups file or a report folder"
Counts = TypeVar("Counts", ScoredCounts, GroupedProducts)


@dataclass(frozen=True)
class Inspected:
    """It is one artefact. `content` says how it was made; `sizes` are (part, bytes); a whole one has no `damage`."""

    path: Path
    kind: str
    fingerprint: str
    content: Content
    sizes: tuple[tuple[str, int], ...]
    damage: tuple[str, ...]
    created: str = ""
    heroic_version: str = ""

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.sizes)


def inspect_path(path: Path) -> Inspected:
    """Read all of an artefact and check it. Raises InputError for anything that is none."""
    path = Path(path)
    if path.is_dir():
        return _inspect_folder(path)
    if path.is_file():
        return _inspect_file(path)
    raise InputError(f"{path}: no such file or folder: {ONE_OF_THEM}")


def _inspect_folder(folder: Path) -> Inspected:
    manifest = _manifest_of(folder)
    if manifest.kind not in KINDS[:3]:
        raise InputError(f"{folder}: holds {manifest.kind!r}: {ONE_OF_THEM}")
    damage = [fault for name, entry in manifest.files.items() if (fault := _fault(folder, name, entry))]
    content = _folder_content(folder, manifest, damage)
    return Inspected(
        folder,
        manifest.kind,
        manifest.fingerprint,
        content,
        _sizes_by_part(folder, manifest),
        tuple(damage),
        manifest.created,
        manifest.heroic_version,
    )


def _folder_content(folder: Path, manifest: Manifest, damage: list[str]) -> Content:
    if manifest.kind == "index":
        return IndexContent(index_manifest(manifest, folder))
    if manifest.kind == "report":
        return _report_content(folder, manifest, damage)
    from reranking.model.manifest import model_manifest  # which loads XGBoost

    return ModelContent(model_manifest(folder, manifest))


def _manifest_of(folder: Path) -> Manifest:
    """Return the manifest also of a damaged folder. Raises InputError when there is none, or one of another version."""
    try:
        return read_manifest(folder)
    except InputError:
        raw = _parsed(folder / MANIFEST)
        if not isinstance(raw, dict) or raw.get("schema_version") != SCHEMA_VERSION:
            raise
        try:
            return Manifest(**raw)
        except (TypeError, ValueError):
            raise InputError(f"{folder}/{MANIFEST}: cannot be read: {ONE_OF_THEM}") from None


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _fault(folder: Path, name: str, entry: Mapping[str, Any]) -> str:
    """Say what is wrong with a file of the manifest; nothing if it is as it was written."""
    file = folder / name
    if not file.is_file():
        return f"{name}: missing"
    if file.stat().st_size != entry["bytes"]:
        return f"{name}: has {file.stat().st_size} bytes, was written with {entry['bytes']}"
    with file.open("rb") as content:
        changed = hashlib.file_digest(content, "sha256").hexdigest() != entry.get("sha256")
    return f"{name}: its content has changed" if changed else ""


def _sizes_by_part(folder: Path, manifest: Manifest) -> tuple[tuple[str, int], ...]:
    """Return the bytes on disk of each file and folder directly in the artefact."""
    sizes: dict[str, int] = {MANIFEST: (folder / MANIFEST).stat().st_size}
    for name in manifest.files:
        part, file = Path(name).parts[0], folder / name
        sizes[part] = sizes.get(part, 0) + (file.stat().st_size if file.is_file() else 0)
    return tuple(sorted(sizes.items()))


def _report_content(folder: Path, manifest: Manifest, damage: list[str]) -> ReportContent:
    """Read what the manifest and, of a whole folder, report.json say; what is wrong with the latter is damage."""
    made = report_manifest(folder, manifest)
    if damage:
        return ReportContent(made, None)
    try:
        found = read_document(folder)
    except InputError as error:
        damage.append(str(error))
        return ReportContent(made, None)
    source = found.provenance
    figures = ReportFigures(
        pairs=found.pairs,
        positives=found.positives,
        weighted=found.weighted,
        strict=found.strict,
        legacy=found.legacy,
        pooled=found.pooled,
        index_fingerprint=source.index_fingerprint,
        model_fingerprint=source.model_fingerprint,
    )
    return ReportContent(made, figures)


def _inspect_file(path: Path) -> Inspected:
    raw = _metadata_of(path)
    kind = _kind_of(raw, path)
    damage: list[str] = []
    content = _scores_content(path, raw, damage) if kind == "scores" else _groups_content(path, raw, damage)
    return Inspected(path, kind, "", content, ((path.name, path.stat().st_size),), tuple(damage))


def _metadata_of(path: Path) -> bytes:
    try:
        raw = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: is no parquet file, or a truncated one: {ONE_OF_THEM}") from error
    if raw is None:
        raise InputError(f"{path}: does not say how it was made, so heroic score did not write it: {ONE_OF_THEM}")
    return bytes(raw)


def _kind_of(raw: bytes, path: Path) -> str:
    """Say whether a file holds scores or groups. Raises InputError for metadata of anything else."""
    try:
        kind = json.loads(raw)["kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: what it says of its making cannot be read ({error}): score again") from error
    if kind not in FILES:
        raise InputError(f"{path}: holds {kind!r}: {ONE_OF_THEM}")
    return str(kind)


def _scores_content(path: Path, raw: bytes, damage: list[str]) -> ScoresContent:
    return ScoresContent(read_scores_manifest(raw, path), _counted(count_scores, path, damage))


def _groups_content(path: Path, raw: bytes, damage: list[str]) -> GroupsContent:
    return GroupsContent(read_groups_manifest(json.loads(raw), path), _counted(count_groups, path, damage))


def _counted(count: Callable[[Path, list[str]], Counts], path: Path, damage: list[str]) -> Counts | None:
    """Return what is counted in a file's rows; None, and damage, where they cannot be read."""
    try:
        return count(path, damage)
    except (pa.ArrowException, OSError) as error:
        damage.append(f"its rows cannot be read: {str(error).splitlines()[0]}")
        return None
