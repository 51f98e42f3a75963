"""`heroic compare`: two report folders in, what moved out."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def reports(heroic, tmp_path):
    """Two report folders, the second of worse scores."""
    generator = np.random.default_rng(0)
    targets = np.arange(200) % 2
    pairs = {"left_id": np.arange(200) * 2, "right_id": np.arange(200) * 2 + 1}
    pd.DataFrame({**pairs, "target": targets}).to_parquet(tmp_path / "truth.parquet")
    for name, noise in (("good", 0.2), ("bad", 3.0)):
        scores = pd.DataFrame({**pairs, "score": targets + noise * generator.normal(size=200)})
        scores.to_csv(tmp_path / f"{name}.csv", index=False)
        words = ["--truth", tmp_path / "truth.parquet", "--out", tmp_path / name, "--rounds", "5"]
        assert heroic("evaluate", tmp_path / f"{name}.csv", *words).exit_code == 0
    return tmp_path


def test_it_prints_what_moved_and_writes_the_folder(heroic, reports):
    result = heroic("compare", reports / "good", reports / "bad", "--out", reports / "moved")
    assert result.exit_code == 0
    assert "rest" in result.stdout
    assert "real" in result.stdout
    written = {path.name for path in (reports / "moved").iterdir()}
    assert written == {"compare.html", "compare.json", "changed.parquet", "manifest.json"}
    document = json.loads((reports / "moved" / "compare.json").read_text())
    assert document["weighted"]["change"] < 0
    changed = pd.read_parquet(reports / "moved" / "changed.parquet")
    assert len(changed) == sum(document["changed_sides"].values()) > 0
    assert (changed["called_first"] != changed["called_second"]).all()


@pytest.mark.parametrize(("order", "code"), [(("good", "bad"), 1), (("bad", "good"), 0), (("good", "good"), 0)])
def test_a_fall_of_more_than_asked_is_exit_code_1(heroic, reports, order, code):
    result = heroic("compare", *(reports / name for name in order), "--fail-if-worse", "0.01", "--rounds", "5")
    assert result.exit_code == code
    assert ("weighted fell by" in result.stderr) == bool(code)


def test_json_prints_the_document(heroic, reports):
    printed = json.loads(heroic("compare", reports / "good", reports / "bad", "--json", "--rounds", "0").stdout)
    assert printed["pairs"] == 200


def test_what_is_no_report_is_refused(heroic, reports):
    result = heroic("compare", reports / "good", reports / "truth.parquet")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_report_without_its_pairs_is_refused(heroic, reports):
    (reports / "bad" / "pairs.parquet").unlink()
    result = heroic("compare", reports / "good", reports / "bad")
    assert result.exit_code == 2
    assert "pairs.parquet" in result.stderr
