"""How a build is run decides what becomes of vectors that are there already: they are gone on with, reused, replaced,
or refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from indexing.build.options import BuildOptions
from indexing.build.parts.poison import DEADLY
from indexing.build.shard_folder import ShardRejects, as_now, as_read, made_of
from indexing.catalog.catalog import Catalog
from indexing.catalog.contents import Contents, RowBank, read_contents
from indexing.catalog.digest import DIGEST_VERSION, catalog_digest
from indexing.catalog.rejects import REJECTS_FILE, StoredRejects
from indexing.encoders.by_spec import EncoderPlan
from indexing.encoders.encoder import LOOKING, NEURAL, Spec, column_names
from indexing.encoders.pictures.missed import IMAGE, faulty_products, missed_pictures
from indexing.encoders.precision import AGREEMENT_FILE, Agreement
from indexing.encoders.record import ColumnMade, EncoderRecord
from indexing.errors import Unfinished
from indexing.product_index import ProductIndex
from indexing.running.parts import PARTS
from indexing.storage.records import read_record, stored_record
from indexing.vectors.vectors import SHARD_ROWS, open_vectors

# these keys of what vectors were made from say what the products are, not which encoder it was
OF_PRODUCTS = ("pictures", "vectors", "fitted")
NAMES = {"catalog": "catalogue", "max_tokens": "tokens at most"}
SHOWN = 60


@dataclass(frozen=True)
class ViewBefore:
    """It holds what an older index gives a view: the `folder` whose vectors are linked if they fit; with `--extend`, or where
    pictures of it could not be had, the `encoder` that was kept beside them, the rows by content (`bank`), and `fitted`, the
    index that a kept encoder was fitted for. `renamed` are its digests of an earlier version, as they are made now."""

    folder: Path | None = None
    fitted: str | None = None
    encoder: Path | None = None
    bank: Callable[[], RowBank | None] = lambda: None
    renamed: Mapping[str, str] = field(default_factory=dict)


def digest_now(index: ProductIndex) -> str:
    """Return the digest of an index's catalogue; one of an earlier version is made again from its cells."""
    made = index.made.catalog
    return made.digest if made.digest_version == DIGEST_VERSION else catalog_digest(index.catalog)


def _renamed(index: ProductIndex, record: EncoderRecord) -> dict[str, str]:
    """Return the digests that a view of an index depends on where they are of an earlier version, as they are made now."""
    if index.made.catalog.digest_version == DIGEST_VERSION:
        return {}
    renamed = {index.made.catalog.digest: digest_now(index)}
    if isinstance(record.made, ColumnMade):
        main = column_names(Spec.of(record.spec))[0][0]
        renamed[record.made.vectors] = catalog_digest(index.catalog, [f"column:{main}"])
    return renamed


def view_before(
    view: str,
    digest: str,
    plan: EncoderPlan,
    index: ProductIndex,
    options: BuildOptions,
    any_back: Callable[[list[str]], bool],
) -> ViewBefore:
    """Return what the index gives a view of the catalogue with this `digest`, planned so; `any_back` says whether any of some
    pictures can be had now. Raises Unfinished where its vectors must not be lost.

    Vectors that fit are linked, unless pictures of theirs could not be had. Then those of products with nothing set aside are
    taken over one by one, and the others looked at again. What an encoder has learned depends on which pictures there were: it
    learns again, or with `--extend` goes on with that, where one of them has come back, and all stays where none has.
    """
    if view not in index.made.encoders:
        return ViewBefore()
    record, place = index.made.encoders[view], index.folder / "vectors" / view
    renamed = _renamed(index, record)
    found = as_now({"catalog": index.made.catalog.digest, **record.depends_on()}, renamed)
    refuse_other(view, {"catalog": digest, **stored_record(plan.made)}, found, options, index.folder)
    same = found is not None and found["catalog"] == digest
    fitted = None
    if options.extend and plan.fitted and (record.fitted is not None or not same):
        fitted = record.fitted if same and record.fitted is not None else index.fingerprint
    made = EncoderRecord(plan.made, 0, fitted=fitted).depends_on()
    fits = as_now(made_of(place), renamed) == as_read({"catalog": digest, **made})
    missed = missed_pictures(ShardRejects(place)) if fits else []
    lacking = bool(missed) and (not plan.fitted or any_back(missed))
    if not options.extend and (plan.fitted or not lacking):
        return ViewBefore(None if lacking else place, renamed=renamed)
    if lacking and plan.fitted:
        fitted = fitted or index.fingerprint  # a build that does not extend it learns from other pictures
    return ViewBefore(None if lacking else place, fitted, place, lambda: _bank(view, plan, index, place), renamed)


