"""Equal keys of very many products are found by many tasks: each deals the keys of a range of products to buckets, then each
bucket is looked through by one task, so that nobody holds all keys."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Bools1d, Ints1d
from indexing.running.parts import PartFolder, put_array, read_array
from indexing.running.tasks import Task

BUCKET_ROWS = 1 << 20  # that a bucket has, about
Keys = npt.NDArray[np.uint64]  # (m, w): the first words are even over all 64 bits, as hashes are


@dataclass(frozen=True)
class Buckets:
    """They are `count` buckets of the keys of `ranges` of products, kept in `parts`."""

    parts: PartFolder
    ranges: int
    count: int

    def tasks(self) -> list[Task]:
        """Return a task for each bucket."""
        return [Task(number, number, number + 1, f"bucket {number} of {self.count}") for number in range(self.count)]

    def put(self, number: int, keys: Keys, products: Ints1d) -> None:
        """Deal the keys (m, w) of a range of products (m,), ascending, to the buckets."""
        bucket = _bucket_of(keys[:, 0], self.count)
        order = np.argsort(bucket, kind="stable")
        put_array(self.parts, f"key_{number:05d}.npy", keys[order])
        put_array(self.parts, f"keyed_{number:05d}.npy", products[order])
        starts = np.searchsorted(bucket[order], np.arange(self.count + 1))
        put_array(self.parts, keyed_name(number), starts)

    def take(self, bucket: int) -> tuple[Keys, Ints1d]:
        """Return the keys of a bucket in their order, and their products: those of one key ascending."""
        found: list[tuple[Keys, Ints1d]] = []
        for number in range(self.ranges):
            start, stop = read_array(self.parts, keyed_name(number))[bucket : bucket + 2].tolist()
            names = (f"key_{number:05d}.npy", f"keyed_{number:05d}.npy")
            found.append(tuple(np.array(read_array(self.parts, name)[start:stop]) for name in names))  # type: ignore[arg-type]
        keys, products = (np.concatenate(columns) for columns in zip(*found, strict=True))
        order = np.lexsort([*keys.T[::-1]])  # stable: the products of a key stay in their order
        return keys[order], products[order]


def buckets_for(parts: PartFolder, size: int, ranges: int) -> Buckets:
    """Return buckets for the keys of so many products."""
    return Buckets(parts, ranges, max(-(-size // BUCKET_ROWS), 1))


def keyed_name(number: int) -> str:
    """Return the name of the part of a range that is written last."""
    return f"keyed_{number:05d}_starts.npy"


def heads_of(keys: Keys) -> Bools1d:
    """Return which of sorted keys (m, w) are the first of theirs."""
    new = np.ones(len(keys), dtype=bool)
    new[1:] = np.any(keys[1:] != keys[:-1], axis=1)
    return new


def put_firsts(parts: PartFolder, bucket: int, products: Ints1d, firsts: Ints1d) -> None:
    """Keep for products (m,) of a bucket the first one of each one's key."""
    order = np.argsort(products, kind="stable")
    put_array(parts, f"grouped_{bucket:05d}.npy", products[order])
    put_array(parts, firsts_name(bucket), firsts[order])


def firsts_name(bucket: int) -> str:
    """Return the name of the part of a bucket that is written last."""
    return f"firsts_{bucket:05d}.npy"


def firsts_of_range(parts: PartFolder, buckets: int, first: int, last: int) -> Ints1d:
    """Return for the products first to last the first one of each one's key, from the parts of all buckets."""
    found = np.arange(first, last)
    for bucket in range(buckets):
        products = read_array(parts, f"grouped_{bucket:05d}.npy")
        a, b = np.searchsorted(products, [first, last])
        found[products[a:b] - first] = read_array(parts, firsts_name(bucket))[a:b]
    return found


def _bucket_of(words: npt.NDArray[np.uint64], count: int) -> Ints1d:
    """Return the bucket of each key by the highest 32 bits of its first word: buckets are in the order of keys."""
    return np.asarray(((words >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32), dtype=np.int64)
