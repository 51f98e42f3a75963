"""Ctrl-C ends a command in one line, wherever it comes."""

import subprocess
import sys

import pytest

RUN = """
import ctypes, os, signal, sys, time, types
import click
from scripts import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it, which is inherited

def press():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)

{}

sys.modules["fail"] = types.SimpleNamespace(command=click.Command("fail", callback=fail))
main.COMMANDS["fail"] = ("fail", "")
sys.argv = ["heroic", "fail"]
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


@pytest.mark.parametrize("place", PLACES)
def test_it_is_one_line_and_exit_code_130(place):
    done = subprocess.run([sys.executable, "-c", RUN.format(PLACES[place])], capture_output=True, text=True, timeout=25)
    assert (done.returncode, done.stderr, done.stdout) == (130, "heroic: interrupted\n", "")


def test_an_error_without_one_keeps_its_traceback():
    code = RUN.format("def fail():\n    raise AttributeError('a bug')\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "AttributeError: a bug"


def test_what_else_a_callback_loses_is_shown():
    code = RUN.format("def lose():\n    raise ValueError('a bug')\n\ndef fail():\n    ctypes.CFUNCTYPE(None)(lose)()\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "ValueError: a bug" in done.stderr
