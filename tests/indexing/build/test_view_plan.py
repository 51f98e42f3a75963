"""What is chosen for which size, memory and recall, what is refused, and that the arithmetic bounds what is taken."""

import subprocess
import sys
from dataclasses import replace

import pytest

from indexing.build.view_plan import Ask, engine_bytes, join_bytes, more_exact, plan_view, stored_bytes
from indexing.errors import InputError
from indexing.machine.memory import MIB, available_bytes, human, parse_memory
from indexing.search.near_lists import lists_for

GIB = 2**30
PEAK = r"""
import re, sys
import numpy as np
from pathlib import Path
from indexing.join.dense_join import DenseJoin
from indexing.search.faiss_index import build_faiss
from indexing.join.plan import plan_exact
from indexing.join.rows import distinct_units
from indexing.join.neighbour_files import NeighbourFiles
from indexing.vectors.vectors import open_vectors
def peak():
    return int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) * 1024
folder, what, memory = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
rows = open_vectors(folder / "vectors")
begun = peak()
if what == "join":
    units = distinct_units(rows)
    join = DenseJoin(rows, units, plan_exact(rows, units), 60, memory, 1)
    join.write(NeighbourFiles(folder / "neighbours", len(rows), 60), stage="join")
else:
    build_faiss(rows, what)
print(peak() - begun)
"""


@pytest.mark.parametrize(
    ("products", "ask", "factory", "join"),
    [
        (35_000, Ask(), "Flat", "exact"),
        (35_000, Ask(recall=1), "Flat", "exact"),
        (1_000_000, Ask(), "IVF2048,Flat", "lists"),
        (1_000_000, Ask(recall=1), "Flat", "exact"),
        (1_000_000, Ask(memory=int(1.4 * GIB)), "IVF2048,SQ8", "lists"),
        (1_000_000, Ask(memory=GIB), "IVF2048,PQ64", "lists"),
        (100_000, Ask(purpose="queries"), "HNSW32", "exact"),
        (1_000_000, Ask(purpose="queries"), "HNSW32", "lists"),
        (35_000, Ask(index="HNSW16"), "HNSW16", "engine"),
        (35_000, Ask(index="IVF64,Flat"), "IVF64,Flat", "lists"),
        (35_000, Ask(index="HNSW16", join="exact"), "HNSW16", "exact"),
        (35_000, Ask(join="category"), "Flat", "category"),
        (35_000, Ask(device="cuda"), "Flat", "engine"),
    ],
)
def test_the_choice_follows_size_memory_recall_and_device(products, ask, factory, join):
    plan = plan_view("text", products, 256, ask, rate=3e10)
    assert (plan.factory, plan.join) == (factory, join)
    assert plan.memory <= ask.memory
    assert factory in plan.line()
    assert human(plan.memory) in plan.line()


def test_what_cannot_fit_is_refused_with_what_would():
    with pytest.raises(InputError, match=r"--memory 512 MiB: .* need at least .* give --memory \d+G"):
        plan_view("text", 1_000_000, 768, Ask(memory=GIB // 2), rate=3e10)
    with pytest.raises(InputError, match=r"--index HNSW32: needs .* give --memory 3G, or --index Flat"):
        plan_view("text", 1_000_000, 256, Ask(index="HNSW32", memory=int(1.8 * GIB)), rate=3e10)


def test_more_products_take_more_of_everything():
    few, many = (plan_view("text", n, 256, Ask(), rate=3e10) for n in (20_000, 200_000))
    assert few.memory < many.memory
    assert few.disk * 9 < many.disk
    assert few.seconds["join"] * 50 < many.seconds["join"]


def test_rows_of_more_than_half_of_the_memory_take_disk_while_they_are_joined():
    ask = Ask(index="IVF2048,SQ8", memory=4 * GIB)
    much, little = (plan_view("text", 1_000_000, 256, replace(ask, memory=m), rate=3e10) for m in (4 * GIB, 2 * GIB))
    assert little.disk - much.disk == 1_000_000 * 256 * 4


@pytest.mark.parametrize(
    ("factory", "better"),
    [
        ("IVF512,PQ64", "IVF512,SQ8"),
        ("IVF512,SQ8", "IVF512,Flat"),
        ("IVF512,Flat", "Flat"),
        ("HNSW32", "Flat"),
        ("Flat", None),
    ],
)
def test_the_next_more_exact_engine(factory, better):
    assert more_exact(factory, 100_000) == better


def test_lists_grow_with_the_root_of_the_products():
    assert [lists_for(n) for n in (10, 35_000, 1_000_000)] == [8, 512, 2048]


@pytest.mark.parametrize(
    ("factory", "size"), [("Flat", 1024), ("IVF8,SQ8", 264), ("IVF8,PQ64x8", 72), ("HNSW32", 1340)]
)
def test_what_a_product_takes(factory, size):
    assert stored_bytes(factory, 1000, 256) == 1000 * size


@pytest.fixture(scope="module")
def peak(tmp_path_factory):
    """The memory that a stage takes on 60,000 random rows of 128 dimensions, in a process of its own."""
    import numpy as np

    from indexing.vectors.vectors import unit_rows

    folder = tmp_path_factory.mktemp("peak")
    (folder / "vectors").mkdir()
    np.save(folder / "vectors" / "vectors_00000.npy", unit_rows(np.random.default_rng(0).normal(size=(60_000, 128))))

    def run(what, memory=0):
        command = [sys.executable, "-c", PEAK, str(folder), what, str(memory)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("factory", ["Flat", "IVF128,SQ8"])
def test_an_engine_takes_no_more_than_planned(peak, factory):
    mapped = 60_000 * 128 * 4  # the vectors' own file, which is given back
    taken = peak(factory)
    assert taken <= engine_bytes(factory, 60_000, 128) + mapped + 30 * MIB
    assert taken >= stored_bytes(factory, 60_000, 128) / 2


@pytest.mark.slow
@pytest.mark.parametrize("memory", [150 * MIB, 2**33])
def test_a_join_takes_no_more_than_it_may(peak, memory):
    ask = Ask(memory=memory + 450 * MIB, threads=1, k=60)
    mapped = 60_000 * (128 * 4 + 60 * 12)  # vectors and neighbours, which are given back
    assert peak("join", memory) <= min(join_bytes(60_000, 128, ask), memory) + mapped + 40 * MIB


@pytest.mark.parametrize(
    ("text", "size"), [("8G", 8 * GIB), ("512M", 512 * MIB), ("1.5 GiB", 1.5 * GIB), ("64k", 2**16)]
)
def test_amounts_of_memory_are_read(text, size):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "8X", "-1G", "0", "G", "much"])
def test_other_amounts_are_refused(text):
    with pytest.raises(InputError, match=r"--memory .*: write an amount such as 8G"):
        parse_memory(text)


def test_auto_is_a_share_of_what_is_free():
    assert 0 < parse_memory("auto") < available_bytes() * 1.2
