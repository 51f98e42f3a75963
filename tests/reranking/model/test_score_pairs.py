"""Scoring gives the file back with columns added, whatever its size, or nothing at all."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.errors import InputError, UnknownId
from indexing.product_index import open_index
from reranking.decisions.calibration import BetaMap, Calibration, IsotonicMap
from reranking.decisions.prior import ShareEstimate
from reranking.decisions.prior_shift import shift_to
from reranking.decisions.thresholds import AskedThresholds, Thresholds
from reranking.kinds.kind_check import KindCheck
from reranking.kinds.unlike_calls import UnlikeShare
from reranking.model import score_pairs as scoring
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.score_pairs import ScoreOptions, score_pairs
from reranking.model.scores_writer import ScoresWriter
from reranking.model.scoring.prior_choice import PriorChoice
from reranking.pairs.evaluation_category import CategoryMapping
from reranking.pairs.labelled import positions_of
from reranking.pairs.pair_files import read_id_pairs
from reranking.pairs.positioned_blocks import UnknownPairs
from reranking.signals.feature import columns_of
from reranking.signals.signals import prepare_signals

ADDED = ["score", "probability", "category", "match", "match_f1"]


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def model(sample_model):
    return load_reranker(sample_model)


@pytest.fixture(scope="module")
def sample_pairs(sample):
    return pd.read_parquet(sample / "pairs_test.parquet")


@pytest.fixture
def score(index, model, tmp_path):
    """Score a frame (written as pairs.parquet) or a file into scores.parquet; the table of it."""

    def run(pairs, *, reranker=model, **options):
        path = tmp_path / "pairs.parquet"
        if isinstance(pairs, pd.DataFrame):
            pairs.to_parquet(path)
        else:
            path = pairs
        run.scored = score_pairs(
            index, path, tmp_path / "scores.parquet", model=reranker, options=ScoreOptions(**options)
        )
        return pq.read_table(tmp_path / "scores.parquet")

    run.folder = tmp_path
    return run


@pytest.fixture(scope="module")
def expected(index, model, sample):
    """The scores of the sample's test pairs, all features at once."""
    left, right = positions_of(read_id_pairs(sample / "pairs_test.parquet"), index.catalog)
    signals = prepare_signals(index, np.unique([left, right]), learned=model.learned)
    return model.score(signals.compute(left, right)[:, columns_of(signals.names, model.feature_names)])


