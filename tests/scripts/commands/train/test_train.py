"""`heroic train`: what it prints of what it learned."""

import json
import re

import pandas as pd
import pytest

from reranking.model.folder import load_reranker


@pytest.fixture
def train(heroic, sample, sample_index, tmp_path):
    """Train on the sample's training pairs, or the files given, into the folder `model`."""

    def run(*words, pairs=(sample / "pairs_train.parquet",)):
        return heroic("train", sample_index, *pairs, "--out", tmp_path / "model", *words)

    return run


def test_it_prints_what_it_learned(train, sample, tmp_path):
    result = train("--valid", sample / "pairs_valid.parquet")
    assert result.exit_code == 0
    model = load_reranker(tmp_path / "model")
    lines = result.stdout.splitlines()
    assert lines[0] == f"model: {tmp_path}/model ({model.fingerprint})"
    assert re.fullmatch(
        r"pairs: 1,326 with 230 matches in \d+ product groups; trained on 1,326, validated on 762 with 119 matches",
        lines[1],
    )
    low, high = model.report.interval
    assert low <= model.report.metric <= high
    ranked = f"validation weighted (precision >= 0.75): {model.report.metric:.4f} ({low:.4f} to {high:.4f})"
    assert ranked in lines
    strongest = next(iter(model.report.importance))
    assert strongest in result.stdout
    assert f"{model.thresholds['rest']:.3f}" in result.stdout


def test_without_valid_it_holds_out_groups_and_says_what_lies_between(train):
    result = train()
    assert result.exit_code == 0
    trained, validated = counts(result.stdout)
    left_out = int(re.search(r"left out: ([\d,]+) non-matches", result.stdout)[1].replace(",", ""))
    assert trained + validated + left_out == 1326
    assert validated > 0


def counts(text):
    found = re.search(r"trained on ([\d,]+), validated on ([\d,]+) with", text)
    return [int(number.replace(",", "")) for number in found.groups()]


def test_products_on_both_sides_are_said(train, sample):
    stdout = train("--valid", sample / "pairs_train.parquet").stdout
    assert "products are in both training and validation pairs\n" in stdout


def test_of_held_out_groups_it_is_said_that_only_non_matches_share_products(train):
    assert "in both training and validation pairs, of validation in non-matches alone\n" in train().stdout


@pytest.mark.parametrize("others", [0, 5])
def test_matches_with_hardly_a_non_match_are_completed_and_it_is_said(train, sample, tmp_path, others):
    pairs = pd.read_parquet(sample / "pairs_train.parquet")
    few = pd.concat([pairs[pairs.target == 1], pairs[pairs.target == 0].head(others)])
    few.to_parquet(tmp_path / "few.parquet")
    result = train(pairs=(tmp_path / "few.parquet",))
    assert result.exit_code == 0
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("labels of one kind in PAIRS:"))
    (labels,) = load_reranker(tmp_path / "model").report.one_sided
    assert line == labels.told()
    assert (labels.matches, labels.non_matches) == (230, others)
    assert f"mined {labels.mined:,} non-matches among the first 20 neighbours" in line
    assert line in (tmp_path / "model" / "model_card.md").read_text(encoding="utf-8")


def test_labels_of_both_kinds_are_not_completed(train):
    assert "labels of one kind" not in train().stdout


def test_matches_that_no_list_holds_are_refused_in_one_line(heroic, tmp_path):
    titles = [f"apple crate {n}" for n in range(6)] + [f"pear bundle {n}" for n in range(70, 76)]
    pd.DataFrame({"id": range(12), "title": titles}).to_parquet(tmp_path / "products.parquet")
    pd.DataFrame({"left_id": [0, 1], "right_id": [6, 7], "target": [1, 1]}).to_parquet(tmp_path / "pairs.parquet")
    heroic("build-index", tmp_path / "products.parquet", "--out", tmp_path / "index", "-k", 5)
    result = heroic("train", tmp_path / "index", tmp_path / "pairs.parquet", "--out", tmp_path / "model", "--mine", "2")
    assert result.exit_code == 2
    assert "labels of one kind: 2 matches, and none of them is among the first 2 neighbours" in result.stderr
    assert not (tmp_path / "model").exists()


def test_progress_says_what_was_trained(train):
    assert re.search(r"^boosters trained: \d+ in [\d.]+ s$", train().stderr, re.MULTILINE)


def test_several_files_are_trained_on_together(train, sample):
    files = [sample / "pairs_train.parquet", sample / "pairs_valid.parquet"]
    assert "pairs: 2,088 with 349 matches" in train(pairs=files).stdout


