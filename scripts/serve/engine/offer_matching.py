"""Matching of offers is prepared once for an index and a model, when somebody first asks for it: that reads the whole catalogue."""

from threading import Lock, Thread

from indexing.product_index import ProductIndex
from reranking.matching.match_offers import Matcher, prepare_matching
from reranking.model.reranker import XgboostReranker


class OfferMatching:
    """It prepares matching in a thread of its own, so that nobody waits for it longer than a request may."""

    def __init__(self, index: ProductIndex, model: XgboostReranker) -> None:
        self.index, self.model = index, model
        self._lock = Lock()
        self._thread: Thread | None = None
        self._matcher: Matcher | None = None
        self._error: Exception | None = None

    def matcher(self, wait_s: float = 0.0) -> Matcher | None:
        """Return what matches offers, None while it is being prepared, which is waited for so long. Raises what preparing raised."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._prepare, name="matching", daemon=True)
                self._thread.start()
        self._thread.join(wait_s)
        if self._error is not None:
            raise self._error
        return self._matcher

    def _prepare(self) -> None:
        try:
            self._matcher = prepare_matching(self.index, self.model)
        except Exception as error:  # told to whoever asks
            self._error = error
