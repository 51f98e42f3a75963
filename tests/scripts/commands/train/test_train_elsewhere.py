"""`heroic train --cluster`: what workers do of it, and which options they refuse."""

import json

import pandas as pd
import pytest

FILES = ("member_0.ubj", "validation.parquet")


@pytest.fixture
def train(heroic, sample, sample_index, tmp_path):
    def run(name, *words):
        pairs, valid = (sample / f"pairs_{part}.parquet" for part in ("train", "valid"))
        words = ("--valid", valid, "--judge-by", "validation", *words)
        return heroic("train", sample_index, pairs, "--out", tmp_path / name, *words)

    return run


def test_a_model_of_processes_is_that_of_one_and_shares_are_told_of(train, tmp_path, capfd):
    assert train("one").exit_code == 0
    assert train("processes", "--cluster", "local:2").exit_code == 0
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "processes" / name).read_bytes()
    done = train("shares", "--cluster", "local:2", "--world-size", "2")
    assert done.exit_code == 0
    assert "rank" not in capfd.readouterr().out  # of the processes, which XGBoost lets say something
    assert "train: boosters in 2 shares of the pairs, each on a worker" in done.stderr
    assert json.loads((tmp_path / "shares" / "manifest.json").read_text())["made"]["report"]["world_size"] == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "processes", "shares"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--world-size", "2"], "--world-size: is for shares that workers train on: give --cluster too"),
        (["--task-timeout", "9"], "--task-timeout: is for parts done elsewhere: give --cluster too"),
        (
            ["--cluster", "local:2", "--device", "cuda"],
            "--device cuda: with --cluster boosters are trained on processors",
        ),
        (["--cluster", "nowhere"], "--cluster nowhere: give auto"),
        (
            ["--cluster", "local:2", "--world-size", "3"],
            "--world-size 3: shares are trained on at once, and there are 2",
        ),
    ],
)
def test_what_cannot_be_is_refused(train, tmp_path, words, said):
    done = train("model", *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_few_labels_say_that_workers_have_nothing_to_do(heroic, sample, sample_index, tmp_path):
    few = pd.read_parquet(sample / "pairs_train.parquet").sample(60, random_state=0)
    few.to_parquet(tmp_path / "few.parquet")
    store = tmp_path / "labels.db"
    assert heroic("labels", store, "--import", tmp_path / "few.parquet", "--reviewer", "anna").exit_code == 0
    done = heroic("train", sample_index, store, "--out", tmp_path / "model", "--cluster", "local:1")
    assert done.exit_code == 0
    assert "few labels are trained on by the command itself: the workers of --cluster have nothing to do" in done.stderr
