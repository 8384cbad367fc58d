"""The stills of FER2013 and muxspace, and variations of them that imitate a camera and an aligner.

In FER2013's training set the eyes are at (0.31, 0.37) and (0.69, 0.37) of the side on average, and the mouth's centre
at (0.50, 0.78).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from architectures.face_encoder import FACE_SIZE_PX
from datasets.labels import EMOTIONS

FER_ORDER = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
"""The meaning of FER2013's label numbers 0…6 in this re-split."""
FER_TO_LABEL = np.array([EMOTIONS.index(name) for name in FER_ORDER])


MUXSPACE_MARGIN = 0.1
"""Share of the side that is cut off on each side. It moves muxspace's eyes to the position that FER2013 has."""


@dataclass(frozen=True)
class FaceSet:
    """`images` uint8 `[n, side, side]`, `labels` int64 `[n]`."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def spread(self, limit: int | None) -> FaceSet:
        """At most `limit` faces, evenly spaced, because the corpus's files are sorted by label."""
        if limit is None or limit >= len(self):
            return self
        rows = np.linspace(0, len(self) - 1, limit).astype(int)
        return FaceSet(self.images[rows], self.labels[rows])


def load_fer2013(folder: Path, split: str) -> FaceSet:
    with np.load(folder / f"{split}.npz") as file:
        return FaceSet(file["images"], FER_TO_LABEL[file["labels"]])


def load_muxspace(folder: Path, split: str) -> FaceSet:
    """Faces from the web with noisy labels. They are cropped to their middle, because heads are smaller than in
    FER2013. The bundle's encoder is not trained on them: every second one is `val`, and the others are `test`."""
    with np.load(folder / "faces.npz") as file:
        images, labels = (file[name][("val", "test").index(split) :: 2] for name in ("images", "labels"))
    margin = round(images.shape[1] * MUXSPACE_MARGIN)
    return FaceSet(images[:, margin:-margin, margin:-margin], FER_TO_LABEL[labels])


def load_training_faces(data: Path, without: Sequence[str] = ()) -> tuple[FaceSet, FaceSet]:
    """The faces that train an encoder, and those that choose its checkpoint: FER2013's. Without FER2013, they are the
    `val` half of muxspace, of which every tenth face chooses. Raises `ValueError` if nothing is left."""
    if "fer2013" not in without:
        return load_fer2013(data / "fer2013", "train"), load_fer2013(data / "fer2013", "val")
    if "muxspace" in without:
        raise ValueError("no corpus of faces is left to train on")
    faces = load_muxspace(data / "muxspace-faces", "val")
    choosing = np.arange(len(faces)) % 10 == 0
    return FaceSet(faces.images[~choosing], faces.labels[~choosing]), FaceSet(faces.images[choosing], faces.labels[choosing])


def resize(images: Tensor) -> Tensor:
    """Gray faces of any size `[n, side, side]` → float `[n, 64, 64]`, 0…255."""
    size = (FACE_SIZE_PX, FACE_SIZE_PX)
    return functional.interpolate(images[:, None].float(), size, mode="bilinear", align_corners=False)[:, 0]


def as_seen(images: np.ndarray) -> np.ndarray:
    """The same as bytes, as the server sees them: uint8 `[n, side, side]` → uint8 `[n, 64, 64]`."""
    return resize(torch.from_numpy(images)).numpy().round().astype(np.uint8)


@dataclass(frozen=True)
class Variation:
    """Half-widths of the random variations per face."""

    turn_degrees: float = 15.0
    shift: float = 0.10
    zoom_in: float = 1.35
    zoom_out: float = 0.85
    gamma: float = 0.4
    noise: float = 6.0
    blur_share: float = 0.25
    coarse_share: float = 0.2
    """Seen from far away: as few as 14 pixels per side."""
    dark_share: float = 0.15
    """As little as a tenth of the light, rounded to whole gray levels."""
    hidden_share: float = 0.25