def test_columns_may_have_names_of_their_own(train, sample, tmp_path):
    names = {"left_id": "one", "right_id": "other", "target": "same"}
    pd.read_parquet(sample / "pairs_train.parquet").rename(columns=names).to_csv(tmp_path / "own.csv", index=False)
    result = train("--ids", "one", "other", "--target", "same", pairs=[tmp_path / "own.csv"])
    assert result.exit_code == 0
    assert "pairs: 1,326 with 230 matches" in result.stdout


@pytest.fixture
def faulty(sample, tmp_path):
    """The sample's 1,326 training pairs and six rows after them, for which seven rows cannot be used, and its 762
    validation pairs with the first one again."""
    given = pd.read_parquet(sample / "pairs_train.parquet")
    left, right = given["left_id"], given["right_id"]
    rows = [(right[0], left[0], given["target"][0]), (left[1], right[1], 1 - given["target"][1]), (left[0], left[0], 1)]
    rows += [(left[2], "NOBODY", 0), (left[2], None, 0), (left[2], left[0], 7)]
    pd.concat([given, pd.DataFrame(rows, columns=given.columns[:3])]).to_parquet(tmp_path / "train.parquet")
    valid = pd.read_parquet(sample / "pairs_valid.parquet")
    pd.concat([valid, valid[:1]]).to_parquet(tmp_path / "valid.parquet")
    return tmp_path / "train.parquet", tmp_path / "valid.parquet"


@pytest.mark.parametrize("name", ["rejects.csv", "rejects.parquet"])
def test_unusable_pairs_are_set_aside_said_and_listed(train, faulty, tmp_path, name):
    pairs, valid = faulty
    result = train("--valid", valid, "--rejects", tmp_path / name, pairs=[pairs])
    assert result.exit_code == 0, result.output
    assert "pairs: 1,325 with " in result.stdout
    assert "validated on 762 with 119 matches" in result.stdout
    first, second = [line for line in result.stderr.splitlines() if line.startswith("set aside: ")]
    assert first.startswith(f"set aside: 7 of 1,332 pairs of {pairs}: contradicts another row (2, such as row 2 with ")
    assert second.startswith(f"set aside: 1 of 763 pairs of {valid}: repeats an earlier row (1, such as row 763 with ")
    assert second.endswith(f", see row 1); see {tmp_path / name}")
    read = pd.read_csv if name.endswith("csv") else pd.read_parquet
    listed = read(tmp_path / name)
    assert list(zip(listed["row"], listed["reason"], strict=True)) == [
        (2, "contradicts another row"),
        (1327, "repeats an earlier row"),
        (1328, "contradicts another row"),
        (1329, "a product with itself"),
        (1330, "not in the index"),
        (1331, "no id"),
        (1332, "target is not 1 or 0"),
        (763, "repeats an earlier row"),
    ]
    assert set(listed["file"]) == {str(pairs), str(valid)}


def test_what_is_left_trains_the_model_that_it_trains_alone(train, faulty, sample, tmp_path):
    pairs, valid = faulty
    assert train("--valid", valid, pairs=[pairs]).exit_code == 0
    model = load_reranker(tmp_path / "model").fingerprint
    pd.read_parquet(sample / "pairs_train.parquet").drop(index=1).to_parquet(tmp_path / "clean.parquet")
    result = train("--valid", sample / "pairs_valid.parquet", "--max-rejects", "0", pairs=[tmp_path / "clean.parquet"])
    assert result.exit_code == 0, result.output
    assert load_reranker(tmp_path / "model").fingerprint == model


def test_without_a_list_it_is_said_how_to_get_one(train, faulty):
    line = next(line for line in train(pairs=faulty[:1]).stderr.splitlines() if line.startswith("set aside: "))
    assert line.endswith("; --rejects FILE.csv lists them")


def test_rejects_beyond_the_share_are_listed_too(train, faulty, tmp_path):
    result = train("--max-rejects", "0.005", "--rejects", tmp_path / "rejects.csv", pairs=faulty[:1])
    assert result.exit_code == 2
    assert "0.526% cannot be used, more than --max-rejects 0.005 allows, 7 of 1,332 pairs" in result.stderr
    assert "or give --max-rejects 0.006" in result.stderr
    assert len(pd.read_csv(tmp_path / "rejects.csv")) == 7
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(("option", "which"), [("--rejects", 0), ("--rejects", 1), ("--audit", 0), ("--audit", 1)])
def test_no_list_is_written_over_labels_that_are_read(train, tmp_path, option, which):
    files = tmp_path / "train.csv", tmp_path / "valid.csv"
    for file in files:
        file.write_text("left_id,right_id,target\n")
    result = train("--valid", files[1], option, files[which], pairs=files[:1])
    assert result.exit_code == 2
    assert result.stderr == f"heroic: {option} {files[which]}: is read too, and would be lost: name another file\n"
    assert files[which].read_text() == "left_id,right_id,target\n"


