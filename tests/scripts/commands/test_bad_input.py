"""Bad input, end to end: what is refused leaves one line and nothing else; what is accepted is counted."""

import json
import re
import shutil
import struct
import zlib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from indexing.product_index import open_index

PROGRESS = re.compile(r"[a-z ]+: [\d,]+ in [\d.]+ s|plan [a-z]+: .*|[a-z]+: .*needs (up to|about) .* of memory.*")


class Desk:
    """A folder where bad files are laid out; `index`, `model` and the sample's pairs are good."""

    def __init__(self, folder, sample, index, model):
        self.folder, self.sample, self.index, self.model = folder, sample, index, model
        self.test = sample / "pairs_test.parquet"
        self.train = sample / "pairs_train.parquet"

    def csv(self, name, **columns):
        pd.DataFrame(columns).to_csv(self.folder / name, index=False)
        return self.folder / name

    def parquet(self, name, **columns):
        pd.DataFrame(columns).to_parquet(self.folder / name)
        return self.folder / name

    def text(self, name, content):
        data = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def cut(self, path, share=0.5):
        """A truncated copy of a file."""
        content = path.read_bytes()
        return self.text(f"cut_{path.name}", content[: int(len(content) * share)])

    def copy(self, folder):
        return shutil.copytree(folder, self.folder / f"copied_{folder.name}")

    def pairs(self, name="pairs.csv", rows=(), *, of=None):
        """The test (or other) pairs of the sample and these rows after them."""
        given = pd.read_parquet(of or self.test)
        more = pd.DataFrame(rows, columns=["left_id", "right_id", "target"])
        pd.concat([given.astype({"target": object}), more]).to_csv(self.folder / name, index=False)
        return self.folder / name

    def scores(self, change=lambda scores: scores):
        """A scores file of the sample's test pairs, without provenance, changed."""
        given = pd.read_parquet(self.test).drop(columns="target")
        return self.parquet("scores.parquet", **change(given.assign(score=np.linspace(0, 1, len(given)))))

    def snapshot(self):
        return {path: path.read_bytes() if path.is_file() else None for path in self.folder.rglob("*")}

    def build(self, *words):
        return ["build-index", *words, "--out", self.folder / "out", "--overwrite"]

    def train_on(self, *words, index=None):
        return ["train", index or self.index, *words, "--out", self.folder / "out"]

    def train_strictly(self, *words):
        """Train, and set no pair aside."""
        return self.train_on(*words, "--max-rejects", "0")

    def score(self, pairs, *words, index=None, model=None):
        out = ("--model", model or self.model, "--out", self.folder / "out.parquet")
        return ["score", index or self.index, pairs, *out, *words]

    def evaluate(self, scores, *words, truth=None):
        return [
            "evaluate",
            scores,
            "--truth",
            truth or self.test,
            "--out",
            self.folder / "out",
            "--rounds",
            "0",
            *words,
        ]


@pytest.fixture
def desk(tmp_path, sample, sample_index, sample_model):
    return Desk(tmp_path, sample, sample_index, sample_model)


def check_refused(heroic, desk, words, *said):
    """Exit code 2, one line that says all of this, nothing on stdout, and the folder as it was."""
    before = desk.snapshot()
    result = heroic(*words)
    lines = [line for line in result.stderr.splitlines() if not PROGRESS.fullmatch(line)]
    assert (result.exit_code, len(lines), result.stdout) == (2, 1, ""), result.stderr
    assert lines[0].startswith("heroic: ")
    for part in said:
        assert part in lines[0]
    after = desk.snapshot()
    assert set(after) - set(before) == set()
    assert after == before


TWO = {"id": [1, 2], "title": ["red phone", "blue phone"]}


def vectors(*cells):
    return {"id": range(len(cells)), "v": pd.Series(list(cells), dtype=object)}


def malformed(n_bad):
    return {"id": range(100), "title": ["tv"] * 100, "attributes": ['{"a": 1'] * n_bad + ['{"a": 1}'] * (100 - n_bad)}


