"""The schema that is written reads the files as they are read without one."""

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.reading.read_catalog import ReadOptions, read_catalog
from indexing.reading.sniffing.sniffed import schema_text, sniff

SHOP = "Артикул;Наименование;Цена;Фото;url\n01;Чайник;1 299,00;https://x.example/1.jpg;https://x.example/p\n02;Кружка;9,50;;\n"


def catalogue(paths, folder, schema="auto"):
    folder.mkdir()
    return read_catalog(paths, folder=folder, options=ReadOptions(schema=schema, max_rejects=1))


def test_it_says_how_the_file_is_written_what_columns_mean_and_why(write, tmp_path):
    path = write("shop.csv", SHOP.encode("cp1251"))
    text = schema_text(sniff([path]), tmp_path)
    assert yaml.safe_load(text)["inputs"] == [
        {
            "files": "shop.csv", "encoding": "cp1251", "delimiter": ";", "header": 1, "id": "Артикул",
            "title": "Наименование", "price": "Цена", "image": "Фото", "ignore": ["url"],
        }
    ]  # fmt: skip
    assert "title: Наименование  # known by its name: Чайник | Кружка" in text
    assert "- url  # addresses: https://x.example/p" in text


@pytest.mark.parametrize(
    "files",
    [
        {"a.csv": SHOP},
        {
            "a.csv": SHOP,
            "b.csv": "id,title,weird col\n7,x,y\n",
            "more/c.csv": SHOP.replace("01;", "03;").replace("02;", "4;"),
        },
        {"a.csv": "id,title,price,currency\n1,x,9,usd\n2,y,8,EUR\n"},
        {"part-1.csv": SHOP, "part-2.csv": SHOP.replace("01;", "03;").replace("02;", "4;")},
        {"a.csv": ",id,title,image,image\n0,1,x,a.jpg,b.jpg\n1,2,y,,c.jpg\n"},
        {"[odd] {name}.csv": "id,title,{a},=b,#c,d: e\n1,x,y,z,1,2\n"},
        {"a.csv": "Handle,Title,Variant SKU,Variant Price\nmug,Mug,s1,3\nmug,,s2,4\n"},
    ],
)
def test_what_is_written_reads_the_same(write, tmp_path, files):
    paths = [write(name, content) for name, content in files.items()]
    schema = tmp_path / "out.yaml"
    schema.write_text(schema_text(sniff(paths), tmp_path), encoding="utf-8")
    one, other = catalogue(paths, tmp_path / "1"), catalogue(paths, tmp_path / "2", str(schema))
    assert other.catalog.table.equals(one.catalog.table)
    third = catalogue((), tmp_path / "3", str(schema))
    assert sorted(third.catalog.table["id"].to_pylist()) == sorted(one.catalog.table["id"].to_pylist())


names = st.text(min_size=1, max_size=6).filter(
    lambda name: name.isprintable() and name == name.strip() and '"' not in name
)
cells = st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs", "Cc"]), max_size=6)


@given(st.lists(names, min_size=1, max_size=4, unique=True), st.data())
@settings(max_examples=60)
def test_any_names_and_cells_read_the_same(columns, data):
    rows = data.draw(st.lists(st.lists(cells, min_size=len(columns), max_size=len(columns)), min_size=1, max_size=4))
    lines = [["id", *columns], *([f"n{place}", *row] for place, row in enumerate(rows))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "a.csv"
        path.write_text("".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines), encoding="utf-8")
        try:
            one = catalogue([path], folder / "1")
        except InputError:  # such as two files' worth of ids
            return
        (folder / "s.yaml").write_text(schema_text(sniff([path]), folder), encoding="utf-8")
        assert catalogue([path], folder / "2", str(folder / "s.yaml")).catalog.table.equals(one.catalog.table)


@pytest.mark.parametrize(
    ("content", "ident", "title"),
    [
        ("ean,words\n4006381333931,Blue mug\n4006381333948,Red mug\n", "id: ean", "# title: words"),
        ("kind,what\na b,Blue mug\na b,Blue mug\n", "id: =row", "# title: kind"),
    ],
)
def test_an_id_is_proposed_and_the_nearest_title(write, tmp_path, content, ident, title):
    text = schema_text(sniff([write("a.csv", content)]), tmp_path)
    assert f"    {ident}  # no column" in text
    assert f"    {title}  # no column is known as such; products have none" in text
    schema = tmp_path / "s.yaml"
    schema.write_text(text)
    assert len(catalogue([tmp_path / "a.csv"], tmp_path / "1", str(schema)).catalog) == 2


def test_a_file_without_a_header_is_written_as_one(write, tmp_path):
    path = write("a.csv", "S-100,Blue mug,9.50\nS-101,Red mug,8.50\nS-102,Green jug,12.50\n")
    with pytest.raises(InputError, match=r"its first row \(S-100 .* say header: none"):
        catalogue([path], tmp_path / "1")
    text = schema_text(sniff([path]), tmp_path)
    assert "    header: none  # the first row is like those below\n    id: column_1  # no column" in text
    assert "    # title: column_2" in text
    (tmp_path / "s.yaml").write_text(text)
    found = catalogue([path], tmp_path / "2", str(tmp_path / "s.yaml")).catalog
    assert found.ids.to_pylist() == ["S-100", "S-101", "S-102"]


