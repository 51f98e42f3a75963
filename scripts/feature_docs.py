"""Writes docs/features.md from the declarations: `python -m scripts.feature_docs`."""

from pathlib import Path

HEAD = """# Features

Every signal of a pair that the reranker sees, as declared in `reranking/`. NaN is unknown. All are symmetric: swapping
left and right changes none. None is made from ids or the order of a file. A view's features are there when the index
has the view. This page is made by `python -m scripts.feature_docs`; a test compares it with the declarations.
"""


def render() -> str:
    """The page: one table a family."""
    from reranking.signals import declared_features

    families: dict[str, list[str]] = {}
    for feature in declared_features():
        rows = families.setdefault(feature.family, [])
        rows.append(f"| `{feature.name}` | {feature.meaning.replace('|', chr(92) + '|')} |")
    parts = [HEAD]
    for family, rows in families.items():
        parts.append("\n".join([f"## {family} ({len(rows)})", "", "| feature | meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path("docs/features.md").write_text(render(), encoding="utf-8")
