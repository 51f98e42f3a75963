"""What a user or the machine did wrong is a line; a bug is none."""

import errno
import os

import pytest

from indexing.errors import InputError
from scripts.terminal.mistakes import told


def test_a_mistake_is_its_own_words_on_one_line():
    assert told(InputError("f: first\nsecond")) == "f: first second"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "a/b: Permission denied: allow it to be read or written, or name another"),
        (errno.ENOSPC, "a/b: No space left on device: make room, then run it again"),
        (errno.EMFILE, "a/b: Too many open files: allow more open files (ulimit -n)"),
        (errno.ENODEV, "a/b: No such device: name another"),
    ],
)
def test_what_the_system_refuses_names_the_file_and_a_remedy(number, said):
    assert told(OSError(number, os.strerror(number), "a/b")) == said
    assert told(OSError(number, os.strerror(number), b"a/b")) == said
    assert told(OSError(number, os.strerror(number))) == said.removeprefix("a/b: ")


def test_too_little_memory_is_said_with_what_helps():
    assert told(MemoryError("Unable to allocate 7 TiB")).startswith(
        "not enough memory (Unable to allocate 7 TiB): give"
    )
    assert told(MemoryError()).startswith("not enough memory (no more is given): ")


def test_a_name_that_is_no_utf8_is_shown_as_it_is():
    with pytest.raises(UnicodeEncodeError) as found:
        "a\udcff.csv".encode()
    assert told(found.value) == "'a\\udcff.csv': is no text in UTF-8: rename it, or write it otherwise"


@pytest.mark.parametrize("bug", [ValueError("x"), OSError("x"), BrokenPipeError(errno.EPIPE, "x"), KeyError("x")])
def test_a_bug_and_a_closed_pipe_are_left_to_others(bug):
    assert told(bug) is None
