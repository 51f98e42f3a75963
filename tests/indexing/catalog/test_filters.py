"""Filters: who is let through, by category and source; and that k are found while there are k, whatever the engine."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import indexing.query.one_view
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.filters import EVERYBODY, Filters, in_sources, source_names
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.join.options import JoiningOptions
from indexing.product_index import MOST_FILTERS, open_index
from indexing.query.find_neighbours import Query, find_neighbours
from indexing.search.faiss_index import FaissIndex
from indexing.update.update_index import update_index

SIZE = 600
ENGINES = ("Flat", "IVF16,Flat", "HNSW16")


@pytest.fixture(scope="module")
def rows():
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(SIZE, 8)) + 2 * generator.normal(size=(6, 8))[np.arange(SIZE) % 6]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def columns(rows):
    """Sources: `small` offers 1 % of the products, `Large` half, nobody a tenth; categories likewise."""
    numbers = np.arange(SIZE)
    sources = np.where(numbers % 100 == 0, "small", np.where(numbers % 2 == 0, "Large", "middle")).astype(object)
    sources[numbers % 10 == 9] = None
    categories = ['{"1": "Rare"}' if number % 50 == 0 else '{"1": "Common", "3": "All"}' for number in numbers]
    titles = [f"kettle {number % 7} model x{number % 40}" for number in numbers]
    return {
        "id": numbers,
        "title": titles,
        "source": sources,
        "category": categories,
        "v": list(rows.astype(np.float32)),
    }


@pytest.fixture(scope="module")
def build(columns, tmp_path_factory):
    made = {}

    def make(engine):
        if engine not in made:
            folder = tmp_path_factory.mktemp("filtered")
            pq.write_table(pa.table({name: pa.array(list(of)) for name, of in columns.items()}), folder / "p.parquet")
            options = BuildOptions(
                encoding=EncodingOptions(text_encoder="column:v", image_encoder="none"),
                joining=JoiningOptions(index=engine),
                k=5,
            )
            made[engine] = build_index([folder / "p.parquet"], folder / "index", options=options).index
        return made[engine]

    return make


def by_hand(rows, columns, filters, position, k):
    """The best k by the cosines themselves."""
    source = np.array([of if of is None else of.casefold() for of in columns["source"]], dtype=object)
    allowed = np.ones(SIZE, dtype=bool)
    if filters.category:
        allowed &= np.array([filters.category.casefold() in of.casefold() for of in columns["category"]])
    if filters.sources:
        allowed &= np.isin(source, [name.casefold() for name in filters.sources])
    if filters.not_sources:
        allowed &= ~np.isin(source, [name.casefold() for name in filters.not_sources])
    allowed[position] = False
    places = np.flatnonzero(allowed)
    return places[np.argsort(-(rows[places] @ rows[position]), kind="stable")][:k]


FILTERS = (
    Filters("rare"),
    Filters(sources=("SMALL",)),
    Filters(sources=("small", "middle")),
    Filters(not_sources=("large",)),
    Filters(not_sources=("large", "middle")),
    Filters("common", ("Large",)),
    Filters("common", (), ("Large",)),
    Filters("rare", ("large", "small"), ("large",)),
)


@pytest.mark.parametrize("few", [0, 32_768])  # looked at themselves: nobody, everybody
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_exact_engine_finds_the_best_that_are_let_through(build, rows, columns, monkeypatch, filters, few):
    monkeypatch.setattr(indexing.query.one_view, "FEW", few)
    for position in (0, 3, 50):
        found = find_neighbours(build("Flat"), Query(position=position), 8, filters=filters)
        assert found.positions.tolist() == by_hand(rows, columns, filters, position, 8).tolist()


@pytest.mark.parametrize("few", [0, 32_768])
@pytest.mark.parametrize("engine", ENGINES)
def test_k_are_found_while_there_are_k(build, rows, columns, monkeypatch, engine, few):
    monkeypatch.setattr(indexing.query.one_view, "FEW", few)
    for filters in FILTERS:
        for k in (1, 8, 1000):
            found = find_neighbours(build(engine), Query(position=7), k, filters=filters)
            expected = by_hand(rows, columns, filters, 7, k)
            assert len(found) == len(expected)
            assert set(found.positions.tolist()) <= set(by_hand(rows, columns, filters, 7, SIZE).tolist())


@pytest.mark.parametrize("engine", ["IVF16,Flat", "HNSW16"])
def test_a_narrow_filter_looks_at_those_alone_and_is_exact(build, rows, columns, monkeypatch, engine):
    index = build(engine)
    monkeypatch.setattr(
        FaissIndex, "search", lambda *given, **named: pytest.fail("asked an engine that leaves some out")
    )
    found = find_neighbours(index, Query(position=3), 8, filters=Filters(sources=("small",)))
    assert found.positions.tolist() == by_hand(rows, columns, Filters(sources=("small",)), 3, 8).tolist()


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_without_selectors_more_are_fetched_until_there_are_enough(build, rows, columns, monkeypatch, filters):
    monkeypatch.setattr(indexing.query.one_view, "FEW", 0)
    index = open_index(build("Flat").folder)
    object.__setattr__(index, "_engines", {"text": index.engine("text")})
    object.__setattr__(index, "device", "cuda")  # its engine stays on the CPU, but must not be given selectors
    search = FaissIndex.search

    def unselected(engine, queries, k, *, allowed=None):
        assert allowed is None
        return search(engine, queries, k)

    monkeypatch.setattr(FaissIndex, "search", unselected)
    for k in (3, 60):
        found = find_neighbours(index, Query(position=3), k, filters=filters)
        assert found.positions.tolist() == by_hand(rows, columns, filters, 3, k).tolist()


def test_the_lexical_view_is_filtered_alike(build):
    index = build("Flat")
    everybody = find_neighbours(index, Query(text="kettle model x13"), SIZE)
    assert everybody.searched == "lexical"
    for filters in FILTERS:
        allowed = filters.allowed(index.catalog)
        found = find_neighbours(index, Query(text="kettle model x13"), 9, filters=filters)
        expected = [position for position in everybody.positions.tolist() if allowed[position]][:9]
        assert found.positions.tolist() == expected


def test_an_updated_index_is_filtered_alike(build, columns, tmp_path):
    import shutil

    shutil.copytree(build("Flat").folder, tmp_path / "index")
    changed = {name: [columns[name][number] for number in (0, 3)] for name in columns} | {"source": ["middle", "small"]}
    pq.write_table(pa.table({name: pa.array(list(of)) for name, of in changed.items()}), tmp_path / "c.parquet")
    index = update_index(tmp_path / "index", [tmp_path / "c.parquet"]).index
    found = find_neighbours(index, Query(position=50), 9, filters=Filters(sources=("small",)))
    assert set(found.positions.tolist()) == {3, 100, 200, 300, 400, 500}


def test_sources_are_named_in_any_case_and_unknown_ones_refused(build):
    catalog = build("Flat").catalog
    assert source_names(catalog) == ["Large", "middle", "small"]
    assert in_sources(catalog, ("LARGE", " small ")).sum() == in_sources(catalog, ("large",)).sum() + 6
    with pytest.raises(InputError, match=r"source 'smal' is not in the catalogue: did you mean 'small'\?"):
        in_sources(catalog, ("large", "smal"))


def test_filters_say_what_they_ask():
    assert not EVERYBODY
    assert EVERYBODY.allowed(None) is None
    assert str(Filters("Kettles", ("a", "b"), ("c",))) == "category Kettles, source a or b, not source c"


def test_of_filters_that_were_asked_the_latest_are_kept(sample_index):
    index = open_index(sample_index)
    sources = source_names(index.catalog)
    for number in range(2 * MOST_FILTERS):
        index.allowed(Filters(None, (sources[0],) * (number + 1)))
    assert len(index._allowed) == MOST_FILTERS
    assert Filters(None, (sources[0],) * 2 * MOST_FILTERS) in index._allowed


def test_filters_that_another_thread_takes_out_meanwhile_are_asked_again(sample_index):
    class Losing(dict):
        def __contains__(self, key):
            found = super().__contains__(key)
            self.pop(key, None)
            return found

    index = open_index(sample_index)
    filters = Filters(None, (source_names(index.catalog)[0],))
    before = index.allowed(filters)
    index.__dict__["_allowed"] = Losing(index._allowed)
    assert (index.allowed(filters) == before).all()
