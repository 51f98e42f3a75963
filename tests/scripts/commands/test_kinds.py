"""A made catalogue of three shops: A and B write alike and are labelled, C abbreviates and is not. `heroic score` must notice C, and
be quiet of pairs of A and B, also of other shares of matches and other mixes of categories."""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

CATEGORIES = ("kettles", "lamps", "drills")
PRODUCTS = 1500


def made_offers(random):
    """Return offers: of every product one of A and one of B, of a third of them one of C, and as many of C of no other's."""
    syllables = ["bo", "ral", "ti", "den", "ju", "mar", "vel", "os", "kin", "pa", "nor", "es", "gul", "fi"]

    def word(count):
        return "".join(random.choice(syllables, count)).capitalize()

    brands, offers = [word(3) for _ in range(40)], []
    for number in range(PRODUCTS):
        category = CATEGORIES[number % 3]
        brand, model, size = random.choice(brands), word(4), f"{random.integers(1, 60)} cm"
        price = float(np.round(random.uniform(10, 90), 2))
        noun = category.removesuffix("s")
        offers.append((f"a{number}", f"{brand} {model} {noun} {size}", price, "A", category))
        title = f"{brand} {model}, {noun}, {size}" if random.random() < 0.8 else f"{noun} {model} {size}"
        offers.append((f"b{number}", title, round(price * random.uniform(0.9, 1.1), 2), "B", category))
        if number % 3 == 0:
            offers.append(
                (f"c{number}", f"{brand[:3]} {model[:4]}", round(price * random.uniform(0.6, 1.5), 2), "C", category)
            )
            strange = f"{brand[:3]} {model[:4]} {random.choice(['spare', 'kit', 'holder'])}"
            offers.append((f"cx{number}", strange, round(random.uniform(10, 90), 2), "C", category))
    return pd.DataFrame(offers, columns=["id", "title", "price", "source", "category"])