def test_a_file_without_a_fault_leaves_an_empty_list_and_no_line(train, tmp_path):
    assert "set aside" not in train("--rejects", tmp_path / "rejects.csv").stderr
    assert len(pd.read_csv(tmp_path / "rejects.csv")) == 0


def test_options_are_stored_with_the_model(train, tmp_path):
    train("--target-precision", "0.9", "--category-pairs", "50", "--seed", "3", "--same-source")
    model = load_reranker(tmp_path / "model")
    stored = model.report.options
    assert model.target_precision == stored.target_precision == 0.9
    assert (stored.least_pairs, stored.seed, stored.group_by) == (50, 3, "matches")
    assert model.same_source
    assert len(model.categories) > 1


def test_a_model_of_before_is_replaced(train, tmp_path):
    train()
    before = load_reranker(tmp_path / "model").fingerprint
    train("--seed", "1")
    assert load_reranker(tmp_path / "model").fingerprint != before


def test_pairs_collected_differently_are_warned_of_on_stderr(heroic, sample, tmp_path):
    """Matches of the sample beside each offer's first neighbours: most matches are no such near ones."""
    heroic("build-index", sample / "products.parquet", "--out", tmp_path / "index", "-k", "1")
    heroic("candidates", tmp_path / "index", "--out", tmp_path / "near.parquet", "-k", "1")
    known = pd.concat(pd.read_parquet(sample / f"pairs_{name}.parquet") for name in ("train", "valid", "test"))
    matches = known[known["target"] == 1]
    near = pd.read_parquet(tmp_path / "near.parquet")[["left_id", "right_id"]].assign(target=0.0)
    keys = {frozenset(pair) for pair in zip(matches["left_id"], matches["right_id"], strict=True)}
    other = [frozenset(pair) not in keys for pair in zip(near["left_id"], near["right_id"], strict=True)]
    pd.concat([matches, near[other]]).to_parquet(tmp_path / "pairs.parquet")
    result = heroic("train", tmp_path / "index", tmp_path / "pairs.parquet", "--out", tmp_path / "model")
    assert result.exit_code == 0
    assert re.search(r"^heroic: warning: \d+% of the matches, but \d+% of the non-matches", result.stderr, re.MULTILINE)


def test_the_samples_pairs_are_not_warned_of(train):
    assert "warning" not in train().stderr


def test_the_model_holds_its_thresholds_as_json(train, tmp_path):
    train()
    stored = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert stored["kind"] == "model"
    assert stored["made"]["thresholds"].keys() == {"rest"}


def test_it_prints_and_stores_what_was_asked_held_and_paid(train, sample, tmp_path):
    result = train("--valid", sample / "pairs_valid.parquet")
    (row,) = load_reranker(tmp_path / "model").report.decisions.held
    assert (row.category, row.matches, row.asked) == ("rest", 119, 0.75)
    assert row.held >= 0.75
    line = next(line for line in result.stdout.splitlines() if line.startswith("│ rest"))
    assert f"{row.held:.3f} │ {row.called}" in line


def test_a_file_asks_for_a_precision_by_category(train, sample, tmp_path):
    (tmp_path / "asked.yaml").write_text("default: 0.6\nrest: 0.9\n")
    train("--valid", sample / "pairs_valid.parquet", "--target-precisions", tmp_path / "asked.yaml")
    model = load_reranker(tmp_path / "model")
    assert model.target_precision == 0.6
    assert [row.asked for row in model.report.decisions.held] == [0.9]


def test_a_precision_for_a_category_that_is_not_there_is_refused(train, tmp_path):
    (tmp_path / "asked.yaml").write_text("fones: 0.9\n")
    result = train("--target-precisions", tmp_path / "asked.yaml")
    assert result.exit_code == 2
    assert "'fones', no evaluation category of these pairs: they have rest" in result.stderr
    assert not (tmp_path / "model").exists()


