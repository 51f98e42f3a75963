"""What docs/serve holds is tried: the unit, the container's command, a proxy in front of a server; and a copy of its labels."""

import json
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from click.testing import CliRunner
from served import V1, Client, Reply, served

from reranking.labels.settled import read_settled
from scripts.commands.serve import command
from scripts.serve.engine.current import Current
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources

NAME = "match.example"


@pytest.fixture(scope="module")
def files(root):
    return root / "docs" / "serve"


def unit_words(content):
    line = content.replace("\\\n", " ").partition("ExecStart=")[2].partition("\n")[0].split()
    assert line[:2] == ["/opt/heroic/bin/heroic", "serve"]
    return line[2:]


@pytest.fixture
def options(monkeypatch):
    """What words of a command line would have served."""
    given = []
    monkeypatch.setattr("scripts.serve.server.serve", lambda options, say: given.append(options))

    def understood(words):
        assert CliRunner().invoke(command, words, catch_exceptions=False).exit_code == 0
        return given[-1]

    return understood


def test_the_unit_starts_what_there_is(files, options):
    assert options(unit_words((files / "heroic.service").read_text())).behind_proxy


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(files, tmp_path):
    unit = (files / "heroic.service").read_text().replace("/opt/heroic/bin/heroic", "/bin/true")
    (tmp_path / "heroic.service").write_text(unit)
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / "heroic.service"], capture_output=True, text=True)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "heroic.service" in line]) == (0, [])


def test_the_container_starts_what_there_is(files, options):
    content = (files / "Dockerfile").read_text().replace("\\\n", " ")
    entry = json.loads(next(line for line in content.splitlines() if line.startswith("ENTRYPOINT")).partition(" ")[2])
    more = content.partition("docker run ")[2].splitlines()[0].partition(" heroic ")[2].split()
    assert entry[:2] == ["heroic", "serve"]
    assert options([*entry[2:], *more]).secure


@dataclass
class Proxied(Client):
    """A client that comes by https through a proxy, under the name that it is called by."""

    context: ssl.SSLContext | None = None

    def ask(self, method, address, body=None, headers=None):
        connection = HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self.context)
        connection.request(method, address, body, {"Host": NAME, **self.headers, **(headers or {})})
        reply = Reply.of(connection.getresponse())
        connection.close()
        return reply


@contextmanager
def proxy(files, folder, port):
    """nginx with the file of docs/serve before a server on this port; yields its own, and what trusts its certificate."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"]
    subprocess.run(
        [*made, "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    conf = (files / "nginx.conf").read_text().replace("listen 443", f"listen 127.0.0.1:{own}")
    conf = conf.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace("/etc/heroic/", f"{folder}/")
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"user root; daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ access_log off; {temporary} {conf} }}"
    (folder / "nginx.conf").write_text(whole)
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"])
    try:
        for _ in range(500):
            with socket.socket() as looking:
                if looking.connect_ex(("127.0.0.1", own)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.02)
        context = ssl.create_default_context(cafile=folder / "certificate.pem")
        context.check_hostname = False
        yield own, context
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None, reason="needs nginx (apt-get install nginx-light)"
)
def test_behind_a_proxy_people_and_programs_come_by_https(files, sample_index, tmp_path):
    how = {"names": frozenset({NAME}), "secure": True}
    with (
        served(Current(Sources(sample_index)), tmp_path, **how) as door,
        proxy(files, tmp_path, door.port) as (port, context),
    ):
        program = Proxied(port, {"Authorization": f"Bearer {door.tokens['read']}"}, context)
        assert program.get(f"{V1}/index").status == 200
        assert program.get(f"{V1}/products/a%2Fb%3F%20c").error.startswith("id 'a/b? c' is not in the catalogue")
        assert program.get(f"{V1}/index").headers["strict-transport-security"]
        assert Proxied(port, {**program.headers, "Host": "other.example"}, context).get(f"{V1}/index").status == 421
        large = [("picture", "a.png", b"x" * (LIMITS.form_bytes + 1))]
        assert "more than" in program.send(f"{V1}/search", large).error  # the server says it, not the proxy
        site = {"Origin": f"https://{NAME}", "Sec-Fetch-Site": "same-origin"}
        person = Proxied(port, site, context)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        entered = person.ask("POST", "/enter", f"token={door.tokens['label']}".encode(), form)
        assert (entered.status, "Secure" in entered.headers["set-cookie"]) == (200, True)
        person.headers["Cookie"] = entered.headers["set-cookie"].partition(";")[0]
        assert person.post(f"{V1}/search", {"text": "usb"}).status == 200
        foreign = person.post(f"{V1}/search", {"text": "usb"}, Origin="https://evil.example")
        assert foreign.status == 403


def by_library(store, copy):
    with sqlite3.connect(store) as source, sqlite3.connect(copy) as destination:
        source.backup(destination)
    source.close()
    destination.close()


def by_program(store, copy):
    if shutil.which("sqlite3") is None:
        pytest.skip("needs the program sqlite3")
    subprocess.run(["sqlite3", store, f".backup '{copy}'"], check=True)


@pytest.mark.parametrize("copied", [by_library, by_program])
def test_a_copy_of_the_labels_while_people_label_holds_what_was_answered(copied, sample_index, tmp_path):
    current, store = Current(Sources(sample_index)), tmp_path / "labels.db"
    with served(current, tmp_path, desks=LabelDesks(store, current, LIMITS, budget=20)) as door:
        client, asked = door.client("label"), []
        pair = client.get(f"{V1}/labels/next").json["pair"]
        for count in range(5):
            if count == 3:
                copied(store, tmp_path / "copy.db")
            asked.append({pair["left"]["id"], pair["right"]["id"]})
            verdict = {"left": pair["left"]["id"], "right": pair["right"]["id"], "verdict": "match"}
            pair = client.post(f"{V1}/labels", verdict).json["pair"]
    found = [read_settled(path) for path in (tmp_path / "copy.db", store)]
    kept = [list(map(set, zip(one.left.to_pylist(), one.right.to_pylist(), strict=True))) for one in found]
    assert kept == [asked[:3], asked]
    assert not Path(f"{tmp_path}/copy.db-wal").exists()
