"""A server is started as a process of its own, with a token for the load, over a folder whose index can be exchanged."""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from scripts.serve.safety.tokens import Role, add_token

V1 = "/api/v1"
READING_S = 300.0  # that a server may take to read a catalogue
Request = tuple[str, str, bytes | None, str]  # method, address, body and its type


@dataclass
class Started:
    """It is a running server: where it listens, for whom, how long it took to be ready, and the index that it serves."""

    port: int
    token: str
    ready_s: float
    process: "subprocess.Popen[str]"
    index: Path
    ready_cpu_s: float = 0.0

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, connection: HTTPConnection, request: Request) -> None:
        """Ask once, and read the answer. Raises ValueError for one that is not 200."""
        method, address, body, kind = request
        connection.request(method, address, body, {"Authorization": f"Bearer {self.token}", "Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise ValueError(f"{method} {address}: {answer.status} {content[:200]!r}")

    def ask_until_ready(self, connection: HTTPConnection, request: Request) -> None:
        """Ask again as long as the server says that it is still reading the catalogue."""
        end = time.perf_counter() + READING_S
        while True:
            try:
                return self.ask(connection, request)
            except ValueError as error:
                if ": 503 " not in str(error) or time.perf_counter() > end:
                    raise
                time.sleep(0.5)

    def rss_mib(self) -> float:
        """Return the memory that the server holds, with the pages of files that it has mapped."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return round(pages * resource.getpagesize() / 2**20, 1)

    def private_mib(self) -> float:
        """Return the memory that is the server's own, without pages of files."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        kib = sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Dirty", "Swap:")))
        return round(kib / 1024, 1)

    def cpu_s(self) -> float:
        """Return the seconds of processors that the server took so far: what other work of the machine does not change much."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def exchange(self) -> None:
        """Put another folder with the same content in the place of the index, as a rebuild does."""
        newer, older = (self.index.with_name(f"index.{name}") for name in ("newer", "older"))
        linked(self.index, newer)
        self.index.rename(older)
        newer.rename(self.index)
        shutil.rmtree(older)


def linked(folder: Path, copy: Path) -> None:
    """Make a copy of a folder whose files are the same files, where the file system lets it."""
    try:
        shutil.copytree(folder, copy, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)


@contextmanager
def serving(index: Path, model: Path | None) -> Iterator[Started]:
    """Serve a linked copy of an index until the end of the block."""
    with tempfile.TemporaryDirectory(dir=index.resolve().parent) as folder:
        own = Path(folder) / "index"
        linked(index, own)
        token = add_token(Path(folder) / "tokens.json", "load", Role.READ, 1)
        words = ["serve", str(own), "--port", "0", "--tokens", f"{folder}/tokens.json"]
        words += [] if model is None else ["--model", str(model)]
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "scripts.main", *words], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            process.stdout.readline()
            where = re.search(r":(\d+)", process.stdout.readline())
            assert where is not None, "the server did not start"
            started = Started(int(where[1]), token, 0.0, process, own)
            started.ask(started.connect(), ("GET", f"{V1}/ready", None, ""))
            started.ready_s, started.ready_cpu_s = time.perf_counter() - begun, started.cpu_s()
            yield started
        finally:
            process.terminate()
            process.wait()
