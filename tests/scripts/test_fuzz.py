"""Whatever a user gives to a command, it ends well or says in one line what is wrong, and leaves nothing behind.

A dozen tries a command; `make fuzz` takes thousands. What was found has a plain test of its own beside what it was of.
"""

import errno
import os
import resource
import shutil
import tempfile
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_words import BASES, OddWords

from indexing.errors import Unfinished
from scripts.main import COMMANDS, main

CODES = {"compare": (0, 1, 2), "drift": (0, 1, 2), "inspect": (0, 1, 2)}
EXPECTED = (errno.ENAMETOOLONG, errno.EACCES)  # of files that are read: that they are not there is said in better words
MOST_MEMORY = 3 << 20  # KiB that the whole of these tests may take, in a process of their own
MOST_MORE = 1 << 20  # KiB more than other tests of the process took before


NO_STORE = {  # nobody listens there, and no credentials are looked for elsewhere
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_MAX_ATTEMPTS": "1",
}

TRIES = settings.default.max_examples if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 12


class Desk:
    """Good artefacts, and a folder for each try."""

    def __init__(self, made, sample, index, model):
        self.made, self.sample, self.index, self.model = made, sample, index, model
        self.work = None

    def good(self, role):
        if role == "own index":
            if not (self.work / "own").exists():
                shutil.copytree(self.index, self.work / "own")
            return str(self.work / "own")
        places = {
            "products": self.made / "products.parquet",
            "pairs": self.made / "pairs.parquet",
            "scores": self.made / "scores.parquet",
            "report": self.made / "report",
            "index": self.index,
            "model": self.model,
        }
        return str(places[role])

    def left_behind(self):
        kept = ("own", "there.db")  # the latter milvus-lite's
        names = [path.relative_to(self.work) for path in self.work.rglob("*")]
        return [str(name) for name in names if name.parts[0] not in kept and _unfinished(name)]


def _unfinished(name):
    return any(
        part.endswith((".partial", ".lock", ".updating", ".tmp", ".old")) or part.startswith(".") for part in name.parts
    )


@pytest.fixture(scope="module")
def desk(sample, sample_index, sample_model, tmp_path_factory):
    made = tmp_path_factory.mktemp("good")
    pd.read_parquet(sample / "products.parquet")[:40].drop(columns="image").to_parquet(made / "products.parquet")
    given = pd.read_parquet(sample / "pairs_test.parquet")[:60]
    given.to_parquet(made / "pairs.parquet")
    decided = given.assign(score=given["target"].astype(float), match=given["target"] == 1)
    decided.drop(columns="target").to_parquet(made / "scores.parquet")
    words = [
        "evaluate",
        made / "scores.parquet",
        "--truth",
        made / "pairs.parquet",
        "--out",
        made / "report",
        "--rounds",
        5,
    ]
    assert CliRunner().invoke(main, list(map(str, words))).exit_code == 0
    return Desk(made, sample, sample_index, sample_model)


def command_of(names):
    found = main
    for name in names:
        found = found.get_command(click.Context(found), name)
    return found


def peak_memory():
    """The most memory that this process took so far, KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.fixture(scope="module")
def before():
    """What other tests of the process took at most."""
    return peak_memory()


def test_every_command_is_tried():
    assert {names[0] for names in BASES} == set(COMMANDS) - {"demo"}  # whose steps are those of the others


class Told:
    """What commands told of errors in the try at hand."""

    def __init__(self):
        self.unforeseen, self.unfinished = [], False


async def _ended(server, sockets):
    """A server is told to stop as soon as it listens."""


@pytest.fixture
def told(monkeypatch, brief_training):
    """It listens to what is told of errors; training takes a few rounds, no model is looked for on the hub, and nobody
    asks a server."""
    import scripts.terminal.mistakes as mistakes

    found, tell = Told(), mistakes.told

    def listen(error):
        line = tell(error)
        if line is not None and isinstance(error, OSError | UnicodeEncodeError):
            found.unforeseen += [line] if getattr(error, "errno", None) not in EXPECTED else []
        found.unfinished = isinstance(error, Unfinished)
        return line

    monkeypatch.setattr(mistakes, "told", listen)
    monkeypatch.setattr("reranking.model.train_options.TrainOptions", brief_training)
    monkeypatch.setattr("uvicorn.Server.serve", _ended)  # a server would wait for requests
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name, value in NO_STORE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    return found


def check(result, words, desk, told):
    """The exit code is a documented one, one line says what is wrong, and nothing unfinished is left."""
    shown = " ".join(map(repr, words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(shown) from result.exception
    assert result.exit_code in CODES.get(words[0], (0, 2)), (shown, result.exit_code, result.stderr)
    lines = [
        line for line in result.stderr.splitlines() if line.startswith("heroic: ") and "heroic: warning" not in line
    ]
    if result.exit_code == 2 and "Usage: " not in result.stderr:
        assert len(lines) == 1, (shown, result.stderr)
    assert "Traceback" not in result.stderr, shown
    assert told.unforeseen == [], shown
    assert told.unfinished or desk.left_behind() == [], (shown, result.stderr)


@pytest.mark.parametrize("names", BASES, ids=" ".join)
@settings(
    max_examples=TRIES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_whatever_is_given_it_ends_well_or_in_one_line(desk, told, before, names, data):
    told.__init__()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        desk.work = Path(folder)
        words, typed = OddWords(data.draw, desk).words(names, command_of(names))
        check(CliRunner().invoke(main, words, input=typed, prog_name="heroic"), words, desk, told)
    assert peak_memory() < max(MOST_MEMORY, before + MOST_MORE), words
