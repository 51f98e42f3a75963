"""Activations of a graph in eight bits are scaled row by row, so that what stands beside a text or picture in a batch does
not change its vector.

ONNX Runtime's own dynamic quantisation has one scale for all of a tensor: the largest number of any row decides how
coarsely the others are seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

AXES_ARE_AN_INPUT = 18  # of ReduceMax, from this opset on
STEPS, LEAST = "rows_steps", "rows_least"
ONE, MIDDLE, LAST = "rows_one", "rows_middle", "rows_last_axis"
CONSTANTS: dict[str, npt.NDArray[Any]] = {
    STEPS: np.array(127, dtype=np.float32),
    LEAST: np.array(1e-12, dtype=np.float32),  # a row of zeros is divided by it
    ONE: np.array(1, dtype=np.float32),
    MIDDLE: np.array(128, dtype=np.uint8),  # zero, in eight bits
    LAST: np.array([-1], dtype=np.int64),
}


def quantise_by_rows(file: Path) -> None:
    """Rewrite a graph that `quantize_dynamic` made, in place: its activations (…, d) get one scale for each d numbers.

    Raises ValueError for a graph that is built otherwise than that.
    """
    model = onnx.load(str(file))
    version = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    nodes = list(_Rewriting(version).nodes(model.graph.node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in CONSTANTS.items())
    onnx.save(model, str(file))


@dataclass
class _Rewriting:
    """It goes through the nodes of a graph, in which each stands behind those that it needs."""

    opset: int
    scales: set[str] = field(default_factory=set)  # of activations, (…, 1)
    products: dict[str, tuple[str, str]] = field(default_factory=dict)  # of an activation's scale and its weights'

    def nodes(self, before: Iterator[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
        for node in before:
            if node.op_type == "DynamicQuantizeLinear":
                yield from self._quantised(node)
            elif node.op_type == "MatMulInteger":
                node.input[2] = MIDDLE
                yield node
            elif self.scales & set(node.input):
                self._keep(node)
            elif self.products.keys() & set(node.input):
                yield from self._scaled(node)
            else:
                yield node

    def _quantised(self, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        """Quantise an activation: each row by its own largest number."""
        values, (quantised, scale) = node.input[0], node.output[:2]
        size, most, inverse, scaled = (f"{quantised}_rows_{part}" for part in ("size", "most", "inverse", "scaled"))
        self.scales.add(scale)
        yield helper.make_node("Abs", [values], [size])
        if self.opset < AXES_ARE_AN_INPUT:
            yield helper.make_node("ReduceMax", [size], [f"{most}_any"], axes=[-1], keepdims=1)
        else:
            yield helper.make_node("ReduceMax", [size, LAST], [f"{most}_any"], keepdims=1)
        yield helper.make_node("Max", [f"{most}_any", LEAST], [most])
        yield helper.make_node("Div", [most, STEPS], [scale])
        yield helper.make_node("Div", [STEPS, most], [inverse])
        yield helper.make_node("Mul", [values, inverse], [scaled])
        yield helper.make_node("QuantizeLinear", [scaled, ONE, MIDDLE], [quantised])

    def _keep(self, node: onnx.NodeProto) -> None:
        """Remember a product of scales, which is not made: its rows would be as long as those of the result."""
        if node.op_type != "Mul":
            raise ValueError(f"{node.op_type} takes the scale of an activation")
        scale = next(name for name in node.input if name in self.scales)
        self.products[node.output[0]] = (scale, next(name for name in node.input if name != scale))

    def _scaled(self, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        """Scale a matrix product by its weights' scales, then by its rows'."""
        product = next(name for name in node.input if name in self.products)
        if node.op_type != "Mul":
            raise ValueError(f"{node.op_type} takes a product of scales")
        values, (scale, weights) = next(name for name in node.input if name != product), self.products[product]
        half = f"{node.output[0]}_rows_half"
        yield helper.make_node("Mul", [values, weights], [half])
        yield helper.make_node("Mul", [half, scale], [node.output[0]])
