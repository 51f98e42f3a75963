"""Text models run in ONNX Runtime: exported from sentence-transformers, one graph from tokens to vectors.

They are of fp32 or int8.
"""

import json
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from indexing.arrays import Floats2d, Ints1d
from indexing.encoders.row_quantisation import quantise_by_rows
from indexing.encoders.text.text_encoder import token_batches
from indexing.errors import InputError
from indexing.storage.artefact import write_json
from indexing.vectors.vectors import unit_rows

MODEL_FILE, TOKENIZER_FILE, PROMPTS_FILE = "int8.onnx", "int8_tokenizer.json", "int8_prompts.json"
BUDGET = 256  # tokens a batch: what stays in a core's own cache was fastest of 256 to 4,096
WINDOW = 1_024  # texts sorted by length together
LARGEST = 400_000_000  # parameters: a graph of more than 2 GB is more than one file


@dataclass(frozen=True)
class OnnxTextModel:
    """It runs one batch a thread, `threads` at once. `prompts` are those for what is kept and for what is typed."""

    session: ort.InferenceSession
    tokenizer: Tokenizer
    prompts: tuple[str, str]
    threads: int

    @property
    def dim(self) -> int:
        return int(self.session.get_outputs()[0].shape[-1])

    def encode_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats2d:
        """Return unit rows (n, d) float32."""
        prompt, rows = self.prompts[int(query)], np.empty((len(texts), self.dim), dtype=np.float32)
        with ThreadPoolExecutor(self.threads) as pool:
            for start in range(0, len(texts), WINDOW):
                part = [prompt + text for text in texts[start : start + WINDOW]]
                encoded = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(part)]
                lengths = np.array([len(ids) for ids in encoded])
                batches = list(token_batches(lengths, budget=BUDGET))
                for places, found in zip(
                    batches, pool.map(lambda p, e=encoded, n=lengths: self._run(p, e, n), batches), strict=True
                ):
                    rows[start + places] = found
        return unit_rows(rows)

    def _run(self, places: Ints1d, encoded: list[list[int]], lengths: Ints1d) -> Floats2d:
        ids = np.zeros((len(places), int(lengths[places].max())), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, place in enumerate(places):
            ids[row, : lengths[place]] = encoded[place]
            mask[row, : lengths[place]] = 1
        found: Floats2d = self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return found


def threads_here() -> int:
    """Return how many threads may compute: what the environment says, else the cores that there are."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else len(os.sched_getaffinity(0))


def open_onnx(file: Path, tokenizer: Tokenizer, prompts: tuple[str, str]) -> OnnxTextModel:
    """Open a model that was exported."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # each batch in a thread of its own
    options.log_severity_level = 3
    session = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return OnnxTextModel(session, tokenizer, prompts, threads_here())


def quantize(fp32: Path, folder: Path) -> Path:
    """Write int8 into `folder`: weights by column, activations by row as they come. Return the graph's file.

    Embeddings and normalisations stay fp32.
    """
    unfinished, level = folder / "unfinished.tmp", logging.root.manager.disable
    logging.disable(logging.WARNING)  # it advises a preparation that does nothing for such graphs
    try:
        quantize_dynamic(
            fp32,
            unfinished,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
            extra_options={"MatMulConstBOnly": True},
        )
    finally:
        logging.disable(level)
    quantise_by_rows(unfinished)
    unfinished.rename(folder / MODEL_FILE)
    return folder / MODEL_FILE


def save_int8(folder: Path, tokenizer: Tokenizer, prompts: tuple[str, str]) -> None:
    """Write what an int8 model needs besides its graph."""
    tokenizer.save(str(folder / TOKENIZER_FILE))
    write_json(folder / PROMPTS_FILE, prompts)


def has_int8(folder: Path) -> bool:
    """Return whether a whole int8 model stands in a folder."""
    return all((folder / name).is_file() for name in (MODEL_FILE, TOKENIZER_FILE, PROMPTS_FILE))


def load_int8(folder: Path) -> OnnxTextModel:
    """Read the int8 model that stands beside the vectors that it made. Raises InputError when it is damaged."""
    try:
        document, typed = json.loads((folder / PROMPTS_FILE).read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        return open_onnx(folder / MODEL_FILE, tokenizer, (document, typed))
    except Exception as error:  # tokenizers and ONNX Runtime raise classes of their own
        raise InputError(f"{folder}: the int8 model cannot be read ({error}): build the index again") from error
