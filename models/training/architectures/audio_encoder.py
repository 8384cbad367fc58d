"""The voice encoder: a small perceptron over raw features that the graph standardises."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from architectures.voice_encoder import EMBEDDING_SIZE as VOICE_SIZE

FEATURE_COUNT = 128
"""The paper's features: 40 MFCC and 88 eGeMAPS."""
INPUT_COUNT = FEATURE_COUNT + VOICE_SIZE
EMBEDDING_SIZE = 128
SHRINKAGE_UTTERANCES = 2.0
"""The speaker's mean gets half the weight after this many utterances."""
CLIP_DEVIATIONS = 5.0
"""Features are clipped at this many deviations from the mean. Beyond it (a line's hum, a shout) they carry no more
information."""


class StandardisedAudio(nn.Module):
    """Standardises and clips raw features: `[batch, count]` → `[batch, count]`."""

    def __init__(self, count: int = FEATURE_COUNT) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))

    def fit_standardisation(self, features: Tensor) -> None:
        """Takes mean and deviation from the training features `[n, count]`. A constant feature keeps the deviation
        1."""
        deviation = features.std(0, correction=0)
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def forward(self, features: Tensor) -> Tensor:
        return ((features - self.mean) / self.deviation).clamp(-CLIP_DEVIATIONS, CLIP_DEVIATIONS)


class AudioEncoder(StandardisedAudio):
    """Raw features `[batch, 896]` (the paper's features and the encoded voice) → `[batch, 128]`.

    The perceptron gets the voice twice: as it is, and as its difference from the same speaker's earlier utterances. The
    speaker's mean over `n` earlier utterances is multiplied by `n / (n + SHRINKAGE_UTTERANCES)`, so with few utterances
    it stays close to the population's mean. The perceptron learns how to weigh the two.

    `input_dropout`: dropout of the features. Default: half of `dropout`.
    """

    def __init__(self, hidden: int = 256, dropout: float = 0.4, input_dropout: float | None = None) -> None:
        super().__init__(INPUT_COUNT)
        self.net = nn.Sequential(
            nn.Dropout(dropout / 2 if input_dropout is None else input_dropout),
            nn.Linear(2 * INPUT_COUNT, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, EMBEDDING_SIZE),
            nn.LayerNorm(EMBEDDING_SIZE),
            nn.GELU(),
            nn.Dropout(dropout / 2),
        )

    def forward(self, features: Tensor, baseline: Tensor | None = None, utterances: Tensor | None = None) -> Tensor:
        """`baseline` `[batch, 896]`: raw mean of the speaker's earlier utterances. `utterances` `[batch]`: their
        number, 0 for none."""
        standardised = super().forward(features)
        change = standardised
        if baseline is not None and utterances is not None:
            believed = utterances / (utterances + SHRINKAGE_UTTERANCES)
            change = standardised - believed.unsqueeze(1) * super().forward(baseline)
        return self.net(torch.cat([standardised, change], dim=1))
