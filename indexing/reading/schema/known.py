"""Exports that many shops have are known by name, recognised by their columns, and read by schemas in `known/`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from indexing.reading.schema.schema import GENERIC, InputSchema
from indexing.reading.schema.yaml_form import input_from

FOLDER = Path(__file__).parent / "known"
ALIASES = {"facebook": "google-merchant"}
OZON_NAME = "ozon"


@dataclass(frozen=True)
class KnownExport:
    """A known export has a name, its schema, and `signs`: of each of these lists a column must be there."""

    schema: InputSchema
    signs: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        return self.schema.name

    def recognises(self, names: Sequence[str]) -> bool:
        """Return whether a file of these columns is such an export."""
        there = set(names)
        return all(there.intersection(sign) for sign in self.signs)

    def lacking(self, names: Sequence[str]) -> list[str]:
        """Return the columns of the signs that a file of these columns lacks."""
        return [" or ".join(sign) for sign in self.signs if not set(names).intersection(sign)]


@cache
def known_exports() -> dict[str, KnownExport]:
    """Return the exports by name, those with the most signs first: they are the surest."""
    found = [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]
    return {export.name: export for export in sorted(found, key=lambda export: -len(export.signs))}


def known_schema(name: str) -> InputSchema | None:
    """Return the schema of an export, by its name or another name of it, or `generic`; None for other words."""
    if name == GENERIC.name:
        return GENERIC
    export = known_exports().get(ALIASES.get(name, name))
    return None if export is None else export.schema


def recognise(names: Sequence[str]) -> KnownExport | None:
    """Return the export that a file of these columns is, None where it is none."""
    return next((export for export in known_exports().values() if export.recognises(names)), None)


def known_names() -> list[str]:
    """Return every word that `--schema` takes beside a file."""
    return ["auto", GENERIC.name, *sorted([*known_exports(), *ALIASES])]


def _read(path: Path) -> KnownExport:
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    signs = tuple(tuple(sign) if isinstance(sign, list) else (sign,) for sign in given.pop("recognise"))
    schema = input_from(given, str(path), lambda _: None, path.stem)
    return KnownExport(replace(schema, known=True), signs)
