"""People and programs read here what was found out about artefacts."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.pages.report_document import ReportManifest
from reranking.grouping.group_files import GroupsManifest
from reranking.model.scores_manifest import KindRecord, PriorRecord, ScoresManifest
from scripts.commands.inspect.belonging import Belonging
from scripts.commands.inspect.contents import (
    Content,
    GroupsContent,
    IndexContent,
    ModelContent,
    ReportContent,
    ReportFigures,
    ScoresContent,
)
from scripts.commands.inspect.counts import GroupCounts, GroupedProducts, ScoredCounts
from scripts.commands.inspect.index_text import index_facts
from scripts.commands.inspect.inspection import Inspected
from scripts.terminal.console import plain

if TYPE_CHECKING:
    from reranking.model.manifest import ModelManifest
    from reranking.model.training_report import TrainingReport

Facts = list[tuple[str, str]]
STRONGEST = 5


def as_document(artefacts: Sequence[Inspected], belonging: Sequence[Belonging], sound: bool) -> dict[str, Any]:
    """Return everything as JSON values."""
    return {
        "sound": sound,
        "artefacts": [
            {
                "path": str(found.path),
                "kind": found.kind,
                "fingerprint": found.fingerprint or None,
                "created": found.created or None,
                "heroic_version": found.heroic_version or None,
                "bytes": found.bytes,
                "sizes": dict(found.sizes),
                "damage": list(found.damage),
                "made": found.content.as_json(),
            }
            for found in artefacts
        ],
        "belonging": [
            {"one": str(two.one), "other": str(two.other), "belongs": two.belongs, "why": two.why} for two in belonging
        ],
    }


def render(artefacts: Sequence[Inspected], belonging: Sequence[Belonging]) -> Group:
    """Show one table an artefact, then whether they belong together."""
    parts: list[RenderableType] = []
    for found in artefacts:
        parts += [Text(f"{found.kind} {plain(str(found.path))}", style="bold"), _table(found), Text()]
    for two in belonging:
        word, style = {True: ("yes", "green"), False: ("NO", "red"), None: ("unknown", "yellow")}[two.belongs]
        line = Text(f"{plain(str(two.one))} with {plain(str(two.other))}: ")
        parts.append(line.append(word, style=style).append(f", {plain(two.why)}"))
    return Group(*(parts if belonging else parts[:-1]))


def facts_of(found: Inspected) -> Facts:
    """Say how an artefact was made, in a reader's words; what is not known is left out."""
    facts = _made(found.content)
    facts += [("fingerprint", found.fingerprint), ("created", found.created)]
    facts += [("heroic version", found.heroic_version), ("on disk", _on_disk(found))]
    return [(name, value) for name, value in facts if value]


def _table(found: Inspected) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(overflow="fold")
    for name, value in facts_of(found):
        table.add_row(Text(name), Text(plain(value)))
    faults = [Text(plain(fault), style="red") for fault in found.damage]
    table.add_row(Text("integrity"), Group(*faults) if faults else Text("whole", style="green"))
    return table


def _made(content: Content) -> Facts:
    match content:
        case ModelContent(made):
            return _model(made)
        case ScoresContent(made, counts):
            return _scores(made, counts)
        case GroupsContent(made, products):
            return _groups(made, products)
        case ReportContent(made, figures):
            return _report(made, figures)
        case IndexContent(made):
            return index_facts(made)


def _model(made: "ModelManifest") -> Facts:
    report, needs = made.report, made.needs
    strongest = list(report.importance.items())[:STRONGEST]
    encoders = [f"{view}: {encoder.spec}" for view, encoder in needs.encoders.items()]
    return [
        ("boosters", f"{made.members} of {', '.join(map(str, report.rounds))} rounds"),
        ("features", f"{len(made.features)}{', with the source' if made.same_source else ''}"),
        ("strongest", ", ".join(f"{name} {share:.0%}" for name, share in strongest)),
        ("trained on", _trained_on(report)),
        ("validation", _validation(report, made.target_precision)),
        ("target precision", f"{made.target_precision:g}"),
        ("thresholds", _thresholds(made)),
        ("needs views", f"{', '.join(needs.views)}, {needs.k} neighbours"),
        ("needs encoders", ", ".join(encoders)),
    ]


def _trained_on(report: "TrainingReport") -> str:
    if report.without_labels is not None:
        return f"index {report.index}, {report.train_rows:,} candidates without labels"
    return f"index {report.index}, {report.train_rows:,} pairs of {report.rows:,}"


def _validation(report: "TrainingReport", precision: float) -> str:
    if report.metric is None:
        return "none: learned without labels, so that probabilities and thresholds are estimates without truth"
    pairs = f"{report.valid_rows:,} pairs with {report.valid_positives:,} matches"
    return f"weighted {report.metric:.4f} at precision {precision:g}, on {pairs}"


