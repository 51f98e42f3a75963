"""Eight bits by rows: what stands beside a row in a batch does not change what comes of it."""

import logging

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from indexing.encoders.row_quantisation import quantise_by_rows


@pytest.fixture(params=[17, 18])
def graph(tmp_path, request, monkeypatch):
    """The file of a graph of two matrix products with a rectifier between them, in eight bits by ONNX Runtime."""
    drawn = np.random.default_rng(0)
    weights = [drawn.normal(size=shape).astype(np.float32) for shape in ((16, 32), (32, 8))]
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "w1"], ["y"]),
    ]
    shapes = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in
              (("x", ["n", "t", 16]), ("y", ["n", "t", 8]))}  # fmt: skip
    tensors = [numpy_helper.from_array(value, f"w{number}") for number, value in enumerate(weights)]
    made = helper.make_graph(nodes, "two", [shapes["x"]], [shapes["y"]], tensors)
    opset = helper.make_opsetid("", request.param)
    onnx.save(helper.make_model(made, opset_imports=[opset], ir_version=9), tmp_path / "exact.onnx")
    monkeypatch.setattr(logging.root.manager, "disable", logging.WARNING)
    quantize_dynamic(tmp_path / "exact.onnx", tmp_path / "eight.onnx", weight_type=QuantType.QInt8, per_channel=True)
    return tmp_path / "eight.onnx"


def run(file, values):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": values})[0]


def test_a_row_beside_a_large_one_comes_out_as_it_does_alone(graph):
    drawn = np.random.default_rng(1).normal(size=(3, 5, 16)).astype(np.float32)
    drawn[1] *= 1000
    assert np.abs(run(graph, drawn)[0] - run(graph, drawn[:1])[0]).max() > 0.1  # what ONNX Runtime does by itself
    quantise_by_rows(graph)
    together = run(graph, drawn)
    for number in range(3):
        np.testing.assert_allclose(together[number], run(graph, drawn[number : number + 1])[0], rtol=1e-6)
    exact = run(graph.with_name("exact.onnx"), drawn)
    lengths = np.linalg.norm(exact, axis=-1)
    cosines = (exact * together).sum(axis=-1) / lengths / np.linalg.norm(together, axis=-1)
    assert cosines.min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(together, axis=-1), lengths, rtol=0.03)


def test_a_row_of_zeros_stays_one(graph):
    quantise_by_rows(graph)
    assert not run(graph, np.zeros((1, 1, 16), dtype=np.float32)).any()


def test_a_graph_that_uses_the_scales_otherwise_is_refused(graph):
    model = onnx.load(graph)
    scale = next(node.output[1] for node in model.graph.node if node.op_type == "DynamicQuantizeLinear")
    model.graph.node.append(helper.make_node("Abs", [scale], ["other"]))
    onnx.save(model, graph)
    with pytest.raises(ValueError, match="Abs takes the scale of an activation"):
        quantise_by_rows(graph)
