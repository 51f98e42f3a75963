"""Small catalogues: as files, as tables in memory, and as texts whose neighbours can be seen."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import changed
from PIL import Image

import indexing.build.joining
import indexing.encoders.by_spec
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.catalog import FIELDS, Catalog
from indexing.catalog.pictures import with_contents
from indexing.query.find_neighbours import Query, find_neighbours
from indexing.reading.read_catalog import ReadOptions, read_catalog
from indexing.search.lexical_index import LexicalIndex
from indexing.update.update_index import UpdateOptions, update_index

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


WORDS = (
    "kettle",
    "steel",
    "glass",
    "toaster",
    "cable",
    "usb",
    "case",
    "phone",
    "red",
    "blue",
    "black",
    "1.5",
    "KX-170",
)
SEEN = 4e-6  # cosines of the same two rows, multiplied in blocks of other sizes


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder of twelve pictures, each of another pattern."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(12):
        cells = np.random.default_rng(number).integers(0, 255, size=(6, 6, 3), dtype=np.uint8)
        Image.fromarray(cells).resize((48, 48), Image.Resampling.NEAREST).save(folder / f"{number}.png")
    return folder


class Market:
    """Products that change at random, and an index of them in `folder`."""

    def __init__(self, folder, pictures, size=150, seed=0):
        self.folder, self.pictures, self.size = folder, pictures, 0
        self.options = BuildOptions(images=pictures, k=10)
        self.generator = np.random.default_rng(seed)
        self.rows = {}
        for _ in range(size):
            self.put(self.new_id())

    @property
    def index(self):
        return self.folder / "index"

    def new_id(self):
        self.size += 1
        return f"p{self.size}"

    def put(self, product_id):
        draw = self.generator
        title = " ".join(draw.choice(WORDS, size=draw.integers(1, 5)))
        self.rows[product_id] = {
            "id": product_id,
            "title": title if draw.random() > 0.05 else None,
            "price": float(draw.integers(1, 100)),
            "source": str(draw.choice(["a", "b", "c"])) if draw.random() > 0.1 else None,
            "image": f"{draw.integers(0, 12)}.png" if draw.random() > 0.2 else None,
        }

    def write(self, name, ids):
        path = self.folder / name
        pq.write_table(pa.Table.from_pylist([self.rows[one] for one in ids]), path)
        return path

    def gone(self, *ids):
        path = self.folder / "gone.txt"
        path.write_text("".join(f"{one}\n" for one in ids))
        return path

    def change(self, *, put, add, take):
        """Change some, add some and delete some: the file of products and the list of ids that say so."""
        chosen = self.generator.permutation(list(self.rows))[: put + take].tolist()
        gone, put_in = chosen[:take], [*chosen[take:], *(self.new_id() for _ in range(add))]
        for product_id in put_in:
            self.put(product_id)
        for product_id in gone:
            del self.rows[product_id]
        return [self.write("changes.parquet", put_in)] if put_in else [], self.gone(*gone)

    def build(self, name="index", **options):
        """An index of the products as they are, in the order in which they came."""
        path = self.write("products.parquet", self.in_order())
        return build_index([path], self.folder / name, options=changed(self.options, **options)).index

    def in_order(self):
        """The ids in the order in which their products came."""
        return sorted(self.rows, key=lambda one: int(one[1:]))

    def update(self, paths=(), delete=None, **options):
        return update_index(
            self.index, paths, delete=delete, options=UpdateOptions(**{"images": self.pictures, **options})
        )

    def rebuild(self, like, patch, **options):
        """An index built anew, by the encoders and the n-grams that another was fitted with."""

        def fitted(of, read, folder, progress):
            like.encoder("text").save(folder)
            return like.encoder("text")

        def learned(learn, folder, extra):
            model = like.encoder("image").model
            model.save(folder)
            return model

        def weighed(catalog, lexical, **threads):
            rows = like.lexical.rows(catalog.texts(lexical.fields))
            return LexicalIndex(lexical, rows, like.lexical.columns, like.lexical.idf)

        with patch.context() as patched:
            patched.setattr(indexing.encoders.by_spec, "_fit_lsa", fitted)
            patched.setattr(indexing.encoders.by_spec, "_learned_patches", learned)
            patched.setattr(indexing.build.joining, "fit_lexical", weighed)
            return self.build("rebuilt", overwrite=True, **options)

    def beside(self):
        return sorted(path.name for path in self.folder.glob("index*"))


@pytest.fixture
def market_class():
    return Market


@pytest.fixture
def market(tmp_path, pictures):
    return Market(tmp_path, pictures)


@pytest.fixture
def same_neighbours():
    """Asserts the same cosines, and the same products but for those that tie with the last, or are a hair apart."""

    def check(found, expected):
        np.testing.assert_array_equal(found.positions < 0, expected.positions < 0)
        np.testing.assert_allclose(found.cosines, expected.cosines, atol=SEEN, rtol=0)
        for row in np.flatnonzero((found.positions != expected.positions).any(axis=1)):
            near = expected.cosines[row, -1] + SEEN
            sure = [set(of.positions[row][of.cosines[row] > near].tolist()) for of in (found, expected)]
            assert sure[0] <= set(expected.positions[row].tolist())
            assert sure[1] <= set(found.positions[row].tolist())

    return check


def _by_content(catalog):
    """The table of a catalogue with pictures given as bytes under the names of their content, wherever they are kept."""
    table, place = catalog.table, catalog.table.column_names.index("images")
    return table.set_column(place, "images", with_contents(table["images"].combine_chunks(), catalog))


@pytest.fixture
def same_index(same_neighbours):
    """Asserts that two indexes hold the same and answer alike."""

    def check(index, anew):
        tables = (_by_content(of.catalog) for of in (index, anew))
        assert next(tables).equals(next(tables))
        assert index.views == anew.views
        everybody = np.arange(len(index.catalog))
        for view in index.views:
            same_neighbours(index.neighbours(view), anew.neighbours(view))
            if view == "lexical":
                assert abs(index.lexical.matrix - anew.lexical.matrix).nnz == 0
                continue
            np.testing.assert_array_equal(index.rows(view).take(everybody), anew.rows(view).take(everybody))
            blocks = np.concatenate([block for _, block in index.rows(view).blocks()])
            np.testing.assert_array_equal(blocks, anew.rows(view).take(everybody))
        for view in index.made.encoders:
            np.testing.assert_array_equal(index.seen[view], anew.seen[view])
            vectors = (of.vectors(view).take(everybody) for of in (index, anew))
            np.testing.assert_array_equal(next(vectors), next(vectors))
        queries = [Query(position=position) for position in range(0, len(index.catalog), 7)]
        if index.made.encoders["text"].made.engine != "column":
            queries += [Query(text="kettle steel red"), Query(text="usb cable 1.5")]
        for query in queries:
            found, expected = find_neighbours(index, query, 12), find_neighbours(anew, query, 12)
            cosines = found.cosine(found.searched)
            np.testing.assert_allclose(cosines, expected.cosine(found.searched), atol=SEEN)
            sure = found.positions[cosines > cosines.min(initial=1) + SEEN]
            assert set(sure.tolist()) <= set(expected.positions.tolist())

    return check


@pytest.fixture
def folder(tmp_path, pictures):
    """The pictures in a folder of a test's own, which it may change."""
    return shutil.copytree(pictures, tmp_path / "pictures")