def test_the_same_rows_come_back_in_the_same_order_with_columns_added(score, sample_pairs):
    given = sample_pairs.assign(note=np.arange(len(sample_pairs)), tags=[["a"], None] * (len(sample_pairs) // 2))
    table = score(given)
    assert table.column_names == [*given.columns, *ADDED]
    assert table.select(list(given.columns)).equals(pa.Table.from_pandas(given))


def test_the_added_columns_have_their_types(score, sample_pairs):
    schema = score(sample_pairs).schema
    numbers, decisions = [pa.float32()] * 2, [pa.bool_()] * 2
    assert [schema.field(name).type for name in ADDED] == [*numbers, pa.large_string(), *decisions]


def test_scores_are_the_models(score, sample_pairs, expected):
    np.testing.assert_array_equal(score(sample_pairs)["score"].to_numpy(), expected)


def test_the_size_of_the_blocks_does_not_change_the_scores(score, sample_pairs, expected, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 50)
    np.testing.assert_array_equal(score(sample_pairs)["score"].to_numpy(), expected)


@pytest.mark.parametrize("size", [7, 50, 1000])
def test_pairs_of_unknown_products_are_left_out_when_asked(score, sample_pairs, expected, monkeypatch, size):
    """A block of 7 rows may lack all of its pairs: the first and a later one do."""
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", size)
    given, gone = sample_pairs.assign(note=np.arange(len(sample_pairs))), [*range(7), *range(21, 30), 100]
    given.loc[gone[:-1], "left_id"] = "NOBODY"
    given.loc[100, "right_id"] = "NO ONE"
    table = score(given, ignore_unknown=True, submission=score.folder / "contest.csv")
    kept = np.delete(np.arange(len(given)), gone)
    assert table["note"].to_pylist() == kept.tolist()
    np.testing.assert_array_equal(table["score"].to_numpy(), expected[kept])
    assert (score.scored.pairs, score.scored.unknown) == (len(kept), UnknownPairs(len(gone), 1, "NOBODY"))
    assert len(pd.read_csv(score.folder / "contest.csv")) == len(kept)


def test_nothing_is_left_out_of_a_file_whose_products_are_known(score, sample_pairs):
    assert score(sample_pairs, ignore_unknown=True).equals(score(sample_pairs))
    assert score.scored.unknown.count == 0


def test_other_faults_are_refused_with_their_row_although_unknown_products_are_not(score, sample_pairs):
    known = sample_pairs["left_id"][5]
    given = sample_pairs.copy()
    given.loc[[1, 2], "left_id"] = "NOBODY"
    given.loc[5, "right_id"] = known
    with pytest.raises(InputError, match=f"row 6 pairs product '{known}' with itself"):
        score(given, ignore_unknown=True)
    with pytest.raises(InputError, match=r"occurs again, in either order \(1 rows too many\)"):
        score(pd.concat([sample_pairs, sample_pairs[:1]]), ignore_unknown=True)


def test_a_file_of_unknown_products_alone_is_refused(score, sample_pairs):
    with pytest.raises(InputError, match="every pair, such as row 1 with id 'NOBODY', names a product that the index"):
        score(sample_pairs.assign(left_id="NOBODY"), ignore_unknown=True)


def test_unknown_products_are_counted_before_they_are_refused(score, sample_pairs):
    given = sample_pairs.copy()
    given.loc[[4, 9], "left_id"] = "NOBODY"
    with pytest.raises(
        UnknownId, match=rf"row 5: id 'NOBODY' is not in the catalogue; 2 of {len(given)} pairs name .*: use"
    ):
        score(given)


def test_swapping_left_and_right_does_not_change_the_scores(score, sample_pairs, expected):
    swapped = sample_pairs.rename(columns={"left_id": "right_id", "right_id": "left_id"})
    np.testing.assert_allclose(score(swapped)["score"].to_numpy(), expected, rtol=1e-5)


def test_a_block_at_a_time_is_scored_and_then_written(score, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 50)
    steps = []
    write, compute = pq.ParquetWriter.write_table, PairScorer.features
    monkeypatch.setattr(pq.ParquetWriter, "write_table", lambda *a, **k: (steps.append("write"), write(*a, **k))[1])
    monkeypatch.setattr(
        PairScorer, "features", lambda self, left, right: (steps.append(len(left)), compute(self, left, right))[1]
    )
    score(sample / "pairs_test.parquet")
    assert steps == [50] * 5 + [24] + ["write"] * 6
    assert pq.ParquetFile(tmp_path / "scores.parquet").num_row_groups == 6


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_other_formats_score_alike(score, sample_pairs, expected, tmp_path, suffix):
    path = tmp_path / f"pairs{suffix}"
    if suffix == ".csv":
        sample_pairs.to_csv(path, index=False)
    else:
        sample_pairs.to_json(path, orient="records", lines=True)
    np.testing.assert_array_equal(score(path)["score"].to_numpy(), expected)


def test_a_column_of_json_lines_may_be_whole_in_one_block_and_broken_in_the_next(
    score, sample_pairs, tmp_path, monkeypatch
):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 2)
    notes = ["a", "b", None, None]
    rows = [{**row, "note": note} for row, note in zip(sample_pairs[:4].to_dict("records"), notes, strict=True)]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert score(tmp_path / "pairs.jsonl")["note"].to_pylist() == ["a", "b", None, None]


def test_a_column_of_json_lines_that_changes_its_type_is_text(score, sample_pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 2)
    rows = sample_pairs[:4].assign(note=[1, 2, "x", "y"]).to_dict("records")
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert score(tmp_path / "pairs.jsonl")["note"].to_pylist() == ["1", "2", "x", "y"]


def test_names_of_ones_own_are_kept(score, sample_pairs):
    named = sample_pairs.rename(columns={"left_id": "one", "right_id": "other"})
    assert score(named, ids=("one", "other")).column_names[:2] == ["one", "other"]


def test_the_category_is_the_left_products_where_the_model_keeps_it(score, sample_pairs, model, index):
    kept = replace(model, mapping=CategoryMapping(("Наушники",)))
    found = score(sample_pairs, reranker=kept)["category"].to_pylist()
    evaluated_names = dict(zip(index.catalog.ids.to_pylist(), index.catalog.category(3).to_pylist(), strict=True))
    assert found == ["Наушники" if evaluated_names[left] == "Наушники" else "rest" for left in sample_pairs["left_id"]]
    assert {"Наушники", "rest"} == set(found)


def test_the_files_own_category_comes_first(score, sample_pairs):
    own = score(sample_pairs[:3].assign(cat3_grouped=["mine", None, "rest"]))
    assert own["category"].to_pylist() == ["mine", "rest", "rest"]
    assert own["cat3_grouped"].to_pylist() == ["mine", None, "rest"]


def test_probabilities_are_the_models_by_category_and_keep_the_order_of_the_scores(score, sample_pairs, model):
    own = IsotonicMap((0.2, 0.8), (0.1, 0.3))
    calibrated = replace(model, calibration=Calibration(BetaMap(2.0, 0.5, -1.0), {"mine": own}))
    named = ["mine", None] * (len(sample_pairs) // 2)
    table = score(sample_pairs.assign(cat3_grouped=named), reranker=calibrated).to_pandas()
    for here, one in ((table["category"] == "mine", own), (table["category"] != "mine", BetaMap(2.0, 0.5, -1.0))):
        of_category = table[here].sort_values("score")
        np.testing.assert_allclose(of_category["probability"], one.of(of_category["score"].to_numpy()), rtol=1e-6)
        assert of_category["probability"].is_monotonic_increasing


def test_match_is_by_the_threshold_of_the_category_and_match_f1_by_the_one(score, sample_pairs, model):
    decisions = Thresholds({"low": 0.1, "never": math.inf}, default=0.5, f1=0.3)
    categories = np.array(["low", "never", None])[np.arange(len(sample_pairs)) % 3]
    table = score(
        sample_pairs.assign(cat3_grouped=categories), reranker=replace(model, decisions=decisions)
    ).to_pandas()
    limit = table["category"].map({"low": 0.1, "never": math.inf, "rest": 0.5})
    assert (table["match"] == (table["score"].astype(float) >= limit)).all()
    assert (table["match_f1"] == (table["score"].astype(float) >= 0.3)).all()
    assert table["match"].any()


def test_a_score_just_below_the_f1_threshold_is_not_called(score, sample_pairs, model, expected):
    """Half-way between two neighbouring float32 the comparison must not be rounded to one of them."""
    own = np.float32(np.median(expected))
    above = float(own) + (float(np.nextafter(own, np.float32(1))) - float(own)) / 4
    table = score(sample_pairs, reranker=replace(model, decisions=Thresholds({}, 0.5, above))).to_pandas()
    assert not table["match_f1"][table["score"] == own].any()


def test_thresholds_given_decide_instead_of_the_models(score, sample_pairs):
    assert all(score(sample_pairs, thresholds=AskedThresholds({"rest": 0.0}))["match"].to_pylist())
    assert not any(score(sample_pairs, thresholds=AskedThresholds({"rest": math.inf}))["match"].to_pylist())


def test_what_was_done_is_counted(score, sample_pairs):
    table = score(sample_pairs).to_pandas()
    assert score.scored.pairs == len(sample_pairs)
    assert (score.scored.matches, score.scored.matches_f1) == (table["match"].sum(), table["match_f1"].sum())
    assert score.scored.categories == table["category"].value_counts().to_dict()


@pytest.mark.parametrize("name", ADDED)
def test_a_column_of_an_added_name_is_refused(score, sample_pairs, name, tmp_path):
    with pytest.raises(InputError, match=f"has a column '{name}' already: give --overwrite-columns"):
        score(sample_pairs.assign(**{name: 1}))
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.parquet"]


def test_with_overwrite_columns_they_are_replaced(score, sample_pairs, expected):
    table = score(sample_pairs.assign(score="old", note=1, match=None), overwrite_columns=True)
    assert table.column_names == [*sample_pairs.columns, "note", *ADDED]
    np.testing.assert_array_equal(table["score"].to_numpy(), expected)


def test_scored_pairs_can_be_scored_again(score, sample_pairs, expected, tmp_path):
    score(sample_pairs)
    again = score(tmp_path / "scores.parquet", overwrite_columns=True)
    np.testing.assert_array_equal(again["score"].to_numpy(), expected)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_submission_has_the_contests_columns(score, sample_pairs, expected, tmp_path, suffix):
    path = tmp_path / f"submission{suffix}"
    score(sample_pairs, submission=path)
    written = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    assert list(written.columns) == ["variantid1", "variantid2", "target"]
    assert written["variantid1"].tolist() == sample_pairs["left_id"].tolist()
    assert written["variantid2"].tolist() == sample_pairs["right_id"].tolist()
    np.testing.assert_allclose(written["target"], expected, rtol=1e-6)


def test_a_submission_of_several_blocks_is_whole(score, sample_pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 50)
    score(sample_pairs, submission=tmp_path / "s.csv")
    assert len(pd.read_csv(tmp_path / "s.csv")) == len(sample_pairs)


def test_a_submission_of_another_suffix_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"--submission .*s\.txt: name a file ending in \.csv or \.parquet"):
        ScoreOptions(submission=tmp_path / "s.txt")


def test_a_submission_in_the_place_of_the_scores_is_refused(score, sample_pairs, tmp_path):
    with pytest.raises(InputError, match="is --out too"):
        score(sample_pairs, submission=tmp_path / "scores.parquet")


@pytest.mark.parametrize("place", ["submission", "ask"])
def test_no_file_is_written_over_the_pairs_that_are_read(score, sample_pairs, tmp_path, place):
    (tmp_path / "folder").mkdir()
    given = {place: tmp_path / "folder" / ".." / "pairs.parquet"}
    with pytest.raises(InputError, match=rf"--{place} .*: is read too, and would be lost: name another file"):
        score(sample_pairs, **given)
    assert len(pd.read_parquet(tmp_path / "pairs.parquet")) == len(sample_pairs)


def test_scores_are_not_written_over_a_csv_of_pairs_that_is_read(index, model, sample_pairs, tmp_path):
    pairs = tmp_path / "pairs.csv"
    sample_pairs.to_csv(pairs, index=False)
    with pytest.raises(InputError, match=r"--out .*: is read too, and would be lost"):
        score_pairs(index, pairs, pairs, model=model)
    assert len(pd.read_csv(pairs)) == len(sample_pairs)


def test_the_file_says_how_it_was_made(score, sample_pairs, index, model):
    decisions = Thresholds({"tvs": 0.25, "never": math.inf}, default=math.inf, f1=0.5)
    made = json.loads(score(sample_pairs, reranker=replace(model, decisions=decisions)).schema.metadata[b"heroic"])
    assert made.pop("prior")["kind"] == "estimate"
    assert made.pop("kinds") == {"untold": "called"}
    assert made == {
        "kind": "scores",
        "index_fingerprint": index.fingerprint,
        "model_fingerprint": replace(model, decisions=decisions).fingerprint,
        "target_precision": 0.75,
        "target_precisions": {},
        "thresholds": {"tvs": 0.25, "never": None},
        "default_threshold": None,
        "f1_threshold": 0.5,
        "columns": {"left": "left_id", "right": "right_id"},
    }


def faulty(sample_pairs, what):
    first, second = sample_pairs.iloc[0], sample_pairs.iloc[1]
    rows = {
        "unknown": [{"left_id": first["left_id"], "right_id": "nobody"}],
        "self": [{"left_id": first["left_id"], "right_id": first["left_id"]}],
        "doubled": [first.to_dict()],
        "swapped": [{"left_id": second["right_id"], "right_id": second["left_id"]}],
        "null": [{"left_id": None, "right_id": second["left_id"]}],
    }[what]
    return pd.concat([sample_pairs, pd.DataFrame(rows)], ignore_index=True)


@pytest.mark.parametrize("block", [10, 65_536])
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("unknown", "id 'nobody' is not in the catalogue"),
        ("self", r"row 275 pairs product 'JDQNAQ' with itself \(1 such rows up to row 275\): remove them"),
        ("doubled", r"the pair '\w+' and '\w+' occurs again, in either order \(1 rows too many\): keep one of each"),
        ("swapped", r"the pair '\w+' and '\w+' occurs again"),
        ("null", "row 275 has no 'left_id'"),
    ],
)
def test_a_faulty_pair_is_refused_wherever_it_stands_and_nothing_is_left(
    score, sample_pairs, tmp_path, monkeypatch, what, said, block
):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", block)
    with pytest.raises(InputError, match=rf"pairs\.parquet: .*{said}"):
        score(faulty(sample_pairs, what), submission=tmp_path / "s.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.parquet"]


