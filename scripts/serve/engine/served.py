"""An index and a model are opened together and made warm, so that the first request is answered as fast as the next."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.product_index import ProductIndex, open_index
from indexing.query.find_neighbours import Query
from indexing.storage.artefact import MANIFEST
from reranking.answers.session import Session
from reranking.model.folder import load_reranker
from reranking.model.reranker import XgboostReranker
from scripts.serve.engine.offer_matching import OfferMatching

Identity = tuple[int, int, int]


@dataclass(frozen=True)
class Sources:
    """They say where the index is, and the model, if any."""

    index: Path
    model: Path | None = None

    def identity(self) -> tuple[Identity | None, ...]:
        """Return what changes when a folder is replaced; None for one that is not there."""
        return tuple(_identity(folder) for folder in (self.index, self.model) if folder is not None)


@dataclass(frozen=True)
class Served:
    """It is one version of an index with a model: a request takes it once and is answered from it alone, whatever takes its
    place meanwhile. `identity` is that of the folders it was opened from; `matching` of offers needs a model."""

    session: Session
    identity: tuple[Identity | None, ...]
    matching: OfferMatching | None = None

    @property
    def index(self) -> ProductIndex:
        return self.session.index

    @property
    def model(self) -> XgboostReranker | None:
        return self.session.model


def open_sources(sources: Sources, *, whole: bool = False) -> Served:
    """Open index and model. Raises InputError when one cannot be read, or they do not fit.

    A large catalogue is read for the model in the background, or, where the `whole` is to be ready, before this returns.
    """
    identity = sources.identity()  # before: what is replaced from now on is seen as another one
    model = None if sources.model is None else load_reranker(sources.model)
    index = open_index(sources.index)
    session = Session(index, model, waits=True)
    opened = Served(session, identity, None if model is None else OfferMatching(session, model))
    _warm(opened)
    if opened.matching is not None and session.is_large:
        opened.matching.begin()
        if whole:
            opened.matching.matcher(None)
    return opened


def _warm(opened: Served) -> None:
    """Load what a request needs: engines, ids, and, where a catalogue is prepared for the model once, that."""
    index, session = opened.index, opened.session
    index.catalog.lookup.find(index.catalog.ids.slice(0, 1))
    for view in index.views:
        session.ask(Query(position=0, view=view), 1)
    for view, encoder in index.made.encoders.items():
        if encoder.made.engine != "column":  # vectors that came in a column cannot be made of a query
            index.encoder(view)
    if session.model is not None and not session.is_large:
        session.scorer(session.model, np.zeros(1, dtype=np.int64))


def _identity(folder: Path) -> Identity | None:
    try:
        found, manifest = os.stat(folder), os.stat(folder / MANIFEST)
    except OSError:
        return None
    return found.st_dev, found.st_ino, manifest.st_mtime_ns
