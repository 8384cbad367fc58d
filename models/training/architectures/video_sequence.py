"""The paper's video stage: a 3-D convolution over groups of faces, then an LSTM over its 50 positions."""

from __future__ import annotations

from torch import Tensor, nn

from architectures.face_encoder import GROUP_COUNT
from architectures.utterance_batch import group_faces

POSITIONS = 50
POSITION_SIZE = 6656
"""32 filters × 5 × 32 × 65 values per video, cut into 50 positions as in the authors' code."""
FEATURE_SIZE = 30


class VideoSequence(nn.Module):
    """Faces uint8 `[batch, 25, 64, 64]` and counts `[batch]` → `X_v` `[batch, 50, 30]`. The five groups are
    channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv3d(GROUP_COUNT, 32, 4, stride=(2, 2, 1), padding=(1, 1, 2), bias=False)
        self.norm = nn.BatchNorm3d(32)
        self.lstm = nn.LSTM(POSITION_SIZE, FEATURE_SIZE, num_layers=2, batch_first=True)

    def forward(self, faces: Tensor, counts: Tensor) -> Tensor:
        x = self.norm(self.convolution(group_faces(faces, counts)))
        return self.lstm(x.reshape(len(x), POSITIONS, POSITION_SIZE))[0]
