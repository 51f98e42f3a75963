"""The known name that is nearest to a wrong one is named beside it."""

from collections.abc import Iterable

from rapidfuzz import process, utils
from rapidfuzz.distance import JaroWinkler

LEAST_LIKE = 0.75  # of two names, from 0 to 1: below, a proposal would only mislead


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is most like `name`, None where none is."""
    found = process.extractOne(
        name, list(names), scorer=JaroWinkler.similarity, processor=utils.default_process, score_cutoff=LEAST_LIKE
    )
    return None if found is None else found[0]


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return what an error adds where a name is like one of `names`, "" where it is not."""
    found = nearest(name, names)
    return "" if found is None else f" (did you mean '{found}'?)"
