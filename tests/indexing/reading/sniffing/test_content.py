"""What cells hold is told by their looks."""

import pyarrow as pa
import pytest

from indexing.reading.sniffing.content import content_of, shown


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["https://x.example/a.jpg", "b.PNG?w=3", "c.webp, d.webp"], "pictures"),
        (["https://x.example/images/1", "https://cdn.x.example/2"], "pictures"),
        (["https://x.example/p/1", "//x.example/p/2"], "addresses"),
        (["4006381333931", "12345670"], "barcodes"),
        (["9.99", "1 299,00 ₽", "€ 12", "$1,299.00"], "prices"),
        (["Home > Mugs", "Home › Kitchen › Mugs", "Home / Kitchen / Mugs"], "breadcrumbs"),
        (['{"a": 1}', "[1, 2]"], "json"),
        (["<p>Big</p>", "a<br/>b"], "html"),
        (["colour=red,size=L", "colour: red; size: L"], "pairs"),
        (["550e8400-e29b-41d4-a716-446655440000", "0123456789abcdef0123456789abcdef"], "codes"),
    ],
)
def test_a_column_is_of_the_kind_that_most_cells_look_like(cells, kind):
    content = content_of(pa.array([*cells, None, " "]))
    assert content.mostly(kind)
    assert (content.filled, content.unique) == (len(cells), True)


@pytest.mark.parametrize(
    "kind", ["pictures", "addresses", "barcodes", "prices", "breadcrumbs", "json", "html", "codes"]
)
def test_a_title_is_none_of_them(kind):
    assert not content_of(pa.array(["Blue mug 300 ml", "Red mug and/or jug", "Kettle, 1.7 l"])).mostly(kind)


def test_an_empty_column_is_nothing():
    content = content_of(pa.nulls(3))
    assert (content.filled, content.distinct, content.words, content.examples) == (0, 0.0, 0.0, ())
    assert not content.mostly("prices")


def test_examples_are_different_short_and_in_one_line():
    content = content_of(pa.array(["a\nb", "a\nb", "x" * 99, "c", "d"]))
    assert shown(content.examples) == f"a b | {'x' * 59}… | c"
    assert not content.unique
