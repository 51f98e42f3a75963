"""Points of main pictures are one more view of an index: built, extended, updated and compared, but not searched."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.build.build_index import build_index
from indexing.build.build_plan import plan_build
from indexing.build.encoding import points_spec
from indexing.build.options import BuildOptions
from indexing.encoders.encoder import Spec
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.points.codes import NUMBERS
from indexing.encoders.pictures.points.model import require_opencv
from indexing.errors import InputError
from indexing.update.compact_index import compact_index
from indexing.update.update_index import UpdateOptions, update_index
from reranking.signals.families.views import ViewSignals


@pytest.fixture
def shop(tmp_path, folder):
    class Shop:
        def write(self, rows, name="p.parquet"):
            images = [[f"{row % 10}.png"] if row < 90 else None for row in rows]
            table = {"id": [f"p{row}" for row in rows], "title": [f"thing {row}" for row in rows], "image": images}
            pq.write_table(pa.table(table), tmp_path / name)
            return tmp_path / name

        def build(self, *rows, out="index", encoder="thumbnail", count=16, **options):
            encoding = EncodingOptions(image_encoder=encoder, image_points=count)
            asked = BuildOptions(encoding=encoding, images=folder, k=2, lexical=False, **options)
            return build_index([self.write(rows)], tmp_path / out, options=asked)

        def update(self, *rows):
            given = UpdateOptions(images=folder)
            return update_index(tmp_path / "index", [self.write(rows, name="c.parquet")], options=given)

    return Shop()


def points(index):
    return index.vectors("image_points").take(np.arange(len(index.catalog)))


def test_points_are_kept_and_nothing_is_searched_by_them(shop):
    index = shop.build(0, 1, 2, 90).index
    assert index.views == ("text", "image", "fused")
    assert points(index).shape == (4, 16 * NUMBERS)
    assert not points(index)[3].any()
    assert index.made.encoders["image_points"].spec == "points:16"
    assert shop.build(0, 1, 2, 90, out="without", count=0).index.vectors("image_points") is None


def test_an_update_finds_those_of_new_pictures(shop):
    shop.build(0, 1)
    updated = shop.update(2, 3).index
    fresh = shop.build(0, 1, 2, 3, out="fresh").index
    np.testing.assert_array_equal(points(updated), points(fresh))
    assert shop.update(2, 3).changed == 0
    np.testing.assert_array_equal(points(compact_index(updated.folder).index), points(fresh))


def test_a_build_that_extends_an_index_looks_at_what_is_new(shop):
    shop.build(0, 1)
    built = shop.build(0, 1, 2, extend=True)
    assert built.looked_at["image_points"] == 1
    np.testing.assert_array_equal(points(built.index), points(shop.build(0, 1, 2, out="fresh").index))


def test_another_number_of_points_is_another_view(shop):
    shop.build(0, 1)
    assert "image_points" in shop.build(0, 1).reused
    again = shop.build(0, 1, count=8)
    assert "image_points" not in again.reused
    assert points(again.index).shape == (2, 8 * NUMBERS)


def test_an_unusable_picture_is_told_of_once(shop, folder):
    (folder / "1.png").write_text("<html>gone</html>")
    built = shop.build(0, 1, 2, max_rejects=1)
    assert [reject.value for reject in built.rejects] == ["1.png"]


def test_pairs_have_the_points_that_agree(shop):
    index = shop.build(0, 10, 2, 90, count=64).index  # 0 and 10 show one picture
    signals = ViewSignals.of(index)
    names = [feature.name for feature in signals.features]
    found = signals.compute(np.array([0, 0, 0]), np.array([1, 2, 3]))
    agreeing, share = (found[:, names.index(f"points_agreeing{end}")] for end in ("", "_share"))
    assert share[0] == 1
    assert agreeing[0] == points(index)[0].reshape(-1, NUMBERS).any(axis=1).sum() > agreeing[1]
    assert np.isnan([agreeing[2], share[2]]).all()
    assert found[:, names.index("image_points_vector_missing")].tolist() == [0, 0, 1]


def test_an_encoder_that_looks_at_no_pictures_is_refused_before_anything_is_encoded(shop, tmp_path):
    with pytest.raises(InputError, match="--image-points 16: --image-encoder none looks at no pictures"):
        shop.build(0, 1, encoder="none")
    assert not list(tmp_path.rglob("vectors_*"))
    asked = BuildOptions(encoding=EncodingOptions(image_encoder="none", image_points=16), lexical=False)
    with pytest.raises(InputError, match="--image-encoder none looks at no pictures"):  # by a dry run, too
        plan_build([shop.write([0, 1])], asked, "cpu")
    with pytest.raises(InputError, match="--image-encoder column:v looks at no pictures"):
        points_spec(16, Spec("column", "v"))
    assert shop.build(90, 91).index.vectors("image_points") is None  # nobody has a picture


@pytest.mark.parametrize("count", [-1, 1025])
def test_numbers_that_make_no_sense_are_refused(count):
    with pytest.raises(InputError, match=f"--image-points {count}: of a picture 0 to 1024 points can be kept"):
        EncodingOptions(image_points=count)


def test_without_opencv_nothing_is_encoded(shop, tmp_path, monkeypatch):
    require_opencv.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.setattr("indexing.build.encoding.encode_view", lambda *given, **named: pytest.fail("it encodes"))
    with pytest.raises(InputError, match="--image-points: needs OpenCV"):
        shop.build(0, 1, 2)
    assert not (tmp_path / "index").exists()
