"""What tests of learned signals share."""

import numpy as np
import pytest

from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.titles import TextSignals
from reranking.signals.learned.pair_tokens import TokenSource


@pytest.fixture(scope="module")
def source_of(catalog_of_offers):
    """The tokens of offers, told by their cells."""

    def source(offers):
        catalog, everybody = catalog_of_offers(*offers), np.arange(len(offers))
        families = (family.from_catalog(catalog, everybody) for family in (TextSignals, AttributeSignals))
        return TokenSource.of(catalog, *families)

    return source
