"""Stage 1, voice: a perceptron on RAVDESS's features, split by actor.

A second head learns RAVDESS's own eight labels, calm apart, from the same embedding: a figure to compare with, which the
product has no use for. The last pass is kept, not the one that two actors' validation clips happen to like best: its
length was chosen by cross-validation over the training actors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from architectures.audio_encoder import EMBEDDING_SIZE, AudioEncoder
from datasets.speech import RAVDESS_EIGHT
from metrics import score
from prepare import Voices, read_voices
from schedule import Schedule

BATCH = 128
JITTER_DEVIATIONS = 0.2
"""Noise on the standardised features: they differ by that much between two cuts of one clip."""


class VoiceModel(nn.Module):
    """The encoder with a head for the product's seven labels and one for RAVDESS's own eight."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = AudioEncoder()
        self.head = nn.Linear(EMBEDDING_SIZE, 7)
        self.own_head = nn.Linear(EMBEDDING_SIZE, len(RAVDESS_EIGHT))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features `[n, 896]` → logits `[n, 7]` and `[n, 8]`."""
        embedding = self.encoder(features)
        return self.head(embedding), self.own_head(embedding)


def train_audio(runs: Path, minutes: float, epochs: float, seed: int = 7) -> Path:
    heard, figures = read_voices(runs, "val"), {}

    def after_pass(model: VoiceModel, progress: float) -> None:
        figures.update(validate(model, heard))
        print(f"audio {progress:6.1%} val", {k: round(v, 4) for k, v in figures.items()}, flush=True)

    model = fit_voices(read_voices(runs, "train"), minutes, epochs, seed, after_pass)
    file = runs / "audio.pt"
    parts = {name: part.state_dict() for name, part in model.named_children()}
    torch.save(parts | {"epochs": epochs, "figure": figures["uar"]}, file)
    return file


def load_voices(runs: Path) -> tuple[VoiceModel, float]:
    """What `train_audio` kept, and for how many passes it was trained."""
    saved, model = torch.load(runs / "audio.pt", weights_only=True), VoiceModel()
    for name, part in model.named_children():
        part.load_state_dict(saved[name])
    return model.eval(), saved["epochs"]


def fit_voices(
    voices: Voices,
    minutes: float,
    epochs: float,
    seed: int = 7,
    after_pass: Callable[[VoiceModel, float], None] = lambda *_: None,
) -> VoiceModel:
    """Trained for so many passes, or what part of them the minutes allow; `after_pass` hears how far it is, 0…1."""
    torch.manual_seed(seed)
    features, labels, own_labels = map(torch.from_numpy, (voices.features, voices.labels, voices.own_labels))
    model = VoiceModel()
    model.encoder.fit_standardisation(features)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = Schedule(optimizer, max(1, int(epochs * len(labels) / BATCH)), minutes)
    running = True
    while running:
        for rows in torch.randperm(len(labels)).split(BATCH):
            noise = torch.randn(len(rows), features.shape[1]) * JITTER_DEVIATIONS * model.encoder.deviation
            logits, own_logits = model(features[rows] + noise)
            loss = functional.cross_entropy(logits, labels[rows], label_smoothing=0.1)
            own_loss = functional.cross_entropy(own_logits, own_labels[rows], label_smoothing=0.1)
            (loss + own_loss).backward()
            running = schedule.step()
            if not running:
                break
        after_pass(model, schedule.progress)
    return model.eval()


@torch.no_grad()
def validate(model: VoiceModel, voices: Voices) -> dict[str, float]:
    """Over every condition alike."""
    logits, _ = model.eval()(torch.from_numpy(voices.features))
    model.train()
    return score(torch.softmax(logits, 1).numpy(), voices.labels)
