"""A view's plan says which index it gets and how it is joined, from size, dimension, memory, device and asked recall;
and what that will take. The figures behind it are in docs/index.md."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from indexing.errors import InputError
from indexing.join.plan import TILE_BYTES
from indexing.join.window_join import BYTES_A_UNIT, JoinRoom, list_bytes
from indexing.machine.memory import human
from indexing.machine.threads import one_blas_thread, thread_count
from indexing.search.near_lists import lists_for

AFFORDABLE = 3e13  # multiplications of an exact self-join: some six minutes on two cores
ADDED_ROWS = 65_536  # rows that an engine is given at once
FIXED_BYTES = 600 * 2**20  # for Python, the libraries, what is read of the catalogue
LINK_BYTES = 2 * 32 * 4 + 60  # what the links of a product take in a graph of 32, twice as many on the lowest level
PROBED = 24  # near lists that each row looks at in a join, for a recall of 0.95
NEAR_SHARE = 1 / 24  # of all products, that a search through an engine looks at for a recall of 0.95
SELECTING = 1.45  # the exact join's time over that of its products alone,
SELECTING_NEAR = 2.4  # and that of one through near lists, of whose cosines far more come above a floor
GRAPH_S = 4e-7  # seconds a product and dimension to put it into a graph, on one thread


@dataclass(frozen=True)
class Ask:
    """It says what is asked of an index: `memory` in bytes; `index` is auto or a factory string; `purpose` is join or
    queries."""

    index: str = "auto"
    join: str = "auto"
    purpose: str = "join"
    memory: int = 2**33
    recall: float = 0.95
    device: str = "cpu"
    k: int = 60
    threads: int = field(default_factory=thread_count)


@dataclass(frozen=True)
class ViewPlan:
    """It names a view's engine and join, and what they will take: bytes of memory and disk, seconds of each stage."""

    view: str
    factory: str
    join: str
    why: str
    memory: int
    disk: int
    seconds: Mapping[str, float]

    def line(self) -> str:
        """Return the plan as a line for people."""
        took = ", ".join(f"{stage} {duration(s)}" for stage, s in self.seconds.items())
        return (
            f"{self.view}: {self.factory}, joined {JOINED[self.join]} ({self.why}); memory {human(self.memory)}, "
            f"disk {human(self.disk)}, about {took}"
        )


JOINED = {
    "exact": "exactly",
    "lists": "through near lists, cosines exact",
    "category": "exactly within a category and through near lists between them",
    "engine": "through the engine, cosines exact",
}


def plan_view(view: str, products: int, dim: int, ask: Ask, *, rate: float | None = None) -> ViewPlan:
    """Plan one view. `rate` is how many multiplications a second one thread does, measured now when not given.

    Raises InputError for what does not fit the memory, with what would.
    """
    affordable = products**2 / 2 * dim <= AFFORDABLE or ask.recall >= 1
    if ask.index == "auto":
        factory, why = _choose(products, dim, ask, affordable)
    else:
        factory, why = ask.index, "as asked"
        _refuse_too_large(factory, products, dim, ask)
    join = _join_of(factory, ask, affordable)
    memory = max(engine_bytes(factory, products, dim), join_bytes(products, dim, ask)) + FIXED_BYTES
    disk = products * (dim * 4 + ask.k * 12) + stored_bytes(factory, products, dim)
    if join != "engine" and _room(products, dim, ask).in_file:
        disk += products * dim * 4  # while it is joined
    seconds = _seconds(factory, join, products, dim, ask, rate or products_per_s())
    return ViewPlan(view, factory, join, why, memory, disk, seconds)


def stored_bytes(factory: str, products: int, dim: int) -> int:
    """Return how many bytes an engine holds of the products; for a factory string that is not known here, as many as
    Flat."""
    if "HNSW" in factory:
        return products * (dim * 4 + LINK_BYTES)
    if "SQ8" in factory:
        return products * (dim + 8)
    if "SQfp16" in factory:
        return products * (2 * dim + 8)
    if "PQ" in factory:
        codes = factory.rpartition("PQ")[2].partition("x")[0].partition("_")[0].rstrip("nfsr")
        return products * ((int(codes) if codes.isdigit() else dim) + 8)
    return products * dim * 4 + (products * 8 if factory.startswith("IVF") else 0)


def engine_bytes(factory: str, products: int, dim: int) -> int:
    """Return the most memory while an engine is made: what it holds (its lists grow by doubling), what it is trained
    on."""
    held = stored_bytes(factory, products, dim)
    if factory == "Flat":
        return held + min(products, ADDED_ROWS) * dim * 4
    trained = min(products, max(64 * _lists_in(factory), 16_384)) * dim * 8
    return int(held * 1.5) + trained + min(products, ADDED_ROWS) * dim * 4


def join_bytes(products: int, dim: int, ask: Ask) -> int:
    """Return the memory of the self-join: it takes a window of rows at a time, as many as the rest of the budget
    holds."""
    budget, room = join_budget(ask), _room(products, dim, ask)
    copied = 0 if room.in_file else products * dim * 4
    lists = products * (list_bytes(ask.k) + BYTES_A_UNIT) + _probing_bytes(products)
    lists += products * ask.k * 12  # pages of the files that are written
    tiles = (ask.threads + 1) * TILE_BYTES
    return max(min(copied + lists + tiles, budget), tiles)


