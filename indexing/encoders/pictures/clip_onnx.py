"""The image tower of an open_clip model runs in ONNX Runtime, its matrices in eight bits, where there is no GPU."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from indexing.encoders.pictures.clip_model import ClipModel
from indexing.encoders.row_quantisation import quantise_by_rows
from indexing.errors import InputError

INPUT, OUTPUT = "pictures", "rows"
QUANTISED = ("MatMul", "Gemm")  # convolutions lose more than they gain


class _ImageTower(torch.nn.Module):
    """It is what is exported: pictures go in, rows come out."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = self.module.encode_image(pictures)
        return rows


def eight_bit_tower(model: ClipModel, file: Path) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the tower from `file`, which is written first where it is not there.

    Raises InputError without ONNX Runtime.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(f"--precision int8: needs ONNX Runtime ({error}): pip install 'heroic[neural]'") from error
    if not file.exists():
        _write(model, file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def tower(pictures: torch.Tensor) -> torch.Tensor:
        inputs = {INPUT: np.ascontiguousarray(pictures.numpy())}
        return torch.from_numpy(session.run([OUTPUT], inputs)[0])

    return tower


def _write(model: ClipModel, file: Path) -> None:
    """Export the tower, then write its eight-bit form under another name and rename it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    exact, unfinished = file.with_suffix(".exact.onnx"), file.with_suffix(".unfinished.onnx")
    blank = torch.zeros(2, 3, *model.shape.size)
    dynamic = {INPUT: {0: "n"}, OUTPUT: {0: "n"}}
    file.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself, and of shapes that are constants
        torch.onnx.export(
            _ImageTower(model.module).eval(),
            (blank,),
            str(exact),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes=dynamic,
            dynamo=False,
        )
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)  # it asks for a pre-processing that changes nothing here
    try:
        quantize_dynamic(str(exact), str(unfinished), weight_type=QuantType.QInt8, op_types_to_quantize=list(QUANTISED))
    finally:
        root.setLevel(before)
        exact.unlink()
    quantise_by_rows(unfinished)
    unfinished.rename(file)
