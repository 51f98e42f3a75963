"""Where references lead: files, bytes in the catalogue's folder, URLs; what cannot be had says why."""

import http.server
import io
import threading
from functools import partial
from pathlib import Path

import fsspec
import pytest
from PIL import Image

from indexing.catalog.catalog import catalog_of
from indexing.catalog.images import load_picture
from indexing.catalog.pictures import PictureError, UnreachablePicture, place_of, read_picture, url_of
from indexing.errors import InputError


@pytest.fixture
def server(tmp_path):
    """The address of a web server over the folder, on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    thread.join()
    found.server_close()


def drawn():
    content = io.BytesIO()
    Image.new("RGB", (9, 7), "red").save(content, "PNG")
    return content.getvalue()


def test_a_picture_is_fetched_from_a_web_server(server, tmp_path, draw):
    draw("a.png")
    assert load_picture(f"{server}/a.png", catalog_of()).size == (96, 96)


def test_what_a_web_server_does_not_have_is_unreachable(server):
    with pytest.raises(UnreachablePicture, match="no such file"):
        read_picture(f"{server}/none.png", catalog_of())


def test_a_server_that_is_not_there_is_unreachable():
    with pytest.raises(UnreachablePicture, match="cannot be fetched"):
        read_picture("http://127.0.0.1:9/a.png", catalog_of())


def test_a_picture_is_read_from_any_file_system_of_fsspec(tmp_path, draw):
    with fsspec.open("memory://shop/a.png", "wb") as file:
        file.write(drawn())
    assert load_picture("memory://shop/a.png", catalog_of()).size == (9, 7)
    draw("a.png")
    assert load_picture(f"file://{tmp_path}/a.png", catalog_of()).size == (96, 96)


def test_the_folder_of_pictures_may_be_a_url():
    with fsspec.open("memory://shop/more/a.png", "wb") as file:
        file.write(drawn())
    catalog = catalog_of(pictures=Path("memory://shop"))
    assert load_picture("more/a.png", catalog).size == (9, 7)


@pytest.mark.parametrize(
    ("reference", "pictures", "url"),
    [
        ("s3://b/a.png", "x", "s3://b/a.png"),
        ("a.png", "s3://b/folder", "s3://b/folder/a.png"),
        ("a.png", "folder", None),
        ("/a.png", "s3://b", None),
        ("pictures.bin#0:9", "s3://b", None),
        ("c:a.png", "x", None),
    ],
)
def test_what_is_a_url(reference, pictures, url):
    assert url_of(reference, Path(pictures)) == url


def test_a_place_is_the_host_or_bucket():
    assert place_of("https://cdn.shop.com/a/b.png?x=1") == "https://cdn.shop.com"
    assert place_of("s3://bucket/a.png") == "s3://bucket"


def test_a_file_system_without_its_package_says_which(monkeypatch):
    def missing(url, mode):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "open", missing)
    with pytest.raises(InputError, match=r"pictures at s3://b: s3:// needs another package .Install s3fs"):
        read_picture("s3://b/a.png", catalog_of())


def test_without_fsspec_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(InputError, match=r"URLs need fsspec: pip install 'heroic\[urls\]'"):
        read_picture("memory://shop/a.png", catalog_of())


def test_an_unknown_kind_of_url_is_unreachable():
    with pytest.raises(UnreachablePicture, match=r"cannot be fetched: .*nosuch"):
        read_picture("nosuch://a.png", catalog_of())


def test_an_enormous_file_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.catalog.pictures.MOST_BYTES", 1024 * 1024)
    (tmp_path / "a.png").write_bytes(b"x" * (1024 * 1024 + 1))
    for reference in ("a.png", f"file://{tmp_path}/a.png", f"a.png#0:{1024 * 1024 + 1}"):
        with pytest.raises(PictureError, match="enormous: more than 1 MiB"):
            read_picture(reference, catalog_of(pictures=tmp_path, folder=tmp_path))