def test_an_unknown_id_is_an_unknown_id(score, sample_pairs):
    with pytest.raises(UnknownId):
        score(faulty(sample_pairs, "unknown"))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_no_pairs_are_refused(score, tmp_path, suffix):
    path = tmp_path / f"empty{suffix}"
    frame = pd.DataFrame({"left_id": [], "right_id": []})
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    with pytest.raises(InputError, match=r"empty.*: holds no pairs"):
        score(path)


def test_scores_of_before_stay_when_the_next_are_refused(score, sample_pairs, tmp_path):
    before = score(sample_pairs)
    with pytest.raises(InputError):
        score(faulty(sample_pairs, "self"))
    assert pq.read_table(tmp_path / "scores.parquet").equals(before)


def test_when_scoring_fails_midway_nothing_is_left(score, sample_pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 50)
    write = ScoresWriter.write

    def fail_later(self, block, *given):
        if self.scored.pairs >= 100:
            raise KeyboardInterrupt
        write(self, block, *given)

    monkeypatch.setattr(ScoresWriter, "write", fail_later)
    with pytest.raises(KeyboardInterrupt):
        score(sample_pairs, submission=tmp_path / "s.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.parquet"]


def test_a_folder_in_the_place_of_the_scores_is_refused_before_anything_is_scored(score, sample_pairs, tmp_path):
    (tmp_path / "scores.parquet").mkdir()
    with pytest.raises(InputError, match=r"scores\.parquet: is a folder"):
        score(sample_pairs)


