"""The generated pages of docs/ say what the code says."""

from pathlib import Path

import pytest

from reranking.signals.signals import declared_features
from scripts.write_docs import PAGES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), "run: python -m scripts.write_docs"


def test_every_feature_has_a_name_of_its_own_and_is_symmetric() -> None:
    names = [feature.name for feature in declared_features()]
    assert len(set(names)) == len(names)
    assert all(feature.symmetric for feature in declared_features())
