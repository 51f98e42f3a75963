"""An index and a model are opened together and made warm, so that the first request is answered as fast as the next."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex, open_index
from indexing.publishing.address import Address
from indexing.publishing.open_published import search_elsewhere
from indexing.publishing.publication import find_publication
from indexing.publishing.server import MilvusServer, connect
from indexing.query.find_neighbours import Query
from indexing.storage.artefact import MANIFEST
from reranking.answers.session import Session
from reranking.model.folder import load_reranker
from reranking.model.reranker import XgboostReranker
from scripts.serve.engine.logged_progress import LoggedProgress
from scripts.serve.engine.offer_matching import OfferMatching

Identity = tuple[int, int, int] | str


@dataclass(frozen=True)
class Sources:
    """They say where the index is, the model, if any, and where the index is published, if it is searched `at` a server."""

    index: Path
    model: Path | None = None
    at: Address | None = None

    def identity(self) -> tuple[Identity | None, ...]:
        """Return what changes when a folder is replaced, or another version published; None for one that is not there."""
        folders = tuple(_identity(folder) for folder in (self.index, self.model) if folder is not None)
        return folders if self.at is None else (*folders, self._published())

    @cached_property
    def server(self) -> MilvusServer | None:
        """Return the connection to the server, which stays open. Raises InputError where there is none to be had."""
        return None if self.at is None else connect(self.at, existing=True)

    def _published(self) -> str | None:
        try:
            found = None if self.server is None else find_publication(self.server, self.server.address.name)
        except InputError:  # it may be there again at the next look
            return None
        return None if found is None else found.collection


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


def open_sources(sources: Sources, *, whole: bool = False, progress: Progress = silent) -> Served:
    """Open index and model. Raises InputError when one cannot be read, or they do not fit.

    A large catalogue is read for the model in the background, or, where the `whole` is to be ready, before this returns.
    What is done before it returns is told.
    """
    identity = sources.identity()  # before: what is replaced from now on is seen as another one
    model = None if sources.model is None else load_reranker(sources.model)
    index = open_index(sources.index)
    index = index if sources.server is None else search_elsewhere(index, sources.server)
    session = Session(index, model, waits=True, progress=progress)
    opened = Served(session, identity, None if model is None else OfferMatching(session, model))
    _warm(opened, progress)
    session.progress = LoggedProgress("model")  # of what is read in the background
    if opened.matching is not None and session.takes_few:
        opened.matching.begin()
        if whole:
            opened.matching.matcher(None)
    return opened


def _warm(opened: Served, progress: Progress) -> None:
    """Load what a request needs: engines, ids, and, where a catalogue is prepared for the model once, that."""
    index, session = opened.index, opened.session
    index.catalog.lookup.find(index.catalog.ids.slice(0, 1))
    if session.model is not None and not session.takes_few:
        session.scorer(session.model, np.zeros(1, dtype=np.int64))
    size = len(index.catalog)
    for view in index.searched_views:
        progress(f"open {view}", 0, size)
        session.ask(Query(position=0, view=view), 1)
        progress(f"open {view}", size, size)
    for view, encoder in index.made.encoders.items():
        if encoder.made.engine != "column":  # vectors that came in a column cannot be made of a query
            progress(f"load {view} encoder", 0, 1)
            index.encoder(view)
            progress(f"load {view} encoder", 1, 1)


def _identity(folder: Path) -> Identity | None:
    try:
        found, manifest = os.stat(folder), os.stat(folder / MANIFEST)
    except OSError:
        return None
    return found.st_dev, found.st_ino, manifest.st_mtime_ns
