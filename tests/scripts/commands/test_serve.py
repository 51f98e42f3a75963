"""`heroic serve` as a process of its own: it says where the page is, answers there, and ends when it is told to."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPSConnection
from threading import Timer

import pandas as pd
import pytest
from served import V1, Client, product

from indexing.product_index import open_index
from reranking.grouping.decision_store import open_decisions
from reranking.labels.settled import read_settled
from scripts.serve.safety.tokens import Role, add_token


@contextmanager
def started(root, *words, before=""):
    """Start it, and yield the process with the line that says where the page is; it runs some code `before`."""
    usual = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)"  # whoever runs the tests may ignore it
    command = [sys.executable, "-c", f"{usual}\n{before}\nfrom scripts.main import run\nrun()", "serve"]
    command += map(str, words)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        first = process.stdout.readline()
        where = process.stdout.readline() if first else ""
        assert where, process.stderr.read()
        yield process, first, where
    finally:
        process.kill()
        process.communicate()


def test_two_commands_open_the_page(root, sample_index, sample_model):
    with started(root, sample_index, "--model", sample_model, "--port", "0") as (process, first, where):
        assert first.startswith("index: 320 products (text, image, fused, lexical), with model ")
        port, secret = re.fullmatch(
            r"open http://127\.0\.0\.1:(\d+)(/enter\?secret=\S+)  \(for one browser\)\n", where
        ).groups()
        client = Client(int(port))
        assert client.get(f"{V1}/ready").json["status"] == "ready"
        cookie = client.get(secret).headers["set-cookie"].partition(";")[0]
        assert client.get(f"{V1}/model", Cookie=cookie).status == 200
        assert client.get(f"{V1}/model").status == 401
        assert process.stdout.readline().startswith("open http://127.0.0.1:")  # another link
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == "heroic: interrupted\n"


SLOW = """
import time
from scripts.serve.api import pairs
explained = pairs.pair_document
def slow(*given):
    print("working", flush=True)
    time.sleep({seconds})
    return explained(*given)
