"""Encoding texts is timed against sentence-transformers called plainly, and int8 is asked which matches it still
finds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexing.arrays import Floats2d, Ints1d

if TYPE_CHECKING:
    from indexing.encoders.text.text_encoder import TextModel

PLAIN_BATCH = 32
TURNS = 4
FIRST = 10  # neighbours among which a match counts as found
STATIC_TEXTS = 20_000  # at most, of the static model, which takes next to no time


@dataclass(frozen=True)
class TextSample:
    """It has `texts` to be timed, and `titles` of products with their `sources`; `left` and `right` are their
    matches."""

    texts: list[str]
    titles: list[str]
    sources: Ints1d
    left: Ints1d
    right: Ints1d


def sample_of(folder: Path, limit: int | None) -> TextSample:
    """Take from a labelled set about `limit` products to time, with their share of repeated titles; as many to
    match."""
    import pandas as pd

    products = pd.read_parquet(folder / "products.parquet")
    pairs = pd.read_parquet(folder / "pairs_test.parquet").query("target == 1")
    titles = products["title"].fillna("").tolist()
    sources = pd.factorize(products["source"])[0] if "source" in products else np.arange(len(products))
    place = pd.Series(np.arange(len(products)), index=products["id"])
    left, right = place[pairs["left_id"]].to_numpy(), place[pairs["right_id"]].to_numpy()
    timed = np.arange(len(titles))
    if limit is not None and limit < len(titles):
        hashes = pd.util.hash_array(np.array(titles, dtype=object))  # all products of a title, or none
        timed = np.flatnonzero(hashes < np.uint64(2**64 - 1) // np.uint64(len(titles)) * np.uint64(limit))
        left, right = left[: limit // 2], right[: limit // 2]
    kept, both = np.unique(np.concatenate([left, right]), return_inverse=True)
    if limit is None:
        kept, both = np.arange(len(titles)), np.concatenate([left, right])
    halves = both[: len(left)], both[len(left) :]
    return TextSample([titles[n] for n in timed], [titles[n] for n in kept], sources[kept], *halves)


def measure(folder: Path, model: Path, *, limit: int | None, scratch: Path) -> dict[str, float]:
    """Measure texts a second as ratios to `model.encode(batch_size=32)`, taken in turn; agreement; what int8 loses of
    recall."""
    from indexing.encoders.model_source import find_model
    from indexing.encoders.text.engines import ModelRequest, open_for_build, teacher
    from indexing.encoders.text.static import distil

    sample = sample_of(folder, limit)
    distinct = list(dict.fromkeys(text for text in sample.texts if text))
    source = find_model(str(model))
    plain = ModelRequest(source, device="cpu").load()
    fast, agreed = open_for_build(ModelRequest(source, device="cpu"), scratch, distinct[:128], 10**9)
    int8, rough = open_for_build(ModelRequest(source, precision="int8", device="cpu"), scratch, distinct[:128], 10**9)
    of_ids, tokenizer = teacher(ModelRequest(source, device="cpu"))
    static = distil(of_ids, tokenizer, sample.titles, lambda done, total: None)
    seconds = _in_turn(
        (lambda texts: plain.encode(texts, batch_size=PLAIN_BATCH, show_progress_bar=False), sample.texts),
        (fast.encode_texts, distinct),
        (int8.encode_texts, distinct),
    )
    static_seconds = _seconds(static.encode_texts, _repeated(distinct, STATIC_TEXTS))
    recalls = {name: recall(sample, encoder) for name, encoder in (("fp32", fast), ("int8", int8), ("static", static))}
    return {
        "texts": len(sample.texts),
        "distinct": len(distinct),
        "text_plain_a_second": len(sample.texts) / seconds[0],
        "text_ratio": seconds[0] / seconds[1],
        "text_cosine": 1.0 if agreed is None else agreed.mean,
        "text_int8_ratio": seconds[0] / seconds[2],
        "text_int8_cosine": 0.0 if rough is None else rough.mean,
        "text_int8_recall_loss": 1 - recalls["int8"] / recalls["fp32"],
        "static_ratio": (seconds[0] / len(sample.texts)) / (static_seconds / STATIC_TEXTS),
        **{f"recall_{name}": value for name, value in recalls.items()},
        **_limit(plain, sample.texts),
    }


def recall(sample: TextSample, model: "TextModel") -> float:
    """Return the share of matches among the first ten neighbours from other sources, from the left product's side."""
    distinct = list(dict.fromkeys(sample.titles))
    place = {text: number for number, text in enumerate(distinct)}
    rows = model.encode_texts(distinct)[[place[text] for text in sample.titles]]
    found = 0
    for start in range(0, len(sample.left), 512):
        left, right = sample.left[start : start + 512], sample.right[start : start + 512]
        cosines = rows[left] @ rows.T
        cosines[sample.sources[left][:, None] == sample.sources[None, :]] = -2
        own = cosines[np.arange(len(left)), right]
        found += int(((cosines > own[:, None]).sum(axis=1) < FIRST).sum())
    return found / len(sample.left)


def _in_turn(*works: tuple[Callable[[list[str]], Any], Sequence[str]]) -> list[float]:
    """Time each work over its texts, in seconds; all take turns, so that what else the machine does hits them alike."""
    seconds = [0.0] * len(works)
    for turn in range(TURNS):
        for number, (encode, texts) in enumerate(works):
            seconds[number] += _seconds(encode, list(texts[turn::TURNS]))
    return seconds


def _seconds(encode: Callable[[list[str]], Any], texts: list[str]) -> float:
    start = time.perf_counter()
    encode(texts)
    return time.perf_counter() - start


def _repeated(texts: list[str], size: int) -> list[str]:
    return (texts * (size // len(texts) + 1))[:size]


def _limit(model: Any, texts: list[str]) -> dict[str, float]:
    """Return what the processor's plain matrix product would allow: texts a second if nothing else took time."""
    config, tokens = model.config, np.mean([len(ids) for ids in model.tokenizer(texts)["input_ids"]])
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    rows = np.random.default_rng(0).standard_normal((512, width)).astype(np.float32)
    weights: Floats2d = np.random.default_rng(1).standard_normal((width, inner)).astype(np.float32)
    seconds = min(_seconds(lambda _: rows @ weights, []) for _ in range(30))
    rate = 2 * 512 * width * inner / seconds
    return {
        "gemm_gflops": rate / 1e9,
        "gemm_texts_a_second": rate / (tokens * layers * 2 * (4 * width**2 + 2 * width * inner)),
    }
