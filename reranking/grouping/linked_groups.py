"""Groups are read with the scored pairs inside them, their links, of which the weakest is the one that a group hangs on."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from reranking.grouping.group_files import NamedGroups
from reranking.grouping.members import GroupMembers
from reranking.grouping.scored_pairs import ScoredBlock
from reranking.pairs.product_groups import product_groups


@dataclass(frozen=True)
class Links:
    """They are scored pairs (p,) of members by place, the likeliest first within a group; those of group g are rows `starts[g]` to
    `starts[g + 1]`. `called` says which are matches."""

    starts: Ints1d
    left: Ints1d
    right: Ints1d
    scores: Floats1d
    probabilities: Floats1d
    called: Bools1d

    @classmethod
    def of(cls, groups: Ints1d, count: int, pairs: "_Pairs") -> "Links":
        """Sort pairs by the groups (p,) that they are shown with, of which there are `count`."""
        order = np.lexsort([pairs.right, pairs.left, -pairs.scores, -pairs.probabilities, groups])
        starts = np.searchsorted(groups[order], np.arange(count + 1))
        columns = pairs.left, pairs.right, pairs.scores, pairs.probabilities, pairs.called
        return cls(starts, *(column[order] for column in columns))  # type: ignore[arg-type]

    def rows(self, group: int) -> slice:
        return slice(int(self.starts[group]), int(self.starts[group + 1]))


@dataclass(frozen=True)
class LinkedGroups:
    """They are groups with what ties them.

    `links` are the pairs inside groups, and `cut` the matches between groups, each in both directions: the left product is in
    the group that it is shown with. `weakest` (g,) is the row of each group's weakest link, -1 where it has none: of the
    matches that tie the group, the likeliest that still tie all of it, the least likely one. `parts` (g,) counts what matches
    tie: 1, but for groups that something else keeps together.
    """

    members: GroupMembers
    links: Links
    cut: Links
    weakest: Ints1d
    parts: Ints1d

    def weakest_probabilities(self) -> Floats1d:
        """Return the probability (g,) of each group's weakest link, NaN where there is none."""
        found = np.full(len(self.weakest), np.nan)
        known = self.weakest >= 0
        found[known] = self.links.probabilities[self.weakest[known]]
        return found

    def disagreements(self, group: int) -> int:
        """Return how many links of a group are no match."""
        return int((~self.links.called[self.links.rows(group)]).sum())

    def sides(self, group: int) -> tuple[Ints1d, Ints1d]:
        """Return the places of the members on both sides of the weakest link, the smaller side first: what likelier matches
        tie to either of its products. A group without one has no sides."""
        if self.weakest[group] < 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        weakest, first = int(self.weakest[group]), int(self.members.starts[group])
        before = np.arange(self.links.rows(group).start, weakest)
        before = before[self.links.called[before]]
        count = self.members.size(group)
        left, right = self.links.left[before] - first, self.links.right[before] - first
        tied = product_groups(left, right, None, count, by="pairs")
        ends = (tied[self.links.left[weakest] - first], tied[self.links.right[weakest] - first])
        one, other = sorted((first + np.flatnonzero(tied == end) for end in sorted(ends)), key=len)
        return one, other


@dataclass(frozen=True)
class _Pairs:
    """They are scored pairs (p,) of members by place."""

    left: Ints1d
    right: Ints1d
    scores: Floats1d
    probabilities: Floats1d
    called: Bools1d

    def take(self, rows: Ints1d | Bools1d) -> "_Pairs":
        return _Pairs(self.left[rows], self.right[rows], self.scores[rows], self.probabilities[rows], self.called[rows])


def link_groups(groups: NamedGroups, blocks: Iterable[ScoredBlock], path: Path) -> LinkedGroups:
    """Read the pairs of groups, of which only those are held that are inside a group, or a match between two.

    `path` is of the pairs, for errors. Raises InputError for pairs that occur again.
    """
    members = GroupMembers.of(groups)
    parts = [_read(members, block) for block in blocks]
    pairs = _joined(parts)
    own, other = members.groups[pairs.left], members.groups[pairs.right]
    inner = own == other
    links = Links.of(own[inner], len(members), pairs.take(inner))
    _refuse_repeats(members, pairs, path)
    crossing = pairs.take(~inner)
    turned = _Pairs(crossing.right, crossing.left, crossing.scores, crossing.probabilities, crossing.called)
    both = _joined([crossing, turned])
    cut = Links.of(members.groups[both.left], len(members), both)
    tree = _spanning_rows(links, len(members.ids))
    weakest = np.full(len(members), -1, dtype=np.int64)
    tied = members.groups[links.left[tree]]
    np.maximum.at(weakest, tied, tree)  # rows of a group stand by falling probability
    counted = np.diff(members.starts) - np.bincount(tied, minlength=len(members))
    return LinkedGroups(members, links, cut, weakest, counted)


def _read(members: GroupMembers, block: ScoredBlock) -> _Pairs:
    left, right = (members.find(ids) for ids in (block.left, block.right))
    known = (left >= 0) & (right >= 0)
    rows = np.flatnonzero(known & (block.called | (members.groups[left] == members.groups[right])))
    return _Pairs(left, right, block.scores, block.probabilities, block.called).take(rows)


def _joined(parts: list[_Pairs]) -> _Pairs:
    nothing = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
    empty = _Pairs(nothing[0], nothing[0], nothing[1], nothing[1], nothing[2])
    names = ("left", "right", "scores", "probabilities", "called")
    columns = {name: np.concatenate([getattr(part, name) for part in (empty, *parts)]) for name in names}
    return _Pairs(**columns)


def _refuse_repeats(members: GroupMembers, pairs: _Pairs, path: Path) -> None:
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    keys, counts = np.unique(low * len(members.ids) + high, return_counts=True)
    again = np.flatnonzero(counts > 1)
    if len(again):
        left, right = (members.ids[int(place)].as_py() for place in divmod(int(keys[again[0]]), len(members.ids)))
        raise InputError(f"{path}: the pair {left!r} and {right!r} occurs again: give the scores that were grouped")


def _spanning_rows(links: Links, count: int) -> Ints1d:
    """Return the rows of a spanning tree of each group, or of each of its parts, over the likeliest matches."""
    rows = np.flatnonzero(links.called)
    edges = coo_array((rows + 1.0, (links.left[rows], links.right[rows])), shape=(count, count))
    return np.asarray(minimum_spanning_tree(edges.tocsr()).data, dtype=np.int64) - 1
