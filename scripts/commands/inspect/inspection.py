"""What a path holds: an index, a model, a report, scores, or groups; whether it is whole, and how it was made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.errors import InputError
from indexing.storage.artefact import MANIFEST, SCHEMA_VERSION, Manifest, read_manifest

KINDS = ("index", "model", "report", "scores", "groups")
FILES = ("scores", "groups")  # kinds that are one parquet file
METADATA_KEY = b"heroic"
REPORT_FILE = "report.json"
ONE_OF_THEM = "name an index, a model, a scores file, a groups file or a report folder"
COLUMNS = ("id", "group", "size", "disagreements")


@dataclass(frozen=True)
class Inspected:
    """One artefact. `made` says how it was made; `sizes` are (part, bytes); `damage` is empty when it is whole."""

    path: Path
    kind: str
    fingerprint: str
    made: Mapping[str, Any]
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
    damage = [fault for name, of in manifest.files.items() if (fault := _fault(folder, name, of))]
    made = dict(manifest.made)
    if manifest.kind == "report" and not damage:
        made |= _report_facts(folder, damage)
    return Inspected(
        folder,
        manifest.kind,
        manifest.fingerprint,
        made,
        _sizes_by_part(folder, manifest),
        tuple(damage),
        manifest.created,
        manifest.heroic_version,
    )


def _manifest_of(folder: Path) -> Manifest:
    """The manifest also of a damaged folder. Raises InputError when there is none, or one of another version."""
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


def _fault(folder: Path, name: str, of: Mapping[str, Any]) -> str:
    """What is wrong with a file of the manifest, nothing if it is as it was written."""
    file = folder / name
    if not file.is_file():
        return f"{name}: missing"
    if file.stat().st_size != of["bytes"]:
        return f"{name}: has {file.stat().st_size} bytes, was written with {of['bytes']}"
    with file.open("rb") as content:
        changed = hashlib.file_digest(content, "sha256").hexdigest() != of.get("sha256")
    return f"{name}: its content has changed" if changed else ""


def _sizes_by_part(folder: Path, manifest: Manifest) -> tuple[tuple[str, int], ...]:
    """Bytes on disk of each file and folder directly in the artefact."""
    sizes: dict[str, int] = {MANIFEST: (folder / MANIFEST).stat().st_size}
    for name in manifest.files:
        part, file = Path(name).parts[0], folder / name
        sizes[part] = sizes.get(part, 0) + (file.stat().st_size if file.is_file() else 0)
    return tuple(sorted(sizes.items()))


def _report_facts(folder: Path, damage: list[str]) -> dict[str, Any]:
    """What report.json adds to the manifest: the figures and where the scores came from."""
    report = _parsed(folder / REPORT_FILE)
    if not isinstance(report, dict):
        damage.append(f"{REPORT_FILE}: cannot be read")
        return {}
    facts = {name: report.get(name) for name in ("pairs", "positives", "weighted", "strict", "legacy", "pooled")}
    provenance = report.get("provenance") or {}
    return {**facts, **{name: provenance.get(name) for name in ("index_fingerprint", "model_fingerprint")}}


def _inspect_file(path: Path) -> Inspected:
    made = _file_metadata(path)
    kind = made.pop("kind")
    damage: list[str] = []
    try:
        made |= _scores_facts(path, damage) if kind == "scores" else groups_facts(path, damage)
    except (pa.ArrowException, OSError) as error:
        damage.append(f"its rows cannot be read: {str(error).splitlines()[0]}")
    return Inspected(path, kind, "", made, ((path.name, path.stat().st_size),), tuple(damage))


def _file_metadata(path: Path) -> dict[str, Any]:
    try:
        raw = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: is no parquet file, or a truncated one: {ONE_OF_THEM}") from error
    if raw is None:
        raise InputError(f"{path}: does not say how it was made, so heroic score did not write it: {ONE_OF_THEM}")
    try:
        made = json.loads(raw)
        if made["kind"] not in FILES:
            raise InputError(f"{path}: holds {made['kind']!r}: {ONE_OF_THEM}")
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: what it says of its making cannot be read ({error}): score again") from error
    return dict(made)


def _scores_facts(path: Path, damage: list[str]) -> dict[str, Any]:
    """Rows, matches and categories, read a batch at a time; rows without a score are damage."""
    columns = ("score", "category", "match", "match_f1")
    counts = {"pairs": 0, "matches": 0, "matches_f1": 0}
    categories: dict[str, int] = {}
    unscored = 0
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        damage += [f"has no column '{name}'" for name in columns if name not in names]
        for batch in file.iter_batches(columns=[name for name in columns if name in names]):
            counts["pairs"] += len(batch)
            found = {name: batch.column(name) for name in batch.schema.names}
            if "score" in found:
                unscored += len(batch) - (pc.sum(pc.is_finite(found["score"])).as_py() or 0)
            for name, column in (("matches", "match"), ("matches_f1", "match_f1")):
                counts[name] += (pc.sum(found[column]).as_py() or 0) if column in found else 0
            for entry in pc.value_counts(found["category"]).to_pylist() if "category" in found else ():
                categories[entry["values"]] = categories.get(entry["values"], 0) + entry["counts"]
    if unscored:
        damage.append(f"{unscored} rows have no score")
    return {**counts, "pairs_by_category": categories}


def groups_facts(path: Path, damage: list[str]) -> dict[str, Any]:
    """Products, groups and disagreements; sizes that are not those of the groups, and products twice, are damage."""
    with pq.ParquetFile(path) as file:
        missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
        damage += [f"has no column '{name}'" for name in missing]
        if missing:
            return {"products": int(file.metadata.num_rows)}
        table = file.read(columns=list(COLUMNS))
    counts = pc.value_counts(table["group"].combine_chunks())
    sizes = np.asarray(counts.field("counts").to_numpy(), dtype=np.int64)
    places = pc.index_in(table["group"], counts.field("values"))
    told = np.asarray(table["size"].to_numpy(), dtype=np.int64)
    wrong = int((sizes[np.asarray(places.to_numpy(), dtype=np.int64)] != told).sum())
    if wrong:
        damage.append(f"{wrong} rows have another size than their group has products")
    twice = len(table) - len(pc.unique(table["id"]))
    if twice:
        damage.append(f"{twice} products occur again")
    return {
        "products": len(table),
        "groups": int((sizes > 1).sum()),
        "alone": int((sizes == 1).sum()),
        "largest": int(sizes.max(initial=0)),
        "disagreements": _total(table["disagreements"]) // 2,  # each pair is counted at both of its products
    }


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
