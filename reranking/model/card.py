"""The model card says in Markdown what a model was trained on, how good it is, what it looks at, where it is weak."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reranking.decisions.thresholds import HeldPrecision
from reranking.decisions.validation import RankedCategory
from reranking.model.index_needs import IndexNeeds
from reranking.model.training_report import NO_TRUTH, TrainingReport, WithoutLabels

if TYPE_CHECKING:
    from reranking.model.reranker import XgboostReranker

FEW_MATCHES = 30  # fewer validation matches are no measurement
LOW_METRIC = 0.5
FEW_QUALITY = (
    "It is out of fold on the few labels, as they were chosen, harder than candidates; these also chose the thresholds."
)
_BOOSTING = ("eta", "max_depth", "min_child_weight", "subsample", "colsample_bytree", "reg_lambda")


def render_card(model: "XgboostReranker") -> str:
    """Return the card of a model, from what its manifest keeps; the same model has the same card."""
    sections = {
        f"Model {model.fingerprint}": _summary(model),
        "Data": _data(model),
        **_of_quality(model),
        "What it looks at": _families(model.report),
        "Known weak categories": _weak(model),
        "How it was made": _settings(model),
    }
    parts = [
        f"{'#' if place == 0 else '##'} {title}\n\n{text}\n" for place, (title, text) in enumerate(sections.items())
    ]
    return "\n".join(parts)


def weak_categories(model: "XgboostReranker") -> dict[str, list[str]]:
    """Return the categories that should not be trusted as the others are, each with why."""
    held = model.report.held
    assumed = () if model.report.decisions is None else model.report.decisions.assumed
    weak: dict[str, list[str]] = {}
    for row in model.report.categories:
        name = row.category
        guess = ["its threshold is a best guess"] if name in assumed else []
        why = [*_weak_ranking(row), *guess, *_weak_decisions(model.thresholds.get(name), held.get(name))]
        if why:
            weak[name] = why
    return weak


def _summary(model: "XgboostReranker") -> str:
    return (
        "Scores pairs of products by the likelihood that they are the same one, with boosted trees over "
        f"{len(model.feature_names)} features of a pair. A pair is called a match where its score reaches the threshold "
        "of its category."
    )


def _of_quality(model: "XgboostReranker") -> dict[str, str]:
    """Return the section on quality under its title; of a model without labels what is expected of it."""
    if model.report.without_labels is None:
        return {"Quality on validation": _quality(model)}
    return {"Quality: expected, not measured": _expected(model, model.report.without_labels)}


def _expected(model: "XgboostReranker", found: WithoutLabels) -> str:
    rows = [(_cell(name), _threshold(value)) for name, value in sorted(model.thresholds.items())]
    asked = (
        f"The thresholds below are those at which precision {model.target_precision:g} is expected. "
        f"Threshold of the best expected F1 over all: {_threshold(model.decisions.f1)}."
    )
    return (
        f"{_sentence(NO_TRUTH)}\n\n{_bullets(found.told()[1:])}\n\n{asked}\n\n{_table(('category', 'threshold'), rows)}"
    )


def _sentence(text: str) -> str:
    return f"**{text[0].upper()}{text[1:]}.**"


def _data(model: "XgboostReranker") -> str:
    report = model.report
    lines = _labelled(report) if report.without_labels is None else report.without_labels.told()[:1]
    return _bullets([*lines, *_index(model), _fitted_on_all(model.needs)])


def _index(model: "XgboostReranker") -> list[str]:
    needs = model.needs
    views = f"index {model.report.index}: views {', '.join(needs.views)}, {needs.k} neighbours of each product"
    return [views, *(f"{view} encoder: {encoder.spec}" for view, encoder in needs.encoders.items())]


def _labelled(report: TrainingReport) -> list[str]:
    """Return what the labelled pairs were, and how they were dealt."""
    sides = (
        f"trained on {report.train_rows:,}, validated on {report.valid_rows:,} with {report.valid_positives:,} matches"
    )
    lines = [
        f"{report.rows:,} labelled pairs, {report.positives:,} of them matches, in {report.groups:,} product "
        f"groups (tied by {report.options.group_by})",
        sides if report.few is None else report.few.told(),
        *([] if report.few is None else filter(None, [report.few.warning(), report.few.doubt()])),
    ]
    lines += [labels.told() for labels in report.one_sided]
    lines += [verdict.told() for verdict in report.stacked]
    if report.cross_read is not None:
        lines.append(f"the cross-encoder read {report.cross_read:.1%} of the validation pairs{_gate(report)}")
    if report.left_out:
        lines.append(f"left out: {report.left_out:,} non-matches between training and validation groups")
    if report.judged_by.seen is not None:
        lines.append(f"training has matches of the products of {report.judged_by.seen:.1%} of the validation matches")
    if report.judged_by.left_out:
        lines.append(
            f"thresholds and probabilities were chosen without {report.judged_by.left_out:,} validation pairs of such products"
        )
    if report.judged_by.training:
        lines.append(
            f"thresholds and probabilities were chosen on {report.judged_by.training:,} training pairs too, scored out of fold"
        )
    if report.shared_products:
        lines.append(f"{report.shared_products:,} products are in both training and validation pairs")
    return lines


def _gate(report: TrainingReport) -> str:
    options = report.options
    return (
        f", those of which a first look is in doubt; {options.cross_share:.1%} were asked for"
        if options.reads_some
        else ""
    )


def _fitted_on_all(needs: IndexNeeds) -> str:
    """Say what no label taught, but products of validation and test did."""
    lsa = any(encoder.spec == "lsa" for encoder in needs.encoders.values())
    parts = [
        *(["`lsa`"] if lsa else []),
        *(["the lexical view's weights (idf)"] if "lexical" in needs.views else []),
        "the rarity of words, codes and attributes",
    ]
    return f"fitted on all products of an index, those of validation and test pairs too, without labels: {', '.join(parts)}"


def _quality(model: "XgboostReranker") -> str:
    report = model.report
    head = (
        f"`weighted`, the area under precision-recall where precision is at least {model.target_precision:g}: "
        f"**{_four(report.metric)}**{_interval(report.interval, ' (95 % interval {} to {})')}. "
        f"{FEW_QUALITY if report.few else 'The validation pairs also stopped the training and chose the thresholds.'}"
    )
    held = report.held
    rows = [
        (
            _cell(row.category),
            f"{row.pairs:,}",
            f"{row.matches:,}",
            f"{row.metric:.3f}{_interval(row.interval, ' ({} to {})')}",
            _threshold(model.thresholds.get(row.category)),
            *_held(held.get(row.category)),
        )
        for row in report.categories
    ]
    names = ("category", "pairs", "matches", "weighted", "threshold", "asked", "held", "recall")
    note = (
        "`asked`, `held` and `recall` are the precision that the thresholds were asked for, and the precision and recall "
        "of the pairs that thresholds called matches which other product groups had chosen. "
        f"Threshold of the best F1 over all: {_threshold(model.decisions.f1)}."
    )
    return f"{head}\n\n{_table(names, rows)}\n\n{note}{_calibration(report)}" if rows else head


def _held(row: HeldPrecision | None) -> tuple[str, str, str]:
    return ("", "", "") if row is None else (_number(row.asked), _number(row.held), _number(row.recall))


def _calibration(report: TrainingReport) -> str:
    found = report.calibration
    if found is None:
        return ""
    return (
        f"\n\nProbabilities are calibrated ({found.method}): their expected error is {_number(found.error)} out of "
        f"fold, that of the plain scores {_number(found.error_of_scores)}."
    )


def _families(report: TrainingReport) -> str:
    rows = [
        (
            family.family,
            f"{family.added:.2f}",
            str(family.features),
            ", ".join(f"`{name}`" for name in family.strongest) or "none used",
        )
        for family in report.families
    ]
    if not rows:
        return "Not recorded."
    names = ("family", "moves the log-odds by", "features", "the strongest")
    pairs = "validation pairs" if report.without_labels is None else "candidates"
    note = f"The mean, without its sign, of what a family's features together add to the log-odds of {pairs} (SHAP)."
    return f"{note}\n\n{_table(names, rows)}"


def _weak(model: "XgboostReranker") -> str:
    if model.report.without_labels is not None:
        return "Unknown: without labels no category was measured."
    weak = weak_categories(model)
    return _bullets(f"{_cell(name)}: {'; '.join(why)}" for name, why in weak.items()) if weak else "None known."


def _weak_ranking(row: RankedCategory) -> list[str]:
    if row.matches < FEW_MATCHES:
        return [f"only {row.matches} validation matches, too few to measure"]
    return [f"`weighted` is {row.metric:.3f}"] if row.metric < LOW_METRIC else []


def _weak_decisions(threshold: float | None, held: HeldPrecision | None) -> list[str]:
    if threshold is not None and math.isinf(threshold):
        return ["nothing is called a match"]
    if held is not None and held.held is not None and held.held < held.asked:
        return [f"held precision {held.held:.3f} where {held.asked:g} was asked"]
    return []


def _settings(model: "XgboostReranker") -> str:
    report, options, found = model.report, model.report.options, model.report.search
    lines = [
        f"seed {options.seed}; {len(model.members)} boosters of {', '.join(map(str, report.rounds))} rounds{report.monotone_told()}",
        *_specialised(model),
        *([_added(report)] if report.mined or report.inferred else []),
        ", ".join(f"{name} {getattr(options.boosting, name):g}" for name in _BOOSTING),
    ]
    if found is not None:
        lines.append(
            f"settings found in {found.trials} trials: {found.value:.4f} cross-validated on product groups, "
            f"{found.default:.4f} with the default settings"
        )
    if report.world_size > 1:
        lines.append(f"trained in {report.world_size} shares of the pairs at once (world size {report.world_size})")
    given = "index, pairs," if report.without_labels is None else "index,"
    given += " world size," if report.world_size > 1 else ""
    lines.append(f"the same {given} options and seed give the same model, byte for byte")
    return _bullets(lines)


def _specialised(model: "XgboostReranker") -> list[str]:
    """Return one line on which categories have boosters of their own, and what these count; none without any."""
    names = model.ensemble.specialised
    share = f"have boosters of their own, which are {model.specialist_share:.0%} of their scores"
    return [f"{', '.join(map(_cell, names))} {share}"] if names else []


def _added(report: TrainingReport) -> str:
    return (
        f"also trained on {report.mined:,} mined non-matches and {report.inferred:,} matches that follow from others, "
        "weighed so that the share of matches is that of the labelled pairs"
    )


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Return a category's name as text of a table, whatever stands in it."""
    plain = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\|`*_<>[]#" else sign for sign in plain)


def _interval(bounds: Sequence[float] | None, form: str) -> str:
    return "" if bounds is None else form.format(f"{bounds[0]:.3f}", f"{bounds[1]:.3f}")


def _threshold(value: float | None) -> str:
    return "" if value is None else "never" if math.isinf(value) else f"{value:.3f}"


def _four(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")
