"""Streams that Arrow reads in a thread of its own: no further ahead than is used, and let go of."""

import subprocess
import sys
import threading

import pyarrow as pa
import pyarrow.csv

from indexing.files.content.paced_stream import AHEAD, paced


class Counted:
    """It gives lines without an end, and counts how often."""

    def __init__(self):
        self.given, self.closed = 0, False

    def read(self, size):
        self.given += 1
        return b"1,a\n" * (size // 4)

    def close(self):
        self.closed = True


def test_no_more_is_read_than_is_used_but_for_a_few_blocks(monkeypatch):
    monkeypatch.setattr("indexing.files.content.paced_stream.PATIENCE_S", 60)
    stream = Counted()
    with paced(stream) as content:
        read = threading.Thread(target=lambda: [content.read(8) for _ in range(AHEAD + 2)])
        read.start()
        content.used()
        read.join(1)
        assert (stream.given, read.is_alive()) == (AHEAD + 1, True)
    read.join()
    assert (stream.given, stream.closed) == (AHEAD + 1, True)


def test_it_ends_when_nobody_reads_on():
    stream = Counted()
    with paced(stream) as content:
        reader = pyarrow.csv.open_csv(pa.PythonFile(content, "r"), pyarrow.csv.ReadOptions(block_size=1 << 12))
        assert len(next(reader)) > 0
        content.end()
        assert sum(1 for _ in reader) <= AHEAD + 1
        del reader
    assert stream.closed
    assert content.closed


def test_it_is_not_left_while_a_thread_holds_what_it_gave_or_called(monkeypatch):
    monkeypatch.setattr("indexing.files.content.paced_stream.LETTING_GO_S", 60)
    held, handler, left = [], Counted(), threading.Event()

    def let_go():
        while held:
            left.wait(0.02)  # not yet, while the stream may be left
            held.pop()

    with paced(Counted(), handler) as content:
        held += [content.read(8), content.read(8), handler]
        thread = threading.Thread(target=let_go)
        thread.start()
    assert held == []
    thread.join()


def test_a_program_that_has_looked_at_the_first_rows_alone_ends_well(tmp_path):
    with (tmp_path / "p.csv").open("w") as file:
        file.write("id,title\n")
        file.writelines(f"{row},{'чайник ' * 40}\n" for row in range(60_000))
    program = "import sys; from indexing.files.tables import open_table; next(iter(open_table(sys.argv[1]).blocks(9)))"
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "p.csv")], timeout=120, check=False)
        assert done.returncode == 0
