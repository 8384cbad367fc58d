"""Fixtures that several tests share. A test without its corpora says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from paths import DEFAULT_DATA


@pytest.fixture
def data() -> Path:
    if not DEFAULT_DATA.is_dir():
        pytest.skip(f"SKIPPED: the corpora are not at {DEFAULT_DATA}")
    return DEFAULT_DATA


@pytest.fixture(scope="session")
def small_graphs() -> dict:
    """The three modules with their real input sizes but small layers, and their graphs."""
    import torch

    from architectures.audio_encoder import AudioEncoder
    from architectures.face_encoder import FaceEncoder, VideoEncoder
    from architectures.interaction_fusion import FusionGraph, InteractionFusion, PartHeads
    from architectures.text_encoder import TextEncoderShape, TextGraph
    from exporting.graphs import GRAPHS, to_onnx

    torch.manual_seed(0)
    temperature = torch.linspace(0.5, 2.0, 16).reshape(2, 8)
    modules: dict[str, torch.nn.Module] = {
        "text": TextGraph(TextEncoderShape(layers=1, hidden=256)),
        "video": VideoEncoder(FaceEncoder(widths=(8, 8, 16, 128))),
        "fusion": FusionGraph(AudioEncoder(hidden=64), PartHeads(), InteractionFusion(), temperature),
    }
    # Trained norms differ. Export would store the norms of a new encoder, all ones and zeros, only once.
    for name, parameter in modules["text"].named_parameters():
        if "norm" in name or name.endswith("bias"):
            torch.nn.init.normal_(parameter, 1.0 if name.endswith("weight") else 0.0, 0.1)
    return {name: (module.eval(), to_onnx(module, GRAPHS[name])) for name, module in modules.items()}


@pytest.fixture(scope="session")
def small_bundle(small_graphs, tmp_path_factory) -> Path:
    """The small modules, written as a bundle. Copy it before changing it."""
    from exporting.write_bundle import quantized, write_bundle

    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(*quantized({name: model for name, (_, model) in small_graphs.items()}, random_feeds()), folder)
    return folder


def random_feeds() -> dict[str, list]:
    """Examples for calibrating ranges: random texts of several lengths and random faces."""
    from exporting.graphs import GRAPHS, sample_inputs

    return {
        name: [sample_inputs(GRAPHS[name], 1, seed=seed, tokens=5 + 4 * seed) for seed in range(8)]
        for name in ("text", "video")
    }
