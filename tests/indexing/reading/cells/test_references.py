"""A product's pictures, however a shop writes several of them in a cell."""

import base64

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.reading.cells.references import read_references, split_references

A, B = "https://shop.example/a.jpg", "https://shop.example/b.jpg"


def read(column, prefix=""):
    """Return the references of each row, the bytes that were kept, and the refused rows with their reasons."""
    kept, refused = [], {}

    def keep(content):
        kept.append(content)
        return f"kept {len(kept)}"

    found = read_references(pa.array(column) if isinstance(column, list) else column, keep, prefix, refused.__setitem__)
    found.validate(full=True)
    return found.to_pylist(), kept, refused


@pytest.mark.parametrize(
    "cell",
    [
        f"{A},{B}",
        f"{A}, {B}",
        f"{A} {B}",
        f"{A}|{B}",
        f"{A} | {B}",
        f"{A};{B}",
        f"{A}\n{B}",
        f"{A},{B},",
        f'["{A}", "{B}"]',
        f"['{A}', '{B}']",
        f'{{"picture": ["{A}", "{B}"]}}',
        f'{{"main": "{A}", "additional_images": {{"image": [{{"url": "{B}"}}]}}}}',
        f'[{{"src": "{A}"}}, {{"src": "{B}"}}]',
        f'[{{"hi_res": null, "large": "{A}"}}, {{"large": "{B}"}}]',
        f"{A},//shop.example/b.jpg",
    ],
)
def test_two_pictures_are_two_however_they_are_parted(cell):
    assert read([cell, None, ""]) == ([[A, B], [], []], [], {})


@pytest.mark.parametrize(
    "reference",
    [
        "https://shop.example/w_100,h_200/a.jpg",
        "https://shop.example/i/51A,B.jpg",
        "https://shop.example/a?ids=1,2;3",
        "my photo 1.jpg",
        "a, b.jpg",
        "[a].jpg",
        "{a}.jpg",
    ],
)
def test_a_comma_or_a_space_inside_a_reference_parts_nothing(reference):
    assert read([reference]) == ([[reference]], [], {})


@pytest.mark.parametrize("cell", ["a.jpg,b.jpg", "a.jpg b.jpg", "a.jpg|b.jpg", "a.jpg; b.jpg", '["a.jpg","b.jpg"]'])
def test_relative_paths_are_led_to_and_urls_are_not(cell):
    found, _, _ = read([cell, A, "/z.png", f"{A},c.jpg"], prefix="../two/")
    assert found == [["../two/a.jpg", "../two/b.jpg"], [A], ["/z.png"], [A, "../two/c.jpg"]]


def test_lists_of_references_are_led_to_as_well():
    found, _, _ = read([["a.jpg", None, A], None, []], prefix="../two/")
    assert found == [["../two/a.jpg", A], [], []]


def test_entries_of_a_list_are_cells_of_several_columns_and_hold_several():
    lists = [[A, f"{A},{B}"], ["my photo 1.jpg", f'["{B}", "c.jpg"]'], [f"{B}|{A}", A], []]
    assert read(lists)[0] == [[A, B], ["my photo 1.jpg", B, "c.jpg"], [B, A], []]
    assert read([f"{A}, {A}, {B}"])[0] == [[A, B]]


def test_a_data_uri_gives_its_bytes():
    uri = "data:image/png;base64," + base64.b64encode(b"picture").decode()
    assert read([uri, f"{uri}, {uri}", None]) == ([["kept 1"], ["kept 2", "kept 3"], []], [b"picture"] * 3, {})
    assert read([[uri], [A]]) == ([["kept 1"], [A]], [b"picture"], {})


@pytest.mark.parametrize("uri", ["data:image/png;base64,!!!", "data:image/png;base64,", "data:nothing"])
def test_a_data_uri_without_bytes_is_refused(uri):
    found, kept, refused = read([None, uri])
    assert (found, kept) == ([[], []], [])
    assert refused[1].startswith("malformed data URI: ")


@pytest.mark.parametrize("cell", ["NaN", "nan", float("nan"), None, "null"])
def test_nothing_is_no_picture(cell):
    assert read([cell])[0] == [[]]


@given(st.text(max_size=40))
def test_nothing_of_a_text_but_its_separators_is_lost(text):
    found = "".join(split_references(text))
    parts = str.maketrans("", "", ",;| \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0")
    if not text.strip(",;| \t\n\r").lower().startswith("data:"):
        assert "".join(found.split()).translate(parts) == "".join(text.split()).translate(parts)
