"""Queries by product, text, picture, or text and picture, on a shop whose neighbours can be seen."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options
from PIL import Image

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.filters import Filters, category_names, in_category
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError, UnknownId
from indexing.join.options import JoiningOptions
from indexing.query.find_neighbours import Query, find_neighbours, query_by_id

PRODUCTS = {  # id: title, colour of its picture, category, source
    "k1": ("kettle steel KX-170", "red", '{"1": "Home", "3": "Kettles"}', "a"),
    "k2": ("kettle steel KX-170", "red", '{"1": "Home", "3": "Kettles"}', "b"),
    "k3": ("kettle glass KX-150", "blue", '{"1": "Home", "3": "Kettles"}', "a"),
    "t1": ("toaster two slots", "green", '{"1": "Home", "3": "Toasters"}', "b"),
    "t2": ("toaster four slots", None, '{"1": "Home", "3": "Toasters"}', None),
    "c1": ("cable white 5 m", "black", '{"1": "Electronics", "3": "Cables"}', "a"),
    "c2": (None, "orange", None, "b"),
}
IDS = list(PRODUCTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    titles, colours, categories, sources = (list(column) for column in zip(*PRODUCTS.values(), strict=True))
    for colour in filter(None, set(colours)):
        draw(folder / f"{colour}.png", colour)
    images = [colour and f"{colour}.png" for colour in colours]
    vectors = [[np.cos(angle), np.sin(angle)] for angle in np.radians([0, 10, 30, 60, 90, 120, 180])]
    columns = {"id": IDS, "title": titles, "category": categories, "source": sources, "image": images, "angle": vectors}
    pq.write_table(pa.table(columns), folder / "products.parquet")
    return folder


def draw(path, colour):
    picture = Image.new("RGB", (64, 64), "white")
    picture.paste(colour, (16, 8, 48, 48))
    picture.save(path)


@pytest.fixture(scope="module")
def build(folder, tmp_path_factory):
    """An index of the shop, made once for the same options; its plain pictures are too few to learn anything of."""
    made = {}

    def make(**options):
        options = {"image_encoder": "thumbnail", **options}
        key = tuple(sorted(options.items()))
        if key not in made:
            out = tmp_path_factory.mktemp("index") / "index"
            made[key] = build_index([folder / "products.parquet"], out, options=build_options(k=5, **options)).index
        return made[key]

    return make


@pytest.fixture(scope="module")
def index(build):
    return build()


@pytest.fixture(scope="module")
def angles(build):
    """An index whose text vectors are the products' angles, without pictures."""
    return build(text_encoder="column:angle", image_encoder="none")


def ids_of(index, result):
    return index.catalog.ids.take(pa.array(result.positions)).to_pylist()


def test_a_product_has_its_neighbours_in_the_main_view_without_itself(index):
    result = find_neighbours(index, query_by_id(index.catalog, "k1"), 7)
    assert result.searched == "fused"
    assert ids_of(index, result)[0] == "k2"
    assert set(ids_of(index, result)) == set(IDS) - {"k1"}
    assert result.ranks.tolist() == [1, 2, 3, 4, 5, 6]
    assert result.cosine("fused")[0] == pytest.approx(1, abs=1e-5)


def test_neighbours_stand_by_falling_cosine(angles):
    result = find_neighbours(angles, query_by_id(angles.catalog, "k3"), 6)
    assert ids_of(angles, result) == ["k2", "k1", "t1", "t2", "c1", "c2"]
    expected = np.cos(np.radians([20, 30, 30, 60, 90, 150]))
    np.testing.assert_allclose(result.cosine("text"), expected, atol=1e-6)


def test_a_product_has_the_neighbours_that_the_self_join_kept(index):
    kept = index.neighbours("fused").positions
    for position, product_id in enumerate(IDS):
        result = find_neighbours(index, query_by_id(index.catalog, product_id), 5)
        np.testing.assert_array_equal(result.positions, kept[position][kept[position] >= 0])


def test_cosines_of_a_product_are_those_of_the_index(index):
    for position, product_id in enumerate(IDS):
        result = find_neighbours(index, query_by_id(index.catalog, product_id), 6)
        left = np.full(len(result), position)
        for view in ("text", "image", "fused"):
            np.testing.assert_allclose(
                result.cosine(view), index.cosines(view, left, result.positions), atol=1e-6, equal_nan=True
            )


