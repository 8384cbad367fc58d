"""3-Modal Cross-BERT: the attention between words is mixed with the attention of voice and face, masked to real tokens.

Source: Voloshina & Makhnytkina, section III-B-4 and Fig. 2. Sizes that the paper leaves open come from its authors'
code. Two points differ from that code. The norm of `X_t` is taken over an utterance's own tokens instead of the whole
batch with its padding, so the score of an utterance does not depend on the rest of the batch. And the attention of an
absent modality is exactly zero.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from architectures.audio_encoder import FEATURE_COUNT, StandardisedAudio
from architectures.text_encoder import MASKED_SCORE, TextEncoder
from architectures.utterance_batch import AUDIO, TEXT, VIDEO, UtteranceBatch, where_present
from architectures.video_sequence import FEATURE_SIZE, POSITIONS, VideoSequence

ATTENTION_DROPOUT = 0.3


class CrossModalBert(nn.Module):
    """An utterance → logits `[batch, classes]`, from the first token.

    `audio_rows` 1 is the published version: one vector per voice, whose attention `[1, 1]` adds the same number to
    every score. This does not change a softmax, so neither the voice nor the bias `b` can change the answer.
    `audio_rows` 50 gives the voice one vector per position instead ("the convolutional layer extracts features with the
    desired dimension"). Without words, all attended values are zero and the answer is the same for every utterance.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        classes: int,
        audio_rows: int = 1,
        dropout: float = 0.1,
        attention_dropout: float = ATTENTION_DROPOUT,
    ) -> None:
        super().__init__()
        if audio_rows not in (1, POSITIONS):
            raise ValueError(f"audio_rows is 1 or {POSITIONS}, not {audio_rows}")
        width = encoder.shape.width
        self.audio_rows = audio_rows
        self.encoder = encoder
        self.audio_input = StandardisedAudio()
        self.text = nn.Linear(width, FEATURE_SIZE)
        self.audio = nn.Linear(FEATURE_COUNT, audio_rows * FEATURE_SIZE)
        self.video = VideoSequence()
        self.weights = nn.Parameter(torch.ones(3))
        self.bias = nn.Parameter(torch.zeros(1))
        self.attention_dropout = nn.Dropout(attention_dropout)
        self.dense = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, classes)

    def forward(self, batch: UtteranceBatch) -> Tensor:
        hidden = self._hidden(batch)
        tokens = self._tokens(batch)
        parts = self._attentions(batch, hidden, tokens)
        mixed = sum(weight * part for weight, part in zip(self.weights, parts)) + self.bias
        padding = (1.0 - tokens) * MASKED_SCORE
        scores = mixed + padding.unsqueeze(1) + padding.unsqueeze(2)
        attended = self.attention_dropout(torch.softmax(scores, dim=-1)) @ hidden + hidden
        fused = self.norm(self.dropout(self.dense(attended)))
        return self.classifier(self.dropout(fused[:, 0]))

    def attentions(self, batch: UtteranceBatch) -> tuple[Tensor, Tensor, Tensor]:
        """`W_t`, `W_a`, `W_v` without weights, each `[batch, tokens, tokens]` or `[batch, 1, 1]`. Exact zeros for
        absent modalities."""
        return self._attentions(batch, self._hidden(batch), self._tokens(batch))

    @staticmethod
    def _tokens(batch: UtteranceBatch) -> Tensor:
        return batch.mask.float() * batch.present[:, TEXT : TEXT + 1]

    def _hidden(self, batch: UtteranceBatch) -> Tensor:
        shape = (batch.ids.shape[1], self.encoder.shape.width)
        return where_present(
            batch.present[:, TEXT], shape, lambda rows: self.encoder.hidden_states(batch.ids[rows], batch.mask[rows])
        )

    def _attentions(self, batch: UtteranceBatch, hidden: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        count = hidden.shape[1]
        text = self.text(hidden) * tokens.unsqueeze(-1)
        norm = text.detach().flatten(1).norm(dim=1).clamp(min=1e-6)
        audio = where_present(
            batch.present[:, AUDIO],
            (self.audio_rows, FEATURE_SIZE),
            lambda rows: self.audio(self.audio_input(batch.audio[rows])).unflatten(1, (-1, FEATURE_SIZE)),
        )
        video = where_present(
            batch.present[:, VIDEO],
            (POSITIONS, FEATURE_SIZE),
            lambda rows: self.video(batch.faces[rows], batch.face_counts[rows]),
        )
        parts = (text / norm.sqrt()[:, None, None], audio[:, :count], video[:, :count])
        return tuple(torch.relu(x @ x.transpose(1, 2)) for x in parts)
