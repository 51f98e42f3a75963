"""`heroic labels`, and label stores where commands take pairs files."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.reviews import Review, SeenScore, open_reviews
from reranking.labels.store import open_store

MATCH, NO, UNSURE = PairVerdict


@pytest.fixture
def store(tmp_path):
    return tmp_path / "labels.db"


@pytest.fixture
def pairs(tmp_path):
    frame = pd.DataFrame({"left_id": ["b", "c", "a"], "right_id": ["a", "b", "c"], "target": [1, 1, 0]})
    frame.to_csv(tmp_path / "pairs.csv", index=False)
    return tmp_path / "pairs.csv"


def refused(result, *said):
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    for part in said:
        assert part in result.stderr


def test_labels_go_in_and_come_out(heroic, store, pairs, tmp_path):
    result = heroic("labels", store, "--import", pairs, "--reviewer", "anna", "--export", tmp_path / "out.parquet")
    assert result.output.splitlines() == [
        f"imported: 3 labels of {pairs}, 0 were known or repeat one",
        f"store: {store}, 3 events, 3 labels that count",
        "learning, anna: 2 match, 1 no match, 0 unsure",
        f"exported: 3 settled learning pairs to {tmp_path / 'out.parquet'}",
    ]
    written = pd.read_parquet(tmp_path / "out.parquet")
    assert written.to_dict("list") == {"left_id": ["a", "b", "a"], "right_id": ["b", "c", "c"], "target": [1, 1, 0]}
    again = heroic("labels", store, "--import", pairs, "--reviewer", "anna")
    assert "imported: 0 labels" in again.output
    assert "3 events" in again.output


def test_an_export_is_of_one_purpose(heroic, store, pairs, tmp_path):
    heroic("labels", store, "--import", pairs, "--reviewer", "anna", "--purpose", "audit")
    with open_store(store) as opened:
        opened.record(Label("x", "y", MATCH, "anna"))
    heroic("labels", store, "--export", tmp_path / "out.csv")
    assert pd.read_csv(tmp_path / "out.csv").values.tolist() == [["x", "y", 1]]
    heroic("labels", store, "--export", tmp_path / "out.csv", "--purpose", "audit")
    assert len(pd.read_csv(tmp_path / "out.csv")) == 3


def test_reviews_are_exported_by_themselves_and_never_imported(heroic, store, pairs, tmp_path):
    heroic("labels", store, "--import", pairs, "--reviewer", "anna")
    with open_reviews(store) as opened:
        asked = Question(Purpose.REVIEW)
        opened.record_review(
            Review(Label("x", "y", NO, "boris", asked), SeenScore("scores.parquet", 0.4, 0.5), "a note")
        )
    heroic("labels", store, "--export", tmp_path / "out.csv")
    assert len(pd.read_csv(tmp_path / "out.csv")) == 3
    result = heroic("labels", store, "--export", tmp_path / "out.csv", "--purpose", "review")
    assert "review, boris: 0 match, 1 no match, 0 unsure" in result.output
    assert pd.read_csv(tmp_path / "out.csv").values.tolist() == [["x", "y", 0]]
    result = heroic("labels", store, "--import", pairs, "--reviewer", "anna", "--purpose", "review")
    assert result.exit_code == 2
    assert "whose score was seen" in result.stderr


def test_agreement_lists_what_is_in_dispute_and_what_contradicts(heroic, store, pairs, tmp_path):
    heroic("labels", store, "--import", pairs, "--reviewer", "anna")
    frame = pd.DataFrame({"left_id": ["b", "d"], "right_id": ["a", "e"], "target": [1, 1]})
    frame.to_csv(tmp_path / "more.csv", index=False)
    heroic("labels", store, "--import", tmp_path / "more.csv", "--reviewer", "bob")
    with open_store(store) as opened:
        opened.record(Label("d", "e", NO, "anna"))
    result = heroic("labels", store, "--agreement")
    assert result.output.splitlines()[3:] == [
        "agreement: 2 pairs judged by two or more, Krippendorff's alpha 0.000",
        "anna and bob: 2 pairs, 0.500 agreed, Cohen's kappa 0.000",
        "in dispute: 1 pairs",
        "  d and e: anna no match, bob match",
        "contradictions: 1 pairs labelled no match whose products follow as matches from others",
        "  a = b = c, but a and c are labelled no match",
    ]


def test_with_an_index_disputes_have_titles_and_unknown_products_are_told(
    heroic, store, sample, sample_index, tmp_path
):
    known = pd.read_parquet(sample / "pairs_train.parquet").head(2)
    left, right = known[["left_id", "right_id"]].iloc[0]
    given = pd.concat([known[["left_id", "right_id"]], pd.DataFrame({"left_id": ["NOT1"], "right_id": [left]})])
    given.assign(target=1).to_csv(tmp_path / "anna.csv", index=False)
    with open_store(store, create=True) as opened:
        opened.record(Label(*sorted([left, right]), NO, "bob"))
    named = ("labels", store, "--import", tmp_path / "anna.csv", "--reviewer", "anna", "--agreement")
    assert heroic(*named).stderr == ""  # without an index nobody knows
    result = heroic("labels", store, "--import", tmp_path / "anna.csv", "--reviewer", "anna", "--index", sample_index)
    assert (
        "1 of the imported labels name products that the index lacks: id 'NOT1' is not in the catalogue"
        in result.stderr
    )
    lines = heroic("labels", store, "--agreement", "--index", sample_index).stdout.splitlines()
    place = next(number for number, line in enumerate(lines) if line.endswith(": anna match, bob no match"))
    titles = pd.read_parquet(sample / "products.parquet").set_index("id").title
    assert [line.strip() for line in lines[place + 1 : place + 3]] == [titles[one] for one in sorted([left, right])]


def test_an_empty_store_agrees_and_exports_nothing(heroic, store, tmp_path):
    open_store(store, create=True).close()
    result = heroic("labels", store, "--agreement", "--export", tmp_path / "out.csv")
    assert result.exit_code == 0
    assert "exported: 0 settled learning pairs" in result.output


SOME_BAD = "a,b,1\nb,a,1\nc,c,0\nd,e,maybe\n,g,0\nj,k,1\nk,l,0\nm,n,0\n"


def test_rows_that_cannot_be_used_keep_no_other_out(heroic, store, tmp_path):
    (tmp_path / "some.csv").write_text("left_id,right_id,target\n" + SOME_BAD)
    words = ["labels", store, "--import", tmp_path / "some.csv", "--reviewer", "anna"]
    result = heroic(*words, "--rejects", tmp_path / "rejects.csv")  # three of a small file
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"imported: 4 labels of {tmp_path / 'some.csv'}, 1 were known or repeat one\n")
    assert f"set aside: 3 of 8 pairs of {tmp_path / 'some.csv'}: " in result.stderr
    assert heroic(*words, "--max-rejects", "0.02").exit_code == 0  # a larger share than is allowed unasked
    listed = pd.read_csv(tmp_path / "rejects.csv")
    assert listed[["row", "reason"]].values.tolist() == [
        [4, "a product with itself"],
        [5, "target is not 1 or 0"],
        [6, "no id"],
    ]
    (tmp_path / "some.csv").write_text("left_id,right_id,target\n" + SOME_BAD + "k,j,0\n")
    refused(
        heroic(*words), "contradicts another row (2, such as row 7 with 'j' and 'k', see row 10)", "--max-rejects 0.556"
    )
    assert heroic(*words, "--max-rejects", "0.6").exit_code == 0
    refused(heroic(*words, "--max-rejects", "0"), "more than --max-rejects 0 allows")


def test_a_list_without_rows_is_taken_in(heroic, store, tmp_path):
    (tmp_path / "none.csv").write_text("left_id,right_id,target\n")
    result = heroic("labels", store, "--import", tmp_path / "none.csv", "--reviewer", "anna")
    assert result.stdout.startswith("imported: 0 labels")


class TestRefused:
    def test_rejects_of_nothing(self, heroic, store, pairs, tmp_path):
        heroic("labels", store, "--import", pairs, "--reviewer", "anna")
        assert heroic("labels", store, "--rejects", tmp_path / "rejects.csv").exit_code == 2
        result = heroic("labels", store, "--import", pairs, "--reviewer", "anna", "--rejects", tmp_path / "rejects.xml")
        refused(result, "name a file that ends in .parquet or .csv")

    def test_a_store_that_is_not_there(self, heroic, store):
        refused(heroic("labels", store), "labels.db: no such file")

    def test_an_import_of_nobody(self, heroic, store, pairs):
        refused(heroic("labels", store, "--import", pairs), "a verdict is somebody's: give --reviewer NAME")
        refused(heroic("labels", store, "--import", pairs, "--reviewer", " "), "a verdict is somebody's")
        assert not store.exists()

    def test_an_import_without_targets_makes_no_store(self, heroic, store, tmp_path):
        (tmp_path / "bare.csv").write_text("left_id,right_id\na,b\n")
        refused(heroic("labels", store, "--import", tmp_path / "bare.csv", "--reviewer", "a"), "no column 'target'")
        assert not store.exists()

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            ("a,b,1\nb,a,0\n", "no pair can be used, 2 of 2"),
            ("a,b,1\nc,c,0\n", "a product with itself (1, such as row 3 with 'c' and 'c')"),
            (
                "a,b,1\nc,d,0\ne,f,2\n" * 3 + "g,g,1\nh,i,0\n",
                "36.4% cannot be used, more than --max-rejects 0.01 allows",
            ),
        ],
    )
    def test_an_import_of_what_cannot_be(self, heroic, store, tmp_path, rows, said):
        (tmp_path / "bad.csv").write_text("left_id,right_id,target\n" + rows)
        refused(heroic("labels", store, "--import", tmp_path / "bad.csv", "--reviewer", "anna"), "bad.csv", said)
        assert not store.exists()

    def test_an_export_to_a_file_of_another_kind(self, heroic, store, pairs):
        heroic("labels", store, "--import", pairs, "--reviewer", "anna")
        refused(heroic("labels", store, "--export", "labels.xml"), "name a file that ends in .parquet or .csv")

    def test_an_export_over_the_import(self, heroic, store, pairs):
        result = heroic("labels", store, "--import", pairs, "--reviewer", "anna", "--export", pairs)
        refused(result, "--export", "would be lost")

    def test_an_index_that_lacks_some(self, heroic, store, sample, sample_index):
        frame = pd.read_parquet(sample / "pairs_train.parquet")
        with open_store(store, create=True) as opened:
            opened.record(Label(frame.left_id[0], frame.right_id[0], MATCH, "anna"))
            opened.record(Label(frame.left_id[0], "never there", MATCH, "anna"))
        result = heroic("labels", store, "--index", sample_index)
        assert "index: 1 settled pairs are of products that it does not have" in result.output

    def test_an_index_of_other_products(self, heroic, store, pairs, sample_index):
        heroic("labels", store, "--import", pairs, "--reviewer", "anna")
        result = heroic("labels", store, "--index", sample_index)
        assert result.exit_code == 2
        assert "the labels are of another catalogue" in result.stderr


@pytest.fixture
def labelled(store, sample):
    """A store with the sample's training pairs, one in dispute, one unsure, two of an audit, one of a product that is gone."""
    frame = pd.read_parquet(sample / "pairs_train.parquet")
    rows = list(zip(frame.left_id, frame.right_id, frame.target, strict=True))
    with open_store(store, create=True) as opened:
        opened.record_all(Label(left, right, MATCH if target else NO, "anna") for left, right, target in rows)
        opened.record(Label(rows[0][0], rows[0][1], NO if rows[0][2] else MATCH, "bob"))
        opened.record(Label(rows[1][0], rows[1][1], UNSURE, "anna"))
        for left, right, _ in rows[2:4]:
            opened.record(Label(left, right, NO, "anna", Question(Purpose.AUDIT)))
        opened.record(Label(rows[5][0], f"{rows[5][1]} gone", NO, "anna"))
    return store, len(rows)


