"""A small residual CNN over single faces, and the pooling that turns an utterance's groups of faces into one vector."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

FACE_SIZE_PX = 64
SEEN_SIZE_PX = 48
"""Side length for the convolutions. FER2013 has no more pixels, and 48 takes half the time of 64."""
GROUP_COUNT = 5
GROUP_SIZE = 10
GROUP_STRIDE = 5
MAX_FACES = GROUP_COUNT * GROUP_STRIDE
EMBEDDING_SIZE = 128
MIN_PIXEL_DEVIATION = 4.0
"""In gray levels. Keeps the noise of a flat image from being amplified."""


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            if stride != 1 or inputs != outputs
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.second_norm(self.second(y)) + self.shortcut(x))


def area_weights(size: int, target: int) -> Tensor:
    """`[target, size]`: each row averages the pixels that one pixel of the smaller image covers."""
    edges = torch.arange(target + 1, dtype=torch.float64) * size / target
    pixels = torch.arange(size, dtype=torch.float64)
    low = torch.maximum(edges[:-1, None], pixels)
    high = torch.minimum(edges[1:, None], pixels + 1)
    return ((high - low).clamp(min=0) * target / size).float()


def standardised(faces: Tensor, narrow: Tensor) -> Tensor:
    """Faces `[n, size, size]`, each standardised by the mean and deviation of its own pixels, and resized by `narrow`
    `[target, size]`."""
    centred = faces - faces.mean(dim=(1, 2), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2), keepdim=True).sqrt()
    return narrow @ (centred / (deviation + MIN_PIXEL_DEVIATION)) @ narrow.T


class FaceEncoder(nn.Module):
    """Gray faces, 0…255, `[faces, 64, 64]` → features `[faces, 128]`. Each face is standardised by its own pixels."""

    def __init__(self, widths: tuple[int, ...] = (24, 32, 72, EMBEDDING_SIZE), dropout: float = 0.2) -> None:
        super().__init__()
        self.register_buffer("narrow", area_weights(FACE_SIZE_PX, SEEN_SIZE_PX), persistent=False)
        self.stem = nn.Conv2d(1, widths[0], 5, 2, 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        blocks: list[nn.Module] = [_Residual(widths[0], widths[0], 2)]
        for inputs, outputs in itertools.pairwise(widths):
            blocks += [_Residual(inputs, outputs, 2 if inputs != widths[0] else 1), _Residual(outputs, outputs, 1)]
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)

    def forward(self, faces: Tensor) -> Tensor:
        x = standardised(faces, self.narrow).unsqueeze(1)
        x = functional.relu(self.stem_norm(self.stem(x)))
        return self.dropout(self.blocks(x).mean(dim=(2, 3)))


class MouthCovering(nn.Module):
    """Whether a mask or a hand covers the mouth: gray faces, 0…255, `[faces, 64, 64]` → logits `[faces]`.

    Separate from the encoder, which has learnt to ignore coverings. It is small: per face it takes a thousandth of the
    encoder's time.
    """

    def __init__(self, size_px: int = 24, widths: tuple[int, ...] = (8, 16, 24)) -> None:
        super().__init__()
        self.register_buffer("narrow", area_weights(FACE_SIZE_PX, size_px), persistent=False)
        layers: list[nn.Module] = []
        for inputs, outputs in zip((1, *widths), widths):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1] * (size_px // 2 ** len(widths)) ** 2, 1)

    def forward(self, faces: Tensor) -> Tensor:
        x = standardised(faces, self.narrow)
        return self.head(self.convolutions(x.unsqueeze(1)).flatten(1)).squeeze(1)


def pool_faces(features: Tensor, real: Tensor) -> Tensor:
    """The paper's groups at feature level: the mean over the real faces of each group, then over the groups that have
    any.

    Group g holds the g-th five faces and the next five. features `[batch, groups, 5, width]`, real `[batch, groups, 5]`
    (0 or 1) → `[batch, width]`. Zeros where no face is real.
    """
    halves, counts = (features * real.unsqueeze(-1)).sum(2), real.sum(2)
    group_counts = counts + functional.pad(counts[:, 1:], (0, 1))
    sums = halves + functional.pad(halves[:, 1:], (0, 0, 0, 1))
    means = sums / group_counts.clamp(min=1.0).unsqueeze(-1)
    filled = group_counts.clamp(max=1.0)
    return means.sum(1) / filled.sum(1, keepdim=True).clamp(min=1.0)


SECOND_FACES = torch.arange(MAX_FACES).unflatten(0, (GROUP_COUNT, GROUP_STRIDE)) % 2 == 1


def mirror_every_second(faces: Tensor) -> Tensor:
    """`[batch, groups, 5, h, w]`: the second, fourth, … face is mirrored.

    A face and its mirror image mean the same, so seeing both averages out the encoder's bias for one side.
    """
    second = SECOND_FACES[: faces.shape[1]].to(faces.device)
    return torch.where(second[..., None, None], faces.flip(-1), faces)


class VideoEncoder(nn.Module):
    """The exported graph: groups of faces, uint8 `[batch, groups, 10, 64, 64]`, 1 to 5 groups → embedding `[batch,
    128]`, and the probability that the mouth is covered, averaged over the faces, `[batch]`.

    Group g holds faces 5g … 5g+9, so the first five of each group together are all faces. Each face is encoded once. A
    single face is seen twice: its mirror image fills the empty second place. No operator computes with the number of
    groups, because a GPU would leave such an operator to the CPU.
    """

    def __init__(self, encoder: FaceEncoder, covering: MouthCovering | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.covering = covering or MouthCovering()

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        unique = faces[:, :, :GROUP_STRIDE].to(torch.float32)
        real = (unique.amax(dim=(3, 4)) > 0).to(torch.float32)
        # The first group with its second place filled.
        first, second = unique[:, :1, :1], unique[:, :1, 1:2]
        second = torch.where(real[:, :1, 1:2, None, None] > 0, second, first)
        group = torch.cat([first, second, unique[:, :1, 2:]], dim=2)
        filled = torch.cat([real[:, :1, :1], real[:, :1, :1], real[:, :1, 2:]], dim=2)
        seen = mirror_every_second(torch.cat([group, unique[:, 1:]], dim=1))
        seen = seen.reshape(-1, FACE_SIZE_PX, FACE_SIZE_PX)
        features = self.encoder(seen).reshape(faces.shape[0], faces.shape[1], GROUP_STRIDE, EMBEDDING_SIZE)
        here = torch.cat([filled, real[:, 1:]], dim=1)
        covered = torch.sigmoid(self.covering(seen)).reshape(faces.shape[0], faces.shape[1], GROUP_STRIDE)
        share = (covered * here).sum((1, 2)) / here.sum((1, 2)).clamp(min=1.0)
        return pool_faces(features, here), share
