"""Pictures that are not there: work stops early, whoever sits there is asked, and what is missing is told."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def shop(tmp_path):
    """A feed of so many products whose pictures are not there."""

    def write(size):
        rows = [f"{number},Kettle {number} steel,nopic/{number}.jpg" for number in range(size)]
        (tmp_path / "shop.csv").write_text("\n".join(["id,title,image", *rows]) + "\n")
        return tmp_path / "shop.csv"

    return write


@pytest.fixture
def pictures(tmp_path):
    """Put the first so many pictures there."""

    def draw(size):
        (tmp_path / "nopic").mkdir()
        for number in range(size):
            cells = np.random.default_rng(number).integers(0, 255, size=(4, 4, 3), dtype=np.uint8)
            Image.fromarray(cells).resize((32, 32), Image.Resampling.NEAREST).save(tmp_path / f"nopic/{number}.jpg")

    return draw


def test_a_feed_without_its_pictures_stops_with_a_question(heroic, shop, tmp_path):
    done = heroic("build-index", shop(201), "--out", tmp_path / "index")
    assert done.exit_code == 2
    assert f"200 pictures in a row in the folder {tmp_path / 'nopic'} cannot be had (the first: nopic/" in done.stderr
    assert "--max-rejects 1" in done.stderr
    assert not (tmp_path / "index").exists()
    done = heroic("build-index", shop(201), "--out", tmp_path / "index", "--max-rejects", 1)
    assert done.exit_code == 0, done.output
    assert f"pictures: none of 201 pictures of the folder {tmp_path / 'nopic'} can be had (no such file)" in done.stdout


def test_fewer_are_counted_and_told(heroic, shop, tmp_path):
    done = heroic("build-index", shop(150), "--out", tmp_path / "index")
    assert done.exit_code == 0, done.output
    assert f"pictures: none of 150 pictures of the folder {tmp_path / 'nopic'} can be had (no such file)" in done.stdout
    learned = (
        "heroic: warning: patches had no two different pictures to learn from (those of 0 of {} products could be read)"
    )
    assert learned.format(150) in done.stderr
    done = heroic("update", tmp_path / "index", shop(170))
    assert done.exit_code == 0, done.output
    assert learned.format(170) in done.stderr
    assert f"pictures: none of 170 pictures of the folder {tmp_path / 'nopic'} can be had (no such file)" in done.stdout
    done = heroic("update", tmp_path / "index", shop(400))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "200 pictures in a row" in done.stderr
    assert heroic("update", tmp_path / "index", shop(400), "--max-rejects", 1).exit_code == 0


RUN_AGAIN = "see that they can be had and run again"
OWN = f"{RUN_AGAIN}, or take whatever comes (--max-rejects 1)"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (
            ("build-index", "{shop}", "--out", "{index}"),
            f"{RUN_AGAIN}, take whatever comes (--max-rejects 1), or leave pictures out (--image-encoder none)",
        ),
        (("update", "{index}", "{shop}"), OWN),
        (("match", "{index}", "{model}", "{shop}", "--out", "{index}.jsonl"), OWN),
        (
            ("compact", "{index}", "--refit"),
            f"{RUN_AGAIN}, or build the index again, which takes what there is with --max-rejects 1",
        ),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_every_command_names_what_it_can_do_about_them(
    heroic, shop, pictures, sample_index, sample_model, tmp_path, monkeypatch, words, remedy
):
    places = {"index": tmp_path / "index", "model": sample_model}
    if words[0] == "match":
        shutil.copytree(sample_index, places["index"])
    elif words[0] != "build-index":
        if words[0] == "compact":
            pictures(9)
        assert heroic("build-index", shop(9), "--out", places["index"]).exit_code == 0
        shutil.rmtree(tmp_path / "nopic", ignore_errors=True)
    monkeypatch.setattr("indexing.encoders.pictures.patience.IN_A_ROW", 9)
    done = heroic(*(word.format(shop=shop(19), **places) for word in words))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "9 pictures in a row" in done.stderr
    assert done.stderr.rstrip().endswith(f"): {remedy}")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_whoever_sits_at_the_terminal_is_asked(heroic, shop, tmp_path, monkeypatch, answer, code):
    asked = []
    monkeypatch.setattr("click.confirm", lambda text, **_: asked.append(text) or answer == "y")
    monkeypatch.setattr("scripts.terminal.missing_pictures.sys", SimpleNamespace(stdin=TERMINAL, stderr=TERMINAL))
    done = heroic("build-index", shop(300), "--out", tmp_path / "index")
    assert done.exit_code == code, done.output
    assert len(asked) == 1
    assert "200 pictures in a row" in asked[0]
    assert asked[0].endswith("Go on and take whatever comes, as with --max-rejects 1?")
    assert (tmp_path / "index").exists() == (code == 0)


TERMINAL = SimpleNamespace(isatty=lambda: True)


@pytest.mark.parametrize(
    ("encoder", "fitted"),
    [("thumbnail", "text, lexical"), ("patches", "text, image, lexical")],
    ids=lambda given: given,
)
def test_once_they_are_there_refitting_finds_them(heroic, shop, pictures, tmp_path, encoder, fitted):
    index = tmp_path / "index"
    assert heroic("build-index", shop(9), "--out", index, "--image-encoder", encoder).exit_code == 0
    pictures(7)
    done = heroic("compact", index, "--refit")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[1:] == [
        "found: 7 vectors of products whose pictures could not be had before",
        f"fitted again: {fitted}; models trained before do not know this index",
    ]


def test_an_index_without_anything_fitted_is_joined_again(heroic, shop, pictures, tmp_path):
    words = ("--image-encoder", "thumbnail", "--text-encoder", "none", "--no-lexical")
    assert heroic("build-index", shop(9), "--out", tmp_path / "index", *words).exit_code == 0
    pictures(9)
    done = heroic("compact", tmp_path / "index", "--refit")
    assert done.stdout.splitlines()[1:] == [
        "found: 9 vectors of products whose pictures could not be had before",
        "joined again; models trained before do not know this index",
    ]
    assert "nothing to fold in" in heroic("compact", tmp_path / "index", "--refit").stdout
