"""Writes a bundle: graphs from the checkpoints, tokenizer and manifest.

The graphs for CPUs compute in integers. Their ranges are found on training examples.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from architectures.audio_encoder import INPUT_COUNT
from architectures.face_encoder import FaceEncoder, MouthCovering, VideoEncoder
from architectures.interaction_fusion import FusionGraph
from architectures.text_encoder import MAX_TOKENS, TextGraph, pretrained_folder
from datasets.faces import as_seen, load_fer2013
from datasets.labels import EMOTIONS, SENTIMENTS
from datasets.text import CONTEXT_UTTERANCES, load_goemotions, load_meld, load_mosi
from datasets.tokens import Turn, load_tokenizer, pad_turns, tokenize_turns
from exporting.bundle import MAX_FACES, group_faces
from exporting.graphs import GRAPHS, GraphSpec, Port, parity, to_onnx
from exporting.integer import calibrate, with_integer_convolutions, with_stored_products
from exporting.quantize import quantize_weights
from exporting.weights_file import save_sharing
from stages.fusion import load_fusion
from stages.voices import load_voices

BUNDLE_ID = "undertone-mini"
VERSION = "0.9.0"
LICENSE = "LicenseRef-Undertone-Research-NonCommercial"
SOURCES = [
    {"name": "all-MiniLM-L6-v2", "license": "Apache-2.0"},
    {"name": "Whisper tiny", "license": "MIT"},
    {"name": "MELD", "license": "GPL-3.0"},
    {"name": "GoEmotions", "license": "CC-BY-4.0"},
    {"name": "DailyDialog", "license": "CC-BY-NC-SA-4.0"},
    {"name": "CMU-MOSI", "license": "research data"},
    {"name": "User satisfaction simulation (MultiWOZ, SGD, CCPE, ReDial)", "license": "research data"},
    {"name": "Service calls, written for this project", "license": "Apache-2.0"},
    {"name": "RAVDESS", "license": "CC-BY-NC-SA-4.0"},
    {"name": "nEMO", "license": "CC-BY-NC-SA-4.0"},
    {"name": "EMOVO", "license": "research data"},
    {"name": "Urdu", "license": "research data"},
    {"name": "FER2013", "license": "research data"},
]
PARITY_TOLERANCE = 1e-4
STAGE_OF = {"audio": "voices"}
CALIBRATION_FACES = 1000


def load_checkpoints(runs: Path) -> dict[str, nn.Module]:
    """The trained modules for export.

    Raises `FileNotFoundError` naming the stage that has not run.
    """
    text, face, covering = TextGraph(), FaceEncoder(), MouthCovering()
    text.load_state_dict(_checkpoint(runs, "text")["encoder"])
    face.load_state_dict(_checkpoint(runs, "face")["encoder"])
    covering.load_state_dict(_checkpoint(runs, "covering")["covering"])
    for stage in ("audio", "fusion"):
        _checkpoint(runs, stage)
    heads, fusion, temperature = load_fusion(runs)
    return {
        "text": text,
        "video": VideoEncoder(face, covering),
        "fusion": FusionGraph(load_voices(runs).encoder, heads, fusion, temperature),
    }


def trained_context(runs: Path) -> int:
    """Number of earlier utterances that the text encoder was trained to read."""
    return _checkpoint(runs, "text")["contextUtterances"]


def _checkpoint(runs: Path, stage: str) -> dict:
    file = runs / f"{stage}.pt"
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: run train.py {STAGE_OF.get(stage, stage)} first")
    return torch.load(file, map_location="cpu", weights_only=True)


def to_graphs(modules: dict[str, nn.Module]) -> dict[str, onnx.ModelProto]:
    """The modules' ONNX graphs in float32. Raises `ArithmeticError` when a graph does not give the same answers as
    PyTorch."""
    graphs = {}
    for name, spec in GRAPHS.items():
        model = to_onnx(modules[name], spec)
        difference = parity(modules[name], model, spec)
        if not difference <= PARITY_TOLERANCE:
            raise ArithmeticError(f"graph {name} differs from PyTorch by {difference:.2e}")
        graphs[name] = model
        print(f"{name}: float32 parity {difference:.1e}, {model.ByteSize() / 1e6:.2f} MB")
    return graphs


Models = dict[str, onnx.ModelProto]


def calibration_feeds(data: Path) -> dict[str, list[dict[str, np.ndarray]]]:
    """Inputs for calibration: about 1,400 training texts, with context for half of the dialogue, and 1,000 training
    faces, evenly spaced."""
    spoken = load_meld(data / "meld", "train").at(np.arange(0, 9989, 20))
    alone = [
        *load_goemotions(data / "goemotions-ekman", "train").texts[::100],
        *load_mosi(data / "mosi-text", "train").texts[::3],
    ]
    contexts = [context if row % 2 else () for row, context in enumerate(spoken.contexts)] + [()] * len(alone)
    turns = tokenize_turns(load_tokenizer(), [*spoken.texts, *alone], contexts)
    faces = as_seen(load_fer2013(data / "fer2013", "train").spread(CALIBRATION_FACES).images)
    return {
        "text": [text_feeds([turn]) for turn in turns],
        "video": [{"faces": group_faces(faces[at : at + MAX_FACES])[None]} for at in range(0, len(faces), MAX_FACES)],
    }


def text_feeds(turns: list[Turn]) -> dict[str, np.ndarray]:
    """A batch of utterances as inputs of the text graph."""
    return dict(zip(GRAPHS["text"].inputs, (part.numpy() for part in pad_turns(turns))))


def quantized(models: Models, feeds: dict[str, list[dict[str, np.ndarray]]]) -> tuple[Models, Models]:
    """The graphs with the encoders' weights in int8, and the graphs for CPUs, which also compute in integers.

    The encoders hold nearly all weights. int8 in the fusion would harm the voice more than it would save in bytes.
    """
    calibration = calibrate(models["text"], feeds["text"])
    stored, integer = (with_stored_products(models["text"], calibration, integer=integer) for integer in (False, True))
    anywhere = models | {"text": quantize_weights(stored), "video": quantize_weights(models["video"])}
    video = with_integer_convolutions(models["video"], feeds["video"])
    return anywhere, {"text": quantize_weights(integer), "video": video}


def write_bundle(
    models: Models, on_cpu: Models, out: Path, points: list[dict] | None = None, context: int = CONTEXT_UTTERANCES
) -> dict:
    """Writes graphs, tokenizer and manifest, with the operating points if there are any. `context`: number of
    utterances before a text that its encoder was trained to read. Returns the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    graphs = {name: _write_graph(spec, out, models[name], on_cpu.get(name)) for name, spec in GRAPHS.items()}
    manifest = {
        "formatVersion": 1,
        "id": BUNDLE_ID,
        "version": VERSION,
        "license": LICENSE,
        "sources": SOURCES,
        "languages": ["en"],
        "emotionLabels": list(EMOTIONS),
        "sentimentClasses": list(SENTIMENTS),
        "text": {
            "encoder": "all-MiniLM-L6-v2",
            "maxTokens": MAX_TOKENS,
            "contextUtterances": context,
            "embeddingSize": 384,
            **_write_tokenizer(out),
        },
        "audio": {"featureCount": INPUT_COUNT},
        "video": {"faceSizePx": 64, "groupCount": 5, "groupSize": 10, "groupStride": 5, "embeddingSize": 128},
        "graphs": graphs,
    } | ({"operatingPoints": points} if points else {})
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _write_graph(spec: GraphSpec, out: Path, model: onnx.ModelProto, on_cpu: onnx.ModelProto | None = None) -> dict:
    """Writes a graph with the version in which it last changed. The files of an unchanged graph stay as they are."""
    models = {spec.file: model}
    if on_cpu is not None and spec.cpu_file is not None:
        models[spec.cpu_file] = on_cpu
    weights = out / spec.weights_file if on_cpu is not None and spec.weights_file else None
    for graph in models.values():
        graph.producer_name = BUNDLE_ID
    if not all(_is_written(graph, out / file) for file, graph in models.items()):
        for graph in models.values():
            graph.producer_version = VERSION
        if weights is None:
            for file, graph in models.items():
                onnx.save(graph, out / file)
        else:
            save_sharing(models, weights)
    return (
        described(out / spec.file)
        | ({} if weights is None else {"weights": described(weights)})
        | ({"cpu": described(out / spec.cpu_file)} if spec.cpu_file in models and spec.cpu_file is not None else {})
        | {
            "inputs": {port: _port(value) for port, value in spec.inputs.items()},
            "outputs": {port: _port(value) for port, value in spec.outputs.items()},
        }
    )


def _is_written(model: onnx.ModelProto, file: Path) -> bool:
    if not file.exists():
        return False
    before = onnx.load(file)
    model.producer_version = before.producer_version
    for item in (*model.graph.initializer, *before.graph.initializer):
        # Set when a constant was read from a file of weights.
        item.ClearField("data_location")
    return model == before


def _write_tokenizer(out: Path) -> dict:
    """The pretrained encoder's tokenizer without its own padding and truncation, because the caller truncates at
    `maxTokens`."""
    source = pretrained_folder()
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["padding"] = tokenizer["truncation"] = None
    config = json.loads((source / "tokenizer_config.json").read_text(encoding="utf-8"))
    for name, value in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
        (out / name).write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")
    hashed = {name: described(out / name) for name in ("tokenizer.json", "tokenizer_config.json")}
    return {
        "tokenizer": {key: hashed["tokenizer.json"][key] for key in ("file", "sha256")},
        "tokenizerConfig": {key: hashed["tokenizer_config.json"][key] for key in ("file", "sha256")},
    }


def described(file: Path) -> dict:
    """The entry of a file in a manifest."""
    content = file.read_bytes()
    return {"file": file.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _port(port: Port) -> dict:
    return {"dtype": port.dtype, "shape": list(port.shape)}
