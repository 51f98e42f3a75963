"""Reviewing over HTTP: what is nearest to a threshold comes first, what is said is kept, and everybody sees what others said."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from http.client import HTTPConnection

import pandas as pd
import pytest
from pydantic import TypeAdapter
from served import V1, add_product, served

from indexing.errors import InputError
from reranking.answers.session import StillReading
from reranking.labels.label import Label, PairVerdict, Purpose
from reranking.labels.reviews import open_reviews
from reranking.labels.store import open_store
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources
from scripts.serve.review import desk, forms
from scripts.serve.review.desk import ReviewDesk, ReviewSources

REVIEW = f"{V1}/review"


@pytest.fixture(scope="module")
def scores(heroic_once, sample, sample_index, sample_model, tmp_path_factory):
    """The sample's test pairs, scored, in two categories; and the half of them that was scored before."""
    folder = tmp_path_factory.mktemp("scores")
    pairs = pd.read_parquet(sample / "pairs_test.parquet")
    pairs.iloc[::2].to_parquet(folder / "half.parquet")
    for name, file in (("scores", sample / "pairs_test.parquet"), ("old", folder / "half.parquet")):
        heroic_once("score", sample_index, file, "--model", sample_model, "--out", folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def heroic_once():
    from click.testing import CliRunner

    from scripts.main import main

    def run(*words):
        done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    return run


@pytest.fixture
def opening(scores, sample_index, sample_model, tmp_path):
    """Open a server with scores to review: `with opening() as door`."""

    def open_it(
        *, index=sample_index, model=sample_model, file=scores / "scores.parquet", previous=scores / "old.parquet"
    ):
        current = Current(Sources(index, model))
        review = ReviewDesk(ReviewSources(file, previous, tmp_path / "labels.db"), current, LIMITS)
        where = tmp_path / str(len(list(tmp_path.iterdir())))
        where.mkdir()
        return served(current, where, review=review)

    return open_it


def ready(client, address=f"{REVIEW}/next"):
    """What an address answers when the scores are read."""
    for _ in range(400):
        reply = client.get(address)
        if reply.status != 503:
            break
        assert reply.headers["retry-after"] == "2"
        assert "the scores are being read" in reply.error
        time.sleep(0.02)
    return checked(reply)


def checked(reply, form=forms.NextReview):
    assert reply.status == 200, reply.body
    TypeAdapter(form).validate_json(reply.body, strict=True)
    return reply.json


def ids(found):
    return tuple(found["pair"]["shown"][side]["id"] for side in ("left", "right"))


def answer(client, found, verdict="match", note="", **then):
    left, right = ids(found)
    return client.post(REVIEW, {"left": left, "right": right, "verdict": verdict, "note": note, "then": then})


def test_the_nearest_to_a_threshold_is_shown_first_with_its_score_and_the_models_reasons(opening, scores):
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        rows = pd.read_parquet(scores / "scores.parquet")
        filed = found["pair"]["filed"]
        thresholds = {
            row["category"]: row["threshold"]
            for row in checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)["categories"]
        }
        limits = rows["category"].map(thresholds)
        away = (rows["score"] - limits).abs()
        assert abs(filed["score"] - filed["threshold"]) == pytest.approx(away.min(), abs=1e-6)
        assert found["pair"]["shown"]["explanation"]["score"] == pytest.approx(filed["score"], abs=1e-4)
        assert found["progress"] == {"own": 0, "decided": 0, "disputed": 0, "queue": len(rows), "remaining": len(rows)}
        assert found["pair"]["said"] == []


