"""A sentence-transformers model runs here in torch or in ONNX Runtime, in the precision asked for."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from indexing.arrays import Floats2d, Ints2d
from indexing.encoders.model_source import ModelSource
from indexing.encoders.precision import Agreement, agreement, choose_precision
from indexing.encoders.text.onnx_text import LARGEST, OnnxTextModel, has_int8, load_int8, open_onnx, quantize, save_int8
from indexing.encoders.text.sentence import (
    TorchTextModel,
    bare_tokenizer,
    export_onnx,
    load_sentence_model,
    on_devices,
    prompt_of,
    vectors_of_ids,
)
from indexing.encoders.text.text_encoder import TextModel
from indexing.errors import InputError
from indexing.machine.device import torch_devices

WORTH_EXPORTING = 2_000  # texts: fewer are encoded before an export is done


@dataclass(frozen=True)
class ModelRequest:
    """A request names a model and says how it is to run."""

    source: ModelSource
    max_tokens: int | None = None
    precision: str = "auto"
    device: str = "auto"
    trust_remote_code: bool = False

    def load(self, device: str = "cpu") -> SentenceTransformer:
        return load_sentence_model(
            self.source, device=device, max_tokens=self.max_tokens, trust_remote_code=self.trust_remote_code
        )


def open_for_queries(request: ModelRequest) -> TextModel:
    """Open the model in torch, in the precision that its index was asked for; a text or two do not need more."""
    device = torch_devices(request.device)[0]
    dtype = torch.bfloat16 if request.precision == "bf16" else torch.float32
    return on_devices(request.load(), [device], dtype)


def open_for_build(
    request: ModelRequest, folder: Path, sample: Sequence[str], texts: int
) -> tuple[TextModel, Agreement | None]:
    """Return the model for so many `texts`, and its agreement with fp32 on the `sample`; None for fp32 in torch itself.

    What outlives the build, an int8 model, is kept in `folder`. Raises InputError for a precision that cannot be had.
    """
    devices, model = torch_devices(request.device), request.load()
    precision = choose_precision(request.precision, devices[0])
    if precision == "int8":
        return _int8(request, model, folder, sample)
    exact = on_devices(model, devices[:1], torch.float32)
    reference = exact.encode_texts(sample)
    if precision == "bf16":
        fast = on_devices(request.load(), devices, torch.bfloat16)
        found = agreement(f"torch bf16 on {devices[0]}", fast.encode_texts(sample), reference)
        if found.equal or request.precision == "bf16":
            return fast, found
    elif request.precision == "auto" and texts >= WORTH_EXPORTING:
        exported = _exported(model)
        if exported is not None:
            found = agreement("onnxruntime fp32", exported.encode_texts(sample), reference)
            if found.equal:
                return exported, found
    return (exact if len(devices) == 1 else on_devices(request.load(), devices, torch.float32)), None


def teacher(request: ModelRequest) -> tuple[Callable[[Ints2d], Floats2d], Tokenizer]:
    """Return the model as a function of token ids, and its tokenizer, for distilling.

    Raises InputError where it has no such tokenizer.
    """
    model = request.load(torch_devices(request.device)[0])
    tokenizer = bare_tokenizer(model)
    if tokenizer is None:
        raise InputError(
            f"static:{request.source.name}: has a tokenizer of its own, which cannot be distilled: use st:"
        )
    return (lambda ids: vectors_of_ids(model, ids)), tokenizer


def _int8(
    request: ModelRequest, model: SentenceTransformer, folder: Path, sample: Sequence[str]
) -> tuple[TextModel, Agreement]:
    """Return the int8 model that stands in the folder, of a run that this one goes on with; else make it there."""
    fast = load_int8(folder) if has_int8(folder) else _quantised(request, model, folder)
    return fast, agreement("onnxruntime int8", fast.encode_texts(sample), TorchTextModel((model,)).encode_texts(sample))


def _quantised(request: ModelRequest, model: SentenceTransformer, folder: Path) -> OnnxTextModel:
    tokenizer, prompts = bare_tokenizer(model), _prompts(model)
    if tokenizer is None:
        raise InputError(f"--precision int8: {request.source.name} has a tokenizer of its own: use --precision fp32")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            export_onnx(model, Path(scratch) / "fp32.onnx")
            file = quantize(Path(scratch) / "fp32.onnx", folder)
        except Exception as error:  # torch's exporter raises whatever the model's code does when traced
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"--precision int8: {request.source.name} cannot be exported ({reason[:120]}): use --precision fp32"
            ) from error
    save_int8(folder, tokenizer, prompts)
    return open_onnx(file, tokenizer, prompts)


def _exported(model: SentenceTransformer) -> OnnxTextModel | None:
    """Open the model in ONNX Runtime; return None where it cannot be exported, which is no loss but of speed."""
    tokenizer = bare_tokenizer(model)
    if tokenizer is None or sum(weights.numel() for weights in model.parameters()) > LARGEST:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        try:
            export_onnx(model, Path(scratch) / "fp32.onnx")
            return open_onnx(Path(scratch) / "fp32.onnx", tokenizer, _prompts(model))
        except Exception:  # as above
            return None


def _prompts(model: SentenceTransformer) -> tuple[str, str]:
    return prompt_of(model, query=False) or "", prompt_of(model, query=True) or ""
