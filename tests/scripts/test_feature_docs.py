"""docs/features.md says what the code declares."""

from pathlib import Path

from reranking.signals import declared_features
from scripts.feature_docs import render

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_declarations_say() -> None:
    page = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    assert page == render(), "run: python -m scripts.feature_docs"


def test_every_feature_has_a_name_of_its_own_and_is_symmetric() -> None:
    names = [feature.name for feature in declared_features()]
    assert len(set(names)) == len(names)
    assert all(feature.symmetric for feature in declared_features())
