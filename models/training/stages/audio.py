"""Stage 1, voice: a perceptron on RAVDESS's features, split by actor.

A second head learns RAVDESS's own eight labels, calm apart, from the same embedding: a figure to compare with, which the
product has no use for. The last pass is kept, not the one that two actors' validation clips happen to like best: its
length was chosen by cross-validation over the training actors.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.audio_encoder import EMBEDDING_SIZE, AudioEncoder
from calibration import best_temperature
from datasets.speech import RAVDESS_EIGHT
from metrics import score
from prepare import read_voices
from schedule import Schedule

BATCH = 128
JITTER_DEVIATIONS = 0.2
"""Noise on the standardised features: they differ by that much between two cuts of one clip."""


def load_features(runs: Path, split: str) -> tuple[Tensor, Tensor]:
    """Features `[n, 896]` and labels `[n]`, every condition."""
    voices = read_voices(runs, split)
    return torch.from_numpy(voices.features), torch.from_numpy(voices.labels)


def train_audio(runs: Path, minutes: float, epochs: float, seed: int = 7) -> Path:
    torch.manual_seed(seed)
    features, labels = load_features(runs, "train")
    own_labels = torch.from_numpy(read_voices(runs, "train").own_labels)
    encoder, head = AudioEncoder(), nn.Linear(EMBEDDING_SIZE, 7)
    own_head = nn.Linear(EMBEDDING_SIZE, len(RAVDESS_EIGHT))
    encoder.fit_standardisation(features)
    parameters = [*encoder.parameters(), *head.parameters(), *own_head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.05)
    schedule = Schedule(optimizer, max(1, int(epochs * len(labels) / BATCH)), minutes)
    file, running = runs / "audio.pt", True
    while running:
        for rows in torch.randperm(len(labels)).split(BATCH):
            noise = torch.randn(len(rows), features.shape[1]) * JITTER_DEVIATIONS * encoder.deviation
            embedding = encoder(features[rows] + noise)
            loss = functional.cross_entropy(head(embedding), labels[rows], label_smoothing=0.1)
            own_loss = functional.cross_entropy(own_head(embedding), own_labels[rows], label_smoothing=0.1)
            (loss + own_loss).backward()
            running = schedule.step()
            if not running:
                break
        figures = validate(encoder, head, runs)
        print(f"audio {schedule.progress:6.1%} val", {k: round(v, 4) for k, v in figures.items()}, flush=True)
    heads = {"head": head.state_dict(), "own_head": own_head.state_dict()}
    heads["own_temperature"] = fit_own_temperature(encoder, own_head, runs)
    torch.save({"encoder": encoder.state_dict(), "figure": figures["uar"]} | heads, file)
    return file


@torch.no_grad()
def fit_own_temperature(encoder: AudioEncoder, own_head: nn.Linear, runs: Path) -> float:
    """Of the second head's probabilities, on the validation split."""
    voices = read_voices(runs, "val")
    logits = own_head(encoder.eval()(torch.from_numpy(voices.features)))
    truth = functional.one_hot(torch.from_numpy(voices.own_labels), len(RAVDESS_EIGHT)).float()
    return best_temperature(logits, truth)


@torch.no_grad()
def validate(encoder: AudioEncoder, head: nn.Linear, runs: Path) -> dict[str, float]:
    """Over every condition alike."""
    encoder.eval()
    features, labels = load_features(runs, "val")
    figures = score(torch.softmax(head(encoder(features)), 1).numpy(), labels.numpy())
    encoder.train()
    return figures
