"""A command that is interrupted says that it goes on where it does, and nothing where it begins again."""

import shutil

import pytest

from indexing.errors import AGAIN, PARTS_AGAIN, TRIALS_AGAIN
from indexing.product_index import open_index
from scripts.terminal.asking import ANSWERS_AGAIN

CUT_SHORT = {
    "a build that reads": ("build-index PRODUCTS --out OUT", "indexing.build.build_index.read_catalog", ""),
    "a build that encodes": ("build-index PRODUCTS --out OUT", "indexing.build.build_index.ViewEncoding.run", AGAIN),
    "a build that joins": ("build-index PRODUCTS --out OUT", "indexing.build.build_index.ViewJoining.run", AGAIN),
    "an update": ("update COPY PRODUCTS", "indexing.update.update_index.plan_update", ""),
    "compact": ("compact COPY --refit", "indexing.update.compact_index.write_manifest", ""),
    "candidates": ("candidates INDEX --out OUT", "reranking.pairs.candidates.Proposing.block", ""),
    "candidates in parts": ("candidates INDEX --out OUT CLUSTER", "reranking.pairs.candidates.tasks_ahead", PARTS_AGAIN),
    "scores": ("score INDEX PAIRS --model MODEL --out OUT", "reranking.model.pair_scorer.PairScorer.prepare", ""),
    "scores in parts": (
        "score INDEX PAIRS --model MODEL --out OUT CLUSTER", "reranking.model.score_pairs.divide", PARTS_AGAIN
    ),
    "a training": ("train INDEX PAIRS --out OUT", "reranking.training.train_reranker.train_reranker", ""),
    "a training in parts": (
        "train INDEX PAIRS --out OUT CLUSTER", "reranking.training.train_reranker.train_reranker", PARTS_AGAIN
    ),
    "a search": (
        "train INDEX PAIRS --out OUT --trials 2 --storage STORAGE", "reranking.training.tuning.run_search", TRIALS_AGAIN
    ),
    "what comes after a search": (
        "train INDEX PAIRS --out OUT --trials 2 --storage STORAGE",
        "reranking.training.train_reranker.train_reranker",
        TRIALS_AGAIN,
    ),
    "what is published": ("publish INDEX --to AT", "indexing.publishing.publish_index.publish_index", AGAIN),
    "an update that is published": (
        "update COPY --delete GONE --publish AT", "indexing.publishing.publish_index.publish_index", AGAIN
    ),
    "a search that is not kept": ("train INDEX PAIRS --out OUT --trials 2", "reranking.training.tuning.run_search", ""),
    "what is sent": ("copy INDEX s3://nowhere/x", "indexing.storage.stored_versions.send_artefact", AGAIN),
    "an explanation": ("explain INDEX MODEL --pair A B", "reranking.model.pair_scorer.PairScorer.prepare", ""),
    "labels": ("label INDEX --store OUT", "reranking.asking.session.LearningSession.next_pair", ANSWERS_AGAIN),
}  # fmt: skip


@pytest.mark.parametrize("what", CUT_SHORT)
def test_it_is_said_how_it_goes_on(what, heroic, sample, sample_index, sample_model, tmp_path, monkeypatch):
    words, place, again = CUT_SHORT[what]
    ids = open_index(sample_index).catalog.ids.to_pylist()
    named = {
        "PRODUCTS": [sample / "products.parquet"],
        "PAIRS": [sample / "pairs_train.parquet"],
        "INDEX": [sample_index],
        "COPY": [shutil.copytree(sample_index, tmp_path / "copy")],
        "MODEL": [sample_model],
        "OUT": [tmp_path / "out"],
        "STORAGE": [tmp_path / "storage"],
        "AT": [tmp_path / "milvus.db"],
        "CLUSTER": ["--cluster", "local:1"],
        "GONE": [tmp_path / "gone.csv"],
        "A": ids[:1],
        "B": ids[1:2],
    }

    def interrupted(*given, **named):
        raise KeyboardInterrupt

    (tmp_path / "gone.csv").write_text(f"id\n{ids[0]}\n", encoding="utf-8")
    monkeypatch.setattr(place, interrupted)
    result = heroic(*(given for word in words.split() for given in named.get(word, [word])))
    assert result.exit_code == 130, result.stderr
    assert result.stderr.splitlines()[-1] == "; ".join(["heroic: interrupted", *([again] if again else [])])


def test_an_interrupted_build_goes_on_where_it_was(heroic, sample, tmp_path, monkeypatch):
    words = ["build-index", sample / "products.parquet", "--out", tmp_path / "index", "--no-lexical"]
    with monkeypatch.context() as patch:
        patch.setattr("indexing.build.build_index.ViewJoining.run", _interrupted)
        assert heroic(*words).stderr.splitlines()[-1].endswith(AGAIN)
    result = heroic(*words)
    assert result.exit_code == 0, result.stderr
    assert "text: lsa, 256 dimensions, reused" in result.stdout


def _interrupted(*_):
    raise KeyboardInterrupt
