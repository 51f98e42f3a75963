"""The access log has a line of every request, and nothing that was asked."""

import json
import os
import time
from contextlib import suppress

import pytest
from served import V1, product, served

from indexing.errors import InputError
from scripts.serve.engine.access_log import STANDARD_OUTPUT, AccessLog
from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources


@pytest.fixture
def door(sample_index, tmp_path):
    log = AccessLog(tmp_path / "access.log")
    with served(Current(Sources(sample_index)), tmp_path, log=log) as door:
        yield door


def lines(path, count):
    """The lines of a file, as soon as there are so many: a line is written when its answer is gone."""
    for _ in range(500):
        found = path.read_text().splitlines() if path.is_file() else []
        if len(found) >= count:
            break
        time.sleep(0.01)
    assert len(found) == count
    return [json.loads(line) for line in found]


def test_each_request_has_a_line_without_what_was_asked(door, tmp_path):
    own = str(door.service.current.opened.index.catalog.ids[0].as_py())
    door.client("read").get(product(own, "/neighbours?k=3&category=nothing+like+it"))
    door.client("read").post(f"{V1}/search", {"text": "a secret phone"})
    door.client().get(f"{V1}/index", Authorization="Bearer forged")
    door.client().get(door.link)
    door.client("label").get("/nowhere?word=secret")
    told = [(one["method"], one["route"], one["status"], one["visitor"]) for one in lines(tmp_path / "access.log", 5)]
    assert told == [
        ("GET", "/products/{product_id}/neighbours", 422, "reader"),
        ("POST", "/search", 200, "reader"),
        ("GET", "other", 401, None),
        ("GET", "/enter", 200, None),
        ("GET", "other", 404, "labeler"),
    ]
    content = (tmp_path / "access.log").read_text()
    assert not [word for word in (own, "secret", "forged", *door.tokens.values()) if word in content]
    assert all(one["ms"] > 0 and one["time"].endswith("+00:00") for one in lines(tmp_path / "access.log", 5))


def test_a_file_that_is_moved_away_is_made_anew(door, tmp_path):
    client, path = door.client(), tmp_path / "access.log"
    client.get(f"{V1}/health")
    lines(path, 1)
    path.rename(tmp_path / "access.log.1")
    client.get(f"{V1}/health")
    lines(path, 1)
    client.get(f"{V1}/ready")
    assert [one["route"] for one in lines(path, 2)] == ["/health", "/ready"]
    lines(tmp_path / "access.log.1", 1)
    os.truncate(path, 0)  # as `copytruncate` does
    client.get(f"{V1}/health")
    lines(path, 1)


def test_what_cannot_be_written_is_said_once_and_answered_all_the_same(door, tmp_path, caplog):
    client, path = door.client(), tmp_path / "access.log"
    path.unlink()
    path.mkdir()
    assert [client.get(f"{V1}/health").status for _ in range(3)] == [200, 200, 200]
    said = f"--access-log {path}: cannot be written (Is a directory): requests are not logged"
    for _ in range(200):
        if said in [record.message for record in caplog.records]:
            break
        time.sleep(0.01)
    assert [record.message for record in caplog.records].count(said) == 1
    path.rmdir()
    client.get(f"{V1}/ready")
    while not path.is_file() or "/ready" not in path.read_text():
        time.sleep(0.01)


def test_lines_that_cannot_be_written_are_counted(tmp_path):
    log = AccessLog(tmp_path / "access.log")
    log.add("/index", "GET", 200, seconds=0.001, visitor=None)
    lines(log.path, 1)
    log.path.unlink()
    log.path.mkdir()
    for _ in range(3):
        log.add("/index", "GET", 200, seconds=0.001, visitor=None)
    log.end()
    assert log.left_out == 3


def test_the_standard_output_takes_them_too(capfd):
    log = AccessLog(STANDARD_OUTPUT)
    log.add("/", "GET", 200, seconds=0.0123, visitor="anna")
    log.end()
    assert json.loads(capfd.readouterr().out) | {"time": ""} == {
        "time": "", "method": "GET", "route": "/", "status": 200, "ms": 12.3, "visitor": "anna",
    }  # fmt: skip


def test_a_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written \(No such file or directory\): name another"):
        AccessLog(tmp_path / "nowhere" / "access.log")


def test_a_pipe_that_nobody_reads_is_refused_and_a_full_one_keeps_nobody_from_an_answer(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match=r"--access-log .*pipe: cannot be written"):
        AccessLog(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = AccessLog(pipe, most=100)
    for _ in range(2_000):  # more than a pipe holds, which waits for its reader
        log.add("/index", "GET", 200, seconds=0.001, visitor="anna" * 20)
    assert log.left_out > 0
    assert lines_read(reader, 2_000 - log.left_out) + log.left_out == 2_000  # each line is written, or counted
    log.end()
    os.close(reader)


def lines_read(reader, most):
    """How many lines come through a pipe until there are so many."""
    os.set_blocking(reader, False)
    found = b""
    for _ in range(2_000):
        if found.count(b"\n") >= most:
            break
        with suppress(BlockingIOError):
            found += os.read(reader, 1 << 16)
        time.sleep(0.001)
    return found.count(b"\n")


def test_a_standard_output_that_nobody_reads_keeps_nobody_from_an_answer(monkeypatch, caplog):
    kept, nobody = os.pipe()
    output = os.fdopen(nobody, "w")
    monkeypatch.setattr("sys.stdout", output)
    log = AccessLog(STANDARD_OUTPUT, most=100)
    for _ in range(2_000):  # more than a pipe holds, which waits for its reader
        log.add("/index", "GET", 200, seconds=0.001, visitor="anna" * 20)
    assert log.left_out > 0
    assert [record.message for record in caplog.records] == [
        "--access-log -: is written too slowly: lines are left out"
    ]
    assert lines_read(kept, 2_000 - log.left_out) + log.left_out == 2_000  # each line is written, or counted
    log.end()
    output.close()
    os.close(kept)
