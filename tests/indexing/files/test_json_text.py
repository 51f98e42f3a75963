"""What a JSON text holds, and what no table could hold."""

import pytest

from indexing.files.json_text import parse_json


def test_whole_surrogate_pairs_are_text():
    assert parse_json('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "Expecting"), ('["\\ude00"]', "surrogate"), ("[" * 200_000, "too deeply"), ("1" * 5000, "digits")],
)
def test_what_no_table_could_hold_is_a_value_error(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_json(text)
