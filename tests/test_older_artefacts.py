"""Artefacts of schema version 1, made before manifests were read into records: they open, and say what they said.

`artefacts/version_1` was built, trained, scored and evaluated from its two CSV files with `-k 5`; of the report only the page
was left out.
"""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.model.folder import load_reranker


@pytest.fixture
def older(root, tmp_path):
    """A copy of the folder of older artefacts: commands lock what they read."""
    return shutil.copytree(root / "tests" / "artefacts" / "version_1", tmp_path / "older")


def test_an_older_index_opens_and_answers(older, heroic):
    index = open_index(older / "index")
    assert (len(index.catalog), index.views, index.k) == (48, ("text", "lexical"), 5)
    assert index.catalog.category_level == 3
    assert [index.catalog.table[name].null_count for name in ("price_high", "currency")] == [48, 48]
    assert index.made.engines["text"].factory == "Flat"
    answer = json.loads(heroic("query", older / "index", "--id", 0, "-k", 1, "--json").stdout)
    assert answer["neighbours"][0]["id"] == 1


def test_an_older_model_scores_as_it_did(older, heroic, tmp_path):
    done = heroic(
        "score", older / "index", older / "pairs.csv", "--model", older / "model", "--out", tmp_path / "s.parquet"
    )
    assert done.exit_code == 0, done.stderr
    scores, before = (pd.read_parquet(path) for path in (tmp_path / "s.parquet", older / "scores.parquet"))
    np.testing.assert_allclose(scores["score"], before["score"], atol=1e-5)
    assert (scores["match_f1"] == before["match_f1"]).all()


def test_older_artefacts_belong_together(older, heroic):
    done = heroic("inspect", older / "index", older / "model", older / "scores.parquet", older / "report")
    assert done.exit_code == 0, done.stdout


def test_an_older_report_compares_with_itself(older, heroic, tmp_path):
    done = heroic("compare", older / "report", older / "report", "--out", tmp_path / "moved")
    assert done.exit_code == 0, done.stderr


def test_an_older_index_is_updated_and_compacted(older, heroic, tmp_path):
    pd.DataFrame({"id": [0, 100], "title": ["Braiton кабель usb C5", "a lamp"]}).to_csv(
        tmp_path / "new.csv", index=False
    )
    done = heroic("update", older / "index", tmp_path / "new.csv")
    assert done.exit_code == 0, done.stderr
    assert open_index(older / "index").made.updates.number == 1
    assert heroic("compact", older / "index").exit_code == 0
    index = open_index(older / "index")
    assert (len(index.catalog), index.layers) == (49, None)


@pytest.mark.parametrize("kind", ["index", "model"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda made: made.pop(next(iter(made))), "is missing"),
        (lambda made: made.update(later=1), "does not know the key 'later'"),
    ],
)
def test_a_manifest_that_says_less_or_more_is_refused_in_one_line(older, kind, change, told):
    path = older / kind / "manifest.json"
    stored = json.loads(path.read_text())
    change(stored["made"])
    path.write_text(json.dumps(stored))
    with pytest.raises(InputError, match=told) as error:
        (open_index if kind == "index" else load_reranker)(older / kind)
    assert "again" in str(error.value)


@pytest.mark.parametrize("kind", ["index", "model"])
@pytest.mark.parametrize("version", [0, 2])
def test_another_version_is_refused_with_what_to_do(older, kind, version):
    path = older / kind / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": version}))
    with pytest.raises(InputError, match=f"has schema version {version}, this heroic reads 1: make it again"):
        (open_index if kind == "index" else load_reranker)(older / kind)
