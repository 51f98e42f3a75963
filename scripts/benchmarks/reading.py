"""Rows a second of reading a catalogue, against Arrow alone: `python -m scripts.benchmarks.reading [--rows N]...`.

Offers of two languages are made as clean CSV and parquet, which need nothing mended, and as a shop's exports: CSV in cp1251
with semicolons, prices with currencies, breadcrumbs, HTML and rows of another width, packed or not, JSON lines, and YML.
`plain` is Arrow reading every column (of CSV as text) and writing it to an Arrow file, once, of which it looks at no cell;
of an export it reads the clean file of the same rows. A catalogue is the same rows in the same columns, and: the file's
encoding, dialect and columns found; ids that stand twice, and how prices and categories are written, known from all rows
before any is read; UTF-8 checked; prices, attributes, categories, colours and pictures out of their cells; a digest.

Each run is a process of its own. The last line is one JSON object: for each file the rows a second of both, their ratio,
the seconds of processor time of all threads, imports among them, and the peaks of memory in MiB. On a machine that does
other work, too, the processor times can be compared and the rows a second cannot.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import click

if TYPE_CHECKING:
    import pyarrow as pa

POOL = 20_000  # different titles and descriptions
BLOCK = 50_000
RAGGED = 1_000  # one row of so many has another width, in exports
NAMES = ("id", "title", "description", "brand", "category", "price", "color", "image", "attributes", "material")
_RUN = r"""
import re, sys, time
from pathlib import Path
from indexing.reading.read_catalog import read_catalog
from scripts.benchmarks.reading import WAYS
begun, worked = time.perf_counter(), time.process_time()
rows = WAYS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
took, worked = time.perf_counter() - begun, time.process_time() - worked
print(rows, took, worked, int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


@dataclass(frozen=True)
class Run:
    """It has rows a second, seconds of processor time, and the peak of resident memory."""

    rows_per_s: float
    cpu_s: float
    peak_mib: float


@click.command()
@click.option("--rows", type=int, multiple=True, default=(200_000,), show_default=True, help="Sizes of catalogues.")
@click.option("--file", "files", multiple=True, help="Only these of the files, by name.")
def command(rows: tuple[int, ...], files: tuple[str, ...]) -> None:
    """Measure reading of catalogues with so many ROWS."""
    measured: dict[str, dict[str, float]] = {}
    for count in rows:
        with tempfile.TemporaryDirectory() as scratch:
            for name, made, clean in _files(Path(scratch), count, files):
                plain, ours = _run(f"plain {clean.suffix}", clean, scratch), _run("catalogue", made, scratch)
                measured[f"{name} {count}"] = {
                    "plain_rows_per_s": plain.rows_per_s,
                    "rows_per_s": ours.rows_per_s,
                    "ratio": ours.rows_per_s / plain.rows_per_s,
                    "plain_cpu_s": plain.cpu_s,
                    "cpu_s": ours.cpu_s,
                    "plain_peak_mib": plain.peak_mib,
                    "peak_mib": ours.peak_mib,
                }
                _show(name, count, measured[f"{name} {count}"])
    click.echo(json.dumps({name: {k: round(v, 3) for k, v in found.items()} for name, found in measured.items()}))


def _show(name: str, count: int, found: dict[str, float]) -> None:
    click.echo(
        f"{name:>16} {count:>10,} rows: plain {found['plain_rows_per_s']:>12,.0f} rows/s, catalogue "
        f"{found['rows_per_s']:>12,.0f}, ratio {found['ratio']:.3f}; processor {found['plain_cpu_s']:.1f} and "
        f"{found['cpu_s']:.1f} s; peaks {found['plain_peak_mib']:,.0f} and {found['peak_mib']:,.0f} MiB"
    )


def _run(way: str, path: Path, scratch: str) -> Run:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        program = [sys.executable, "-c", _RUN, way, str(path), folder]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
    rows, took, worked, peak = map(float, done.stdout.split()[-4:])
    return Run(rows / took, worked, peak)


def _plain_csv(path: Path, folder: Path) -> int:
    import pyarrow as pa
    import pyarrow.csv

    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(NAMES, pa.large_string()))
    with pyarrow.csv.open_csv(path, parse_options=parse, convert_options=convert) as reader:
        return _write(reader, reader.schema, folder)


def _plain_parquet(path: Path, folder: Path) -> int:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return _write(file.iter_batches(), file.schema_arrow, folder)


