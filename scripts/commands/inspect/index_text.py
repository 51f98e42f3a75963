"""`heroic inspect` says this of an index: how it was made, in a reader's words."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indexing.index_manifest import IndexManifest
from scripts.terminal.engine_text import describe_engine, describe_recall


def index_facts(made: IndexManifest) -> list[tuple[str, str]]:
    """Return name and value of each fact of an index; a value is empty where there is nothing to say."""
    encoders = [f"{view}: {record.spec} ({record.dim} dimensions)" for view, record in made.encoders.items()]
    there = "" if Path(made.catalog.pictures).is_dir() else " (no longer there)"
    across = ", of other sources only" if made.match_across_sources else ""
    return [
        ("products", f"{made.catalog.products:,}"),
        ("schema", made.catalog.schema),
        *((f"columns of {one['name']}", text) for one in made.catalog.inputs if (text := _columns(one))),
        ("pictures", made.catalog.pictures + there),
        ("views", ", ".join(made.views)),
        ("encoders", ", ".join(encoders)),
        ("text weight", f"{made.text_weight:g}" if "fused" in made.views else ""),
        ("text from", ", ".join(made.text_fields)),
        ("lexical n-grams", _ngrams(made)),
        ("index", made.index),
        *((f"index of {view}", describe_engine(engine)) for view, engine in made.engines.items()),
        *((f"recall of {view}", describe_recall(engine.recall)) for view, engine in made.engines.items()),
        ("neighbours", f"{made.k} a product{across}"),
        ("rejects", f"{made.rejects:,}"),
        ("updates", _updates(made)),
    ]


def _columns(one: Mapping[str, Any]) -> str:
    """Return what an input's schema says otherwise than the generic one, nothing for that of a known export."""
    said = {} if one.get("known") else {key: value for key, value in one.items() if key != "name"}
    return ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items())


def _ngrams(made: IndexManifest) -> str:
    if made.lexical is None:
        return ""
    ngrams = made.lexical
    return f"{ngrams.shortest} to {ngrams.longest} characters, in at most {ngrams.most_products:,} products"


def _updates(made: IndexManifest) -> str:
    """Return how often it was updated since it was built, and what is not folded in."""
    if made.updates is None:
        return ""
    said = f"{made.updates.number:,} since built as {made.updates.built}"
    layers = made.layers
    if layers is None or not (layers.delta or layers.dead):
        return f"{said}; folded in"
    return f"{said}; {layers.delta:,} rows beside the {layers.main:,} of the build, {layers.dead:,} of them dead"
