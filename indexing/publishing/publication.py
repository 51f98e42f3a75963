"""A publication says what of an index lies on a server: which collections, how they are searched, what was measured."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from indexing.errors import InputError
from indexing.publishing.address import Address
from indexing.publishing.server import MilvusServer, VectorField
from indexing.search.recall import CategoryRecall
from indexing.storage.records import read_record, stored_record

PROPERTY = "heroic.publication"  # of the collection that the name leads to
OWNER = "heroic.name"  # of every collection of ours: the name that it was made for
KEPT = 1  # publications kept beside the one that is read, for those who still read them


@dataclass(frozen=True)
class PublishedPart:
    """It is a collection with so many rows of a view."""

    collection: str
    rows: int


@dataclass(frozen=True)
class MeasuredRecall:
    """It keeps the recall@k of searches there, against comparing with everybody: of so many products (`sample`), with
    its standard error, and by category; None where nobody of the sample has a neighbour."""

    asked: float
    k: int
    mean: float | None
    error: float | None
    sample: int
    by_category: Mapping[str, CategoryRecall] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishedView:
    """It says how a view lies there: `parts`, the first with the rows of a whole publication, each other one with what
    changed since; how many products are seen in it (`live`); the type of its `index` and how hard it is searched (None:
    there is no choice)."""

    parts: tuple[PublishedPart, ...]
    live: int
    index: str
    dim: int | None
    effort: int | None
    recall: MeasuredRecall

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return stored_record(self)


@dataclass(frozen=True)
class Publication:
    """It is the manifest of a publication: of which index, on which server, what was left out and why, and the
    collection of the publication before it."""

    fingerprint: str
    products: int
    server: str
    created: str
    heroic_version: str
    views: Mapping[str, PublishedView]
    left_out: Mapping[str, str] = field(default_factory=dict)
    before: str | None = None

    @property
    def collections(self) -> set[str]:
        """Return the collections that it is searched in."""
        return {part.collection for view in self.views.values() for part in view.parts}

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return stored_record(self)


@dataclass(frozen=True)
class Announced:
    """It is what a name leads to: the collection, and the publication that it describes."""

    collection: str
    publication: Publication


def find_publication(server: MilvusServer, name: str) -> Announced | None:
    """Return what is published under a name, None where nothing is. Raises InputError where the name is another's."""
    described = server.describe(name)
    if described is None:
        return None
    collection, properties = described
    if collection == name or PROPERTY not in properties:
        raise InputError(f"{server.address}: the name is that of another collection: choose another --name")
    return Announced(collection, _read(properties[PROPERTY], server.address))


def _read(text: str, address: Address) -> Publication:
    where = f"{address}: what is published cannot be read"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{where} ({error}): publish the index again") from error
    return read_record(value, Publication, where=where, remedy="publish the index again")


def announce(server: MilvusServer, collection: str, publication: Publication) -> None:
    """Write a publication down and let its name lead to it: from then on readers see the new one.

    A collection that a killed run has written, but not led to, is written anew.
    """
    name = server.address.name
    found = find_publication(server, name)
    if server.describe(collection) is not None:
        server.drop(collection)
    written = replace(publication, before=None if found is None else found.collection)
    properties = {OWNER: name, PROPERTY: json.dumps(written.document(), ensure_ascii=False)}
    server.create(collection, VectorField(2), (), properties)
    server.point(name, collection, new=found is None)


def drop_older(server: MilvusServer) -> list[str]:
    """Drop the collections made for a name that neither its publication nor the one before it needs; return theirs."""
    name = server.address.name
    found = find_publication(server, name)
    needed: set[str] = set()
    for _ in range(1 + KEPT):
        if found is None:
            break
        needed |= {found.collection, *found.publication.collections}
        before = found.publication.before
        described = None if before is None else server.describe(before)
        found = None if described is None else Announced(described[0], _read(described[1][PROPERTY], server.address))
    dropped = []
    for other in sorted(set(server.collections()) - needed):
        described = server.describe(other) if other.startswith(f"{name}_") else None
        if described is not None and described[1].get(OWNER) == name:
            server.drop(other)
            dropped.append(other)
    return dropped
