"""Small catalogues: as files, as tables in memory, and as texts whose neighbours can be seen."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from indexing.catalog import FIELDS, Catalog
from indexing.catalog_reading import ReadOptions, read_catalog

TITLES = (
    "Kettle steel 1.7 l KX-170",
    "Kettle steel 1.7 l KX-170",
    "Kettle glass 1.5 l KX-150",
    "Toaster two slots TR-2 red",
    "Toaster four slots TR-4 red",
    "Cable USB-C 1.5 m white",
    "Cable USB-C 5 m white",
    "Phone case leather black",
)
COLOURS = ("red", "red", "blue", "green", "green", "white", "orange", "black")


@pytest.fixture
def write(tmp_path):
    """Write columns as parquet, text or bytes as they are, rows as JSON lines; gives the path."""

    def write_file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            pq.write_table(pa.table(content), path)
        elif isinstance(content, list):
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content), encoding="utf-8")
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def read(write, tmp_path):
    """Read one file of this content, or several paths, as a catalogue: what `read_catalog` gives."""
    count = iter(range(1000))

    def read_content(content, name="products.parquet", **options):
        paths = content if isinstance(content, tuple) else (write(name, content),)
        folder = tmp_path / f"read{next(count)}"
        folder.mkdir()
        return read_catalog(paths, folder=folder, options=ReadOptions(**options))

    return read_content


@pytest.fixture
def catalog_of(tmp_path):
    """A catalogue in memory of the columns given; the others are null."""

    def make(**columns):
        size = len(next(iter(columns.values())))
        ids = pa.array(columns.pop("id", range(size)))
        of = {field.name: pa.array(columns.get(field.name, [None] * size), field.type) for field in FIELDS}
        return Catalog(pa.table({"id": ids, **of}), tmp_path, tmp_path)

    return make


@pytest.fixture
def draw(tmp_path):
    """A picture file with a square on white; gives its name."""

    def draw_file(name, colour="red", size=(96, 96)):
        picture = Image.new("RGB", size, "white")
        picture.paste(colour, (size[0] // 4, size[1] // 8, size[0] * 3 // 4, size[1] * 3 // 4))
        picture.save(tmp_path / name)
        return name

    return draw_file


@pytest.fixture
def shop(write, draw):
    """The columns of eight products with titles, pictures, sources and prices."""
    return {
        "id": list(range(10, 18)),
        "title": list(TITLES),
        "source": ["a", "b", "a", "a", "b", "a", "b", "b"],
        "price": [20.0, 21.5, 25.0, 30.0, 40.0, 3.0, 5.0, 9.9],
        "image": [draw(f"{number}.png", colour) for number, colour in enumerate(COLOURS)],
    }
