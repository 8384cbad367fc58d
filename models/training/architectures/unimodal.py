"""The single-modality models of the paper's Table I: BERT, LSTM + linear, and two 3-D convolutions + linear.

The table only names these networks. Their inner sizes are our choice.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from architectures.audio_encoder import FEATURE_COUNT, StandardisedAudio
from architectures.face_encoder import GROUP_COUNT
from architectures.text_encoder import TextEncoder
from architectures.utterance_batch import AUDIO, TEXT, VIDEO, UtteranceBatch, group_faces, where_present


class TextOnly(nn.Module):
    """Words → logits `[batch, classes]`. Without words, the result is the head's bias."""

    def __init__(self, encoder: TextEncoder, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.shape.width, classes)

    def forward(self, batch: UtteranceBatch) -> Tensor:
        embedding = where_present(
            batch.present[:, TEXT],
            (self.encoder.shape.width,),
            lambda rows: self.encoder(batch.ids[rows], batch.mask[rows]),
        )
        return self.classifier(self.dropout(embedding))


class AudioOnly(nn.Module):
    """A voice's 128 features, as a sequence of length one → logits `[batch, classes]`. Without a voice, the result is
    the head's bias."""

    def __init__(self, classes: int, hidden: int = 64, dropout: float = 0.1) -> None:
        super().__init__()
        self.hidden = hidden
        self.audio_input = StandardisedAudio()
        self.lstm = nn.LSTM(FEATURE_COUNT, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, batch: UtteranceBatch) -> Tensor:
        state = where_present(
            batch.present[:, AUDIO],
            (self.hidden,),
            lambda rows: self.lstm(self.audio_input(batch.audio[rows]).unsqueeze(1))[0][:, -1],
        )
        return self.classifier(self.dropout(state))


class VideoOnly(nn.Module):
    """Faces → logits `[batch, classes]`. Without a face, the result is the head's bias."""

    def __init__(self, classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.first = nn.Conv3d(GROUP_COUNT, 32, 4, stride=(2, 2, 1), padding=(1, 1, 2), bias=False)
        self.first_norm = nn.BatchNorm3d(32)
        self.second = nn.Conv3d(32, 32, 4, stride=(2, 2, 2), padding=1, bias=False)
        self.second_norm = nn.BatchNorm3d(32)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(32, classes)

    def forward(self, batch: UtteranceBatch) -> Tensor:
        pooled = where_present(batch.present[:, VIDEO], (32,), lambda rows: self._pooled(batch, rows))
        return self.classifier(self.dropout(pooled))

    def _pooled(self, batch: UtteranceBatch, rows: Tensor) -> Tensor:
        x = functional.relu(self.first_norm(self.first(group_faces(batch.faces[rows], batch.face_counts[rows]))))
        return functional.relu(self.second_norm(self.second(x))).mean(dim=(2, 3, 4))
