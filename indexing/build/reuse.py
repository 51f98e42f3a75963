"""What may become of vectors that are there already: gone on with, reused, replaced, or refused, by how a build is run."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from indexing.build.options import BuildOptions
from indexing.build.shard_folder import as_read, contents_of, made_of
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, RowBank
from indexing.encoders.by_spec import EncoderPlan
from indexing.encoders.encoder import NEURAL
from indexing.encoders.precision import AGREEMENT_FILE
from indexing.errors import Unfinished
from indexing.product_index import ProductIndex
from indexing.vectors.vectors import SHARD_ROWS, open_vectors

OF_PRODUCTS = (
    "pictures",
    "vectors",
    "fitted",
)  # of what vectors were made from, what the products are, not the encoder
NAMES = {"catalog": "catalogue", "max_tokens": "tokens at most"}
SHOWN = 60


@dataclass(frozen=True)
class ViewBefore:
    """What an older index gives a view: the `folder` whose vectors are linked if they fit; with `--extend` the `encoder`
    that was kept beside them, the rows by content (`bank`), and what vectors `made` with it depend on besides."""

    folder: Path | None = None
    made: dict[str, Any] = field(default_factory=dict)
    encoder: Path | None = None
    bank: Callable[[], RowBank | None] = lambda: None


def view_before(
    view: str, wanted: dict[str, Any], plan: EncoderPlan, index: ProductIndex, options: BuildOptions
) -> ViewBefore:
    """What the index gives a view whose vectors depend on `wanted`. Raises Unfinished where they must not be lost."""
    made = index.manifest.made
    if view not in made["encoders"]:
        return ViewBefore()
    place = index.folder / "vectors" / view
    found = {"catalog": made["catalog"]["digest"], **made["encoders"][view]}
    same = found["catalog"] == wanted["catalog"]
    refuse_other(view, wanted, found, options, index.folder)
    if not options.extend:
        return ViewBefore(place)
    fitted = {"fitted": found["fitted"]} if same and "fitted" in found else {"fitted": index.fingerprint}
    return ViewBefore(
        place,
        fitted if plan.fitted and ("fitted" in found or not same) else {},
        place,
        lambda: _bank(view, plan, index, place),
    )


def refuse_other(
    view: str, wanted: dict[str, Any], found: dict[str, Any] | None, options: BuildOptions, where: Path
) -> None:
    """Raise where the vectors of a view in `where` were made otherwise than is asked for now, and must not be lost.

    `--overwrite` replaces whatever is there; `--resume` nothing; `--extend` what was made of other products; without
    any of them, the vectors of lsa, thumbnail and columns, which take seconds, are made again, those of models are kept.
    """
    if options.overwrite or found is None:
        return
    passed = {"dim", "notes", *(() if options.resume else OF_PRODUCTS), *(("catalog",) if options.extend else ())}
    there, asked = ({key: made[key] for key in made if key not in passed} for made in (found, as_read(wanted)))
    spec = str(found.get("spec", ""))
    if there == asked or not (options.resume or options.extend or spec.partition(":")[0] in NEURAL):
        return
    keys = [key for key in dict.fromkeys([*asked, *there]) if asked.get(key) != there.get(key) and key != "spec"]
    before, now = (_told(of, keys) for of in (there, asked))
    raise Unfinished(
        f"{where}: its {view} vectors were made by {spec}{before}; asked for is {wanted['spec']}{now}: "
        "give --overwrite to replace them, the options of before, or another folder"
    )


def agreement_in(folder: Path) -> dict[str, Any]:
    """What was measured when the model of a view was opened, for the manifest."""
    file = folder / AGREEMENT_FILE
    return {"agreement": json.loads(file.read_text(encoding="utf-8"))} if file.is_file() else {}


def contents_in_blocks(contents: Callable[[Catalog], Contents], catalog: Catalog) -> Contents:
    """What an encoder reads of each product (n, 2), a block at a time."""
    starts = range(0, len(catalog), SHARD_ROWS)
    return np.concatenate([contents(catalog.slice(at, min(at + SHARD_ROWS, len(catalog)))) for at in starts])


def _bank(view: str, plan: EncoderPlan, index: ProductIndex, place: Path) -> RowBank | None:
    """Rows by what they were made from: as kept with them; texts are also read again from the index's catalogue."""
    kept, rows = contents_of(place), open_vectors(place)
    if kept is not None and len(kept) == len(rows):
        return RowBank(kept, rows)
    vectors = index.vectors(view)
    if view != "text" or plan.contents is None or vectors is None:
        return None
    return RowBank(contents_in_blocks(plan.contents, index.catalog), vectors)


def holds_rows(view: Path) -> bool:
    """Whether anything of a view's folder has been encoded."""
    return any(view.glob("vectors_*.npy")) or any(view.glob("part_*.npy"))


def holds_model_vectors(folder: Path) -> bool:
    """Whether a folder holds vectors that a model made, which are worth going on with after an error."""
    for view in (folder / "vectors").glob("*"):
        engine = str((made_of(view) or {}).get("spec", "")).partition(":")[0]
        if engine in NEURAL and holds_rows(view):
            return True
    return False


def _told(made: dict[str, Any], keys: list[str]) -> str:
    cells = []
    for key in (key for key in keys if key in made):
        value = str(made[key])
        cells.append(f"{NAMES.get(key, key)} {value if len(value) <= SHOWN else value[:SHOWN] + '…'}")
    return f" ({', '.join(cells)})" if cells else ""
