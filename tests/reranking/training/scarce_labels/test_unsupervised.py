"""A model is trained without labels on made offers, whose labels only judge it."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.errors import InputError
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import read_labelled
from reranking.training.scarce_labels.unsupervised import robust_boosting, train_unsupervised

OPTIONS = TrainOptions(words=False, rivals=False, boosting=replace(robust_boosting(threads=1), members=1))


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """The opened index of 900 offers of 300 products by sellers who list each once, and pairs that only judge."""
    from scripts.make_sample import make_sample

    folder = tmp_path_factory.mktemp("unsupervised")
    make_sample(folder / "made", products=300, offers=900, seed=5, schema="generic", picture_px=32)
    options = BuildOptions(k=20, match_across_sources=True)
    index = build_index([folder / "made" / "products.parquet"], folder / "index", options=options).index
    return index, read_labelled(
        [folder / "made" / f"pairs_{split}.parquet" for split in ("train", "valid")], index.catalog
    )


@pytest.fixture(scope="module")
def trained(shops):
    return train_unsupervised(shops[0], options=OPTIONS)


def scores(index, model, pairs):
    return PairScorer.prepare(index, model, pairs.products).score(pairs.left, pairs.right)


class TestWithoutLabels:
    def test_it_ranks_better_than_the_nearness_of_any_view(self, shops, trained):
        index, pairs = shops
        found = average_precision_score(pairs.targets, scores(index, trained.reranker, pairs))
        for view in index.views:
            nearness = np.nan_to_num(index.cosines(view, pairs.left, pairs.right))
            assert found > average_precision_score(pairs.targets, nearness) + 0.05, view

    def test_its_call_is_better_than_to_call_all_and_than_each_others_nearest(self, shops, trained):
        index, pairs = shops
        called = scores(index, trained.reranker, pairs) >= trained.reranker.decisions.f1
        nearest = index.neighbours(index.main_view).positions[:, 0]
        mutual = (nearest[pairs.left] == pairs.right) & (nearest[pairs.right] == pairs.left)
        assert f1(called, pairs.targets) > max(f1(mutual, pairs.targets), f1(np.ones(len(pairs)), pairs.targets))

    def test_one_seed_gives_one_model_byte_for_byte(self, shops, trained):
        assert train_unsupervised(shops[0], options=OPTIONS).reranker.fingerprint == trained.reranker.fingerprint
        other = train_unsupervised(shops[0], options=replace(OPTIONS, seed=1)).reranker
        assert other.fingerprint != trained.reranker.fingerprint

    def test_it_says_that_nothing_was_measured(self, trained, tmp_path):
        assert any("estimates without truth" in line for line in trained.warnings)
        save_reranker(trained.reranker, tmp_path / "model")
        read = load_reranker(tmp_path / "model")
        assert read.report.without_labels == trained.reranker.report.without_labels
        assert (read.report.metric, read.report.rows, read.validation) == (None, 0, None)
        card = (tmp_path / "model" / "model_card.md").read_text(encoding="utf-8")
        assert "Estimates" not in card.partition("Quality: expected, not measured")[0]
        assert "nothing here was measured" in card

    def test_a_probability_is_higher_the_higher_the_score(self, shops, trained):
        import pyarrow as pa

        found = trained.reranker.probabilities(np.linspace(0, 1, 50), pa.array(["rest"] * 50, pa.large_string()))
        assert (np.diff(found) >= 0).all()
        assert found[0] < 0.1 < 0.5 < found[-1]


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """The opened index of offers of two shops, one in three of them with a barcode."""
    folder, rows = tmp_path_factory.mktemp("coded"), ["id,title,source,gtin"]
    for number in range(90):
        name = f"kettle {chr(97 + number % 26)}{chr(97 + number // 26)} model {number * 37 % 101:03d}"
        code = barcode(number) if number % 3 == 0 else ""
        rows += [f"a{number},{name} steel,a,{code}", f"b{number},{name} with lid,b,{code}"]
    (folder / "products.csv").write_text("\n".join(rows) + "\n")
    options = BuildOptions(k=20, match_across_sources=True)
    return build_index([folder / "products.csv"], folder / "index", options=options).index


class TestIdentifiers:
    def test_a_model_never_learns_from_the_feature_of_what_labelled_pairs(self, coded):
        model = train_unsupervised(coded, options=OPTIONS).reranker
        assert model.report.without_labels.identified > 0
        assert not [name for name in model.feature_names if "gtin" in name or "mpn" in name or "barcode" in name]
        assert model.report.options.identifiers == "drop"

    def test_unless_it_is_to_keep_it(self, coded):
        dropped = train_unsupervised(coded, options=OPTIONS).reranker
        kept = train_unsupervised(coded, options=replace(OPTIONS, identifiers="keep")).reranker
        assert len(kept.feature_names) > len(dropped.feature_names)


class TestWhereNothingCanBeLearned:
    @pytest.mark.parametrize(
        ("titles", "why"),
        [(["Canon EOS 5D"], "have no neighbours"), (["Canon EOS 5D", "Nikon D850"], "other's best in 1")],
    )
    def test_it_is_refused_in_one_line(self, titles, why, tmp_path):
        catalogue = tmp_path / "products.csv"
        catalogue.write_text("id,title\n" + "".join(f"{place},{title}\n" for place, title in enumerate(titles)))
        index = build_index([catalogue], tmp_path / "index", options=BuildOptions()).index
        with pytest.raises(InputError, match=why) as raised:
            train_unsupervised(index, options=OPTIONS)
        assert "nothing can be learned without labels" in str(raised.value)
        assert "\n" not in str(raised.value)


def f1(called, targets):
    return 2 * (called * targets).sum() / (called.sum() + targets.sum())


def barcode(number):
    digits = f"40{number:010d}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"
