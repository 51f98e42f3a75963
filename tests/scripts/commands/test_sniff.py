"""`heroic sniff` writes a schema, and build-index takes it."""

import fsspec
import pytest

SHOP = "SKU,Product Name,Vendor\ns1,Blue mug,Acme\ns2,Red mug,Acme\n"


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(SHOP)
    return path


def test_it_prints_the_schema(heroic, shop):
    result = heroic("sniff", shop)
    assert result.exit_code == 0
    assert "title: Product Name  # known by its name: Blue mug | Red mug" in result.stdout


def test_what_it_writes_is_built_from_and_inspected(heroic, shop, tmp_path):
    schema = tmp_path / "shop.yaml"
    result = heroic("sniff", shop, "--out", schema)
    assert (result.exit_code, schema.exists()) == (0, True)
    assert "shop.csv: columns by their names and content" in result.stdout
    built = heroic("build-index", "--schema", schema, "--out", tmp_path / "index", "--no-lexical")
    assert built.exit_code == 0, built.stderr
    assert "products: 2 (shop schema)" in built.stdout
    assert "columns of shop" in heroic("inspect", tmp_path / "index").stdout
    (tmp_path / "changes.csv").write_text("SKU,Product Name,Vendor\ns1,Blue mug XL,Acme\ns3,Jug,Acme\n")
    updated = heroic("update", tmp_path / "index", tmp_path / "changes.csv")
    assert "1 new, 1 changed" in updated.stdout, updated.stderr


def test_it_says_how_the_files_of_several_shops_get_their_sources(heroic, shop, tmp_path):
    (tmp_path / "other.csv").write_text("code,title\no1,Blue mug\no2,Green mug\n")
    schema, words = tmp_path / "both.yaml", ["--out", tmp_path / "index", "--match-across-sources", "--no-lexical"]
    told = heroic("sniff", shop, tmp_path / "other.csv", "--out", schema).stdout
    assert "source: nothing says whose offers shop.csv and 1 more has: " in told
    refused = heroic("build-index", "--schema", schema, *words)
    assert "with such lines behind #" in refused.stderr
    assert "    # source: =other  # no column is known as such; take the first # away where" in schema.read_text()
    schema.write_text(schema.read_text().replace("# source: =", "source: ="))
    built = heroic("build-index", "--schema", schema, *words)
    assert built.exit_code == 0, built.stderr


def test_it_says_nothing_of_sources_of_one_shop_or_where_a_column_names_them(heroic, shop, tmp_path):
    (tmp_path / "other.csv").write_text("code,title,source\no1,Blue mug,x\no2,Green mug,y\n")
    for files, said in (([shop], None), ([tmp_path / "other.csv", shop], "whose offers shop.csv has: ")):
        told = heroic("sniff", *files, "--out", tmp_path / "out.yaml", "--overwrite").stdout
        assert ("source: nothing" in told) == bool(said)
        assert (said or "") in told


def test_a_schema_that_was_edited_is_not_replaced_unasked(heroic, shop, tmp_path):
    schema = tmp_path / "shop.yaml"
    schema.write_text("id: SKU\n")
    result = heroic("sniff", shop, "--out", schema)
    assert (result.exit_code, schema.read_text()) == (2, "id: SKU\n")
    assert "give --overwrite to replace it" in result.stderr
    assert heroic("sniff", shop, "--out", schema, "--overwrite").exit_code == 0
    assert "Product Name" in schema.read_text()


def test_a_second_schema_is_refused(heroic, shop, tmp_path):
    result = heroic("build-index", shop, "--schema", "a.yaml", "--schema", "b.yaml", "--out", tmp_path / "index")
    assert result.exit_code == 2
    assert "--schema is given 2 times (a.yaml, b.yaml): write one file with 'inputs:'" in result.stderr


def test_a_catalogue_without_a_title_warns_and_what_was_passed_over_is_said(heroic, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,what\n1,Blue mug\n2,Red mug\n2,Red mug\n,\n")
    result = heroic("build-index", path, "--out", tmp_path / "index")
    assert result.exit_code == 0, result.stderr
    assert "heroic: warning:" in result.stderr
    assert "the nearest column is 'what'" in result.stderr
    assert "passed over: 1 blank row, 1 repeated row" in result.stdout


def test_a_catalogue_at_a_url_is_read_by_its_schema_and_no_password_is_shown_or_kept(heroic, tmp_path):
    fsspec.filesystem("memory").pipe("anna:SECRET@shop.example/offers.csv", SHOP.encode() + b"s3,Jug,Acme,more\n")
    url, schema, index = "memory://anna:SECRET@shop.example/offers.csv", tmp_path / "s.yaml", tmp_path / "index"
    said = [heroic("sniff", url), heroic("sniff", url, "--out", schema)]
    assert "files: memory://*@shop.example/offers.csv" in schema.read_text()
    said.append(heroic("build-index", url, "--schema", schema, "--out", index, "--no-lexical"))
    said.append(heroic("inspect", index))
    assert [result.exit_code for result in said] == [0] * 4, [result.stderr for result in said]
    said.append(heroic("build-index", url + ".gone", "--out", tmp_path / "other"))
    assert "memory://*@shop.example/offers.csv.gone: no such file" in said[-1].stderr
    said.append(heroic("build-index", url, "--max-rejects", "0", "--out", tmp_path / "other"))
    assert "1 of 3 rows" in said[-1].stderr
    said.append(heroic("build-index", "--schema", url, "--out", tmp_path / "other"))
    assert [result.exit_code for result in said[-3:]] == [2] * 3
    assert not [line for result in said for line in (result.stdout + result.stderr).splitlines() if "SECRET" in line]
    kept = [*tmp_path.rglob("*")]
    assert [path for path in kept if path.is_file() and b"SECRET" in path.read_bytes()] == []


def test_an_index_keeps_no_password_of_a_schemas_url_nor_of_an_update(heroic, tmp_path):
    offers = "SKU,Name,image\ns1,Blue mug,a.jpg\ns2,Red mug,b.jpg\n"
    for name, more in (("offers.csv", ""), ("new/more.csv", "s3,Jug,c.jpg\n")):
        fsspec.filesystem("memory").pipe(f"anna:SECRET@kept.example/{name}", (offers + more).encode())
    url, index, schema = "memory://anna:SECRET@kept.example", tmp_path / "index", tmp_path / "s.yaml"
    schema.write_text(f"files: {url}/offers.csv\nid: SKU\ntitle: Name\n")
    said = [heroic("build-index", "--schema", schema, "--out", index, "--no-lexical", "--image-encoder", "none")]
    said += [heroic("update", index, f"{url}/{name}") for name in ("offers.csv", "new/more.csv")]
    said.append(heroic("inspect", index))
    assert [result.exit_code for result in said] == [0] * 4, [result.stderr for result in said]
    assert "0 changed, 2 the same" in said[1].stdout
    assert not [result for result in said if "SECRET" in result.stdout + result.stderr]
    kept = [path for path in index.rglob("*") if path.is_file() and b"SECRET" in path.read_bytes()]
    assert (kept, "SECRET" in schema.read_text()) == ([], True)


def test_files_of_a_schema_may_be_urls(heroic, tmp_path):
    fsspec.filesystem("memory").pipe("open.example/offers.csv", SHOP.encode())
    schema = tmp_path / "s.yaml"
    assert heroic("sniff", "memory://open.example/offers.csv", "--out", schema).exit_code == 0
    built = heroic("build-index", "--schema", schema, "--out", tmp_path / "index", "--no-lexical")
    assert built.exit_code == 0, built.stderr
