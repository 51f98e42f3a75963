"""Bags of tokens say which tokens each product has, how rare they are in the catalogue, and what two products share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from indexing.arrays import Floats1d, Ints1d
from reranking.signals.texts.sparse_rows import ratio, row_maxima, row_sums
from reranking.signals.texts.worlds import MovedCounts, ReadTokens, Worlds

BUCKET_BITS = 22
BUCKETS = 1 << BUCKET_BITS  # two different words of a pair meet in one bucket once in millions of pairs

Rows = npt.NDArray[np.int32]
Counts = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Occurrences:
    """It places tokens of a block of products: token i stands in product `rows[i]`, column `columns[i]`; int64, (t,).

    A token's column is its bucket, or group << BUCKET_BITS | bucket where tokens belong to groups of their own
    (dimensions, attribute keys), so that the columns of a group stand together. There are at most BUCKETS groups.
    """

    rows: Ints1d
    columns: Ints1d

    @classmethod
    def of_tokens(cls, products: Sequence[Collection[str]]) -> "Occurrences":
        """Place a few tokens, without blanks in them, for each product."""
        lengths = np.fromiter(map(len, products), dtype=np.int64, count=len(products))
        blob = " ".join([" ".join(tokens) for tokens in products if tokens]).encode("utf-8", "surrogatepass")
        hashes = np.fromiter(map(crc32, blob.split(b" ") if blob else []), dtype=np.int64)
        return cls(np.repeat(np.arange(len(products)), lengths), hashes & (BUCKETS - 1))


def bucket_of(token: str) -> int:
    """Return the bucket of a token: a hash that is the same in every run."""
    return crc32(token.encode("utf-8", "surrogatepass")) & (BUCKETS - 1)


@dataclass(frozen=True)
class Bags:
    """Bags hold each product's distinct tokens, weighed by their inverse document frequencies.

    `matrix` is CSR (m, groups * BUCKETS) float32, sorted. `sizes`, `weights` and `squares` (m,) are the number of
    tokens and the sums of their weights and squared weights.
    """

    matrix: csr_array
    sizes: Floats1d
    weights: Floats1d
    squares: Floats1d

    @classmethod
    def of_matrix(cls, matrix: csr_array) -> "Bags":
        data = matrix.data.astype(np.float64)
        sums = (row_sums(matrix.indptr, data), row_sums(matrix.indptr, data**2))
        return cls(matrix, np.diff(matrix.indptr).astype(np.float64), *sums)

    def take(self, rows: Rows) -> csr_array:
        """Return the rows asked for, (p, BUCKETS)."""
        taken = self.matrix[rows]
        taken.has_canonical_format = True  # spares a check of what is true by construction
        return taken

    def shared(self, left: Rows, right: Rows) -> csr_array:
        """Return the tokens on both sides (p, BUCKETS) with their squared weights."""
        return self.take(left).multiply(self.take(right))

    def compare(self, left: Rows, right: Rows) -> "Compared":
        """Return what two sides of pairs of rows (p,) share and do not."""
        ours, theirs = self.take(left), self.take(right)
        return Compared(left, right, ours - theirs, ours.multiply(theirs))

    def cosines(self, left: Rows, right: Rows) -> Floats1d:
        """Return the cosines of the weighted bags (p,), NaN where either is empty."""
        return self.cosine(left, right, self.shared(left, right))

    def cosine(self, left: Rows, right: Rows, shared: csr_array) -> Floats1d:
        """Return the same cosines, from what `shared` returned."""
        lengths = np.sqrt(self.squares[left] * self.squares[right])
        return ratio(row_sums(shared.indptr, shared.data), lengths)

    def shared_weights(self, rows: Rows, others: "Bags", other_rows: Rows) -> Floats1d:
        """Sum the weights, in these bags, of the tokens that the other bags of each pair hold too (p,)."""
        shared = self.take(rows).multiply(others.take(other_rows).sign())
        return row_sums(shared.indptr, shared.data)

    def has_tokens(self) -> bool:
        """Return whether any product has a token."""
        return bool(self.matrix.nnz > 0)


@dataclass(frozen=True)
class Compared:
    """It holds pairs of rows `left`, `right` (p,) of bags with the `difference` (p, BUCKETS) of their weights, from which tokens
    of both sides are gone, and the squared weights of these, `shared` (p, BUCKETS)."""

    left: Rows
    right: Rows
    difference: csr_array
    shared: csr_array

    def take(self, pairs: Ints1d) -> "Compared":
        """Return those of some of the pairs."""
        return Compared(self.left[pairs], self.right[pairs], self.difference[pairs], self.shared[pairs])


@dataclass
class BagsBuilder:
    """A builder counts tokens over all blocks of a catalogue and keeps the rows of the prepared products.

    `groups` bounds the group numbers of its columns. Counts are of buckets whatever the group. With `worlds` nothing is
    counted any more: what is added are rows that are weighed each in its world.
    """

    groups: int = 1
    products_seen: int = 0
    counts: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(BUCKETS, dtype=np.int32))
    columns: list[npt.NDArray[np.integer]] = field(default_factory=list)
    lengths: list[Ints1d] = field(default_factory=list)
    worlds: Worlds | None = None

    def in_worlds(self, worlds: Worlds) -> "BagsBuilder":
        """Return a builder of other rows, which weighs them by what this one has counted, each in its world."""
        return BagsBuilder(self.groups, self.products_seen, self.counts, worlds=worlds)

    @property
    def column_type(self) -> type[np.integer]:
        return np.int32 if self.groups * BUCKETS < 2**31 else np.int64

    @property
    def _column_bits(self) -> int:
        """What a column takes of a key, whose other bits are its row: a block may have 2**19 rows of the most groups."""
        return (self.groups * BUCKETS - 1).bit_length()

    def add(self, tokens: Occurrences, n_products: int, prepared: Ints1d) -> None:
        """Take the tokens of the next block of n_products; `prepared` are the rows to keep, sorted."""
        bits = self._column_bits
        keys = _distinct(tokens.rows << bits | tokens.columns)
        rows, columns = keys >> bits, keys & ((1 << bits) - 1)
        if self.worlds is None:
            np.add.at(self.counts, columns & (BUCKETS - 1), 1)
            self.products_seen += n_products
        kept = np.zeros(n_products, dtype=np.bool_)
        kept[prepared] = True
        self.columns.append(columns[kept[rows]].astype(self.column_type))
        self.lengths.append(np.bincount(rows, minlength=n_products)[prepared])

    def build(self, *, max_share: float = 1.0) -> Bags:
        """Build the bags of the prepared products, without tokens that more than max_share of all products have."""
        read, worlds = self._read(), self.worlds
        if worlds is None:
            return self._bags(read, self._counts(read), self.products_seen, max_share)
        tokens = read.take(worlds.rows)
        keys = np.repeat(worlds.world, tokens.lengths) * BUCKETS + (tokens.columns & (BUCKETS - 1))
        counts = self._counts(tokens) + worlds.moved(read, BUCKETS).of(keys)
        return self._bags(tokens, counts, np.repeat(worlds.sizes(self.products_seen), tokens.lengths), max_share)

    def moved(self) -> MovedCounts:
        """Return by how much what was counted is more in each world."""
        assert self.worlds is not None
        return self.worlds.moved(self._read(), BUCKETS)

    def _counts(self, tokens: ReadTokens) -> Counts:
        counts: Counts = self.counts[tokens.columns & (BUCKETS - 1)]
        return counts

    def _bags(self, tokens: ReadTokens, counts: Counts, seen: Ints1d | int, max_share: float) -> Bags:
        """Weigh tokens (t,), each of which so many of the products `seen` have; those that too many have are left out."""
        columns, lengths = tokens.columns, tokens.lengths
        weights = inverse_frequencies(counts, seen)
        if max_share < 1:
            rows = np.repeat(np.arange(len(lengths)), lengths)
            rare = counts <= np.maximum(max_share * np.asarray(seen), 2)
            columns, weights = columns[rare], weights[rare]
            lengths = np.bincount(rows[rare], minlength=len(lengths))
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(self.column_type)
        return Bags.of_matrix(csr_array((weights, columns, indptr), shape=(len(lengths), self.groups * BUCKETS)))

    def _read(self) -> ReadTokens:
        columns = np.concatenate([np.zeros(0, dtype=self.column_type), *self.columns])
        return ReadTokens(columns, np.concatenate([np.zeros(0, dtype=np.int64), *self.lengths]))


def inverse_frequencies(counts: Counts, seen: Ints1d | int) -> npt.NDArray[np.float32]:
    """Weigh tokens (t,) that so many of the products `seen` have as ln((1 + n) / (1 + products with the token)) + 1, as
    scikit-learn smooths it.

    The weights are rounded to 1/1024, so that sums of them are exact: in any order, and down to zero.
    """
    exact = np.log((1 + np.asarray(seen)) / (1 + counts.astype(np.float64))) + 1
    weights: npt.NDArray[np.float32] = (np.round(exact * 1024) / 1024).astype(np.float32)
    return weights


def _distinct(keys: Ints1d) -> Ints1d:
    """Return each key once, rising. Sorting is several times faster here than the hashing of np.unique."""
    ordered: Ints1d = np.sort(keys)
    distinct: Ints1d = ordered[np.diff(ordered, prepend=-1) != 0]
    return distinct


@dataclass(frozen=True)
class Overlap:
    """It says what two bags share, for pairs (p,): the weights of tokens on the left only, right only, and on both.

    Sums are 0 and `rarest_*` NaN where there is no such token. Weights are inverse document frequencies.
    """

    left_only: Floats1d
    right_only: Floats1d
    shared: Floats1d
    left_only_weight: Floats1d
    right_only_weight: Floats1d
    shared_weight: Floats1d
    rarest_shared: Floats1d
    rarest_left_only: Floats1d
    rarest_right_only: Floats1d
    cosine: Floats1d

    @classmethod
    def of(cls, bags: Bags, compared: Compared) -> "Overlap":
        """Look at the difference of the bags, which tells all but the rarest shared: others keep their sign."""
        left, right, difference, shared = compared.left, compared.right, compared.difference, compared.shared
        indptr, data = difference.indptr, difference.data.astype(np.float64)
        on_left = data > 0
        left_only = row_sums(indptr, on_left.astype(np.float64))
        left_weight = row_sums(indptr, np.where(on_left, data, 0.0))
        right_weight = left_weight - row_sums(indptr, data)
        squares = bags.squares[left] + bags.squares[right]
        highest = row_maxima(indptr, data)
        lowest = row_maxima(indptr, -data)
        return cls(
            left_only,
            np.diff(indptr) - left_only,
            bags.sizes[left] - left_only,
            left_weight,
            right_weight,
            bags.weights[left] - left_weight,
            np.sqrt(row_maxima(shared.indptr, shared.data)),
            np.where(highest > 0, highest, np.nan),
            np.where(lowest > 0, lowest, np.nan),
            ratio(squares - row_sums(indptr, data**2), 2 * np.sqrt(bags.squares[left] * bags.squares[right])),
        )
