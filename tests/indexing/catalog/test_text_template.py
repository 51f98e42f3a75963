"""Templates over the fields of products."""

import pytest

from indexing.catalog.text_template import TextTemplate, template_of
from indexing.errors import InputError

ATTRIBUTES = [
    [{"key": "Color", "value": "red"}, {"key": "Size", "value": "4"}],
    None,
    [],
    [{"key": "Color", "value": None}, {"key": "Color", "value": "blue"}, {"key": "Color", "value": "green"}],
]


@pytest.fixture
def catalog(catalog_of):
    return catalog_of(title=["Red  Shoe", "Boot", None, "x"], brand=[None, "Bra", " ", None], attributes=ATTRIBUTES)


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("{title} {brand} {attributes}", ["red shoe red 4", "boot bra", "", "x blue green"]),
        ("title: {title:3}, {attributes.Color}", ["title: red, red", "title: boo,", "", "title: x, blue green"]),
        ("{attributes.Size}", ["4", "", "", ""]),
        ("{{{title}}}", ["{red shoe}", "{boot}", "", "{x}"]),
    ],
)
def test_a_template_makes_one_text_a_product_and_none_of_nothing(catalog, template, texts):
    assert TextTemplate(template).texts(catalog) == texts
    assert TextTemplate(template).texts(catalog.slice(1, 4)) == texts[1:]


def test_fields_make_the_template_of_the_same_text(catalog):
    template = template_of(("title", "brand"))
    assert template == TextTemplate("{title} {brand}")
    assert template.texts(catalog) == ["red shoe", "boot bra", "", "x"]


def test_equal_texts_have_equal_contents(catalog_of):
    contents = TextTemplate("{title}").contents(catalog_of(title=["a  b", "a b", "c"], brand=["x", "y", "z"]))
    assert (contents[0] == contents[1]).all()
    assert (contents[0] != contents[2]).any()


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("", "names no field"),
        ("red", "names no field"),
        ("{name}", "no field 'name': choose from title"),
        ("{title.x}", "no field 'title.x'"),
        ("{title!r}", "no field 'title'"),
        ("{title", "fields stand in braces"),
        ("{title:x}", "'x' is no number of characters"),
        ("{title:0}", "'0' is no number of characters"),
    ],
)
def test_a_template_that_means_nothing_is_refused(template, reason):
    with pytest.raises(InputError, match=f"--text-template.*{reason}"):
        TextTemplate(template)
