"""What was found out about artefacts, for people and for programs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from indexing.index_manifest import IndexManifest
from indexing.storage.records import read_record
from scripts.commands.inspect.belonging import Belonging
from scripts.commands.inspect.index_text import index_facts
from scripts.commands.inspect.inspection import Inspected
from scripts.terminal.console import plain

Facts = list[tuple[str, str]]
STRONGEST = 5


def as_document(artefacts: Sequence[Inspected], belonging: Sequence[Belonging], sound: bool) -> dict[str, Any]:
    """Everything as JSON values."""
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
                "made": dict(found.made),
            }
            for found in artefacts
        ],
        "belonging": [
            {"one": str(two.one), "other": str(two.other), "belongs": two.belongs, "why": two.why} for two in belonging
        ],
    }


def render(artefacts: Sequence[Inspected], belonging: Sequence[Belonging]) -> Group:
    """One table an artefact, then whether they belong together."""
    parts: list[RenderableType] = []
    for found in artefacts:
        parts += [Text(f"{found.kind} {plain(str(found.path))}", style="bold"), _table(found), Text()]
    for two in belonging:
        word, style = {True: ("yes", "green"), False: ("NO", "red"), None: ("unknown", "yellow")}[two.belongs]
        line = Text(f"{plain(str(two.one))} with {plain(str(two.other))}: ")
        parts.append(line.append(word, style=style).append(f", {plain(two.why)}"))
    return Group(*(parts if belonging else parts[:-1]))


def facts_of(found: Inspected) -> Facts:
    """How an artefact was made, in a reader's words; what is not known is left out."""
    of_kind = {"index": _index, "model": _model, "scores": _scores, "report": _report, "groups": _groups}
    facts = of_kind[found.kind](found.made)
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


def _index(made: Mapping[str, Any]) -> Facts:
    return index_facts(read_record(made, IndexManifest, where="the index's manifest", remedy="build it again"))


def _model(made: Mapping[str, Any]) -> Facts:
    report, needs = made["report"], made["needs"]
    strongest = list(report.get("importance", {}).items())[:STRONGEST]
    encoders = [f"{view}: {of['spec']}" for view, of in needs["encoders"].items()]
    return [
        ("boosters", f"{made['members']} of {', '.join(map(str, report.get('rounds', [])))} rounds"),
        ("features", f"{len(made['features'])}{', with the source' if made['same_source'] else ''}"),
        ("strongest", ", ".join(f"{name} {share:.0%}" for name, share in strongest)),
        ("trained on", _training(report)),
        ("validation", _validation(made, report)),
        ("target precision", f"{made['target_precision']:g}"),
        ("thresholds", _thresholds(made)),
        ("needs views", f"{', '.join(needs['views'])}, {needs['k']} neighbours"),
        ("needs encoders", ", ".join(encoders)),
    ]


def _training(report: Mapping[str, Any]) -> str:
    counts = f"{report['train_rows']:,} pairs of {report['rows']:,}" if "rows" in report else ""
    return f"index {report.get('index')}{', ' + counts if counts else ''}"


def _validation(made: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    if "metric" not in report:
        return ""
    pairs = f"{report['valid_rows']:,} pairs with {report['valid_positives']:,} matches"
    return f"weighted {report['metric']:.4f} at precision {made['target_precision']:g}, on {pairs}"


def _scores(made: Mapping[str, Any]) -> Facts:
    matches = f"{made.get('matches', 0):,} by category, {made.get('matches_f1', 0):,} at the best F1"
    by_category = made.get("pairs_by_category", {})
    largest = sorted(by_category.items(), key=lambda entry: -entry[1])
    precision = made.get("target_precision")
    return [
        ("pairs", f"{made['pairs']:,}" if "pairs" in made else ""),
        ("matches", matches if "matches" in made else ""),
        ("by category", _listed(f"{name} {pairs:,}" for name, pairs in largest)),
        ("made with index", str(made.get("index_fingerprint") or "")),
        ("made with model", str(made.get("model_fingerprint") or "")),
        ("target precision", "" if precision is None else f"{precision:g}"),
        ("thresholds", _thresholds(made)),
    ]


def _groups(made: Mapping[str, Any]) -> Facts:
    counted = "groups" in made
    groups = f"{made.get('groups', 0):,} of two and more products, the largest of {made.get('largest', 0):,}"
    threshold, size = made.get("threshold"), made.get("max_size")
    return [
        ("products", f"{made['products']:,}" if "products" in made else ""),
        ("groups", f"{groups}; {made.get('alone', 0):,} products alone" if counted else ""),
        (
            "disagreement",
            f"{made.get('disagreements', 0):,} scored pairs inside groups are no match" if counted else "",
        ),
        ("threshold", "the column match" if threshold is None else f"{threshold:g}"),
        ("agreement", f"{made['agreement']:g}" if "agreement" in made else ""),
        ("largest size", f"{size:,}" if size else "any"),
        ("one per source", "yes" if made.get("one_per_source") else "no"),
        ("made with index", str(made.get("index_fingerprint") or "")),
        ("made with model", str(made.get("model_fingerprint") or "")),
    ]


def _report(made: Mapping[str, Any]) -> Facts:
    figures = [f"{name} {made[name]:.4f}" for name in ("weighted", "strict", "legacy", "pooled") if made.get(name)]
    return [
        ("of scores", str(made.get("scores", ""))),
        ("against truth", str(made.get("truth", ""))),
        ("pairs", f"{made['pairs']:,} with {made['positives']:,} matches" if made.get("pairs") else ""),
        ("target precision", f"{made['target_precision']:g}" if made.get("target_precision") else ""),
        ("figures", ", ".join(figures)),
        ("made with index", str(made.get("index_fingerprint") or "")),
        ("made with model", str(made.get("model_fingerprint") or "")),
    ]


def _thresholds(made: Mapping[str, Any]) -> str:
    named = [*(made.get("thresholds") or {}).items()]
    named += [(name, made[key]) for name, key in (("others", "default_threshold"), ("best F1", "f1_threshold"))
              if key in made]  # fmt: skip
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
