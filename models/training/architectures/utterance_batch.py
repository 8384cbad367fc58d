"""The input of all models of the paper: a batch of utterances. Any modality of an utterance may be absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from architectures.face_encoder import GROUP_COUNT, GROUP_SIZE, GROUP_STRIDE, MAX_FACES

TEXT, AUDIO, VIDEO = range(3)
"""Columns of `present`."""


@dataclass(frozen=True)
class UtteranceBatch:
    """`ids`, `mask` int64 `[batch, tokens]`, at most 50 tokens; `audio` float32 `[batch, 128]`, raw features; `faces`
    uint8 `[batch, 25, 64, 64]`, of which the first `face_counts` `[batch]` are real; `present` float32 `[batch, 3]`, 0
    or 1 for text, audio, video. The tensors of an absent modality are never read."""

    ids: Tensor
    mask: Tensor
    audio: Tensor
    faces: Tensor
    face_counts: Tensor
    present: Tensor

    def __len__(self) -> int:
        return len(self.present)

    def to(self, device: torch.device | str) -> UtteranceBatch:
        return UtteranceBatch(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def where_present(present: Tensor, shape: tuple[int, ...], compute: Callable[[Tensor], Tensor]) -> Tensor:
    """`compute(rows)` for the present rows, exact zeros for the others: `[batch, *shape]`.

    Only present rows are computed, so that absent ones do not influence the statistics of the batch.
    """
    rows = present.nonzero()[:, 0]
    result = torch.zeros(len(present), *shape, device=present.device)
    if len(rows) == 0:
        return result
    return result.index_put((rows,), compute(rows).to(result.dtype))


def group_faces(faces: Tensor, counts: Tensor) -> Tensor:
    """The paper's groups: faces `[batch, 25, 64, 64]`, 0…255 → `[batch, 5, 10, 64, 64]`, 0…1.

    Group g holds faces 5g … 5g + 9. Faces beyond the 25th or beyond `counts` `[batch]` are zero.
    """
    real = torch.arange(MAX_FACES, device=faces.device) < counts.unsqueeze(1)
    shown = torch.where(real[:, :, None, None], faces.float() / 255, 0.0)
    padded = functional.pad(shown, (0, 0, 0, 0, 0, GROUP_SIZE - GROUP_STRIDE))
    groups = padded.unfold(1, GROUP_SIZE, GROUP_STRIDE).movedim(-1, 2)
    assert groups.shape[1] == GROUP_COUNT
    return groups