def _write(batches: Iterator["pa.RecordBatch"], schema: "pa.Schema", folder: Path) -> int:
    import pyarrow as pa

    rows = 0
    with pa.ipc.new_file(folder / "plain.arrow", schema) as target:
        for batch in batches:
            target.write_batch(batch)
            rows += len(batch)
    return rows


def _catalogue(path: Path, folder: Path) -> int:
    from indexing.reading.read_catalog import read_catalog

    return len(read_catalog([path], folder=folder).catalog)


WAYS: dict[str, Callable[[Path, Path], int]] = {
    "plain .csv": _plain_csv,
    "plain .parquet": _plain_parquet,
    "catalogue": _catalogue,
}


def _files(folder: Path, count: int, asked: tuple[str, ...]) -> Iterator[tuple[str, Path, Path]]:
    """Make files of so many rows; yield the name of each, where it is, and the clean file of the same rows."""
    clean = folder / "clean.csv"
    makers: dict[str, Callable[[Path, int], None]] = {
        "clean.csv": _write_csv,
        "clean.parquet": _write_parquet,
        "export.csv": _write_export,
        "export.csv.gz": _write_export,
        "export.jsonl": _write_jsonl,
        "export.yml": _write_yml,
    }
    _write_csv(clean, count)
    for name, make in makers.items():
        if asked and name not in asked:
            continue
        path = folder / name
        if path != clean:
            make(path, count)
        yield name, path, path if name == "clean.parquet" else clean
        if path != clean:
            path.unlink()


def _offers(count: int, *, mended: bool) -> Iterator["pa.Table"]:
    """Yield blocks of offers; `mended`: their cells need mending, as in exports."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    draw = np.random.default_rng(0)
    words = [*(f"word{n}" for n in range(2000)), *(f"слово{n}" for n in range(2000))]
    pools = {size: [" ".join(draw.choice(words, size)) for _ in range(POOL)] for size in (8, 40)}
    titles = pa.array(pools[8])
    descriptions = pa.array([f"<p>{text} &amp; more</p>" if mended else text for text in pools[40]])
    prices = [f"{n // 10} {n % 10}99,00 ₽".replace("₽", "руб.") if mended else f"{n}.50" for n in range(10, 2000)]
    shelves = [" > ".join(["Дом", f"ряд {n % 30}", f"полка {n}"]) if mended else f"полка {n}" for n in range(300)]
    attributes = [json.dumps({"size": f"{n} cm", "weight": f"{n * 7} g"}) for n in range(500)]
    for first in range(0, count, BLOCK):
        size = min(BLOCK, count - first)
        ids = pa.array(np.arange(first, first + size)).cast(pa.string())

        def pick(pool: Any, size: int = size) -> pa.Array:
            return pa.array(pool).take(pa.array(draw.integers(0, len(pool), size)))

        columns = [
            ids,
            pc.binary_join_element_wise(pick(titles), ids, " "),
            pick(descriptions),
            pick([f"brand {n}" for n in range(500)]),
            pick(shelves),
            pick(prices),
            pick(["red", "синий", "black"]),
            pc.binary_join_element_wise("https://shop.example/", ids, ".jpg", ""),
            pick(attributes),
            pick(["steel", "glass", None]),
        ]
        yield pa.table(columns, names=list(NAMES))


def _write_csv(path: Path, count: int) -> None:
    import pyarrow.csv

    writer = None
    for table in _offers(count, mended=False):
        writer = writer or pyarrow.csv.CSVWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _write_parquet(path: Path, count: int) -> None:
    import pyarrow.parquet as pq

    writer = None
    for table in _offers(count, mended=False):
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _write_export(path: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.csv

    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as file:
        file.write((";".join(NAMES) + "\r\n").encode())
        for table in _offers(count, mended=True):
            sink = pa.BufferOutputStream()
            options = pyarrow.csv.WriteOptions(delimiter=";", include_header=False)
            pyarrow.csv.write_csv(table, sink, options)
            lines = sink.getvalue().to_pybytes().decode().encode("cp1251").split(b"\n")
            for place in range(RAGGED // 2, len(lines) - 1, RAGGED):
                lines[place] += b";left over"
            file.write(b"\r\n".join(lines))


def _write_jsonl(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for table in _offers(count, mended=True):
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())


def _write_yml(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?><yml_catalog><shop><offers>\n')
        for table in _offers(count, mended=True):
            for row in table.to_pylist():
                inside = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in row.items() if v and k != "id")
                file.write(f'<offer id="{row["id"]}">{inside}</offer>\n')
        file.write("</offers></shop></yml_catalog>\n")


if __name__ == "__main__":
    command()
