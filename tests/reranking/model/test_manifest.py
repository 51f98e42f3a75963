"""The manifest of a model: read once, every key known, none missing; models of before some keys still open."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest

from indexing.errors import InputError
from indexing.storage.artefact import Manifest, read_manifest
from indexing.storage.records import stored_record
from reranking.model.manifest import model_manifest
from reranking.model.training_report import TrainingReport


@pytest.fixture(scope="module")
def manifest(sample_model):
    return read_manifest(sample_model)


@pytest.fixture
def read(sample_model, manifest):
    """The manifest of the sample's model, its `made` changed by a function."""

    def changed(change=lambda made: None):
        made = copy.deepcopy(manifest.made)
        change(made)
        return model_manifest(sample_model, replace(manifest, made=made))

    return changed


def test_it_is_written_as_it_was_read(read, manifest):
    assert json.loads(json.dumps(stored_record(read()))) == manifest.made


def test_one_that_was_written_before_the_keys_had_types_is_read_and_written_as_it_was():
    stored = json.loads(Path(__file__).with_name("manifest_of_before.json").read_text(encoding="utf-8"))
    found = model_manifest(Path("model"), Manifest("model", stored))
    assert (found.members, found.report.rounds, found.decisions.f1) == (3, (94, 230, 235), 0.3314540237188339)
    assert json.dumps(stored_record(found)) == json.dumps(stored)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda made: made.pop("thresholds"), "thresholds is missing"),
        (lambda made: made.update(colour="red"), "it does not know the key 'colour'"),
        (lambda made: made.update(members="3"), "members: '3' is not a whole number"),
        (lambda made: made["thresholds"].update(rest="high"), "thresholds: rest: 'high' is not a number"),
        (lambda made: made["needs"].pop("views"), "needs.views is missing"),
        (lambda made: made["needs"]["encoders"]["text"].update(dim=3), "needs.encoders: text does not know the key 'dim'"),
        (lambda made: made["calibration"]["default"].update(kind="stairs"), "calibration.default is of kind 'stairs'"),
        (lambda made: made["report"].pop("rows"), "report.rows is missing"),
        (lambda made: made["report"].update(rowz=1), "report does not know the key 'rowz'"),
        (lambda made: made["report"]["decisions"]["held"][0].pop("asked"), "report.decisions.held.asked is missing"),
        (lambda made: made["report"]["options"]["boosting"].update(eto=1), "boosting does not know the key 'eto'"),
        (lambda made: made["report"]["options"].update(target_precision=2.0), "--target-precision 2.0"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_one_line_with_what_to_do(read, sample_model, change, told):
    with pytest.raises(InputError) as error:
        read(change)
    text = str(error.value)
    assert text.startswith(f"{sample_model}/manifest.json: ")
    assert told in text
    assert text.endswith(": train the model again")
    assert "\n" not in text


def test_a_model_of_before_specialists_and_what_is_learned_opens(read):
    def older(made):
        for name in ("scopes", "specialist_share", "cross", "look", "words"):
            del made[name]
        for name in ("mined", "inferred", "families", "categories", "interval", "decisions", "calibration"):
            del made["report"][name]
        del made["report"]["options"]["boosting"]["layout"]

    found = read(older)
    assert (found.scopes, found.specialist_share) == ((), 0.0)
    assert (found.cross, found.look, found.words) == (None, None, False)
    assert (found.report.mined, found.report.categories, found.report.held) == (0, (), {})
    assert found.report.options.boosting.layout == "one"


def test_a_threshold_of_null_is_never_reached(read):
    found = read(lambda made: made.update(thresholds={"rest": None, "phones": 0.5}, default_threshold=None))
    assert found.decisions.by_category == {"rest": float("inf"), "phones": 0.5}
    assert found.decisions.default == float("inf")


def test_the_report_leaves_out_what_does_not_apply(read):
    report: TrainingReport = replace(read().report, left_out=None, search=None)
    assert not {"left_out", "search"} & stored_record(report).keys()
