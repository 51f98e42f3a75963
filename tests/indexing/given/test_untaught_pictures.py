"""Where pictures could not be read when an index was built, it says that it has learned nothing, until it learns from them."""

import shutil

import numpy as np
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.update.compact_index import compact_index
from indexing.update.update_index import UpdateOptions, update_index


@pytest.fixture
def shop(write, folder, tmp_path):
    """An index of products whose pictures are named so, and what is said of it; the same products put in; or others."""

    class Shop:
        index = tmp_path / "index"

        def rows(self, names):
            return {"id": [*names], "title": [f"thing {name}" for name in names], "image": [*names.values()]}

        def build(self, names, encoder="auto"):
            options = BuildOptions(encoding=EncodingOptions(image_encoder=encoder), images=folder, k=2, lexical=False)
            return build_index([write("p.parquet", self.rows(names))], self.index, options=options)

        def update(self, names):
            return update_index(
                self.index, [write("c.parquet", self.rows(names))], options=UpdateOptions(images=folder)
            )

    return Shop()


def test_an_index_that_could_read_no_pictures_says_so_until_it_learns(shop, folder, tmp_path):
    shutil.move(folder, tmp_path / "away")
    folder.mkdir()
    gone = {name: f"{name}.png" for name in ("1", "3", "4")}
    (note,) = shop.build(gone).notes
    assert "(those of 0 of 3 products could be read)" in note
    assert note.endswith(f"heroic compact {shop.index} --refit")
    shutil.copytree(tmp_path / "away", folder, dirs_exist_ok=True)
    updated = shop.update({"1": "1.png", "5": "5.png"})
    assert "(those of 2 of 4 products could be read)" in updated.notes[0]
    rows, seen = updated.index.vectors("image").take(np.array([0, 3])), updated.index.catalog.take(np.array([0, 3]))
    np.testing.assert_array_equal(rows[:, :-320], 0)
    near = np.einsum("ij,ij->i", rows[:, -320:], ThumbnailEncoder().encode(seen).rows)
    assert (near > 0.98).all()  # of a copy of 96 pixels a side, as the note says
    learned = compact_index(shop.index, refit=True).index
    assert learned.vectors("image").take(np.arange(4))[:, :-320].any(axis=1).all()
    assert shop.update({"6": "6.png"}).notes == ()


@pytest.mark.parametrize(
    ("names", "encoder"),
    [
        ({"1": "1.png", "2": "5.png", "3": "gone.png"}, "patches"),
        ({"1": "gone.png", "2": "5.png", "3": "gone.png"}, "thumbnail"),
        ({"1": "gone.png", "2": None, "3": None}, "patches"),  # no second one to tell it from
        ({"1": None, "2": None}, "auto"),
    ],
)
def test_nothing_is_said_where_it_learned_or_was_not_to(shop, names, encoder):
    assert shop.build(names, encoder).notes == ()
