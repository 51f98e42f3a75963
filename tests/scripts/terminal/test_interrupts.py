"""Ctrl-C ends a command in one line, wherever it comes, and so does a signal of whoever runs it."""

import os
import signal
import subprocess
import sys
import time
from threading import Thread

import click
import pytest
from click.testing import CliRunner

from scripts import main as main_module
from scripts.main import main

RUN = """
import ctypes, io, os, signal, sys, time, types
import click
from indexing.errors import kept_when_interrupted
from scripts import main
from scripts.terminal import interrupts
usual = {{signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}}
for number, handler in usual.items():
    signal.signal(number, handler)  # whoever runs the tests may ignore it, which is inherited

def press():
    os.kill(os.getpid(), int(sys.argv[2]))
    time.sleep(0.01)

{}

sys.modules["fail"] = types.SimpleNamespace(command=click.Command("fail", callback=lambda given: fail(), params=[click.Argument(["given"])]))
main.COMMANDS["fail"] = ("fail", "")
sys.argv = ["heroic", "fail", *sys.argv[1:]]
main.run()
"""
PLACES = {
    "in Python": """
def fail():
    press()
""",
    "in a callback that loses it": """
def fail():
    ctypes.CFUNCTYPE(None)(press)()
    time.sleep(30)
""",
    "in what makes another error of it": """
def fail():
    try:
        press()
    except KeyboardInterrupt:
        raise AttributeError("partially initialized module")
""",
    "twice": """
def fail():
    try:
        press()
    finally:
        press()
""",
}


TOLD = {
    signal.SIGINT: (130, "heroic: interrupted"),
    signal.SIGTERM: (143, "heroic: stopped by SIGTERM"),
    signal.SIGHUP: (129, "heroic: stopped by SIGHUP"),
}
AGAIN = "run the same command again: it goes on where it was"


def pressed(body, number=signal.SIGINT):
    """What came of a command that sends such a signal to itself: exit code, stderr, stdout."""
    words = [sys.executable, "-c", RUN.format(body), str(int(number))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=25)
    return done.returncode, done.stderr, done.stdout


@pytest.mark.parametrize("number", TOLD)
@pytest.mark.parametrize("place", PLACES)
def test_it_is_one_line_and_an_exit_code_of_its_own(place, number):
    code, line = TOLD[number]
    assert pressed(PLACES[place], number) == (code, f"{line}\n", "")


CLEANING = """
def fail():
    interrupts.TWICE_S = {}
    try:
        with kept_when_interrupted():
            press()
    finally:
        press()
        print("cleaned")
"""


@pytest.mark.parametrize("number", TOLD)
class TestASecondOneWhileItCleans:
    def test_it_is_the_same_where_it_comes_in_the_same_moment(self, number):
        code, line = TOLD[number]
        assert pressed(CLEANING.format(600), number) == (code, f"{line}; {AGAIN}\n", "cleaned\n")

    def test_it_breaks_the_cleaning_off_later_and_what_goes_on_is_said_all_the_same(self, number):
        code, line = TOLD[number]
        assert pressed(CLEANING.format(0), number) == (code, f"{line}; {AGAIN}\n", "")


@pytest.mark.parametrize("number", TOLD)
@pytest.mark.parametrize(("twice_s", "whole"), [(600, True), (0, False)], ids=["the same", "another"])
def test_a_second_one_while_the_process_ends(number, twice_s, whole):
    body = f"""
import atexit

def end():
    press()
    print("ended", flush=True)

def fail():
    interrupts.TWICE_S = {twice_s}
    atexit.register(end)
    press()
"""
    code, line = TOLD[number]
    assert pressed(body, number) == (code if whole else -number, f"{line}\n", "ended\n" if whole else "")


def test_an_error_that_cannot_be_hashed_keeps_its_traceback():
    body = """
import dataclasses

@dataclasses.dataclass
class Odd(Exception):
    number: int

def fail():
    raise Odd(7)
"""
    code, told, _ = pressed(body)
    assert (code, told.splitlines()[-1]) == (1, "Odd: 7")


def test_a_signal_that_comes_in_the_same_moment_as_ctrl_c_is_not_taken_for_it():
    """A prompt goes on after Ctrl-C."""
    body = """
def fail():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
    except KeyboardInterrupt:
        press()
"""
    assert pressed(body, signal.SIGTERM)[:2] == (143, "heroic: stopped by SIGTERM\n")


