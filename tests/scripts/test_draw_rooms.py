"""The picture of the rooms."""

import xml.etree.ElementTree as ElementTree

import pytest

from scripts.draw_rooms import Plan, draw_rooms, read_rooms


@pytest.fixture
def house(tmp_path):
    """Three rooms of indexing, of which the highest reaches the lowest directly too, and one room in each other package."""
    files = {
        "indexing/__init__.py": "",
        "indexing/ground.py": "",
        "indexing/hall/__init__.py": "",
        "indexing/hall/door.py": "from indexing import ground",
        "indexing/attic/deep/box.py": "def f():\n    from indexing.hall.door import x\n    import indexing.ground",
        "reranking/pairs.py": "import indexing.attic.deep.box",
        "eval/report.py": "import reranking.pairs, numpy",
        "scripts/main.py": "import eval.report",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_rooms_are_folders_and_lone_modules_with_what_they_import(house):
    assert read_rooms(house) == {
        "eval.report": {"reranking.pairs"},
        "indexing.attic": {"indexing.hall", "indexing.ground"},
        "indexing.ground": set(),
        "indexing.hall": {"indexing.ground"},
        "reranking.pairs": {"indexing.attic"},
        "scripts.main": {"eval.report"},
    }


def test_what_is_reached_through_another_room_has_no_line_of_its_own(house):
    plan = Plan(read_rooms(house))
    assert plan.direct["indexing.attic"] == {"indexing.hall"}
    assert plan.columns["indexing"] == [["indexing.ground"], ["indexing.hall"], ["indexing.attic"]]


def test_the_picture_has_a_box_a_room_and_no_line_from_scripts_down(house):
    drawn = ElementTree.fromstring(draw_rooms(read_rooms(house)))
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(texts) == sorted(
        ["scripts/", "eval/", "reranking/", "indexing/", "main", "report", "pairs", "ground", "hall", "attic"]
    )
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}path"))) == 4


def test_boxes_lie_inside_the_picture_and_apart(house):
    plan = Plan(read_rooms(house))
    for x, y, width in plan.places.values():
        assert 0 < x < x + width < 1240
        assert 0 < y < plan.height
    own = [plan.places[f"indexing.{name}"] for name in ("ground", "hall", "attic")]
    assert own[0][0] + own[0][2] < own[1][0] < own[1][0] + own[1][2] < own[2][0]
