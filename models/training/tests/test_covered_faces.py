"""Faces with something drawn on them, and the model that detects it."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from architectures.face_encoder import FaceEncoder, MouthCovering, VideoEncoder
from datasets.covered_faces import COVERING, KINDS, cover

RANDOM = np.random.default_rng(0)


def faces(count: int) -> np.ndarray:
    """A bright oval with a dark mouth and dark eyes."""
    y, x = np.mgrid[0:64, 0:64] / 63
    face = np.full((64, 64), 40.0)
    face[(x - 0.5) ** 2 / 0.16 + (y - 0.5) ** 2 / 0.24 < 1] = 170
    face[(x - 0.5) ** 2 / 0.02 + (y - 0.78) ** 2 / 0.004 < 1] = 60
    for eye in (0.31, 0.69):
        face[(x - eye) ** 2 + (y - 0.37) ** 2 < 0.004] = 50
    return np.clip(face + RANDOM.normal(0, 6, (count, 64, 64)), 0, 255)


def test_a_mask_or_a_hand_covers_the_mouth_and_glasses_do_not():
    plain = faces(400)
    drawn, covered = cover(plain, RANDOM)
    assert drawn.shape == plain.shape and drawn.min() >= 0 and drawn.max() <= 255
    changed = np.abs(drawn - plain)[:, 46:53, 28:37].mean((1, 2))
    assert (changed[covered] > 5).mean() > 0.9
    assert (changed[~covered] < 5).all()
    assert 0.4 < covered.mean() < 0.6
    assert set(COVERING) < set(KINDS)


def test_covered_mouths_are_learnt_and_told_for_an_utterance():
    torch.manual_seed(0)
    drawn, covered = cover(faces(600), RANDOM)
    model, inputs, truth = MouthCovering(), torch.from_numpy(drawn).float(), torch.from_numpy(covered).float()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        rows = torch.randint(400, (128,))
        functional.binary_cross_entropy_with_logits(model(inputs[rows]), truth[rows]).backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        said = model(inputs[400:]) > 0
        assert (said == (truth[400:] > 0)).float().mean() > 0.9
        graph = VideoEncoder(FaceEncoder(widths=(8, 8, 16, 128)), model).eval()
        group = torch.zeros(2, 1, 10, 64, 64, dtype=torch.uint8)
        for row, kind in enumerate((True, False)):
            group[row, 0, :5] = inputs[torch.from_numpy(covered == kind)][:5].byte()
        share = graph(group)[1]
    assert share[0] > 0.7 > 0.3 > share[1]
