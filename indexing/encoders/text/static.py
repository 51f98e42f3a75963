"""Static text models have one vector a token, and a text is their mean.

They are distilled from a sentence-transformers model, or ready-made.

The recipe is model2vec's (Tulkens and van Dongen, https://github.com/MinishLab/model2vec): every token of the vocabulary
goes through the teacher alone, the vectors are centred and cut to their leading principal components, and frequent tokens
weigh less; how frequent they are is read from the catalogue (inverse document frequency).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from indexing.arrays import Floats1d, Floats2d
from indexing.errors import InputError
from indexing.vectors.vectors import unit_rows

MOST_DIMENSIONS = 384
VECTORS_FILE, TOKENIZER_FILE = "static.npy", "static_tokenizer.json"
BLOCK = 8_192  # texts tokenised at once
TEACHER_BATCH = 256  # tokens of the vocabulary a forward pass


@dataclass(frozen=True)
class StaticTextModel:
    """It holds the `vectors` (v, d) of the tokens, weights and all, zeros where one is left out."""

    tokenizer: Tokenizer
    vectors: Floats2d

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])

    def encode_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats2d:
        """Return unit rows (n, d) float32; zeros where no token is known."""
        blocks = [counts @ self.vectors for counts in token_counts(self.tokenizer, texts, len(self.vectors))]
        return unit_rows(np.concatenate(blocks)) if blocks else np.zeros((0, self.dim), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write both files; the vectors last and under another name first, so that they are whole if they are there."""
        self.tokenizer.save(str(folder / TOKENIZER_FILE))
        unfinished = folder / "unfinished.tmp"
        with unfinished.open("wb") as file:
            np.save(file, self.vectors)
        unfinished.rename(folder / VECTORS_FILE)


def token_counts(tokenizer: Tokenizer, texts: Sequence[str], size: int) -> Iterator[sp.csr_matrix]:
    """Yield how often each token (of `size`) occurs in each text, a block of texts at a time."""
    for start in range(0, len(texts), BLOCK):
        encoded = tokenizer.encode_batch_fast(list(texts[start : start + BLOCK]), add_special_tokens=False)
        ids = [encoding.ids for encoding in encoded]
        ends = np.cumsum([0, *map(len, ids)])
        tokens = np.fromiter((token for text in ids for token in text), dtype=np.int32, count=ends[-1])
        yield sp.csr_matrix((np.ones(len(tokens), np.float32), tokens, ends), shape=(len(ids), size))


def distil(teacher: Any, tokenizer: Tokenizer, texts: Sequence[str], progress: Any) -> StaticTextModel:
    """Distil `teacher`, ids (b, l) -> vectors (b, d), for a catalogue with `texts`; `progress(done, total)`."""
    tokenizer = _bare(tokenizer)
    size = tokenizer.get_vocab_size()
    before, after = _around(tokenizer)
    vectors: Floats2d = np.zeros((size, 0), dtype=np.float32)
    for start in range(0, size, TEACHER_BATCH):
        stop = min(start + TEACHER_BATCH, size)
        ids = np.array([[*before, token, *after] for token in range(start, stop)], dtype=np.int64)
        encoded = teacher(ids)
        vectors = np.zeros((size, encoded.shape[1]), dtype=np.float32) if not vectors.shape[1] else vectors
        vectors[start:stop] = encoded
        progress(stop, size)
    vectors = _leading(vectors) * _rarity(tokenizer, texts, size)[:, None]
    vectors[list({*before, *after, *_unknown(tokenizer)})] = 0
    return StaticTextModel(tokenizer, np.ascontiguousarray(vectors, dtype=np.float32))


def load_static(folder: Path) -> StaticTextModel:
    """Read what `save` left. Raises InputError when it is damaged."""
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        return StaticTextModel(tokenizer, np.load(folder / VECTORS_FILE, mmap_mode="r", allow_pickle=False))
    except Exception as error:  # tokenizers raises Exception itself
        raise InputError(f"{folder}: the static model cannot be read ({error}): build the index again") from error


def ready_made(folder: Path) -> StaticTextModel | None:
    """Return the static model that model2vec or sentence-transformers has written into a folder, else None."""
    model2vec = _config(folder).get("model_type") == "model2vec"
    for place, key in [(folder, "embeddings")] if model2vec else _modules(folder):
        weights = place / "model.safetensors"
        arrays = load_file(weights) if weights.is_file() and (place / "tokenizer.json").is_file() else {}
        if key in arrays:
            return StaticTextModel(_bare(Tokenizer.from_file(str(place / "tokenizer.json"))), _weighed(arrays, key))
    return None


def _modules(folder: Path) -> list[tuple[Path, str]]:
    """Return the folder and the key of a sentence-transformers model's vectors, if it begins with a StaticEmbedding."""
    try:
        first = json.loads((folder / "modules.json").read_text(encoding="utf-8"))[0]
        return [(folder / first["path"], "embedding.weight")] if first["type"].endswith("StaticEmbedding") else []
    except (OSError, ValueError, KeyError, IndexError):
        return []


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _weighed(arrays: dict[str, Any], key: str) -> Floats2d:
    """Return model2vec's vectors; several tokens may share one (`mapping`), and `weights` may stand apart from them."""
    vectors = np.asarray(arrays[key], dtype=np.float32)
    if "mapping" in arrays:
        vectors = vectors[arrays["mapping"]]
    return vectors * np.asarray(arrays["weights"], dtype=np.float32)[:, None] if "weights" in arrays else vectors


def _bare(tokenizer: Tokenizer) -> Tokenizer:
    bare = Tokenizer.from_str(tokenizer.to_str())
    bare.no_padding()
    bare.no_truncation()
    return bare


def _around(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Return the tokens that the teacher wants before and after a text."""
    encoded = tokenizer.encode("a")
    own = [place for place, special in enumerate(encoded.special_tokens_mask) if not special]
    return (encoded.ids[: own[0]], encoded.ids[own[-1] + 1 :]) if own else ([], [])


def _unknown(tokenizer: Tokenizer) -> list[int]:
    name = json.loads(tokenizer.to_str())["model"].get("unk_token")
    number = tokenizer.token_to_id(name) if isinstance(name, str) else None
    return [] if number is None else [number]


def _leading(vectors: Floats2d) -> Floats2d:
    """Project the centred vectors on the leading principal components, up to MOST_DIMENSIONS of them."""
    centred = vectors - vectors.mean(axis=0)
    values, directions = np.linalg.eigh(centred.T.astype(np.float64) @ centred)
    order = np.argsort(-values)[:MOST_DIMENSIONS]
    return np.asarray(centred @ directions[:, order], dtype=np.float32)


def _rarity(tokenizer: Tokenizer, texts: Sequence[str], size: int) -> Floats1d:
    """Return the inverse document frequency of each token (v,) in the catalogue."""
    documents = np.zeros(size, dtype=np.int64)
    for counts in token_counts(tokenizer, texts, size):
        counts.sum_duplicates()
        documents += np.bincount(counts.indices, minlength=size)
    return np.log1p((1 + len(texts)) / (1 + documents)).astype(np.float32)  # never 0: one text may be all there is
