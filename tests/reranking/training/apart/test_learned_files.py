"""What was learned comes back from the files beside the parts as it was."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.running.parts import parts_for
from reranking.boosters.boosting import to_bytes
from reranking.model.folder import load_reranker
from reranking.signals.learned.gate import CrossGate
from reranking.training.apart.learned_files import digest_of_learned, write_learned


@pytest.fixture(scope="module")
def learned(sample_model):
    """A first look of three members in two folds, and a gate whose first look has two."""
    kept = load_reranker(sample_model)
    folds = np.array([0, 1, -1, 0])
    look = replace(
        kept.learned.look, members=(kept.members[0], kept.members[0], kept.learned.look.members[0]), folds=folds
    )
    gate = CrossGate(replace(look, members=look.members[1:], feature_names=("one", "other")), 1.75)
    words = replace(kept.learned.words, folds=folds)
    return replace(kept.learned, words=words, look=look, gate=gate)


@pytest.fixture
def parts(tmp_path):
    parts = parts_for(tmp_path / "model", "0123456789abcdef")
    parts.make()
    return parts


def test_a_gate_comes_back_with_its_members_and_reach(learned, parts):
    found = write_learned(learned, parts).read(parts)
    assert (found.gate.reach, found.gate.look.feature_names) == (1.75, ("one", "other"))
    for name, count in (("look", 3), ("gate", 2)):
        ours, theirs = (kept.look if name == "look" else kept.gate.look for kept in (learned, found))
        assert [to_bytes(member) for member in theirs.members] == [to_bytes(member) for member in ours.members]
        assert len(theirs.members) == count
        np.testing.assert_array_equal(theirs.folds, ours.folds)


def test_without_a_gate_none_comes_back(learned, parts):
    assert write_learned(replace(learned, gate=None), parts).read(parts).gate is None


def test_folds_that_a_machine_does_not_see_are_not_done_without(learned, parts):
    files = write_learned(learned, parts)
    parts.local("folds.npy").unlink()
    with pytest.raises(FileNotFoundError):
        files.read(parts)


def test_another_reach_is_something_else_learned(learned):
    others = [learned, replace(learned, gate=replace(learned.gate, reach=1.8)), replace(learned, gate=None)]
    assert len({digest_of_learned(other) for other in others}) == 3
