"""Which file is read by which schema: patterns, several inputs, what an index was built of, and what is said of faults."""

import pytest

from indexing.errors import InputError
from indexing.reading.inputs import check_columns, open_inputs
from indexing.reading.notes import title_notes
from indexing.reading.read_catalog import ReadOptions
from indexing.reading.schema.expression import Cell
from indexing.reading.schema.stored_form import inputs_from, stored_inputs

SHOP_A = "sku,name,price\n1,Blue mug,3\n2,Red mug,4\n"
SHOP_B = "code,product,cost\nx1,Mug blue,3\nx2,Mug red,4\n"
TWO = """
inputs:
  - {files: "a/*.csv", id: sku, title: name, source: =a}
  - {files: b.csv, id: code, title: product, price: cost, source: =b}
"""


def rows(read, *columns):
    return list(zip(*(read.catalog.table[name].to_pylist() for name in columns), strict=True))


@pytest.fixture
def shops(write):
    return write("a/one.csv", SHOP_A), write("b.csv", SHOP_B), str(write("feeds.yaml", TWO))


EXPECTED = [
    ("1", "Blue mug", 3.0, "a"),
    ("2", "Red mug", 4.0, "a"),
    ("x1", "Mug blue", 3.0, "b"),
    ("x2", "Mug red", 4.0, "b"),
]


def test_two_feeds_with_other_columns_are_one_catalogue(read, shops):
    one, other, schema = shops
    assert rows(read((one, other), schema=schema), "id", "title", "price", "source") == EXPECTED


def test_a_schema_names_the_files_where_the_command_does_not(shops):
    found = open_inputs((), shops[2])
    assert [file.table.path.name for file in found.files] == ["one.csv", "b.csv"]


def test_two_feeds_without_a_schema_are_known_by_their_names(read, shops):
    found = read(shops[:2])
    assert rows(found, "id", "title") == [row[:2] for row in EXPECTED]
    assert len(found.schema.inputs) == 2


def test_what_an_index_was_built_of_reads_other_files_in_the_same_way(write, shops):
    built = open_inputs(shops[:2], shops[2])
    stored = inputs_from(stored_inputs(built.schema.inputs), "index")
    changes = write("new/changes.csv", SHOP_B), write("new/b.csv", SHOP_B), write("new/more.csv", "sku,name\n7,x\n")
    found = open_inputs(changes, "auto", stored)
    assert [file.schema.source.text for file in found.files] == ["b", "b", "a"]
    with pytest.raises(InputError, match="no column 'sku', has other"):
        open_inputs([write("c.csv", "other\n1\n")], "auto", stored)
    assert open_inputs([write("d.csv", "id\n1\n")], "generic", stored).schema.name == "generic"


ALIKE = """
inputs:
  - {files: feeds/shop-a.csv, id: sku, title: name, source: =a}
  - {files: feeds/shop-b.csv, id: sku, title: name, source: =b}
  - {files: feeds/shop-c.csv, id: "c-{sku}", title: name, source: =b}
"""


@pytest.fixture
def alike(write):
    """Return the inputs that an index keeps of three shops whose files have the same columns."""
    write("feeds/shop-a.csv", SHOP_A), write("feeds/shop-b.csv", SHOP_A), write("feeds/shop-c.csv", SHOP_A)
    built = open_inputs((), str(write("feeds.yaml", ALIKE)))
    return inputs_from(stored_inputs(built.schema.inputs), "index")


def test_a_file_of_columns_that_several_shops_have_is_of_the_one_that_calls_its_file_so(write, alike):
    days = [write(f"monday/shop-{shop}.csv", SHOP_A) for shop in "bac"]
    found = open_inputs(days, "auto", alike)
    assert [(file.schema.source.text, file.schema.id.form()) for file in found.files] == [
        ("b", "sku"), ("a", "sku"), ("b", "c-{sku}")
    ]  # fmt: skip


