"""A cross-encoder reads the pairs of which a first look is in doubt, and no others."""

import numpy as np
import pytest

from reranking.boosters.boosting import BoostingOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.cross import CrossSignals
from reranking.signals.learned.gate import CrossGate
from reranking.signals.learned.rivals import FirstLook, log_odds, train_first_look
from reranking.signals.learned.stacking import Stacking
from reranking.signals.product_rows import ProductRows

N = 400


@pytest.fixture(scope="module")
def stacking():
    """Pairs of neighbouring products, half of which match."""
    left = np.arange(0, N - 1)
    return Stacking.of(LabelledPairs(left, left + 1, (left % 2 == 0).astype(float)), N, seed=0, least=1)


@pytest.fixture(scope="module")
def features(stacking):
    """One feature that tells matches, but says the same of a fifth of all pairs."""
    unclear = np.random.default_rng(0).random(len(stacking.pairs)) < 0.2
    return np.where(unclear, 0.5, stacking.pairs.targets)[:, None].astype(np.float32)


@pytest.fixture(scope="module")
def look(stacking, features):
    return train_first_look(features, ("tells",), stacking, options=BoostingOptions(threads=1), seed=0)


def cross_of(asked):
    """A cross-encoder of one model that finds 0.7 everywhere and writes down what it is asked."""

    def score(number, left, right):
        asked.extend(zip(left, right, strict=True))
        return np.full(len(left), 0.7, dtype=np.float32)

    texts = tuple(map(str, range(N)))
    return CrossSignals(score, 1, ProductRows.of(np.arange(N), N), texts, np.full(N, -1))


def test_the_pairs_in_doubt_are_read_and_no_others(look, features, stacking):
    asked, pairs = [], stacking.pairs
    gate = CrossGate.of(look, features, pairs.left, 0.2)
    scores = gate.read_by(cross_of(asked), pairs.left, pairs.right, features)[:, 0]
    unclear = features[:, 0] == 0.5
    assert scores[unclear].tolist() == pytest.approx([0.7] * unclear.sum())
    assert np.isnan(scores[~unclear]).all()
    assert asked == [
        (str(left), str(right))
        for left, right in zip(*(side[unclear] for side in (pairs.left, pairs.right)), strict=True)
    ]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_larger_share_reaches_farther(look, stacking, share):
    random = np.random.default_rng(1)
    seen = random.random((len(stacking.pairs), 1)).astype(np.float32)
    gate = CrossGate.of(look, seen, stacking.pairs.left, share)
    wider = CrossGate.of(look, seen, stacking.pairs.left, min(share + 0.1, 1))
    assert gate.reach <= wider.reach
    doubted = np.abs(look.log_odds(stacking.pairs.left, seen, out_of_fold=True))
    assert (doubted < gate.reach).mean() <= share <= (doubted <= gate.reach).mean() + 1 / len(doubted)


def test_pairs_that_it_was_trained_on_are_judged_by_the_members_of_their_folds(look, features, stacking):
    """With members that all are sure but that of one fold, pairs whose left product is of the fold are read alone."""
    pairs, unclear, sure = stacking.pairs, np.full_like(features, 0.5), np.ones_like(features)
    members = tuple(look.members[number] for number in range(len(look.members)))
    said = [log_odds(member, sure[:1])[0] for member in members]
    assert min(said) > 1
    gate = CrossGate(FirstLook(look.feature_names, members, look.folds), 1.0, out_of_fold=True)
    by_hand = np.array(
        [
            abs(log_odds(members[look.folds[left] + 1], row[None])[0]) <= 1
            for left, row in zip(pairs.left, unclear, strict=True)
        ]
    )
    found = gate.read_by(cross_of([]), pairs.left, pairs.right, unclear)[:, 0]
    assert (~np.isnan(found)).tolist() == by_hand.tolist()
    plain = gate.of_training_pairs(False).read_by(cross_of([]), pairs.left, pairs.right, unclear)[:, 0]
    assert (~np.isnan(plain)).all() == (abs(log_odds(members[0], unclear[:1])[0]) <= 1)


def test_a_pair_is_judged_the_same_in_any_company(look, features, stacking):
    left = stacking.pairs.left
    together = look.log_odds(left, features, out_of_fold=True)
    alone = [look.log_odds(left[row : row + 1], features[row : row + 1], out_of_fold=True)[0] for row in range(20)]
    assert together[:20].tolist() == alone


def test_what_is_stored_has_the_first_member_only(look):
    assert CrossGate(look, 2.0).stored().look.members == look.members[:1]
