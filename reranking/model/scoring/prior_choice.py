"""Scores are made for a share of matches: the model's, one that was told, or the one found among the scored pairs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d
from indexing.errors import InputError
from reranking.decisions.prior import ShareCounts, ShareEstimate, estimate_share, moved
from reranking.decisions.prior_shift import AskedPrior, PriorShift, shift_to
from reranking.decisions.thresholds import Thresholds
from reranking.model.reranker import XgboostReranker
from reranking.pairs.evaluation_category import REST

Withheld = Literal["labels", "kind"]
OWN_PRIOR = AskedPrior("model")


@dataclass(frozen=True)
class PriorChoice:
    """The share of matches as it was asked for; the `estimate` of it, None for a model that keeps no validation pairs of both kinds; and the
    `shift` of probabilities and thresholds, None where they stay the model's.

    `withheld` says why thresholds stay though a larger share is surely there: the model learned from `labels` of one kind, or calls
    are of another `kind` than validation's. Neither tells what such pairs are like: they would be taken for matches.
    """

    asked: AskedPrior
    estimate: ShareEstimate | None = None
    shift: PriorShift | None = None
    withheld: Withheld | None = None

    def withhold(self) -> "PriorChoice":
        """Return the choice that leaves thresholds and probabilities where more matches were found than the model expects, since
        what is called is of another kind."""
        found = self.estimate
        if self.asked.kind != "estimate" or self.shift is None or found is None or found.found <= found.expected:
            return self
        return PriorChoice(self.asked, found, withheld="kind")

    def at_found(self, model: XgboostReranker, scores: Floats1d, categories: pa.Array) -> Floats1d | None:
        """Return the model's probabilities (p,) of scores moved to the share that was found, where that is probably smaller, though not
        surely enough to act on it; else None."""
        found, validation = self.estimate, model.validation
        if found is None or validation is None or self.asked.kind != "estimate":
            return None
        if self.shift is not None or not found.likely or found.found >= found.expected:
            return None
        names = list(found.by_category)
        places = np.asarray(pc.index_in(categories, pa.array(names, pa.large_string())).to_numpy(), dtype=np.int64)
        before = np.array([validation.shares.get(name, validation.share) for name in names])
        after = np.array([found.by_category[name] for name in names])
        return moved(model.probabilities(scores, categories), before[places], after[places])

    def thresholds(self, model: XgboostReranker) -> Thresholds:
        """Return the thresholds that decide."""
        return model.decisions if self.shift is None else self.shift.thresholds

    def shares(self, model: XgboostReranker) -> dict[str, tuple[float, float]]:
        """Return, by category, the share of matches in validation and the one that was found among the scored pairs."""
        if self.estimate is None or model.validation is None:
            return {}
        usual, share = model.validation.shares, model.validation.share
        return {name: (usual.get(name, share), found) for name, found in self.estimate.by_category.items()}

    def assumed(self, model: XgboostReranker) -> tuple[str, ...]:
        """Return the categories that the best guess decides, since nothing was sure enough."""
        if self.shift is not None:
            return self.shift.assumed
        return () if model.report.decisions is None else model.report.decisions.assumed

    def probabilities(self, model: XgboostReranker, scores: Floats1d, categories: pa.Array) -> Floats1d:
        """Return the probabilities (p,) float32 of scores in these evaluation categories."""
        calibrated = model.probabilities(scores, categories)
        if self.shift is None:
            return calibrated
        return np.asarray(self.shift.probabilities(calibrated, categories), dtype=np.float32)


OWN_CHOICE = PriorChoice(OWN_PRIOR)


def refuse_prior(model: XgboostReranker, asked: AskedPrior) -> None:
    """Raise InputError where a share of matches is told to a model that cannot choose thresholds again, or of a category that it does
    not know."""
    if asked.kind == "told" and model.report.without_labels is not None:
        raise InputError(
            "--prior: this model learned without labels and has no thresholds to choose again: leave it out"
        )
    if asked.kind == "told" and model.validation is None:
        raise InputError("--prior: this model keeps no validation pairs to choose thresholds by: train it again")
    if asked.kind == "told" and model.validation is not None:
        asked.refuse_unknown({*model.mapping.kept, REST, *model.validation.names})


def tell_prior(model: XgboostReranker, asked: AskedPrior) -> PriorChoice:
    """Return the choice of a share that is told before any pair is scored: a share of all pairs is that of pairs whose categories
    are as frequent as in validation. Raises InputError for a model that cannot choose thresholds again."""
    refuse_prior(model, asked)
    validation = model.validation
    assert validation is not None
    codes = np.bincount(validation.pairs.categories, minlength=len(validation.names)).astype(np.float64)
    sizes = dict.fromkeys((*model.mapping.kept, REST), 0.0) | dict(zip(validation.names, codes.tolist(), strict=True))
    counts = ShareCounts({name: np.array([size]) for name, size in sizes.items()})
    shares = asked.told(counts, validation)
    return PriorChoice(asked, None, shift_to(shares, validation, model.asked, seed=model.report.options.seed))


def choose_prior(model: XgboostReranker, asked: AskedPrior, scored: ShareCounts) -> PriorChoice:
    """Choose by the counts of all scored pairs, whose probabilities are the model's.

    An estimated share is moved to only where its shift is surely there.
    """
    validation, seed = model.validation, model.report.options.seed
    if validation is None:
        return PriorChoice(asked)
    reference = validation.reference(model.calibration, model.decisions.f1)
    estimate = None if reference is None else estimate_share(scored, reference)
    shares, withheld = None, False
    if asked.kind == "told":
        shares = asked.told(scored, validation)
    elif asked.kind == "estimate" and estimate is not None and estimate.sure:
        withheld = bool(model.report.one_sided) and estimate.found > estimate.expected
        shares = None if withheld else dict(estimate.by_category)
    shift = None if shares is None else shift_to(shares, validation, model.asked, seed=seed)
    return PriorChoice(asked, estimate, shift, "labels" if withheld else None)
