"""Made catalogues: products with siblings that differ in a code alone, offered by several shops, one offer each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.product_index import ProductIndex
from reranking.pairs.labelled import LabelledPairs

BRANDS = ["bosch", "sharp", "gorenje", "siemens", "miele", "whirlpool"]
KINDS = ["kettle", "microwave", "toaster", "mixer"]
EXTRA = ["steel", "black", "white", "new", "compact", "900w", "25l", "solo", "digital", "quiet"]


@dataclass(frozen=True)
class MadeOffers:
    """An index of offers, the `product` (n,) of each, and all pairs of offers of one product."""

    index: ProductIndex
    product: np.ndarray

    def matches(self, products):
        """The matches among the offers of these products."""
        left, right = np.triu_indices(len(self.product), 1)
        rows = (self.product[left] == self.product[right]) & np.isin(self.product[left], products)
        return LabelledPairs(left[rows], right[rows], np.ones(rows.sum()))


@pytest.fixture(scope="package")
def learned():
    """160 of the 240 products, at random: those that labels know."""
    return np.random.default_rng(0).permutation(240)[:160]


def make_offers(folder, products=240, shops=3, across=True, seed=1):
    """Offers in random order; each shop offers most products, with a code that is written its own way, or not at all."""
    random = np.random.default_rng(seed)
    rows = []
    for product in range(products):
        family = product // 4
        name = f"{BRANDS[family % 6]} {KINDS[family % 4]} {chr(97 + family % 26)}{family % 7}x{100 + product}"
        for shop in range(shops):
            if shop and random.random() < 0.2:
                continue
            words = name.split() + random.choice(EXTRA, 3).tolist()
            code = words[2] if random.random() < 0.9 else words[2][:3]
            rows.append((product, f"shop {shop}", " ".join([words[0], words[1], code, *words[3:]])))
    rows = [rows[place] for place in random.permutation(len(rows))]
    product, source, title = zip(*rows, strict=True)
    frame = pd.DataFrame({"id": range(len(rows)), "title": title, "source": source})
    frame.to_parquet(folder / "products.parquet")
    options = BuildOptions(encoding=EncodingOptions(image_encoder="none"), match_across_sources=across, k=30)
    index = build_index([folder / "products.parquet"], folder / "index", options=options).index
    return MadeOffers(index, np.array(product))


@pytest.fixture(scope="package")
def offers(tmp_path_factory):
    """240 products in three shops."""
    return make_offers(tmp_path_factory.mktemp("offers"))


@pytest.fixture(scope="package")
def offers_without_shops(tmp_path_factory):
    """The same offers in an index that matches everywhere."""
    return make_offers(tmp_path_factory.mktemp("shopless"), across=False)


@pytest.fixture(scope="package")
def offers_of_six_shops(tmp_path_factory):
    """60 products, offered by up to six shops, in an index that matches everywhere."""
    return make_offers(tmp_path_factory.mktemp("six"), products=60, shops=6, across=False)
