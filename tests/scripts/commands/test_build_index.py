"""`heroic build-index`: what it prints, what its options do, what it reuses and what it refuses to replace."""

import json
import shutil

import pandas as pd
import pytest
import yaml

from indexing.product_index import open_index

TITLES = ["red phone", "red phone 5g", "blue phone", "usb cable 1m", "usb cable 5m"]


@pytest.fixture
def products(tmp_path):
    path = tmp_path / "products.csv"
    pd.DataFrame({"id": range(1, 6), "title": TITLES, "source": list("aabbc")}).to_csv(path, index=False)
    return path


@pytest.fixture
def build(heroic, products, tmp_path):
    """Build INDEX of the five products with more words; the result."""

    def run(*words, path=products):
        return heroic("build-index", path, "--out", tmp_path / "index", *words)

    return run


def made(tmp_path):
    return open_index(tmp_path / "index").made


def test_it_says_what_it_made(build, tmp_path):
    result = build()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    fingerprint = open_index(tmp_path / "index").fingerprint
    assert lines[0] == f"index: {tmp_path}/index ({fingerprint})"
    assert "products: 5 (generic schema)" in lines
    assert "views: text, lexical; 4 neighbours of each product in each, which is everybody else" in lines
    assert not any(line.startswith("set aside") for line in lines)


def test_equal_texts_are_not_said_to_be_missing(build, tmp_path):
    path = tmp_path / "more.csv"
    pd.DataFrame({"id": range(1, 7), "title": [*TITLES, TITLES[0]]}).to_csv(path, index=False)
    (text,) = [line for line in build(path=path).stdout.splitlines() if line.startswith("text: ")]
    assert text.endswith(", 5 encoded: the others of 6 repeat one or were known")


def test_the_sample_has_every_view(sample_index):
    assert open_index(sample_index).views == ("text", "image", "fused", "lexical")


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_every_format_makes_the_same_index(build, products, tmp_path, suffix):
    frame, path = pd.read_csv(products), tmp_path / f"other{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)
    build()
    expected = open_index(tmp_path / "index").fingerprint
    assert build(path=path).exit_code == 0
    assert open_index(tmp_path / "index").fingerprint == expected


