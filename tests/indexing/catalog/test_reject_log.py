"""A log of more rejects than are to be in memory."""

import pytest

from indexing.catalog import reject_log, rejects
from indexing.catalog.reject_log import RejectLog
from indexing.catalog.rejects import Reject, StoredRejects, reject_kinds, write_rejects

MANY = [Reject(str(n), "price", "x" * (n % 7), f"not a number: {n}", f"{n % 2}.csv", n // 4) for n in range(100)]


@pytest.fixture(params=[(10, 1 << 20), (1 << 20, 20)], ids=["by count", "by characters"])
def few_held(request, monkeypatch):
    for module in (reject_log, rejects):
        monkeypatch.setattr(module, "HELD", request.param[0])
        monkeypatch.setattr(module, "HELD_CHARS", request.param[1])


@pytest.mark.usefixtures("few_held")
def test_all_rejects_come_back_in_their_order_though_few_are_held(tmp_path):
    log = RejectLog(tmp_path / "log")
    log.extend(MANY)
    assert len(log._held) < 10
    assert len(list((tmp_path / "log").iterdir())) > 5
    assert (len(log), list(log), list(log)) == (100, MANY, MANY)
    assert reject_kinds(log) == reject_kinds(MANY)


@pytest.mark.usefixtures("few_held")
def test_a_row_is_counted_once_in_its_file(tmp_path):
    log = RejectLog(tmp_path / "log")
    log.extend(
        [*MANY, Reject("7", "brand", "", "is none", "0.csv", 3), Reject("7", "brand", "", "is none", "2.csv", 3)]
    )
    assert log.bad_rows == len({(reject.file, reject.row) for reject in MANY}) + 1


def test_a_picture_stands_in_no_row(tmp_path):
    log = RejectLog(tmp_path / "log")
    pictures = [Reject(str(n), "image", f"{n}.jpg", "no such file") for n in range(3)]
    log.extend([*MANY[:1], *pictures])
    assert (list(log), log.bad_rows) == ([*MANY[:1], *pictures], 1)


@pytest.mark.usefixtures("few_held")
def test_a_log_begins_empty_and_leaves_nothing(tmp_path):
    RejectLog(tmp_path / "log").extend(MANY)
    log = RejectLog(tmp_path / "log")
    assert (len(log), list(log), (tmp_path / "log").exists()) == (0, [], False)
    log.extend(MANY)
    log.clear()
    assert (len(log), list(log), (tmp_path / "log").exists()) == (0, [], False)


@pytest.mark.usefixtures("few_held")
def test_rejects_in_a_file_come_back_in_their_order(tmp_path):
    path = tmp_path / "rejects.parquet"
    assert write_rejects(iter(MANY), path) == 100
    assert (len(StoredRejects(path)), list(StoredRejects(path))) == (100, MANY)
    assert write_rejects([], path) == 0
    assert (len(StoredRejects(path)), list(StoredRejects(path))) == (0, [])
