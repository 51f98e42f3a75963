"""Reports over HTTP: those of a folder alone, their numbers, their pages in a sandbox, and what moved."""

import json
import os
import shutil
import threading

import pandas as pd
import pytest
from pydantic import TypeAdapter
from served import V1, served

from indexing.errors import InputError
from indexing.storage.artefact import Manifest, write_manifest
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources
from scripts.serve.reports import comparisons, forms, shelf
from scripts.serve.reports.desk import ReportDesk

REPORTS = f"{V1}/reports"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def made(sample, sample_index, sample_model, tmp_path_factory):
    """A folder with two reports of the sample's test pairs, the second of rounded scores, and a folder that is none."""
    from click.testing import CliRunner

    from scripts.main import main

    folder = tmp_path_factory.mktemp("made")
    reports = folder / "reports"

    def heroic(*words):
        done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    truth = pd.read_parquet(sample / "pairs_test.parquet")
    truth["cat3_grouped"] = [("phones", EVIL)[row % 2] for row in range(len(truth))]
    truth.to_parquet(folder / "truth.parquet")
    heroic("score", sample_index, folder / "truth.parquet", "--model", sample_model, "--out", folder / "scores.parquet")
    rounded = pd.read_parquet(folder / "scores.parquet")
    rounded["score"] = rounded["score"].round(1)
    rounded.to_csv(folder / "rounded.csv", index=False)
    for name, scores in (("first", "scores.parquet"), ("second & <b>", "rounded.csv")):
        heroic(
            "evaluate", folder / scores, "--truth", folder / "truth.parquet", "--rounds", 20, "--out", reports / name
        )
    (reports / "notes").mkdir()
    return reports


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "reports")


@pytest.fixture
def opening(sample_index, tmp_path):
    """Open a server of a folder of reports: `with opening(folder) as door`."""

    def open_it(folder, limits=LIMITS):
        where = tmp_path / "door"
        where.mkdir()
        return served(Current(Sources(sample_index)), where, reports=ReportDesk.of_folder(folder, limits))

    return open_it


def checked(reply, form):
    assert reply.status == 200, reply.body
    TypeAdapter(form).validate_json(reply.body, strict=True)
    return reply.json


def test_reports_are_listed_the_newest_first_with_their_main_figure(opening, folder):
    with opening(folder) as door:
        found = checked(door.client("read").get(REPORTS), forms.ReportsForm)
        assert {report["name"] for report in found["reports"]} == {"first", "second & <b>"}
        dates = [report["created"] for report in found["reports"]]
        assert dates == sorted(dates, reverse=True)
        (first,) = (report for report in found["reports"] if report["name"] == "first")
        document = json.loads((folder / "first" / "report.json").read_text())
        assert first["weighted"] == document["weighted"]
        assert first["interval"]["low"] <= first["weighted"] <= first["interval"]["high"]
        assert first["recall"] == document["decisions"]["precision"]["recall"]
        assert (first["scores"], first["model"]) == ("scores.parquet", document["provenance"]["model_fingerprint"])
        assert (found["unread"], found["older"], found["folder"]) == ([], 0, "reports")


def test_a_report_is_opened_as_numbers_and_compared_with_another(opening, folder, heroic):
    with opening(folder) as door:
        client = door.client("read")
        found = checked(client.get(f"{REPORTS}/second%20%26%20%3Cb%3E"), forms.OpenedReport)
        assert found["document"] == json.loads((folder / "second & <b>" / "report.json").read_text())
        moved = checked(client.get(f"{REPORTS}/second%20%26%20%3Cb%3E/changes?since=first"), forms.ChangesForm)
        told = heroic("compare", folder / "first", folder / "second & <b>", "--json")
        assert moved["changes"] == json.loads(told.stdout)


