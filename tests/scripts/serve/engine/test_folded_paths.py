"""What a client is told names files without the folders above them."""

import tempfile
from pathlib import Path

import pytest

from scripts.serve.engine.folded_paths import fold_paths

PLACES = [Path("/srv/shop/index"), Path("/srv/shop/models/m1"), Path("data/labels.db"), Path(".")]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("/srv/shop/index: has no text view", "index: has no text view"),
        ("[Errno 2] No such file: '/srv/shop/index/catalog.arrow'", "[Errno 2] No such file: 'index/catalog.arrow'"),
        ("/srv/shop/index.lock: is held", "index.lock: is held"),
        ("/srv/shop/models/m1/booster.ubj: cannot be read", "m1/booster.ubj: cannot be read"),
        ("data/labels.db: is of another catalogue", "labels.db: is of another catalogue"),
        (f"{tempfile.gettempdir()}/heroic-1/offer.json: row 1", "heroic-1/offer.json: row 1"),
        (f"{Path('data').absolute()}/labels.db: x. y.", "labels.db: x. y."),
        ("id '/opt/srv/shop/index' is not in the catalogue.", "id '/opt/srv/shop/index' is not in the catalogue."),
    ],
)
def test_paths_are_told_without_the_folders_above(message, told):
    assert fold_paths(message, PLACES) == told


def test_dots_and_slashes_stay_where_a_place_is_at_the_root():
    assert fold_paths("12.50 a/b /c: no. more", [Path("."), Path("/index")]) == "12.50 a/b /c: no. more"
