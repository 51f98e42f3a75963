"""Sentence-transformers models, any by name or local folder, are loaded here and encode texts with torch."""

import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from indexing.arrays import Floats2d, Ints1d, Ints2d
from indexing.encoders.model_source import ModelSource, unavailable
from indexing.encoders.text.text_encoder import token_batches
from indexing.errors import InputError
from indexing.vectors.vectors import unit_rows

DOCUMENT_PROMPTS = (
    "document",
    "passage",
    "corpus",
)  # the names that models declare, as sentence-transformers seeks them
QUERY_PROMPTS = ("query",)
BUDGET = {"cpu": 2_048, "cuda": 65_536}  # tokens a batch: on a CPU what stays in its caches, on a GPU what fills it
WINDOW = {"cpu": 1_024, "cuda": 16_384}  # texts sorted by length together
Features = dict[str, Any]


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep bars and notes of the model libraries quiet while a model is loaded; from then on they log only errors."""
    for name in ("sentence_transformers", "transformers", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries among themselves
        yield


def load_sentence_model(
    source: ModelSource, *, device: str = "cpu", max_tokens: int | None = None, trust_remote_code: bool = False
) -> SentenceTransformer:
    """Load the model in fp32, ready to encode. Raises InputError, in one line, for what cannot be loaded."""
    try:
        with quiet_loading():
            model = SentenceTransformer(
                source.where,
                device=device,
                revision=source.revision or None,
                trust_remote_code=trust_remote_code,
                model_kwargs={"dtype": torch.float32},
            )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, AttributeError) as error:
        raise InputError(_unloadable(source, trust_remote_code, error)) from error
    if max_tokens is not None:
        model.max_seq_length = min(max_tokens, model.max_seq_length or max_tokens)
    return model.eval()


def prompt_of(model: SentenceTransformer, *, query: bool) -> str | None:
    """Return the prompt that a model declares for what is typed, or for what is kept; None where it declares none."""
    names = (*(QUERY_PROMPTS if query else DOCUMENT_PROMPTS), model.default_prompt_name)
    return next((model.prompts[name] for name in names if name in model.prompts), None) or None


@dataclass(frozen=True)
class TorchTextModel:
    """It runs a model on one device, or copies of it on several GPUs, which share the batches."""

    replicas: tuple[SentenceTransformer, ...]

    @property
    def dim(self) -> int:
        return int(self.replicas[0].get_embedding_dimension() or 0)

    def encode_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats2d:
        """Return unit rows (n, d) float32."""
        prompt = prompt_of(self.replicas[0], query=query)
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        window = WINDOW[self.replicas[0].device.type]
        for start in range(0, len(texts), window):
            part = list(texts[start : start + window])
            rows[start : start + len(part)] = self._window(part, prompt, "query" if query else "document")
        return unit_rows(rows)

    def _window(self, texts: list[str], prompt: str | None, task: str) -> Floats2d:
        batches = list(_batches(self.replicas[0], texts, prompt, task))
        rows = np.empty((len(texts), self.dim), dtype=np.float32)

        def run(share: int) -> None:
            model = self.replicas[share]
            ahead = [
                (places, _forward(model, features, task)) for places, features in batches[share :: len(self.replicas)]
            ]
            for places, vectors in ahead:  # fetched only now: a GPU is not waited for between batches
                rows[places] = vectors.float().cpu().numpy()

        if len(self.replicas) == 1:
            run(0)
        else:
            with ThreadPoolExecutor(len(self.replicas)) as pool:
                list(pool.map(run, range(len(self.replicas))))
        return rows


def on_devices(model: SentenceTransformer, devices: Sequence[str], dtype: torch.dtype) -> TorchTextModel:
    """Put the model in a precision on each of these devices."""
    copies = [copy.deepcopy(model) for _ in devices[1:]]
    replicas = [each.to(device, dtype) for each, device in zip([model, *copies], devices, strict=True)]
    return TorchTextModel(tuple(replicas))


def export_onnx(model: SentenceTransformer, file: Path) -> None:
    """Write the whole model, ids and mask (b, l) -> vectors (b, d), as one graph for ONNX Runtime."""
    ids = torch.tensor([[1, 2, 3], [1, 2, 0]])
    mask = (ids > 0).long()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing: the agreement with torch is measured afterwards
        torch.onnx.export(
            _Whole(model).eval(),
            (ids, mask),
            str(file),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": {0: "b", 1: "l"}, "attention_mask": {0: "b", 1: "l"}, "vectors": {0: "b"}},
            opset_version=17,
            dynamo=False,
        )


def bare_tokenizer(model: SentenceTransformer) -> Tokenizer | None:
    """Return the tokenizer without torch around it, cutting where the model does; None where it has no such one."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    bare: Tokenizer = Tokenizer.from_str(backend.to_str())
    bare.no_padding()
    if model.max_seq_length:
        bare.enable_truncation(int(model.max_seq_length))
    return bare


