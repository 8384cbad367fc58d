"""A written bundle, run like the server on a CPU: ONNX Runtime with the files that the manifest names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer

from architectures.audio_encoder import INPUT_COUNT
from datasets.tokens import pad_turns, tokenize_turns
from exporting.graphs import open_session

GROUPS, GROUP_SIZE, STRIDE, SIDE = 5, 10, 5, 64
MAX_FACES = GROUPS * STRIDE


class Bundle:
    """Opens and checks a bundle folder. Raises `ValueError` when a file does not have the hash of the manifest.

    `integer=False` opens the graphs for accelerators, if the bundle has different ones for CPUs.
    """

    def __init__(self, folder: Path, threads: int = 2, *, integer: bool = True) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        text = self.manifest["text"]
        graphs = self.manifest["graphs"]
        for entry in (*graph_files(graphs), text["tokenizer"], text["tokenizerConfig"]):
            if hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() != entry["sha256"]:
                raise ValueError(f"{entry['file']} is not the file that the manifest describes")
        self.tokenizer = Tokenizer.from_file(str(folder / text["tokenizer"]["file"]))
        self.tokenizer.no_truncation()
        chosen = {name: graph.get("cpu", graph) if integer else graph for name, graph in graphs.items()}
        files = {name: folder / graph["file"] for name, graph in chosen.items()}
        self._sessions = {name: open_session(str(file), threads) for name, file in files.items()}
        self._scores = open_session(_with_logits(onnx.load(folder / graphs["fusion"]["file"])), threads)

    @property
    def id(self) -> str:
        return f"{self.manifest['id']}@{self.manifest['version']}"

    @property
    def reads_context(self) -> bool:
        return self.manifest["text"]["contextUtterances"] > 0

    def embed_text(self, texts: Sequence[str], contexts: Sequence[Sequence[str]] | None = None, batch: int = 64) -> np.ndarray:
        """`contexts`: the utterances before each text, ordered by time, for a bundle that `reads_context` → `[n,
        384]`."""
        turns = tokenize_turns(self.tokenizer, texts, contexts if self.reads_context else None)
        order = np.argsort([len(turn) for turn in turns], kind="stable")
        result = np.zeros((len(texts), self.manifest["text"]["embeddingSize"]), np.float32)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            ids, mask, types = (part.numpy() for part in pad_turns([turns[row] for row in rows]))
            feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
            result[rows] = self._sessions["text"].run(["text_embedding"], feeds)[0]
        return result

    def embed_faces(self, groups: np.ndarray, batch: int = 8) -> np.ndarray:
        """uint8 `[n, 5, 10, 64, 64]` → `[n, 128]`. Groups that are empty in the whole batch are left out, as in the
        server."""
        embeddings = []
        for start in range(0, len(groups), batch):
            part = groups[start : start + batch]
            filled = max(1, np.count_nonzero(part[:, :, 0].any((0, 2, 3))))
            embeddings += self._sessions["video"].run(["video_embedding"], {"faces": part[:, :filled]})
        return np.concatenate(embeddings)

    def fuse(self, inputs: FusionInputs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Emotion `[n, 7]`, sentiment `[n, 7]`, contributions `[n, 3]`, dissatisfaction `[n]`."""
        outputs = ["emotion", "sentiment", "contributions", "dissatisfaction"]
        return tuple(self._sessions["fusion"].run(outputs, inputs.feeds()))

    def logits(self, inputs: FusionInputs) -> tuple[np.ndarray, np.ndarray]:
        """The logits of emotion and sentiment, `[n, 7]` each, before the graph applies the temperature."""
        return tuple(self._scores.run(list(_LOGITS), inputs.feeds()))


@dataclass(frozen=True)
class FusionInputs:
    """`text` `[n, 384]`, `audio` `[n, 896]`, `video` `[n, 128]`: None if the modality is absent. `baseline`: mean `[n,
    896]` of the speakers' earlier utterances and their number `[n]`, or None if each utterance is the first."""

    text: np.ndarray | None = None
    audio: np.ndarray | None = None
    video: np.ndarray | None = None
    baseline: tuple[np.ndarray, np.ndarray] | None = None

    def feeds(self) -> dict[str, np.ndarray]:
        """The graph's inputs. Absent ones are zeros, as in the server."""
        parts = (self.text, self.audio, self.video)
        count = next(len(part) for part in parts if part is not None)
        present = np.tile(np.array([part is not None for part in parts], np.float32), (count, 1))

        def filled(part: np.ndarray | None, *size: int) -> np.ndarray:
            return np.zeros((count, *size), np.float32) if part is None else part.astype(np.float32)

        mean, utterances = self.baseline or (None, None)
        return {
            "text_embedding": filled(self.text, 384),
            "audio_features": filled(self.audio, INPUT_COUNT),
            "audio_baseline": filled(mean, INPUT_COUNT),
            "baseline_utterances": filled(utterances),
            "video_embedding": filled(self.video, 128),
            "present": present,
        }


def graph_files(graphs: dict[str, dict]) -> list[dict]:
    """The entry in a manifest for each file that the graphs need: name, hash and size."""
    return [entry for graph in graphs.values() for entry in (graph, graph.get("weights"), graph.get("cpu")) if entry]


_LOGITS = {"emotion_logits": "emotion", "sentiment_logits": "sentiment"}


def _with_logits(fusion: onnx.ModelProto) -> onnx.ModelProto:
    """Adds the logits before each softmax's temperature as outputs of the fusion graph."""
    makers = {output: node for node in fusion.graph.node for output in node.output}
    for name, output in _LOGITS.items():
        softmax = makers[output]
        divided = makers[softmax.input[0]]
        if (softmax.op_type, divided.op_type) != ("Softmax", "Div"):
            raise ValueError(f"the fusion's {output} is not a softmax of logits over a temperature")
        fusion.graph.node.append(onnx.helper.make_node("Identity", [divided.input[0]], [name]))
        fusion.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", 7]))
    return fusion


def group_faces(faces: np.ndarray) -> np.ndarray:
    """An utterance's faces, uint8 `[1…25, 64, 64]` → `[5, 10, 64, 64]`: groups of ten that overlap by five."""
    groups = np.zeros((GROUPS, GROUP_SIZE, SIDE, SIDE), np.uint8)
    for group in range(GROUPS):
        members = faces[group * STRIDE : min(group * STRIDE + GROUP_SIZE, MAX_FACES)]
        groups[group, : len(members)] = members
    return groups
