"""Where references lead: files, bytes in the catalogue's folder, URLs; what cannot be had says why."""

import http.server
import io
import os
import threading
from functools import partial
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from indexing.catalog.catalog import catalog_of
from indexing.catalog.pictures import (
    MOST_SCANS,
    PictureError,
    UnreachablePicture,
    decode,
    is_gone,
    load_picture,
    place_of,
    read_picture,
    url_of,
)
from indexing.encoders.pictures.picture_encoder import picture_states
from indexing.errors import InputError


@pytest.fixture
def server(tmp_path):
    """The address of a web server over the folder, on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/status/"):
                self.send_error(int(self.path.rpartition("/")[2]))
            else:
                super().do_GET()

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
    with pytest.raises(UnreachablePicture, match="cannot be fetched") as found:
        read_picture("http://127.0.0.1:9/a.png", catalog_of())
    assert not is_gone(str(found.value))


@pytest.mark.parametrize(
    ("status", "gone"), [(404, True), (403, True), (410, True), (408, False), (429, False), (500, False), (503, False)]
)
def test_a_picture_is_gone_where_its_server_answers_and_does_not_give_it(server, status, gone):
    with pytest.raises(UnreachablePicture) as found:
        read_picture(f"{server}/status/{status}", catalog_of())
    assert is_gone(str(found.value)) == gone


def test_a_file_that_is_not_there_is_gone_and_one_that_cannot_be_read_is_not(tmp_path):
    for name, gone in (("none.png", True), ("folder", False)):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(UnreachablePicture) as found:
            read_picture(name, catalog_of(pictures=tmp_path))
        assert is_gone(str(found.value)) == gone


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


def encoded(picture, kind="PNG", **options):
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def plain(mode, colour, size=(8, 6)):
    return Image.new(mode, size, colour)


def grey(dtype, value):
    return Image.fromarray(np.full((6, 8), value, dtype=dtype))


def palette():
    picture = Image.new("P", (8, 6), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    return picture


@pytest.mark.parametrize(
    ("picture", "kind", "colour"),
    [
        (plain("RGB", (200, 100, 50)), "PNG", (200, 100, 50)),
        (plain("L", 77), "PNG", (77, 77, 77)),
        (plain("1", 1), "PNG", (255, 255, 255)),
        (palette(), "PNG", (200, 100, 50)),
        (plain("CMYK", (0, 255, 255, 0)), "TIFF", (255, 0, 0)),
        (plain("LA", (50, 255)), "PNG", (50, 50, 50)),
        (plain("RGBA", (200, 0, 0, 255)), "PNG", (200, 0, 0)),
        (grey(np.uint16, 257 * 128), "PNG", (128, 128, 128)),
        (grey(np.uint16, 257), "PNG", (1, 1, 1)),
        (grey(np.int32, 257 * 128), "TIFF", (128, 128, 128)),
        (grey(np.int32, 128), "TIFF", (128, 128, 128)),
        (grey(np.float32, 0.5), "TIFF", (128, 128, 128)),
        (grey(np.float32, 64.0), "TIFF", (64, 64, 64)),
        (grey(np.float32, np.nan), "TIFF", (0, 0, 0)),
    ],
)
def test_every_mode_becomes_rgb(picture, kind, colour):
    found = decode(encoded(picture, kind))
    assert (found.mode, found.size) == ("RGB", (8, 6))
    assert found.getpixel((3, 3)) == colour


@pytest.mark.parametrize(
    "picture", [plain("RGBA", (255, 0, 0, 0)), plain("LA", (0, 0)), plain("RGBA", (255, 255, 255, 100))]
)
def test_what_is_transparent_is_white(picture):
    assert decode(encoded(picture)).getpixel((0, 0)) == (255, 255, 255)


def test_half_transparent_red_is_pink():
    assert decode(encoded(plain("RGBA", (255, 0, 0, 128)))).getpixel((0, 0)) == (255, 127, 127)


@pytest.mark.parametrize(
    ("picture", "clear"), [(palette(), 1), (plain("RGB", (9, 9, 9)), (9, 9, 9)), (plain("L", 9), 9)]
)
def test_a_transparent_colour_is_white(picture, clear):
    assert decode(encoded(picture, transparency=clear)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (7, 0)), (3, (7, 7)), (4, (0, 7)), (5, (0, 0)), (6, (7, 0)), (8, (0, 7))],
)
def test_a_picture_is_turned_as_its_exif_says(orientation, corner):
    picture = plain("RGB", "lime", (8, 8))
    picture.paste("red", (0, 0, 4, 4))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = decode(encoded(picture, exif=exif))
    corners = [(0, 0), (7, 0), (0, 7), (7, 7)]
    assert [place for place in corners if turned.getpixel(place) == (255, 0, 0)] == [corner]


def test_a_turned_picture_has_its_sides_swapped():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encoded(plain("RGB", "red", (8, 6)), exif=exif)).size == (6, 8)


def test_of_an_animation_the_first_frame_counts():
    content = encoded(plain("RGB", "red"), "GIF", save_all=True, append_images=[plain("RGB", "blue")])
    assert decode(content).getpixel((0, 0)) == (255, 0, 0)


def test_a_jpeg_may_be_decoded_smaller_but_not_below_the_side():
    content = encoded(plain("RGB", "red", (800, 1600)), "JPEG")
    assert decode(content).size == (800, 1600)
    assert decode(content, side=100).size == (100, 200)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_cut_picture_cannot_be_decoded(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = encoded(noise, kind)
    with pytest.raises(PictureError, match="cannot be decoded"):
        decode(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><p>Not found", b"", b"\xff\xd8\xff"])
def test_what_is_no_picture_says_how_it_begins(content):
    with pytest.raises(PictureError, match="no picture: begins with") as caught:
        decode(content)
    assert repr(content[:12]) in str(caught.value)


def test_an_enormous_picture_is_not_decoded():
    assert decode(encoded(plain("RGB", "red")), most_pixels=48).size == (8, 6)
    with pytest.raises(PictureError, match="enormous: 8 x 6 pixels"):
        decode(encoded(plain("RGB", "red")), most_pixels=47)


def test_no_more_pixels_are_decoded_than_memory_is_planned_for():
    with pytest.raises(PictureError, match="enormous: 8001 x 8000 pixels"):
        decode(encoded(Image.new("1", (8001, 8000))))


def test_a_decompression_bomb_is_enormous(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(PictureError, match="enormous: a decompression bomb"):
        decode(encoded(plain("RGB", "red")))


def test_a_reference_leads_from_the_folder_of_pictures(tmp_path, draw):
    catalog = catalog_of(pictures=tmp_path)
    assert load_picture(draw("a.png"), catalog).size == (96, 96)
    assert load_picture(str(tmp_path / "a.png"), catalog).size == (96, 96)


def test_a_picture_given_as_bytes_is_read_from_its_place(tmp_path):
    content = encoded(plain("RGB", "red"))
    (tmp_path / "pictures.bin").write_bytes(b"before" + content + b"after")
    catalog = catalog_of(folder=tmp_path)
    assert load_picture(f"pictures.bin#6:{len(content)}", catalog).getpixel((0, 0)) == (255, 0, 0)


def test_a_file_name_may_hold_the_mark_of_a_place(tmp_path, draw):
    draw("a#1:2.png")
    assert load_picture("a#1:2.png", catalog_of(pictures=tmp_path)).size == (96, 96)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [("none.jpg", "no such file"), ("folder", "cannot be read"), ("a\0b", "cannot be read"), ("x" * 999, "cannot be")],
)
def test_an_absent_picture_has_its_reason(tmp_path, reference, reason):
    (tmp_path / "folder").mkdir()
    with pytest.raises(PictureError, match=reason):
        load_picture(reference, catalog_of(pictures=tmp_path))


def test_the_state_of_pictures_changes_with_their_files(tmp_path, draw):
    for name in ("a.png", "b#1.png"):
        catalog = catalog_of(images=[name], pictures=tmp_path)
        absent = picture_states(catalog)
        draw(name, "red")
        red = picture_states(catalog)
        draw(name, "blue", size=(50, 50))
        assert len({absent, red, picture_states(catalog)}) == 3


def test_the_state_of_a_picture_with_an_impossible_name_is_absent(tmp_path):
    assert picture_states(catalog_of(images=["a\0b"], pictures=tmp_path)) != picture_states(catalog_of())


def progressive(scans):
    """A progressive JPEG whose last scan is repeated until it has so many."""
    content = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(content, "JPEG", progressive=True)
    whole = content.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * (scans - whole.count(b"\xff\xda")) + whole[-2:]


def test_a_jpeg_of_scans_without_end_is_not_decoded():
    assert decode(progressive(MOST_SCANS)).size == (32, 32)
    with pytest.raises(PictureError, match="enormous: 101 scans of a JPEG"):
        decode(progressive(MOST_SCANS + 1))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreachablePicture, match="is a pipe or a device"):
        read_picture("pipe", catalog_of(pictures=tmp_path))


def test_a_place_beyond_all_files_is_unreachable(tmp_path):
    (tmp_path / "pictures.bin").write_bytes(drawn())
    with pytest.raises(UnreachablePicture, match="cannot be read"):
        read_picture(f"pictures.bin#{10**30}:5", catalog_of(folder=tmp_path))


def test_what_begins_as_a_url_and_is_none_is_unreachable():
    with pytest.raises(UnreachablePicture, match="cannot be fetched"):
        read_picture("http://[x", catalog_of())
    assert place_of("HTTP://[x") == "http://"
