"""Schemas: which column means what."""

import pytest

from indexing.errors import InputError
from indexing.reading.schema import GENERIC, OZON, choose_schema, read_schema


@pytest.mark.parametrize(
    ("asked", "names", "schema"),
    [
        ("auto", ["variantid", "name", "categories"], OZON),
        ("auto", ["variantid", "title"], GENERIC),
        ("auto", ["id", "title"], GENERIC),
        ("ozon", ["id"], OZON),
        ("generic", ["variantid", "name"], GENERIC),
    ],
)
def test_the_schema_is_chosen_by_name_or_by_columns(asked, names, schema):
    assert choose_schema(asked, names) == schema


def test_a_yaml_file_names_columns(write):
    schema = choose_schema(str(write("shop.yaml", "id: sku\ntitle: product_name\nvectors: [clip, bert]\n")), [])
    assert (schema.name, schema.id, schema.title, schema.vectors) == ("shop", "sku", "product_name", ("clip", "bert"))
    assert schema.brand == "brand"


def test_one_column_of_vectors_needs_no_list(write):
    assert read_schema(write("shop.yaml", "vectors: clip\n")).vectors == ("clip",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("titel: name\n", "unknown field 'titel': the fields are id, title"),
        ("- id\n", "holds no mapping"),
        ("", "holds no mapping"),
        ("id: [\n", "is not YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_bad_schema_file_is_refused(write, content, reason):
    with pytest.raises(InputError, match=reason):
        read_schema(write("shop.yaml", content))


def test_a_missing_schema_file_names_the_choices():
    with pytest.raises(InputError, match="auto, generic, ozon or a YAML file"):
        choose_schema("ozone", ["id"])


def test_columns_that_no_field_names_are_extra():
    assert GENERIC.extra_columns(["id", "title", "gtin", "__index_level_0__"]) == ["gtin"]
    assert OZON.extra_columns(["variantid", "name_bert_64", "weight"]) == ["weight"]
