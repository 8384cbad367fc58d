"""The exported graphs compared with PyTorch, and the bundle that holds them."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnx
import pytest
import torch

from architectures.text_encoder import MAX_TOKENS, token_weights
from exporting.bundle import Bundle, FusionInputs, group_faces
from exporting.graphs import GRAPHS, open_session, parity, sample_inputs
from exporting.quantize import quantize_array, quantize_weights
from exporting.write_bundle import to_graphs, write_bundle


def text_inputs(ids: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
    """A text without context."""
    return {"input_ids": ids, "attention_mask": mask.astype(np.int64), "token_type_ids": np.zeros_like(ids)}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("batch", [1, 3])
def test_the_graph_equals_pytorch_for_any_batch(small_graphs, name, batch):
    module, model = small_graphs[name]
    assert parity(module, model, GRAPHS[name], batch=batch, tokens=23) < 1e-4


@pytest.mark.parametrize("name", ["text", "video"])
def test_int8_weights_answer_close_to_float_and_take_a_third_of_the_bytes(small_graphs, name):
    module, model = small_graphs[name]
    small = quantize_weights(model)
    assert parity(module, small, GRAPHS[name]) < 0.05
    assert small.ByteSize() < model.ByteSize() * 0.4


@pytest.mark.parametrize("name", GRAPHS)
def test_a_row_scores_the_same_alone_and_in_a_batch(small_graphs, name):
    session = open_session(quantize_weights(small_graphs[name][1]))
    inputs = sample_inputs(GRAPHS[name], 4)
    together = session.run(None, inputs)
    for row in range(4):
        alone = session.run(None, {key: value[row : row + 1] for key, value in inputs.items()})
        for a, b in zip(alone, together):
            assert np.allclose(a[0], b[row], atol=1e-6)


def test_padding_never_changes_the_text_embedding(small_graphs):
    session = open_session(small_graphs["text"][1])
    ids = np.array([[101, 2023, 2003, 102]], np.int64)
    padded = np.concatenate([ids, np.zeros((1, 7), np.int64)], 1)
    plain = session.run(None, text_inputs(ids, np.ones_like(ids)))[0]
    other = session.run(None, text_inputs(padded, padded > 0))[0]
    assert np.allclose(plain, other, atol=1e-6)


def test_the_weights_of_a_text_s_tokens_sum_to_one_without_its_marks_and_padding(small_graphs):
    session = open_session(small_graphs["text"][1])
    ids = np.array([[101, 2023, 2003, 2307, 102, 0, 0], [101, 2023, 102, 0, 0, 0, 0], [101, 102, 0, 0, 0, 0, 0]], np.int64)
    weights = session.run(["token_weights"], text_inputs(ids, ids > 0))[0]
    assert weights.shape == ids.shape
    assert np.flatnonzero(weights[0]).tolist() == [1, 2, 3]
    assert np.isclose(weights[0].sum(), 1, atol=1e-6)
    assert np.isclose(weights[1, 1], 1, atol=1e-6)
    assert (weights[2] == 0).all()


def test_a_token_s_weight_is_the_attention_that_it_receives_in_the_last_layer():
    attention = torch.zeros(1, 2, 5, 5)
    attention[0, 0, :, 1] = 1
    attention[0, 1, :4, 2] = 1
    attention[0, 1, 4, 1] = 1
    weights = token_weights(attention, torch.tensor([[1, 1, 1, 1, 0]]))
    assert torch.allclose(weights, torch.tensor([[0.0, 0.5, 0.5, 0.0, 0.0]]))


def test_a_set_that_speaks_against_the_answer_is_negative(small_graphs):
    graph = small_graphs["fusion"][0]
    arrays = [torch.from_numpy(array) for array in sample_inputs(GRAPHS["fusion"], 8).values()]
    with torch.no_grad():
        *_, sets, _ = graph(*arrays)
        text, audio, baseline, utterances, video, present = arrays
        terms, _ = graph.fusion(graph.heads((text, graph.audio(audio, baseline, utterances), video)), present)
    logits = terms.sum(1)
    for row, top in enumerate(logits.argmax(1)):
        own = terms[row, :, top] - terms[row].mean(1)
        assert torch.equal(torch.sign(sets[row]), torch.sign(own))
    assert (sets < 0).any()


def test_a_text_of_the_most_tokens_is_accepted(small_graphs):
    session = open_session(small_graphs["text"][1])
    inputs = sample_inputs(GRAPHS["text"], 2, tokens=MAX_TOKENS)
    assert session.run(None, inputs)[0].shape == (2, 384)


def test_absent_rows_beside_present_ones_do_not_touch_them(small_graphs):
    session = open_session(small_graphs["fusion"][1])
    inputs = sample_inputs(GRAPHS["fusion"], 3)
    inputs["present"] = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1]], np.float32)
    contributions = session.run(["contributions"], inputs)[0]
    sets = session.run(["set_contributions"], inputs)[0]
    assert np.allclose(np.abs(sets).sum(1), 1, atol=1e-6)
    assert np.flatnonzero(sets[0]).tolist() == [0]
    assert np.flatnonzero(sets[1]).tolist() == [1]
    assert (sets[2] != 0).all()
    assert contributions[0].tolist() == [1, 0, 0]
    assert contributions[1].tolist() == [0, 1, 0]
    assert (contributions[2] > 0).all()


def test_int8_rounds_to_within_half_a_step_of_each_channel():
    values = np.random.default_rng(0).standard_normal((6, 40)).astype(np.float32) * np.arange(6)[:, None]
    stored, scale = quantize_array(values, 0)
    assert stored.dtype == np.int8
    assert scale.shape == (6, 1)
    assert (np.abs(stored * scale - values) <= scale / 2 + 1e-7).all()


def test_the_graphs_use_only_standard_operators(small_graphs):
    for _, model in small_graphs.values():
        assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
        assert [entry.version for entry in model.opset_import if entry.domain == ""] == [20]


def test_a_written_bundle_opens_and_scores(small_bundle):
    bundle = Bundle(small_bundle)
    text = bundle.embed_text(["I can't believe it!", "fine"])
    video = bundle.embed_faces(np.stack([group_faces(np.full((3, 64, 64), 90, np.uint8))] * 2))
    emotion, sentiment, contributions, dissatisfaction = bundle.fuse(FusionInputs(text=text, video=video))
    assert np.allclose(emotion.sum(1), 1, atol=1e-5) and np.allclose(sentiment.sum(1), 1, atol=1e-5)
    assert ((dissatisfaction > 0) & (dissatisfaction < 1)).all()
    assert (contributions[:, 1] == 0).all()
    assert json.loads((small_bundle / "tokenizer.json").read_text())["truncation"] is None


def test_the_graph_s_logits_over_its_temperature_are_its_probabilities(small_graphs, small_bundle):
    bundle, inputs = Bundle(small_bundle), sample_inputs(GRAPHS["fusion"], 4)
    given = FusionInputs(text=inputs["text_embedding"], audio=inputs["audio_features"])
    temperature = small_graphs["fusion"][0].temperature[:, 3]
    for logits, probabilities, warmth in zip(bundle.logits(given), bundle.fuse(given), temperature):
        assert np.allclose(torch.softmax(torch.from_numpy(logits) / warmth, 1), probabilities, atol=1e-5)
        assert abs(warmth - 1) > 0.05


def test_a_bundle_with_an_altered_file_is_refused(small_bundle, tmp_path):
    folder = shutil.copytree(small_bundle, tmp_path / "bundle")
    model = onnx.load(folder / "fusion.onnx")
    model.doc_string = "altered"
    onnx.save(model, folder / "fusion.onnx")
    with pytest.raises(ValueError, match="fusion.onnx"):
        Bundle(folder)


def test_groups_of_faces_overlap_by_five_and_the_last_is_filled_with_zeros():
    faces = np.arange(1, 26, dtype=np.uint8)[:, None, None] * np.ones((1, 64, 64), np.uint8)
    groups = group_faces(faces)[:, :, 0, 0]
    assert groups[0].tolist() == list(range(1, 11))
    assert groups[3].tolist() == list(range(16, 26))
    assert groups[4].tolist() == [21, 22, 23, 24, 25, 0, 0, 0, 0, 0]
    assert group_faces(faces[:7])[1, :, 0, 0].tolist() == [6, 7] + [0] * 8


def test_only_the_files_of_graphs_that_changed_are_written_again(tmp_path, small_bundle):
    graphs = {name: onnx.load(small_bundle / spec.file) for name, spec in GRAPHS.items()}
    on_cpu = {name: onnx.load(small_bundle / spec.cpu_file) for name, spec in GRAPHS.items() if spec.cpu_file}
    written = write_bundle(graphs, on_cpu, tmp_path)["graphs"]
    graphs["video"].graph.initializer[0].raw_data = graphs["video"].graph.initializer[0].raw_data[::-1]
    for model in (*graphs.values(), *on_cpu.values()):
        model.producer_version = "0.0.1"
    again = write_bundle(graphs, on_cpu, tmp_path)["graphs"]
    assert [name for name in GRAPHS if again[name] != written[name]] == ["video"]


def test_a_graph_unlike_pytorch_is_refused(small_graphs, monkeypatch):
    monkeypatch.setattr("exporting.write_bundle.parity", lambda *_: float("nan"))
    with pytest.raises(ArithmeticError, match="text"):
        to_graphs({name: module for name, (module, _) in small_graphs.items()})
