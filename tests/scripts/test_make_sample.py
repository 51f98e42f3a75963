"""The sample looks like a marketplace, gives nothing away, and is the one that is committed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score, roc_auc_score

from indexing.errors import InputError
from indexing.reading.read_catalog import read_catalog
from scripts.make_sample import command, make_sample
from scripts.sample.descriptors import describe_picture
from scripts.sample.key_names import OTHER_NAMES, rename_keys
from scripts.sample.offers import SELLERS, Offer, make_offers
from scripts.sample.own_values import TRANSLATIONS, say_otherwise
from scripts.sample.pairs import SPLITS
from scripts.sample.products import Product, make_products

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "data" / "sample"
COMMITTED_ARGUMENTS = ["--products", "120", "--offers", "320", "--picture-px", "72"]
OZON_TABLES = ("train_data", "test_data")
OZON_PAIRS = ("train_pairs", "test_pairs")


@dataclass(frozen=True)
class Made:
    """A sample on disk beside what it was made from; row i of `catalog` is `offers[i]`."""

    folder: Path
    products: tuple[Product, ...]
    offers: tuple[Offer, ...]
    catalog: pd.DataFrame
    pairs: pd.DataFrame
    """Of all splits, with the columns `split`, `left` and `right` (row numbers) added."""

    def product_of(self, rows: pd.Series) -> np.ndarray:
        return np.array([self.offers[row].product for row in rows])

    def picture_bytes(self, row: int) -> bytes | None:
        path = self.catalog["image"][row]
        return (self.folder / path).read_bytes() if isinstance(path, str) else None


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Half the usual size, in the generic schema."""
    folder = tmp_path_factory.mktemp("made") / "sample"
    make_sample(folder, products=600, offers=1500, seed=3, schema="generic", picture_px=48)
    products = make_products(600, seed=3)
    catalog = pd.read_parquet(folder / "products.parquet")
    pairs = pd.concat(pd.read_parquet(folder / f"pairs_{name}.parquet").assign(split=name) for name in SPLITS)
    row = pd.Series(np.arange(len(catalog)), index=catalog["id"])
    pairs = pairs.assign(left=row[pairs["left_id"]].to_numpy(), right=row[pairs["right_id"]].to_numpy())
    return Made(folder, products, make_offers(products, 1500, seed=3), catalog, pairs.reset_index(drop=True))


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed sample, made again."""
    folder = tmp_path_factory.mktemp("remade") / "sample"
    result = CliRunner().invoke(command, ["--out", str(folder), *COMMITTED_ARGUMENTS])
    assert result.exit_code == 0, result.output
    return folder


def test_the_readme_says_how_the_committed_sample_is_made() -> None:
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert " ".join(["python -m scripts.make_sample --out data/sample", *COMMITTED_ARGUMENTS]) in readme


def test_the_committed_files_are_those_that_the_script_makes(remade: Path) -> None:
    assert _files(COMMITTED) == _files(remade)
    assert sum(path.stat().st_size for path in COMMITTED.rglob("*") if path.is_file()) < 1_500_000


def test_the_committed_products_are_those_that_the_script_makes(remade: Path) -> None:
    name = "products.parquet"
    assert pq.read_table(COMMITTED / name).equals(pq.read_table(remade / name))


@pytest.mark.parametrize("name", [*(f"pairs_{split}" for split in SPLITS), *(f"ozon/{name}" for name in OZON_PAIRS)])
def test_the_committed_pairs_are_those_that_the_script_makes(remade: Path, name: str) -> None:
    """Nearly: neighbours by picture may change places where another version of Pillow draws otherwise."""
    committed, again = (
        set(pd.read_parquet(at / f"{name}.parquet").itertuples(index=False)) for at in (COMMITTED, remade)
    )
    assert len({tuple(pair) for pair in committed} & {tuple(pair) for pair in again}) >= 0.98 * max(
        len(committed), len(again)
    )


@pytest.mark.parametrize("name", OZON_TABLES)
def test_the_committed_ozon_tables_are_those_that_the_script_makes(remade: Path, name: str) -> None:
    committed, again = (pq.read_table(at / "ozon" / f"{name}.parquet") for at in (COMMITTED, remade))
    assert committed.schema.equals(again.schema)
    for column in committed.column_names:
        if "embeddings" in column or column == "name_bert_64":
            assert _numbers(committed[column]) == pytest.approx(_numbers(again[column]), abs=0.05)
        else:
            assert committed[column].equals(again[column])


def test_the_committed_pictures_are_those_that_the_script_makes(remade: Path) -> None:
    """Nearly: JPEG bytes differ between encoders."""
    for path in sorted((COMMITTED / "images").iterdir()):
        with Image.open(path) as committed, Image.open(remade / "images" / path.name) as again:
            assert committed.size == again.size == (72, 72)
            apart = np.asarray(committed, dtype=float) - np.asarray(again, dtype=float)
        assert np.abs(apart).mean() < 4


def test_another_seed_makes_another_sample() -> None:
    first, second = (make_offers(make_products(40, seed), 80, seed) for seed in (1, 2))
    assert [offer.title for offer in first] != [offer.title for offer in second]


def test_the_sample_has_as_many_products_and_offers_as_asked(made: Made) -> None:
    assert len(made.products) == 600
    assert set(made.product_of(made.catalog.index)) == set(range(600))
    assert len(made.catalog) == 1500
    assert len({product.kind.levels[2] for product in made.products}) == 8


def test_each_seller_offers_a_product_once(made: Made) -> None:
    offered = [(offer.product, offer.seller) for offer in made.offers]
    assert len(set(offered)) == len(offered)
    assert list(made.catalog["source"]) == [SELLERS[offer.seller] for offer in made.offers]


def test_the_splits_share_no_product(made: Made) -> None:
    of_split = [
        set(made.product_of(pd.concat([part["left"], part["right"]]))) for _, part in made.pairs.groupby("split")
    ]
    assert len(of_split) == 3
    assert sum(len(products) for products in of_split) == len(set.union(*of_split))


def test_pairs_are_labelled_by_product_and_ordered_and_single_and_between_sellers(made: Made) -> None:
    pairs = made.pairs
    assert list(pairs["target"]) == list(
        (made.product_of(pairs["left"]) == made.product_of(pairs["right"])).astype(float)
    )
    assert (pairs["left_id"] < pairs["right_id"]).all()
    assert not pairs.duplicated(["left_id", "right_id"]).any()
    source = made.catalog["source"].to_numpy()
    assert (source[pairs["left"]] != source[pairs["right"]]).all()


def test_categories_have_different_shares_of_matches(made: Made) -> None:
    level = np.array([json.loads(text)["3"] for text in made.catalog["category"]])
    rates = made.pairs["target"].groupby(level[made.pairs["left"]]).mean()
    assert len(rates) == 8
    assert rates.min() < 0.12
    assert rates.max() > 0.4


def test_neither_ids_nor_places_in_the_file_predict_matches(made: Made) -> None:
    number = made.catalog["id"].map(lambda text: int(text, 36)).to_numpy(dtype=float)
    left, right, target = made.pairs["left"], made.pairs["right"], made.pairs["target"]
    for signal in (left, right, abs(left - right), abs(number[left] - number[right]), np.arange(len(target))):
        assert roc_auc_score(target, signal) == pytest.approx(0.5, abs=0.05)


def test_exact_duplicates_stand_at_different_sellers(made: Made) -> None:
    matches = made.pairs[made.pairs["target"] == 1]
    same = [
        (made.catalog["source"][left], made.catalog["source"][right])
        for left, right in zip(matches["left"], matches["right"], strict=True)
        if made.catalog["title"][left] == made.catalog["title"][right] and _same_picture(made, left, right)
    ]
    assert len(same) >= 10
    assert all(one != other for one, other in same)


def test_different_products_share_their_title_or_their_picture(made: Made) -> None:
    others = made.pairs[made.pairs["target"] == 0]
    title = made.catalog["title"]
    same_title = [title[left] == title[right] for left, right in zip(others["left"], others["right"], strict=True)]
    same_picture = [
        _same_picture(made, left, right) for left, right in zip(others["left"], others["right"], strict=True)
    ]
    assert sum(same_title) >= 10
    assert sum(same_picture) >= 10


def test_hard_near_duplicates_differ_in_their_option_alone(made: Made) -> None:
    others = made.pairs[made.pairs["target"] == 0]
    pairs = [
        (made.products[left], made.products[right])
        for left, right in zip(made.product_of(others["left"]), made.product_of(others["right"]), strict=True)
    ]
    units = {one.option.unit for one, other in pairs if one.model == other.model and one.look == other.look}
    assert units == {"m", "gb", "pcs", "device", "edition"}
    assert any(one.model == other.model and one.option == other.option for one, other in pairs)


def test_fields_are_missing_as_in_a_marketplace(made: Made) -> None:
    missing = made.catalog.isna().mean()
    assert 0.04 < missing["image"] < 0.12
    assert all(missing[name] > 0.01 for name in ("brand", "price", "attributes", "description", "color"))
    assert all(missing[name] == 0 for name in ("id", "title", "category", "source"))


def test_titles_are_russian_and_english_and_attributes_are_objects(made: Made) -> None:
    russian = made.catalog["title"].str.contains("[а-яё]", case=False)
    assert 0.4 < russian.mean() < 0.9
    attributes = [json.loads(text) for text in made.catalog["attributes"].dropna()]
    shapes = {type(value) for filled in attributes for value in filled.values()}
    assert shapes == {str, list}


def test_titles_and_pictures_together_beat_either_alone(made: Made) -> None:
    pairs = made.pairs[made.pairs["split"] != "train"]
    titles = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(made.catalog["title"]).toarray()
    pictures = _picture_rows(made)
    text, image = ((rows[pairs["left"]] * rows[pairs["right"]]).sum(axis=1) for rows in (titles, pictures))
    for measure, margin in ((average_precision_score, 0.05), (roc_auc_score, 0.02)):
        both = measure(pairs["target"], text + image)
        assert both > measure(pairs["target"], text) + margin
        assert both > measure(pairs["target"], image) + margin


@pytest.mark.parametrize("name", OZON_TABLES)
def test_ozon_products_have_the_columns_of_the_contest(name: str) -> None:
    table = pq.read_table(COMMITTED / "ozon" / f"{name}.parquet")
    vectors = pa.list_(pa.list_(pa.float32()))
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == {
        "variantid": pa.int64(),
        "name": pa.string(),
        "categories": pa.string(),
        "color_parsed": pa.list_(pa.string()),
        "pic_embeddings_resnet_v1": vectors,
        "main_pic_embeddings_resnet_v1": vectors,
        "name_bert_64": pa.list_(pa.float32()),
        "characteristic_attributes_mapping": pa.string(),
    }
    rows = table.to_pylist()
    assert all(len(row["main_pic_embeddings_resnet_v1"]) == 1 for row in rows)
    assert {len(picture) for row in rows for picture in row["main_pic_embeddings_resnet_v1"]} == {128}
    assert {len(row["name_bert_64"]) for row in rows} == {64}
    extra = [row["pic_embeddings_resnet_v1"] for row in rows if row["pic_embeddings_resnet_v1"] is not None]
    assert len(extra) < len(rows)
    assert {len(picture) for pictures in extra for picture in pictures} == {128}
    assert all(1 <= len(pictures) <= 15 for pictures in extra)
    assert all(list(json.loads(row["categories"])) == ["1", "2", "3", "4"] for row in rows)
    attributes = [json.loads(row["characteristic_attributes_mapping"] or "{}") for row in rows]
    assert all(isinstance(values, list) for filled in attributes for values in filled.values())


def test_ozon_pairs_have_the_columns_of_the_contest() -> None:
    folder = COMMITTED / "ozon"
    train, test, truth = (
        pq.read_table(folder / f"{name}.parquet") for name in ("train_pairs", "test_pairs_wo_target", "test_pairs")
    )
    columns = {"variantid1": pa.int64(), "variantid2": pa.int64(), "target": pa.float64()}
    assert dict(zip(train.schema.names, train.schema.types, strict=True)) == columns
    assert train.schema.equals(truth.schema)
    assert truth.drop_columns(["target"]).equals(test)
    for pairs, products in ((train, "train_data"), (test, "test_data")):
        known = set(pq.read_table(folder / f"{products}.parquet")["variantid"].to_pylist())
        one, other = pairs["variantid1"].to_pylist(), pairs["variantid2"].to_pylist()
        assert known >= set(one) | set(other)
        assert all(left < right for left, right in zip(one, other, strict=True))


def test_title_vectors_have_as_little_contrast_as_the_contests() -> None:
    rows = np.array(pq.read_table(COMMITTED / "ozon" / "train_data.parquet")["name_bert_64"].to_pylist())
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = rows @ rows.T
    assert cosines.min() > 0.9


def test_both_schemas_hold_the_same_matches() -> None:
    matches = [pq.read_table(COMMITTED / f"pairs_{name}.parquet")["target"].to_pylist() for name in SPLITS]
    ozon = [pq.read_table(COMMITTED / "ozon" / f"{name}.parquet")["target"].to_pylist() for name in OZON_PAIRS]
    assert [len(matches[0]) + len(matches[1]), len(matches[2])] == [len(targets) for targets in ozon]
    assert sum(matches[2]) == sum(ozon[1])


@pytest.mark.parametrize("name", ["products", "ozon/train_data", "ozon/test_data"])
def test_the_committed_sample_is_read_whole(tmp_path: Path, name: str) -> None:
    path = COMMITTED / f"{name}.parquet"
    read = read_catalog([path], folder=tmp_path)
    assert len(read.catalog) == pq.read_metadata(path).num_rows
    assert not read.rejects


@pytest.mark.parametrize("schema", ["generic", "ozon"])
def test_one_schema_can_be_made_alone(tmp_path: Path, schema: str) -> None:
    make_sample(tmp_path / "sample", products=16, offers=40, schema=schema, picture_px=32)
    assert (tmp_path / "sample" / "products.parquet").exists() == (schema == "generic")
    assert (tmp_path / "sample" / "ozon").exists() == (schema == "ozon")


def test_each_seller_has_one_name_for_an_attribute(made: Made) -> None:
    renamed = rename_keys(made.offers, 0.5, seed=3)
    names: dict[tuple[int, str], set[str]] = {}
    for before, after in zip(made.offers, renamed, strict=True):
        assert list((before.attributes or {}).values()) == list((after.attributes or {}).values())
        for key, name in zip(before.attributes or {}, after.attributes or {}, strict=True):
            names.setdefault((before.seller, key), set()).add(name)
    assert all(len(found) == 1 for found in names.values())
    share = np.mean([name != key for (_, key), (name,) in names.items()])
    assert 0.4 < share < 0.6
    assert rename_keys(made.offers, 0.0, seed=3) == made.offers


def test_no_attribute_keeps_its_name_when_all_are_renamed(made: Made) -> None:
    keys = {key for offer in made.offers for key in offer.attributes or {}}
    renamed = {key for offer in rename_keys(made.offers, 1.0, seed=3) for key in offer.attributes or {}}
    assert keys == set(OTHER_NAMES)
    assert not keys & renamed


def test_a_sample_is_written_with_renamed_keys(tmp_path: Path, made: Made) -> None:
    arguments = ["--products", "16", "--offers", "40", "--schema", "generic", "--picture-px", "32"]
    for share in ("0", "1"):
        result = CliRunner().invoke(command, ["--out", str(tmp_path / share), *arguments, "--renamed-keys", share])
        assert result.exit_code == 0, result.output
    plain, renamed = (pd.read_parquet(tmp_path / share / "products.parquet") for share in ("0", "1"))
    pd.testing.assert_frame_equal(plain.drop(columns="attributes"), renamed.drop(columns="attributes"))
    keys = [{key for cell in table["attributes"].dropna() for key in json.loads(cell)} for table in (plain, renamed)]
    assert keys[0] <= set(OTHER_NAMES)
    assert not keys[0] & keys[1]


def test_sellers_say_what_attributes_state_in_their_own_ways(made: Made) -> None:
    said = say_otherwise(made.offers, made.products, 1.0, seed=3)
    changed = 0
    for before, after in zip(made.offers, said, strict=True):
        assert replace(after, attributes=before.attributes, color=before.color) == before
        assert after.color is None
        for key in set(before.attributes or {}) & {"Цвет товара", "Color"}:
            was, now = (values[key] for values in (before.attributes or {}, after.attributes or {}))
            assert {TRANSLATIONS[text] for text in ([was] if isinstance(was, str) else was)} == set(
                [now] if isinstance(now, str) else now
            )
            changed += 1
    assert changed > 100
    assert say_otherwise(made.offers, made.products, 0.0, seed=3) == made.offers


def test_a_range_holds_what_the_product_measures(made: Made) -> None:
    found = 0
    for offer in say_otherwise(made.offers, made.products, 1.0, seed=3):
        attributes = offer.attributes or {}
        for value in (attributes[key] for key in ("Вес", "Weight") if key in attributes):
            ends = [float(number) for number in re.findall(r"\d+", value if isinstance(value, str) else value[0])]
            if ends:
                assert min(ends) * (len(ends) > 1) < made.products[offer.product].weight_g <= max(ends)
                found += 1
    assert found > 50


def test_more_attributes_are_filled_in_on_demand(made: Made) -> None:
    offers = make_offers(made.products, len(made.offers), 3, 0.95)
    stated = [np.mean([len(offer.attributes or {}) for offer in each]) for each in (made.offers, offers)]
    assert stated[1] > 1.3 * stated[0]


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = CliRunner().invoke(command, ["--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "is in use" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("products", "offers"), [(100, 99), (20, 20 * len(SELLERS) + 1)])
def test_impossible_numbers_are_refused(tmp_path: Path, products: int, offers: int) -> None:
    with pytest.raises(InputError, match="cannot be"):
        make_sample(tmp_path / "sample", products=products, offers=offers)
    assert not list(tmp_path.iterdir())


def test_an_unknown_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'amazon' is unknown"):
        make_sample(tmp_path / "sample", schema="amazon")


def test_the_command_is_imported_without_heavy_libraries() -> None:
    code = "import sys, scripts.make_sample; sys.exit(any(name in sys.modules for name in ('numpy', 'PIL', 'pyarrow')))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """All the numbers of a column of vectors, in order."""
    values = column.combine_chunks()
    while pa.types.is_list(values.type):
        values = values.flatten()
    return np.asarray(values)


def _same_picture(made: Made, left: int, right: int) -> bool:
    picture = made.picture_bytes(left)
    return picture is not None and picture == made.picture_bytes(right)


def _picture_rows(made: Made) -> np.ndarray:
    """Colour layouts less their mean, of unit length; zeros without a picture."""
    rows = np.zeros((len(made.catalog), 192))
    for row, path in enumerate(made.catalog["image"]):
        if isinstance(path, str):
            with Image.open(made.folder / path) as picture:
                rows[row] = describe_picture(picture)
    seen = rows.any(axis=1)
    rows[seen] -= rows[seen].mean(axis=0)
    return rows / np.where(seen, np.linalg.norm(rows, axis=1), 1.0)[:, None]