def audited(folder):
    """Write what `heroic evaluate --audit` leaves."""
    value = {"value": 0.5, "interval": {"low": 0.4, "high": 0.6, "rounds": 7}}
    document = {
        "kind": "audit report", "schema_version": 1, "estimated": True, "scores": "s.parquet", "store": "labels.db", "target_precision": 0.75,
        "confidence": 0.95, "pairs": 1000, "called": 10, "asked": 9, "judged": 8, "unsettled": 1, "other_scores": False, "unseen": 0.0,
        "retrieval": None, "categories": [], **dict.fromkeys(("matches", "precision", "recall", "weighted"), value),
    }  # fmt: skip
    folder.mkdir()
    (folder / "audit.json").write_text(json.dumps(document))
    (folder / "report.html").write_text("<p>estimated</p>")
    made = {"scores": "s.parquet", "truth": "labels.db", "target_precision": 0.75}
    write_manifest(folder, Manifest("audit report", made))


def test_an_audits_report_is_estimated_and_not_compared(opening, folder):
    audited(folder / "audited")
    with opening(folder) as door:
        client = door.client("read")
        (entry,) = (one for one in client.get(REPORTS).json["reports"] if one["estimated"])
        assert (entry["name"], entry["weighted"], entry["f1"]) == ("audited", 0.5, None)
        assert checked(client.get(f"{REPORTS}/audited"), forms.OpenedReport)["document"]["judged"] == 8
        reply = client.get(f"{REPORTS}/first/changes?since=audited")
        said = "audited is estimated from an audit: only reports of a whole truth are compared"
        assert (reply.status, reply.error) == (409, said)


def test_the_page_of_a_report_runs_in_a_sandbox_and_no_other_answer_does(opening, folder):
    with opening(folder) as door:
        client = door.client("read")
        reply = client.get(f"{REPORTS}/first/page")
        assert reply.body == (folder / "first" / "report.html").read_bytes()
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts allow-downloads; default-src 'none'")
        assert "allow-same-origin" not in policy
        assert "connect-src" not in policy
        assert (reply.headers["x-content-type-options"], reply.headers["x-frame-options"]) == ("nosniff", "DENY")
        for address in (REPORTS, f"{REPORTS}/first", "/reports", f"{REPORTS}/nothing/page"):
            assert client.get(address).headers["content-security-policy"].startswith("default-src 'self'")
            assert client.get(address).headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    "name",
    [
        "..", ".", "%2e%2e", "..%2freports%2ffirst", "first%2f..%2ffirst", "%2fetc%2fpasswd", "first%2freport.json",
        "first%00", "%ff", "notes", "first%20", "x" * 300,
    ],
)  # fmt: skip
def test_what_is_no_name_of_the_listing_leads_nowhere(opening, folder, name):
    with opening(folder) as door:
        client = door.client("read")
        for rest in ("", "/page", "/changes?since=first"):
            assert client.get(f"{REPORTS}/{name}{rest}").status in (404, 422), rest
        assert client.get(f"{REPORTS}/first/changes?since={name}").status in (404, 422)


