"""A face encoder that is read back from a bundle, so that training can continue from it."""

from __future__ import annotations

import json

import torch

from architectures.face_encoder import FaceEncoder, VideoEncoder
from exporting.graphs import GRAPHS, open_session, sample_inputs, to_onnx
from exporting.quantize import quantize_weights
from exporting.recover_encoders import recover_face
from exporting.write_bundle import write_bundle


def trained_encoder() -> FaceEncoder:
    """An encoder with norms as after training, so that merging them with the convolutions has a clear effect."""
    torch.manual_seed(0)
    encoder = FaceEncoder()
    for name, value in (*encoder.named_parameters(), *encoder.named_buffers()):
        if ("norm" in name or "shortcut.1" in name) and value.is_floating_point():
            torch.nn.init.uniform_(value, 0.5, 1.5)
    return encoder.eval()


def test_a_recovered_face_encoder_answers_as_the_graph_and_its_norms_fit_what_they_see(tmp_path, small_graphs):
    graphs = {name: model for name, (_, model) in small_graphs.items()}
    graphs["video"] = quantize_weights(to_onnx(VideoEncoder(trained_encoder()), GRAPHS["video"]))
    write_bundle(graphs, {}, tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["graphs"]["video"]["file"] == "face-encoder.onnx"
    faces = torch.rand(64, 64, 64) * 255
    encoder = recover_face(tmp_path, faces)
    inputs = sample_inputs(GRAPHS["video"], 3)
    with torch.no_grad():
        expected = VideoEncoder(encoder)(torch.from_numpy(inputs["faces"]))[0].numpy()
    actual = open_session(str(tmp_path / "face-encoder.onnx")).run(None, inputs)[0]
    assert abs(expected - actual).max() < 1e-3 * abs(actual).max()
    seen = []
    encoder.stem_norm.register_forward_hook(lambda norm, inputs, _: seen.append((norm, inputs[0])))
    with torch.no_grad():
        encoder(faces)
    norm, values = seen[0]
    assert torch.allclose(norm.running_mean, values.mean((0, 2, 3)), atol=1e-4)
    assert torch.allclose(norm.running_var, values.var((0, 2, 3)), rtol=1e-3, atol=1e-5)
