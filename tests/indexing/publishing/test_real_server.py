"""A real server of Milvus: `make test-milvus` runs these, in a network of their own."""

import numpy as np
import pandas as pd
import pytest
from milvus_servers import milvus_index, real_server

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.filters import EVERYBODY, Filters
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.publishing.address import Address
from indexing.publishing.open_published import search_elsewhere
from indexing.publishing.publish_index import PublishOptions, publish_index
from indexing.publishing.server import connected
from indexing.query.find_neighbours import Query, find_neighbours
from indexing.update.update_index import update_index

pytestmark = pytest.mark.cluster
WORDS = ("kettle", "toaster", "cable", "phone", "case", "red", "steel", "glass", "small", "large", "ж", 'a "b" \\')


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    with real_server(tmp_path_factory.mktemp("real") / "data") as found:
        yield found


def products(numbers, seed=0):
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": list(numbers),
            "title": [" ".join(generator.choice(WORDS, 4)) + f" X{number % 170}" for number in numbers],
            "category": [["Kitchen > Kettles", "Phones"][number % 2] for number in numbers],
            "source": [["one", "two 'x' \"y\" \\", None][number % 3] for number in numbers],
        }
    )


@pytest.fixture
def made(tmp_path):
    products(range(3000)).to_parquet(tmp_path / "products.parquet")
    build_index([tmp_path / "products.parquet"], tmp_path / "index", options=BuildOptions(k=5))
    return tmp_path / "index"


def assert_same_answers(folder, at):
    here = open_index(folder)
    with connected(at, existing=True) as server:
        there = search_elsewhere(here, server)
        for filters in (EVERYBODY, Filters(category="Kettles"), Filters(not_sources=("two 'x' \"y\" \\",))):
            for query in [Query(position=number) for number in range(0, 2900, 300)] + [
                Query(text="red kettle x3", view="text")
            ]:
                ours, theirs = (find_neighbours(index, query, 8, filters=filters) for index in (here, there))
                assert theirs.positions.tolist() == ours.positions.tolist()


def test_an_index_is_published_updated_and_searched(uri, made):
    at = Address(uri, "whole")
    done = publish_index(made, at)
    assert dict(done.sent) == {"text": 3000}
    assert "has no sparse vectors" in done.publication.left_out["lexical"]
    assert_same_answers(made, at)
    products([5, 6, 5000], seed=3).to_parquet(made.parent / "changed.parquet")
    update_index(made, [made.parent / "changed.parquet"])
    assert dict(publish_index(made, at).sent) == {"text": 3}
    assert_same_answers(made, at)
    assert publish_index(made, at).same


@pytest.mark.parametrize("kind", ["HNSW", "IVF_FLAT", "IVF_SQ8", "IVF_PQ"])
def test_every_index_is_built_and_finds_enough(uri, made, kind):
    done = publish_index(made, Address(uri, kind), options=PublishOptions(index=kind, recall=0.9))
    view = done.publication.views["text"]
    assert view.index == kind
    assert view.recall.mean > 0.9


def test_an_index_that_it_does_not_build_is_refused(uri, made):
    with pytest.raises(
        InputError, match=r"--index DISKANN: Milvus 2\.3\.5-lite, a server in one process, does not build"
    ):
        publish_index(made, Address(uri, "disk"), options=PublishOptions(index="DISKANN"))


def test_so_many_neighbours_as_it_can_bring(uri):
    rows = np.eye(8, dtype=np.float32)[np.arange(20_000) % 8]
    with connected(Address(uri, "many")) as server:
        index = milvus_index(server, rows)
        found = index.search(rows[:1], 3000)
        assert found.positions[0, :2500].tolist() == list(range(0, 20_000, 8))
        with pytest.raises(InputError, match="brings 16,384 neighbours at most"):
            index.search(rows[:1], 16_385)
