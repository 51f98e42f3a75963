"""Whatever is put in, taken out, rewritten, interrupted and compacted: the index is the one built anew of its products."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from indexing.product_index import open_index
from indexing.storage.artefact import damaged_files
from indexing.update.compact_index import compact_index
from indexing.update.update_index import UpdateOptions, update_index

WALKS = max(settings.default.max_examples // 20, 1)  # far fewer than of other random tests: one takes seconds
STEPS = 12
ANCHORS = 2  # products that always have several pictures, so that there is a view of further ones
VECTORS = np.random.default_rng(0).normal(size=(7, 4)).round(2).tolist()


class Interrupted:
    """Progress that stops the work at its n-th step, as Ctrl-C would."""

    def __init__(self, step):
        self.left = step

    def __call__(self, *_):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def shop_of(market_class):
    """The class of a market whose products have several pictures, as files or bytes, and vectors of their own."""

    class Shop(market_class):
        cells = "files"

        def put(self, product_id):
            super().put(product_id)
            draw, row = self.generator, self.rows[product_id]
            anchor = product_id in {f"p{number + 1}" for number in range(ANCHORS)}
            shown = draw.integers(2 if anchor else 0, 4)
            row |= {
                "image": [f"{number}.png" for number in draw.integers(0, 12, size=shown)],
                "v": VECTORS[draw.integers(len(VECTORS))],
                "w": VECTORS[draw.integers(len(VECTORS))] if anchor or draw.random() > 0.3 else None,
            }

        def in_order(self):
            return list(self.rows)

        def write(self, name, ids):
            rows = [self.rows[one] for one in ids]
            if self.cells == "bytes":
                rows = [{**row, "image": [(self.pictures / one).read_bytes() for one in row["image"]]} for row in rows]
            kinds = pa.binary() if self.cells == "bytes" else pa.string()
            numbers = pa.list_(pa.float32())
            schema = {"id": pa.string(), "title": pa.string(), "price": pa.float64(), "source": pa.string(),
                      "image": pa.list_(kinds), "v": numbers, "w": numbers}  # fmt: skip
            pq.write_table(pa.Table.from_pylist(rows, pa.schema(list(schema.items()))), self.folder / name)
            return self.folder / name

    return Shop


class Walk:
    """An index is brought from state to state at random; what its products are is kept beside it, in plain rows."""

    def __init__(self, shop, seed):
        self.shop, self.random = shop, np.random.default_rng(seed)
        self.known = {}  # fingerprint by what the index holds
        self.deleted = []
        shop.cells = str(self.random.choice(["files", "files", "bytes", "vectors"]))
        text, across = str(self.random.choice(["lsa", "column:v"])), bool(self.random.random() < 0.3)
        self.options = {"text_encoder": text, "match_across_sources": across, "k": 4}
        if shop.cells == "vectors":
            self.options["image_encoder"] = "column:w"
        shop.build(**self.options)

    def run(self):
        """Take some steps; yield the name of each before it is taken."""
        steps = [self.change, self.change, self.interrupt, self.give_all_again, self.compact, self.bring_back]
        if self.shop.cells == "files":
            steps += [self.rewrite_a_picture] * 2
        for _ in range(STEPS):
            step = steps[self.random.integers(len(steps))]
            yield step.__name__
            step()

    def change(self):
        paths, gone = self.draw(*self.random.integers(0, [5, 5, 6, 4]))
        if paths or gone.read_text():
            self.look(self.shop.update(paths, gone).index)

    def interrupt(self):
        before, deleted, manifest = dict(self.shop.rows), list(self.deleted), open_index(self.shop.index).manifest
        paths, gone = self.draw(*self.random.integers(1, 4, size=3), 0)
        options = UpdateOptions(images=self.shop.pictures)
        try:
            progress = Interrupted(self.random.integers(12))
            update_index(self.shop.index, paths, delete=gone, options=options, progress=progress)
        except KeyboardInterrupt:
            self.shop.rows, self.deleted = before, deleted
            assert open_index(self.shop.index).manifest == manifest

    def bring_back(self):
        if self.deleted:
            product_id = self.deleted.pop()
            self.shop.put(product_id)
            done = self.shop.update([self.shop.write("back.parquet", [product_id])])
            assert (done.added, done.changed) == (1, 0)
            self.look(done.index)

    def rewrite_a_picture(self):
        name, other = (f"{number}.png" for number in self.random.integers(0, 12, size=2))
        file = self.shop.pictures / name
        time = file.stat().st_mtime - 60  # older than it was: another file all the same
        if name != other:
            shutil.copy(self.shop.pictures / other, file)
        os.utime(file, (time, time))
        shown = [one for one, row in self.shop.rows.items() if name in row["image"]]
        if shown:
            done = self.shop.update([self.shop.write("shown.parquet", shown)])
            assert (done.changed, done.same) == (len(shown), 0)
            self.look(done.index)

    def give_all_again(self):
        before = open_index(self.shop.index).manifest
        done = self.shop.update([self.shop.write("all.parquet", self.shop.in_order())])
        assert (done.same, done.changed, done.added) == (len(self.shop.rows), 0, 0)
        assert done.index.manifest == before

    def compact(self):
        before = open_index(self.shop.index)
        kept = {view: before.neighbours(view).positions.copy() for view in before.views}
        after = compact_index(self.shop.index).index
        assert after.fingerprint == before.fingerprint
        assert after.layers is None
        for view, positions in kept.items():
            np.testing.assert_array_equal(after.neighbours(view).positions, positions)

    def end(self, same_index):
        """Compare the index with one that is built anew."""
        index = open_index(self.shop.index)
        with pytest.MonkeyPatch.context() as patch:
            anew = self.shop.rebuild(index, patch, **self.options)
        same_index(index, anew)
        assert index.made.catalog.digest == anew.made.catalog.digest

    def draw(self, put, add, take, also):
        """Change, add and delete some, never the first ones, and give `also` some that stay as they are."""
        shop, draw = self.shop, self.random
        anchors, others = list(shop.rows)[:ANCHORS], list(shop.rows)[ANCHORS:]
        gone = draw.permutation(others)[: min(take, max(len(others) - 8, 0))].tolist()
        stay = [*anchors, *(one for one in others if one not in set(gone))]
        again = draw.permutation(stay)[: put + also].tolist()
        fresh = [shop.new_id() for _ in range(add)]
        for product_id in (*again[:put], *fresh):
            shop.put(product_id)
        for product_id in gone:
            del shop.rows[product_id]
        self.deleted += gone
        given = [*again, *fresh]
        return [shop.write("changes.parquet", given)] if given else [], shop.gone(*gone)

    def look(self, index):
        """Check what holds of every version: it is whole, and has the fingerprint of what it holds and no other's."""
        assert damaged_files(index.folder, index.manifest) == []
        assert index.catalog.ids.to_pylist() == list(self.shop.rows)
        if index.made.updates is None:
            return  # nothing was other than in the build
        everybody = np.arange(len(index.catalog))
        rows = [index.vectors(view).take(everybody).tobytes() for view in index.made.encoders]
        holds = hashlib.sha256(index.made.catalog.digest.encode() + b"".join(rows)).hexdigest()
        assert self.known.setdefault(holds, index.fingerprint) == index.fingerprint
        assert Counter(self.known.values()).most_common(1)[0][1] == 1


@given(seed=st.integers(0, 2**32 - 1))
@settings(
    max_examples=WALKS,
    phases=(Phase.reuse, Phase.generate),  # a seed is not made simpler
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_index_is_what_its_products_are_whatever_came_before(tmp_path, pictures, same_index, market_class, seed):
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    own = shutil.copytree(pictures, folder / "pictures")
    walk = Walk(shop_of(market_class)(folder, own, size=24, seed=seed), seed)
    note(f"{walk.shop.cells}, {walk.options}")
    for step in walk.run():
        note(step)
    walk.end(same_index)
