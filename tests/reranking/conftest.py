"""Small catalogues for tests of features: a few offers whose answers are visible."""

import importlib

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import FIELDS, Catalog


def _catalog_of_offers(*offers):
    rows = [offer if isinstance(offer, dict) else {"title": offer} for offer in offers]
    rows = [{**row, "attributes": _entries(row.get("attributes"))} for row in rows]
    columns = {
        name: pa.array([row.get(name) for row in rows], kind)
        for name, kind in zip(FIELDS.names, FIELDS.types, strict=True)
    }
    return Catalog(pa.table({"id": pa.array(range(len(rows)), pa.int64()), **columns}))


def _entries(attributes):
    if attributes is None:
        return None
    lists = {key: value if isinstance(value, list) else [value] for key, value in attributes.items()}
    return [{"key": key, "value": value} for key, values in lists.items() for value in values]


class PairFeatures(dict):
    """The features of one pair by name."""

    def named(self, *names):
        """The named features as a tuple; unknown is None."""
        return tuple(None if np.isnan(self[name]) else round(self[name], 4) for name in names)


@pytest.fixture(scope="session")
def catalog_of_offers():
    """A catalogue of offers given as titles, or as dictionaries of columns; attributes as {key: value or values}."""
    return _catalog_of_offers


@pytest.fixture(scope="session")
def pair_features():
    """The features of one pair; the other offers only fill the catalogue."""

    def compute(family, left, right, *others, **options):
        catalog = _catalog_of_offers(left, right, *others)
        signals = family.from_catalog(catalog, np.arange(len(catalog)), **options)
        row = signals.compute(np.array([0]), np.array([1]))[0]
        return PairFeatures({feature.name: float(value) for feature, value in zip(signals.features, row, strict=True)})

    return compute


@pytest.fixture(scope="module")
def early_first_look():
    """A first look from 50 training matches on, since the tests' catalogues are small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reranking.signals.learned.stacking.LEAST_MATCHES", 50)
        yield 50


@pytest.fixture
def texts_read(monkeypatch):
    """How many products the families that read texts have gone through, in turn."""
    found = []

    def seen(blocks):
        return lambda catalog, *given: found.append(len(catalog)) or blocks(catalog, *given)

    for family in ("titles", "numbers", "attributes"):
        module = importlib.import_module(f"reranking.signals.families.{family}")
        monkeypatch.setattr(module, "catalog_blocks", seen(module.catalog_blocks))
    return found
