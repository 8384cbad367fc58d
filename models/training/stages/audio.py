"""Stage 1, voice: a perceptron on RAVDESS's features, split by actor.

A second head learns RAVDESS's own eight labels, calm apart, from the same embedding: a figure to compare with, which the
product has no use for. It does not shape the encoder: when it did, recall of the seven labels on validation fell by 0.9
points on the mean of three seeds.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.audio_encoder import EMBEDDING_SIZE, AudioEncoder
from datasets.speech import RAVDESS_EIGHT
from metrics import score
from prepare import read_voices
from schedule import Schedule

BATCH = 128
JITTER_DEVIATIONS = 0.2
"""Noise on the standardised features: they differ by that much between two cuts of one clip."""


def load_features(runs: Path, split: str) -> tuple[Tensor, Tensor]:
    """Features `[n, 128]` and labels `[n]`, every condition."""
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
    best, file, running = -1.0, runs / "audio.pt", True
    while running:
        for rows in torch.randperm(len(labels)).split(BATCH):
            noise = torch.randn(len(rows), features.shape[1]) * JITTER_DEVIATIONS * encoder.deviation
            embedding = encoder(features[rows] + noise)
            loss = functional.cross_entropy(head(embedding), labels[rows], label_smoothing=0.1)
            own_logits = own_head(embedding.detach())
            (loss + functional.cross_entropy(own_logits, own_labels[rows], label_smoothing=0.1)).backward()
            running = schedule.step()
            if not running:
                break
        figures = validate(encoder, head, runs)
        # Of equals the later one, whose second head has learned for longer.
        if figures["uar"] >= best:
            best = figures["uar"]
            heads = {"head": head.state_dict(), "own_head": own_head.state_dict()}
            torch.save({"encoder": encoder.state_dict(), "figure": best} | heads, file)
            print(f"audio {schedule.progress:6.1%} val", {k: round(v, 4) for k, v in figures.items()}, flush=True)
    return file


@torch.no_grad()
def validate(encoder: AudioEncoder, head: nn.Linear, runs: Path) -> dict[str, float]:
    """Over clean, telephone and noisy copies alike."""
    encoder.eval()
    features, labels = load_features(runs, "val")
    figures = score(torch.softmax(head(encoder(features)), 1).numpy(), labels.numpy())
    encoder.train()
    return figures