class TestAudit:
    def test_doubtful_labels_are_printed_after_what_was_learned(self, train):
        result = train("--audit")
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        place = next(place for place, line in enumerate(lines) if line.startswith("doubtful labels: "))
        assert lines[0].startswith("model: ")
        assert re.match(r"\d\.\d\d  \w+ and \w+: labelled (a|no) match", lines[place + 1])

    @pytest.mark.parametrize("name", ["doubts.csv", "doubts.parquet"])
    def test_a_file_gets_all_of_them_most_doubtful_first(self, train, tmp_path, name):
        result = train("--audit", tmp_path / name)
        table = (pd.read_csv if name.endswith("csv") else pd.read_parquet)(tmp_path / name)
        assert f"doubtful labels: {len(table)} of 1,326" in result.stdout
        assert list(table) == [
            "left_id", "right_id", "target", "score", "doubt", "reason", "left_title", "right_title"
        ]  # fmt: skip
        assert table["doubt"].is_monotonic_decreasing

    def test_a_file_of_another_kind_is_refused_before_any_work(self, train, tmp_path):
        result = train("--audit", tmp_path / "doubts.txt")
        assert result.exit_code == 2
        assert "name a file that ends in .parquet or .csv" in result.stderr
        assert not (tmp_path / "model").exists()

    def test_without_it_nothing_is_audited(self, train):
        assert "doubtful labels" not in train().stdout


class TestSearch:
    def test_the_model_is_trained_with_the_settings_found_and_says_so(self, train, tmp_path):
        result = train("--trials", "3", "--storage", tmp_path / "trials")
        assert result.exit_code == 0
        report = load_reranker(tmp_path / "model").report
        assert report.search.trials == 3
        assert f"search: {report.search.value:.4f} cross-validated" in result.stdout
        assert f"settings: eta {report.options.boosting.eta:.4g}, " in result.stdout
        card = (tmp_path / "model" / "model_card.md").read_text(encoding="utf-8")
        assert "settings found in 3 trials" in card

    def test_the_settings_of_another_model_give_its_boosters_again(self, train, tmp_path):
        train("--trials", "2")
        before = [path.read_bytes() for path in sorted((tmp_path / "model").glob("*.ubj"))]
        (tmp_path / "model").rename(tmp_path / "before")
        assert train("--settings", tmp_path / "before").exit_code == 0
        assert [path.read_bytes() for path in sorted((tmp_path / "model").glob("*.ubj"))] == before

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--trials", "0"), "0 is not in the range x>=1"),
            (("--storage", "file"), "--storage keeps the search of --trials"),
            (("--trials", "2", "--settings", "model"), "leave one out"),
            (("--settings", "gone"), "gone: no such folder"),
        ],
    )
    def test_what_does_not_go_together_is_refused(self, train, tmp_path, words, message):
        result = train(*words)
        assert result.exit_code == 2
        assert message in result.stderr
        assert not (tmp_path / "model").exists()


def test_pairs_are_mined_and_inferred_when_asked(train, sample, tmp_path):
    result = train("--valid", sample / "pairs_valid.parquet", "--mine", "5", "--transitive", "--monotone")
    assert result.exit_code == 0
    report = load_reranker(tmp_path / "model").report
    assert f"added to train on: {report.mined:,} mined non-matches" in result.stdout
    assert report.mined > 0
    assert report.train_rows == 1326
    assert report.options.boosting.monotone is True
    assert "also trained on" in (tmp_path / "model" / "model_card.md").read_text()


def test_little_memory_trains_through_files_and_leaves_none_behind(train, sample, tmp_path):
    result = train("--valid", sample / "pairs_valid.parquet", "--memory", "100K")
    assert result.exit_code == 0
    assert "of disk in" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert "of disk" not in train("--valid", sample / "pairs_valid.parquet", "--memory", "1G").stderr


def test_large_categories_may_have_boosters_of_their_own(heroic, train, sample, sample_index, tmp_path):
    result = train("--valid", sample / "pairs_valid.parquet", "--layout", "blend", "--category-pairs", "100")
    assert result.exit_code == 0
    model = load_reranker(tmp_path / "model")
    assert set(model.ensemble.specialised) <= set(model.categories)
    scored = heroic(
        "score",
        sample_index,
        sample / "pairs_test.parquet",
        "--model",
        tmp_path / "model",
        "--out",
        tmp_path / "s.parquet",
    )
    assert scored.exit_code == 0
    assert scored.stderr.startswith("score: 274 pairs needs up to ")


def test_a_gpu_that_is_not_there_is_refused(train):
    from reranking.boosters.boosting import choose_boosting_device

    if choose_boosting_device("auto") == "cuda":
        pytest.skip("this machine has a GPU")
    result = train("--device", "cuda")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
