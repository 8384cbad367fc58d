"""A recurrent network that describes who speaks, whatever is said: sound in, one direction in 256 dimensions out.

Source: Wan et al., Generalized End-to-End Loss for Speaker Verification; weights of Resemblyzer. The spectrum is inside
the graph, so that whoever runs it passes samples.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
BANDS = 40
FRAMES = 160
"""Frames of 10 ms per excerpt: 1.6 seconds."""
EXCERPT_SAMPLES = (FRAMES - 1) * HOP_SAMPLES + WINDOW_SAMPLES
WIDTH = 256
LEVEL = 10 ** (-30 / 20)
"""Root mean square that an excerpt is scaled to, as the weights were trained."""


class SpeakerEncoder(nn.Module):
    """Excerpts of sound `[batch, 25840]` at 16 kHz → unit vectors `[batch, 256]`. Two excerpts of one speaker have a
    larger dot product than two of different speakers."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, WIDTH, 3, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)
        self.register_buffer("fourier", torch.from_numpy(_fourier()), persistent=False)
        self.register_buffer("bands", torch.from_numpy(mel_bands()), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        level = samples.square().mean(1, keepdim=True).clamp_min(1e-12).sqrt()
        spectrum = functional.conv1d((samples * (LEVEL / level)).unsqueeze(1), self.fourier, stride=HOP_SAMPLES)
        cosines, sines = spectrum.chunk(2, 1)
        power = cosines.square() + sines.square()
        states, _ = self.lstm(power.transpose(1, 2) @ self.bands)
        return functional.normalize(torch.relu(self.linear(states[:, -1])), dim=1)


def _fourier() -> np.ndarray:
    """The Hann-windowed discrete Fourier transform as filters, `[402, 1, 400]`: cosines, then sines."""
    time = np.arange(WINDOW_SAMPLES)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * time / WINDOW_SAMPLES)
    angle = 2 * np.pi * np.outer(np.arange(WINDOW_SAMPLES // 2 + 1), time) / WINDOW_SAMPLES
    return (np.concatenate([np.cos(angle), np.sin(angle)]) * window)[:, None].astype(np.float32)


def mel_bands() -> np.ndarray:
    """librosa's mel filters (Slaney's scale and norm), `[201, 40]`."""
    edges = _hertz(np.linspace(_mel(0.0), _mel(SAMPLE_RATE_HZ / 2), BANDS + 2))
    frequencies = np.arange(WINDOW_SAMPLES // 2 + 1) * SAMPLE_RATE_HZ / WINDOW_SAMPLES
    slopes = edges[:, None] - frequencies
    widths = np.diff(edges)[:, None]
    filters = np.maximum(0, np.minimum(-slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]))
    return (filters * (2 / (edges[2:] - edges[:-2]))[:, None]).T.astype(np.float32)


_LINEAR_HZ = 200 / 3
_BREAK_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27


def _mel(hertz: float) -> float:
    linear = hertz / _LINEAR_HZ
    return linear if hertz < _BREAK_HZ else _BREAK_HZ / _LINEAR_HZ + np.log(hertz / _BREAK_HZ) / _LOG_STEP


def _hertz(mel: np.ndarray) -> np.ndarray:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_HZ / _LINEAR_HZ))
    return np.where(mel < _BREAK_HZ / _LINEAR_HZ, mel * _LINEAR_HZ, above)