CATALOGUES = {
    "a missing file": lambda d: (d.build(d.folder / "gone.csv"), "gone.csv: no such file"),
    "a file of an unknown kind": lambda d: (d.build(d.text("p.xls", "x")), "p.xls: unknown kind of file '.xls'"),
    "a folder without tables": lambda d: (d.build(d.sample / "images"), "images: the folder holds no file"),
    "no parquet": lambda d: (d.build(d.text("p.parquet", "no parquet")), "p.parquet: cannot be read as parquet"),
    "a truncated parquet": lambda d: (
        d.build(d.cut(d.sample / "products.parquet")),
        "cut_products.parquet: cannot be read as parquet",
    ),
    "no text": lambda d: (d.build(d.text("p.csv", b"id,title\n1,\xff\xfe\n2,b\n")), "p.csv: is no UTF-8"),
    "a broken line of JSON": lambda d: (
        d.build(d.text("p.jsonl", '{"id": 1}\n{"id": 2\n')),
        "p.jsonl row 2",
        "which is not JSON (p.jsonl row 2, ",
    ),
    "a line of JSON that is no object": lambda d: (d.build(d.text("p.jsonl", '{"id": 1}\n[2]\n')), "it is list"),
    "a ragged CSV": lambda d: (d.build(d.text("p.csv", "id,title\n1,a\n2,b,c\n")), "p.csv: 1 of 2 rows"),
    "cells and rows that are no text": lambda d: (
        d.build(
            d.text("p.csv", b"id,title\n1,a\n" + b"2,\xff\n" * 2 + b"3,b\n4,\xff,\n"),
            "--schema",
            d.text("s.yaml", "encoding: utf-8"),
        ),
        "p.csv: 3 of 5 rows have a malformed cell or are no products",
    ),
    "a missing column": lambda d: (d.build(d.csv("p.csv", cobol=[1], title=["a"])), "p.csv: no column 'id', has cobol"),
    "an empty file": lambda d: (d.build(d.text("p.csv", "")), "p.csv: the file is empty"),
    "a header alone": lambda d: (d.build(d.csv("p.csv", id=[], title=[])), "p.csv: no products"),
    "a table of no rows": lambda d: (d.build(d.parquet("p.parquet", id=[], title=[])), "p.parquet: no products"),
    "doubled ids": lambda d: (
        d.build(d.csv("p.csv", id=[7, 8, 7], title=["a", "b", "c"])),
        "p.csv: 1 of 3 rows have a malformed cell or are no products",
        "the id stands in another row, with other content (p.csv row 4, id 7: '7, c')",
    ),
    "an id in two files": lambda d: (
        d.build(d.csv("p.csv", **TWO), d.csv("q.csv", id=[1], title=["other"])),
        "p.csv and 1 more: 1 of 3 rows have a malformed cell",
        "q.csv row 2, id 1",
    ),
    "a null id": lambda d: (d.build(d.csv("p.csv", id=["a", None], title=["a", "b"])), "has no id (p.csv row 3, 'b')"),
    "a vector column that is absent": lambda d: (
        d.build(d.csv("p.csv", **TWO), "--text-encoder", "column:v"),
        "p.csv: no column 'v'",
    ),
    "a vector column that is no list": lambda d: (
        d.build(d.parquet("p.parquet", **TWO), "--text-encoder", "column:title"),
        "p.parquet: column 'title' is",
        "a list of numbers is needed",
    ),
    **{
        f"a vector that {what}": lambda d, cell=cell, said=said: (
            d.build(d.parquet("p.parquet", **vectors([1.0, 2.0], cell)), "--text-encoder", "column:v"),
            f"p.parquet: row 2, column 'v' {said}",
            "every product needs a whole vector",
        )
        for what, cell, said in [
            ("is null", None, "is null"),
            ("is empty", [], "is empty"),
            ("holds NaN", [1.0, np.nan], "holds nan at place 1"),
            ("is infinite", [np.inf, 1.0], "holds inf at place 0"),
            ("is longer", [1.0, 2.0, 3.0], "has 3 numbers, the first vector has 2"),
        ]
    },
    "too many malformed cells": lambda d: (
        d.build(d.csv("p.csv", **malformed(4))),
        "p.csv: 4 of 100 rows have a malformed cell or are no products, more than --max-rejects 0.01 allows",
        "4 in 'attributes'",
    ),
    "no view to search": lambda d: (d.build(d.csv("p.csv", **TWO), "--text-encoder", "none"), "no view to search"),
    "products without any text": lambda d: (d.build(d.csv("p.csv", id=[1, 2])), "no product has any text"),
    "a schema file that is missing": lambda d: (
        d.build(d.csv("p.csv", **TWO), "--schema", d.folder / "s.yaml"),
        "s.yaml: cannot be read",
    ),
    "a schema with an unknown field": lambda d: (
        d.build(d.csv("p.csv", **TWO), "--schema", d.text("s.yaml", "colour: c")),
        "s.yaml: unknown field 'colour'",
    ),
    "an unknown encoder": lambda d: (d.build(d.csv("p.csv", **TWO), "--text-encoder", "magic"), "magic"),
    "an unknown text field": lambda d: (d.build(d.csv("p.csv", **TWO), "--text-fields", "titel"), "text field titel"),
    "no factory of FAISS": lambda d: (d.build(d.csv("p.csv", **TWO), "--index", "Magic"), "Magic"),
    "a weight above one": lambda d: (d.build(d.csv("p.csv", **TWO), "--text-weight", "2"), "text weight 2.0"),
    "no neighbours asked for": lambda d: (d.build(d.csv("p.csv", **TWO), "-k", "0"), "-k 0"),
    "a share of rejects above one": lambda d: (d.build(d.csv("p.csv", **TWO), "--max-rejects", "2"), "--max-rejects 2"),
    "sources that nobody has": lambda d: (
        d.build(d.csv("p.csv", **TWO), "--match-across-sources"),
        "--match-across-sources: no product has a 'source'",
    ),
}

