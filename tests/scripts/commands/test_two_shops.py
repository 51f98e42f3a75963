"""Two shops whose exports differ in format, columns and wording are matched, from their files to the report."""

import json
from textwrap import dedent

import pandas as pd
import pytest
from exports.feeds import google_xml
from exports.made_products import made_products
from exports.platforms import shopify

from indexing.product_index import open_index

PRODUCTS = 240
PARTS = {0: "test", 1: "valid"}  # of five; the others are for training


class Shops:
    """The exports of both, one schema for them, and which products their offers are of."""

    def __init__(self, folder):
        products = made_products(PRODUCTS)
        self.exports = [shopify(products, folder), google_xml(products, folder)]
        self.files = [export.path for export in self.exports]
        self.schema = folder / "both.yaml"
        self.schema.write_text(
            dedent("""
            inputs:
              - files: products_export_*.csv
                format: shopify
                source: =large shop
              - files: google_*.xml
                format: google-merchant
                source: =corner shop
            """),
            encoding="utf-8",
        )
        self.products = {offer.id: offer.product for export in self.exports for offer in export.offers}

    def labelled(self, candidates):
        """The candidates with their answers, and the part of each, whole groups of variants in one."""
        left, right = (candidates[name].map(self.products) for name in ("left_id", "right_id"))
        groups = left.map({product.number: product.group for product in made_products(PRODUCTS)})
        part = (groups * 7919 % 5).map(PARTS).fillna("train")
        return candidates.assign(target=(left == right).astype(int), part=part)


@pytest.fixture
def shops(tmp_path):
    return Shops(tmp_path)


@pytest.fixture
def step(heroic, tmp_path, monkeypatch):
    """Run one command in the folder; what it prints."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        result = heroic(*words)
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_two_shops_are_matched_from_export_to_report(shops, step, tmp_path):
    step("build-index", *shops.files, "--schema", shops.schema, "--out", "index", "--match-across-sources",
         "--image-encoder", "none")  # fmt: skip
    catalog = open_index(tmp_path / "index").catalog
    assert pd.Series(catalog.table["source"].to_pylist()).value_counts().to_dict() == {
        "large shop": PRODUCTS, "corner shop": PRODUCTS,
    }  # fmt: skip
    step("candidates", "index", "--out", "candidates.parquet")
    pairs = shops.labelled(pd.read_parquet("candidates.parquet"))
    assert pairs.target.sum() >= 0.95 * PRODUCTS
    for name, rows in pairs.groupby("part"):
        rows[["left_id", "right_id", "target"]].to_parquet(f"{name}.parquet")
    step("train", "index", "train.parquet", "--valid", "valid.parquet", "--out", "model")
    step("score", "index", "test.parquet", "--model", "model", "--out", "scores.parquet")
    step(
        "evaluate",
        "scores.parquet",
        "--truth",
        "test.parquet",
        "--index",
        "index",
        "--model",
        "model",
        "--out",
        "report",
    )
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["retrieval"]["found"] >= 0.95 * report["retrieval"]["matches"] > 0
    assert report["weighted"] > 0.9
