"""The command `heroic`: quick help, one line for a user's mistake, an interrupt that leaves everything as it was."""

import json
import os
import signal
import subprocess
import sys

import click
import pandas as pd
import pytest

from indexing.errors import InputError, UnknownId, kept_when_interrupted
from indexing.product_index import open_index
from indexing.storage.artefact import damaged_files, read_manifest
from scripts import main as main_module
from scripts.commands.train_encoder.train_encoder import COMMANDS as ENCODERS
from scripts.main import COMMANDS, main

HEAVY = (
    "numpy",
    "pandas",
    "pyarrow",
    "xgboost",
    "faiss",
    "scipy",
    "sklearn",
    "plotly",
    "PIL",
    "rich",
    "prompt_toolkit",
    "torch",
    "jinja2",
    "yaml",
    "cattrs",
)


def test_help_lists_every_command(heroic):
    result = heroic("--help")
    assert result.exit_code == 0
    assert all(f"  {name} " in result.stdout for name in COMMANDS)
    assert set(COMMANDS) == {
        "build-index",
        "sniff",
        "update",
        "compact",
        "query",
        "publish",
        "copy",
        "store",
        "serve",
        "serve-token",
        "candidates",
        "label",
        "labels",
        "train",
        "train-encoder",
        "score",
        "match",
        "groups",
        "explain",
        "evaluate",
        "audit",
        "compare",
        "drift",
        "inspect",
        "cluster",
        "demo",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(heroic, name):
    result = heroic(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: heroic {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name):
    command = main.get_command(click.Context(main), name)
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert [option.opts[0] for option in options if not (option.help or option.metavar or option.show_default)] == []


def test_the_help_of_every_command_loads_nothing_heavy():
    code = "import sys; from scripts.main import main; main(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    inner = [["cluster", "check"], *(["train-encoder", word] for word in ENCODERS)]
    for words in [[], *([name] for name in COMMANDS), *inner]:
        done = subprocess.run(
            [sys.executable, "-c", code, *words, "--help"], capture_output=True, text=True, check=True
        )
        usage, *_, loaded = done.stdout.splitlines()
        assert usage.startswith(" ".join(["Usage: -c", *words, "["])), usage
        assert not set(HEAVY) & set(loaded.split()), f"heroic {' '.join(words)} --help"


SEEN = """
import atexit, sys
atexit.register(lambda: print(*sys.modules))
from scripts.main import run
run()
"""
MODELS = {"xgboost"}
OF_OTHERS = {"torch", "plotly", "prompt_toolkit", "optuna", "PIL", "scipy.stats"}
REFUSED = {"pandas", "sklearn"}  # which are installed here, as `pd` above shows
UNASKED = {"scipy", "lxml", "rapidfuzz", "regex", "filelock", "pyarrow.parquet", "importlib.metadata"}


def loaded_by(*words):
    done = subprocess.run([sys.executable, "-c", SEEN, *map(str, words)], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_a_query_by_id_loads_no_library_that_it_does_not_need(sample_index):
    unneeded = OF_OTHERS | MODELS | REFUSED | UNASKED | {"indexing.encoders.by_spec", "indexing.reading.read_catalog"}
    for more in ([], ["--json"], ["-k", "3"]):
        loaded = loaded_by("query", sample_index, "--id", "JDQNAQ", *more)
        assert not unneeded & loaded, more


def test_a_query_by_text_loads_nothing_that_reads_files_of_products(sample_index):
    loaded = loaded_by("query", sample_index, "--text", "kettle 2 l")
    unneeded = MODELS | REFUSED | {"torch", "plotly", "lxml", "yaml", "price_parser", "indexing.reading.read_catalog"}
    assert not unneeded & loaded


def test_what_scores_pairs_loads_no_library_that_it_does_not_need(sample, sample_index, sample_model, tmp_path):
    """XGBoost would load scikit-learn for an interface that is not used."""
    pairs, model = sample / "pairs_test.parquet", ["--model", sample_model]
    for words in (
        ["score", sample_index, pairs, *model, "--out", tmp_path / "scores.parquet"],
        ["query", sample_index, "--id", "JDQNAQ", *model],
    ):
        loaded = loaded_by(*words)
        assert loaded >= MODELS
        assert not (OF_OTHERS | REFUSED) & loaded, words[0]
    assert "scipy.linalg" not in loaded  # which comes with what finds groups of products


def test_a_command_loads_neither_pandas_nor_scikit_learn_where_they_are_installed(
    sample, sample_index, sample_model, tmp_path
):
    """Arrow would load pandas for the first list that it is given, and XGBoost scikit-learn."""
    pairs, scores = sample / "pairs_test.parquet", tmp_path / "scores.parquet"
    offers, report, pair = tmp_path / "offers.csv", tmp_path / "report", pd.read_parquet(pairs).iloc[0]
    offers.write_text("id,title\nanother,kettle 2 l\n")
    for words in (
        ["score", sample_index, pairs, "--model", sample_model, "--out", scores],
        ["evaluate", scores, "--truth", pairs, "--index", sample_index, "--model", sample_model, "--out", report],
        ["compare", report, report, "--out", tmp_path / "moved"],
        ["groups", scores, "--out", tmp_path / "groups.parquet"],
        ["candidates", sample_index, "--out", tmp_path / "candidates.parquet"],
        ["explain", sample_index, sample_model, "--pair", pair["left_id"], pair["right_id"]],
        ["match", sample_index, sample_model, offers, "--out", tmp_path / "matches.jsonl"],
        ["inspect", sample_index, sample_model, scores],
        ["query", sample_index, "--text", "kettle 2 l"],
    ):
        assert not REFUSED & loaded_by(*words), words[0]


def test_what_a_command_leaves_out_is_there_for_others():
    code = """
import sys
from scripts.lean_imports import load_lean
load_lean()
import pyarrow, xgboost
from indexing.catalog.catalog import catalog_of
title = catalog_of(title="kettle").table["title"]
print(hasattr(xgboost, "train"), xgboost.compat.SKLEARN_INSTALLED, *{"pandas", "sklearn"} & set(sys.modules))
from sklearn.linear_model import LogisticRegression
print(LogisticRegression.__name__, title.to_pandas()[0], pyarrow.array([1]).to_pandas().sum())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "LogisticRegression kettle 1"]


def test_no_command_needs_pandas(sample, sample_index, sample_model, tmp_path):
    code = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not installed")
sys.meta_path.insert(0, Without())
from scripts.main import main
for words in [words.split("|") for words in sys.argv[1:]]:
    main(words, standalone_mode=False)
"""
    index, scores = tmp_path / "index", tmp_path / "scores.parquet"
    (tmp_path / "more.csv").write_text("id,title\nJDQNAQ,kettle 2 l\nsame,pan\nsame,pan\nanother,pot\n")
    commands = [
        ["build-index", sample / "products.parquet", "--out", index],
        ["update", index, tmp_path / "more.csv"],
        ["query", index, "--id", "JDQNAQ"],
        ["score", sample_index, sample / "pairs_test.parquet", "--model", sample_model, "--out", scores],
        ["match", sample_index, sample_model, sample / "products.parquet", "--out", tmp_path / "matches.parquet"],
    ]
    words = ["|".join(map(str, command)) for command in commands]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert scores.exists()


def test_it_can_be_run_as_a_module(root):
    done = subprocess.run([sys.executable, "-m", "scripts.main", "--version"], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("heroic, version ")


def test_an_unknown_command_is_a_usage_error(heroic):
    result = heroic("find")
    assert result.exit_code == 2
    assert "No such command 'find'" in result.stderr


@pytest.mark.parametrize(
    "words", [["query", "\udcff"], ["candidates", "index", "--out", "a\udcff.parquet"], ["\udcff"]]
)
def test_a_word_that_is_no_utf8_is_a_usage_error(heroic, words):
    result = heroic(*words)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: '")
    assert "\\udcff" in result.stderr
    assert "is no text in UTF-8: rename the file" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["drift", "a", "b", "--most-flipped", "nan"], "nan is no number"),
        (["compare", "a", "b", "--fail-if-worse", "nan"], "nan is no number"),
        (["groups", "a", "--out", "b", "--threshold", "nan"], "nan is no number"),
        (["train", "a", "b", "--out", "c", "--max-rejects", "nan"], "nan is no number"),
        (["build-index", "a", "--out", "b", "--seed", "-1"], "-1 is not in the range"),
        (["train", "a", "b", "--out", "c", "--seed", "4294967296"], "4294967296 is not in the range"),
        (["train", "a", "b", "--out", "c", "--category-pairs", "-1"], "-1 is not in the range"),
        (["compare", "a", "b", "--seed", "-1"], "-1 is not in the range"),
        (["demo", "--products", "1"], "1 is not in the range"),
    ],
)
def test_a_number_that_cannot_be_is_a_usage_error(heroic, words, said):
    result = heroic(*words)
    assert (result.exit_code, said in result.stderr.splitlines()[-1]) == (2, True)


@pytest.fixture
def raising(monkeypatch):
    """Put a command `fail` in the group that raises an error."""

    def install(error):
        def fail():
            raise error

        command = click.Command("fail", callback=fail)
        monkeypatch.setitem(main_module.COMMANDS, "fail", ("fail", ""))
        monkeypatch.setitem(sys.modules, "fail", type("module", (), {"command": command}))

    return install


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("f: row 3 is odd"), "heroic: f: row 3 is odd\n"),
        (UnknownId("id 'x' is not there"), "heroic: id 'x' is not there\n"),
        (InputError("f: first\nsecond"), "heroic: f: first second\n"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(heroic, raising, error, line):
    raising(error)
    result = heroic("fail")
    assert (result.exit_code, result.stderr, result.stdout) == (2, line, "")


@pytest.mark.parametrize("bug", [ValueError("a bug"), KeyError("a bug")])
def test_a_bug_keeps_its_traceback(heroic, raising, bug):
    raising(bug)
    with pytest.raises(type(bug), match="a bug"):
        heroic("fail")


def test_an_interrupt_is_exit_code_130(heroic, raising):
    raising(KeyboardInterrupt())
    result = heroic("fail")
    assert (result.exit_code, result.stderr, result.stdout) == (130, "heroic: interrupted\n", "")


def test_an_interrupt_says_how_its_work_is_gone_on_with(heroic, raising):
    interrupt = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt), kept_when_interrupted(), kept_when_interrupted("the rest is sent"):
        raise interrupt
    raising(interrupt)
    assert heroic("fail").stderr == "heroic: interrupted; the rest is sent\n"


