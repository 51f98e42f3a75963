"""A trained reranker goes to disk and comes back whole, or not at all; and it knows which indexes it fits."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options
from hypothesis import given
from hypothesis import strategies as st

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.boosters.boosting import to_bytes
from reranking.decisions.calibration import BetaMap, Calibration, IsotonicMap
from reranking.decisions.thresholds import Thresholds
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.index_needs import IndexNeeds
from reranking.signals.learned.words import LearnedWords
from reranking.signals.stacked import Learned

pytestmark = pytest.mark.usefixtures("early_first_look")


@pytest.fixture(scope="module")
def model(sample_model):
    return load_reranker(sample_model)


@pytest.fixture
def copy(sample_model, tmp_path):
    return shutil.copytree(sample_model, tmp_path / "model")


def change_manifest(folder, **changes):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))


def test_what_is_saved_comes_back(model, tmp_path):
    save_reranker(model, tmp_path / "again")
    again = load_reranker(tmp_path / "again")
    assert again.fingerprint == model.fingerprint
    assert again.learned.look.feature_names == model.learned.look.feature_names
    np.testing.assert_array_equal(again.learned.words.models[0].table, model.learned.words.models[0].table)
    bare = {"members": (), "learned": Learned(), "validation": None, "judged": None}
    assert replace(again, **bare) == replace(model, **bare)
    assert [to_bytes(member) for member in again.members] == [to_bytes(member) for member in model.members]
    features = np.random.default_rng(0).normal(size=(20, len(model.feature_names))).astype(np.float32)
    np.testing.assert_array_equal(again.score(features), model.score(features))


def test_its_validation_pairs_come_back(model, tmp_path):
    save_reranker(model, tmp_path / "again")
    again = load_reranker(tmp_path / "again").validation
    assert again.names == model.validation.names
    for name, column in vars(model.validation.pairs).items():
        np.testing.assert_array_equal(getattr(again.pairs, name), column)
    assert "id" not in " ".join(pq.read_schema(tmp_path / "again" / "validation.parquet").names)


def test_the_weights_of_validation_pairs_come_back(model, tmp_path):
    weights = np.linspace(1, 5, len(model.validation.pairs))
    weighed = replace(model.validation, pairs=replace(model.validation.pairs, weights=weights))
    save_reranker(replace(model, validation=weighed), tmp_path / "again")
    np.testing.assert_array_equal(load_reranker(tmp_path / "again").validation.pairs.weights, weights)


def test_a_model_without_validation_pairs_takes_those_of_an_older_one_away(model, copy):
    save_reranker(replace(model, validation=None), copy)
    assert not (copy / "validation.parquet").exists()
    assert load_reranker(copy).validation is None


def test_validation_pairs_that_are_something_else_are_refused(model, tmp_path):
    save_reranker(model, tmp_path / "again")
    path = tmp_path / "again" / "validation.parquet"
    pq.write_table(pa.table({"score": [0.5]}), path)
    with pytest.raises(InputError, match=r"validation\.parquet"):
        load_reranker(tmp_path / "again")


def test_the_sample_of_judged_pairs_comes_back_with_their_features_and_no_ids(model, tmp_path):
    save_reranker(model, tmp_path / "again")
    again = load_reranker(tmp_path / "again").judged
    assert (again.names, again.floor) == (model.feature_names, model.judged.floor)
    for name, column in vars(model.judged.pairs).items():
        np.testing.assert_array_equal(getattr(again.pairs, name), column)
    stored = pq.read_schema(tmp_path / "again" / "validation_features.parquet").names
    assert set(stored) - set(model.feature_names) == {
        "score", "target", "category", "left_group", "right_group", "left_source", "right_source",
    }  # fmt: skip


def test_a_model_without_judged_pairs_takes_those_of_an_older_one_away(model, copy):
    save_reranker(replace(model, judged=None), copy)
    assert not (copy / "validation_features.parquet").exists()
    assert load_reranker(copy).judged is None


def test_a_sample_of_judged_pairs_that_is_something_else_is_refused(model, tmp_path):
    save_reranker(replace(model, judged=None), tmp_path / "again")
    pq.write_table(pa.table({"score": [0.5]}), tmp_path / "again" / "validation_features.parquet")
    with pytest.raises(InputError, match=r"validation_features\.parquet: cannot be read .*: train the model again"):
        load_reranker(tmp_path / "again")


thresholds = st.one_of(st.floats(0, 1), st.just(math.inf))


@given(st.dictionaries(st.text(min_size=1, max_size=5), thresholds, max_size=3), thresholds, thresholds)
def test_thresholds_come_back_also_those_that_are_never_reached(model, tmp_path_factory, by_category, default, f1):
    folder = tmp_path_factory.mktemp("models") / "model"
    decisions = Thresholds(by_category, default, f1)
    save_reranker(replace(model, members=(), decisions=decisions), folder)
    assert load_reranker(folder).decisions == decisions
    assert "Infinity" not in (folder / "manifest.json").read_text()  # which is no JSON


@pytest.mark.parametrize("one", [BetaMap(0.5, 2.0, -1.5), IsotonicMap((0.1, 0.5), (0.02, 0.9))])
def test_calibration_comes_back(model, tmp_path, one):
    calibration = Calibration(BetaMap(1.5, 0.25, 0.125), {"phones": one})
    calibrated = replace(model, members=(), calibration=calibration)
    save_reranker(calibrated, tmp_path / "model")
    assert load_reranker(tmp_path / "model").calibration == calibration
    assert calibrated.fingerprint != replace(model, members=()).fingerprint


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        {},
        {"default": {"kind": "beta"}, "by_category": {}},
        {"default": {"kind": "stairs"}, "by_category": {}},
        {"default": {"kind": "beta", "rising": -1, "falling": 1, "offset": 0}, "by_category": {}},
        {"default": {"kind": "isotonic", "scores": [0.2, 0.1], "probabilities": [0, 1]}, "by_category": {}},
        {"default": {"kind": "isotonic", "scores": [0.1, 0.2], "probabilities": [1, 0]}, "by_category": {}},
        {"default": {"kind": "isotonic", "scores": [], "probabilities": []}, "by_category": {}},
    ],
)
def test_a_damaged_calibration_is_refused(copy, damaged):
    made = json.loads((copy / "manifest.json").read_text())["made"]
    change_manifest(copy, made={**made, "calibration": damaged})
    with pytest.raises(InputError):
        load_reranker(copy)


def test_a_model_of_fewer_members_leaves_none_of_the_old(model, copy):
    save_reranker(replace(model, members=model.members[:1]), copy)
    assert sorted(path.name for path in copy.iterdir()) == [
        "first_look.ubj",
        "manifest.json",
        "member_0.ubj",
        "model_card.md",
        "validation.parquet",
        "validation_features.parquet",
        "words.npy",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"decisions": Thresholds({}, 0.1, 0.2)},
        {"target_precision": 0.9},
        {"same_source": True},
        {"feature_names": ("other",)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_fingerprint_changes_with_what_scores_and_decisions_depend_on(model, changed):
    assert replace(model, **changed).fingerprint != model.fingerprint


def test_the_fingerprint_changes_with_the_members(model):
    assert replace(model, members=model.members[::-1]).fingerprint != model.fingerprint


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="gone: no such folder: a model is needed"):
        load_reranker(tmp_path / "gone")


def test_a_folder_of_something_else_is_refused(sample_index):
    with pytest.raises(InputError, match="a model is needed"):
        load_reranker(sample_index)


def test_a_model_of_another_schema_version_is_refused(copy):
    change_manifest(copy, schema_version=99)
    with pytest.raises(InputError, match="has schema version 99, this heroic reads 1"):
        load_reranker(copy)


def test_a_manifest_that_lacks_something_is_refused(copy):
    change_manifest(copy, made={"members": 2})
    with pytest.raises(InputError, match=r"model/manifest\.json: features is missing; .*: train the model again$"):
        load_reranker(copy)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-10]),
        lambda file: file.write_bytes(file.read_bytes()[::-1]),
    ],
    ids=["missing", "empty", "truncated", "of the same size"],
)
def test_a_damaged_member_is_named(copy, damage):
    damage(copy / "member_1.ubj")
    with pytest.raises(InputError, match=r"member_1\.ubj.*again"):
        load_reranker(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"kind": "model"}'])
def test_a_damaged_manifest_is_refused(copy, content):
    (copy / "manifest.json").write_text(content)
    with pytest.raises(InputError, match=r"manifest\.json: cannot be read"):
        load_reranker(copy)


def build(folder, sample, **options):
    return build_index([sample / "products.parquet"], folder / "index", options=build_options(**options)).index


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_encoder": "none"}, "has no image view"),
        ({"lexical": False}, "has no lexical view"),
        ({"text_fields": ("title",)}, "its text encoder is lsa, the model's lsa or other options"),
        ({"k": 19}, "keeps 19 neighbours, the model was trained with 20: -k 20"),
        ({"text_weight": 0.25}, r"its text weight is 0\.25, the model's 0\.5"),
        ({"text_cap": 400}, "reads texts in another form, or other parts of them"),
        ({"match_across_sources": True}, "match across sources is True, the model's False"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_index_made_otherwise_is_refused(model, sample, tmp_path, options, said):
    index = build(tmp_path, sample, **{"k": 20, **options})
    with pytest.raises(InputError, match=f"does not fit the model: .*{said}"):
        model.needs.refuse(index)


def test_an_index_of_other_products_made_alike_fits(model, sample, tmp_path):
    pd.read_parquet(sample / "products.parquet")[:50].to_parquet(tmp_path / "products.parquet")
    index = build(tmp_path, tmp_path, k=20, images=sample)
    assert index.fingerprint != model.report.index
    model.needs.refuse(index)


def test_an_index_that_keeps_more_neighbours_fits(model, sample, tmp_path):
    model.needs.refuse(build(tmp_path, sample, k=25))


def test_the_index_it_was_trained_on_fits(model, sample_index):
    index = open_index(sample_index)
    model.needs.refuse(index)
    assert model.report.index == index.fingerprint


def test_an_index_with_other_lexical_options_is_refused(sample, tmp_path, sample_model):
    options = BuildOptions(encoding=EncodingOptions(text_fields=("title",), text_encoder="lsa"), k=20)
    other = build_index([sample / "products.parquet"], tmp_path / "other", options=options).index
    needs = load_reranker(sample_model).needs
    alike = replace(needs, encoders=IndexNeeds.of(other).encoders)
    with pytest.raises(InputError, match="lexical view was made with other options"):
        alike.refuse(other)


def test_a_model_of_which_nothing_else_is_learned_keeps_no_more(model, copy):
    save_reranker(replace(model, learned=Learned()), copy)
    assert not (copy / "first_look.ubj").exists()
    assert not (copy / "words.npy").exists()
    assert load_reranker(copy).learned == Learned()


def test_another_first_look_or_other_words_are_another_model(model):
    look = replace(model.learned.look, members=model.members[:1])
    (words,) = model.learned.words.models
    others = [{"look": look}, {"words": LearnedWords((replace(words, intercept=words.intercept + 1),))}]
    prints = {replace(model, learned=replace(model.learned, **other)).fingerprint for other in others}
    assert len(prints | {model.fingerprint}) == 3