def join_budget(ask: Ask) -> int:
    """Return how many bytes of the memory the join may hold."""
    return max(ask.memory - FIXED_BYTES, 0)


def products_per_s(dim: int = 256) -> float:
    """Measure how many multiplications a second one thread does here: a tile of cosines is timed."""
    rows, columns = np.ones((512, dim), dtype=np.float32), np.ones((2048, dim), dtype=np.float32)
    taken = []
    with one_blas_thread():
        for _ in range(3):
            begun = time.perf_counter()
            rows @ columns.T
            taken.append(time.perf_counter() - begun)
    return rows.size * len(columns) / max(min(taken), 1e-9)


def more_exact(factory: str, products: int) -> str | None:
    """Return the next more exact engine, None for the last."""
    lists = f"IVF{_lists_in(factory) or lists_for(products)}"
    ladder = [f"{lists},PQ", f"{lists},SQ8", f"{lists},Flat", "Flat"]
    if "HNSW" in factory:
        return "Flat"
    place = next((number for number, name in enumerate(ladder) if factory.startswith(name)), 3)
    return ladder[place + 1] if place < 3 else None


def _choose(products: int, dim: int, ask: Ask, affordable: bool) -> tuple[str, str]:
    budget = ask.memory - FIXED_BYTES
    lists = lists_for(products)
    choices = [(f"IVF{lists},Flat", "too many for an exact join"), (f"IVF{lists},SQ8", "vectors do not fit the memory"),
               (f"IVF{lists},PQ{_codes(dim)}", "even bytes do not fit the memory")]  # fmt: skip
    if affordable:
        choices.insert(0, ("Flat", "an exact join is affordable"))
    if ask.purpose == "queries" and ask.device == "cpu":
        choices.insert(0, ("HNSW32", "queries come one at a time"))
    for factory, why in choices:
        if engine_bytes(factory, products, dim) <= budget:
            return factory, why
    smallest = min((factory for factory, _ in choices), key=lambda factory: engine_bytes(factory, products, dim))
    least = engine_bytes(smallest, products, dim) + FIXED_BYTES
    raise InputError(
        f"--memory {human(ask.memory)}: {products:,} products of {dim} dimensions need at least {human(least)}, "
        f"as {smallest}: give --memory {whole_gib(least)}, or an encoder of fewer dimensions"
    )


def _refuse_too_large(factory: str, products: int, dim: int, ask: Ask) -> None:
    needed = engine_bytes(factory, products, dim) + FIXED_BYTES
    if needed <= ask.memory:
        return
    try:
        other, _ = _choose(products, dim, ask, affordable=True)
        instead = f", or --index {other}"
    except InputError:
        instead = ""
    raise InputError(
        f"--index {factory}: needs {human(needed)} for {products:,} products of {dim} dimensions, --memory allows "
        f"{human(ask.memory)}: give --memory {whole_gib(needed)}{instead}"
    )


def _join_of(factory: str, ask: Ask, affordable: bool) -> str:
    if ask.join != "auto":
        return ask.join
    if ask.device == "cuda" or (ask.index not in ("auto", "Flat") and not factory.startswith("IVF")):
        return "engine"
    if ask.index != "auto" and factory.startswith("IVF"):
        return "lists"
    return "exact" if affordable and not factory.startswith("IVF") else "lists"


def _seconds(factory: str, join: str, products: int, dim: int, ask: Ask, rate: float) -> dict[str, float]:
    together = rate * ask.threads
    lists = _lists_in(factory)
    index = products * dim * 4 / 1e9 + products * lists * dim / together
    index += 8 * 64 * lists * lists * dim / together
    if "HNSW" in factory:
        index += products * dim * GRAPH_S * max(np.log2(max(products, 2)) - 10, 1) / ask.threads
    every = products**2 / 2 * dim / together
    lists = lists or lists_for(products)
    near = 2 * min(PROBED / lists, 0.5) * SELECTING_NEAR
    searched = 2 * (NEAR_SHARE if factory != "Flat" else 1.0) * SELECTING
    share = {"exact": SELECTING, "engine": searched}.get(join, near)
    placed = 0.0 if join in ("exact", "engine") else products * lists * dim / together
    settled = products * (ask.k + 5) * dim / 1e9 / ask.threads
    return {"index": index, "join": every * share + placed + settled}


def _room(products: int, dim: int, ask: Ask) -> JoinRoom:
    """Return how the join divides its memory, if no row is that of two products."""
    return JoinRoom.within(
        join_budget(ask),
        rows=products,
        dim=dim,
        products=products,
        k=ask.k,
        threads=ask.threads,
        plan_bytes=_probing_bytes(products),
    )


def _probing_bytes(products: int) -> int:
    """Return what the near lists of each take, and who looks at which."""
    return products * (PROBED * 8 + 16)


def _lists_in(factory: str) -> int:
    digits = factory.partition("IVF")[2].partition(",")[0].partition("_")[0]
    return int(digits) if digits.isdigit() else 0


def _codes(dim: int) -> int:
    """Return the bytes of a product by product quantisation: a quarter of the dimensions, or the next smaller number
    that divides them."""
    return next(codes for codes in range(max(dim // 4, 1), 0, -1) if dim % codes == 0)


def whole_gib(size: int) -> str:
    return f"{-(-size // 2**30)}G"


def duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