def test_a_folder_of_files_is_one_catalogue(heroic, products, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    frame = pd.read_csv(products)
    frame[:2].to_csv(folder / "1.csv", index=False)
    frame[2:].to_parquet(folder / "2.parquet")
    assert heroic("build-index", folder, "--out", tmp_path / "index").exit_code == 0
    assert open_index(tmp_path / "index").catalog.ids.to_pylist() == [1, 2, 3, 4, 5]


def test_several_files_may_be_named(heroic, products, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("id,title\n6,tv\n")
    assert heroic("build-index", products, more, "--out", tmp_path / "index").exit_code == 0
    assert len(open_index(tmp_path / "index").catalog) == 6


def test_a_schema_file_names_the_columns(heroic, tmp_path):
    (tmp_path / "p.csv").write_text("sku,name\nx1,red phone\nx2,blue phone\n")
    (tmp_path / "s.yaml").write_text(yaml.safe_dump({"id": "sku", "title": "name"}))
    words = ["build-index", tmp_path / "p.csv", "--out", tmp_path / "index", "--schema", tmp_path / "s.yaml"]
    assert "(s schema)" in heroic(*words).stdout
    catalog = open_index(tmp_path / "index").catalog
    assert catalog.ids.to_pylist() == ["x1", "x2"]
    assert catalog.table["title"].to_pylist() == ["red phone", "blue phone"]


def test_options_are_stored_with_the_index(build, tmp_path):
    build("-k", "3", "--text-weight", "0.25", "--no-lexical", "--match-across-sources", "--text-fields", "title, brand")
    stored = made(tmp_path)
    assert (stored.k, stored.text_weight, stored.views) == (3, 0.25, ("text",))
    assert stored.match_across_sources is True
    assert stored.text_fields == ("title", "brand")


def test_across_sources_a_products_neighbours_are_of_other_sources(build, tmp_path):
    assert "among other sources only" in build("--match-across-sources").stdout
    index = open_index(tmp_path / "index")
    sources = index.catalog.table["source"].to_pylist()
    for view in index.views:
        for own, row in enumerate(index.neighbours(view).positions):
            assert all(sources[own] != sources[other] for other in row if other >= 0)


def test_a_factory_string_is_faiss_own(build, tmp_path):
    assert build("--index", "HNSW8").exit_code == 0
    assert made(tmp_path).index == "HNSW8"


def test_pictures_are_found_in_the_folder_named(heroic, sample, tmp_path):
    products = shutil.copy(sample / "products.parquet", tmp_path)
    result = heroic("build-index", products, "--images", sample, "--text-encoder", "none", "--out", tmp_path / "index")
    assert "views: image, lexical" in result.stdout
    assert open_index(tmp_path / "index").seen["image"].sum() == pd.read_parquet(products)["image"].notna().sum()


def test_run_again_it_reuses_the_vectors(build, tmp_path):
    assert "reused" not in build().stdout
    assert "text: lsa, 4 dimensions, reused" in build("--index", "HNSW8").stdout


def test_other_vectors_are_not_reused(build):
    build()
    assert "reused" not in build("--text-fields", "title").stdout


def test_run_again_it_is_the_same_index(build, tmp_path):
    build()
    before = open_index(tmp_path / "index").fingerprint
    build()
    assert open_index(tmp_path / "index").fingerprint == before


def test_an_index_of_another_catalogue_is_replaced_only_when_asked(build, products, tmp_path):
    build()
    products.write_text("id,title\n1,tv\n2,radio\n")
    refused = build()
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"heroic: {tmp_path}/index: holds the index of another catalogue (" in refused.stderr
    assert "give --overwrite, --extend" in refused.stderr
    assert len(open_index(tmp_path / "index").catalog) == 5
    assert build("--overwrite").exit_code == 0
    assert len(open_index(tmp_path / "index").catalog) == 2


def test_a_folder_of_something_else_is_never_replaced(build, tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "mine.txt").write_text("keep")
    assert build("--overwrite").exit_code == 2
    assert [path.name for path in (tmp_path / "index").iterdir()] == ["mine.txt"]


def test_a_damaged_index_is_replaced_when_asked(build, tmp_path):
    build()
    (tmp_path / "index" / "manifest.json").write_text("{")
    assert build().exit_code == 2
    assert build("--overwrite").exit_code == 0
    assert json.loads((tmp_path / "index" / "manifest.json").read_text())["kind"] == "index"


def test_progress_goes_to_stderr(build):
    result = build()
    assert "read: 5 in " in result.stderr
    assert "in 0." not in result.stdout


def test_a_dry_run_prints_the_plan_and_builds_nothing(build, tmp_path):
    result = build("--dry-run", "--memory", "2G")
    assert result.exit_code == 0
    assert result.stdout.startswith("plan text: Flat, joined exactly (an exact join is affordable); memory ")
    assert [path.name for path in tmp_path.iterdir()] == ["products.csv"]


def test_what_cannot_fit_is_refused_before_anything_is_read(build, tmp_path):
    result = build("--memory", "100M")
    assert result.exit_code == 2
    assert "--memory 100 MiB: 5 products" in result.stderr
    assert "give --memory 1G" in result.stderr
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [(("--recall", "0"), "--recall 0"), (("--memory", "lots"), "--memory lots"), (("--recall", "1.1"), "--recall 1.1")],
)
def test_an_ask_out_of_range_is_refused(build, words, reason):
    result = build(*words)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_what_was_chosen_and_measured_is_in_the_manifest_and_shown(build, heroic, tmp_path):
    result = build("--index", "HNSW8")
    engine = made(tmp_path).engines["text"]
    assert (engine.factory, engine.join.join, engine.tuned.effort.name) == ("HNSW8", "engine", "efSearch")
    assert engine.recall.neighbours == engine.recall.queries == 1.0
    assert "index text: HNSW8, efSearch " in result.stdout
    assert "recall of text" in heroic("inspect", tmp_path / "index").stdout
