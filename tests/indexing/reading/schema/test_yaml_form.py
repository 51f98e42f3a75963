"""Schemas in YAML: what they say, how they are kept, and how what is wrong with them is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.files.options import FileOptions
from indexing.reading.schema.expression import (
    AllOf,
    Cell,
    Constant,
    EditedCell,
    FirstOf,
    Numbered,
    RowNumber,
    template_of,
)
from indexing.reading.schema.known import known_schema
from indexing.reading.schema.schema import GENERIC, CategoryForm, InputSchema, PriceForm, RowParent
from indexing.reading.schema.stored_form import inputs_from, stored_inputs
from indexing.reading.schema.yaml_form import input_form, read_schema

TWO_INPUTS = """
inputs:
  - files: shopify/*.csv
    id: "{Handle}/{Variant SKU}"
    title: "{Title} {Option1 Value}"
    source: =shop-a
    image: {all: [Image Src, Variant Image]}
    category: {column: Path, split: ",", drop: Shop/}
    parent: {column: Parent, names: [SKU, "id:{ID}"]}
    price: {column: Variant Price, currency: EUR, decimal: "."}
    group: Handle
    variant: [Variant *]
    ignore: [Status, "SEO *"]
    missing: Default Title
    encoding: cp1251
    header: 3
  - files: [google/*.csv, more.csv]
    id: [sku, code]
    attributes: {names: Attribute * name, values: Attribute * value(s)}
    brand:
    header: no
"""


def only(path):
    (found,) = read_schema(path, known_schema).inputs
    return found


def test_inputs_say_files_fields_and_rows(write):
    schema = read_schema(write("feeds.yaml", TWO_INPUTS), known_schema)
    shopify, google = schema.inputs
    assert schema.name == "feeds"
    assert shopify == InputSchema(
        name="feeds",
        files=("shopify/*.csv",),
        form=FileOptions(encoding="cp1251", above=2),
        id=template_of("{Handle}/{Variant SKU}"),
        title=template_of("{Title} {Option1 Value}"),
        source=Constant("shop-a"),
        image=AllOf((Cell("Image Src"), Cell("Variant Image"))),
        category=EditedCell("Path", ",", ("Shop/",)),
        parent=RowParent(Cell("Parent"), FirstOf((Cell("SKU"), template_of("id:{ID}")))),
        price=Cell("Variant Price"),
        prices=PriceForm("EUR", "."),
        group=Cell("Handle"),
        variant=("Variant *",),
        ignore=("Status", "SEO *"),
        missing=("Default Title",),
    )
    assert (google.files, google.form.header) == (("google/*.csv", "more.csv"), False)
    assert google.id == FirstOf((Cell("sku"), Cell("code")))
    assert google.attributes == Numbered("Attribute * name", "Attribute * value(s)")
    assert (google.brand, google.title) == (None, GENERIC.title)


def test_one_mapping_names_columns_and_other_fields_keep_theirs(write):
    schema = only(write("shop.yaml", "id: sku\ntitle: product_name\nvectors: [clip, bert]\n"))
    assert (schema.name, schema.id, schema.title) == ("shop", Cell("sku"), Cell("product_name"))
    assert (schema.brand, schema.vectors) == (Cell("brand"), ("clip", "bert"))


def test_one_text_needs_no_list(write):
    assert only(write("shop.yaml", "vectors: clip\nfiles: a.csv\n")).vectors == ("clip",)


def test_row_numbers_are_ids_alone(write):
    schema = only(write("shop.yaml", "id: =row\nsource: =row\n"))
    assert (schema.id, schema.source) == (RowNumber(), Constant("row"))


def test_a_known_export_may_be_the_format_and_its_fields_others(write):
    schema = only(write("shop.yaml", "format: ozon\nsource: =shop\ntitle: [title, name]\n"))
    ozon = known_schema("ozon")
    assert (schema.name, schema.id, schema.known) == ("ozon", ozon.id, True)
    assert (schema.source, schema.form.format) == (Constant("shop"), None)
    assert only(write("other.yaml", "format: jsonl\n")).form.format == "json"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("titel: name\n", r"shop.yaml: unknown field 'titel' \(did you mean 'title'\?\): the fields are id, title"),
        ("- id\n", "holds no mapping"),
        ("", "holds no mapping"),
        ("id: [\n", "is not YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
        ("inputs: []\n", r"'inputs' holds \[\]: a list of mappings is needed"),
        ("inputs: [sku]\n", "input 1 holds 'sku': a mapping is needed"),
        ("inputs:\n- id: a\n- tilte: b\n", r"input 2: unknown field 'tilte' \(did you mean 'title'\?\)"),
        ("inputs: [{id: a}]\nsource: =x\n", "'source' stands beside 'inputs': write it inside"),
        ("title: '{Title'\n", "'title' is '{Title', in which a brace is open: write columns as {name}"),
        ("title: '{} {A}'\n", "in which nothing stands between two braces"),
        ("title: {alle: [a]}\n", r"'title' is {'alle': \['a'\]}: give a column"),
        ("title: []\n", r"'title' is \[\]: give a column"),
        ("brand: yes\n", "'brand' is True: give a column"),
        ("id: {all: [a, b]}\n", r"'id' is .*: one value is needed: write '{A} {B}' or a list"),
        ("price: {colum: a}\n", r"unknown key 'colum' of price \(did you mean 'column'\?\)"),
        ("price: {column: a, decimal: x}\n", "'decimal' of price is 'x': give"),
        ("attributes: {names: A, values: B *}\n", "each needs one star in the place of the number"),
        ("title: {names: A *, values: B *}\n", "'title' is .*: give a column"),
        ("ignore: [{a: b}]\n", "'ignore' is .*: texts are needed"),
        ("categories: {paths: 1}\n", r"'categories' is .*: give {paths: true"),
        ("parent: A\n", r"'parent' is 'A': give {column: NAME, names: COLUMN}"),
        ("image: {column: A, split: 1}\n", r"'image' is .*: give a column"),
        ("price: {column: A, currency: '{B'}\n", "'currency' is '{B', in which a brace is open"),
        ("encoding: none-such\n", "shop.yaml: encoding 'none-such': is unknown"),
        ("header: 0\n", "'header' is 0: give the number of the line with the names, or none"),
        ("encoding: [a]\n", "'encoding' is .*: one text is needed"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_value_and_remedy(write, content, reason):
    with pytest.raises(InputError, match=reason):
        read_schema(write("shop.yaml", content), known_schema)


columns = st.text(min_size=1, max_size=8).filter(str.strip)
cells = st.builds(Cell, columns)
plain = columns.filter(lambda name: "{" not in name and "}" not in name and name == name.strip())
templates = st.lists(plain, min_size=1, max_size=3).map(lambda names: template_of(" ".join(f"{{{n}}}" for n in names)))
constants = st.builds(Constant, st.text(max_size=6).map(str.strip).filter(lambda text: text != "row"))
expressions = st.one_of(cells, templates, constants, st.builds(FirstOf, st.tuples(cells, templates)))
every = st.one_of(expressions, st.builds(AllOf, st.tuples(cells, expressions)))
headers = st.sampled_from([{}, {"above": 2}, {"header": False}])
forms = st.builds(lambda given, **more: FileOptions(**given, **more), headers, delimiter=st.sampled_from([None, ";"]))


@given(
    st.builds(
        InputSchema,
        name=columns,
        files=st.lists(columns, max_size=2).map(tuple),
        form=forms,
        id=st.one_of(expressions, st.just(RowNumber())),
        title=st.one_of(every, st.none()),
        attributes=st.one_of(every, st.just(Numbered("A * n", "A * v"))),
        price=cells,
        prices=st.builds(PriceForm, st.sampled_from([None, "EUR"]), st.sampled_from([None, ","])),
        categories=st.sampled_from([CategoryForm(), CategoryForm(True, ">"), CategoryForm(False)]),
        group=st.one_of(st.none(), expressions),
        parent=st.one_of(st.none(), st.builds(RowParent, cells, expressions)),
        variant=st.lists(columns, max_size=2).map(tuple),
        ignore=st.lists(columns, max_size=2).map(tuple),
        missing=st.lists(columns, max_size=2).map(tuple),
        known=st.booleans(),
    )
)
def test_what_an_index_keeps_is_read_again(schema):
    assert inputs_from(stored_inputs([schema]), "index") == (schema,)


def test_the_generic_schema_says_nothing_but_its_name():
    assert input_form(GENERIC) == {"name": "generic"}
