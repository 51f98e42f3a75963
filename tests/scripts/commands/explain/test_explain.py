"""`heroic explain`: reasons for a pair's score as text, JSON and an offline page."""

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.product_index import open_index
from scripts.commands.explain.page import waterfall

EVIL = "<script>alert(1)</script> [bold]mouse[/bold] \x1b[31m"


@pytest.fixture(scope="module")
def ids(sample_index):
    return [value.as_py() for value in open_index(sample_index).catalog.ids[:2]]


@pytest.fixture
def explain(heroic, sample_index, sample_model, ids):
    return lambda *words, pair=ids: heroic("explain", sample_index, sample_model, "--pair", *pair, *words)


def test_it_tells_both_products_the_decision_and_reasons_each_way(explain, ids):
    result = explain()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1].split()[:3] == ["id", *map(str, ids)]
    assert any(
        re.match(r"score \d\.\d{3}, threshold .*match; probability \d\.\d{3}; log-odds start from", line)
        for line in lines
    )
    assert any(line.startswith("for:") for line in lines)
    assert any(line.startswith("against:") for line in lines)


def test_json_holds_families_that_add_up_and_reasons_of_one_sign(explain, ids):
    found = json.loads(explain("--json").stdout)
    assert [found["left"], found["right"]] == ids
    assert 0 <= found["score"] <= 1
    assert 0 <= found["probability"] <= 1
    assert found["match"] == (found["threshold"] is not None and found["score"] >= found["threshold"])
    of_families = sum(family["added"] for family in found["families"])
    assert of_families == pytest.approx(sum(feature["added"] for feature in found["features"]), abs=1e-4)
    assert all(reason["added"] > 0 and reason["words"] for reason in found["for"])
    assert all(reason["added"] < 0 and reason["words"] for reason in found["against"])
    assert len(found["for"]) <= 3 >= len(found["against"])


def test_the_page_needs_nothing_beside_it(explain, tmp_path):
    page = tmp_path / "new" / "page.html"
    assert f"page: {page}" in explain("--html", page).stdout
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 2
    without_plotly = re.sub(r"<script>/\*\*.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["']?https?:""", without_plotly)
    assert "Strongest reasons for a match" in text


def test_titles_are_text_on_the_page_and_at_the_terminal(heroic, sample, tmp_path):
    table = pq.read_table(sample / "products.parquet")
    titles = table["title"].to_pylist()
    titles[0] = EVIL
    place = table.column_names.index("title")
    pq.write_table(table.set_column(place, "title", pa.array(titles)), tmp_path / "products.parquet")
    heroic("build-index", tmp_path / "products.parquet", "--out", tmp_path / "index", "--images", sample, "-k", 5)
    heroic("train", tmp_path / "index", sample / "pairs_train.parquet", "--out", tmp_path / "model")
    pair = [table["id"][row].as_py() for row in (0, 1)]
    result = heroic("explain", tmp_path / "index", tmp_path / "model", "--pair", *pair, "--html", tmp_path / "p.html")
    assert result.exit_code == 0
    assert "[bold]mouse[/bold]" in result.stdout
    assert "\x1b[31m" not in result.stdout
    assert "<script>alert" not in (tmp_path / "p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("pair", "message"), [(("nobody", "nobody2"), "'nobody' is not in the catalogue"), (None, "is one product twice")]
)
def test_a_pair_that_is_none_is_refused(explain, ids, pair, message):
    result = explain(pair=pair or (ids[0], ids[0]))
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_page_that_cannot_be_written_is_refused(explain, tmp_path):
    (tmp_path / "file").write_text("")
    result = explain("--html", tmp_path / "file" / "page.html")
    assert result.exit_code == 2
    assert "is a file: name another folder" in result.stderr


def test_the_waterfall_goes_from_the_start_to_the_log_odds(sample_index, sample_model):
    import numpy as np

    from reranking.explain.contributions import explain_pair
    from reranking.model.folder import load_reranker
    from reranking.model.pair_scorer import PairScorer

    scorer = PairScorer.prepare(open_index(sample_index), load_reranker(sample_model), np.arange(2))
    families = explain_pair(scorer, 0, 1).by_family()
    bars = waterfall(families)
    assert bars["measures"] == ["absolute", *["relative"] * (len(bars["names"]) - 2), "total"]
    assert sum(bars["values"][:-1]) == pytest.approx(bars["values"][-1], abs=0.06)
    assert bars["values"][-1] == pytest.approx(families.base + families.added.sum(), abs=1e-5)
