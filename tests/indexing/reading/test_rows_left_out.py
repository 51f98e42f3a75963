"""Rows of what is not sold itself are no products."""

import pytest


@pytest.fixture
def titles(read, write):
    """Read rows by a schema; return the titles of the products, and how many rows were left out."""

    def titles(text, schema):
        found = read(text, "p.csv", schema=str(write("s.yaml", schema)))
        return found.catalog.table["title"].to_pylist(), found.passed_over.left_out

    return titles


PARENTS = "id: id\nparent: {column: of, names: id}\n"
MUGS = "id,title,price,of,kind\n1,Mugs,{},,all\n2,Mug red,3,1,one\n3,Cup,4,,one\n"


def test_a_row_that_others_name_and_that_has_no_price_is_left_out(titles):
    assert titles(MUGS.format(""), PARENTS) == (["Mug red", "Cup"], 1)


def test_a_row_that_others_name_is_a_product_where_it_has_a_price(titles):
    assert titles(MUGS.format(2), PARENTS) == (["Mugs", "Mug red", "Cup"], 0)


def test_a_row_without_a_price_that_nobody_names_is_a_product(titles):
    assert titles("id,title,price,of\n1,Mugs,,\n2,Cup,4,\n", PARENTS) == (["Mugs", "Cup"], 0)


def test_kinds_of_rows_are_skipped_by_their_cells(titles):
    assert titles(MUGS.format(2), "id: id\nskip: {kind: [all, none]}\n") == (["Mug red", "Cup"], 1)


def test_a_column_to_skip_by_may_be_absent(titles):
    assert titles("id,title\n1,Cup\n", "id: id\nskip: {kind: all}\n") == (["Cup"], 0)


def test_a_skip_that_is_no_mapping_is_refused(titles):
    with pytest.raises(ValueError, match=r"'skip' is 'kind': give {COLUMN: \[text, text\]}"):
        titles("id,title\n1,Cup\n", "id: id\nskip: kind\n")