def _scores(made: ScoresManifest, counts: ScoredCounts | None) -> Facts:
    return [
        *([] if counts is None else _counted_scores(counts)),
        ("made with index", made.index_fingerprint or ""),
        ("made with model", made.model_fingerprint or ""),
        ("target precision", "" if made.target_precision is None else f"{made.target_precision:g}"),
        ("thresholds", _thresholds(made) if made.thresholds else ""),
        ("share of matches", "" if made.prior is None else _prior(made.prior)),
        ("kind of calls", "" if made.kinds is None else _kinds(made.kinds)),
    ]


def _prior(prior: PriorRecord) -> str:
    """Say which share of matches was expected, found and used."""
    used = "the model's thresholds" if prior.used is None else f"thresholds moved ({prior.kind})"
    if prior.expected is None or prior.found is None:
        return f"not estimated; {used}"
    return f"{prior.expected:.3f} expected, {prior.found:.3f} found; {used}"


def _kinds(kinds: KindRecord) -> str:
    """Say which share of calls is unlike any that were judged, and whose promise was withdrawn for that."""
    if kinds.share is None:
        return "not compared with validation's"
    said = f"{kinds.share:.0%} of {kinds.calls:,} calls are unlike any that were judged"
    if not kinds.withdrawn:
        return said
    named = [f"{part.name or 'all others'} {part.share:.0%}" for part in kinds.withdrawn[:STRONGEST]]
    return f"{said}; precision not assured: {', '.join(named)}"


def _counted_scores(counts: ScoredCounts) -> Facts:
    largest = sorted(counts.pairs_by_category.items(), key=lambda entry: -entry[1])
    return [
        ("pairs", f"{counts.pairs:,}"),
        ("matches", f"{counts.matches:,} by category, {counts.matches_f1:,} at the best F1"),
        ("by category", _listed(f"{name} {pairs:,}" for name, pairs in largest)),
    ]


def _groups(made: GroupsManifest, found: GroupedProducts | None) -> Facts:
    counted = None if found is None else found.counted
    return [
        ("products", "" if found is None else f"{found.products:,}"),
        *([] if counted is None else _counted_groups(counted)),
        ("threshold", "the column match" if made.threshold is None else f"{made.threshold:g}"),
        ("agreement", "" if made.agreement is None else f"{made.agreement:g}"),
        ("largest size", f"{made.max_size:,}" if made.max_size else "any"),
        ("one per source", "yes" if made.one_per_source else "no"),
        ("decisions", "none" if made.decisions is None else f"bound by those up to event {made.decisions:,}"),
        ("made with index", made.index_fingerprint or ""),
        ("made with model", made.model_fingerprint or ""),
    ]


def _counted_groups(counted: GroupCounts) -> Facts:
    groups = f"{counted.groups:,} of two and more products, the largest of {counted.largest:,}"
    return [
        ("groups", f"{groups}; {counted.alone:,} products alone"),
        ("disagreement", f"{counted.disagreements:,} scored pairs inside groups are no match"),
    ]


def _report(made: ReportManifest, figures: ReportFigures | None) -> Facts:
    return [
        ("of scores", made.scores),
        ("against truth", made.truth),
        *([] if figures is None else [("pairs", f"{figures.pairs:,} with {figures.positives:,} matches")]),
        ("target precision", f"{made.target_precision:g}"),
        *([] if figures is None else _figures(figures)),
    ]


def _figures(found: ReportFigures) -> Facts:
    named = {"weighted": found.weighted, "strict": found.strict, "legacy": found.legacy, "pooled": found.pooled}
    return [
        ("figures", ", ".join(f"{name} {value:.4f}" for name, value in named.items() if value)),
        ("made with index", found.index_fingerprint or ""),
        ("made with model", found.model_fingerprint or ""),
    ]


def _thresholds(made: "ModelManifest | ScoresManifest") -> str:
    named = [*made.thresholds.items(), ("others", made.default_threshold), ("best F1", made.f1_threshold)]
    return _listed(f"{name} {_threshold(value)}" for name, value in named)


def _threshold(value: float | None) -> str:
    return "never" if value is None or math.isinf(value) else f"{value:.3f}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)


def _on_disk(found: Inspected) -> str:
    parts = [f"{name} {_mib(size)}" for name, size in sorted(found.sizes, key=lambda part: -part[1])]
    return f"{_mib(found.bytes)}" + (f" ({', '.join(parts[:6])})" if len(parts) > 1 else "")


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB" if size >= 2**20 / 10 else f"{size / 2**10:,.1f} KiB"
