"""The voice's encoder: raw features, standardised in the graph, through a small perceptron."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from architectures.voice_encoder import EMBEDDING_SIZE as VOICE_SIZE

FEATURE_COUNT = 128
"""The paper's: 40 MFCC, 88 eGeMAPS."""
INPUT_COUNT = FEATURE_COUNT + VOICE_SIZE
EMBEDDING_SIZE = 128
SHRINKAGE_UTTERANCES = 2.0
"""After so many utterances of a speaker half of what is known of the voice is believed."""
CLIP_DEVIATIONS = 5.0
"""A feature this far from its mean (a line's hum, a shout) says no more than one at the edge."""


class StandardisedAudio(nn.Module):
    """Raw features `[batch, count]` → standardised and clipped, `[batch, count]`."""

    def __init__(self, count: int = FEATURE_COUNT) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("deviation", torch.ones(count))

    def fit_standardisation(self, features: Tensor) -> None:
        """Takes mean and deviation from the training features `[n, count]`; a constant feature keeps deviation 1."""
        deviation = features.std(0, correction=0)
        self.mean.copy_(features.mean(0))
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def forward(self, features: Tensor) -> Tensor:
        return ((features - self.mean) / self.deviation).clamp(-CLIP_DEVIATIONS, CLIP_DEVIATIONS)


class AudioEncoder(StandardisedAudio):
    """Raw features `[batch, 896]`, the paper's and the encoded voice → `[batch, 128]`.

    A voice is heard twice: as it is, and as it differs from the same speaker before. The speaker's mean over earlier utterances
    is drawn towards the population's by how few they are: of `n` it keeps `n / (n + SHRINKAGE_UTTERANCES)`. The perceptron
    learns how much of either to believe.

    `input_dropout`: of the features; default half of `dropout`.
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
        """`baseline` `[batch, 896]`: raw mean of the speaker's earlier utterances; `utterances` `[batch]`: how many, 0 for
        none."""
        standardised = super().forward(features)
        change = standardised
        if baseline is not None and utterances is not None:
            believed = utterances / (utterances + SHRINKAGE_UTTERANCES)
            change = standardised - believed.unsqueeze(1) * super().forward(baseline)
        return self.net(torch.cat([standardised, change], dim=1))
