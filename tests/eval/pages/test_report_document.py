"""report.json and the manifest beside it: read once, every key known, none missing."""

import json
from pathlib import Path

import pytest

from eval.pages.report_document import REPORT_JSON, ReportManifest, read_document, report_manifest
from indexing.errors import InputError
from indexing.storage.artefact import Manifest
from indexing.storage.records import stored_record

GOLDEN = Path(__file__).parents[1] / "golden_report.json"
MADE = {"scores": "s.parquet", "truth": "t.parquet", "target_precision": 0.75}


@pytest.fixture
def stored():
    """A report of before as it stands on disk."""
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture
def read(tmp_path):
    def written(stored):
        (tmp_path / REPORT_JSON).write_text(json.dumps(stored), encoding="utf-8")
        return read_document(tmp_path)

    return written


def test_it_is_written_as_it_was_read(read, stored):
    document = read(stored)
    assert json.loads(json.dumps(stored_record(document))) == stored
    assert document.categories[0].interval.low <= document.categories[0].weighted


def test_a_report_of_before_barcodes_were_compared_is_read(read, stored):
    del stored["mistakes"]["other_barcodes"]
    assert read(stored).mistakes.other_barcodes is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda stored: stored.pop("weighted"), "weighted is missing"),
        (lambda stored: stored.update(colour="red"), "it does not know the key 'colour'"),
        (lambda stored: stored.update(pairs="many"), "pairs: 'many' is not a whole number"),
        (lambda stored: stored["categories"][0].pop("threshold"), "categories.threshold is missing"),
        (lambda stored: stored["provenance"].pop("scores"), "provenance.scores is missing"),
        (lambda stored: stored.update(schema_version=2), "has schema version 2, this heroic reads 1"),
    ],
)
def test_what_is_wrong_with_it_is_one_line_with_what_to_do(read, stored, tmp_path, change, told):
    change(stored)
    with pytest.raises(InputError) as error:
        read(stored)
    text = str(error.value)
    assert text.startswith(f"{tmp_path}/report.json: ")
    assert told in text
    assert text.endswith(": evaluate again")
    assert "\n" not in text


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_what_is_no_report_is_refused(tmp_path, content):
    (tmp_path / REPORT_JSON).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"report\.json: .*: evaluate again$"):
        read_document(tmp_path)


def test_the_manifest_is_read(tmp_path):
    assert report_manifest(tmp_path, Manifest("report", MADE)) == ReportManifest("s.parquet", "t.parquet", 0.75)


@pytest.mark.parametrize("made", [{**MADE, "more": 1}, {"scores": "s.parquet"}])
def test_a_manifest_with_other_keys_is_refused(tmp_path, made):
    with pytest.raises(InputError, match=r"manifest\.json: .*: evaluate again$"):
        report_manifest(tmp_path, Manifest("report", made))
