"""The folder of a cross-encoder: what its manifest says is read once, every key known, none missing."""

import json
from dataclasses import fields

import pytest

from indexing.errors import InputError
from reranking.encoder_training.cross import CrossTraining
from reranking.encoder_training.record import flat_settings
from reranking.signals.learned.cross_folds import KIND, CrossManifest, open_cross

MADE = {
    "base": {"model": "tiny", "revision": "", "digest": "abc"},
    "pairs": "0123456789abcdef",
    **{name: value for name, value in flat_settings(CrossTraining()).items() if name != "checkpoint_s"},
    "history": [{"epochs": [], "ended": "all 4 epochs", "kept": 1}],
}


@pytest.fixture
def folder(tmp_path):
    """A folder whose manifest has these keys; open_cross reads nothing else."""

    def write(made):
        manifest = {"kind": KIND, "made": made, "fingerprint": "f"}
        (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 1}), encoding="utf-8")
        return tmp_path

    return write


def test_a_manifest_has_a_field_for_each_setting_of_a_training():
    assert list(MADE) == [field.name for field in fields(CrossManifest)]


def test_what_scores_need_is_read(folder):
    found = open_cross(folder(MADE))
    assert (found.count, found.template, found.precision) == (2, CrossTraining().template, "fp32")


def test_a_folder_of_before_precision_scores_in_fp32(folder):
    older = {name: value for name, value in MADE.items() if name != "precision"}
    assert open_cross(folder(older)).precision == "fp32"
    assert open_cross(folder({**MADE, "precision": "bf16"})).precision == "bf16"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({name: value for name, value in MADE.items() if name != "folds"}, "folds is missing"),
        ({**MADE, "colour": "red"}, "it does not know the key 'colour'"),
        ({**MADE, "folds": "two"}, "folds: 'two' is not a whole number"),
    ],
)
def test_a_manifest_with_other_keys_is_one_line_with_what_to_do(folder, made, told):
    with pytest.raises(InputError) as error:
        open_cross(folder(made))
    assert str(error.value).endswith(f"manifest.json: {told}: train the cross-encoder again")