@torch.inference_mode()
def vectors_of_ids(model: SentenceTransformer, ids: Ints2d) -> Floats2d:
    """Return the vectors (b, d) of token ids (b, l) as they are."""
    tokens = torch.from_numpy(ids).to(model.device)
    features = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
    return np.asarray(model.forward(features)["sentence_embedding"].float().cpu().numpy())


class _Whole(torch.nn.Module):
    """It makes a model a function of two tensors."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        vectors: torch.Tensor = self.model(features)["sentence_embedding"]
        return vectors


def _batches(
    model: SentenceTransformer, texts: list[str], prompt: str | None, task: str
) -> Iterator[tuple[Ints1d, Features]]:
    """Tokenise once, then yield batches by length; models that do not pad are given 512 texts at once."""
    features = model.preprocess(texts, prompt=prompt, task=task)
    mask = features.get("attention_mask")
    if mask is None or mask.ndim != 2 or mask.shape != features["input_ids"].shape:
        for start in range(0, len(texts), 512):
            places = np.arange(start, min(start + 512, len(texts)))
            yield places, model.preprocess([texts[place] for place in places], prompt=prompt, task=task)
        return
    lengths = mask.sum(dim=1).numpy()
    left = bool((mask[:, -1] == 1).all())  # padded on the left, as decoders are
    for places in token_batches(lengths, budget=BUDGET[model.device.type]):
        width = int(lengths[places].max())
        columns = slice(mask.shape[1] - width, None) if left else slice(0, width)
        yield places, {name: _cut(value, mask.shape, places, columns) for name, value in features.items()}


def _cut(value: Any, shape: torch.Size, places: Ints1d, columns: slice) -> Any:
    if not isinstance(value, torch.Tensor) or value.shape[:1] != shape[:1]:
        return value
    rows = value[torch.from_numpy(places)]
    return rows[:, columns].contiguous() if value.shape[:2] == shape else rows


@torch.inference_mode()
def _forward(model: SentenceTransformer, features: Features, task: str) -> torch.Tensor:
    device = model.device
    if device.type == "cuda":
        features = {
            name: value.pin_memory().to(device, non_blocking=True) if isinstance(value, torch.Tensor) else value
            for name, value in features.items()
        }
    vectors: torch.Tensor = model.forward(dict(features), task=task)["sentence_embedding"]
    return vectors


def _unloadable(source: ModelSource, trusted: bool, error: Exception) -> str:
    reason = " ".join(str(error).split())[:200]
    if "trust_remote_code" in str(error) and not trusted:
        return f"the model {source.where} brings code of its own: give --trust-remote-code if you trust it"
    if source.folder is None:
        return unavailable(source.name, source.revision, reason)
    return f"{source.folder}: cannot be loaded as a sentence-transformers model: {type(error).__name__}: {reason}"