def test_links_that_lead_out_of_the_folder_are_not_followed(opening, folder, tmp_path):
    shutil.move(folder / "first", tmp_path / "outside")
    (folder / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe")
    with opening(folder) as door:
        client = door.client("read")
        assert [report["name"] for report in client.get(REPORTS).json["reports"]] == ["second & <b>"]
        assert client.get(f"{REPORTS}/link/page").status == 404


def test_a_page_that_is_a_link_out_of_its_folder_is_not_read(opening, folder, tmp_path):
    page = folder / "first" / "report.html"
    (tmp_path / "secret").write_bytes(page.read_bytes())
    page.unlink()
    page.symlink_to(tmp_path / "secret")
    with opening(folder) as door:
        reply = door.client("read").get(f"{REPORTS}/first/page")
        assert (reply.status, reply.error) == (422, "reports/first/report.html: is a link, which is not followed")


def test_a_report_that_is_damaged_is_said_without_the_folders_above(opening, folder):
    (folder / "first" / "report.json").write_text("{}")
    with opening(folder) as door:
        found = checked(door.client("read").get(REPORTS), forms.ReportsForm)
        (unread,) = found["unread"]
        assert unread["name"] == "first"
        assert str(folder.parent) not in unread["reason"]
        assert "bytes" in unread["reason"]
        assert door.client("read").get(f"{REPORTS}/first").status == 404


def test_whatever_is_wrong_with_a_report_the_others_are_shown(opening, folder):
    (folder / "first" / "manifest.json").write_text("[" * 100_000)  # deeper than Python reads
    with opening(folder) as door:
        found = checked(door.client("read").get(REPORTS), forms.ReportsForm)
        assert [report["name"] for report in found["reports"]] == ["second & <b>"]
        assert found["unread"] == [{"name": "first", "reason": "it is damaged: the log says why"}]


def test_a_report_that_was_on_its_way_into_the_folder_is_read_when_all_of_it_is_there(
    opening, folder, tmp_path, caplog
):
    page = folder / "first" / "report.html"
    page.rename(tmp_path / "page")
    with opening(folder) as door:
        client = door.client("read")
        for _ in range(2):
            (unread,) = client.get(REPORTS).json["unread"]
            assert unread["reason"].endswith("the file report.html is missing: make the report again")
        (tmp_path / "page").rename(page)
        assert client.get(f"{REPORTS}/first").status == 200
        assert client.get(REPORTS).json["unread"] == []
    assert len([record for record in caplog.records if "cannot be read" in record.message]) == 1


def test_a_page_that_became_a_pipe_is_not_waited_for(opening, folder):
    page = folder / "first" / "report.html"
    with opening(folder) as door:
        client = door.client("read")
        assert client.get(f"{REPORTS}/first/page").status == 200
        page.unlink()
        os.mkfifo(page)
        reply = client.get(f"{REPORTS}/first/page")
        assert (reply.status, reply.error) == (422, "reports/first/report.html: is no file: evaluate again")


def test_a_report_that_is_written_anew_is_seen_at_once(opening, folder):
    with opening(folder) as door:
        client = door.client("read")
        before = client.get(f"{REPORTS}/first").json
        shutil.rmtree(folder / "first")
        assert client.get(f"{REPORTS}/first").status == 404
        shutil.copytree(folder / "second & <b>", folder / "first")
        assert client.get(f"{REPORTS}/first").json["entry"]["scores"] != before["entry"]["scores"]


def test_of_many_reports_the_newest_are_listed(opening, folder, monkeypatch):
    monkeypatch.setattr(shelf, "MOST_LISTED", 1)
    os.utime(folder / "first" / "manifest.json", (2**31, 2**31))
    with opening(folder) as door:
        found = checked(door.client("read").get(REPORTS), forms.ReportsForm)
        assert ([report["name"] for report in found["reports"]], found["older"]) == (["first"], 1)


def test_a_page_that_is_too_large_is_refused(opening, folder, monkeypatch):
    monkeypatch.setattr(shelf, "MOST_PAGE_BYTES", 100)
    with opening(folder) as door:
        reply = door.client("read").get(f"{REPORTS}/first/page")
        assert (reply.status, reply.error) == (
            422,
            "reports/first/report.html: has more than 100 bytes: open it as a file",
        )


def test_who_waits_too_long_for_a_comparison_finds_it_later(opening, folder, monkeypatch):
    go = threading.Event()
    compare = comparisons.compare_reports

    def slow(*given):
        go.wait(30)
        return compare(*given)

    monkeypatch.setattr(comparisons, "compare_reports", slow)
    with opening(folder) as door:
        client = door.client("read")
        door.service.reports.comparisons.wait_s = 0.2
        address = f"{REPORTS}/first/changes?since=second%20%26%20%3Cb%3E"
        reply = client.get(address)
        assert (reply.status, reply.headers["retry-after"]) == (503, "2")
        go.set()
        door.service.reports.comparisons.wait_s = 30
        checked(client.get(address), forms.ChangesForm)


def test_without_a_folder_there_are_none(sample_index, tmp_path):
    with served(Current(Sources(sample_index)), tmp_path) as door:
        reply = door.client("read").get(REPORTS)
        assert (reply.status, reply.error) == (409, "no reports are served: start heroic serve with --reports")
        assert b'href="/reports"' not in door.browser().get("/").body
        assert door.client().get(REPORTS).status == 401


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder: name the one that reports"):
        ReportDesk.of_folder(tmp_path / "nothing", LIMITS)
