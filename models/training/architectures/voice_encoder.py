"""The first part of Whisper's encoder. It describes one second of sound, as learned from 680,000 hours of speech.

Source: Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision: the two convolutions and the first
transformer layer of the `tiny` model. Of all its layers, the output of the first one separates acted emotions best.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

BLOCK_FRAMES = 100
"""Frames of 10 ms per block, which is one second."""
BANDS = 80
WIDTH = 384
HEADS = 6
HIDDEN = 4 * WIDTH
TOKENS = BLOCK_FRAMES // 2
EMBEDDING_SIZE = 2 * WIDTH
"""Values per utterance: the mean and deviation of each value over its tokens."""


class VoiceEncoder(nn.Module):
    """Blocks of log-mel frames `[batch, 100, 80]`, of which the first `frames` `[batch]` (1…100) are real → the sum of
    each value and of its square over the block's real tokens, `[batch, 2, 384]`.

    A block does not depend on its neighbours, so a voice can be encoded while the person speaks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(BANDS, WIDTH, 3, padding=1)
        self.second = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(TOKENS, WIDTH))
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH, bias=False)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.expand = nn.Linear(WIDTH, HIDDEN)
        self.contract = nn.Linear(HIDDEN, WIDTH)

    def forward(self, bands: Tensor, frames: Tensor) -> Tensor:
        frame = torch.arange(BLOCK_FRAMES)
        bands = torch.where((frame < frames.unsqueeze(1)).unsqueeze(2), bands, 0.0)
        real = (frame[::2] < frames.unsqueeze(1)).float()
        x = functional.gelu(self.first(bands.transpose(1, 2)))
        x = functional.gelu(self.second(x)).transpose(1, 2) + self.positions
        x = x + self._attend(self.attention_norm(x), real)
        x = x + self.contract(functional.gelu(self.expand(self.norm(x))))
        x = x * real.unsqueeze(2)
        return torch.stack([x.sum(1), x.square().sum(1)], 1)

    def _attend(self, x: Tensor, real: Tensor) -> Tensor:
        query, key, value = (layer(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) * (WIDTH // HEADS) ** -0.5
        scores = scores + (real - 1)[:, None, None, :] * 1e4
        return self.out((torch.softmax(scores, -1) @ value).transpose(1, 2).flatten(2))
