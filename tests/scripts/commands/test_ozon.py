"""The contest's own files go the whole way: its catalogue, its pairs, its submission."""

import json

import numpy as np
import pandas as pd
import pytest

from indexing.product_index import open_index
from reranking.signals.signals import prepare_signals


@pytest.fixture(scope="module")
def ozon(sample):
    return sample / "ozon"


@pytest.fixture
def build(heroic, ozon, tmp_path):
    """Build an index of train and test products together."""

    def run(*words, products=(ozon / "train_data.parquet", ozon / "test_data.parquet")):
        return heroic("build-index", *products, "--out", tmp_path / "index", *words)

    return run


def test_catalogue_pairs_submission_and_report_in_the_contests_schema(build, heroic, ozon, tmp_path):
    built = build()
    assert built.exit_code == 0, built.stderr
    assert "products: 320 (ozon schema)" in built.stdout
    assert "image: column:main_pic_embeddings_resnet_v1+pic_embeddings_resnet_v1, 128 dimensions" in built.stdout
    index, model, scores = tmp_path / "index", tmp_path / "model", tmp_path / "scores.parquet"
    trained = heroic("train", index, ozon / "train_pairs.parquet", "--out", model)
    assert trained.exit_code == 0, trained.stderr
    submission = tmp_path / "submission.csv"
    words = (
        index,
        ozon / "test_pairs_wo_target.parquet",
        "--model",
        model,
        "--out",
        scores,
        "--submission",
        submission,
    )
    assert heroic("score", *words).exit_code == 0
    asked, given = pd.read_parquet(ozon / "test_pairs_wo_target.parquet"), pd.read_csv(submission)
    assert list(given.columns) == ["variantid1", "variantid2", "target"]
    pd.testing.assert_frame_equal(given[["variantid1", "variantid2"]], asked)
    matches = pd.read_parquet(ozon / "test_pairs.parquet")["target"].sum()
    for scored, absent in ((scores, []), (submission, ["provenance"])):
        report = evaluate(heroic, scored, ozon, tmp_path, "--index", index, "--model", model)
        assert (report["pairs"], report["positives"]) == (274, matches)
        assert report["weighted"] > max(report["trivial"], 0.5)
        assert set(report["absent"]) - {"match", "match_f1", "categories"} == set(absent)


def evaluate(heroic, scores, ozon, tmp_path, *words):
    truth = ("--truth", ozon / "test_pairs.parquet", "--rounds", "0", "--out", tmp_path / "report")
    result = heroic("evaluate", scores, *truth, *words)
    assert result.exit_code == 0, result.stderr
    return json.loads((tmp_path / "report" / "report.json").read_text())


def test_an_index_of_the_test_products_alone_takes_the_model_of_the_others(build, heroic, ozon, tmp_path):
    assert build(products=[ozon / "train_data.parquet"]).exit_code == 0
    words = (ozon / "train_pairs.parquet", "--out", tmp_path / "model")
    assert heroic("train", tmp_path / "index", *words).exit_code == 0
    heroic("build-index", ozon / "test_data.parquet", "--out", tmp_path / "test_index")
    scored = heroic(
        "score", tmp_path / "test_index", ozon / "test_pairs_wo_target.parquet",
        "--model", tmp_path / "model", "--out", tmp_path / "scores.parquet",
    )  # fmt: skip
    assert scored.exit_code == 0, scored.stderr
    assert evaluate(heroic, tmp_path / "scores.parquet", ozon, tmp_path)["weighted"] > 0.5


def test_the_titles_ready_made_vectors_can_be_the_text_view(build, ozon, tmp_path):
    result = build("--text-encoder", "column:name_bert_64", products=[ozon / "test_data.parquet"])
    assert "text: column:name_bert_64, 64 dimensions" in result.stdout
    rows = np.stack(pd.read_parquet(ozon / "test_data.parquet")["name_bert_64"])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = open_index(tmp_path / "index")
    left, right = np.array([0, 1]), np.array([2, 3])
    np.testing.assert_allclose(index.cosines("text", left, right), (rows[left] * rows[right]).sum(axis=1), rtol=1e-4)


def test_a_product_without_further_pictures_has_no_vector_of_them(build, ozon, tmp_path):
    build(products=[ozon / "test_data.parquet"])
    index = open_index(tmp_path / "index")
    has = pd.read_parquet(ozon / "test_data.parquet")["pic_embeddings_resnet_v1"].notna().to_numpy()
    assert index.seen["image_extra"].tolist() == has.tolist()
    assert index.seen["image"].all()
    signals = prepare_signals(index, np.arange(51))
    left, right = np.arange(50), np.arange(1, 51)
    cosines = signals.compute(left, right)[:, signals.names.index("image_extra_cosine")]
    assert np.isnan(cosines).tolist() == (~(has[left] & has[right])).tolist()


def test_the_schema_can_be_named(build, ozon, tmp_path):
    assert "(ozon schema)" in build("--schema", "ozon", products=[ozon / "test_data.parquet"]).stdout
    catalog = open_index(tmp_path / "index").catalog
    products = pd.read_parquet(ozon / "test_data.parquet")
    assert catalog.ids.to_pylist() == products["variantid"].tolist()
    assert catalog.table["title"].to_pylist() == products["name"].tolist()
    assert catalog.category(3).to_pylist() == [json.loads(cell)["3"] for cell in products["categories"]]


def test_a_stray_index_column_and_grouped_categories_of_a_pairs_file_are_fine(build, heroic, ozon, tmp_path):
    build()
    pairs = pd.read_parquet(ozon / "train_pairs.parquet").assign(cat3_grouped="Кабели", __index_level_0__=7)
    pairs.to_parquet(tmp_path / "pairs.parquet", index=False)
    trained = heroic("train", tmp_path / "index", tmp_path / "pairs.parquet", "--out", tmp_path / "model")
    assert trained.exit_code == 0, trained.stderr
    words = (tmp_path / "index", tmp_path / "pairs.parquet", "--model", tmp_path / "model")
    assert heroic("score", *words, "--out", tmp_path / "scores.parquet").exit_code == 0
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    assert set(scores["category"]) == {"Кабели"}
    assert (scores["__index_level_0__"] == 7).all()
