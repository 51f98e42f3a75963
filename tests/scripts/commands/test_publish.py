"""`heroic publish`, and the commands that search where an index was published."""

import json
import shutil
import socket

import pandas as pd
import pytest

from indexing.publishing.address import TOKEN_VARIABLE


@pytest.fixture
def own(sample_index, tmp_path):
    shutil.copytree(sample_index, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture(scope="module")
def published(sample_index, tmp_path_factory):
    """The sample's index in a local file, and what was printed and written of it."""
    from click.testing import CliRunner

    from scripts.main import main

    folder = tmp_path_factory.mktemp("there")
    words = ["publish", sample_index, "--to", folder / "x.db", "--out", folder / "x.json"]
    done = CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return folder / "x.db", done, json.loads((folder / "x.json").read_text(encoding="utf-8"))


def test_it_says_what_is_there_and_how_good_it_is(published):
    _, done, written = published
    for view in ("text", "image", "fused", "lexical"):
        assert f"\n{view}: " in done.stdout
        assert written["views"][view]["recall"]["mean"] >= 0.95
        assert written["views"][view]["recall"]["by_category"]
    assert "recall@10 1.000 of 320 products" in done.stdout
    assert "send heroic_text_" in done.stderr


def test_a_query_there_answers_as_one_here(heroic, sample_index, published):
    asked = ["query", sample_index, "--id", "JDQNAQ", "-k", 5, "--json"]
    here, there = heroic(*asked), heroic(*asked, "--at", published[0])
    assert there.exit_code == 0
    assert json.loads(there.stdout) == json.loads(here.stdout)


def test_an_update_publishes_what_changed(heroic, own, sample, tmp_path):
    heroic("publish", own, "--to", tmp_path / "y.db", "--name", "shop")
    frame = pd.read_parquet(sample / "products.parquet").head(2).drop(columns="image")
    frame.assign(title="Kettle steel 1.7 l").to_parquet(tmp_path / "p.parquet")
    done = heroic("update", own, tmp_path / "p.parquet", "--publish", tmp_path / "y.db", "--name", "shop")
    assert done.exit_code == 0, done.stderr
    assert "text: FLAT, 2 parts, 2 of 320 rows sent" in done.stdout
    found = heroic("query", own, "--text", "kettle steel", "--at", tmp_path / "y.db", "--name", "shop", "--json")
    assert "Kettle steel 1.7 l" in found.stdout


def refused(result, *words):
    assert result.exit_code == 2
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("command", ["publish", "query", "serve", "update"])
def test_a_server_that_is_not_there_is_said_in_one_line(heroic, own, sample, command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}"
    words = {
        "publish": ["--to", uri],
        "query": ["--text", "x", "--at", uri],
        "serve": ["--port", 0, "--at", uri],
        "update": ["--delete", "nobody", "--ignore-unknown", "--publish", uri],
    }[command]
    if command == "update":
        (own.parent / "ids.txt").write_text("JDQNAQ\n")
        words[1] = own.parent / "ids.txt"
    result = heroic(command, own, *words)
    assert result.exit_code == 2
    assert f"{uri}: cannot be reached" in result.stderr.strip().splitlines()[-1]


def test_something_else_that_listens_is_no_milvus(heroic, sample_index, monkeypatch):
    monkeypatch.setattr("indexing.publishing.server.CALL_S", 2.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        uri = f"http://127.0.0.1:{other.getsockname()[1]}"
        refused(heroic("publish", sample_index, "--to", uri), f"{uri}: does not answer")


def test_what_is_not_published_is_said_in_one_line(heroic, sample_index, tmp_path, published):
    query = ["query", sample_index, "--text", "x"]
    refused(heroic(*query, "--at", tmp_path / "no.db"), "nothing is published there: heroic publish INDEX --to")
    refused(heroic(*query, "--at", published[0], "--name", "other"), "nothing is published under this name")
    assert not (tmp_path / "no.db").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "x"], "x: is no address of Milvus"),
        (["--to", "http://me:secret@milvus"], f"leave the password out of the address, and set {TOKEN_VARIABLE}"),
        (["--to", "http://me:secret@milvus:99999999"], "leave the password out of the address"),
        (["--to", "ftp://me:secret@milvus"], "leave the password out of the address"),
        (["--to", "me:secret@milvus:19530"], "leave the password out of the address"),
        (["--to", "http://h:port"], "http://h:port: is no address of a server"),
        (["--to", "y.db", "--name", "a-b"], "--name 'a-b': Milvus takes letters, digits and _"),
        (["--to", "y.db", "--token-file", "gone"], "--token-file gone: cannot be read"),
        (["--to", "y.db", "--recall", "0"], "--recall 0.0: is a share"),
        (["--to", "gone/y.db"], "gone/y.db: its folder is missing"),
        (["--to", "y.db", "--index", "IVF_PQ"], "--index IVF_PQ: milvus-lite"),
        (["--to", "y.db", "--out", "."], "is a folder: name a file"),
    ],
)
def test_mistakes_are_one_line(heroic, sample_index, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    result = heroic("publish", sample_index, *words)
    refused(result, said)
    assert "secret" not in result.stderr


@pytest.mark.parametrize("command", ["query", "serve", "update"])
def test_options_of_a_server_want_a_server(heroic, sample_index, command):
    result = heroic(command, sample_index, "--name", "shop")
    assert result.exit_code == 2
    assert "--name and --token-file are of a server" in result.stderr


def test_a_token_stays_out_of_sight(tmp_path):
    from indexing.publishing.address import address_of

    (tmp_path / "token").write_text("me:secret\n")
    address = address_of("http://milvus:19530", "shop", tmp_path / "token")
    assert address.token == "me:secret"
    assert "secret" not in f"{address} {address!r}"
