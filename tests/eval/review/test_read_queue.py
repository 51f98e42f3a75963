"""The queue of a scores file beside an obvious way to make it, and what is counted and refused."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eval.review import parted_pairs
from eval.review.read_queue import check_scores, read_queue
from indexing.errors import InputError
from indexing.product_index import open_index


@pytest.fixture(scope="module")
def catalog(sample_index):
    return open_index(sample_index).catalog


@pytest.fixture
def write(catalog, tmp_path):
    """Write scores of pairs of products, by their positions, as `heroic score` does, with thresholds where they are given."""

    def writing(name, pairs, scores, *, categories=None, match=None, thresholds=None, default=None):
        ids = catalog.ids.to_pylist()
        left, right = (
            [ids[pair[side]] if pair[side] >= 0 else f"gone {place}" for place, pair in enumerate(pairs)]
            for side in (0, 1)
        )
        columns = {"left_id": left, "right_id": right, "score": np.asarray(scores, dtype=np.float32)}
        columns |= {} if categories is None else {"category": categories}
        columns |= {} if match is None else {"match": match}
        table = pa.table(columns)
        if thresholds is not None:
            made = {"kind": "scores", "thresholds": thresholds, "default_threshold": default}
            table = table.replace_schema_metadata({b"heroic": json.dumps(made).encode()})
        pq.write_table(table, tmp_path / name)
        return tmp_path / name

    return writing


def told(queue):
    return [(*queue.pair(row), round(float(queue.scores[row]), 3)) for row in range(len(queue))]


def drawn(count, seed=0):
    """Different pairs of the sample's products, and scores."""
    chance = np.random.default_rng(seed)
    keys = chance.choice(320 * 320, count * 3, replace=False)
    pairs = [(key // 320, key % 320) for key in keys if key // 320 < key % 320][:count]
    return pairs, chance.random(len(pairs)).round(3)


def test_the_nearest_to_the_threshold_of_its_category_comes_first(catalog, write):
    path = write("s.parquet", [(0, 1), (2, 3), (4, 5), (6, 7)], [0.9, 0.55, 0.3, 0.81], categories=["a", "a", "b", None],
                 thresholds={"a": 0.5, "b": 0.32}, default=0.8)  # fmt: skip
    queue, ids = read_queue(path, catalog), catalog.ids.to_pylist()
    assert told(queue) == [
        (ids[6], ids[7], 0.81),
        (ids[4], ids[5], 0.3),
        (ids[2], ids[3], 0.55),
        (ids[0], ids[1], 0.9),
    ]
    assert [queue.names[code] for code in queue.codes] == ["rest", "b", "a", "a"]
    assert [queue.threshold(row) for row in range(4)] == [0.8, 0.32, 0.5, 0.5]
    assert (dict(zip(queue.names, queue.pairs.tolist(), strict=True)), queue.compared) == (
        {"a": 2, "b": 1, "rest": 1},
        False,
    )


def test_where_nothing_is_called_a_match_the_best_scored_come_first(catalog, write):
    path = write(
        "s.parquet",
        [(0, 1), (2, 3), (4, 5)],
        [0.2, 0.6, 0.5],
        categories=["a"] * 3,
        thresholds={"a": None},
        default=0.5,
    )
    queue = read_queue(path, catalog)
    assert [score for *_, score in told(queue)] == [0.6, 0.5, 0.2]
    assert queue.threshold(0) is None


def test_without_thresholds_the_lowest_score_that_is_called_decides(catalog, write):
    pairs, scores = drawn(50)
    categories = ["a" if row % 2 else "b" for row in range(50)]
    limits = {"a": 0.4, "b": 0.7}
    match = [score >= limits[name] for score, name in zip(scores, categories, strict=True)]
    queue = read_queue(write("s.parquet", pairs, scores, categories=categories, match=match), catalog)
    lowest = {
        name: min(s for s, c, m in zip(scores, categories, match, strict=True) if m and c == name) for name in "ab"
    }
    assert dict(zip(queue.names, queue.thresholds.round(3).tolist(), strict=True)) == lowest


def test_scores_that_decide_nothing_are_refused(catalog, write):
    with pytest.raises(InputError, match="has neither thresholds nor a column 'match': score with heroic score"):
        read_queue(write("s.parquet", [(0, 1)], [0.5]), catalog)
    with pytest.raises(InputError, match="no such file"):
        check_scores(write("t.parquet", [], []).with_name("nothing.parquet"))


def test_pairs_that_cannot_be_shown_are_counted(catalog, write):
    pairs = [(0, 1), (1, 0), (2, 2), (3, -1), (-1, -1), (4, 5)]
    queue = read_queue(write("s.parquet", pairs, [0.5] * 6, match=[True] * 6), catalog)
    assert vars(queue.counts) == {"rows": 6, "missing": 2, "odd": 2, "kept": 2}


def test_a_file_without_pairs_is_an_empty_queue(catalog, write):
    queue = read_queue(write("s.parquet", [], [], match=pa.array([], pa.bool_())), catalog)
    assert (len(queue), queue.counts.rows, queue.rows([("a", "b")]).tolist()) == (0, 0, [-1])


@pytest.mark.parametrize("part_keys", [7, 1_000_000])
def test_fresh_are_the_pairs_that_the_older_file_does_not_have_in_either_order(catalog, write, monkeypatch, part_keys):
    monkeypatch.setattr(parted_pairs, "PART_KEYS", part_keys)
    pairs, scores = drawn(90)
    before = [(right, left) if place % 2 else (left, right) for place, (left, right) in enumerate(pairs[:40])]
    old = write("old.parquet", [*before, (3, -1)], [0.1] * 41)
    queue = read_queue(write("s.parquet", pairs, scores, match=scores > 0.5), catalog, previous=old)
    ids = catalog.ids.to_pylist()
    expected = {(ids[left], ids[right]) for left, right in pairs[40:]}
    assert {queue.pair(row) for row in np.flatnonzero(queue.fresh)} == expected
    assert (queue.compared, queue.fresh_pairs.tolist(), queue.pairs.tolist()) == (True, [50], [90])
    assert queue.inside(None, fresh=True).sum() == 50


@pytest.mark.parametrize("part_keys", [11, 1_000_000])
def test_of_many_pairs_the_nearest_of_each_category_and_of_the_fresh_ones_are_kept(
    catalog, write, monkeypatch, part_keys
):
    monkeypatch.setattr(parted_pairs, "PART_KEYS", part_keys)
    pairs, scores = drawn(200, seed=1)
    categories = ["large" if row % 10 else "small" for row in range(200)]
    path = write("s.parquet", pairs, scores, categories=categories, thresholds={"large": 0.5}, default=0.25)
    old = write("old.parquet", pairs[:150], [0.5] * 150)
    queue = read_queue(path, catalog, previous=old, most=40)
    ids = catalog.ids.to_pylist()
    rows = pd.DataFrame(
        {
            "pair": [(ids[a], ids[b]) for a, b in pairs],
            "score": scores,
            "category": categories,
            "fresh": np.arange(200) >= 150,
        }
    )
    rows["away"] = (rows["score"] - rows["category"].map({"large": 0.5, "small": 0.25})).abs()
    rows["rank"] = rows.groupby(["category", "fresh"])["away"].rank(method="first")
    kept = {queue.pair(row) for row in range(len(queue))}
    worst = rows[rows["pair"].isin(kept)]["rank"].max()
    assert len(kept) == 40
    assert set(rows[rows["rank"] < worst]["pair"]) <= kept
    assert set(rows[(rows["category"] == "small") & rows["fresh"]]["pair"]) <= kept
    assert (queue.pairs.sum(), queue.fresh_pairs.sum(), queue.counts.kept) == (200, 50, 40)


def test_a_pair_is_found_by_its_ids_in_either_order(catalog, write):
    pairs, scores = drawn(30)
    queue = read_queue(write("s.parquet", pairs, scores, match=scores > 0.5), catalog)
    names = [queue.pair(row) for row in range(30)]
    assert queue.rows(names).tolist() == list(range(30))
    assert queue.rows([(right, left) for left, right in names]).tolist() == list(range(30))
    assert queue.rows([(names[0][0], "nothing"), ("", "")]).tolist() == [-1, -1]


def test_a_category_that_the_file_does_not_have_is_refused(catalog, write):
    queue = read_queue(write("s.parquet", [(0, 1)], [0.5], categories=["a"], match=[True]), catalog)
    assert queue.inside("a", fresh=False).tolist() == [True]
    with pytest.raises(InputError, match="category 'b' is not in"):
        queue.inside("b", fresh=False)


def test_reading_says_how_far_it_is(catalog, write):
    pairs, scores = drawn(20)
    path, said = write("s.parquet", pairs, scores, match=scores > 0.5), []
    read_queue(path, catalog, previous=path, progress=lambda *told: said.append(told))
    assert said == [("read scores", done, 40) for done in (0, 20, 40, 40)]  # the last as it chooses


def test_whoever_follows_may_end_it_while_the_nearest_are_chosen(catalog, write, monkeypatch):
    monkeypatch.setattr(parted_pairs, "PART_KEYS", 50)
    pairs, scores = drawn(200)
    path = write("s.parquet", pairs, scores, match=scores > 0.5)
    done = []

    class Ended(Exception):
        pass

    def follow(stage, rows, total):
        done.append(rows)
        if done.count(total) == 3:
            raise Ended

    with pytest.raises(Ended):
        read_queue(path, catalog, progress=follow)
    assert done == [0, 200, 200, 200]
