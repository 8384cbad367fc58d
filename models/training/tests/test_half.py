"""Graphs in float16, and the bundle with them."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from datasets.pipeline_features import NODE, is_available
from exporting.bundle import Bundle, FusionInputs
from exporting.graphs import GRAPHS, open_session, sample_inputs
from exporting.half import KEPT_FLOAT, PRODUCTS, to_half
from exporting.half_bundle import check, export_half, probability_difference
from exporting.quantize import dequantize_weights, quantize_weights
from exporting.write_bundle import VERSION
from paths import REPOSITORY


def answers(model: onnx.ModelProto, spec, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    return open_session(model).run(list(spec.outputs), inputs)


def tensor_types(model: onnx.ModelProto) -> dict[str, int]:
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    values = (*inferred.input, *inferred.value_info, *inferred.output)
    types = {item.name: item.type.tensor_type.elem_type for item in values}
    return types | {item.name: item.data_type for item in inferred.initializer}


@pytest.mark.parametrize("name", GRAPHS)
def test_weights_multiplied_out_answer_as_the_int8_ones(small_graphs, name):
    small = quantize_weights(small_graphs[name][1])
    wide = dequantize_weights(small)
    assert TensorProto.INT8 not in {item.data_type for item in wide.graph.initializer}
    inputs = sample_inputs(GRAPHS[name], 3, tokens=12)
    for a, b in zip(answers(small, GRAPHS[name], inputs), answers(wide, GRAPHS[name], inputs)):
        assert np.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_without_int8_stays_as_it_is(small_graphs, name):
    model = small_graphs[name][1]
    assert [node.op_type for node in dequantize_weights(model).graph.node] == [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("name", GRAPHS)
def test_the_graph_keeps_its_inputs_and_outputs(small_graphs, name):
    model = small_graphs[name][1]
    half = to_half(quantize_weights(model))
    for kind in ("input", "output"):
        before, after = ({v.name: v.type.SerializeToString() for v in getattr(m.graph, kind)} for m in (model, half))
        assert after == before


@pytest.mark.parametrize("name", GRAPHS)
def test_every_product_is_float16_and_its_weights_too(small_graphs, name):
    half = to_half(quantize_weights(small_graphs[name][1]))
    types = tensor_types(half)
    products = [node for node in half.graph.node if node.op_type in PRODUCTS]
    assert products
    assert {types[value] for node in products for value in node.input if value} == {TensorProto.FLOAT16}
    kept = [node for node in half.graph.node if node.op_type in KEPT_FLOAT]
    assert {types[node.output[0]] for node in kept} <= {TensorProto.FLOAT}
    assert TensorProto.INT8 not in {item.data_type for item in half.graph.initializer}


@pytest.mark.parametrize("name", GRAPHS)
def test_float16_answers_close_to_float32(small_graphs, name):
    small = quantize_weights(small_graphs[name][1])
    inputs = sample_inputs(GRAPHS[name], 4, tokens=12)
    expected, actual = answers(small, GRAPHS[name], inputs), answers(to_half(small), GRAPHS[name], inputs)
    for output, a, b in zip(GRAPHS[name].outputs, expected, actual):
        assert 0 < np.abs(a - b).max() < 0.01, output


def test_what_is_outside_the_products_never_passes_through_float16(small_graphs):
    session = open_session(to_half(small_graphs["fusion"][1]))
    inputs = sample_inputs(GRAPHS["fusion"], 2)
    # Standardised and clipped, a feature of 1e6 becomes 5 deviations. In float16 it would be infinite.
    inputs["audio_features"] = np.full_like(inputs["audio_features"], 1e6)
    far = session.run(["emotion"], inputs)[0]
    inputs["audio_features"] = np.full_like(inputs["audio_features"], 10)
    assert np.array_equal(far, session.run(["emotion"], inputs)[0])
    faces = to_half(small_graphs["video"][1])
    types = tensor_types(faces)
    assert {types[n.output[0]] for n in faces.graph.node if n.op_type in ("Sqrt", "ReduceMax")} == {TensorProto.FLOAT}


def test_a_bundle_in_float16_has_a_manifest_of_its_own(small_bundle, tmp_path):
    out = tmp_path / "half"
    manifest = export_half(small_bundle, out)
    original = json.loads((small_bundle / "manifest.json").read_text())
    assert manifest == json.loads((out / "manifest.json").read_text())
    assert manifest["id"] == original["id"] + "-float16"
    for name, graph in manifest["graphs"].items():
        assert graph["sha256"] != original["graphs"][name]["sha256"]
        assert (graph["inputs"], graph["outputs"]) == (original["graphs"][name]["inputs"], original["graphs"][name]["outputs"])
    difference = probability_difference(Bundle(small_bundle, integer=False), Bundle(out))
    assert 0 < difference < 0.005
    inputs = sample_inputs(GRAPHS["fusion"], 2)
    given = FusionInputs(inputs["text_embedding"], inputs["audio_features"], inputs["video_embedding"])
    logits, _ = Bundle(out).logits(given)
    assert np.isfinite(logits).all()


@pytest.mark.skipif(not is_available(), reason="SKIPPED: run `npm install` first")
def test_the_product_opens_and_runs_a_bundle_in_float16(small_bundle, tmp_path):
    export_half(small_bundle, tmp_path / "half")
    script = tmp_path / "open.mjs"
    script.write_text("""
        const [index, bundleDirectory] = process.argv.slice(2);
        const { openModels } = await import(index);
        const models = await openModels({ bundleDirectory, providers: [], log() {} });
        process.stdout.write(models.emotion.id);
        await models.close();
    """)
    index = (REPOSITORY / "models" / "index.ts").as_uri()
    opened = subprocess.run([NODE, script, index, tmp_path / "half"], capture_output=True, text=True)
    assert (opened.stdout, opened.stderr) == (f"undertone-mini-float16@{VERSION}", "")


def test_a_damaged_bundle_is_not_converted(small_bundle, tmp_path):
    folder = shutil.copytree(small_bundle, tmp_path / "bundle")
    (folder / "fusion.onnx").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="fusion.onnx"):
        export_half(folder, tmp_path / "half")
    assert not (tmp_path / "half").exists()


def test_a_difference_that_is_no_number_is_refused():
    check("differs by", 0.01, 0.02)
    for difference in (0.03, float("nan")):
        with pytest.raises(ArithmeticError, match="more than 0.02"):
            check("differs by", difference, 0.02)