def test_a_verdict_is_kept_apart_from_labels_with_its_note_and_what_was_seen(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        after = checked(answer(client, found, "no match", "  not <b>the same</b>\nsize "))
        assert after["progress"]["own"] == after["progress"]["decided"] == 1
        assert ids(after) != ids(found)
        assert "heroic_labels" in client.get(f"{V1}/metrics").body.decode()
    with open_reviews(tmp_path / "labels.db") as store:
        assert store.standing() == []
        (review,) = store.standing_reviews()
    assert (review.label.reviewer, review.label.verdict, review.note) == (
        "labeler",
        PairVerdict.NO_MATCH,
        "not <b>the same</b>\nsize",
    )
    assert review.seen.score == found["pair"]["filed"]["score"]
    assert review.label.question.purpose == Purpose.REVIEW
    assert {review.label.left, review.label.right} == set(ids(found))


def test_a_verdict_is_taken_back_and_its_pair_shown_again(opening):
    with opening() as door:
        client = door.client("label")
        first = ready(client)
        second = checked(answer(client, first))
        checked(answer(client, second, "unsure"))
        assert ids(checked(client.post(f"{REVIEW}/undo", {}))) == ids(second)
        again = checked(client.post(f"{REVIEW}/undo", {}))
        assert (ids(again), again["progress"]["decided"]) == (ids(first), 0)
        reply = client.post(f"{REVIEW}/undo", {})
        assert (reply.status, reply.error) == (409, "there is no verdict of yours to take back")


def test_two_reviewers_look_at_different_pairs_and_see_what_the_other_said(opening):
    with opening() as door:
        one, other = door.client("label"), door.client("admin")
        first = ready(one)
        second = checked(other.get(f"{REVIEW}/next"))
        assert ids(first) != ids(second)
        checked(answer(one, first, "match", "a note"))
        theirs = checked(other.get(f"{REVIEW}/next?part=others"))
        assert ids(theirs) == ids(first)
        assert [(said["reviewer"], said["verdict"], said["note"]) for said in theirs["pair"]["said"]] == [
            ("labeler", "match", "a note")
        ]
        assert theirs["progress"] == {**theirs["progress"], "own": 0, "decided": 1, "remaining": 1}
        done = checked(answer(other, theirs, "no match", part="others"))
        assert (done["pair"], done["progress"]["disputed"]) == (None, 1)
        disputed = checked(one.get(f"{REVIEW}/next?part=disputes"))
        assert [said["verdict"] for said in disputed["pair"]["said"]] == ["match", "no match"]
        settled = checked(answer(one, disputed, "no match", part="disputes"))
        assert (settled["pair"], settled["progress"]["disputed"]) == (None, 0)


def test_what_somebody_went_away_from_is_shown_to_others_after_a_while(opening):
    with opening() as door:
        one, other = door.client("label"), door.client("admin")
        first = ready(one)
        assert ids(checked(other.get(f"{REVIEW}/next"))) != ids(first)
        later = time.monotonic() + 700
        door.service.review._board.clock = lambda: later
        assert ids(checked(other.get(f"{REVIEW}/next"))) == ids(first)


def test_fresh_pairs_and_those_of_a_category_are_looked_at_alone(opening, scores):
    with opening() as door:
        client = door.client("label")
        ready(client)
        counts = checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)
        rows, old = (pd.read_parquet(scores / f"{name}.parquet") for name in ("scores", "old"))
        assert counts["compared"]
        assert sum(row["fresh"] for row in counts["categories"]) == len(rows) - len(old)
        for row in counts["categories"]:
            found = checked(client.get(f"{REVIEW}/next?fresh=true&category={row['category']}"))
            assert found["progress"]["remaining"] == row["fresh"]
            if found["pair"] is not None:
                assert (found["pair"]["filed"]["category"], found["pair"]["filed"]["fresh"]) == (row["category"], True)
        reply = client.get(f"{REVIEW}/next?category=nothing")
        assert (reply.status, reply.error) == (422, "category 'nothing' is not in scores.parquet: ask for one that is")


def test_a_pair_is_passed_over_without_a_verdict(opening):
    with opening() as door:
        client = door.client("label")
        first = ready(client)
        second = checked(client.get(f"{REVIEW}/next?after={first['pair']['row']}"))
        assert second["pair"]["row"] == first["pair"]["row"] + 1
        assert second["progress"]["remaining"] == first["progress"]["remaining"]
        last = checked(client.get(f"{REVIEW}/next?after={2**31 - 1}"))
        assert last["pair"] is None


def test_notes_are_told_the_newest_first(opening):
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        for note in ("first", "", "third"):
            found = checked(answer(client, found, "match", note))
        notes = checked(client.get(f"{REVIEW}/notes"), forms.NotesForm)["notes"]
        assert [note["note"] for note in notes] == ["third", "first"]
        assert checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)["reviewers"] == [
            {"reviewer": "labeler", "match": 3, "no_match": 0, "unsure": 0}
        ]


def test_what_is_no_pair_of_the_scores_is_not_taken(opening):
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        left, right = ids(found)
        for pair in ((left, "nothing"), (left, left), ("", right)):
            reply = client.post(REVIEW, {"left": pair[0], "right": pair[1], "verdict": "match"})
            assert reply.status in (409, 422)
        for wrong in (
            {"verdict": "maybe"},
            {"note": "x" * 2_001},
            {"note": None},
            {"more": 1},
            {"then": {"after": -2}},
            {"then": {"part": "all"}},
        ):
            assert client.post(REVIEW, {"left": left, "right": right, "verdict": "match", **wrong}).status == 422
        assert checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)["reviewers"] == []


