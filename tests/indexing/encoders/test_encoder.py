"""SPECs, which name encoders."""

import pytest

from indexing.encoders.encoder import Spec, column_names, parse_spec
from indexing.errors import InputError


@pytest.mark.parametrize(
    ("text", "view", "spec"),
    [
        ("lsa", "text", Spec("lsa")),
        ("none", "text", Spec("none")),
        ("column:name_bert_64", "text", Spec("column", "name_bert_64")),
        ("thumbnail", "image", Spec("thumbnail")),
        ("patches", "image", Spec("patches")),
        ("column:a:b+c", "image", Spec("column", "a:b+c")),
        ("st:org/model", "text", Spec("st", "org/model")),
        ("static:./folder", "text", Spec("static", "./folder")),
    ],
)
def test_a_spec_is_an_engine_and_a_name(text, view, spec):
    assert parse_spec(text, view) == spec
    assert str(spec) == text


@pytest.mark.parametrize(
    ("text", "view", "reason"),
    [
        ("thumbnail", "text", "--text-encoder thumbnail: choose from lsa, column, st, static, clip-text, none"),
        ("lsa", "image", "--image-encoder lsa: choose from thumbnail, patches, column, clip, none"),
        ("patches:3", "image", "thumbnail without a name"),
        ("column", "text", "write column:NAME"),
        ("column:", "text", "write column:NAME"),
        ("lsa:x", "text", "lsa without a name"),
        ("", "text", "choose from"),
        ("st", "text", "write column:NAME, st:MODEL"),
        ("static:", "text", "static:MODEL"),
        ("st:org/model", "image", "choose from thumbnail"),
    ],
)
def test_a_spec_that_the_view_does_not_have_is_refused(text, view, reason):
    with pytest.raises(InputError, match=reason):
        parse_spec(text, view)


@pytest.mark.parametrize(
    ("spec", "columns"),
    [("lsa", ((), ())), ("column:a", (("a",), ())), ("column:a+b", (("a",), ("b",)))],
)
def test_a_column_after_a_plus_is_optional(spec, columns):
    assert column_names(parse_spec(spec, "text") if spec == "lsa" else parse_spec(spec, "image")) == columns