def test_a_file_that_may_be_of_either_shop_is_refused(write, alike):
    with pytest.raises(InputError) as refused:
        open_inputs([write("changes.csv", SHOP_A)], "auto", alike)
    said = str(refused.value)
    assert "changes.csv: its columns fit 3 inputs of the index equally well: feeds/shop-a.csv (source: =a)" in said
    assert "feeds/shop-c.csv (source: =b, id: c-{sku})" in said
    assert "give the file the name of one of them, or say what it is in a schema file (--schema FILE.yaml)" in said


def test_inputs_that_say_the_same_of_a_file_are_no_doubt(write, alike):
    (one,) = open_inputs([write("changes.csv", SHOP_A)], "auto", [alike[0], alike[0]]).files
    assert one.schema.source.text == "a"


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.csv", "a/one.csv"),
        ("a/*.csv", "a/one.csv"),
        ("**/one.csv", "a/one.csv"),
        ("a/**/*.csv", "a/b/one.csv"),
        ("a/**/*.csv", "a/one.csv"),
        ("a/one.csv", "a/one.csv"),
    ],
)
def test_a_pattern_is_seen_from_the_schema_or_the_end_of_the_path(write, pattern, path):
    file = write(path, SHOP_A)
    schema = write("feeds.yaml", f"inputs: [{{files: none.csv, id: x}}, {{files: '{pattern}', id: sku}}]\n")
    assert open_inputs([file], str(schema)).files[0].schema.files == (pattern,)
    if "/" not in pattern:  # a name alone is looked for beside the schema
        return
    only = write("only.yaml", f"files: '{pattern}'\nid: sku\n")
    assert [found.table.path for found in open_inputs((), str(only)).files] == [file]


def test_an_input_without_files_is_for_the_others(write, shops):
    schema = write("feeds.yaml", "inputs: [{files: b.csv, id: code}, {id: sku}]\n")
    assert [file.label("id") for file in open_inputs(shops[:2], str(schema)).files] == ["sku", "code"]


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            "inputs: [{files: x.csv, id: a}, {files: y.csv, id: b}]",
            "no input is for .*one.csv: their files are x.csv, y",
        ),
        ("id: skuu", r"id: .*one.csv has no column 'skuu' \(did you mean 'sku'\?\), it has sku, name, price"),
        ("{id: sku, title: '{name} {colour}'}", "title: .*one.csv has no column 'colour'"),
        ("{id: sku, title: [titel, namen]}", "title: .* has no column 'titel'"),
        ("{id: sku, attributes: {names: 'A * n', values: 'A * v'}}", r"has no column '{'names': 'A \* n'"),
    ],
)
def test_a_schema_that_does_not_fit_is_refused(write, schema, reason):
    path = write("a/one.csv", SHOP_A)
    with pytest.raises(InputError, match=reason):
        open_inputs([path], str(write("s.yaml", schema)))


def test_one_of_several_files_may_lack_a_column(write):
    files = write("a.csv", "sku,name\n1,x\n"), write("b.csv", "sku\n2\n")
    schema = write("s.yaml", "id: sku\ntitle: [titel, name]\n")
    assert len(open_inputs(files, str(schema)).files) == 2


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("ozone", r"--schema ozone: no such schema \(did you mean 'ozon'\?\): give auto, generic"),
        ("ozon", "--schema ozon needs the column variantid, the file has sku, name, price"),
        ("none.yaml", "none.yaml: cannot be read"),
    ],
)
def test_an_unknown_schema_and_one_for_other_files_are_refused(write, asked, reason):
    with pytest.raises(InputError, match=reason):
        open_inputs([write("a.csv", SHOP_A)], asked)


def test_files_must_be_named_somewhere(write):
    with pytest.raises(InputError, match="says no 'files' for s: name them there or on the command line"):
        open_inputs((), str(write("s.yaml", "id: sku\n")))
    with pytest.raises(InputError, match=r"no file is like files: x/\*.csv"):
        open_inputs((), str(write("s.yaml", "id: sku\nfiles: x/*.csv\n")))
    with pytest.raises(InputError, match="no files"):
        open_inputs((), "auto")


def test_a_file_without_an_id_is_told_which_column_could_be_one(write):
    path = write("a.csv", "ean,words\n4006381333931,a b\n4006381333948,a b\n")
    with pytest.raises(InputError, match="say in a schema file what the id is: id: ean, if every product has its own"):
        check_columns(open_inputs([path], "auto"), ())


