"""Product groups are written to disk with the pairs that disagree with them, and keep their names from run to run."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from indexing.files.tables import open_table
from indexing.storage.records import OMIT, read_record, stored_record
from indexing.storage.whole_file import writing_file
from reranking.grouping.group_products import Brake, Grouping, inside
from reranking.grouping.scored_pairs import ScoredPairs
from reranking.model.scores_manifest import METADATA_KEY
from reranking.pairs.pair_files import cast_ids, id_array

REASONS = {
    Brake.NONE: "inside a group, but no match",
    Brake.AGREEMENT: "a match, but the pairs between the groups disagree",
    Brake.SIZE: "a match, but the group would be too large",
    Brake.SOURCE: "a match, but the source has an offer in the group",
    Brake.DECISION: "a match, but a decision keeps the groups apart",
}
ID, GROUP, SIZE, DISAGREEMENTS = COLUMNS = "id", "group", "size", "disagreements"
KIND = "groups"


@dataclass(frozen=True)
class GroupsManifest:
    """It keeps what a file of groups says of its making, in the metadata of its parquet schema: the index and the
    model of the scores, None where they do not say, and how groups were made; `threshold` None: by the column
    `match`. `decisions` is the number of the last event of the decisions that bound them, None without any file."""

    kind: str = KIND
    index_fingerprint: str | None = None
    model_fingerprint: str | None = None
    max_size: int = 0
    agreement: float | None = None
    threshold: float | None = None
    one_per_source: bool = False
    decisions: int | None = field(default=None, metadata=OMIT)


def read_groups_manifest(stored: object, path: Path) -> GroupsManifest:
    """Read a manifest from a JSON value. Raises InputError, in one line, for keys or values that it cannot have."""
    return read_record(stored, GroupsManifest, where=str(path), remedy="group the scores again")


def read_threshold(path: Path) -> float | None:
    """Return the threshold from which scores were matches when groups were made; None for the column `match`, and where the
    file does not say."""
    try:
        stored = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    except (OSError, pa.ArrowInvalid):  # a table of another format, which says nothing of its making
        return None
    return None if stored is None else read_groups_manifest(json.loads(stored), path).threshold


def write_groups(path: Path, pairs: ScoredPairs, grouping: Grouping, names: pa.Array, made: GroupsManifest) -> None:
    """Write one row a product: id, group, size, and `disagreements`, its pairs inside the group that are no match."""
    sizes = np.bincount(grouping.groups)[grouping.groups]
    table = pa.table(
        {
            ID: pairs.ids,
            GROUP: names,
            SIZE: pa.array(sizes, pa.int32()),
            DISAGREEMENTS: pa.array(_disagreements(pairs, grouping), pa.int32()),
        },
        metadata={METADATA_KEY: json.dumps(stored_record(made), ensure_ascii=False)},
    )
    with writing_file(path) as unfinished:
        pq.write_table(table, unfinished)


def write_disagreements(path: Path, pairs: ScoredPairs, grouping: Grouping, names: pa.Array) -> None:
    """Write one row a pair that is inside a group, but no match, or a match that was cut; the likeliest first."""
    rows = np.flatnonzero(disagreeing(pairs, grouping))
    rows = rows[np.argsort(-pairs.probabilities[rows], kind="stable")]
    left, right = pa.array(pairs.left[rows]), pa.array(pairs.right[rows])
    table = pa.table(
        {
            "left_id": pairs.ids.take(left),
            "right_id": pairs.ids.take(right),
            "score": pairs.scores[rows],
            "probability": pairs.probabilities[rows],
            "match": pairs.called[rows],
            "left_group": names.take(left),
            "right_group": names.take(right),
            "reason": pa.array([REASONS[Brake(brake)] for brake in grouping.brakes[rows]], pa.large_string()),
        }
    )
    with writing_file(path) as unfinished:
        pq.write_table(table, unfinished)


def disagreeing(pairs: ScoredPairs, grouping: Grouping) -> Bools1d:
    """Return for which pairs (p,) being called a match and being in one group disagree."""
    return np.asarray(inside(pairs, grouping) != pairs.called, dtype=bool)


def _disagreements(pairs: ScoredPairs, grouping: Grouping) -> Ints1d:
    rows = inside(pairs, grouping) & ~pairs.called
    return np.bincount(np.concatenate([pairs.left[rows], pairs.right[rows]]), minlength=len(pairs.ids))


@dataclass(frozen=True)
class NamedGroups:
    """It holds the name of each product's group, as text: `ids` (m,) and `names` (m,)."""

    ids: pa.Array
    names: pa.Array


def read_groups(path: Path) -> NamedGroups:
    """Read a file that `heroic groups` wrote. Raises InputError where it has no such columns, or a product twice."""
    file = open_table(path)
    missing = [name for name in (ID, GROUP) if name not in file.names]
    if missing:
        raise InputError(f"{path}: no column '{missing[0]}': give a file that heroic groups wrote")
    table = file.read((ID, GROUP))
    ids = id_array(table[ID], ID, path, file.first_row)
    if len(pc.unique(ids)) < len(ids):
        raise InputError(f"{path}: {len(ids) - len(pc.unique(ids))} products occur again: each has one group")
    return NamedGroups(ids, pc.cast(id_array(table[GROUP], GROUP, path, file.first_row), pa.large_string()))


def name_groups(ids: pa.Array, groups: Ints1d, previous: NamedGroups | None, path: Path) -> pa.Array:
    """Return the name (n,) of each product's group; `ids` rise.

    A group keeps the previous name that most of its products had; of several groups the one with most of them has it.
    Any other is named by its smallest id that is no name yet. `path` is of the previous names, for errors.
    """
    kept = {} if previous is None else _kept(ids, groups, previous, path)
    names = dict(kept)
    taken = set(kept.values())
    texts = pc.cast(ids, pa.large_string()).to_pylist()
    order = np.argsort(groups, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        group = int(groups[members[0]])
        if group not in names:
            names[group] = _free([texts[member] for member in members], taken)
            taken.add(names[group])
    return pa.array([names[group] for group in groups.tolist()], pa.large_string())


def _free(members: list[str], taken: set[str]) -> str:
    """Return the first member that is no name yet, else the first with a number behind."""
    free = next((member for member in members if member not in taken), None)
    number = 2
    while free is None:
        numbered = f"{members[0]}~{number}"
        free, number = None if numbered in taken else numbered, number + 1
    return free


def _kept(ids: pa.Array, groups: Ints1d, previous: NamedGroups, path: Path) -> dict[int, str]:
    """Return the previous name of each group that keeps one."""
    places = pc.index_in(ids, cast_ids(previous.ids, ids.type, path))
    known = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
    olds = previous.names.take(places.drop_null())
    shared: dict[tuple[int, str], int] = {}
    for group, old in zip(groups[known].tolist(), olds.to_pylist(), strict=True):
        shared[group, old] = shared.get((group, old), 0) + 1
    kept: dict[int, str] = {}
    used: set[str] = set()
    for (group, old), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0][1], item[0][0])):
        if group not in kept and old not in used:
            kept[group] = old
            used.add(old)
    return kept
