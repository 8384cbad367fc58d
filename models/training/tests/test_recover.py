"""Weights that are read back from a bundle's graphs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from conftest import random_feeds
from onnx import numpy_helper

from exporting.graphs import GRAPHS, open_session, parity, sample_inputs, to_onnx
from exporting.integer import calibrate, with_stored_products
from exporting.quantize import quantize_weights
from exporting.recover_encoders import read_weights, recover_text
from exporting.write_bundle import write_bundle
from paths import REPOSITORY

BUNDLE = REPOSITORY / "models" / "undertone-mini"


def int8_constants(model: onnx.ModelProto) -> list[np.ndarray]:
    return [numpy_helper.to_array(item) for item in model.graph.initializer if item.data_type == onnx.TensorProto.INT8]


def test_the_recovered_encoder_answers_as_the_bundle_s_graph(small_bundle):
    graph = onnx.load(small_bundle / "text-encoder.onnx")
    assert parity(recover_text(small_bundle), graph, GRAPHS["text"]) < 1e-5


def test_the_shipped_bundle_s_encoder_answers_as_its_graph():
    encoder = recover_text(BUNDLE)
    assert encoder.shape.layers == 6
    embedding_only = replace(GRAPHS["text"], outputs={"text_embedding": GRAPHS["text"].outputs["text_embedding"]})
    assert parity(encoder, onnx.load(BUNDLE / "text-encoder.onnx"), embedding_only, tokens=50) < 1e-4


def test_exporting_a_recovered_encoder_stores_the_same_int8(small_graphs, tmp_path):
    models = {name: quantize_weights(model) for name, (_, model) in small_graphs.items()}
    write_bundle(models, {}, tmp_path)
    again = quantize_weights(to_onnx(recover_text(tmp_path), GRAPHS["text"]))
    pairs = list(zip(int8_constants(models["text"]), int8_constants(again), strict=True))
    assert len(pairs) == 7
    assert all(np.array_equal(old, new) for old, new in pairs)


def test_exporting_it_with_its_ranges_found_anew_answers_nearly_as_before(small_bundle):
    model = to_onnx(recover_text(small_bundle), GRAPHS["text"])
    again = quantize_weights(with_stored_products(model, calibrate(model, random_feeds()["text"]), integer=False))
    inputs = sample_inputs(GRAPHS["text"], 4, seed=3)
    before, after = (
        open_session(source).run(["text_embedding"], inputs)[0] for source in (str(small_bundle / "text-encoder.onnx"), again)
    )
    assert np.abs(before - after).max() < 0.05 * np.abs(before).max()


def test_a_float_bundle_gives_back_the_very_weights(small_graphs, tmp_path):
    write_bundle({name: model for name, (_, model) in small_graphs.items()}, {}, tmp_path)
    recovered = recover_text(tmp_path).state_dict()
    for name, values in small_graphs["text"][0].state_dict().items():
        assert torch.equal(recovered[name], values), name


def test_a_graph_that_is_no_text_encoder_is_refused_by_name(small_bundle, tmp_path):
    folder = shutil.copytree(small_bundle, tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["graphs"]["text"]["file"] = manifest["graphs"]["fusion"]["file"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="fusion.onnx does not hold .*words.weight"):
        recover_text(folder)


def test_int8_within_a_half_step_is_what_a_weight_loses(small_graphs):
    module, model = small_graphs["text"]
    kept = read_weights(quantize_weights(model))["layers.0.expand.weight"]
    original = module.state_dict()["layers.0.expand.weight"].numpy()
    step = np.abs(original).max(axis=1, keepdims=True) / 127
    assert np.abs(kept - original).max() > 0
    assert (np.abs(kept - original) <= step / 2 + 1e-7).all()