STILL = Variation()
JITTER = Variation(
    turn_degrees=4.0,
    shift=0.03,
    zoom_in=1.06,
    zoom_out=0.95,
    gamma=0.1,
    noise=4.0,
    coarse_share=0.0,
    dark_share=0.0,
    hidden_share=0.0,
)
"""Variation between the frames of one utterance."""
AS_IT_IS = Variation(0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
DEGRADED = {
    "blurred": replace(AS_IT_IS, blur_share=1.0, coarse_share=1.0),
    "dark": replace(AS_IT_IS, dark_share=1.0, noise=6.0),
    "off-centre": replace(AS_IT_IS, turn_degrees=20.0, shift=0.12, zoom_in=1.3, zoom_out=0.8),
}
"""Effects of cameras and aligners on a face, each one alone."""


def vary(images: Tensor, generator: torch.Generator, variation: Variation = STILL, mirror: bool = True) -> Tensor:
    """Gray faces `[n, side, side]` → float faces `[n, 64, 64]`, 0…255, with varied crop, light, focus and noise."""
    count = len(images)

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator) * 2 - 1

    angle = draw(count) * math.radians(variation.turn_degrees)
    low, high = -math.log(variation.zoom_in), -math.log(variation.zoom_out)
    zoom = torch.exp(low + (high - low) * torch.rand(count, generator=generator))
    flip = torch.where((draw(count) > 0) & mirror, -1.0, 1.0)
    rows = torch.zeros(count, 2, 3)
    rows[:, 0, 0], rows[:, 0, 1] = flip * zoom * angle.cos(), -zoom * angle.sin()
    rows[:, 1, 0], rows[:, 1, 1] = flip * zoom * angle.sin(), zoom * angle.cos()
    rows[:, :, 2] = draw(count, 2) * variation.shift * 2
    grid = functional.affine_grid(rows, [count, 1, FACE_SIZE_PX, FACE_SIZE_PX], align_corners=False)
    faces = functional.grid_sample(images[:, None].float(), grid, padding_mode="border", align_corners=False)
    blurred = functional.avg_pool2d(functional.pad(faces, (1, 1, 1, 1), mode="replicate"), 3, 1)
    chosen = torch.rand(count, 1, 1, 1, generator=generator) < variation.blur_share
    faces = torch.where(chosen, blurred, faces)
    side = int(torch.randint(14, 40, (1,), generator=generator))
    chosen = torch.rand(count, generator=generator) < variation.coarse_share
    faces[chosen] = coarse(faces[chosen], side)
    faces = faces[:, 0]
    gamma = torch.exp(draw(count, 1, 1) * variation.gamma)
    faces = 255 * (faces / 255).clamp(0, 1) ** gamma
    chosen = torch.rand(count, 1, 1, generator=generator) < variation.dark_share
    faces = torch.where(chosen, (faces * (0.1 + 0.5 * torch.rand(count, 1, 1, generator=generator))).round(), faces)
    level = variation.noise * torch.rand(count, 1, 1, generator=generator)
    faces = faces + torch.randn(faces.shape, generator=generator) * level
    return _hide(faces, variation.hidden_share, generator).clamp(0, 255)


def coarse(faces: Tensor, side: int) -> Tensor:
    """Faces `[n, 1, 64, 64]` as seen by a camera with only `side` pixels per side."""
    small = functional.interpolate(faces, (side, side), mode="area")
    return functional.interpolate(small, faces.shape[-2:], mode="bilinear", align_corners=False)


def _hide(faces: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Covers a rectangle of up to half the side with one gray level, like a hand, a microphone or hair."""
    count = len(faces)
    size = 8 + torch.rand(count, 2, 1, generator=generator) * (FACE_SIZE_PX / 2 - 8)
    start = torch.rand(count, 2, 1, generator=generator) * (FACE_SIZE_PX - size)
    axis = torch.arange(FACE_SIZE_PX)
    inside = (axis >= start) & (axis < start + size)
    covered = inside[:, 0, :, None] & inside[:, 1, None, :]
    covered &= torch.rand(count, 1, 1, generator=generator) < share
    return torch.where(covered, torch.rand(count, 1, 1, generator=generator) * 255, faces)