def test_what_is_ignored_stays_ignored_as_by_nohup():
    code = RUN.format("def fail():\n    press()\n").replace(
        "signal.SIGHUP: signal.SIG_DFL", "signal.SIGHUP: signal.SIG_IGN"
    )
    done = subprocess.run([sys.executable, "-c", code, str(int(signal.SIGHUP))], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_is_closed_keeps_no_command_from_its_exit_code():
    body = """
class Closed(io.TextIOBase):
    def write(self, text):
        raise OSError(5, "Input/output error")

def fail():
    sys.stderr = Closed()
    press()
"""
    assert pressed(body, signal.SIGHUP)[0] == 129


class TestWhereAnotherProgramRunsIt:
    @pytest.fixture(autouse=True)
    def handlers(self, monkeypatch):
        """A command that tells the handlers it sees; they are given back as they were."""
        before = {number: signal.getsignal(number) for number in TOLD}
        usual = {
            signal.SIGINT: signal.default_int_handler,
            signal.SIGTERM: signal.SIG_DFL,
            signal.SIGHUP: signal.SIG_DFL,
        }
        for number, handler in usual.items():
            signal.signal(number, handler)

        def tell():
            click.echo(" ".join(str(int(signal.getsignal(number) != usual[number])) for number in TOLD))

        monkeypatch.setitem(main_module.COMMANDS, "tell", ("tell", ""))
        monkeypatch.setitem(sys.modules, "tell", type("module", (), {"command": click.Command("tell", callback=tell)}))
        yield usual
        for number, handler in before.items():
            signal.signal(number, handler)

    def test_signals_are_its_own_again_afterwards(self, handlers):
        unraisable = sys.unraisablehook
        assert CliRunner().invoke(main, ["tell"]).output == "1 1 1\n"
        assert {number: signal.getsignal(number) for number in TOLD} == handlers
        assert sys.unraisablehook is unraisable

    def test_in_a_thread_it_runs_and_leaves_them_alone(self, handlers):
        found = []
        thread = Thread(target=lambda: found.append(CliRunner().invoke(main, ["tell"])))
        thread.start()
        thread.join()
        assert [(result.exit_code, result.output) for result in found] == [(0, "0 0 0\n")]
        assert {number: signal.getsignal(number) for number in TOLD} == handlers


WORKERS = """
from pathlib import Path
from tried_tasks import Desk, squares
from indexing.running.choice import chosen_runner
from indexing.running.tasks import ranges

def fail():
    with chosen_runner("local:2") as runner:
        list(runner.map(squares, ranges(4, 2, "numbers"), Desk(Path(sys.argv[3]), ((0, "hangs"), (1, "hangs")))))
"""


@pytest.mark.parametrize("whole", [True, False], ids=["all of its processes", "the command alone"])
def test_workers_end_with_it(root, tmp_path, whole):
    """systemd and schedulers tell all of its processes at once."""
    code = f"if __name__ == '__main__':\n{RUN.format(WORKERS).replace(chr(10), chr(10) + '    ')}"
    code = code.replace('params=[click.Argument(["given"])]', 'params=[click.Argument(["given"], nargs=-1)]')
    (tmp_path / "program.py").write_text(code)
    (tmp_path / "desk").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")])}
    words = [sys.executable, tmp_path / "program.py", "0", tmp_path / "desk"]
    pipes = {"stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env=environment, start_new_session=True, **pipes) as process:
        try:
            while len(begun := list((tmp_path / "desk").glob("try_*"))) < 2 and process.poll() is None:
                time.sleep(0.02)
            (os.killpg if whole else os.kill)(process.pid, signal.SIGTERM)
            said = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    assert (process.returncode, said.splitlines()[-1].partition(";")[0]) == (143, "heroic: stopped by SIGTERM")
    assert said.endswith("run the same command again: it passes over the parts that are finished\n")
    workers = {int(file.name.split("_")[2]) for file in begun}
    assert len(workers) == 2
    assert not any(os.path.exists(f"/proc/{worker}") for worker in workers)


def test_an_error_without_one_keeps_its_traceback():
    code, said, _ = pressed("def fail():\n    raise AttributeError('a bug')\n")
    assert code == 1
    assert said.splitlines()[-1] == "AttributeError: a bug"


def test_what_else_a_callback_loses_is_shown():
    body = "def lose():\n    raise ValueError('a bug')\n\ndef fail():\n    ctypes.CFUNCTYPE(None)(lose)()\n"
    code, said, _ = pressed(body)
    assert code == 0
    assert "ValueError: a bug" in said
