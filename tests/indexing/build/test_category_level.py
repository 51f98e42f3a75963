"""The level of categories that an index evaluates is asked for or chosen, stored, followed, and kept by updates."""

import pytest
from flat_options import build_options

from indexing.build.build_index import build_index
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.update.compact_index import compact_index
from indexing.update.update_index import update_index
from reranking.pairs.evaluation_category import evaluated_names

PATHS = ["Home > Kettles", "Home > Toasters", "Toys"]


@pytest.fixture
def build(write, tmp_path):
    """Build an index of thirty titles in these categories, one after another."""

    def make(categories, **options):
        rows = [{"id": n, "title": f"thing {n}", "category": categories[n % len(categories)]} for n in range(30)]
        built = build_index(
            [write("p.jsonl", rows)], tmp_path / "index", options=build_options(k=3, overwrite=True, **options)
        )
        return built.index

    return make


@pytest.mark.parametrize(
    ("categories", "options", "level"),
    [
        (["kettles", "toasters"], {}, 3),
        (['{"1": "Home", "2": "Kettles"}'], {}, 3),
        (["Home > Kitchen > Kettles"], {}, 3),
        (PATHS, {}, 2),
        (PATHS, {"category_level": 1}, 1),
        (["kettles"], {"category_level": 4}, 4),
    ],
)
def test_the_level_is_stored_and_followed(build, categories, options, level):
    index = build(categories, **options)
    assert (index.made.catalog.category_level, index.catalog.category_level) == (level, level)
    assert index.catalog.category() is not None
    assert index.catalog.category().to_pylist() == index.catalog.table[f"category_{level}"].to_pylist()
    assert evaluated_names(index.catalog, [0]).to_pylist() == index.catalog.table[f"category_{level}"][:1].to_pylist()


def test_only_another_level_than_three_stands_in_the_manifest(build):
    assert "category_level" not in build(["kettles"]).manifest.made["catalog"]
    index = build(PATHS)
    assert index.manifest.made["catalog"]["category_level"] == 2
    codes, names = index.catalog.category_codes()
    assert (names, codes[:3].tolist()) == (["Kettles", "Toasters"], [0, 1, -1])


def test_another_level_is_another_index(build):
    assert build(PATHS).fingerprint != build(PATHS, category_level=1).fingerprint


def test_an_update_and_a_compaction_keep_the_level(build, write):
    index = build(PATHS)
    done = update_index(index.folder, [write("new.jsonl", [{"id": 99, "title": "new", "category": "kettles"}])])
    assert done.index.catalog.category_level == 2
    assert compact_index(index.folder, refit=True).index.catalog.category_level == 2
    assert open_index(index.folder).made.catalog.category_level == 2


@pytest.mark.parametrize("level", [0, 5, -1])
def test_a_level_that_there_is_not_is_refused(level):
    with pytest.raises(InputError, match=f"--category-level {level}: give a level from 1"):
        build_options(category_level=level)
