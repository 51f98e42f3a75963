"""The precision asked of each category comes from the user's YAML, or is the one for all."""

import pytest

from indexing.errors import InputError
from reranking.decisions.asked_precision import AskedPrecision, read_target_precisions

ASKED = AskedPrecision(0.75, {"phones": 0.9})


def test_a_category_that_is_not_named_has_the_default():
    assert (ASKED.of("phones"), ASKED.of("cables")) == (0.9, 0.75)


def test_a_category_that_is_not_there_is_refused_with_those_that_are():
    ASKED.refuse_unknown(["phones", "rest"])
    with pytest.raises(
        InputError, match="names 'phones', no evaluation category of these pairs: they have cables, rest"
    ):
        ASKED.refuse_unknown(["cables", "rest"])


@pytest.mark.parametrize("value", ["0", "1.5", "-1", ".inf", "high"])
def test_what_is_no_precision_is_refused(tmp_path, value):
    (tmp_path / "p.yaml").write_text(f"default: 0.8\nphones: {value}\n")
    with pytest.raises(InputError, match=r"p\.yaml: category 'phones' has target precision"):
        read_target_precisions(tmp_path / "p.yaml")


def test_the_default_stays_among_them(tmp_path):
    (tmp_path / "p.yaml").write_text("default: 0.8\nphones: 1\n")
    assert read_target_precisions(tmp_path / "p.yaml") == {"default": 0.8, "phones": 1.0}
