"""Pictures prepared by threads: in order, each content once, few at a time, each fault with its reason."""

import threading

import numpy as np
import pytest

from indexing.catalog.catalog import catalog_of
from indexing.encoders.pictures.decoding import PictureDecoding


@pytest.fixture
def decoding(tmp_path):
    """A decoding of the folder's pictures to their mean colours."""

    def prepare(picture):
        return np.asarray(picture.resize((1, 1)))

    return PictureDecoding(catalog_of(pictures=tmp_path), prepare, workers=3)


def test_answers_come_in_order_and_each_content_is_decoded_once(decoding, draw):
    names = [draw(f"{number}.png", "red" if number % 2 else (number, 0, 0)) for number in range(20)]
    answers = list(decoding.run(names))
    assert [answer.reference for answer in answers] == names
    assert len({answer.digest for answer in answers}) == 11
    assert sum(answer.pixels is not None for answer in answers) == 11
    assert {answer.digest for answer in answers[1::2]} == {answers[1].digest}


def test_each_fault_has_its_reason_and_stops_nothing(decoding, draw, tmp_path):
    draw("whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "html.jpg").write_bytes(b"<!DOCTYPE html><p>Not found")
    (tmp_path / "empty.png").write_bytes(b"")
    answers = list(decoding.run(["cut.png", "html.jpg", "empty.png", "none.png", "whole.png"]))
    reasons = [answer.reason.split(":")[0] for answer in answers]
    assert reasons == ["cannot be decoded", "no picture", "no picture", "no such file", ""]
    assert [answer.unreachable for answer in answers] == [False, False, False, True, False]
    assert answers[4].pixels is not None


def test_few_pictures_are_held_at_a_time(tmp_path, draw, monkeypatch):
    monkeypatch.setattr("indexing.encoders.pictures.decoding.AHEAD", 4)
    begun, lock = [], threading.Lock()

    def prepare(picture):
        with lock:
            begun.append(picture.size)
        return np.zeros((1, 1, 3), dtype=np.uint8)

    names = [draw(f"{number}.png", size=(40 + number, 40)) for number in range(12)]
    for taken, _ in enumerate(PictureDecoding(catalog_of(pictures=tmp_path), prepare).run(names)):
        assert len(begun) <= taken + 4
    assert len(begun) == 12


def test_an_error_in_preparing_is_told(tmp_path, draw):
    def prepare(picture):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        list(PictureDecoding(catalog_of(pictures=tmp_path), prepare).run([draw("a.png"), draw("b.png", "blue")]))