def number_of(ids):
    return ids.str.extract(r"^[a-c]x?(\d+)$")[0].astype(int)


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """A folder with the index, the candidates, labelled pairs of A and B by thirds of the products, and a model of two of them."""
    folder = tmp_path_factory.mktemp("shops")
    made_offers(np.random.default_rng(3)).to_csv(folder / "offers.csv", index=False)
    run("build-index", folder / "offers.csv", "--out", folder / "index")
    run("candidates", folder / "index", "-k", 8, "--out", folder / "candidates.parquet")
    pairs = pd.read_parquet(folder / "candidates.parquet")[["left_id", "right_id"]]
    numbers = number_of(pairs.left_id), number_of(pairs.right_id)
    pairs["target"] = ((numbers[0] == numbers[1]) & ~(pairs.left_id + pairs.right_id).str.contains("x")).astype(int)
    known = ~(pairs.left_id + pairs.right_id).str.contains("c")
    for part, name in enumerate(("train", "valid", "test")):
        inside = known & (numbers[0] // 3 % 3 == part) & (numbers[1] // 3 % 3 == part)
        pairs[inside].to_parquet(folder / f"pairs_{name}.parquet")
    run(
        "train", folder / "index", folder / "pairs_train.parquet", "--valid", folder / "pairs_valid.parquet",
        "--category-pairs", 100, "--out", folder / "model",
    )  # fmt: skip
    return folder


def run(*words):
    """Run a command in a process of its own, as a fixture of a module must."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.main", *map(str, words)], capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


@pytest.fixture
def score(heroic, shops, tmp_path):
    """Score a frame of pairs; return the result, the kinds that the file's metadata keeps, and the scores."""

    def run_score(pairs, *words):
        pairs[["left_id", "right_id"]].to_parquet(tmp_path / "pairs.parquet")
        out = tmp_path / "scores.parquet"
        result = heroic(
            "score", shops / "index", tmp_path / "pairs.parquet", "--model", shops / "model", "--out", out, *words
        )
        assert result.exit_code == 0
        return result, json.loads(pq.read_schema(out).metadata[b"heroic"])["kinds"], pd.read_parquet(out)

    return run_score


@pytest.fixture(scope="module")
def ordinary(shops):
    return pd.read_parquet(shops / "pairs_test.parquet")


def unlike_warnings(result):
    return [line for line in result.stderr.splitlines() if "unlike any that were judged" in line]


def test_the_shop_that_writes_otherwise_is_named(score, shops, heroic, tmp_path):
    result, kinds, _ = score(pd.read_parquet(shops / "candidates.parquet"))
    [warning] = unlike_warnings(result)
    assert re.fullmatch(
        r"heroic: warning: precision not assured for C: \d+ % of its calls are unlike any that were judged \(.+\); "
        r"label 50 of them: --ask FILE",
        warning,
    )
    assert [part["name"] for part in kinds["withdrawn"]] == ["C"]
    assert kinds["sources"]["C"] > 0.3 > max(kinds["sources"]["A"], kinds["sources"]["B"])
    assert set(kinds["categories"]) == set(CATEGORIES)
    told = heroic("inspect", tmp_path / "scores.parquet").stdout
    assert re.search(
        r"kind of calls +\d+% of [\d,]+ calls are unlike any that were judged; precision not assured: C \d+%", told
    )


def test_ordinary_pairs_are_quiet(score, ordinary):
    result, kinds, _ = score(ordinary)
    assert unlike_warnings(result) == []
    assert "withdrawn" not in kinds
    assert "are unlike any that were judged" in result.stdout


@pytest.mark.parametrize("matches_to_others", [1, 4])
def test_another_share_of_matches_alone_is_quiet(score, ordinary, matches_to_others):
    matches, others = ordinary[ordinary.target == 1], ordinary[ordinary.target == 0]
    result, kinds, _ = score(pd.concat([matches, others.sample(len(matches) // matches_to_others, random_state=0)]))
    assert unlike_warnings(result) == []
    assert kinds["calls"] > 300


def test_another_mix_of_categories_alone_is_quiet(score, ordinary):
    kept = (number_of(ordinary.left_id) % 3 == 0) | (np.arange(len(ordinary)) % 10 == 0)
    result, kinds, _ = score(ordinary[kept])
    assert unlike_warnings(result) == []
    assert kinds["calls"] > 100


def test_a_model_without_features_of_validation_says_so_once(score, ordinary, monkeypatch):
    from reranking.model import folder

    monkeypatch.setattr(folder, "read_judged", lambda *_: None)
    result, kinds, _ = score(ordinary)
    assert kinds == {"untold": "kept"}
    assert result.stdout.count("the model keeps no features of its validation pairs (train it again)") == 1


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_pairs_asked_for_are_labelled_and_trained_with(score, shops, heroic, tmp_path, suffix):
    asked = tmp_path / f"ask.{suffix}"
    result, _, scores = score(pd.read_parquet(shops / "candidates.parquet"), "--ask", asked)
    assert f"label those in {asked} and train with them" in unlike_warnings(result)[0]
    frame = pd.read_csv(asked) if suffix == "csv" else pd.read_parquet(asked)
    assert list(frame.columns) == [
        "left_id", "right_id", "left_title", "right_title", "left_source", "right_source", "category", "score", "probability",
        "why", "target",
    ]  # fmt: skip
    assert len(frame) == 50
    assert ((frame.left_source == "C") | (frame.right_source == "C")).all()
    assert not pd.concat([frame.left_id, frame.right_id]).duplicated().any()
    both = frame.merge(scores, on=["left_id", "right_id"], suffixes=("", "_scored"))
    assert len(both) == 50
    assert (both.score == both.score_scored.astype(both.score.dtype)).all() or suffix == "csv"
    assert frame.target.isna().all()
    frame["target"] = [int(index % 5 == 0) if index < 45 else None for index in range(50)]
    (frame.to_csv if suffix == "csv" else frame.to_parquet)(asked, index=False)
    trained = heroic("train", shops / "index", shops / "pairs_train.parquet", asked, "--out", tmp_path / "model")
    assert trained.exit_code == 0
    assert re.search(r"set aside: 5 of [\d,]+ pairs .*target is not 1 or 0", trained.stderr)


def test_pairs_asked_for_go_into_a_file_of_their_own(heroic, shops, tmp_path):
    words = (
        "score",
        shops / "index",
        shops / "pairs_test.parquet",
        "--model",
        shops / "model",
        "--out",
        tmp_path / "s.parquet",
    )
    refused = heroic(*words, "--ask", tmp_path / "s.parquet")
    assert (refused.exit_code, "is --out too: name another file" in refused.stderr) == (2, True)
    refused = heroic(*words, "--ask", tmp_path / "ask.txt")
    assert (refused.exit_code, "name a file ending in .csv or .parquet" in refused.stderr) == (2, True)