def test_training_takes_a_store_and_says_what_stays_out(heroic, labelled, sample, sample_index, tmp_path):
    store, count = labelled
    result = heroic(
        "train", sample_index, store, "--valid", sample / "pairs_valid.parquet", "--out", tmp_path / "model"
    )
    assert result.exit_code == 0, result.stderr
    assert f"labels: {store}: {count - 4:,} labelled pairs" in result.stderr
    left_out = "left out: 1 in dispute, 1 unsure, 2 asked by an audit, 1 of products that the index does not have"
    assert left_out in result.stderr
    card = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert card["kind"] == "model"


def test_training_on_a_broken_store_is_refused_and_leaves_nothing(heroic, labelled, sample_index, tmp_path):
    store, _ = labelled
    raw = sqlite3.connect(store)
    raw.execute("PRAGMA user_version = 9")
    raw.close()
    refused(heroic("train", sample_index, store, "--out", tmp_path / "model"), "has schema version 9")
    assert not (tmp_path / "model").exists()


def test_evaluation_takes_a_store_for_the_truth(heroic, store, tmp_path):
    ids = [f"p{number}" for number in range(40)]
    targets = np.arange(20) % 2
    frame = pd.DataFrame({"a": ids[:20], "b": ids[20:], "score": targets * 0.5 + 0.2})
    frame.to_csv(tmp_path / "scores.csv", index=False)
    with open_store(store, create=True) as opened:
        opened.record_all(
            Label(left, right, MATCH if target else NO, "anna")
            for left, right, target in zip(ids[:20], ids[20:], targets, strict=True)
        )
    result = heroic(
        "evaluate", tmp_path / "scores.csv", "--truth", store, "--out", tmp_path / "report", "--ids", "a", "b", "--rounds", "0"
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert f"labels: {store}: 20 labelled pairs, 10 of them matches" in result.stderr
    assert json.loads((tmp_path / "report" / "report.json").read_text())["weighted"] == 1.0