KNOWN, OTHER = "JDQNAQ", "YXL9VG"  # the sample's first test pair


def pairs_cases(use):
    """Faulty pairs, for a command that reads them: `use(desk, path)` are its words."""
    return {
        "a missing file": lambda d: (use(d, d.folder / "gone.csv"), "gone.csv: no such file"),
        "a truncated file": lambda d: (use(d, d.cut(d.test)), "cut_pairs_test.parquet: cannot be read"),
        "missing columns": lambda d: (
            use(d, d.csv("pairs.csv", left=[KNOWN], right=[OTHER], target=[1])),
            "pairs.csv: no id columns: needs 'left_id' and 'right_id'",
            "has left, right, target: rename two columns so, or name them where the command has --ids LEFT RIGHT",
        ),
        "an unknown id": lambda d: (
            use(d, d.pairs(rows=[(KNOWN, "NOBODY", 0)])),
            "pairs.csv: ",
            "id 'NOBODY' is not in the catalogue",
        ),
        "a product with itself": lambda d: (
            use(d, d.pairs(rows=[(KNOWN, KNOWN, 1)])),
            f"pairs.csv: row 276 pairs product '{KNOWN}' with itself",
        ),
        "a pair twice": lambda d: (use(d, d.pairs(rows=[(KNOWN, OTHER, 1)])), "pairs.csv: ", KNOWN, OTHER),
        "a pair twice, swapped": lambda d: (use(d, d.pairs(rows=[(OTHER, KNOWN, 1)])), "pairs.csv: ", KNOWN, OTHER),
        "a null id": lambda d: (use(d, d.pairs(rows=[(None, KNOWN, 1)])), "pairs.csv: row 276 has no 'left_id'"),
        "no rows": lambda d: (
            use(d, d.csv("pairs.csv", left_id=[], right_id=[], target=[])),
            "pairs.csv: ",
            "no pairs",
        ),
    }


