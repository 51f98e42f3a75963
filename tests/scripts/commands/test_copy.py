"""Catalogues, pictures, indexes and models lie in a store, and every command reads them there."""

import json
import os

import boto3
import pytest


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", str(tmp_path / "cache"))


def upload(key, content):
    client = boto3.client("s3")
    client.put_object(Bucket="tests", Key=key, Body=content)
    client.close()


def test_an_index_is_copied_there_and_asked_there(heroic, s3, sample_index, sample_model, tmp_path):
    url = f"{s3}/team/index"
    sent = heroic("copy", sample_index, url)
    assert sent.exit_code == 0, sent.stderr
    assert "version 1 of the store" in sent.stdout
    assert "moved: 0 of" in heroic("copy", sample_index, url).stdout
    assert heroic("copy", sample_model, f"{s3}/team/model").exit_code == 0
    asked = ["--id", "JDQNAQ", "-k", 3, "--json", "--model"]
    here = heroic("query", sample_index, *asked, sample_model)
    there = heroic("query", url, *asked, f"{s3}/team/model")
    assert there.exit_code == 0, there.stderr
    assert json.loads(there.stdout) == json.loads(here.stdout)
    back = heroic("copy", url, tmp_path / "back")
    assert back.exit_code == 0
    assert heroic("inspect", tmp_path / "back").exit_code == 0


def test_a_catalogue_and_its_pictures_are_read_from_a_store(heroic, s3, sample, tmp_path):
    upload("shop/b.csv", b"id,title,image\n3,Kettle steel,k.jpg\n4,Kettle glass,gone.jpg\n")
    upload("shop/a.jsonl", b'{"id": 1, "title": "Toaster red", "image": "k.jpg"}\n{"id": 2, "title": "Toaster blue"}\n')
    upload("shop/read.me", b"no table")
    upload("shop/k.jpg", next((sample / "images").glob("*.jpg")).read_bytes())
    words = ["--out", tmp_path / "index", "--images", f"{s3}/shop", "--max-rejects", 1, "-k", 2]
    built = heroic("build-index", f"{s3}/shop", *words)
    assert built.exit_code == 0, built.stderr
    from indexing.product_index import open_index

    index = open_index(tmp_path / "index")
    assert index.catalog.ids.cast("string").to_pylist() == ["1", "2", "3", "4"]
    assert index.seen["image"].tolist() == [True, False, True, False]
    one = heroic("build-index", f"{s3}/shop/*.csv", "--out", tmp_path / "one", *words[2:])
    assert one.exit_code == 0, one.stderr
    assert len(open_index(tmp_path / "one").catalog) == 2
    (tmp_path / "s.yaml").write_text(f"files: {s3}/shop/*.csv\nid: id\n")
    told = heroic("build-index", "--schema", tmp_path / "s.yaml", "--out", tmp_path / "told", *words[2:])
    assert told.exit_code == 0, told.stderr
    assert len(open_index(tmp_path / "told").catalog) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["copy", "s3://tests/none", "x"], "s3://tests/none: holds no artefact"),
        (["copy", "gone", "s3://tests/x"], "gone: no such folder"),
        (["copy", "https://a.invalid/x", "x"], "no artefacts are kept at https://"),
        (["copy", "gs://a/x", "x"], "gs:// needs another package: pip install gcsfs"),
        (["query", "s3://tests/none", "--text", "x"], "s3://tests/none: holds no artefact"),
        (["query", "s3://no-such-bucket-here/x", "--text", "x"], "s3://no-such-bucket-here/x: "),
        (["build-index", "s3://tests/none/*.csv", "--out", "x"], "s3://tests/none/*.csv: no file has such a name"),
        (["build-index", "s3://tests/none.csv", "--out", "x"], "s3://tests/none.csv: no such file"),
    ],
)
def test_mistakes_are_one_line(heroic, s3, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    result = heroic(*words)
    assert result.exit_code == 2
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert said in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == []


def test_no_model_is_trained_into_a_store(heroic, sample, sample_index, s3):
    result = heroic("train", sample_index, sample / "pairs_train.parquet", "--out", f"{s3}/new")
    assert result.exit_code == 2
    assert "is in a store: write the model into a folder, then heroic copy" in result.stderr


@pytest.mark.parametrize("words", [["a", "b"], ["s3://a/b", "s3://c/d"]])
def test_one_side_is_a_folder_and_the_other_a_store(heroic, words):
    assert "one of SOURCE and TARGET is a folder, the other a URL" in heroic("copy", *words).stderr