def test_an_index_that_does_not_fit_is_refused(score, sample_pairs, model, tmp_path):
    with pytest.raises(InputError, match="keeps 20 neighbours, the model was trained with 30"):
        score(sample_pairs, reranker=replace(model, needs=replace(model.needs, k=30)))
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.parquet"]


def test_the_models_k_counts_where_the_index_keeps_more(index, model, score, sample_pairs, sample):
    few = replace(model, needs=replace(model.needs, k=3))
    left, right = positions_of(read_id_pairs(sample / "pairs_test.parquet"), index.catalog)
    signals = prepare_signals(index, np.unique([left, right]), k=3, learned=model.learned)
    expected = model.score(signals.compute(left, right)[:, columns_of(signals.names, model.feature_names)])
    np.testing.assert_array_equal(score(sample_pairs, reranker=few)["score"].to_numpy(), expected)


def test_progress_is_told_block_by_block(index, model, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 100)
    told = []
    score_pairs(
        index,
        sample / "pairs_test.parquet",
        tmp_path / "scores.parquet",
        model=model,
        progress=lambda *step: told.append(step),
    )
    (rivals, found, every), *scored = told
    assert (rivals, found) == (
        "rivals",
        every,
    )  # as many as neighbours of the products have, in which pictures have a part
    assert every > 0
    assert scored == [("score", done, 274) for done in (100, 200, 274)]


