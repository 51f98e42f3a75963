"""Frozen dataclasses that JSON on disk is read into."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from indexing.errors import InputError
from indexing.storage.records import OMIT, read_as, read_record, stored_record


@dataclass(frozen=True)
class Part:
    products: int
    share: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Engine:
    spec: str

    @classmethod
    def chosen(cls, stored):
        return read_as(Fitted if stored["spec"] == "fitted" else Plain, stored)


@dataclass(frozen=True)
class Fitted(Engine):
    options: Part


@dataclass(frozen=True)
class Plain(Engine):
    side: int = field(default=3, metadata=OMIT)


@dataclass(frozen=True)
class Whole:
    part: Part
    by_name: Mapping[str, Part]
    engines: Mapping[str, Engine]
    bounds: tuple[float, float] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


STORED = {
    "part": {"products": 3, "share": 0.5, "names": ["a", "b"]},
    "by_name": {"x": {"products": 1, "share": 1, "names": []}},
    "engines": {"one": {"spec": "fitted", "options": {"products": 1, "share": 2.0, "names": []}}, "two": {"spec": "p"}},
    "bounds": [0.25, 1.0],
    "notes": {"any": [1, {"thing": None}]},
}


def read(stored):
    return read_record(stored, Whole, where="a/manifest.json", remedy="build it again")


def changed(**given):
    return {**json.loads(json.dumps(STORED)), **given}


def test_a_record_comes_back_as_it_was_stored():
    found = read(STORED)
    assert found.part == Part(3, 0.5, ("a", "b"))
    assert found.engines == {"one": Fitted("fitted", Part(1, 2.0)), "two": Plain("p", 3)}
    assert json.loads(json.dumps(stored_record(found))) == STORED
    assert read(stored_record(found)) == found


def test_a_whole_number_in_the_place_of_a_number_is_written_as_it_was():
    again = stored_record(read(changed(bounds=[0, 1])))
    assert json.dumps(again["bounds"]) == "[0, 1]"


def test_a_field_of_its_default_may_be_left_out():
    assert stored_record(Plain("p", 4)) == {"spec": "p", "side": 4}
    assert stored_record(Plain("p", 3)) == {"spec": "p"}


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ([], "is not an object"),
        ({name: of for name, of in STORED.items() if name != "part"}, "part is missing"),
        (changed(part={"products": 3}), "part.share is missing"),
        (changed(more=1), "it does not know the key 'more'"),
        (changed(part={"products": 3, "share": 1, "b": 1, "a": 2}), "part does not know the key 'a', 'b'"),
        (changed(part={"products": "3", "share": 1}), "part.products: '3' is not a whole number"),
        (changed(part={"products": True, "share": 1}), "part.products: True is not a whole number"),
        (changed(part={"products": 3.5, "share": 1}), "part.products: 3.5 is not a whole number"),
        (changed(part={"products": 3, "share": None}), "part.share: None is not a number"),
        (changed(part={"products": 3, "share": 1, "names": "abc"}), "part.names: 'abc' is not a list"),
        (changed(part={"products": 3, "share": 1, "names": [1]}), "part.names: 1 is not a text"),
        (changed(part=3), "part: 3 is not an object"),
        (changed(by_name=3), "by_name: 3 is not an object"),
        (changed(by_name={"x": {"products": 1}}), "by_name: x.share is missing"),
        (changed(engines={"one": {"spec": "fitted"}}), "engines: one.options is missing"),
        (changed(bounds=[1.0]), "has 1 elements, not 2"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(stored, told):
    with pytest.raises(InputError) as error:
        read(stored)
    text = str(error.value)
    assert text.startswith("a/manifest.json: ")
    assert text.endswith(": build it again")
    assert told in text
    assert "\n" not in text