def train_cases():
    def of_class(d, target, of):
        pairs = pd.read_parquet(of)
        return d.csv("one.csv", **pairs[pairs["target"] == target])

    return {
        **{f"train: {name}": case for name, case in pairs_cases(lambda d, path: d.train_strictly(path)).items()},
        **{
            f"validation: {name}": case
            for name, case in pairs_cases(lambda d, path: d.train_strictly(d.train, "--valid", path)).items()
        },
        "contradicting targets": lambda d: (
            d.train_strictly(d.pairs(rows=[(OTHER, KNOWN, 0)])),
            f"pairs.csv: rows 2 and 276, pair '{KNOWN}' and '{OTHER}' contradict each other",
        ),
        "a null target": lambda d: (
            d.train_strictly(d.pairs(rows=[(KNOWN, "VB3LKT", None)])),
            "pairs.csv: row 276 has target null",
        ),
        "an odd target": lambda d: (
            d.train_strictly(d.pairs(rows=[(KNOWN, "VB3LKT", 0.5)])),
            "pairs.csv: row 276 has target 0.5",
        ),
        "a target in words": lambda d: (
            d.train_strictly(d.pairs(rows=[(KNOWN, "VB3LKT", "no")])),
            "pairs.csv: row 276 has target 'no'",
        ),
        "more unusable pairs than a hundredth": lambda d: (
            d.train_on(d.pairs(rows=[(KNOWN, KNOWN, 1), (KNOWN, "NOBODY", 0), (KNOWN, "NO ONE", 0)])),
            "1.08% cannot be used, more than --max-rejects 0.01 allows, 3 of 277 pairs of ",
            f"pairs.csv: not in the index (2, such as row 277 with '{KNOWN}' and 'NOBODY')",
            f"a product with itself (1, such as row 276 with '{KNOWN}' and '{KNOWN}')",
            "use the index of these products, mend the rows (--rejects FILE.csv lists them), or give --max-rejects 0.011",
        ),
        "more unusable validation pairs than are allowed": lambda d: (
            d.train_on(d.train, "--valid", d.pairs(rows=[(KNOWN, KNOWN, 1)]), "--max-rejects", "0.003"),
            "0.364% cannot be used, more than --max-rejects 0.003 allows, 1 of 275 pairs of ",
        ),
        "a list of rejects of another kind": lambda d: (
            d.train_on(d.train, "--rejects", d.folder / "rejects.xls"),
            "rejects.xls: name a file that ends in .parquet or .csv",
        ),
        "no target": lambda d: (
            d.train_on(d.csv("pairs.csv", left_id=[KNOWN], right_id=[OTHER])),
            "pairs.csv: no column 'target'",
        ),
        "non-matches alone": lambda d: (
            d.train_on(of_class(d, 0, d.train), "--valid", d.test),
            "the training pairs hold only non-matches",
        ),
        "validation of one class": lambda d: (
            d.train_on(d.train, "--valid", of_class(d, 0, d.test)),
            "the validation pairs hold only non-matches",
        ),
        "a precision above one": lambda d: (
            d.train_on(d.train, "--target-precision", "75"),
            "--target-precision 75.0: give a number above 0, at most 1",
        ),
        "a column that is not there": lambda d: (d.train_on(d.train, "--target", "same"), "no column 'same'"),
    }


def score_cases():
    return {
        **{
            f"score: {name}": case
            for name, case in pairs_cases(lambda d, path: d.score(path, "--max-rejects", "0")).items()
        },
        "a column of an added name": lambda d: (d.score(d.scores()), "scores.parquet: has a column 'score' already"),
        "thresholds that are missing": lambda d: (
            d.score(d.test, "--thresholds", d.folder / "t.yaml"),
            "t.yaml: cannot be read",
        ),
        "thresholds that are no numbers": lambda d: (
            d.score(d.test, "--thresholds", d.text("t.yaml", "rest: high")),
            "t.yaml: category 'rest' has threshold 'high'",
        ),
        "a submission of an unknown kind": lambda d: (
            d.score(d.test, "--submission", d.folder / "s.txt"),
            "s.txt: name a file ending in .csv or .parquet",
        ),
    }


def other_version(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 0}))
    return folder


def damaged(folder, name, damage):
    damage(folder / name)
    return folder