pairs.pair_document = slow
"""


@contextmanager
def explaining(root, index, tmp_path, seconds):
    """A server that takes so long to explain a pair, while it does so; and what will be answered."""
    token, ids = add_token(tmp_path / "tokens.json", "reader", Role.READ, 1), open_index(index).catalog.ids.to_pylist()
    words = [index, "--port", "0", "--tokens", tmp_path / "tokens.json"]
    with (
        started(root, *words, before=SLOW.format(seconds=seconds)) as (process, _, where),
        ThreadPoolExecutor() as pool,
    ):
        client = Client(int(re.search(r":(\d+)", where)[1]), {"Authorization": f"Bearer {token}"})
        reply = pool.submit(client.post, f"{V1}/pairs/explain", {"left": ids[0], "right": ids[1]})
        assert process.stdout.readline() == "working\n"
        yield process, reply


def test_what_is_being_answered_is_answered_before_it_stops(root, sample_index, tmp_path):
    with explaining(root, sample_index, tmp_path, seconds=2) as (process, reply):
        process.send_signal(signal.SIGTERM)
        assert reply.result().status == 200
        assert process.wait(30) == 143
        assert process.stderr.read() == "heroic: stopped by SIGTERM\n"


def test_it_stops_in_order_where_its_terminal_is_closed(root, sample_index, tmp_path):
    with explaining(root, sample_index, tmp_path, seconds=2) as (process, reply):
        process.send_signal(signal.SIGHUP)
        assert reply.result().status == 200
        assert process.wait(30) == 129


def test_it_stops_whatever_runs(root, sample_index, tmp_path):
    with explaining(root, sample_index, tmp_path, seconds=600) as (process, reply):
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
        assert reply.exception() is not None or reply.result().status >= 500
        assert process.stderr.read().endswith("WARNING work under way did not end in time: it is left\n")


def test_what_was_answered_is_in_the_access_log_when_it_is_told_to_stop(root, sample_index, tmp_path):
    with started(root, sample_index, "--port", "0", "--access-log", tmp_path / "access.log") as (process, _, where):
        client = Client(int(re.search(r":(\d+)", where)[1]))
        for _ in range(50):
            assert client.get(f"{V1}/health").status == 200
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert len((tmp_path / "access.log").read_text().splitlines()) == 50


def test_told_twice_it_stops_at_once(root, sample_index, tmp_path):
    with explaining(root, sample_index, tmp_path, seconds=600) as (process, reply):
        for _ in range(50):  # two at the same moment are one
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
                break
        assert process.wait(60) == 128 + signal.SIGINT
        assert process.stderr.read().endswith("WARNING told twice to stop: answers under way are broken off\n")
        assert isinstance(reply.exception(), ConnectionError | HTTPException)


def test_a_newer_version_is_served_and_said(root, own_copy, sample, tmp_path):
    import pandas as pd

    from indexing.update.update_index import update_index

    token = add_token(tmp_path / "tokens.json", "reader", Role.READ, 1)
    row = pd.read_parquet(sample / "products.parquet").iloc[:1].assign(id="NEW")
    row.to_parquet(tmp_path / "new.parquet")
    with started(root, own_copy, "--port", "0", "--tokens", tmp_path / "tokens.json") as (process, _, where):
        client = Client(int(re.search(r":(\d+)", where)[1]), {"Authorization": f"Bearer {token}"})
        assert client.get(product("NEW")).status == 404
        update_index(own_copy, [tmp_path / "new.parquet"])
        assert "newer version: open text, 0 of about 321" in process.stderr.readline()
        assert "took up" in process.stderr.readline()
        assert client.get(product("NEW")).status == 200


def test_a_kill_right_after_an_answer_loses_no_verdict(root, sample_index, tmp_path):
    token = add_token(tmp_path / "tokens.json", "anna", Role.LABEL, 1)
    words = ["--tokens", tmp_path / "tokens.json", "--labels", tmp_path / "labels.db", "--port", "0"]
    kept = []
    for _ in range(3):
        with started(root, sample_index, *words) as (process, _, where):
            client = Client(int(re.search(r":(\d+)", where)[1]), {"Authorization": f"Bearer {token}"})
            pair = client.get(f"{V1}/labels/next").json["pair"]
            ids = {side: pair[side]["id"] for side in ("left", "right")}
            assert client.post(f"{V1}/labels", {**ids, "verdict": "match"}).status == 200
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        kept.append(set(ids.values()))
        settled = read_settled(tmp_path / "labels.db")
        pairs = zip(settled.left.to_pylist(), settled.right.to_pylist(), strict=True)
        assert [set(pair) for pair in pairs] == kept


@pytest.mark.parametrize("milliseconds", [5, 40, 90, 160])
def test_a_kill_at_any_moment_loses_no_verdict_that_was_answered(root, sample_index, tmp_path, milliseconds):
    token = add_token(tmp_path / "tokens.json", "anna", Role.LABEL, 1)
    words = ["--tokens", tmp_path / "tokens.json", "--labels", tmp_path / "labels.db", "--port", "0"]
    answered = []
    with started(root, sample_index, *words) as (process, _, where):
        client = Client(int(re.search(r":(\d+)", where)[1]), {"Authorization": f"Bearer {token}"})
        found = client.get(f"{V1}/labels/next").json
        Timer(milliseconds / 1e3, process.kill).start()
        with suppress(OSError, HTTPException):  # whoever is killed answers no more
            while found["pair"] is not None:
                ids = {side: found["pair"][side]["id"] for side in ("left", "right")}
                reply = client.post(f"{V1}/labels", {**ids, "verdict": "match"})
                assert reply.status == 200
                answered.append(set(ids.values()))
                found = reply.json
        process.wait(30)
    settled = read_settled(tmp_path / "labels.db")
    kept = [set(pair) for pair in zip(settled.left.to_pylist(), settled.right.to_pylist(), strict=True)]
    assert kept[: len(answered)] == answered
    assert len(kept) <= len(answered) + 1  # what was on its way may have arrived


def test_it_says_what_it_reads_in_the_background(root, sample_index, tmp_path):
    ids = open_index(sample_index).catalog.ids[:4].to_pylist()
    pd.DataFrame({"id": ids, "group": ["a", "a", "b", "b"]}).to_parquet(tmp_path / "groups.parquet")
    pairs = {"left_id": ids[:2], "right_id": ids[2:], "score": [0.9, 0.2], "match": [True, False]}
    pd.DataFrame(pairs).to_csv(tmp_path / "scores.csv", index=False)
    words = ["--groups", tmp_path / "groups.parquet", "--group-scores", tmp_path / "scores.csv"]
    words += ["--scores", tmp_path / "scores.csv", "--labels", tmp_path / "labels.db", "--port", "0"]
    told, ended = [], {"took up 2 groups", "read 2 scored pairs, 2 are in the queue"}
    with started(root, sample_index, *words) as (process, _, _):
        while not ended <= set(told):  # what is told ends where the server does
            line = process.stderr.readline()
            assert line, told
            told.append(line.partition(" INFO ")[2].strip())
    begun = {
        "groups: read groups, 0 of about 4",
        "review: read scores, 0 of about 2",
    }
    assert begun | ended == set(told)


def test_a_kill_right_after_a_decision_loses_none(root, sample_index, tmp_path):
    token = add_token(tmp_path / "tokens.json", "anna", Role.LABEL, 1)
    ids = open_index(sample_index).catalog.ids[:6].to_pylist()
    pd.DataFrame({"id": ids, "group": ["a", "a", "b", "b", "c", "c"]}).to_parquet(tmp_path / "groups.parquet")
    words = ["--groups", tmp_path / "groups.parquet", "--decisions", tmp_path / "decisions.db", "--port", "0"]
    for name in "ab":
        with started(root, sample_index, *words, "--tokens", tmp_path / "tokens.json") as (process, _, where):
            client = Client(int(re.search(r":(\d+)", where)[1]), {"Authorization": f"Bearer {token}"})
            while (found := client.get(f"{V1}/groups")).status == 503:
                time.sleep(0.05)
            asked = {"kind": "lock", "group": name, "version": found.json["version"], "index": found.json["index"]}
            assert client.post(f"{V1}/decisions", asked).status == 200
            process.send_signal(signal.SIGKILL)
            process.wait(30)
    with open_decisions(tmp_path / "decisions.db") as store:
        assert [kept.decision.one for kept in store.standing()] == [tuple(ids[:2]), tuple(ids[2:4])]


@pytest.fixture
def own_copy(sample_index, tmp_path):
    return shutil.copytree(sample_index, tmp_path / "index")


@pytest.fixture
def certificate(tmp_path):
    """A certificate that signs itself, and its key."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = [
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=127.0.0.1",
        "-out",
        files[0],
        "-keyout",
        files[1],
    ]
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with openssl")
    subprocess.run(["openssl", "req", *map(str, words)], check=True, capture_output=True)
    return files