def test_a_text_searches_the_text_view(index):
    result = find_neighbours(index, Query(text="toaster slots"), 2)
    assert result.searched == "text"
    assert set(ids_of(index, result)) == {"t1", "t2"}
    assert np.isnan(result.cosine("image")).all()
    assert (result.cosine("lexical") > 0).all()


def test_the_fused_cosine_of_a_text_is_the_share_that_fusing_gives_it(index):
    result = find_neighbours(index, Query(text="toaster slots"), 6)
    has_picture = np.array([PRODUCTS[product_id][1] is not None for product_id in ids_of(index, result)])
    share = np.where(has_picture, np.sqrt(0.5), 1)
    np.testing.assert_allclose(result.cosine("fused"), share * result.cosine("text"), atol=1e-6)


def test_a_picture_searches_the_image_view(index, folder, tmp_path):
    draw(tmp_path / "mine.jpg", "orange")
    result = find_neighbours(index, Query(picture=tmp_path / "mine.jpg"), 3)
    assert result.searched == "image"
    assert ids_of(index, result)[0] == "c2"
    assert np.isnan(result.cosine("text")).all()
    assert np.isnan(result.cosine("lexical")).all()


def test_a_text_and_a_picture_together_search_the_fused_view(index, folder):
    result = find_neighbours(index, Query(text="kettle", picture=folder / "blue.png"), 1)
    assert result.searched == "fused"
    assert ids_of(index, result) == ["k3"]
    expected = 0.5 * result.cosine("text") + 0.5 * result.cosine("image")
    np.testing.assert_allclose(result.cosine("fused"), expected, atol=1e-6)


def test_a_product_without_a_title_has_no_text_cosine(index):
    result = find_neighbours(index, query_by_id(index.catalog, "k1"), 6)
    place = ids_of(index, result).index("c2")
    assert np.isnan(result.cosine("text")[place])
    assert np.isnan(result.cosine("lexical")[place])
    assert not np.isnan(result.cosine("image")[place])


def test_a_text_without_a_text_encoder_searches_the_lexical_view(angles):
    result = find_neighbours(angles, Query(text="kettle steel"), 2)
    assert result.searched == "lexical"
    assert set(ids_of(angles, result)) == {"k1", "k2"}
    assert np.isnan(result.cosine("text")).all()


@pytest.mark.parametrize("name", ["Kettles", "kETTLES", " kettles "])
def test_a_category_lets_only_its_products_through(index, name):
    result = find_neighbours(index, query_by_id(index.catalog, "t1"), 7, filters=Filters(name))
    assert set(ids_of(index, result)) == {"k1", "k2", "k3"}


def test_a_category_may_be_of_any_level(index):
    result = find_neighbours(index, query_by_id(index.catalog, "c1"), 7, filters=Filters("home"))
    assert set(ids_of(index, result)) == {"k1", "k2", "k3", "t1", "t2"}


def test_an_unknown_category_is_refused_with_names_that_are_near(index):
    with pytest.raises(InputError, match=r"category 'toster' is not in the catalogue: did you mean 'Toasters'\?"):
        find_neighbours(index, Query(text="x"), 1, filters=Filters("toster"))
    with pytest.raises(InputError, match=r"'zzz' is not in the catalogue: it has 5 others, such as 'Cables'"):
        in_category(index.catalog, "zzz")


def test_category_names_are_those_of_all_levels(index):
    assert category_names(index.catalog) == ["Cables", "Electronics", "Home", "Kettles", "Toasters"]


def test_across_sources_the_same_source_is_left_out(build):
    index = build(match_across_sources=True)
    result = find_neighbours(index, query_by_id(index.catalog, "k1"), 6)
    assert set(ids_of(index, result)) == {"k2", "t1", "t2", "c2"}
    kept = index.neighbours("fused").positions[0]
    np.testing.assert_array_equal(result.positions, kept[kept >= 0])


def test_across_sources_a_category_holds_too(build):
    index = build(match_across_sources=True)
    result = find_neighbours(index, query_by_id(index.catalog, "k1"), 6, filters=Filters("Kettles"))
    assert ids_of(index, result) == ["k2"]


def test_across_sources_a_product_without_a_source_and_a_text_search_everywhere(build):
    index = build(match_across_sources=True)
    assert len(find_neighbours(index, query_by_id(index.catalog, "t2"), 7)) == 6
    assert len(find_neighbours(index, Query(text="kettle"), 7)) == 6