def test_a_closed_pipe_ends_quietly():
    code = "import sys; sys.stdin.read(); from scripts.main import run; sys.argv = ['heroic', '--help']; run()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


# A build that stops to wait when everything but the manifest is written.
WAITING_BUILD = """
import signal, sys, time, indexing.build.build_index
from scripts.main import run

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it, which is inherited

def wait(*_):
    print("ready", flush=True)
    time.sleep(60)

indexing.build.build_index.write_rejects = wait
sys.argv = ["heroic", "build-index", *sys.argv[1:]]
run()
"""


@pytest.fixture
def catalogue(tmp_path):
    """Write a catalogue of these titles."""

    def write(name, titles):
        pd.DataFrame({"id": range(len(titles)), "title": titles}).to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


def stopped(path, out, number):
    """Send a signal to a build over `out` when it is nearly done: (exit code, lines on stderr)."""
    words = [sys.executable, "-c", WAITING_BUILD, path, "--out", out, "--overwrite"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([str(word) for word in words], **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, number)
        said = process.communicate()[1]
    return process.returncode, said.splitlines()


SAID = {130: "heroic: interrupted", 143: "heroic: stopped by SIGTERM"}


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_stopped_build_leaves_the_index_of_before_and_the_next_one_works(heroic, catalogue, tmp_path, number, code):
    old, new, out = (
        catalogue("old.csv", ["red phone", "blue phone"]),
        catalogue("new.csv", ["tv"] * 3),
        tmp_path / "index",
    )
    assert heroic("build-index", old, "--out", out).exit_code == 0
    before = read_manifest(out)
    exit_code, said = stopped(new, out, number)
    assert exit_code == code
    goes_on = [f"{SAID[code]}; run the same command again: it goes on where it was"] if code in SAID else []
    assert [line for line in said if line.startswith("heroic")] == goes_on
    assert read_manifest(out) == before
    assert damaged_files(out, before) == []
    assert open_index(out).catalog.table["title"].to_pylist() == ["red phone", "blue phone"]
    assert heroic("build-index", new, "--out", out, "--overwrite").exit_code == 0
    assert open_index(out).catalog.table["title"].to_pylist() == ["tv"] * 3
    assert not (tmp_path / "index.partial").exists()


def test_a_second_writer_of_the_same_folder_is_refused(heroic, catalogue, tmp_path):
    products, out = catalogue("products.csv", ["red phone", "blue phone"]), tmp_path / "index"
    words = [sys.executable, "-c", WAITING_BUILD, str(products), "--out", str(out)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        result = heroic("build-index", products, "--out", out)
        process.kill()
    said = [line for line in result.stderr.splitlines() if not line.startswith("plan ")]
    assert (result.exit_code, said) == (2, [f"heroic: {out}: another process is writing it: wait for it to end"])
    assert not out.exists()


def test_the_runner_of_these_tests_sees_what_a_shell_sees(catalogue, tmp_path):
    """Once through the installed command itself, with its stdout and stderr apart."""
    words = [sys.executable, "-m", "scripts.main", "build-index", str(catalogue("p.csv", ["a phone", "a tv"])), "--out"]
    done = subprocess.run([*words, str(tmp_path / "index")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"index: {tmp_path}/index (")
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "index" / "manifest.json").read_text())["kind"] == "index"
