"""Small synthetic utterances and a small text encoder, for the tests of the paper's models."""

from __future__ import annotations

import torch
from torch import Tensor

from architectures.text_encoder import TextEncoder, TextEncoderShape
from architectures.utterance_batch import UtteranceBatch

VOCABULARY = 60


def small_encoder(width: int = 32, dropout: float = 0.0) -> TextEncoder:
    return TextEncoder(TextEncoderShape(VOCABULARY, width, layers=1, heads=2, hidden=2 * width), dropout)


def make_batch(count: int, seed: int = 0, tokens: int = 8, present: Tensor | None = None) -> UtteranceBatch:
    """Random utterances of full length, with three to twenty-five faces."""
    generator = torch.Generator().manual_seed(seed)
    return UtteranceBatch(
        torch.randint(5, VOCABULARY, (count, tokens), generator=generator),
        torch.ones(count, tokens, dtype=torch.int64),
        torch.randn(count, 128, generator=generator),
        torch.randint(0, 256, (count, 25, 64, 64), generator=generator, dtype=torch.uint8),
        torch.randint(3, 26, (count,), generator=generator),
        torch.ones(count, 3) if present is None else present.expand(count, 3),
    )
