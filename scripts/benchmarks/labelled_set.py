"""A labelled set is what one measures on: a folder of products and pairs, built into an index and read."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex
    from reranking.pairs.labelled import LabelledPairs

SPLITS = ("train", "valid", "test")
EVERYWHERE = ("fashion",)  # sets whose products are matched within a source too, as those without sources


@dataclass(frozen=True)
class LabelledSet:
    """It holds the index, and the pairs by the name of their split."""

    name: str
    index: "ProductIndex"
    pairs: "dict[str, LabelledPairs]"


def open_set(
    folder: Path, work: Path, splits: tuple[str, ...], *, text_encoder: str = "lsa", image_encoder: str = "auto"
) -> LabelledSet:
    """Build the index of `folder` into `work` and read its `pairs_SPLIT.parquet`. Vectors that still fit are kept."""
    import pyarrow.parquet as pq

    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions
    from reranking.pairs.labelled import read_labelled

    products = folder / "products.parquet"
    across = folder.name not in EVERYWHERE and "source" in pq.read_schema(products).names
    options = BuildOptions(
        encoding=EncodingOptions(text_encoder=text_encoder, image_encoder=image_encoder),
        match_across_sources=across,
        overwrite=True,
    )
    index = build_index([products], work, options=options).index
    pairs = {name: read_labelled([folder / f"pairs_{name}.parquet"], index.catalog) for name in splits}
    return LabelledSet(folder.name, index, pairs)


def seeds_of(text: str) -> tuple[int, ...]:
    """Read seeds from an option's text, `0,1,2`. Raises ValueError for what is no whole number."""
    return tuple(int(seed) for seed in text.split(","))
