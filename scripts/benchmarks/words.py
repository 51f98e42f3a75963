"""How texts are read is measured by what the text and the lexical view find: `python -m scripts.benchmarks.words DATA...`.

Each DATA holds products.parquet and pairs_SPLIT.parquet. Of each way to read, and for both views, `recall` is recall@10 of
the matches, the mean of both directions; `across` the same of matches between a title with Cyrillic letters and one without;
`first` and `ten` are of typed queries such as `usb кабель 1.5 м`, in five spellings for each length that a single cable of the catalogue
has (where titles have Cyrillic letters): the share whose first product has that length, and the share of their first ten; `alike` is how many of the first
ten two spellings share. Seconds are CPU time of fitting and encoding. With `--text-cap` that many characters of each field are read.
Prints one JSON object a row.
"""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.labelled_set import EVERYWHERE

if TYPE_CHECKING:
    from indexing.arrays import Bools1d, Floats2d, Ints1d
    from indexing.catalog.catalog import Catalog

K = 10
BLOCK = 500  # queries whose cosines with all products are held at once
CABLE = "кабел|cable|шнур|cord|провод"
SPELLINGS: tuple[Callable[[float], str], ...] = (
    lambda metres: f"кабель usb {metres:g} м",
    lambda metres: f"кабель usb {metres:g}м",
    lambda metres: f"{metres:g} m usb кабель".replace(".", ","),
    lambda metres: f"кабель {metres * 100:g} cm usb",
    lambda metres: f"usb {metres * 100:g}см кабель",
)


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--split", default="valid", show_default=True, type=click.Choice(["valid", "test"]))
@click.option("--text-cap", type=int, help="As of heroic build-index.")
@click.option("--quantities/--no-quantities", default=True, show_default=True, help="Read them as words of their own.")
def command(data: tuple[Path, ...], split: str, text_cap: int | None, quantities: bool) -> None:
    """Measure on each folder of DATA."""
    from indexing.encoders.options import EncodingOptions
    from indexing.reading.read_catalog import ReadOptions, read_catalog

    reading = EncodingOptions(text_cap=text_cap).reading
    for folder in data:
        with tempfile.TemporaryDirectory() as scratch:
            read = read_catalog([folder / "products.parquet"], folder=Path(scratch), options=ReadOptions()).catalog
            for row in _measure(replace(read, reading=reading), folder / f"pairs_{split}.parquet", quantities):
                shown = {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
                click.echo(json.dumps({"set": folder.name, **shown}))


def _measure(catalog: "Catalog", labelled: Path, quantities: bool) -> list[dict[str, Any]]:
    import numpy as np

    from reranking.pairs.labelled import read_labelled

    pairs = read_labelled([labelled], catalog)
    matches = pairs.take(np.flatnonzero(pairs.targets == 1))
    sources = None if labelled.parent.name in EVERYWHERE else catalog.sources()
    cyrillic = np.array([any("а" <= letter <= "я" for letter in title) for title in catalog.texts(["title"])])
    across = cyrillic[matches.left] != cyrillic[matches.right]
    rows = []
    for view, fitted in (("text", _text), ("lexical", _lexical)):
        begun = time.process_time()
        products, encode = fitted(catalog, quantities)
        row: dict[str, Any] = {"view": view, "seconds": time.process_time() - begun}
        found = _found(products, sources, matches.left, matches.right)
        row["recall"] = float(found.mean())
        if across.any():
            row["across"] = float(found[:, across].mean())
        rows.append(row | (_typed(catalog, products, encode) if cyrillic.any() else {}))
    return rows


def _text(catalog: "Catalog", quantities: bool) -> Any:
    """Return the rows of the products, and what encodes typed texts."""
    from indexing.encoders.lsa import fit_lsa
    from indexing.vectors.ngram_options import TODAYS_LSA

    encoder = fit_lsa(catalog, TODAYS_LSA if quantities else replace(TODAYS_LSA, quantity_letters=0))
    return encoder.encode(catalog).rows, encoder.encode_texts


def _lexical(catalog: "Catalog", quantities: bool) -> Any:
    from indexing.search.lexical_index import fit_lexical
    from indexing.vectors.ngram_options import TODAYS_LEXICAL

    index = fit_lexical(catalog, TODAYS_LEXICAL if quantities else replace(TODAYS_LEXICAL, quantity_letters=0))
    return index.matrix, index.rows


def _found(products: Any, sources: "Ints1d | None", left: "Ints1d", right: "Ints1d") -> "Bools1d":
    """Return whether the match is among the first K of other sources, from either side (2, m)."""
    import numpy as np

    found = np.zeros((2, len(left)), dtype=bool)
    for way, (asked, wanted) in enumerate(((left, right), (right, left))):
        for start in range(0, len(asked), BLOCK):
            own, match = asked[start : start + BLOCK], wanted[start : start + BLOCK]
            cosines = _cosines(products[own], products)
            here = np.arange(len(own))
            of_match = cosines[here, match].copy()
            cosines[here, own] = -1
            if sources is not None:
                cosines[sources[own][:, None] == sources[None, :]] = -1
            before = (cosines > of_match[:, None]).sum(axis=1)
            ties = (cosines == of_match[:, None]) & (np.arange(cosines.shape[1])[None, :] < match[:, None])
            found[way, start : start + BLOCK] = (of_match > 0) & (before + ties.sum(axis=1) < K)
    return found


def _cosines(queries: Any, products: Any) -> "Floats2d":
    import numpy as np

    cosines = queries @ products.T
    return np.asarray(cosines.todense()) if hasattr(cosines, "todense") else cosines


def _typed(catalog: "Catalog", products: Any, encode: Callable[[Sequence[str]], Any]) -> dict[str, float]:
    """Return what the typed queries find."""
    import re

    import numpy as np

    from indexing.words.quantities import read_quantities
    from indexing.words.tokens import folds

    texts = folds(catalog.texts())
    lengths = [
        {float(read.value) for read in read_quantities(text).found if read.dimension == "length"} for text in texts
    ]
    asked = sorted(
        {
            one
            for text, own in zip(texts, lengths, strict=True)
            if len(own) == 1 and re.search(CABLE, text)
            for one in own
        }
    )
    first, ten, alike = [], [], []
    for metres in asked:
        best = np.argsort(-_cosines(encode([spell(metres) for spell in SPELLINGS]), products), axis=1, kind="stable")
        right = np.array([[metres in lengths[place] for place in places] for places in best[:, :K]])
        first.append(right[:, 0].mean())
        ten.append(right.mean())
        alike += [len(set(best[0, :K]) & set(other)) / K for other in best[1:, :K]]
    return {
        "first": float(np.mean(first)),
        "ten": float(np.mean(ten)),
        "alike": float(np.mean(alike)),
        "lengths": len(asked),
    }


if __name__ == "__main__":
    command()
