"""What signals learned, for every fold, lies in files beside the parts: all workers read it there."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d
from indexing.running.parts import PartFolder, put_array, put_bytes, read_array
from reranking.boosters.boosting import from_bytes, to_bytes
from reranking.signals.learned.cross_folds import open_cross
from reranking.signals.learned.rivals import FirstLook
from reranking.signals.learned.words import LearnedWords, WordModel
from reranking.signals.signals import Learned

FOLDS = "folds.npy"


@dataclass(frozen=True)
class LearnedFiles:
    """It says what is there: how many models of words, the features that a first look needs and how many of these there are, and
    where a cross-encoder is."""

    words: int = 0
    look_features: tuple[str, ...] = ()
    looks: int = 0
    cross: Path | None = None

    def read(self, parts: PartFolder) -> Learned:
        """Read what was learned; the folds of the products are mapped."""
        folds: Ints1d | None = read_array(parts, FOLDS) if parts.has(FOLDS) else None  # type: ignore[assignment]
        models = tuple(WordModel.read(_words(parts, number)) for number in range(self.words))
        looks = tuple(from_bytes(parts.local(_look_name(number)).read_bytes()) for number in range(self.looks))
        return Learned(
            LearnedWords(models, folds) if models else None,
            FirstLook(self.look_features, looks, folds) if looks else None,
            None if self.cross is None else open_cross(self.cross),
        )


def write_learned(learned: Learned, parts: PartFolder) -> LearnedFiles:
    """Keep what was learned with the parts."""
    for name, content in _contents(learned):
        put_bytes(parts, name, content)
    folds = _folds(learned)
    if folds is not None:
        put_array(parts, FOLDS, folds.astype(np.int8))
    words, look, cross = learned.words, learned.look, learned.cross
    return LearnedFiles(
        0 if words is None else len(words.models),
        () if look is None else look.feature_names,
        0 if look is None else len(look.members),
        None if cross is None else cross.folder,
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
    return digest.hexdigest()


def _contents(learned: Learned) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each model."""
    for number, model in enumerate(() if learned.words is None else learned.words.models):
        content = BytesIO()
        np.save(content, model.stored(), allow_pickle=False)
        yield _words_name(number), content.getvalue()
    for number, member in enumerate(() if learned.look is None else learned.look.members):
        yield _look_name(number), to_bytes(member)


def _folds(learned: Learned) -> Ints1d | None:
    """Return the folds (n,) of the products, which all that was learned has in common."""
    for kept in (learned.words, learned.look):
        if kept is not None:
            return kept.folds
    return None


def _words(parts: PartFolder, number: int) -> npt.NDArray[np.int32]:
    return np.asarray(read_array(parts, _words_name(number)), dtype=np.int32)


def _words_name(number: int) -> str:
    return f"words_{number}.npy"


def _look_name(number: int) -> str:
    return f"look_{number}.ubj"
