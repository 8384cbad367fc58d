"""Scores a bundle's answers: one row per corpus, task and presence pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from architectures.interaction_fusion import MODALITIES
from datasets.faces import Variation, as_seen, vary
from datasets.labels import EMOTIONS, SENTIMENTS
from evaluation.metrics import bootstrap_intervals, confusion, error_when_calibrated, expected_calibration_error, score
from exporting.bundle import Bundle, FusionInputs, group_faces


def _letter(modality: str) -> str:
    return "TAV"[MODALITIES.index(modality)]


class Scorer:
    """Scores one bundle on one split."""

    def __init__(self, bundle: Bundle, split: str) -> None:
        self.bundle = bundle
        self.split = split

    def answers(self, inputs: FusionInputs, task: str = "emotion") -> tuple[np.ndarray, np.ndarray]:
        """Probabilities with the bundle's temperature and without it, `[n, 7]` each."""
        which = ("emotion", "sentiment").index(task)
        logits = self.bundle.logits(inputs)[which]
        return self.bundle.fuse(inputs)[which], torch.softmax(torch.from_numpy(logits), 1).numpy()

    def row(self, dataset: str, task: str, pattern: str, truth: np.ndarray, **inputs: Any) -> dict:
        """`inputs`: the fields of `FusionInputs` for the modalities of the pattern."""
        labels = EMOTIONS if task == "emotion" else tuple(str(value) for value in SENTIMENTS)
        shown: dict[str, Any] = {name: inputs[name] for name in inputs if name not in MODALITIES or _letter(name) in pattern}
        return self.scored(dataset, task, pattern, truth, *self.answers(FusionInputs(**shown), task), labels)

    def scored(
        self,
        dataset: str,
        task: str,
        pattern: str,
        truth: np.ndarray,
        probabilities: np.ndarray,
        uncalibrated: np.ndarray,
        labels: tuple[str, ...],
    ) -> dict:
        """`eceBefore` is the calibration error without the pattern's temperature, and `ece` with it. `eceChance` is
        what chance alone gives for this number of utterances."""
        guess = probabilities.argmax(1)
        figures = score(probabilities, truth)
        figures["eceBefore"] = expected_calibration_error(uncalibrated, truth)
        figures["eceChance"] = error_when_calibrated(probabilities)
        ends = bootstrap_intervals(truth, guess, len(labels)).items()
        named = {"dataset": dataset, "task": task, "split": self.split, "pattern": pattern, "model": self.bundle.id}
        return (
            named
            | {"n": len(truth)}
            | {name: round(value, 4) for name, value in figures.items()}
            | {"intervals": {name: [round(end, 4) for end in pair] for name, pair in ends}}
            | {"confusion": confusion(truth, guess, len(labels)).tolist(), "labels": labels}
        )


def embed_sequences(bundle: Bundle, stills: np.ndarray, variation: Variation, frame_count: int, seed: int = 7) -> np.ndarray:
    """Turns each still into a sequence of variations and embeds it."""
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for start in range(0, len(stills), 32):
        part = torch.from_numpy(stills[start : start + 32])
        frames = [vary(part, generator, variation, mirror=False).round().byte().numpy() for _ in range(frame_count)]
        groups = np.stack([group_faces(np.stack(sequence)) for sequence in zip(*frames)])
        parts.append(bundle.embed_faces(groups))
    return np.concatenate(parts)


def embed_stills(bundle: Bundle, images: np.ndarray) -> np.ndarray:
    """Stills uint8 `[n, side, side]`, each as the only face of an utterance → `[n, 128]`."""
    stills = as_seen(images)
    parts = np.array_split(stills, max(1, len(stills) // 64))
    return np.concatenate([bundle.embed_faces(np.stack([group_faces(face[None]) for face in part])) for part in parts])
