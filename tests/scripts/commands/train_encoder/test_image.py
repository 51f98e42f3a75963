"""`heroic train-encoder image`, an index of its model, and texts that query pictures."""

import json

import pytest

from indexing.product_index import open_index


@pytest.fixture(scope="module")
def clip_index(sample, clip_folder, tmp_path_factory):
    """An index with the image view of the small model and no text view."""
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions

    folder = tmp_path_factory.mktemp("clip_index") / "index"
    options = BuildOptions(
        encoding=EncodingOptions(text_encoder="none", image_encoder=f"clip:{clip_folder}", precision="int8"), k=10
    )
    build_index([sample / "products.parquet"], folder, options=options)
    return folder


def test_training_says_what_it_learnt_from_and_how_to_go_on(heroic, sample, sample_index, clip_config, tmp_path):
    out = tmp_path / "model"
    done = heroic(
        "train-encoder", "image", sample_index, sample / "pairs_train.parquet", "--out", out, "--config", clip_config,
        "--epochs", 1, "--hold-out-share", 0.2, "--text-share", 0,
    )  # fmt: skip
    assert done.exit_code == 0
    assert f"image encoder: {out}" in done.stdout
    assert "pictures: trained on" in done.stdout
    assert "validation recall@10:" in done.stdout
    assert f"next: heroic build-index PRODUCTS --out INDEX --image-encoder clip:{out}" in done.stdout
    assert "note:" not in done.stdout  # groups are whole


def test_the_manifest_says_precision_agreement_and_model(clip_index, clip_folder):
    record = open_index(clip_index).made.encoders["image"]
    assert (record.spec, record.made.precision, record.dim) == ("clip:tiny", "int8", 64)
    assert record.notes.name == str(clip_folder)
    assert record.notes.agreement.smallest > 0.99


def test_a_text_queries_pictures(heroic, clip_index):
    asked = ("query", clip_index, "--text", "USB кабель", "--json", "-k", 3)
    pictures = json.loads(heroic(*asked, "--view", "image").stdout)
    assert pictures["view"] == "image"
    assert len(pictures["neighbours"]) == 3
    assert json.loads(heroic(*asked).stdout)["view"] == "lexical"


def test_a_view_that_the_query_cannot_be_seen_in_is_refused(heroic, clip_index, sample_index, sample):
    picture = next((sample / "images").iterdir())
    for index, words, reason in (
        (clip_index, ("--text", "x", "--view", "text"), "has no such view (has image, lexical)"),
        (sample_index, ("--text", "x", "--view", "image"), "a text cannot be seen in the image view"),
        (clip_index, ("--image", picture, "--view", "lexical"), "a picture cannot be seen in the lexical view"),
    ):
        done = heroic("query", index, *words)
        assert done.exit_code == 2
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_product_may_be_asked_in_any_view(heroic, sample_index):
    index = open_index(sample_index)
    product = index.catalog.ids[0].as_py()
    for view in ("text", "image", "fused", "lexical"):
        done = heroic("query", sample_index, "--id", product, "--view", view, "--json")
        assert json.loads(done.stdout)["view"] == view


def test_a_view_is_of_one_query(heroic, sample_index):
    done = heroic("query", sample_index, "--view", "image")
    assert done.exit_code == 2
    assert "--view is of one query" in done.stderr


def test_a_model_that_changed_since_is_refused(heroic, clip_index, clip_folder, tmp_path, sample):
    import shutil

    moved, index = tmp_path / "tiny", tmp_path / "index"
    shutil.copytree(clip_folder, moved)
    done = heroic(
        "build-index", sample / "products.parquet", "--out", index, "--text-encoder", "none", "--image-encoder",
        f"clip:{moved}", "-k", 5,
    )  # fmt: skip
    assert done.exit_code == 0
    with (moved / "open_clip_config.json").open("a") as file:
        file.write(" ")
    picture = next((sample / "images").iterdir())
    done = heroic("query", index, "--image", picture)
    assert done.exit_code == 2
    assert "the model has changed since the index was made" in done.stderr
