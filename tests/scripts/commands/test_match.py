"""The command match: what it writes and says."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reranking.decisions.prior import ShareEstimate


@pytest.fixture
def offers(sample, tmp_path):
    """Offers like those of the sample: one of its products, three with ids of their own, and one that stands twice."""
    table = pq.read_table(sample / "products.parquet")
    rows = table.slice(0, 4).to_pylist()
    for row in rows[1:]:
        row["id"] = f"new-{row['id']}"
    again = {**rows[3], "title": "другое"}
    pq.write_table(pa.Table.from_pylist([*rows, again], schema=table.schema), tmp_path / "offers.parquet")
    return tmp_path / "offers.parquet"


@pytest.fixture
def run(heroic, sample_index, sample_model, sample, offers, tmp_path):
    """Match the offers into a file of this name."""

    def match(name, *words):
        options = ("--images", sample, "--max-rejects", 1, *words)
        return heroic("match", sample_index, sample_model, offers, "--out", tmp_path / name, *options)

    return match


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_an_offer_in_their_order_with_its_best_pairs(run, offers, tmp_path):
    done = run("m.jsonl", "--top", 3)
    assert done.exit_code == 0, done.output
    found, ids = lines_of(tmp_path / "m.jsonl"), pq.read_table(offers)["id"].to_pylist()
    assert [row["id"] for row in found] == ids[:4]
    assert [row["in_index"] for row in found] == [True, False, False, False]
    for row in found:
        assert len([pair for pair in row["pairs"] if not pair["match"]]) <= 3
        assert len(row["pairs"]) >= 3
        scores = [pair["score"] for pair in row["pairs"]]
        assert scores == sorted(scores, reverse=True)
        assert row["id"] not in [pair["id"] for pair in row["pairs"]]
    assert [found[1]["pairs"][0]["id"]] == [ids[1].removeprefix("new-")]  # it is the same but for its id


def test_offers_keep_their_ids_whatever_ids_the_index_has(heroic, sample, sample_model, tmp_path):
    table = pq.read_table(sample / "products.parquet").slice(0, 60)
    numbered = table.set_column(table.column_names.index("id"), "id", pa.array(range(100, 160), pa.int64()))
    pq.write_table(numbered, tmp_path / "products.parquet")
    words = ["build-index", tmp_path / "products.parquet", "--out", tmp_path / "index", "-k", 20, "--images", sample]
    assert heroic(*words).exit_code == 0
    rows = [
        {**row, "id": name} for row, name in zip(table.slice(3, 3).to_pylist(), ["shop-7", "104", "0104"], strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), tmp_path / "text.parquet")
    words = ["match", tmp_path / "index", sample_model, tmp_path / "text.parquet", "--images", sample]
    done = heroic(*words, "--out", tmp_path / "m.jsonl")
    assert done.exit_code == 0, done.output
    found = lines_of(tmp_path / "m.jsonl")
    assert [(row["id"], row["in_index"]) for row in found] == [("shop-7", False), ("104", True), ("0104", False)]
    assert [row["pairs"][0]["id"] for row in found][::2] == [103, 105]


def test_it_says_what_was_matched_and_set_aside(run, tmp_path):
    done = run("m.jsonl")
    assert "matched: " in done.stdout
    assert " of 4 offers with a product of the index" in done.stdout
    assert "in the index already: 1 by their id" in done.stdout
    rejects = pq.read_table(tmp_path / "m.jsonl.rejects.parquet")
    assert "id" in rejects["column"].to_pylist()
    assert f"see {tmp_path / 'm.jsonl.rejects.parquet'}" in done.stdout


def test_pictures_that_cannot_be_had_are_set_aside(run, offers, tmp_path):
    table = pq.read_table(offers)
    rows = [{**row, "image": f"nopic/{place}.jpg"} for place, row in enumerate(table.to_pylist())]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), offers)
    done = run("m.jsonl")
    assert done.exit_code == 0, done.output
    assert len(lines_of(tmp_path / "m.jsonl")) == 4
    rejects = pq.read_table(tmp_path / "m.jsonl.rejects.parquet").to_pylist()
    assert [row["value"] for row in rejects if row["column"] == "image"] == [f"nopic/{place}.jpg" for place in range(4)]


def test_rejects_that_do_not_fit_into_memory_are_kept_and_told(run, tmp_path, monkeypatch):
    plain = run("m.jsonl").stdout
    monkeypatch.setattr("indexing.catalog.reject_log.HELD", 1)
    assert run("n.jsonl").stdout.replace("n.jsonl", "m.jsonl") == plain
    one, other = (pq.read_table(tmp_path / f"{name}.jsonl.rejects.parquet") for name in "mn")
    assert one.equals(other)


def test_parquet_holds_the_same_as_json_lines(run, tmp_path):
    for name in ("m.jsonl", "m.parquet"):
        assert run(name).exit_code == 0
    table = pq.read_table(tmp_path / "m.parquet")
    rounded = [
        {
            **row,
            "pairs": [
                {name: round(value, 6) if isinstance(value, float) else value for name, value in pair.items()}
                for pair in row["pairs"]
            ],
        }
        for row in table.to_pylist()
    ]
    assert rounded == lines_of(tmp_path / "m.jsonl")
    made = json.loads(table.schema.metadata[b"heroic"])
    assert made["kind"] == "matches"
    assert len(made["index_fingerprint"]) == len(made["model_fingerprint"]) == 16


def test_reasons_are_written_where_they_are_asked_for(run, tmp_path):
    assert run("m.jsonl", "--reasons", "--top", 2).exit_code == 0
    assert run("m.parquet", "--reasons", "--top", 2).exit_code == 0
    rows = lines_of(tmp_path / "m.jsonl")
    pairs = [pair for row in rows for pair in row["pairs"]]
    assert all(pair["for"] or pair["against"] for pair in pairs)
    assert all(reason["added"] > 0 and reason["words"] for pair in pairs for reason in pair["for"])
    assert all(reason["added"] < 0 for pair in pairs for reason in pair["against"])
    same = [pair for row in pq.read_table(tmp_path / "m.parquet").to_pylist() for pair in row["pairs"]]
    assert [[reason["words"] for reason in pair["against"]] for pair in same] == [
        [reason["words"] for reason in pair["against"]] for pair in pairs
    ]
    run("without.jsonl")
    assert "for" not in lines_of(tmp_path / "without.jsonl")[0]["pairs"][0]


def test_no_pairs_but_those_that_are_called(run, tmp_path):
    assert run("m.jsonl", "--top", 0).exit_code == 0
    assert all(pair["match"] for row in lines_of(tmp_path / "m.jsonl") for pair in row["pairs"])


def test_thresholds_of_ones_own_decide(run, tmp_path):
    (tmp_path / "never.yaml").write_text("rest: 2\ndefault: 2\n")
    assert run("never.jsonl", "--thresholds", tmp_path / "never.yaml", "--top", 0).exit_code == 0
    kept = lines_of(tmp_path / "never.jsonl")
    assert all(row["pairs"] == [] for row in kept)


@pytest.mark.parametrize("kind", ["share", "file"])
def test_a_share_that_is_told_moves_probabilities_and_calls(kind, run, tmp_path):
    told = "0.3"
    if kind == "file":
        (tmp_path / "shares.yaml").write_text("default: 0.3\n")
        told = tmp_path / "shares.yaml"
    plain = run("m.jsonl", "--top", 40, "--prior", "model")
    assert "probabilities and thresholds are the model's, as asked" in plain.stdout
    done = run("n.jsonl", "--top", 40, "--prior", told)
    assert done.exit_code == 0, done.output
    assert "moved to what --prior says" in done.stdout
    ours, theirs = (
        {(row["id"], pair["id"]): pair for row in lines_of(tmp_path / name) for pair in row["pairs"]}
        for name in ("m.jsonl", "n.jsonl")
    )
    assert {key: pair["score"] for key, pair in ours.items()} == {key: pair["score"] for key, pair in theirs.items()}
    assert all(theirs[key]["probability"] >= pair["probability"] - 1e-6 for key, pair in ours.items())
    mean = sum(pair["probability"] for pair in theirs.values()) / len(theirs)
    assert mean > sum(pair["probability"] for pair in ours.values()) / len(ours)


def test_of_offers_that_nobody_is_near_no_share_of_matches_is_told(heroic, sample_index, sample_model, tmp_path):
    (tmp_path / "blank.jsonl").write_text('{"id": "new", "title": null, "price": 3}\n')
    words = ["match", sample_index, sample_model, tmp_path / "blank.jsonl", "--out", tmp_path / "m.jsonl"]
    done = heroic(*words, "--max-rejects", 1)
    assert done.exit_code == 0, done.output
    assert "near nobody: 1 offers" in done.stdout
    assert "share of matches" not in done.output


def test_a_share_of_no_evaluation_category_is_refused_before_anything_is_matched(run, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "reranking.matching.match_file.match_into_file", lambda *given, **options: pytest.fail("matched")
    )
    (tmp_path / "shares.yaml").write_text("fones: 0.3\n")
    done = run("m.jsonl", "--prior", tmp_path / "shares.yaml")
    assert done.exit_code == 2
    assert "--prior names 'fones', no evaluation category: there are rest" in done.output


@pytest.mark.parametrize(
    ("prior", "said"),
    [("2", "the share of matches is 2.0"), ("often", "write model, estimate"), ("no.yaml", "no.yaml")],
)
def test_shares_that_are_none_are_refused(prior, said, run):
    done = run("m.jsonl", "--prior", prior)
    assert done.exit_code == 2
    assert said in done.output


def test_what_is_called_by_another_share_alone_is_explained_too(run, tmp_path):
    run("m.jsonl", "--top", 0, "--prior", "model", "--reasons")
    assert run("n.jsonl", "--top", 0, "--prior", 0.9, "--reasons").exit_code == 0
    ours, theirs = (
        [pair for row in lines_of(tmp_path / name) for pair in row["pairs"]] for name in ("m.jsonl", "n.jsonl")
    )
    assert len(theirs) > len(ours)
    assert all(pair["match"] and (pair["for"] or pair["against"]) for pair in theirs)


@pytest.mark.parametrize(("found", "moved"), [(0.001, True), (0.9, False)])
def test_a_share_that_is_found_is_moved_to_where_it_is_smaller_alone(found, moved, run, tmp_path, monkeypatch):
    def sure(scored, reference):
        by_category = dict.fromkeys(scored.counts, found)
        return ShareEstimate(0.1, found, 0.1, None, by_category, sure=True, agree=True, likely=True)

    run("m.jsonl", "--top", 40, "--prior", "model")
    monkeypatch.setattr("reranking.model.scoring.prior_choice.estimate_share", sure)
    done = run("n.jsonl", "--top", 40)
    ours, theirs = (
        [pair["probability"] for row in lines_of(tmp_path / name) for pair in row["pairs"]]
        for name in ("m.jsonl", "n.jsonl")
    )
    assert ("moved to it" in done.stdout) == moved
    assert ("so that more matches have to be told" in done.stdout) != moved
    assert (sum(theirs) < sum(ours)) if moved else theirs == ours
    left = run("m.jsonl", "--prior", "model").stderr
    assert ("leave --prior out" in left) == moved


def test_filters_narrow_whom_offers_are_matched_with(run, tmp_path, sample):
    sources = pq.read_table(sample / "products.parquet", columns=["id", "source"])
    source = dict(zip(*sources.to_pydict().values(), strict=True))
    name = sorted(set(source.values()))[0]
    assert run("m.jsonl", "--source", name).exit_code == 0
    assert run("n.jsonl", "--not-source", name).exit_code == 0
    found, others = (
        {source[pair["id"]] for row in lines_of(tmp_path / one) for pair in row["pairs"]}
        for one in ("m.jsonl", "n.jsonl")
    )
    assert found == {name}
    assert name not in others
    done = run("m.jsonl", "--category", "no such")
    assert done.exit_code == 2
    assert "category 'no such' is not in the catalogue" in done.output


@pytest.mark.parametrize(
    ("name", "said"), [("m.csv", "name a file ending in .jsonl or .parquet"), ("offers.parquet", "is read too")]
)
def test_files_that_cannot_be_written_are_refused_at_once(name, said, run):
    done = run(name)
    assert done.exit_code == 2
    assert said in done.output