def halve(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def artefact_cases():
    indexes = {
        "that is missing": lambda d: (d.folder / "gone", "gone: no such folder"),
        "that is a model": lambda d: (d.model, "model: is a model, a", "index is needed"),
        "without a manifest": lambda d: (
            damaged(d.copy(d.index), "manifest.json", lambda file: file.unlink()),
            "copied_index: has no manifest.json",
        ),
        "with half a manifest": lambda d: (
            damaged(d.copy(d.index), "manifest.json", halve),
            "copied_index/manifest.json: cannot be read",
        ),
        "of another version": lambda d: (other_version(d.copy(d.index)), "copied_index: has schema version 0"),
        "whose catalogue is truncated": lambda d: (
            damaged(d.copy(d.index), "catalog.arrow", halve),
            "copied_index/catalog.arrow: has ",
        ),
        "whose neighbours are missing": lambda d: (
            damaged(d.copy(d.index), "neighbours/fused/positions.npy", lambda file: file.unlink()),
            "copied_index: the file neighbours/fused/positions.npy is missing",
        ),
    }
    models = {
        "that is missing": lambda d: (d.folder / "gone", "gone: no such folder"),
        "that is an index": lambda d: (d.index, "index: is a", "a model is needed"),
        "of another version": lambda d: (other_version(d.copy(d.model)), "copied_model: has schema version 0"),
        "that is truncated": lambda d: (
            damaged(d.copy(d.model), "member_1.ubj", halve),
            "copied_model/member_1.ubj: has ",
        ),
        "that is damaged": lambda d: (
            damaged(d.copy(d.model), "member_0.ubj", lambda file: file.write_bytes(file.read_bytes()[::-1])),
            "copied_model/member_0.ubj: is not what was written",
        ),
    }
    with_index = {
        "query": lambda d, index: ["query", index, "--id", KNOWN],
        "candidates": lambda d, index: ["candidates", index, "--out", d.folder / "out.parquet"],
        "train": lambda d, index: d.train_on(d.train, index=index),
        "score": lambda d, index: d.score(d.test, index=index),
        "evaluate": lambda d, index: d.evaluate(d.scores(), "--index", index),
    }
    with_model = {
        "query": lambda d, model: ["query", d.index, "--id", KNOWN, "--model", model],
        "score": lambda d, model: d.score(d.test, model=model),
        "evaluate": lambda d, model: d.evaluate(d.scores(), "--model", model),
    }

    def case(use, artefact):
        def arrange(d):
            found, *said = artefact(d)
            return use(d, found), *said

        return arrange

    return {
        **{f"{c}: an index {a}": case(with_index[c], indexes[a]) for c in with_index for a in indexes},
        **{f"{c}: a model {a}": case(with_model[c], models[a]) for c in with_model for a in models},
    }


def scores_cases():
    def without_first(scores):
        return scores[1:]

    return {
        "scores that are missing": lambda d: (d.evaluate(d.folder / "gone.csv"), "gone.csv: no such file"),
        "truncated scores": lambda d: (d.evaluate(d.cut(d.scores())), "cut_scores.parquet: cannot be read"),
        "scores without a score": lambda d: (
            d.evaluate(d.scores(lambda s: s.drop(columns="score"))),
            "scores.parquet: no score column",
        ),
        "a NaN score": lambda d: (
            d.evaluate(d.scores(lambda s: s.assign(score=s["score"].where(s.index != 3)))),
            "scores.parquet: column 'score' is NaN, null or infinite in 1 rows (4)",
        ),
        "an infinite score": lambda d: (
            d.evaluate(d.scores(lambda s: s.assign(score=s["score"].where(s.index != 3, np.inf)))),
            "in 1 rows (4)",
        ),
        "a missing pair": lambda d: (d.evaluate(d.scores(without_first)), "1 pairs of", "have no score", KNOWN, OTHER),
        "a doubled pair": lambda d: (
            d.evaluate(d.scores(lambda s: pd.concat([s, s[:1]]))),
            "are the same pair (1 such)",
            KNOWN,
        ),
        "an unknown pair": lambda d: (
            d.evaluate(
                d.scores(lambda s: pd.concat([s, pd.DataFrame({"left_id": ["A"], "right_id": ["B"], "score": 1})]))
            ),
            "1 scored pairs are not in",
            "'A' and 'B'",
        ),
        "a truth without targets": lambda d: (
            d.evaluate(d.scores(), truth=d.csv("truth.csv", left_id=[KNOWN], right_id=[OTHER])),
            "truth.csv: no target column",
        ),
        "a truth with null targets": lambda d: (
            d.evaluate(d.scores(), "--max-rejects", "0", truth=d.pairs("truth.csv", [(KNOWN, "VB3LKT", None)])),
            "truth.csv: row 276 has target null",
        ),
        "a truth that contradicts itself": lambda d: (
            d.evaluate(d.scores(), "--max-rejects", "0", truth=d.pairs("truth.csv", [(OTHER, KNOWN, 0)])),
            "contradict each other (1 such pairs)",
        ),
    }


REFUSED = {**CATALOGUES, **train_cases(), **score_cases(), **artefact_cases(), **scores_cases()}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_line_and_leaves_nothing(heroic, desk, case):
    check_refused(heroic, desk, *REFUSED[case](desk))


def earlier_output(desk, words):
    """Lay what an earlier run would have left where these words lead."""
    name = {"build-index": "index", "train": "model"}.get(words[0])
    if name:
        shutil.copytree(getattr(desk, name), desk.folder / "out")
    elif words[0] == "score":
        (desk.folder / "out.parquet").write_bytes(desk.test.read_bytes())


@pytest.mark.parametrize(
    "case",
    [
        "a truncated parquet",
        "doubled ids",
        "a vector that holds NaN",
        "too many malformed cells",
        "no factory of FAISS",
        "train: an unknown id",
        "non-matches alone",
        "score: an unknown id",
        "score: a model that is damaged",
    ],
)
def test_what_an_earlier_run_made_stays_as_it_was(heroic, desk, case):
    words, *said = REFUSED[case](desk)
    earlier_output(desk, words)
    check_refused(heroic, desk, words, *said)


@pytest.fixture
def text_index(heroic, sample, tmp_path):
    """An index of the sample without pictures and without the lexical view."""
    folder = tmp_path / "text_index"
    words = ("--image-encoder", "none", "--no-lexical", "-k", "20", "--out", folder)
    assert heroic("build-index", sample / "products.parquet", *words).exit_code == 0
    return folder


def test_a_model_is_not_asked_about_a_catalogue_without_its_views(heroic, desk, text_index):
    check_refused(
        heroic, desk, desk.score(desk.test, index=text_index), "text_index: does not fit the model: it has no"
    )


@pytest.fixture
def scored(heroic, desk):
    """Scores of the sample's index and model, with their provenance."""
    assert heroic(*desk.score(desk.test)).exit_code == 0
    return (desk.folder / "out.parquet").rename(desk.folder / "scored.parquet")


def test_scores_are_not_judged_with_an_index_of_others(heroic, desk, scored, text_index):
    words = desk.evaluate(scored, "--index", text_index)
    check_refused(heroic, desk, words, "scored.parquet: made with index", "do not belong together")


def test_scores_are_not_judged_with_a_model_of_others(heroic, desk, scored):
    assert heroic(*desk.train_on(desk.train, "--seed", "5")).exit_code == 0
    other = (desk.folder / "out").rename(desk.folder / "other")
    words = desk.evaluate(scored, "--model", other)
    check_refused(heroic, desk, words, "scored.parquet: made with model", "do not belong together")


@pytest.mark.parametrize("name", ["out", "out.parquet"])
def test_an_output_in_the_place_of_something_else_is_refused(heroic, desk, name):
    if name == "out":
        desk.text("out", "a file of mine")
        words = [desk.build(desk.csv("p.csv", **TWO)), desk.train_on(desk.train), desk.evaluate(desk.scores())]
    else:
        (desk.folder / "out.parquet").mkdir()
        words = [desk.score(desk.test), ["candidates", desk.index, "--out", desk.folder / "out.parquet"]]
    for command in words:
        check_refused(heroic, desk, command, f"{desk.folder}/{name}: is a ")


# What is accepted and counted.


def rejects(folder):
    return pd.read_parquet(folder / "rejects.parquet")


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("attributes", '{"Colour": ', "malformed JSON"),
        ("attributes", '{"Colour": red}', "malformed JSON"),
        ("price", "-5", "negative"),
        ("category", '{"3": "Phones"', "malformed JSON"),
        ("price", "a lot", "not a number"),
    ],
)
def test_a_malformed_cell_is_set_aside_and_counted(heroic, desk, column, cell, reason):
    products = desk.csv("p.csv", id=range(100), title=["tv"] * 100, **{column: [None] * 7 + [cell] + [None] * 92})
    result = heroic(*desk.build(products))
    assert result.exit_code == 0, result.stderr
    assert f"set aside: 1 rows, cells or pictures ({reason}" in result.stdout
    assert str(desk.folder / "out" / "rejects.parquet") in result.stdout
    (row,) = rejects(desk.folder / "out").to_dict("records")
    assert (row["id"], row["column"], row["value"], row["file"], row["row"]) == ("7", column, cell, "p.csv", 9)
    assert row["reason"].startswith(reason)
    assert len(open_index(desk.folder / "out").catalog) == 100


