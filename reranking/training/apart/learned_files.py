"""What signals learned, for every fold, lies in files beside the parts: all workers read it there."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d
from indexing.running.parts import PartFolder, put_array, put_bytes, read_array
from reranking.boosters.boosting import from_bytes, to_bytes
from reranking.signals.learned.cross_folds import open_cross
from reranking.signals.learned.gate import CrossGate
from reranking.signals.learned.rivals import FirstLook
from reranking.signals.learned.words import LearnedWords, WordModel
from reranking.signals.stacked import Learned

FOLDS, LOOK, GATE = "folds.npy", "look", "cross_look"


@dataclass(frozen=True)
class LearnedFiles:
    """It says what is there: how many models of words, the features that a first look needs and how many of these there are, where a
    cross-encoder is, and the features that the first look of its gate needs, with how many of these there are and the gate's reach; and
    whether there are folds, without which a machine that does not see them yet would let models read their own pairs."""

    words: int = 0
    look_features: tuple[str, ...] = ()
    looks: int = 0
    cross: Path | None = None
    gate_features: tuple[str, ...] = ()
    gates: int = 0
    reach: float = 0.0
    dealt: bool = False

    def read(self, parts: PartFolder) -> Learned:
        """Read what was learned; the folds of the products are mapped."""
        folds: Ints1d | None = read_array(parts, FOLDS) if self.dealt else None  # type: ignore[assignment]
        models = tuple(WordModel.read(_words(parts, number)) for number in range(self.words))
        looks, gates = _boosters(parts, LOOK, self.looks), _boosters(parts, GATE, self.gates)
        return Learned(
            LearnedWords(models, folds) if models else None,
            FirstLook(self.look_features, looks, folds) if looks else None,
            None if self.cross is None else open_cross(self.cross),
            CrossGate(FirstLook(self.gate_features, gates, folds), self.reach) if gates else None,
        )


def write_learned(learned: Learned, parts: PartFolder) -> LearnedFiles:
    """Keep what was learned with the parts."""
    for name, content in _contents(learned):
        put_bytes(parts, name, content)
    folds = _folds(learned)
    if folds is not None:
        put_array(parts, FOLDS, folds.astype(np.int8))
    words, look, cross, gate = learned.words, learned.look, learned.cross, learned.gate
    return LearnedFiles(
        0 if words is None else len(words.models),
        () if look is None else look.feature_names,
        0 if look is None else len(look.members),
        None if cross is None else cross.folder,
        () if gate is None else gate.look.feature_names,
        0 if gate is None else len(gate.look.members),
        0.0 if gate is None else gate.reach,
        folds is not None,
    )


def digest_of_learned(learned: Learned) -> str:
    """Return what changes with anything that was learned."""
    digest = sha256()
    for name, content in _contents(learned):
        digest.update(f"{name} {len(content)} ".encode() + content)
    folds = _folds(learned)
    if folds is not None:
        digest.update(np.ascontiguousarray(folds, dtype=np.int8).data)
    if learned.cross is not None:
        digest.update(learned.cross.fingerprint.encode())
    if learned.gate is not None:
        digest.update(repr(learned.gate.reach).encode())
    return digest.hexdigest()


def _contents(learned: Learned) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each model."""
    for number, model in enumerate(() if learned.words is None else learned.words.models):
        content = BytesIO()
        np.save(content, model.stored(), allow_pickle=False)
        yield _words_name(number), content.getvalue()
    before_cross = None if learned.gate is None else learned.gate.look
    for kind, look in ((LOOK, learned.look), (GATE, before_cross)):
        for number, member in enumerate(() if look is None else look.members):
            yield _booster_name(kind, number), to_bytes(member)


def _folds(learned: Learned) -> Ints1d | None:
    """Return the folds (n,) of the products, which all that was learned has in common."""
    for kept in (learned.words, *learned.looks):
        if kept is not None:
            return kept.folds
    return None


def _words(parts: PartFolder, number: int) -> npt.NDArray[np.int32]:
    return np.asarray(read_array(parts, _words_name(number)), dtype=np.int32)


def _words_name(number: int) -> str:
    return f"words_{number}.npy"


def _boosters(parts: PartFolder, kind: str, count: int) -> tuple[Any, ...]:
    return tuple(from_bytes(parts.local(_booster_name(kind, number)).read_bytes()) for number in range(count))


def _booster_name(kind: str, number: int) -> str:
    return f"{kind}_{number}.ubj"
