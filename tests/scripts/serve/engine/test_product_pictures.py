"""Pictures that cannot be had are waited for shortly, and not tried again at once."""

import io
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from PIL import Image

from indexing.catalog.catalog import catalog_of
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.product_pictures import FORGOTTEN_S, NotShown, ProductPictures

HERE = frozenset({"127.0.0.1"})


@pytest.fixture
def silent():
    """The address of a host that takes requests and answers none, and what it was asked for."""
    asked, over = [], Event()

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            over.wait(30)

        def log_message(self, *given):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as host:
        thread = Thread(target=host.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{host.server_port}", asked
        over.set()
        host.shutdown()
        thread.join()


def test_a_host_that_does_not_answer_is_left_and_not_asked_again_at_once(silent):
    address, asked = silent
    now = [0.0]
    catalog = catalog_of(images=(f"{address}/a.jpg",))
    pictures = ProductPictures(replace(LIMITS, fetch_s=0.2), HERE, clock=lambda: now[0])
    for at, count in ((0.0, 1), (FORGOTTEN_S - 1, 1), (FORGOTTEN_S, 2)):
        now[0] = at
        with pytest.raises(NotShown, match="cannot be fetched"):
            pictures.paint(catalog, "version", 0, 0, 96)
        assert len(asked) == count, at


def test_a_picture_that_is_mended_is_shown_after_a_while(tmp_path):
    now = [0.0]
    catalog = catalog_of(images=("a.png",), pictures=tmp_path)
    pictures = ProductPictures(LIMITS, clock=lambda: now[0])
    with pytest.raises(NotShown, match="no such file"):
        pictures.paint(catalog, "version", 0, 0, 96)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    with pytest.raises(NotShown, match="no such file"):
        pictures.paint(catalog, "version", 0, 0, 192)
    now[0] = FORGOTTEN_S
    assert pictures.paint(catalog, "version", 0, 0, 192).startswith(b"\xff\xd8")


def test_a_fetch_ends_before_the_work_does():
    assert LIMITS.fetch_s < LIMITS.work_s


@pytest.fixture
def leading():
    """A host whose addresses lead on: `/to/URL` to that URL, anything else is a picture; and what it was asked for."""
    asked, content = [], io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")

    class Host(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            onward = self.path.partition("/to/")[2]
            self.send_response(302 if onward else 200)
            self.send_header(*(("Location", onward) if onward else ("Content-Type", "image/png")))
            self.send_header("Content-Length", "0" if onward else str(len(content.getvalue())))
            self.end_headers()
            if not onward:
                self.wfile.write(content.getvalue())

        def log_message(self, *given):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as host:
        thread = Thread(target=host.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{host.server_port}", host.server_port, asked
        host.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "onward", ["http://localhost:{port}/secret", "//localhost:{port}/secret", "/to/http://localhost:{port}/secret"]
)
def test_a_host_leads_to_no_other_one(leading, onward):
    address, port, asked = leading
    path = f"/to/{onward.format(port=port)}"
    with pytest.raises(NotShown, match="cannot be fetched"):
        ProductPictures(LIMITS, HERE).paint(catalog_of(images=(address + path,)), "version", 0, 0, 96)
    assert asked[0] == path
    assert "/secret" not in asked


@pytest.mark.parametrize("onward", ["/a.png", "http://localhost:{port}/a.png"])
def test_a_host_leads_to_itself_and_to_those_that_were_named(leading, onward):
    address, port, asked = leading
    pictures = ProductPictures(LIMITS, HERE | {"localhost"})
    path = f"/to/{onward.format(port=port)}"
    assert pictures.paint(catalog_of(images=(address + path,)), "version", 0, 0, 96).startswith(b"\xff\xd8")
    assert asked[:2] == [path, "/a.png"]