def estimated(model, counts, found, *, sure=False):
    """An estimate of another share of matches, likely or sure."""
    shares = dict.fromkeys(counts.counts, found)
    return ShareEstimate(model.validation.share, found, 0.2, None, shares, sure=sure, agree=True, likely=True)


def test_what_is_called_is_expected_at_a_share_that_is_likely_too(score, sample_pairs, model, monkeypatch):
    def doubt(reranker, asked, counts):
        return PriorChoice(asked, estimated(model, counts, 0.01))

    monkeypatch.setattr(scoring, "choose_prior", doubt)
    monkeypatch.setattr(scoring, "BLOCK_PAIRS", 50)
    table = score(sample_pairs)
    called = table.filter(table["match"])
    probabilities = called["probability"].to_numpy()
    assert 0 < score.scored.matches_at_found < probabilities.sum()
    choice = score.scored.choice
    names = called["category"].combine_chunks()
    told = choice.at_found(model, called["score"].to_numpy(), names)
    assert score.scored.matches_at_found == pytest.approx(told.sum(), rel=1e-5)


@pytest.mark.parametrize("withdrawn", [True, False])
def test_thresholds_sink_to_more_matches_only_where_calls_are_of_a_known_kind(
    score, sample_pairs, model, monkeypatch, withdrawn
):
    def move(reranker, asked, counts):
        shares = dict.fromkeys(counts.counts, 0.6)
        return PriorChoice(
            asked, estimated(model, counts, 0.6, sure=True), shift_to(shares, model.validation, model.asked, seed=0)
        )

    def check(judged, sample, thresholds, shares, *, seed):
        found = SimpleNamespace(
            calls=200,
            judged=200,
            all=UnlikeShare("all", "", 200, 0.9, 0.8),
            parts=(),
            unlike=None,
            told_by=(),
            withdrawn=(UnlikeShare("all", "", 200, 0.9, 0.8),) if withdrawn else (),
        )
        return KindCheck(sample, np.zeros(len(sample), dtype=bool), found)

    monkeypatch.setattr(scoring, "choose_prior", move)
    monkeypatch.setattr(scoring, "check_kinds", check)
    score(sample_pairs)
    assert score.scored.choice.withheld == ("kind" if withdrawn else None)
    assert (score.scored.choice.shift is None) == withdrawn
