"""`heroic groups`: from scores to groups, on the sample and on scores of one's own."""

import json
import sqlite3
from contextlib import closing

import pandas as pd
import pyarrow.parquet as pq
import pytest

from indexing.product_index import open_index
from reranking.grouping.decision_store import open_decisions
from reranking.grouping.decisions import Decision, DecisionKind


@pytest.fixture
def scores(heroic, sample, sample_index, sample_model, tmp_path):
    """A scores file of the sample's test pairs."""
    path = tmp_path / "scores.parquet"
    result = heroic("score", sample_index, sample / "pairs_test.parquet", "--model", sample_model, "--out", path)
    assert result.exit_code == 0
    return path


@pytest.fixture
def own(tmp_path):
    """Scores of one's own, as CSV: a-b and c-d are tied, the bridge b-c is weak."""
    path = tmp_path / "own.csv"
    rows = [("a", "b", 0.9), ("c", "d", 0.9), ("b", "c", 0.55), ("a", "c", 0.2), ("b", "d", 0.3)]
    pd.DataFrame(rows, columns=["left_id", "right_id", "score"]).to_csv(path, index=False)
    return path


def test_every_product_of_the_scores_has_a_group(heroic, scores, tmp_path):
    result = heroic("groups", scores, "--out", tmp_path / "g.parquet")
    assert result.exit_code == 0
    given, groups = pd.read_parquet(scores), pd.read_parquet(tmp_path / "g.parquet")
    assert sorted(groups["id"]) == sorted({*given["left_id"], *given["right_id"]})
    assert (groups.groupby("group")["id"].transform("size") == groups["size"]).all()
    several = groups[groups["size"] > 1]["group"].nunique()
    assert result.stdout.startswith(
        f"groups: {several} of two and more products, the largest of {groups['size'].max()}, "
    )


def test_the_file_says_what_it_was_made_of(heroic, scores, sample_index, tmp_path):
    heroic("groups", scores, "--out", tmp_path / "g.parquet", "--max-size", "4")
    made = json.loads(pq.read_schema(tmp_path / "g.parquet").metadata[b"heroic"])
    assert (made["kind"], made["max_size"], made["agreement"], made["threshold"]) == ("groups", 4, 0.5, None)
    assert made["index_fingerprint"] == open_index(sample_index).fingerprint


def test_one_product_a_source(heroic, scores, sample, sample_index, tmp_path):
    out = tmp_path / "g.parquet"
    result = heroic("groups", scores, "--out", out, "--one-per-source", "--index", sample_index, "--agreement", "0")
    assert result.exit_code == 0
    sources = pd.read_parquet(sample / "products.parquet").set_index("id")["source"]
    groups = pd.read_parquet(out)
    known = groups.assign(source=groups["id"].map(sources)).dropna(subset=["source"])
    assert not known.duplicated(["group", "source"]).any()


def test_scores_of_ones_own_need_a_threshold(heroic, own, tmp_path):
    result = heroic("groups", own, "--out", tmp_path / "g.parquet")
    assert result.exit_code == 2
    assert "no column 'match': give --threshold" in result.stderr
    assert not (tmp_path / "g.parquet").exists()


def test_disagreements_are_listed_with_the_reason(heroic, own, tmp_path):
    found = {}
    for agreement in ("0.5", "0"):
        words = ["--threshold", "0.5", "--agreement", agreement, "--disagreements", tmp_path / "d.parquet"]
        result = heroic("groups", own, "--out", tmp_path / "g.parquet", *words)
        assert result.exit_code == 0
        listed = pd.read_parquet(tmp_path / "d.parquet")
        found[agreement] = list(zip(listed["left_id"] + listed["right_id"], listed["reason"], strict=True))
    assert found["0.5"] == [("bc", "a match, but the pairs between the groups disagree")]
    assert found["0"] == [("bd", "inside a group, but no match"), ("ac", "inside a group, but no match")]
    groups = pd.read_parquet(tmp_path / "g.parquet")
    assert groups.set_index("id")["disagreements"].to_dict() == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert "disagreement: 2 scored pairs inside groups are no match" in result.stdout