def test_as_many_as_allowed_are_accepted_and_one_more_is_not(heroic, desk):
    at_most = ("--max-rejects", "0.02")
    assert heroic(*desk.build(desk.csv("p.csv", **malformed(2)), *at_most)).exit_code == 0
    assert len(rejects(desk.folder / "out")) == 2
    assert heroic(*desk.build(desk.csv("q.csv", **malformed(3)), *at_most)).exit_code == 2


def png_of(width, height):
    """A PNG that says it is this large."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_pictures_that_cannot_be_seen_are_counted_and_their_products_stay(heroic, desk):
    for number in range(3):
        Image.new("RGB", (64, 64), ("red", "green", "blue")[number]).save(desk.folder / f"good{number}.jpg", quality=95)
    desk.text("broken.jpg", "no picture")
    desk.text("cut.jpg", (desk.folder / "good0.jpg").read_bytes()[:300])
    desk.text("enormous.png", png_of(60_000, 60_000))
    names = ["good0.jpg", "good1.jpg", "good2.jpg", "broken.jpg", "cut.jpg", "enormous.png", "absent.jpg", None]
    products = desk.csv("p.csv", id=[name or "none" for name in names], title=["tv"] * 8, image=names)
    result = heroic(*desk.build(products))
    assert result.exit_code == 0, result.stderr
    assert "set aside: 4 rows, cells or pictures" in result.stdout
    found = rejects(desk.folder / "out")
    assert sorted(found["id"]) == ["absent.jpg", "broken.jpg", "cut.jpg", "enormous.png"]
    assert found["reason"].str.len().gt(0).all()
    index = open_index(desk.folder / "out")
    assert index.seen["image"].tolist() == [True] * 3 + [False] * 5
    assert index.seen["text"].all()


def test_a_category_unseen_in_training_or_none_is_rest(heroic, desk, sample):
    products = pd.read_parquet(sample / "products.parquet")
    products.loc[products["id"] == KNOWN, "category"] = "Never seen"
    products.loc[products["id"] == OTHER, "category"] = None
    products.to_parquet(desk.folder / "p.parquet")
    words = ("--images", sample, "-k", "20")
    assert heroic(*desk.build(desk.folder / "p.parquet", *words)).exit_code == 0
    pairs = desk.csv("pairs.csv", left_id=[KNOWN, OTHER], right_id=["VB3LKT", "VB3LKT"])
    assert heroic(*desk.score(pairs, index=desk.folder / "out")).exit_code == 0
    assert pq.read_table(desk.folder / "out.parquet")["category"].to_pylist() == ["rest", "rest"]


def test_pairs_swapped_against_the_truth_are_judged_alike(heroic, desk):
    def judge(scores):
        result = heroic(*desk.evaluate(scores))
        assert result.exit_code == 0, result.stderr
        return json.loads((desk.folder / "out" / "report.json").read_text())["weighted"]

    def swap(scores):
        return scores.rename(columns={"left_id": "right_id", "right_id": "left_id"})

    assert judge(desk.scores()) == judge(desk.scores(swap))
