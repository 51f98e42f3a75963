"""The committed sample, an index and a model of it, made once; and the command `heroic` as a function."""

import os

# One thread, before NumPy is loaded: on a busy machine BLAS threads wait for one another longer than they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
SAMPLE_K = 20


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def sample():
    """The folder of the committed sample: 320 offers of 120 products with pictures, in both schemas."""
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def sample_index(sample, tmp_path_factory):
    """An index folder of the sample, with all four views and 20 neighbours of each product. Not to be changed."""
    from indexing.build import build_index
    from indexing.build_options import BuildOptions

    folder = tmp_path_factory.mktemp("sample") / "index"
    build_index([sample / "products.parquet"], folder, options=BuildOptions(k=SAMPLE_K))
    return folder


@pytest.fixture(scope="session")
def sample_model(sample, sample_index, brief_training):
    """The folder of a model trained on the sample's pairs for a few rounds. Not to be changed."""
    from eval.precision_auc import weighted
    from indexing.product_index import open_index
    from reranking.labelled import read_labelled
    from reranking.training import train_reranker

    index = open_index(sample_index)
    train, valid = (read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid"))
    trained = train_reranker(index, train, valid, metric=partial(weighted, level=0.75), options=brief_training())
    folder = sample_index.parent / "model"
    trained.reranker.save(folder)
    return folder


@pytest.fixture(scope="session")
def brief_training():
    """TrainOptions of two boosters of at most 30 rounds, with what else is given."""
    from reranking.boosting import BoostingOptions
    from reranking.training import TrainOptions

    return partial(TrainOptions, boosting=BoostingOptions(eta=0.2, max_rounds=30, patience=10, members=2, threads=1))


@pytest.fixture
def heroic(monkeypatch, brief_training):
    """Run `heroic` in this process, as a console script would; training takes a few rounds only."""
    from scripts.main import main

    monkeypatch.setattr("reranking.training.TrainOptions", brief_training)

    def run(*words):
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="heroic", catch_exceptions=False)

    return run