def test_groups_of_before_keep_their_ids(heroic, own, tmp_path):
    pd.DataFrame({"id": ["b", "d", "z"], "group": ["first", "second", "third"]}).to_parquet(tmp_path / "before.parquet")
    words = ["--threshold", "0.5", "--previous", tmp_path / "before.parquet"]
    assert heroic("groups", own, "--out", tmp_path / "g.parquet", *words).exit_code == 0
    groups = pd.read_parquet(tmp_path / "g.parquet").set_index("id")["group"]
    assert groups.to_dict() == {"a": "first", "b": "first", "c": "second", "d": "second"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--one-per-source"], "--one-per-source needs --index"),
        (["--index", "somewhere"], "--index is for --one-per-source and --decisions: give one of them"),
    ],
)
def test_an_index_is_given_for_what_needs_it(heroic, own, tmp_path, words, said):
    result = heroic("groups", own, "--out", tmp_path / "g.parquet", "--threshold", "0.5", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_doubled_pairs_are_refused_with_the_file(heroic, own, tmp_path):
    own.write_text(own.read_text() + "b,a,0.1\n")
    result = heroic("groups", own, "--out", tmp_path / "g.parquet", "--threshold", "0.5")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"heroic: {own}: the pair 'a' and 'b' occurs again")


def test_scores_without_pairs_are_refused(heroic, tmp_path):
    (tmp_path / "s.csv").write_text("left_id,right_id,score,match\n")
    result = heroic("groups", tmp_path / "s.csv", "--out", tmp_path / "g.parquet")
    assert (result.exit_code, result.stderr) == (
        2,
        f"heroic: {tmp_path}/s.csv: holds no pairs: there is nothing to group\n",
    )


def test_it_tells_how_far_it_is_where_that_takes_long(heroic, scores, tmp_path, monkeypatch):
    words = ["groups", scores, "--out", tmp_path / "g.parquet"]
    monkeypatch.setattr("scripts.terminal.progress.PASSED_S", 0.0)
    count = f"{pq.read_metadata(scores).num_rows:,}"
    looked_at, read, grouped = (line.split(" in ")[0] for line in heroic(*words).stderr.splitlines())
    assert (looked_at, read) == (f"pairs looked at for their products: {count}", f"read pairs: {count}")
    assert grouped.startswith("pairs grouped: ")


def test_scores_of_splink_are_grouped_as_they_are(heroic, tmp_path):
    (tmp_path / "s.csv").write_text(
        "unique_id_l,unique_id_r,match_weight,match_probability\n1,2,5.1,0.97\n1,3,-4,0.06\n"
    )
    for more in (("--threshold", "0.5"), ("--threshold", "0", "--score-column", "match_weight")):
        result = heroic("groups", tmp_path / "s.csv", "--out", tmp_path / "g.parquet", *more)
        assert result.exit_code == 0, result.stderr
        assert "groups: 1 of two and more products, the largest of 2, and 1 products alone" in result.stdout


