"""Main and extra pictures of products: pooled, encoded once, set aside with a reason, an outage told."""

from dataclasses import dataclass, field
from threading import Semaphore
from time import sleep

import numpy as np
import pytest

from indexing.catalog.pictures import UnreachablePicture, read_picture
from indexing.encoders.pictures.decoding import AHEAD
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.pictures.picture_encoder import FETCHED_AT_ONCE, PictureEncoder
from indexing.encoders.thumbnail import ThumbnailModel
from indexing.errors import Unfinished
from indexing.vectors.vectors import unit_rows


@dataclass(frozen=True)
class Counted(ThumbnailModel):
    """The thumbnail, which counts the pictures that it is given."""

    batch: int = 2
    sizes: list[int] = field(default_factory=list)

    def encode_pixels(self, pixels):
        self.sizes.append(len(pixels))
        return super().encode_pixels(pixels)


@pytest.fixture
def encode(catalog_of):
    def run(images, *, extra=False, model=None, patience=None):
        patience = patience or Patience()
        encoder = PictureEncoder("thumbnail", model or ThumbnailModel(), extra, patience=patience)
        return encoder.encode(catalog_of(images=images))

    return run


def test_extra_pictures_are_the_mean_of_their_rows(encode, draw):
    red, blue, green = (draw(f"{name}.png", name) for name in ("red", "blue", "green"))
    rows = encode([[red], [blue], [green]]).rows
    extra = encode([[red, blue, green], [red, green], [red], []], extra=True).rows
    np.testing.assert_allclose(extra[0], unit_rows((rows[1] + rows[2])[None])[0], atol=1e-6)
    np.testing.assert_allclose(extra[1], rows[2], atol=1e-6)
    assert not extra[2:].any()


def test_identical_pictures_are_encoded_once(encode, draw, tmp_path):
    red = draw("red.png", "red")
    (tmp_path / "again.png").write_bytes((tmp_path / red).read_bytes())
    model = Counted()
    rows = encode([[red], ["again.png"], [draw("blue.png", "blue")], [red], [draw("tan.png", "tan")]], model=model).rows
    assert sum(model.sizes) == 3
    assert max(model.sizes) <= model.batch
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[3])


def test_what_cannot_be_used_is_told_for_every_product_that_shows_it(encode, draw, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"<html>")
    (tmp_path / "bad2.jpg").write_bytes(b"<html>")
    encoded = encode([["bad.jpg"], [draw("a.png")], ["bad2.jpg"], ["none.png"]])
    assert [(reject.id, reject.value) for reject in encoded.rejects] == [
        ("0", "bad.jpg"),
        ("2", "bad2.jpg"),
        ("3", "none.png"),
    ]
    assert encoded.rejects[0].reason == encoded.rejects[1].reason == "no picture: begins with b'<html>'"
    assert np.any(encoded.rows, axis=1).tolist() == [False, True, False, False]


def test_one_bad_extra_picture_leaves_the_others(encode, draw):
    red, blue = draw("red.png", "red"), draw("blue.png", "blue")
    encoded = encode([[red, "none.png", blue]], extra=True)
    np.testing.assert_allclose(encoded.rows, encode([[blue]]).rows, atol=1e-6)
    assert [reject.reason for reject in encoded.rejects] == ["no such file"]


def test_a_place_that_answers_nothing_at_all_is_told(encode):
    images = [[f"memory://gone/{number}.png"] for number in range(20)]
    with pytest.raises(Unfinished, match=r"none of 20 pictures at memory://gone can be fetched .the first: no such"):
        encode(images)
    assert len(encode(images[:19]).rejects) == 19  # so few may be bad each on its own
    assert len(encode(images, patience=Patience(endless=True)).rejects) == 20


@pytest.mark.parametrize("place", ["memory://gone", "nopic"])
def test_after_two_hundred_in_a_row_of_one_host_or_folder_no_more_are_tried(encode, place, monkeypatch):
    tried = []
    monkeypatch.setattr(
        "indexing.encoders.pictures.decoding.read_picture", lambda *asked: tried.append(asked) or read_picture(*asked)
    )
    images = [[f"{place}/{number}.png"] for number in range(5_000)]
    with pytest.raises(
        Unfinished, match=rf"200 pictures in a row .*{place} cannot be had .the first: {place}/0.png: no such"
    ):
        encode(images)
    assert 200 <= len(tried) <= 200 + AHEAD


def test_in_a_row_means_without_one_of_the_same_place_that_is_there(encode, draw, tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / draw("here.png")).write_bytes((tmp_path / "here.png").read_bytes())
    gone = [[f"half/{number}.png"] for number in range(300)]
    assert len(encode([*gone[:199], ["half/here.png"], *gone[199:]]).rejects) == 300
    with pytest.raises(Unfinished, match=r"200 pictures in a row in the folder .*half"):
        encode([*gone[:199], ["here.png"], *gone[199:]])


def test_what_cannot_be_had_is_counted_on_from_block_to_block(catalog_of):
    encoder = PictureEncoder("thumbnail", ThumbnailModel())
    blocks = [catalog_of(images=[[f"gone/{block}-{number}.png"] for number in range(90)]) for block in range(3)]
    assert [len(encoder.encode(block).rejects) for block in blocks[:2]] == [90, 90]
    with pytest.raises(Unfinished, match="200 pictures in a row"):
        encoder.encode(blocks[2])


def test_urls_are_waited_for_side_by_side(encode, monkeypatch):
    together, most = Semaphore(FETCHED_AT_ONCE), []

    def slow(reference, catalog):
        with together:
            most.append(FETCHED_AT_ONCE - together._value)
            sleep(0.02)
        raise UnreachablePicture("no such file")

    monkeypatch.setattr("indexing.encoders.pictures.decoding.read_picture", slow)
    encode([[f"https://a{number}/b.png"] for number in range(64)])
    assert max(most) > 8


def test_missing_files_are_no_outage(encode):
    assert len(encode([[f"{number}.png"] for number in range(30)]).rejects) == 30


def test_what_was_gone_before_and_is_still_is_no_outage(encode, monkeypatch):
    images = [[f"memory://gone/{number}.png"] for number in range(300)]
    gone = frozenset(name for names in images for name in names)
    assert len(encode(images, patience=Patience(gone=gone).anew()).rejects) == 300
    with pytest.raises(Unfinished, match="200 pictures in a row"):
        encode(images, patience=Patience(gone=frozenset(list(gone)[:100])))

    def down(reference, catalog):
        raise UnreachablePicture("cannot be fetched: no answer")

    monkeypatch.setattr("indexing.encoders.pictures.decoding.read_picture", down)
    with pytest.raises(Unfinished, match="200 pictures in a row"):
        encode(images, patience=Patience(gone=gone))
