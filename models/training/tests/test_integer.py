"""Graphs that compute in integers, and the file of weights that they share with the float graphs."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from conftest import random_feeds

from exporting.graphs import GRAPHS, open_session, sample_inputs
from exporting.integer import InputRange, calibrate, with_integer_convolutions, with_stored_products
from exporting.quantize import quantize_weights

ON_CPU = [name for name, spec in GRAPHS.items() if spec.cpu_file]


@pytest.fixture(scope="module")
def integer_graphs(small_graphs) -> dict[str, onnx.ModelProto]:
    text, video = (small_graphs[name][1] for name in ON_CPU)
    calibration = calibrate(text, random_feeds()["text"])
    return {
        "text": quantize_weights(with_stored_products(text, calibration, integer=True)),
        "video": with_integer_convolutions(video, random_feeds()["video"]),
    }


def run(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    return open_session(model).run(None, inputs)


@pytest.mark.parametrize("name", ON_CPU)
def test_integers_answer_close_to_floats(small_graphs, integer_graphs, name):
    inputs = sample_inputs(GRAPHS[name], 3, seed=9, tokens=21)
    expected, actual = (run(model, inputs)[0] for model in (small_graphs[name][1], integer_graphs[name]))
    cosine = (expected * actual).sum(1) / np.linalg.norm(expected, axis=1) / np.linalg.norm(actual, axis=1)
    assert 0.99 < cosine.min() < 1 - 1e-7


@pytest.mark.parametrize("name", ON_CPU)
def test_a_row_scores_the_same_alone_and_in_a_batch_however_large_its_neighbours(integer_graphs, name):
    session, inputs = open_session(integer_graphs[name]), sample_inputs(GRAPHS[name], 4, seed=5)
    together = session.run(None, inputs)
    for row in range(4):
        alone = session.run(None, {key: value[row : row + 1] for key, value in inputs.items()})
        for a, b in zip(alone, together):
            assert np.allclose(a[0], b[row], atol=1e-6)


@pytest.mark.parametrize("name", ON_CPU)
def test_the_graphs_for_cpus_use_only_standard_operators(integer_graphs, name):
    model = integer_graphs[name]
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
    assert "QuantizeLinear" in {node.op_type for node in model.graph.node}


def test_every_product_with_a_constant_is_of_integers(small_graphs, integer_graphs):
    constants = {item.name for item in small_graphs["text"][1].graph.initializer}
    products = [n for n in small_graphs["text"][1].graph.node if n.op_type == "MatMul" and n.input[1] in constants]
    graph = integer_graphs["text"].graph
    makers = {output: node.op_type for node in graph.node for output in node.output}
    integer = [n for n in graph.node if n.op_type == "MatMul" and {makers.get(i) for i in n.input} == {"DequantizeLinear"}]
    assert len(integer) == len(products) == 6


def test_weights_leave_room_for_two_products_in_sixteen_bits(integer_graphs):
    for model in integer_graphs.values():
        makers = {node.output[0]: node for node in model.graph.node}
        constants = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
        weights = [
            constants[makers[node.input[1]].input[0]]
            for node in model.graph.node
            if node.op_type in ("MatMul", "Conv") and getattr(makers.get(node.input[1]), "op_type", "") == "DequantizeLinear"
        ]
        assert len(weights) >= 6
        assert max(np.abs(each.astype(int)).max() for each in weights) * 2 * 255 < 2**15


def test_a_channel_far_larger_than_the_others_does_not_cost_them_their_digits():
    random = np.random.default_rng(0)
    inputs = random.standard_normal((400, 16)).astype(np.float32)
    inputs[:, 3] *= 60
    found = InputRange(np.ones(16, np.float32), np.float32(np.ptp(inputs) / 255), np.uint8(128))
    model = product_of(random.standard_normal((16, 8)).astype(np.float32))
    smoothed = calibrate(model, [{"x": inputs[None]}]).ranges["x"]

    def error(found: InputRange) -> float:
        others = np.arange(16) != 3
        return float(np.abs(found.rounded(inputs) / found.smoothing - inputs)[:, others].mean())

    assert error(smoothed) < error(found) / 4


def test_weights_make_up_for_each_other_s_rounding_where_inputs_go_together():
    random = np.random.default_rng(0)
    inputs = (random.standard_normal((500, 3)) @ random.standard_normal((3, 24))).astype(np.float32)
    weights = random.standard_normal((24, 8)).astype(np.float32)
    calibration = calibrate(product_of(weights), [{"x": inputs[None]}])
    found, stored = calibration.ranges["x"], calibration.matrices["weights"]
    smoothed = weights / found.smoothing[:, None]
    nearest = np.rint(smoothed / stored.steps) * stored.steps

    def error(rounded: np.ndarray) -> float:
        return float(np.square(found.rounded(inputs) @ (rounded - smoothed)).mean())

    assert error(stored.values * stored.steps) < error(nearest) / 2


def test_inputs_that_are_no_numbers_are_refused():
    with pytest.raises(ArithmeticError, match="no numbers"):
        calibrate(product_of(np.ones((4, 2), np.float32)), [{"x": np.full((1, 3, 4), np.nan, np.float32)}])


def test_two_graphs_share_their_weights_in_one_file(small_bundle):
    spec = GRAPHS["text"]
    sizes = {file: (small_bundle / file).stat().st_size for file in (spec.file, spec.cpu_file, spec.weights_file)}
    assert sizes[spec.file] + sizes[spec.cpu_file] < 0.05 * sizes[spec.weights_file]
    inputs = sample_inputs(spec, 2)
    floats, integers = (open_session(str(small_bundle / file)).run(None, inputs)[0] for file in (spec.file, spec.cpu_file))
    assert np.abs(floats - integers).max() < 0.2


def product_of(weights: np.ndarray) -> onnx.ModelProto:
    helper, float_type = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", float_type, ["batch", "rows", weights.shape[0]])],
        [helper.make_tensor_value_info("y", float_type, ["batch", "rows", weights.shape[1]])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
