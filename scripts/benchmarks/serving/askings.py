"""Kinds of questions to a server, each with the same call without one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from indexing.catalog.pictures import PictureError, load_picture
from indexing.product_index import ProductIndex, open_index
from indexing.query.find_neighbours import Query, query_by_id
from reranking.answers.session import Session
from reranking.explain.explanation import explain
from reranking.matching.match_offers import prepare_matching
from reranking.model.folder import load_reranker
from reranking.model.reranker import XgboostReranker
from scripts.benchmarks.serving.started import V1, Request

K, TOP = 10, 5
DRAWN = 2_000  # products that are asked about
PICTURES = 50
JSON = "application/json"
BOUNDARY = "part-of-the-load"


@dataclass(frozen=True)
class Asking:
    """It is one kind of question: the requests that ask it, and the same call without a server, by number."""

    name: str
    requests: list[Request]
    raw: Callable[[int], object]


def askings(index: Path, model: Path | None, scratch: Path) -> list[Asking]:
    """Return what can be asked of an index and a model; `scratch` is an empty folder."""
    opened = open_index(index)
    reranker = None if model is None else load_reranker(model)
    session = Session(opened, reranker)
    rows = np.random.default_rng(0).permutation(len(opened.catalog))[:DRAWN]
    found = [_by_id(session, rows), _by_text(session, rows)]
    if "image" in opened.views:
        found.append(_by_picture(session, rows, scratch))
    if reranker is not None:
        found += [_explained(session, reranker, rows), _matched(opened, reranker, rows)]
    return found


def _posted(address: str, content: Any) -> Request:
    return "POST", f"{V1}{address}", json.dumps(content).encode(), JSON


def _by_id(session: Session, rows: Any) -> Asking:
    ids = session.index.catalog.ids.take(rows).to_pylist()
    requests: list[Request] = [
        ("GET", f"{V1}/products/{quote(str(one), safe='')}/neighbours?k={K}", None, JSON) for one in ids
    ]
    catalog = session.index.catalog
    return Asking("by_id", requests, lambda number: session.ask(query_by_id(catalog, ids[number % len(ids)]), K))


def _by_text(session: Session, rows: Any) -> Asking:
    titles = session.index.catalog.table["title"].take(rows).to_pylist()
    texts = [(title or "nothing")[:200] for title in titles]
    requests = [_posted("/search", {"text": text, "k": K}) for text in texts]
    return Asking("by_text", requests, lambda number: session.ask(Query(text=texts[number % len(texts)]), K))


def _by_picture(session: Session, rows: Any, scratch: Path) -> Asking:
    """Ask by pictures of products, encoded again as one would send them, of 512 pixels a side."""
    files: list[Path] = []
    names = session.index.catalog.main_pictures()
    for row in rows.tolist():
        if names[row] and len(files) < PICTURES:
            try:
                picture = load_picture(names[row], session.index.catalog)
            except PictureError:
                continue
            files.append(scratch / f"{row}.jpg")
            picture.resize((512, 512)).save(files[-1])
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    requests: list[Request] = [("POST", f"{V1}/search", _form(file.read_bytes()), kind) for file in files]
    return Asking("by_picture", requests, lambda number: session.ask(Query(picture=files[number % len(files)]), K))


def _form(picture: bytes) -> bytes:
    named = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'
    return named.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def _explained(session: Session, model: XgboostReranker, rows: Any) -> Asking:
    """Ask why products are scored with their first neighbours as they are."""
    kept = session.index.neighbours(session.index.main_view).positions
    pairs = [(int(row), int(kept[row, 0])) for row in rows if kept[row, 0] >= 0]
    ids = session.index.catalog.ids
    requests = [
        _posted("/pairs/explain", {"left": ids[left].as_py(), "right": ids[right].as_py()}) for left, right in pairs
    ]

    def raw(number: int) -> object:
        left, right = pairs[number % len(pairs)]
        return explain(session.scorer(model, np.unique([left, right])), left, right)

    return Asking("explain", requests, raw)


def _matched(index: ProductIndex, model: XgboostReranker, rows: Any) -> Asking:
    """Match products as new offers, without their ids: each finds at least itself."""
    matcher = prepare_matching(index, model)
    offers = index.catalog.take(rows)
    level = f"category_{index.catalog.category_level}"
    columns = [offers.table[name].to_pylist() for name in ("title", level, "source")]
    requests = [
        _posted("/match", {"title": (title or "")[:2000], "category": [category] if category else None, "source": source, "top": TOP})
        for title, category, source in zip(*columns, strict=True)
    ]  # fmt: skip
    return Asking(
        "match", requests, lambda number: matcher.match(offers.slice(number % DRAWN, number % DRAWN + 1), explain=TOP)
    )
