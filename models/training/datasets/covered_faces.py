"""Draws a mask or a hand over the mouth of faces, or something else in front of them. No corpus has such faces.

In FER2013 the eyes are at (0.31, 0.37) and (0.69, 0.37) of the side on average, and the mouth's centre at (0.50, 0.78).
"""

from __future__ import annotations

import numpy as np

KINDS = ("mask", "hand", "glasses", "brow", "none")
COVERING = ("mask", "hand")


def cover(faces: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Faces, 0…255, `[n, side, side]` → the faces with something drawn on most of them, and whether each mouth is
    covered `[n]`."""
    side = faces.shape[1]
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    drawn = faces.astype(np.float32).copy()
    kinds = random.choice(len(KINDS), len(faces), p=(0.3, 0.2, 0.1, 0.1, 0.3))
    for row, kind in enumerate(kinds):
        if KINDS[kind] == "none":
            continue
        where = SHAPES[KINDS[kind]](x, y, random)
        level = _level(KINDS[kind], faces[row], random)
        shade = level + random.normal(0, 25) * (x - 0.5) + random.normal(0, 25) * (y - 0.7)
        if KINDS[kind] == "mask":
            shade = shade + random.uniform(0, 12) * np.sin(2 * np.pi * random.uniform(3, 9) * y)
        cloth = shade + random.normal(0, random.uniform(1, 8), drawn[row].shape)
        # Soft edges, because a camera never gives sharp ones.
        share = np.clip(where * random.uniform(4, 12), 0, 1)
        drawn[row] = drawn[row] * (1 - share) + cloth * share
    return drawn.clip(0, 255), np.isin(kinds, [KINDS.index(name) for name in COVERING])


def _level(kind: str, face: np.ndarray, random: np.random.Generator) -> float:
    """Gray level: a hand is as bright as the face, glasses are dark, and cloth has any level."""
    if kind == "hand":
        return float(face.mean() + random.normal(0, 20))
    return random.uniform(0, 70) if kind == "glasses" else random.uniform(10, 245)


def _mask(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    top = random.uniform(0.5, 0.64) + random.uniform(0.1, 0.5) * (x - 0.5) ** 2
    edge = random.uniform(0.0, 0.16) + random.uniform(0, 0.25) * (y - 0.5)
    return np.minimum(np.minimum(y - top, x - edge), 1 - edge - x)


def _hand(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    centre_x, centre_y = random.normal(0.5, 0.08), random.normal(0.78, 0.05)
    width, height = random.uniform(0.18, 0.38), random.uniform(0.13, 0.24)
    slant = random.normal(0, 0.5)
    along, across = (x - centre_x) + slant * (y - centre_y), (y - centre_y) - slant * (x - centre_x)
    return 0.3 * (1 - np.sqrt((along / width) ** 2 + (across / height) ** 2))


def _glasses(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    size = random.uniform(0.1, 0.17)
    left, right = (np.hypot(x - at, (y - 0.37) * 1.2) for at in (0.31, 0.69))
    return size - np.minimum(left, right)


def _brow(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return random.uniform(0.15, 0.3) - y + random.normal(0, 0.15) * (x - 0.5)


SHAPES = {"mask": _mask, "hand": _hand, "glasses": _glasses, "brow": _brow}
"""The area of each thing. Values inside it are above 0."""
