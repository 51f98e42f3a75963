"""A promise of precision is taken back where too many calls are of a kind that was never judged."""

from pathlib import Path

from reranking.kinds.kind_check import KindCheck
from reranking.kinds.unlike_calls import UnlikeCalls, UnlikeShare

SHOWN = 3  # sources and categories that are warned of


def kind_warnings(kinds: KindCheck | None, ask: Path | None = None) -> list[str]:
    """Return one line for each source or category, at most SHOWN, that too many calls are unlike; `ask` is the file of pairs to
    label, where the user named one."""
    if kinds is None or kinds.found is None or not kinds.found.withdrawn:
        return []
    found = kinds.found
    told = f" ({', '.join(map(_in_words, found.told_by))})" if found.told_by else ""
    remedy = "label 50 of them: --ask FILE" if ask is None else f"label those in {ask} and train with them"
    lines = [
        f"precision not assured{_for(part)}: {_percent(part.share)} of {_whose(part, found)} are unlike any that were judged"
        f"{told}; {remedy}"
        for part in found.withdrawn[:SHOWN]
    ]
    more = len(found.withdrawn) - SHOWN
    return [*lines[:-1], lines[-1] + (f"; so it is for {more} more" if more > 0 else "")]


def _for(part: UnlikeShare) -> str:
    return {"source": f" for {part.name}", "category": f" in {part.name}", "all": ""}[part.margin]


def _whose(part: UnlikeShare, found: UnlikeCalls) -> str:
    if part.margin != "all":
        return "its calls"
    return "all calls" if len(found.withdrawn) == 1 else "all other calls"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _in_words(feature: str) -> str:
    """Return a feature's name in words, without which of both values it is."""
    return feature.removesuffix("_smaller").removesuffix("_larger").replace("_", " ")
