"""What was seen of a pair is told in words: what the two have alike, and what sets them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reranking.explain.contributions import FeatureContributions

MOST_CHARS = 40


@dataclass(frozen=True)
class SeenPair:
    """It holds two products (rows of the catalogue's table) with what each feature of the pair adds.

    `rarity` is the weight of each word of the two titles in the catalogue; a word that is not there weighs 0. `learned` are
    the log-odds that were learned of words and attributes, by what is told of them.
    """

    left: Mapping[str, Any]
    right: Mapping[str, Any]
    found: FeatureContributions
    rarity: Mapping[str, float] = field(default_factory=dict)
    learned: Mapping[str, float] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, str]:
        """Return both titles, empty where there is none."""
        return self.left["title"] or "", self.right["title"] or ""


@dataclass(frozen=True)
class Wording:
    """It tells what a family saw, empty for nothing: `alike` is for a match, `apart` against, `otherwise` neither."""

    alike: str = ""
    apart: str = ""
    otherwise: str = ""

    def of(self, added: float) -> str:
        """Return the words for a family that adds this much to the score. What it saw is never turned round: where
        only the other side can be told, the words say that the model counts it so."""
        fitting, opposite = (self.alike, self.apart) if added > 0 else (self.apart, self.alike)
        if fitting or not opposite:
            return fitting or self.otherwise
        return f"{opposite}, which the model counts {'for' if added > 0 else 'against'} a match here"


def quoted(words: Sequence[str]) -> str:
    """Return words in quotation marks, one after the other."""
    return ", ".join(f"“{short(word)}”" for word in words)


def short(text: str) -> str:
    """Cut a value to what a sentence bears."""
    return text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 1].rstrip() + "…"


def against(left: str, right: str, *, both: str = "both", one: str = "one only") -> str:
    """Return `A in both`, `A against B`, or `A in one only`; empty where there is neither."""
    if not left or not right:
        return f"{left or right} in {one}" if left or right else ""
    return f"{left} in {both}" if left == right else f"{left} against {right}"