def test_who_may_only_read_reviews_nothing(opening):
    with opening() as door:
        reader = door.client("read")
        for reply in (reader.get(f"{REVIEW}/next"), reader.post(REVIEW, {}), reader.post(f"{REVIEW}/undo", {}), reader.get(f"{REVIEW}/notes"), reader.get(f"{REVIEW}/counts")):  # fmt: skip
            assert (reply.status, reply.error) == (403, "this needs the role label, yours is read")
        assert door.client().get(f"{REVIEW}/next").status == 401


def test_without_scores_there_is_nothing_to_review(sample_index, tmp_path):
    with served(Current(Sources(sample_index)), tmp_path) as door:
        reply = door.client("label").get(f"{REVIEW}/next")
        assert (reply.status, reply.error) == (
            409,
            "no scores are served: start heroic serve with --scores and --labels",
        )
        assert b'href="/review"' not in door.browser().get("/").body
        assert door.client().get(f"{V1}/ready").json["review"] is None


def test_without_a_model_the_files_score_is_shown_alone(opening):
    with opening(model=None, previous=None) as door:
        found = ready(door.client("label"))
        assert found["pair"]["shown"]["explanation"] is None
        assert 0 <= found["pair"]["filed"]["score"] <= 1
        assert not found["pair"]["filed"]["fresh"]


def test_while_the_catalogue_is_read_for_the_model_pairs_come_without_reasons_and_verdicts_are_kept(
    opening, monkeypatch
):
    with opening() as door:
        client = door.client("label")
        first = ready(client)

        def reading(*given):
            raise StillReading

        monkeypatch.setattr(type(door.service.current.opened.session), "scorer", reading)
        after = checked(answer(client, first))
        assert (after["pair"]["shown"]["explanation"], after["progress"]["own"]) == (None, 1)


def test_what_was_said_before_counts_after_a_start(opening):
    with opening() as door:
        client = door.client("label")
        first = ready(client)
        checked(answer(client, first))
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        assert (found["progress"]["own"], ids(found) != ids(first)) == (1, True)
        assert ids(checked(client.post(f"{REVIEW}/undo", {}))) == ids(first)


def test_what_another_program_writes_is_followed(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        first = ready(client)
        checked(answer(client, first))
        with open_reviews(tmp_path / "labels.db") as store:
            (review,) = store.standing_reviews()
            store.undo_review("labeler")
        assert checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)["reviewers"] == []
        assert ids(checked(client.get(f"{REVIEW}/next"))) == ids(first)
        assert review.label.reviewer == "labeler"


def test_a_verdict_of_other_scores_is_not_taken_back_here(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        checked(answer(client, found))
    with open_reviews(tmp_path / "labels.db") as store:
        (review,) = store.standing_reviews()
        other = Label(ids(found)[0], "of other scores", PairVerdict.MATCH, "labeler", review.label.question)
        store.record_review(type(review)(other, review.seen))
    with opening() as door:
        client = door.client("label")
        ready(client)
        reply = client.post(f"{REVIEW}/undo", {})
        assert reply.status == 409
        assert "is of a pair that is not shown here" in reply.error
        with open_reviews(tmp_path / "labels.db") as store:
            assert len(store.standing_reviews()) == 2


def test_a_verdict_of_another_server_under_the_same_name_is_not_taken_back(opening, tmp_path):
    with opening() as door, opening() as beside:
        client, other = door.client("label"), beside.client("label")
        first = ready(client)
        checked(answer(client, first))
        theirs = ready(other)
        checked(answer(other, theirs, "no match"))
        ready(client)
        assert ids(checked(client.post(f"{REVIEW}/undo", {}))) == ids(first)
        assert client.post(f"{REVIEW}/undo", {}).status == 409
        with open_reviews(tmp_path / "labels.db") as store:
            (left,) = store.standing_reviews()
        assert {str(left.label.left), str(left.label.right)} == set(ids(theirs))


def of_version(found):
    return {"version": found["version"], "after": found["after"]}


def taken_up(client, version, **asked):
    """What is shown when scores of another version are."""
    for _ in range(400):
        found = checked(client.get(f"{REVIEW}/next?" + "&".join(f"{name}={value}" for name, value in asked.items())))
        if found["version"] != version:
            return found
        time.sleep(0.05)
    raise AssertionError("newer scores were not taken up")


@pytest.fixture
def own_scores(scores, tmp_path):
    """A scores file of a test's own, with half of the pairs, and what puts others into its place, in one step."""
    file = tmp_path / "own.parquet"

    def put(name):
        shutil.copy(scores / f"{name}.parquet", tmp_path / ".other")
        os.replace(tmp_path / ".other", file)
        return file

    put("old")
    return file, put


def test_newer_scores_in_the_place_are_taken_up_and_what_was_not_scored_before_is_new(opening, own_scores, scores):
    file, put = own_scores
    with opening(file=file, previous=None) as door:
        client = door.client("label")
        first = ready(client)
        assert not checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)["compared"]
        put("scores")
        found = taken_up(client, first["version"])
        counts = checked(client.get(f"{REVIEW}/counts"), forms.ReviewCounts)
        rows, before = (len(pd.read_parquet(scores / f"{name}.parquet")) for name in ("scores", "old"))
        assert (counts["rows"], counts["compared"]) == (rows, True)
        assert sum(row["fresh"] for row in counts["categories"]) == rows - before
        assert counts["version"] == found["version"]


