"""A written bundle, run as the product runs it on a CPU: ONNX Runtime over the files that the manifest names."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer

from datasets.tokens import pad, tokenize
from graphs import open_session

GROUPS, GROUP_SIZE, STRIDE, SIDE = 5, 10, 5, 64
MAX_FACES = GROUPS * STRIDE


class Bundle:
    """Opens and checks a bundle folder. Raises `ValueError` where a file's hash is not the manifest's.

    `integer=False` opens the graphs that accelerators run where the bundle has others for CPUs.
    """

    def __init__(self, folder: Path, threads: int = 2, *, integer: bool = True) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        text = self.manifest["text"]
        auxiliary = self.manifest.get("auxiliary", {})
        graphs = self.manifest["graphs"] | auxiliary
        for entry in (*graph_files(graphs), text["tokenizer"], text["tokenizerConfig"]):
            if hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() != entry["sha256"]:
                raise ValueError(f"{entry['file']} is not the file that the manifest describes")
        self.tokenizer = Tokenizer.from_file(str(folder / text["tokenizer"]["file"]))
        self.tokenizer.enable_truncation(text["maxTokens"])
        chosen = {name: graph.get("cpu", graph) if integer else graph for name, graph in graphs.items()}
        files = {name: folder / graph["file"] for name, graph in chosen.items()}
        self._sessions = {name: open_session(str(file), threads) for name, file in files.items()}
        self._scores = open_session(_with_logits(onnx.load(folder / graphs["fusion"]["file"])), threads)
        self.auxiliary = tuple(auxiliary)

    @property
    def id(self) -> str:
        return f"{self.manifest['id']}@{self.manifest['version']}"

    def embed_text(self, texts: list[str], batch: int = 64) -> np.ndarray:
        tokens = tokenize(self.tokenizer, texts)
        order = np.argsort([len(sequence) for sequence in tokens], kind="stable")
        result = np.zeros((len(texts), self.manifest["text"]["embeddingSize"]), np.float32)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            ids, mask = pad([tokens[row] for row in rows])
            feeds = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
            result[rows] = self._sessions["text"].run(["text_embedding"], feeds)[0]
        return result

    def embed_faces(self, groups: np.ndarray, batch: int = 8) -> np.ndarray:
        """uint8 `[n, 5, 10, 64, 64]` → `[n, 128]`; groups that all of a batch leave empty are left out, as the product does."""
        embeddings = []
        for start in range(0, len(groups), batch):
            part = groups[start : start + batch]
            filled = max(1, np.count_nonzero(part[:, :, 0].any((0, 2, 3))))
            embeddings += self._sessions["video"].run(["video_embedding"], {"faces": part[:, :filled]})
        return np.concatenate(embeddings)

    def fuse(
        self, text: np.ndarray, audio: np.ndarray, video: np.ndarray, present: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Emotion `[n, 7]`, sentiment `[n, 7]`, contributions `[n, 3]`; absent inputs are zeroed as the product does."""
        outputs = ["emotion", "sentiment", "contributions"]
        return tuple(self._sessions["fusion"].run(outputs, _fusion_feeds(text, audio, video, present)))

    def logits(
        self, text: np.ndarray, audio: np.ndarray, video: np.ndarray, present: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Emotion's and sentiment's, `[n, 7]` each, before the temperature that is in the graph."""
        return tuple(self._scores.run(list(_LOGITS), _fusion_feeds(text, audio, video, present)))

    def voice_labels(self, name: str, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and uncalibrated logits of a graph that the bundle carries for a figure of its own: a name of
        `auxiliary`."""
        return tuple(self._sessions[name].run(["probabilities", "logits"], {"audio_features": audio}))


def graph_files(graphs: dict[str, dict]) -> list[dict]:
    """What a manifest says of each file that its graphs need: name, hash, size."""
    return [entry for graph in graphs.values() for entry in (graph, graph.get("weights"), graph.get("cpu")) if entry]


_LOGITS = {"emotion_logits": "emotion", "sentiment_logits": "sentiment"}


def _fusion_feeds(
    text: np.ndarray, audio: np.ndarray, video: np.ndarray, present: np.ndarray
) -> dict[str, np.ndarray]:
    here = present.astype(np.float32)
    return {
        "text_embedding": text * here[:, :1],
        "audio_features": audio * here[:, 1:2],
        "video_embedding": video * here[:, 2:],
        "present": here,
    }


def _with_logits(fusion: onnx.ModelProto) -> onnx.ModelProto:
    """The fusion's graph with what each softmax's temperature divides as outputs of their own."""
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
    """An utterance's faces, uint8 `[1…25, 64, 64]` → `[5, 10, 64, 64]`: groups of ten, overlapping by five."""
    groups = np.zeros((GROUPS, GROUP_SIZE, SIDE, SIDE), np.uint8)
    for group in range(GROUPS):
        members = faces[group * STRIDE : min(group * STRIDE + GROUP_SIZE, MAX_FACES)]
        groups[group, : len(members)] = members
    return groups
