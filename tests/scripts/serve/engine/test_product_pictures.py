"""Pictures that cannot be had are waited for shortly, and not tried again at once."""

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
