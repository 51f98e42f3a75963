"""Artefacts belong together or not: a model to an index, scores to both, a report to all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from indexing.errors import InputError
from scripts.commands.inspect.inspection import Inspected


@dataclass(frozen=True)
class Belonging:
    """It says whether `one` belongs to `other`, and why; None where nothing says so."""

    one: Path
    other: Path
    belongs: bool | None
    why: str


def check_belonging(artefacts: Sequence[Inspected]) -> list[Belonging]:
    """Check every two artefacts of different kinds, the later made first: scores before the model that made them."""
    order = {kind: place for place, kind in enumerate(("groups", "report", "scores", "model", "index"))}
    pairs = [sorted(two, key=lambda part: order[part.kind]) for two in combinations(artefacts, 2)]
    return [_check(one, other) for one, other in pairs if one.kind != other.kind]


def _check(one: Inspected, other: Inspected) -> Belonging:
    broken = [part for part in (one, other) if part.damage]
    if broken:
        return Belonging(one.path, other.path, None, f"not checked: {broken[0].path} is damaged")
    check = _CHECKS[one.kind, other.kind]
    belongs, why = check(one, other)
    return Belonging(one.path, other.path, belongs, why)


Found = tuple[bool | None, str]


def _model_to_index(model: Inspected, index: Inspected) -> Found:
    from indexing.product_index import open_index
    from reranking.model.folder import load_reranker

    try:
        load_reranker(model.path).needs.refuse(open_index(index.path))
    except InputError as error:
        return False, str(error)
    trained_on = model.content.origin.index
    if trained_on == index.fingerprint:
        return True, "the model was trained on this index"
    return True, f"the model was trained on index {trained_on}; this one ({index.fingerprint}) has all that it needs"


def _made_with(later: Inspected, earlier: Inspected) -> Found:
    """Judge by the fingerprint of the index or model that scores and reports keep."""
    kept = later.content.origin.named()[earlier.kind]
    if kept is None:
        return None, f"the {later.kind} do not say which {earlier.kind} made them".replace("report do", "report does")
    if kept == earlier.fingerprint:
        return True, f"made with this {earlier.kind}"
    return False, f"made with {earlier.kind} {kept}, not with {earlier.fingerprint}"


def _unknown(later: Inspected, earlier: Inspected) -> Found:
    return None, f"neither {later.kind} nor {earlier.kind} say so: compare both with the scores"


def _report_of(report: Inspected, scores: Inspected) -> Found:
    """Say whether a report or groups are of these scores."""
    known = {what: kept for what, kept in report.content.origin.named().items() if kept is not None}
    said = "the report does" if report.kind == "report" else f"the {report.kind} do"
    if not known:
        return None, f"{said} not say what {'its' if report.kind == 'report' else 'their'} scores were made with"
    of_scores = scores.content.origin.named()
    for what, kept in known.items():
        if kept != of_scores[what]:
            verb = f"the {report.kind} {'is' if report.kind == 'report' else 'are'} of scores of"
            return False, f"{verb} {what} {kept}, these are of {of_scores[what]}"
    return True, f"the {report.kind} {'is' if report.kind == 'report' else 'are'} of scores of the same index and model"


_CHECKS: dict[tuple[str, str], Callable[[Inspected, Inspected], Found]] = {
    ("model", "index"): _model_to_index,
    ("report", "scores"): _report_of,
    ("groups", "scores"): _report_of,
    ("groups", "report"): _unknown,
    **{(later, earlier): _made_with for later in ("scores", "report", "groups") for earlier in ("index", "model")},
}
