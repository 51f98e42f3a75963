"""What each stage of a build in parts takes, as formulas of the catalogue: memory of a process, bytes that move, operations.

The formulas count what the code holds: where it copies an array, both stand there. docs/scale.md explains them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

BLOCK = 16_384  # rows that are looked up or hashed at once
TASK_ROWS, RANGES = 1 << 20, 64
ADDED_ROWS = 65_536
WINDOWS, WINDOW_ROWS, WINDOW_COSINES = 32, 1 << 20, 1 << 25
TILE_BYTES = 1024 * 4096 * 10
SPARE, LEAST_ROOM = 4, 32
COPIED_ROWS, MERGED_ROWS, SHARD_ROWS = 1 << 20, 65_536, 65_536
SELECTING = 1.45  # the time of a tile over that of its product alone


@dataclass(frozen=True)
class Catalogue:
    """It is what a view is built of: `rows` products, `share` of whose rows are distinct, of `dim` dimensions; `text` bytes are read
    of each. A join goes through `lists`, of which each row looks at `probes`, and keeps `kept` neighbours; a window touches the
    share `touched` of all rows, and has `window_rows` at most; `encode_ms` is what a product takes an encoder on one processor. The engine
    of queries holds codes of product quantisation, or whole vectors where it is `flat`."""

    rows: int
    dim: int
    lists: int
    probes: int
    kept: int = 60
    share: float = 1.0
    text: int = 200
    touched: float = 0.5
    window_rows: int = WINDOW_ROWS
    encode_ms: float = 0.05
    flat: bool = False

    @property
    def code_bytes(self) -> int:
        """Return what the engine of queries holds of a product, its number included."""
        return (self.dim * 4 if self.flat else self.dim // 4) + 8

    @property
    def units(self) -> int:
        """Return how many distinct rows there are."""
        return int(self.rows * self.share)

    @property
    def windows(self) -> int:
        """Return into how many windows the join is divided."""
        worthwhile = max(int(self.units**2 * self.probes / self.lists) // WINDOW_COSINES, 1)
        return max(min(WINDOWS, worthwhile), ceil(self.units / self.window_rows))

    @property
    def task_rows(self) -> int:
        """Return how many rows a task of the plan goes through."""
        return max(ceil(min(ceil(self.rows / RANGES), TASK_ROWS) / BLOCK), 1) * BLOCK


@dataclass(frozen=True)
class StageCost:
    """It is what one stage takes: bytes that a process holds besides what it begins with, bytes read and written by all together,
    and operations: multiplications, and seconds of a processor for what is none. `alone` is a stage of the command."""

    name: str
    held: float
    read: float
    written: float
    multiplications: float = 0.0
    seconds: float = 0.0
    alone: bool = False


def stages_of(view: Catalogue, *, encoded: bool = True) -> Iterator[StageCost]:
    """Yield the stages of a dense view, in their order."""
    if encoded:
        yield from _encoding(view)
    yield from _engine(view)
    yield from _units(view)
    yield from _plan(view)
    yield from _join(view)


def _encoding(view: Catalogue) -> Iterator[StageCost]:
    n, row = view.rows, view.dim * 4
    bucket = min(n, TASK_ROWS)
    yield StageCost("hash_contents", 80 * view.task_rows, view.text * n, 40 * n, seconds=1e-6 * n)
    yield StageCost("group_contents", 96 * bucket, 24 * n, 16 * n, seconds=1e-6 * n)
    yield StageCost("first_range", 24 * view.task_rows, 16 * n, 8 * n)
    yield StageCost("contents (command)", 24 * COPIED_ROWS, 24 * n, 24 * n, alone=True)
    part = min(n, SHARD_ROWS)
    yield StageCost(
        "encode_range", 3 * part * row + 10 * view.text * part, view.text * n, row * n, seconds=view.encode_ms / 1e3 * n
    )
    yield StageCost("finish_shard", 2 * part * row, row * n, row * n)


def _engine(view: Catalogue) -> Iterator[StageCost]:
    """Yield what the engine of queries takes, whose lists grow by doubling."""
    n, trained, codes = view.rows, min(view.rows, 64 * view.lists), view.code_bytes
    part = ADDED_ROWS * view.dim * 4
    yield StageCost("see_range", part + 8 * view.task_rows, 4 * view.dim * n, 8 * n)
    yield StageCost(
        "fill_range",
        part + 1.5 * view.task_rows * codes,
        4 * view.dim * n,
        n * codes,
        multiplications=n * view.lists * view.dim,
    )
    held = 1.5 * n * codes + trained * view.dim * 8
    trained_in = 8 * trained * view.lists * view.dim
    yield StageCost("engine (command)", held, n * codes, n * codes, multiplications=trained_in, alone=True)


def _units(view: Catalogue) -> Iterator[StageCost]:
    n, u, row = view.rows, view.units, view.dim * 4
    bucket = min(n, TASK_ROWS)
    hashing = 8192 * view.dim * 8 + BLOCK * row
    yield StageCost("hash_range", hashing + 56 * view.task_rows, row * n, 16 * n, seconds=1e-9 * view.dim * n)
    yield StageCost("group_bucket", 96 * bucket, 16 * n, 8 * n + 16 * u, seconds=1e-6 * n)
    yield StageCost("number_range", 72 * view.task_rows, 8 * n + 16 * u, 8 * n + 8 * u)
    yield StageCost("units (command)", 16 * COPIED_ROWS, 8 * n + 8 * u, 8 * n + 8 * u, alone=True)


def _plan(view: Catalogue) -> Iterator[StageCost]:
    n, u, row, p, part = view.rows, view.units, view.dim * 4, view.probes, view.task_rows
    held = 2 * BLOCK * row + view.lists * row + part * (8 * p + 12) + BLOCK * 16 * p
    yield StageCost("look_range", held, row * u, (4 * p + 4) * u, multiplications=u * view.lists * view.dim)
    yield StageCost("place_range", part * 48, 8 * u + 8 * n + 4 * p * u, 8 * u + 12 * n)
    ordering = part * (24 + 26 * p) + BLOCK * row
    yield StageCost("order_lists", ordering, (row + 4 * p) * u, (row + 8 * p + 8) * u)
    yield StageCost("visit_lists", 28 * part * (p - 1), 4 * (p - 1) * u, 4 * (p - 1) * u)
    whole = (16 + 4 * p + 4 * (p - 1)) * u + 4 * n
    yield StageCost("plan (command)", 4 * p * COPIED_ROWS, whole + 8 * n, whole, alone=True)


def _join(view: Catalogue) -> Iterator[StageCost]:
    u, row, keep = view.units, view.dim * 4, view.kept + 1 + SPARE
    inside = u / view.windows
    lists = inside * (8 * (keep + max(LEAST_ROOM, keep // 2)) + 8)
    found = inside * 12 * view.kept * 2
    compared = u * (u / view.lists) * view.probes
    yield StageCost(
        "join_window",
        lists + found + 2 * TILE_BYTES,
        view.windows * view.touched * u * row,
        (12 * view.kept + 8) * view.rows,
        multiplications=2 * compared * view.dim * SELECTING,
        seconds=u * keep * view.dim * 1e-9,
    )
    moved = (12 * view.kept + 8) * view.rows
    yield StageCost("merge (command)", 40 * view.kept * MERGED_ROWS, moved, 12 * view.kept * view.rows, alone=True)
    passes = 4  # over all rows: samples of a thousand are compared with them, to choose a join and an engine, and to measure both
    yield StageCost(
        "compare_range",
        1000 * 8192 * 13 + 8192 * row,
        passes * row * view.rows,
        0,
        multiplications=passes * 1000 * view.rows * view.dim,
    )