def test_a_team_comes_by_https_with_tokens(root, sample_index, certificate, tmp_path):
    token = add_token(tmp_path / "tokens.json", "anna", Role.READ, 1)
    words = [
        "--tokens", tmp_path / "tokens.json", "--certificate", certificate[0], "--key", certificate[1], "--host", "0.0.0.0",
        "--allow-host", "127.0.0.1", "--port", "0",
    ]  # fmt: skip
    with started(root, sample_index, *words) as (_, _, where):
        port = int(re.fullmatch(r"https://0\.0\.0\.0:(\d+): comes in who has a token\n", where)[1])
        trusted = ssl.create_default_context(cafile=certificate[0])
        trusted.check_hostname = False
        connection = HTTPSConnection("127.0.0.1", port, context=trusted, timeout=30)
        connection.request("GET", f"{V1}/index", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("strict-transport-security")) == (200, "max-age=31536000")
        connection.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["INDEX", "--host", "0.0.0.0"], "other machines can reach it"),
        (["INDEX", "--tokens", "nothing.json"], "nothing.json: no such file of tokens"),
        (["nothing"], "no such folder: an index is needed"),
        (["INDEX", "--model", "INDEX"], "is a index, a model is needed"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(heroic, sample_index, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = heroic("serve", *(sample_index if word == "INDEX" else word for word in words), "--port", "0")
    assert done.exit_code == 2
    assert said in done.output
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    ("cert", "key", "said"),
    [
        ("CERT", "nothing", "--key nothing: cannot be read (No such file or directory): name a PEM file"),
        ("nothing", "KEY", "--certificate nothing: cannot be read"),
        (".", "KEY", "--certificate .: cannot be read (Is a directory)"),
        ("KEY", "CERT", "do not serve together"),
        ("CERT", "LOCKED", "the key has a password"),
    ],
)
def test_a_certificate_is_looked_at_before_an_index_is_opened(
    heroic, certificate, tmp_path, monkeypatch, cert, key, said
):
    monkeypatch.chdir(tmp_path)
    locked = ["openssl", "rsa", "-aes128", "-passout", "pass:word", "-in", certificate[1], "-out", tmp_path / "locked"]
    subprocess.run(list(map(str, locked)), check=True, capture_output=True)
    files = {"CERT": certificate[0], "KEY": certificate[1], "LOCKED": tmp_path / "locked"}
    words = ["--certificate", files.get(cert, cert), "--key", files.get(key, key)]
    done = heroic("serve", tmp_path / "index", *words, "--port", "0")
    assert done.exit_code == 2
    assert said in done.output
    assert done.output.count("\n") == 1


def test_who_has_no_name_on_the_machine_is_a_number(monkeypatch):
    from scripts.serve.server import _own_name

    def nobody():
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert _own_name() == str(os.getuid())


def test_a_port_that_is_taken_is_said_before_anything_is_opened(heroic, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = heroic("serve", tmp_path / "nothing", "--port", taken.getsockname()[1])
    assert done.exit_code == 2
    assert "cannot be listened at (Address already in use): give another" in done.output


def test_without_the_extra_it_says_what_to_install(heroic, sample_index, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "scripts.serve.server", raising=False)
    done = heroic("serve", sample_index)
    assert done.exit_code == 2
    assert "pip install 'heroic[serve]' (uvicorn is missing)" in done.output


def test_tokens_are_written_and_taken_back(heroic, tmp_path):
    file = tmp_path / "tokens.json"
    done = heroic("serve-token", file, "anna", "--role", "label", "--days", "7")
    assert done.exit_code == 0
    assert len(done.output.strip()) == 43
    assert done.output.strip() not in file.read_text()
    assert "'anna' has a token" in heroic("serve-token", file, "anna").output
    assert heroic("serve-token", file, " anna", "--revoke").output == "anna: the token is taken back\n"
    assert "nobody in it is named 'anna'" in heroic("serve-token", file, "anna", "--revoke").output
    assert heroic("serve-token", file, " ").exit_code == 2
