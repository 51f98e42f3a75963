"""Members are the products of groups, group after group, found by id and by name."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.catalog.ids import IdLookup
from reranking.grouping.group_files import NamedGroups


@dataclass(frozen=True)
class GroupMembers:
    """They hold the `names` (g,) of groups and the `ids` (m,) of products; those of group g are places `starts[g]` to
    `starts[g + 1]`. `groups` (m,) is the group of each place."""

    names: pa.Array
    ids: pa.Array
    starts: Ints1d
    groups: Ints1d
    places: IdLookup
    numbers: IdLookup

    @classmethod
    def of(cls, groups: NamedGroups) -> "GroupMembers":
        """Put the products of a file of groups in order, those of a group in the file's."""
        coded = groups.names.dictionary_encode()
        codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        order = np.argsort(codes, kind="stable")
        ids, names = groups.ids.take(pa.array(order)), coded.dictionary
        starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
        lookups = (IdLookup.from_ids(pa.chunked_array([column])) for column in (ids, names))
        return cls(names, ids, starts, codes[order], *lookups)

    def __len__(self) -> int:
        return len(self.names)

    def size(self, group: int) -> int:
        return int(self.starts[group + 1] - self.starts[group])

    def of_group(self, group: int) -> pa.Array:
        """Return the ids of a group's products."""
        return self.ids.slice(int(self.starts[group]), self.size(group))

    def find(self, ids: pa.Array) -> Ints1d:
        """Return the place of each id, -1 where no group has it."""
        return self.places.find(ids)

    def number(self, name: str) -> int:
        """Return the number of the group of this name, -1 where there is none."""
        return int(self.numbers.find(pa.array([name], pa.large_string()))[0])
