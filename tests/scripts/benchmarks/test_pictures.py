"""Changed pictures look for their originals: the changes change, and what is counted is so."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from scripts.benchmarks.changed_pictures import CHANGES
from scripts.benchmarks.pictures import command


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for number in range(12):
        blocks = random.integers(0, 255, size=(6, 5, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((50, 60), Image.Resampling.NEAREST).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_makes_another_picture(folder, name):
    picture, other = (Image.open(folder / f"{number}.png").convert("RGB") for number in (0, 1))
    found = [CHANGES[name](picture, np.random.default_rng(seed), other) for seed in (0, 0)]
    assert found[0].mode == "RGB"
    assert found[0].tobytes() == found[1].tobytes() != picture.tobytes()


def test_mirrored_and_cut_pictures_find_their_originals(folder):
    done = CliRunner().invoke(command, [str(folder), "--encoders", "thumbnail,patches"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert list(found) == ["thumbnail", "patches"]
    for measured in found.values():
        assert set(measured) == {*CHANGES, "ms a picture"}
        assert measured["mirrored"] == [1.0, 1.0]
        assert all(first <= tenth <= 1 for first, tenth in (measured[name] for name in CHANGES))
    assert found["patches"]["turned by 90 degrees"] == [1.0, 1.0]
    assert "| mirrored | 1.000 / 1.000 | 1.000 / 1.000 |" in done.stdout