def test_who_looks_at_a_pair_answers_it_by_the_scores_that_they_saw_and_goes_on(opening, own_scores, scores, tmp_path):
    file, _ = own_scores
    with opening(file=file, previous=None) as door:
        client = door.client("label")
        passed = [ready(client)]
        for _ in range(3):
            passed.append(checked(client.get(f"{REVIEW}/next?after={passed[-1]['pair']['row']}")))
        shown = passed.pop()
        rows = pd.read_parquet(scores / "scores.parquet")
        rows["score"] = 1 - rows["score"]
        rows.to_parquet(tmp_path / ".other.parquet")
        os.replace(tmp_path / ".other.parquet", file)  # without thresholds, and the other way round
        taken_up(door.client("admin"), shown["version"])
        then = checked(answer(client, shown, "match", **of_version(shown)))
        assert then["version"] != shown["version"]
        with open_reviews(tmp_path / "labels.db") as store:
            (review,) = store.standing_reviews()
        assert review.seen.score == pytest.approx(shown["pair"]["filed"]["score"])
        seen = {ids(one) for one in (*passed, shown)}
        for _ in range(then["progress"]["remaining"] - len(passed)):
            assert then["pair"] is not None
            assert ids(then) not in seen
            seen.add(ids(then))
            then = checked(answer(client, then, "unsure", **of_version(then)))
        assert then["pair"] is None
        again = checked(client.get(f"{REVIEW}/next"))
        assert ids(again) in {ids(one) for one in passed}


def test_what_was_passed_over_stays_so_whenever_newer_scores_come_until_one_begins_anew(opening, own_scores):
    file, put = own_scores
    with opening(file=file, previous=None) as door:
        client = door.client("label")
        first = ready(client)
        second = checked(client.get(f"{REVIEW}/next?after={first['pair']['row']}"))
        found = checked(client.get(f"{REVIEW}/next?after={second['pair']['row']}"))
        third = ids(found)
        for _ in range(2):
            put("old")  # the same pairs in the same order, of another version
            taken_up(door.client("admin"), found["version"])
            found = checked(client.get(f"{REVIEW}/next?" + "&".join(f"{k}={v}" for k, v in of_version(found).items())))
            assert (ids(found), found["after"]) == (third, -1)
        again = checked(client.get(f"{REVIEW}/next?after=-1&version={found['version']}"))
        assert ids(again) == third
        assert ids(checked(client.get(f"{REVIEW}/next"))) in (ids(first), ids(second))  # somebody else looks at one