def refuse_other(
    view: str, wanted: dict[str, Any], found: dict[str, Any] | None, options: BuildOptions, where: Path
) -> None:
    """Raise Unfinished where the vectors of a view in `where` were made otherwise than is asked for now, and must not
    be lost.

    `--overwrite` replaces whatever is there; `--resume` nothing; `--extend` what was made of other products; without
    any of them, the vectors of lsa, thumbnail and columns, which take seconds, are made again, those of models are
    kept.
    """
    if options.overwrite or found is None:
        return
    passed = {*(() if options.resume else OF_PRODUCTS), *(("catalog",) if options.extend else ())}
    there, asked = ({key: made[key] for key in made if key not in passed} for made in (found, as_read(wanted)))
    spec = str(found.get("spec", ""))
    if there == asked or not (options.resume or options.extend or Spec.of(spec).engine in NEURAL):
        return
    keys = [key for key in dict.fromkeys([*asked, *there]) if asked.get(key) != there.get(key) and key != "spec"]
    before, now = (_told(made, keys) for made in (there, asked))
    raise Unfinished(
        f"{where}: its {view} vectors were made by {spec}{before}; asked for is {wanted['spec']}{now}: "
        "give --overwrite to replace them, the options of before, or another folder"
    )


def agreement_in(folder: Path) -> Agreement | None:
    """Read what was measured when the model of a view was opened, for the manifest; None where nothing was."""
    file = folder / AGREEMENT_FILE
    if not file.is_file():
        return None
    return read_record(json.loads(file.read_text(encoding="utf-8")), Agreement, where=str(file), remedy="encode again")


def contents_in_blocks(contents: Callable[[Catalog], Contents], catalog: Catalog) -> Contents:
    """Return what an encoder reads of each product (n, 2), a block at a time."""
    starts = range(0, len(catalog), SHARD_ROWS)
    return np.concatenate([contents(catalog.slice(at, min(at + SHARD_ROWS, len(catalog)))) for at in starts])


def _bank(view: str, plan: EncoderPlan, index: ProductIndex, place: Path) -> RowBank | None:
    """Return rows by what they were made from: as kept with them; texts are also read again from the index's catalogue.
    None where neither is there."""
    if plan.made.engine in LOOKING:
        return _bank_of_pictures(view, index)
    kept, vectors = index.contents(view), index.vectors(view)
    if kept is not None and vectors is not None:
        return RowBank(kept, vectors)
    if view == "text" and plan.contents is not None and vectors is not None:
        return RowBank(contents_in_blocks(plan.contents, index.catalog), vectors)
    built, rows = read_contents(place), open_vectors(place)
    return RowBank(built, rows) if built is not None and len(built) == len(rows) else None


def _bank_of_pictures(view: str, index: ProductIndex) -> RowBank | None:
    """Return rows by what they were made from, but for those of products with a picture that was set aside: they may be had
    now, and what is still wrong is told. None where it is not known what of, and where a product ends the process that looks at
    it: workers find it again."""
    kept, vectors = index.contents(view), index.vectors(view)
    with index.hold.read() as folder:
        stored = StoredRejects(folder / REJECTS_FILE)
        aside = [reject for reject in stored if reject.column == IMAGE or reject.reason == DEADLY]
    if kept is None or vectors is None or any(reject.reason == DEADLY for reject in aside):
        return None
    return RowBank(kept, vectors).without(faulty_products(index.catalog, aside, extra=view == "image_extra"))


def holds_rows(view: Path) -> bool:
    """Return whether anything of a view's folder has been encoded."""
    return any(view.glob("vectors_*.npy")) or any(view.glob("part_*.npy"))


def holds_model_vectors(folder: Path) -> bool:
    """Return whether a folder holds vectors that a model made, here or in parts elsewhere, which are worth going on with
    after an error."""
    parts = any(folder.glob(f"vectors{PARTS}*/rows_*.npy"))
    for view in (folder / "vectors").glob("*"):
        spec = str((made_of(view) or {}).get("spec", ""))
        if Spec.of(spec).engine in NEURAL and (parts or holds_rows(view)):
            return True
    return False


def _told(made: dict[str, Any], keys: list[str]) -> str:
    cells = []
    for key in (key for key in keys if key in made):
        value = str(made[key])
        cells.append(f"{NAMES.get(key, key)} {value if len(value) <= SHOWN else value[:SHOWN] + '…'}")
    return f" ({', '.join(cells)})" if cells else ""