def test_a_description_that_is_the_title_is_written_as_it_is_read(write, tmp_path):
    path = write("a.csv", "sku,description\n1,Blue mug 300 ml\n2,Red mug\n")
    (tmp_path / "s.yaml").write_text(schema_text(sniff([path]), tmp_path))
    told, found = catalogue([path], tmp_path / "1", str(tmp_path / "s.yaml")), catalogue([path], tmp_path / "2")
    assert told.catalog.table == found.catalog.table
    assert ["its descriptions are the titles" in note for note in found.notes] == [True]
    assert told.catalog.table["title"].to_pylist() == ["Blue mug 300 ml", "Red mug"]
    assert told.catalog.table["description"].null_count == 2


def test_attributes_that_may_have_lost_their_names_are_told(write, tmp_path):
    path = write("a.csv", 'id,title,attributes\n1,Blue mug,"[""oak"", ""red""]"\n')
    assert "attributes: attributes  # lists whose names may be lost" in schema_text(sniff([path]), tmp_path)


@pytest.mark.parametrize("text", ["id,2023,2024\n7,12,13\n8,14,15\n", "a,b\nx1,y\nx2,z\n", "1st,2nd\n5th,6\n7th,8\n"])
def test_names_that_say_something_are_a_header(write, tmp_path, text):
    assert "header: 1" in schema_text(sniff([write("a.csv", text)]), tmp_path)


def shop(language, stock=True, rows=30):
    lines = [f"{n},Mug {n},{language},{'yes' if stock or n else 'no'},{n % 2}" for n in range(rows)]
    return "\n".join(["sku,name,language,sealed,size", *lines]) + "\n"


def ignored(text):
    return [one.get("ignore", []) for one in yaml.safe_load(text)["inputs"]]


def test_columns_that_are_the_same_in_every_row_are_left_out(write, tmp_path):
    text = schema_text(sniff([write("a.csv", shop("en"))]), tmp_path)
    assert ignored(text) == [["language", "sealed"]]
    assert "- language  # the same in all 30 rows: en" in text
    assert ignored(schema_text(sniff([write("b.csv", shop("en", stock=False))]), tmp_path)) == [["language"]]
    assert ignored(schema_text(sniff([write("c.csv", shop("en", rows=9))]), tmp_path)) == [[]]


def test_progress_counts_the_rows_of_long_files(write):
    told = []
    sniff([write("a.csv", shop("en"))], lambda *said: told.append(said))
    assert told == []
    sniff([write("b.csv", shop("en", rows=400_000))], lambda *said: told.append(said))
    stages, done, total = zip(*told, strict=True)
    assert {*stages} == {"constants"}
    assert sorted(done) == list(done)
    assert (done[-1], total[-1]) == (400_000, 400_000)
    assert all(few < every for few, every in zip(done[:-1], total[:-1], strict=True))


def test_progress_ends_where_no_more_rows_are_looked_at(write):
    told = []
    lines = shop("en", rows=300_000) + "".join(f"x{n},Mug,fr,maybe,1\n" for n in range(300_000))
    sniff([write("a.csv", lines)], lambda *said: told.append(said))
    assert 0 < told[-1][1] == told[-1][2] < 600_000


def test_blank_rows_are_none(write, tmp_path):
    assert ignored(schema_text(sniff([write("a.csv", shop("en") + ",,,,\n,,,,\n")]), tmp_path)) == [
        ["language", "sealed"]
    ]
    half = "sku,name,language\n" + "".join(f"{n},Mug {n},{'en' if n < 1500 else ''}\n" for n in range(1600))
    assert ignored(schema_text(sniff([write("b.csv", half)]), tmp_path)) == [[]]


def test_a_column_that_tells_files_apart_stays(write, tmp_path):
    files = [write("a.csv", shop("en")), write("b.csv", shop("de"))]
    assert ignored(schema_text(sniff(files), tmp_path)) == [["sealed"], ["sealed"]]
    parts = [write("part-1.csv", shop("en")), write("part-2.csv", shop("de"))]
    assert ignored(schema_text(sniff(parts), tmp_path)) == [["sealed"]]


def test_a_row_that_differs_behind_those_looked_at_counts(write, tmp_path):
    rows = "".join(f"{n},Mug {n},{'new' if n < 1500 else 'used'}\n" for n in range(1600))
    assert ignored(schema_text(sniff([write("a.csv", "sku,name,condition\n" + rows)]), tmp_path)) == [[]]


def test_each_file_comes_with_a_source_to_be_uncommented(write, tmp_path):
    names = ["shop-a.csv", "more/shop-a.csv", "part_1.csv", "part_2.csv", "2024.csv"]
    text = schema_text(sniff([write(name, SHOP) for name in names]), tmp_path)
    said = [line.strip() for line in text.splitlines() if "source:" in line]
    folder = tmp_path.name
    assert [line.split("  #")[0] for line in said] == [
        f"# source: ={folder}-shop-a", "# source: =more-shop-a", "# source: =part", "# source: =2024",
    ]  # fmt: skip
    (tmp_path / "s.yaml").write_text(text.replace("# source: =more-shop-a  #", "source: =more-shop-a  #"))
    found = catalogue([tmp_path / "more/shop-a.csv"], tmp_path / "1", str(tmp_path / "s.yaml"))
    assert found.catalog.table["source"].to_pylist() == ["more-shop-a"] * 2