def test_where_nothing_is_left_to_compare_with_who_looked_at_new_pairs_looks_at_all(opening, scores, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for at, (name, day) in enumerate((("old", "monday"), ("scores", "tuesday"))):
        shutil.copy(scores / f"{name}.parquet", folder / f"{day}.parquet")
        os.utime(folder / f"{day}.parquet", (at, at))
    with opening(file=folder, previous=None) as door:
        client = door.client("label")
        found = ready(client, f"{REVIEW}/next?fresh=true")
        assert found["pair"]["filed"]["fresh"]
        (folder / "monday.parquet").unlink()
        taken_up(door.client("admin"), found["version"])
        then = checked(answer(client, found, "match", fresh=True, **of_version(found)))
        assert then["pair"] is not None


def test_of_a_folder_the_newest_scores_are_shown_and_those_before_are_the_previous(opening, scores, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    shutil.copy(scores / "old.parquet", folder / "monday.parquet")
    with opening(file=folder, previous=None) as door:
        client = door.client("label")
        first = ready(client)
        assert first["pair"]["filed"]["file"] == "monday.parquet"
        shutil.copy(scores / "scores.parquet", folder / ".tuesday.parquet")
        os.replace(folder / ".tuesday.parquet", folder / "tuesday.parquet")
        found = taken_up(client, first["version"], fresh="true")
        assert found["pair"]["filed"] | {"file": "tuesday.parquet", "fresh": True} == found["pair"]["filed"]
        assert found["progress"]["remaining"] < found["progress"]["queue"]


def test_newer_scores_that_cannot_be_read_leave_those_before(opening, own_scores, tmp_path):
    file, put = own_scores
    with opening(file=file, previous=None) as door:
        client = door.client("label")
        first = ready(client)
        (tmp_path / ".other").write_bytes(b"PAR1 nothing")
        os.replace(tmp_path / ".other", file)
        for _ in range(200):
            told = client.get(f"{V1}/ready").json["review"]
            if told["refused"] is not None:
                break
            time.sleep(0.05)
        assert told == {**told, "state": "ready", "refused": "newer scores cannot be read; the log says why"}
        assert ids(checked(client.get(f"{REVIEW}/next"))) == ids(first)
        put("scores")
        taken_up(client, first["version"])
        assert client.get(f"{V1}/ready").json["review"]["refused"] is None


def test_a_copy_that_grows_is_read_when_it_rests(sample_index, scores, tmp_path):
    rows = pd.read_parquet(scores / "scores.parquet").iloc[:30].to_csv(index=False).splitlines(keepends=True)
    file = tmp_path / "own.csv"
    file.write_text("".join(rows[:11]))
    review = ReviewDesk(ReviewSources(file, None, tmp_path / "labels.db"), Current(Sources(sample_index)), LIMITS)
    read = []
    for start, stop in ((11, 11), (11, 21), (21, 31), (31, 31)):
        with file.open("a") as grown:
            grown.writelines(rows[start:stop])
        review._look()
        read.append(review.reading.done)
    review.end()
    assert read == [10, 10, 10, 30]


def test_a_folder_without_scores_is_refused(sample_index, tmp_path):
    (tmp_path / "empty").mkdir()
    sources = ReviewSources(tmp_path / "empty", None, tmp_path / "labels.db")
    with pytest.raises(InputError, match="has no scores"):
        ReviewDesk(sources, Current(Sources(sample_index)), LIMITS)


def test_a_newer_index_is_reviewed_on_and_what_it_lacks_is_passed_over(opening, own_index, sample, heroic, tmp_path):
    with opening(index=own_index, model=None) as door:
        client = door.client("label")
        first = ready(client)
        gone = ids(first)[0]
        (tmp_path / "gone.csv").write_text(f"id\n{gone}\n")
        assert heroic("update", own_index, "--delete", tmp_path / "gone.csv").exit_code == 0
        add_product(own_index, sample, "NEW", tmp_path)
        door.service.current.look()
        after = checked(client.get(f"{REVIEW}/next"))
        assert gone not in ids(after)
        assert after["progress"]["remaining"] < first["progress"]["remaining"]
        assert answer(client, first).status == 409
        checked(answer(client, after))


def test_while_the_scores_are_read_it_is_said_how_far(opening, monkeypatch):
    def slow(path, catalog, *, previous, progress):
        for row in range(10_000):
            progress("read scores", row, 10_000)
            time.sleep(0.01)

    monkeypatch.setattr(desk, "read_queue", slow)
    with opening() as door:
        reply = door.client("label").get(f"{REVIEW}/next")
        assert reply.status == 503
        assert "of about 10,000 rows" in reply.error
        told = door.client().get(f"{V1}/ready").json["review"]
        assert (told["state"], told["total"]) == ("reading", 10_000)
        assert door.client("read").get(f"{V1}/index").status == 200


def test_scores_that_cannot_be_read_to_their_end_are_said_and_everything_else_is_served(opening, tmp_path):
    pd.DataFrame({"left_id": ["a"], "right_id": ["b"], "score": [0.5]}).to_csv(tmp_path / "odd.csv", index=False)
    with opening(file=tmp_path / "odd.csv", previous=None) as door:
        client = door.client("label")
        for _ in range(200):
            if door.client().get(f"{V1}/ready").json["review"]["state"] != "reading":
                break
            time.sleep(0.02)
        reply = client.get(f"{REVIEW}/next")
        assert (reply.status, reply.error) == (
            422,
            "odd.csv: has neither thresholds nor a column 'match': score with heroic score",
        )
        assert door.client().get(f"{V1}/ready").json["review"]["state"] == "failed"
        assert client.get(f"{V1}/index").status == 200


def test_files_that_are_no_scores_are_refused_before_anything_is_served(opening, tmp_path):
    (tmp_path / "none.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no id columns"):
        opening(file=tmp_path / "none.csv")
    with pytest.raises(InputError, match="no such file"):
        opening(previous=tmp_path / "nothing.parquet")


def test_a_store_of_another_catalogue_is_refused(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        found = ready(client)
        for _ in range(5):
            found = checked(answer(client, found))
    with open_reviews(tmp_path / "labels.db") as store:
        reviews = store.standing_reviews()
    (tmp_path / "labels.db").rename(tmp_path / "own.db")
    with open_reviews(tmp_path / "labels.db", create=True) as store:
        for review in reviews:
            question = replace(review.label.question, shown="other titles")
            store.record_review(replace(review, label=replace(review.label, question=question)))
    with opening() as door:
        for _ in range(200):
            reply = door.client("label").get(f"{REVIEW}/next")
            if reply.status != 503:
                break
            time.sleep(0.02)
        assert reply.status == 422
        assert "the labels are of another catalogue" in reply.error


def test_a_kill_loses_no_verdict(scores, sample_index, tmp_path):
    command = [sys.executable, "-m", "scripts.main", "serve", sample_index, "--labels", tmp_path / "labels.db",
               "--scores", scores / "scores.parquet", "--port", "0"]  # fmt: skip
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    try:
        link = next(line for line in process.stdout if line.startswith("open ")).split()[1]
        host, _, rest = link.removeprefix("http://").partition("/")

        def ask(method, address, body=None, **headers):
            connection = HTTPConnection(host, timeout=30)
            connection.request(method, address, body, headers)
            reply = connection.getresponse()
            content = reply.read()
            connection.close()
            return reply, content

        cookie = ask("GET", f"/{rest}")[0].getheader("set-cookie").partition(";")[0]
        own = {"Cookie": cookie, "Origin": f"http://{host}", "Content-Type": "application/json"}
        for _ in range(400):
            reply, content = ask("GET", f"{REVIEW}/next", **own)
            if reply.status == 200:
                break
            time.sleep(0.05)
        answered = []
        for _ in range(7):
            shown = json.loads(content)["pair"]["shown"]
            pair = [shown[side]["id"] for side in ("left", "right")]
            body = json.dumps({"left": pair[0], "right": pair[1], "verdict": "match", "note": "so"})
            reply, content = ask("POST", REVIEW, body, **own)
            assert reply.status == 200
            answered.append(sorted(pair))
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with open_reviews(tmp_path / "labels.db") as store:
        assert [[one.label.left, one.label.right] for one in store.standing_reviews()] == answered
    with open_store(tmp_path / "labels.db") as store:
        assert store.standing() == []


def test_no_verdict_goes_into_a_store_that_was_moved_away(opening, tmp_path):
    store, aside = tmp_path / "labels.db", tmp_path / "aside.db"
    with opening() as door:
        client = door.client("label")
        found = checked(answer(client, ready(client)))
        with open_reviews(store) as opened:
            opened._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.rename(aside)
        refused = answer(client, found)
        assert refused.status == 422
        assert refused.error.endswith("labels.db: no such file: a label store is needed")
        open_store(store, create=True).close()
        assert answer(client, found).status == 200
    for path in (aside, store):
        with open_reviews(path) as opened:
            assert len(opened.standing_reviews()) == 1


def test_what_is_refused_keeps_and_takes_back_nothing(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        found = checked(answer(client, ready(client)))
        for reply in (
            answer(client, found, category="nowhere"),
            client.post(f"{REVIEW}/undo", {"category": "nowhere"}),
        ):
            assert (reply.status, "category 'nowhere' is not in scores.parquet" in reply.error) == (422, True)
    with open_reviews(tmp_path / "labels.db") as store:
        assert len(store.review_events()) == 1
