"""Matching of offers is prepared once for an index and a model: that reads the whole catalogue, which scoring of a large one needs too."""

from dataclasses import replace
from threading import Lock, Thread
from typing import Any

from reranking.answers.session import Session
from reranking.decisions.prior_shift import AskedPrior
from reranking.matching.match_offers import Matcher, prepare_matching
from reranking.model.reranker import XgboostReranker
from reranking.model.scoring.prior_choice import OWN_CHOICE, PriorChoice, tell_prior

MOST_PRIORS = 16  # shares of matches that thresholds are kept for


class OfferMatching:
    """It prepares matching in a thread of its own, so that nobody waits for it longer than a request may."""

    def __init__(self, session: Session, model: XgboostReranker) -> None:
        self.session, self.model = session, model
        self._lock = Lock()
        self._thread: Thread | None = None
        self._matcher: Matcher | None = None
        self._priors: dict[Any, PriorChoice] = {}
        self._error: Exception | None = None

    def begin(self) -> Thread:
        """Prepare, unless somebody did; return the thread that does."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._prepare, name="matching", daemon=True)
                self._thread.start()
            return self._thread

    def matcher(self, wait_s: float | None = 0.0) -> Matcher | None:
        """Return what matches offers, None while it is being prepared, which is waited for so long, without end for None. Raises
        what preparing raised."""
        self.begin().join(wait_s)
        if self._error is not None:
            raise self._error
        return self._matcher

    def prior(self, asked: AskedPrior) -> PriorChoice:
        """Return the choice of a share of matches, of which the latest are kept. Raises InputError for a model that cannot choose
        thresholds again, and for a category that it does not know."""
        if asked.kind == "model":
            return OWN_CHOICE
        key = asked.share, tuple(sorted((asked.by_category or {}).items()))
        kept = self._priors.get(key)
        if kept is None:
            kept = self._priors[key] = tell_prior(self.model, asked)
            for oldest in list(self._priors)[:-MOST_PRIORS]:
                self._priors.pop(oldest, None)
        return kept

    def _prepare(self) -> None:
        try:
            whole = self.session.read_whole(self.model)
            own = replace(self.session.index, elsewhere=None)  # lists are those that an update would keep
            self._matcher = prepare_matching(own, self.model, whole=whole)
        except Exception as error:  # told to whoever asks
            self._error = error
