"""The paper's whole multimodal interaction model: the feature stage, the ten sets and one linear head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from architectures.audio_encoder import FEATURE_COUNT, StandardisedAudio
from architectures.interaction_fusion import InteractionSets, linear_over_sets, terms_per_set
from architectures.text_encoder import TextEncoder
from architectures.utterance_batch import AUDIO, TEXT, VIDEO, UtteranceBatch, where_present
from architectures.video_sequence import FEATURE_SIZE, VideoSequence


class MultimodalInteraction(nn.Module):
    """An utterance → logits `[batch, classes]`: the sum of one term per set and the head's bias.

    Source: Voloshina & Makhnytkina, section III-B-5 and Fig. 3. The sets are those of `interaction_fusion.py`.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        classes: int,
        width: int = 96,
        interaction: str = "hadamard",
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.audio_input = StandardisedAudio()
        self.video = VideoSequence()
        self.interaction = InteractionSets((encoder.shape.width, FEATURE_COUNT, FEATURE_SIZE), width, interaction, dropout)
        self.head = linear_over_sets(width, classes)
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, batch: UtteranceBatch) -> Tensor:
        return self.terms(batch).sum(1) + self.bias

    def terms(self, batch: UtteranceBatch) -> Tensor:
        """`[batch, 10, classes]`: what each set adds to the logits. Exact zeros for a set with an absent modality."""
        text = where_present(
            batch.present[:, TEXT],
            (self.encoder.shape.width,),
            lambda rows: self.encoder(batch.ids[rows], batch.mask[rows]),
        )
        audio = where_present(batch.present[:, AUDIO], (FEATURE_COUNT,), lambda rows: self.audio_input(batch.audio[rows]))
        video = where_present(
            batch.present[:, VIDEO],
            (FEATURE_SIZE,),
            lambda rows: self.video(batch.faces[rows], batch.face_counts[rows])[:, -1],
        )
        return terms_per_set(self.interaction.sets((text, audio, video), batch.present), self.head)
