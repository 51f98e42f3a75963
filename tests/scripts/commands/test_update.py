"""The commands update and compact: what they say, and that the other commands go on with what they leave."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def index(sample_index, tmp_path):
    shutil.copytree(sample_index, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def changes(sample, tmp_path):
    """Three products of the sample with other titles, two new ones, and a list with two others."""
    table = pq.read_table(sample / "products.parquet")
    rows = table.slice(0, 5).to_pylist()
    for number, row in enumerate(rows):
        row["title"] = f"{row['title']} обновлено"
        if number >= 3:
            row["id"] = f"NEW{number}"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), tmp_path / "changes.parquet")
    (tmp_path / "gone.txt").write_text("\n".join(table["id"].slice(10, 2).to_pylist()))
    return tmp_path / "changes.parquet", tmp_path / "gone.txt"


@pytest.fixture
def updated(heroic, index, changes, sample):
    done = heroic("update", index, changes[0], "--delete", changes[1], "--images", sample)
    assert done.exit_code == 0, done.output
    return done


def test_it_says_what_was_done(updated, index):
    lines = updated.stdout.splitlines()
    assert lines[0].startswith(f"index: {index} (")
    assert lines[1] == "products: 320; 2 new, 3 changed, 0 the same, 2 deleted"
    assert lines[2].startswith("neighbours searched for: text ")


def test_the_other_commands_go_on_with_an_updated_index(
    heroic, updated, index, sample, sample_model, changes, tmp_path
):
    asked = heroic("query", index, "--id", "NEW3", "-k", "3", "--model", sample_model)
    assert asked.exit_code == 0
    assert "обновлено" in asked.stdout
    gone = changes[1].read_text().split()
    assert f"id '{gone[0]}' was deleted from the index" in heroic("query", index, "--id", gone[0]).stderr
    assert heroic("candidates", index, "--out", tmp_path / "candidates.parquet").exit_code == 0
    pairs = pq.read_table(tmp_path / "candidates.parquet")
    ids = set(pairs["left_id"].to_pylist()) | set(pairs["right_id"].to_pylist())
    assert {"NEW3", "NEW4"} <= ids
    assert not ids & set(gone)
    scores = tmp_path / "scores.parquet"
    done = heroic("score", index, tmp_path / "candidates.parquet", "--model", sample_model, "--out", scores)
    assert done.exit_code == 0, done.output
    fingerprint = updated.stdout.splitlines()[0].split("(")[1].rstrip(")")
    assert fingerprint in str(pq.read_schema(scores).metadata[b"heroic"])
    shown = heroic("inspect", index, scores)
    assert shown.exit_code == 0, shown.output
    assert "made with this index" in shown.stdout
    assert "updates" in shown.stdout


def recipe(root):
    """Return the words of the commands that docs/updating.md gives for a model that may have aged, without `heroic`."""
    page = (root / "docs" / "updating.md").read_text(encoding="utf-8").partition("## Does the model still fit?")[2]
    lines = page.split("```")[1].strip().splitlines()
    assert [line.split()[:2] for line in lines] == [["heroic", "score"], ["heroic", "drift"]]
    return [line.split()[1:] for line in lines]


def test_the_drift_recipe_goes_on_after_a_deletion(heroic, index, changes, sample, sample_model, tmp_path, root):
    def score(name, *words):
        out = ("--model", sample_model, "--out", tmp_path / name)
        return heroic("score", index, sample / "pairs_test.parquet", *out, *words)

    assert score("old.parquet", "--ignore-unknown").exit_code == 0
    table = pq.read_table(sample / "pairs_test.parquet")
    gone = table["left_id"][3].as_py()
    changes[1].write_text(gone)
    assert heroic("update", index, changes[0], "--delete", changes[1], "--images", sample).exit_code == 0
    refused = score("new.parquet")
    assert refused.exit_code == 2
    lost = sum(gone in (row["left_id"], row["right_id"]) for row in table.to_pylist())
    assert (
        f"row 4: id {gone!r} was deleted from the index; {lost} of {len(table)} pairs name products" in refused.stderr
    )
    assert f"{lost} of them deleted ones: give --ignore-unknown to score the others" in refused.stderr

    places = {"index": index, "pairs.parquet": sample / "pairs_test.parquet", "model": sample_model}
    scoring, drifting = (
        [
            places.get(word, tmp_path / word.removeprefix("scores-") if word.endswith(".parquet") else word)
            for word in line
        ]
        for line in recipe(root)
    )
    done = heroic(*scoring)
    assert done.exit_code == 0, done.output
    rows = [row for row in table.to_pylist() if gone not in (row["left_id"], row["right_id"])]
    assert pq.read_table(tmp_path / "new.parquet").select(table.column_names).to_pylist() == rows
    assert lost == len(table) - len(rows)
    said = f"left out: {lost} of {len(table)} pairs, which name products that the index does not have, such as row "
    assert said in done.stderr
    assert f"; {lost} of them name deleted ones" in done.stderr
    drift = heroic(*drifting)
    assert drift.exit_code == 0, drift.output
    assert f"left out: {lost} pairs of the first file only, 0 of the second only" in drift.stdout


def test_compacting_folds_the_updates_in_and_keeps_the_fingerprint(heroic, updated, index):
    before = updated.stdout.splitlines()[0]
    done = heroic("compact", index)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines == [before, "folded in: 5 rows of updates; left out: 5 rows of deleted or changed products"]
    assert "nothing to fold in" in heroic("compact", index).stdout
    assert heroic("query", index, "--id", "NEW3").exit_code == 0


def test_refitting_says_that_it_is_another_index(heroic, updated, index):
    done = heroic("compact", index, "--refit")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] != updated.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1].startswith("fitted again: text, image, lexical; ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "nothing to do: name files of products, or --delete a list of ids"),
        (("absent.parquet",), "absent.parquet: no such file"),
        (("--delete", "absent.txt"), "absent.txt: cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_line(heroic, index, words, expected):
    done = heroic("update", index, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_unknown_ids_are_listed(heroic, index, tmp_path):
    (tmp_path / "gone.txt").write_text("nobody\n")
    done = heroic("update", index, "--delete", tmp_path / "gone.txt")
    assert done.exit_code == 2
    assert "1 of 1 ids are not in the index: 'nobody'" in done.stderr
    done = heroic("update", index, "--delete", tmp_path / "gone.txt", "--ignore-unknown")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].endswith("0 deleted, 1 to delete were not there")


@pytest.mark.parametrize("share", ["nan", "-1", "1.5"])
def test_a_share_of_rejects_that_cannot_be_is_refused(heroic, tmp_path, share):
    result = heroic("update", tmp_path / "index", "--max-rejects", share)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"heroic: --max-rejects {float(share)}: give a share from 0 to 1")
