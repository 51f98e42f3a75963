"""What becomes of vectors that are there: those of the same bytes stay, those of an earlier heroic too."""

import json
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.digest import DIGEST_VERSION
from indexing.encoders.options import EncodingOptions
from indexing.errors import Unfinished
from indexing.product_index import open_index

PLAIN = {"text_encoder": "lsa"}


@pytest.fixture
def build(tmp_path):
    def make(table, name="p.parquet", *, encoding=PLAIN, out="index", **options):
        pq.write_table(pa.table(table), tmp_path / name)
        given = BuildOptions(encoding=EncodingOptions(**encoding), lexical=False, k=2, **options)
        return build_index([tmp_path / name], tmp_path / out, options=given)

    return make


def picture(seed):
    cells = np.random.default_rng(seed).integers(0, 255, size=(6, 6, 3), dtype=np.uint8)
    content = BytesIO()
    Image.fromarray(cells).resize((48, 48), Image.Resampling.NEAREST).save(content, "BMP")  # all of one length
    return content.getvalue()


def shop_of(*seeds):
    ids = [f"p{number}" for number in range(len(seeds))]
    return {"id": ids, "title": [f"thing {one}" for one in ids], "image": [picture(seed) for seed in seeds]}


def test_another_picture_of_as_many_bytes_is_another_picture(build):
    before, after = shop_of(1, 2, 3), shop_of(1, 2, 1)
    assert len(set(map(len, (*before["image"], *after["image"])))) == 1
    index = build(before).index
    with pytest.raises(Unfinished, match="holds the index of another catalogue"):
        build(after)
    assert build(after, extend=True).index.neighbours("image").positions[0, 0] == 2
    fresh = build(after, out="fresh").index
    assert fresh.fingerprint != index.fingerprint
    assert fresh.neighbours("image").positions[0, 0] == 2


def test_further_pictures_given_as_bytes_count_too(build):
    before, after = shop_of(1, 2), shop_of(1, 2)
    before["image"], after["image"] = ([[picture(1), picture(3)], [picture(2), picture(one)]] for one in (4, 3))
    build(before)
    rows = build(after, extend=True).index.vectors("image_extra").take(np.arange(2))
    np.testing.assert_array_equal(rows[0], rows[1])


def make_older(folder):
    """Make an index say what an earlier heroic would have said of its catalogue and columns."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    catalog = manifest["made"]["catalog"]
    del catalog["digest_version"]
    catalog["digest"] = "earlier"
    for view, record in manifest["made"]["encoders"].items():
        made = folder / "vectors" / view / "made.json"
        state = {**json.loads(made.read_text()), "catalog": "earlier"}
        if "vectors" in record:
            record["vectors"] = state["vectors"] = "earlier column"
        made.write_text(json.dumps(state))
        manifest["files"][f"vectors/{view}/made.json"]["bytes"] = made.stat().st_size
    path.write_text(json.dumps(manifest))


TABLE = {"id": [1, 2, 3], "title": ["kettle red", "kettle blue", "a lamp"], "v": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]}


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"extend": True}])
@pytest.mark.parametrize("encoder", ["lsa", "column:v"])
def test_an_index_of_an_earlier_digest_is_known_to_be_of_the_same_products(build, tmp_path, how, encoder):
    before = build(TABLE, encoding={"text_encoder": encoder}).index
    make_older(tmp_path / "index")
    assert open_index(tmp_path / "index").made.catalog.digest_version == 1
    built = build(TABLE, encoding={"text_encoder": encoder}, **how)
    assert built.reused == ["text"]
    assert built.index.made.catalog.digest_version == DIGEST_VERSION
    assert built.index.fingerprint == before.fingerprint
    assert json.loads((tmp_path / "index" / "vectors" / "text" / "made.json").read_text())["catalog"] != "earlier"


def test_an_index_of_an_earlier_digest_is_known_to_be_of_others(build, tmp_path):
    build(TABLE)
    make_older(tmp_path / "index")
    other = {**TABLE, "title": ["kettle red", "kettle blue", "a lamp too"]}
    with pytest.raises(Unfinished, match="another catalogue"):
        build(other)
    extended = build(other, extend=True)
    assert extended.looked_at == {"text": 1}
