"""The command drift: how far scores moved, and its verdict."""

import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from eval.comparing.drift import LEAST_CALLED


@pytest.fixture
def files(tmp_path):
    """Two scores files of 400 pairs in two categories; `flips` of the second category's calls are lost."""

    def make(flips):
        size = 400
        scores = [number / size for number in range(size)]
        match = [number >= 100 for number in range(size)]
        category = ["even" if number % 2 == 0 else "odd" for number in range(size)]
        left, right = [f"l{number}" for number in range(size)], [f"r{number}" for number in range(size)]
        table = {"left_id": left, "right_id": right, "score": scores, "category": category, "match": match}
        pq.write_table(pa.table(table), tmp_path / "before.parquet")
        odd = [number for number in range(100, size) if number % 2][:flips]
        table |= {"match": [called and number not in odd for number, called in enumerate(match)]}
        table |= {"score": [score - 0.1 * (number in odd) for number, score in enumerate(scores)]}
        after = pa.table({**table, "left_id": right, "right_id": left}).slice(5)  # the sides and the rows otherwise
        pq.write_table(after.take(pa.array(range(len(after) - 1, -1, -1))), tmp_path / "after.parquet")
        return tmp_path / "before.parquet", tmp_path / "after.parquet"

    return make


def test_what_did_not_move_lets_the_model_stay(heroic, files):
    done = heroic("drift", *files(0), "--fail-if-moved")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("the model may stay: at most 5% of the called pairs changed")
    assert lines[-2] == "left out: 5 pairs of the first file only, 0 of the second only"
    assert [line.split()[0] for line in lines[1:4]] == ["even", "odd", "all"]


def test_a_category_whose_calls_turn_over_asks_for_training(heroic, files):
    done = heroic("drift", *files(12), "--fail-if-moved", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["train_again"], found["moved"]) == (True, ["odd"])
    odd = next(of for of in found["categories"] if of["name"] == "odd")
    assert (odd["gained"], odd["lost"], odd["flipped"]) == (0, 12, pytest.approx(12 / 150))
    assert odd["change_q99"] == pytest.approx(0.1)
    assert odd["rank_correlation"] < 1
    assert found["overall"]["flipped"] == pytest.approx(12 / 300)
    assert heroic("drift", *files(12), "--most-flipped", "0.1", "--fail-if-moved").exit_code == 0


def test_a_category_with_few_calls_has_no_verdict(heroic, files):
    before, after = files(12)
    few = pq.read_table(after).filter(pc.less(pq.read_table(after)["score"], 0.49))
    pq.write_table(few, after)
    found = json.loads(heroic("drift", before, after, "--json").stdout)
    odd = next(of for of in found["categories"] if of["name"] == "odd")
    assert odd["flipped"] > 0.2
    assert odd["called_before"] + odd["gained"] < LEAST_CALLED
    assert found["moved"] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda table: table.drop_columns(["match"]), "no column 'match'"),
        (lambda table: pa.concat_tables([table, table.slice(0, 1)]), "stands there twice"),
        (lambda table: table.set_column(0, "left_id", pa.array(["x"] * len(table))).slice(0, 1), "share no pairs"),
    ],
)
def test_files_that_cannot_be_compared_are_refused(heroic, files, change, expected):
    before, after = files(0)
    pq.write_table(change(pq.read_table(after)), after)
    done = heroic("drift", before, after)
    assert done.exit_code == 2
    assert expected in done.stderr