@pytest.mark.parametrize("k", [1, 3, 6, 7, 1000])
def test_there_are_k_neighbours_while_there_are_k_products(index, k):
    assert len(find_neighbours(index, query_by_id(index.catalog, "k1"), k)) == min(k, 6)


def test_what_an_approximate_engine_leaves_out_is_looked_at(folder, tmp_path):
    generator = np.random.default_rng(0)
    size = 800
    rows = generator.normal(size=(size, 8))
    categories = np.where(np.arange(size) % 100 == 0, "Rare", "Common")
    columns = {"id": range(size), "category": categories, "v": list(rows)}
    pq.write_table(pa.table({name: pa.array(list(values)) for name, values in columns.items()}), tmp_path / "p.parquet")
    options = BuildOptions(
        encoding=EncodingOptions(text_encoder="column:v", image_encoder="none"),
        joining=JoiningOptions(index="IVF32,Flat"),
        lexical=False,
        k=5,
    )
    index = build_index([tmp_path / "p.parquet"], tmp_path / "index", options=options).index
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    for position in (0, 1, 50):
        result = find_neighbours(index, Query(position=position), 8, filters=Filters("rare"))
        rare = np.array([place for place in range(0, size, 100) if place != position])
        expected = rare[np.argsort(-(unit[rare] @ unit[position]), kind="stable")][:8]
        assert result.positions.tolist() == expected.tolist()


def test_a_query_that_has_nothing_to_see_finds_nothing_and_says_so(index):
    result = find_neighbours(index, Query(text="жщ"), 3)
    assert result.blind
    assert len(result) == 0


@pytest.mark.parametrize(
    ("options", "query", "expected"),
    [
        ({"image_encoder": "none"}, {"picture": "red.png"}, "no image view, which a picture needs.*--image-encoder"),
        ({"image_encoder": "none"}, {"text": "x", "picture": "red.png"}, "no image view"),
        ({"text_encoder": "none", "lexical": False}, {"text": "x"}, "no text view, which a text needs.*--text-encoder"),
        ({"text_encoder": "none"}, {"text": "x", "picture": "red.png"}, "no text view"),
        ({"text_encoder": "column:angle", "lexical": False, "image_encoder": "none"}, {"text": "x"}, "query by id"),
    ],
)
def test_an_index_without_the_view_refuses_with_what_to_do(build, folder, options, query, expected):
    if "picture" in query:
        query = {**query, "picture": folder / query["picture"]}
    with pytest.raises(InputError, match=expected):
        find_neighbours(build(**options), Query(**query), 1)


def test_a_text_without_a_text_view_searches_the_lexical_one(build):
    index = build(text_encoder="none")
    assert set(ids_of(index, find_neighbours(index, Query(text="toaster"), 2))) == {"t1", "t2"}


def test_a_text_is_read_where_the_index_reads_texts(tmp_path):
    columns = {"id": ["a", "b"], "title": ["one", "two"], "description": ["kettle of steel", "cable of copper"]}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    options = BuildOptions(encoding=EncodingOptions(text_fields=("description",), image_encoder="none"), k=1)
    index = build_index([tmp_path / "p.parquet"], tmp_path / "index", options=options).index
    assert ids_of(index, find_neighbours(index, Query(text="steel kettle"), 1)) == ["a"]


def test_an_unknown_id_is_refused(index):
    with pytest.raises(UnknownId, match="id 'nobody' is not in the catalogue"):
        query_by_id(index.catalog, "nobody")


def test_a_missing_picture_is_refused(index, tmp_path):
    with pytest.raises(InputError, match=r"gone\.png: no such picture file"):
        find_neighbours(index, Query(picture=tmp_path / "gone.png"), 1)


def test_a_file_that_is_no_picture_is_refused(index, tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(InputError, match=r"text\.png: the picture cannot be used: no picture"):
        find_neighbours(index, Query(picture=tmp_path / "text.png"), 1)


@pytest.mark.parametrize("given", [{}, {"position": 1, "text": "x"}])
def test_a_query_is_of_one_kind(given):
    with pytest.raises(InputError, match="give one"):
        Query(**given)


def test_an_empty_text_and_a_k_of_0_are_refused(index):
    with pytest.raises(InputError, match="the text is empty"):
        Query(text="  ")
    with pytest.raises(InputError, match="k 0: ask for at least one"):
        find_neighbours(index, Query(text="x"), 0)