@pytest.mark.parametrize(
    ("content", "nearest"),
    [
        ("id,tittel\n1,Blue mug\n2,Blue mug\n", "tittel"),
        ("id,kind,what\n1,a b,Blue mug\n2,a b,Red mug\n", "what"),
        ("id,titl\n1,5\n", "titl"),
    ],
)
def test_a_catalogue_without_a_title_is_never_silent(write, content, nearest):
    (note,) = title_notes(open_inputs([write("a.csv", content)], "auto"), 100)
    assert f"no column is known as the title, so that products have none; the nearest column is '{nearest}'" in note


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        (["Mr"] * 9, "the first 9 products all have 'Mr';"),
        (["Mr", "Mrs"] * 5, "have 2 different ones, such as 'Mr' and 'Mrs';"),
        (["Mug"] * 5, "the first 5 products all have 'Mug';"),
        (["Mug"] * 4, None),
        (list("abcdef"), None),
    ],
)
def test_a_title_that_hardly_differs_is_told_with_the_nearest_column(write, titles, told):
    rows = "".join(f"{n},{title},Kettle {n}\n" for n, title in enumerate(titles))
    notes = title_notes(open_inputs([write("a.csv", "id,title,name\n" + rows)], "auto"), len(titles))
    assert len(notes) == (told is not None)
    assert all(told in note and "the nearest column is 'name': say title: name" in note for note in notes)


def test_of_two_titles_the_one_that_differs_is_taken(write):
    rows = "".join(f"{n},Goods,Kettle {n}\n" for n in range(9))
    (file,) = open_inputs([write("a.csv", "sku,Product Title,Name\n" + rows)], "auto").files
    assert file.schema.title == Cell("Name")


def test_a_title_is_missed_once_for_files_of_the_same_columns(write):
    files = [write(f"{name}.csv", "id\n1\n") for name in "ab"]
    assert len(title_notes(open_inputs(files, "auto"), 100)) == 1
    assert title_notes(open_inputs([write("c.csv", "id,Title\n1,x\n")], "auto"), 100) == ()


def test_columns_of_an_input_are_its_own(read, write):
    path = write("a.csv", "id,title,note,vec\n1,x,n,v\n")
    schema = write("s.yaml", "ignore: [no*]\nvectors: [vec]\nbrand:\n")
    found = read((path,), schema=str(schema))
    assert found.catalog.table["attributes"].to_pylist() == [None]
    assert found.schema.inputs[0].title == Cell("title")
    assert ReadOptions().stored == ()


def test_a_file_is_of_the_input_that_names_it_from_the_schemas_folder(write):
    paths = [write("all/a.csv", "id\n1\n"), write("old/[x]/a.csv", "id\n2\n"), write("b.csv", "id\n3\n")]
    schema = write(
        "all/s.yaml",
        "inputs:\n- {files: a.csv, source: =new}\n- {files: '../old/[[]x]/a.csv', source: =old}\n- {files: ../*.csv, source: =b}\n",
    )
    assert [file.schema.source.text for file in open_inputs(paths, str(schema)).files] == ["new", "old", "b"]


@pytest.mark.parametrize(
    ("untitled", "told"),
    [
        (0, None),
        (1, None),  # of a hundred
        (2, "2 of 100 products (2 %) have no title, such as id 'p98'"),
        (100, "100 of 100 products (100 %) have no title, such as id 'p0'"),
    ],
)
def test_many_products_without_a_title_are_told_of_with_one_of_them(read, untitled, told):
    titles = [f"kettle {number}" for number in range(100 - untitled)] + ["", " "] * 50
    rows = "".join(f"p{number},{title},red\n" for number, title in enumerate(titles[:100]))
    notes = [note for note in read(f"id,title,color\n{rows}", "p.csv").notes if "have no title" in note]
    assert [note.partition(":")[0] for note in notes] == ([] if told is None else [told])


def test_a_file_without_a_column_of_titles_is_told_of_once(read):
    (note,) = (note for note in read("id,color,weight\np1,red,5\np2,blue,6\n", "p.csv").notes if "title" in note)
    assert "no column is known as the title" in note