class TestDecisions:
    """Of `own`: a-b and c-d are tied, the bridge b-c is weak."""

    @pytest.fixture
    def decisions(self, tmp_path):
        path = tmp_path / "decisions.db"
        open_decisions(path, create=True).close()
        return path

    def group(self, heroic, own, decisions, *words):
        out = own.parent / "g.parquet"
        result = heroic("groups", own, "--out", out, "--threshold", "0.5", "--decisions", decisions, *words)
        groups = pd.read_parquet(out).groupby("group")["id"].agg("".join).tolist() if result.exit_code == 0 else None
        return result, groups

    def decide(self, path, kind, one, other=()):
        with open_decisions(path) as store:
            return store.record(Decision(DecisionKind(kind), tuple(one), tuple(other), "anna"))

    def test_they_bind_and_what_is_gone_is_counted(self, heroic, own, decisions):
        self.decide(decisions, "split", "ax", "b")
        self.decide(decisions, "merge", "b", "cd")
        result, groups = self.group(heroic, own, decisions, "--max-size", "2")
        assert groups == ["a", "bcd"]
        assert result.stdout.splitlines()[-3:] == [
            "decisions: 0 locks, 1 merge, 1 split; 1 matches are cut by them",
            "decided, but not in the scores: 1 of 5 products",
            "kept together against --max-size or --one-per-source: 1 sets of products",
        ]
        made = json.loads(pq.read_schema(own.parent / "g.parquet").metadata[b"heroic"])
        assert made["decisions"] == 2
        assert "bound by those up to event 2" in heroic("inspect", own.parent / "g.parquet").stdout

    def test_what_is_taken_back_binds_no_longer(self, heroic, own, decisions):
        self.decide(decisions, "split", "a", "b")
        with open_decisions(decisions) as store:
            store.undo("anna")
        assert self.group(heroic, own, decisions)[1] == ["ab", "cd"]

    def test_pairs_of_what_is_kept_together_are_read_though_no_match_ties_them(self, heroic, own, decisions):
        self.decide(decisions, "lock", "ac")
        words = ("--disagreements", own.parent / "d.parquet")
        assert self.group(heroic, own, decisions, *words)[1] == ["abcd"]
        listed = pd.read_parquet(own.parent / "d.parquet")
        assert {*zip(listed["left_id"], listed["right_id"], strict=True)} == {("a", "c"), ("b", "d")}

    def test_contradictions_are_named_with_ids(self, heroic, own, decisions):
        self.decide(decisions, "lock", "ab")
        with closing(sqlite3.connect(decisions)) as raw, raw:  # past the store, which takes none
            raw.execute("INSERT INTO events (at, reviewer, kind) VALUES ('2026-11-29', 'bob', 'split')")
            raw.executemany("INSERT INTO members VALUES (2, ?, ?)", [(0, "a"), (1, "b")])
        result, _ = self.group(heroic, own, decisions)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert f"{decisions}: decisions contradict each other: 'a' and 'b' are apart by decision 2" in result.stderr

    def test_ids_of_another_catalogue_are_refused_with_the_file(self, heroic, own, decisions, tmp_path):
        self.decide(decisions, "lock", "ab")
        pd.DataFrame({"left_id": [1], "right_id": [2], "score": [0.9]}).to_parquet(tmp_path / "numbers.parquet")
        result, _ = self.group(heroic, tmp_path / "numbers.parquet", decisions)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"heroic: {decisions}: id 'a' is text, the other file's ids are integers")

    def test_a_file_that_is_not_there_is_refused_and_not_made(self, heroic, own, tmp_path):
        result, _ = self.group(heroic, own, tmp_path / "none.db")
        assert (result.exit_code, (tmp_path / "none.db").exists()) == (2, False)
        assert "no such file: a file of decisions is needed" in result.stderr

    def test_who_reads_otherwise_now_is_told_where_the_index_is_given(self, heroic, scores, sample_index, decisions):
        catalog = open_index(sample_index).catalog
        first, second, third, *_ = pq.read_table(scores)["left_id"].unique().to_pylist()
        title = catalog.table["title"][catalog.position(first)].as_py()
        with open_decisions(decisions) as store:
            store.record(
                Decision(DecisionKind.SPLIT, (first,), (second,), "anna"), {first: "a kettle", "gone": "a pan"}
            )
            store.record(Decision(DecisionKind.SPLIT, (first,), (third,), "anna"), {first: title})
        words = ["groups", scores, "--out", scores.parent / "g.parquet", "--decisions", decisions]
        compared = heroic(*words, "--index", sample_index)
        warned = "heroic: warning: 1 of 2 decisions bind products that read otherwise now, such as "
        (line,) = (line for line in compared.stderr.splitlines() if line.startswith("heroic"))
        assert line.startswith(f"{warned}{first!r} of decision 1 (split, anna, ")
        assert f"seen as 'a kettle', now as {title!r}: where an id was given to another product take the" in line
        alone = heroic(*words)
        assert "heroic: warning" not in alone.stderr
        assert "not compared with what was seen of them: give --index" in alone.stdout
        assert "--index" not in compared.stdout
