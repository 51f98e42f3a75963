"""What somebody might try against reviews, disputes and reports, each tried through real sockets."""

import time

import pandas as pd
import pytest
from served import V1, Client, served

from reranking.labels.reviews import read_reviews
from scripts.serve.engine.current import Current
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources
from scripts.serve.reports.desk import ReportDesk
from scripts.serve.review.desk import ReviewDesk, ReviewSources

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{7*7}}"
READ = (
    "/review/next",
    "/review/notes",
    "/review/counts",
    "/labels/disputes",
    "/reports",
    "/reports/x",
    "/reports/x/page",
)
WRITTEN = ("/review", "/review/undo", "/labels/disputes", "/labels/disputes/undo")


@pytest.fixture
def door(sample_index, tmp_path):
    """A server of scores, whose category and name are hostile, of labels and of an empty folder of reports."""
    current = Current(Sources(sample_index))
    ids = current.opened.index.catalog.ids.slice(0, 20).to_pylist()
    rows = {
        "left_id": ids[::2],
        "right_id": ids[1::2],
        "score": [0.5] * 10,
        "match": [True] * 10,
        "category": [EVIL] * 10,
    }
    pd.DataFrame(rows).to_parquet(tmp_path / "<b>scores.parquet")
    (tmp_path / "reports").mkdir()
    review = ReviewDesk(ReviewSources(tmp_path / "<b>scores.parquet", None, tmp_path / "labels.db"), current, LIMITS)
    desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=40)
    reports = ReportDesk.of_folder(tmp_path / "reports", LIMITS)
    with served(current, tmp_path, desks=desks, review=review, reports=reports) as door:
        while not review.reading.finished:
            time.sleep(0.02)
        yield door


def verdict(door, **more):
    shown = door.client("label").get(f"{V1}/review/next").json["pair"]["shown"]
    return {"left": shown["left"]["id"], "right": shown["right"]["id"], "verdict": "match", **more}


def test_nobody_is_told_or_writes_anything(door):
    for address in READ:
        assert door.client().get(f"{V1}{address}").status == 401
        assert door.client().get(f"{V1}{address}", Authorization="Bearer forged").status == 401
    for address in WRITTEN:
        assert door.client().post(f"{V1}{address}", {}).status == 401
        assert door.client("read").post(f"{V1}{address}", {}).status == 403


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
    ids=str,
)
def test_another_site_says_nothing_in_a_reviewers_name(door, tmp_path, said):
    told = verdict(door)
    browser = Client(door.port, {"Cookie": door.browser().headers["Cookie"], **said})
    for address in WRITTEN:
        assert browser.post(f"{V1}{address}", told).status == 403
        form = browser.ask("POST", f"{V1}{address}", b"left=a", {"Content-Type": "application/x-www-form-urlencoded"})
        assert form.status == 403
    assert read_reviews(tmp_path / "labels.db") == []


def test_a_form_is_no_verdict_even_from_the_own_page(door, tmp_path):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        assert door.browser().ask("POST", f"{V1}/review", b"left=a&right=b", {"Content-Type": kind}).status == 422
    assert read_reviews(tmp_path / "labels.db") == []


def test_what_files_and_reviewers_say_is_data(door):
    client = door.client("label")
    found = client.post(f"{V1}/review", verdict(door, note=EVIL))
    notes = client.get(f"{V1}/review/notes")
    for reply in (found, notes, client.get(f"{V1}/review/counts")):
        assert (reply.headers["content-type"], reply.headers["x-content-type-options"]) == (
            "application/json",
            "nosniff",
        )
    assert notes.json["notes"][0]["note"] == EVIL
    assert found.json["pair"]["filed"]["category"] == EVIL
    assert EVIL.encode() not in door.browser().get("/review").body


def test_what_is_too_much_is_refused(door, tmp_path):
    client = door.client("label")
    told = verdict(door)
    assert client.get(f"{V1}/review/next?category={'a' * 9_000}").status == 414
    assert client.get(f"{V1}/review/next?category={'a' * 500}").status == 422
    assert client.get(f"{V1}/review/next?after={10**30}").status == 422
    assert client.get(f"{V1}/labels/disputes?after={10**30}").status == 422
    assert client.post(f"{V1}/review", {**told, "note": "a" * 2_001}).status == 422
    assert client.post(f"{V1}/review", {**told, "note": "a" * 2_000_000}).status == 413
    assert client.post(f"{V1}/review", {**told, "left": "a" * 1_001}).status == 422
    assert client.get(f"{V1}/reports/{'a' * 5_000}").status == 404
    assert read_reviews(tmp_path / "labels.db") == []


def test_a_verdict_is_of_who_bears_the_token_whatever_the_body_says(door, tmp_path):
    told = verdict(door)
    assert door.client("label").post(f"{V1}/review", {**told, "reviewer": "anna"}).status == 422
    assert door.client("label").post(f"{V1}/review", told).status == 200
    assert [label.reviewer for label in read_reviews(tmp_path / "labels.db")] == ["labeler"]
