"""The multimodal interaction model: single modalities, pairs, the triplet and the union of pairs, merged linearly.

Source: Voloshina & Makhnytkina, section III-B-5 and Fig. 3, as read in the README. Because the head is linear in the
sets, every logit is an exact sum of one term a set, and an absent modality takes its sets' terms away whole.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MODALITIES = ("text", "audio", "video")
PAIRS = ((0, 1), (0, 2), (1, 2))
SETS: tuple[tuple[int, ...], ...] = ((0,), (1,), (2,), *PAIRS, (0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1, 2))
"""Which modalities each of the ten sets is made of: three single, three pairs, the triplet, three unions of two pairs."""
PATTERNS = ("T", "A", "TA", "V", "TV", "AV", "TAV")
"""Presence patterns by index − 1 of `text + 2·audio + 4·video`."""


class Hadamard(nn.Module):
    """x ⊗ y: the elementwise product of two learned projections."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.left = nn.Linear(width, width, bias=False)
        self.right = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.left(x) * self.right(y)


class Attention(nn.Module):
    """x ⊗ y: x's parts attend to y's parts, both cut into `parts` pieces."""

    def __init__(self, width: int, parts: int = 8) -> None:
        super().__init__()
        self.parts = parts
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        query, key, value = (
            z.unflatten(-1, (self.parts, -1)) for z in (self.query(x), self.key(y), self.value(y))
        )
        weights = torch.softmax(query @ key.transpose(1, 2) * query.shape[-1] ** -0.5, dim=-1)
        return (weights @ value).flatten(1)


INTERACTIONS = {"hadamard": Hadamard, "attention": Attention}


class InteractionSets(nn.Module):
    """Embeddings of the three modalities and their presence → the ten sets, `[batch, 10, width]`."""

    def __init__(
        self,
        sizes: tuple[int, int, int],
        width: int = 96,
        interaction: str = "hadamard",
        dropout: float = 0.2,
        normalised: tuple[bool, bool, bool] = (True, True, True),
    ) -> None:
        super().__init__()
        interact = INTERACTIONS[interaction]
        self.interaction = interaction
        self.project = nn.ModuleList(
            nn.Sequential(nn.Linear(size, width), nn.LayerNorm(width) if norm else nn.Identity())
            for size, norm in zip(sizes, normalised)
        )
        self.scale = nn.Parameter(torch.ones(len(MODALITIES)))
        self.pair = nn.ModuleList(interact(width) for _ in PAIRS)
        self.triplet = nn.ModuleList([interact(width), interact(width)])
        self.union = nn.ModuleList(interact(width) for _ in PAIRS)
        self.phi = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.GELU()) for _ in range(len(SETS) - len(MODALITIES))
        )
        self.set_bias = nn.Parameter(torch.zeros(len(SETS) - len(MODALITIES), width))
        self.dropout = nn.Dropout(dropout)

    def sets(self, embeddings: tuple[Tensor, Tensor, Tensor], present: Tensor) -> Tensor:
        """present `[batch, 3]` of 0 or 1; a set with an absent modality is exactly zero, its bias included."""
        here = present.unbind(1)
        x = [
            torch.where(here[m].unsqueeze(1) > 0, self.project[m](embeddings[m]), 0.0) for m in range(len(MODALITIES))
        ]
        pairs = [self.pair[n](x[i], x[j]) for n, (i, j) in enumerate(PAIRS)]
        pairs = [self.phi[n](z) + self.set_bias[n] for n, z in enumerate(pairs)]
        triplet = self.triplet[1](self.triplet[0](x[0], x[1]), x[2])
        unions = [self.union[n](pairs[i], pairs[j]) for n, (i, j) in enumerate(PAIRS)]
        higher = [self.phi[3 + n](z) + self.set_bias[3 + n] for n, z in enumerate([triplet, *unions])]
        sets = torch.stack([*(self.scale[m] * x[m] for m in range(len(MODALITIES))), *pairs, *higher], dim=1)
        return self.dropout(sets) * set_presence(present).unsqueeze(-1)


def linear_over_sets(width: int, labels: int) -> nn.Parameter:
    """A linear head over the ten sets side by side, kept a set at a time: `[10, width, labels]`."""
    return nn.Parameter(torch.randn(len(SETS), width, labels) * width**-0.5 / 4)


class InteractionFusion(InteractionSets):
    """The bundle's fusion: one term a set of both heads' logits.

    Voice and faces are not normalised: their embeddings are the longer, the surer their encoders are, and a length taken
    away would leave every voice as sure as the next.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int] = (384, 128, 128),
        width: int = 96,
        interaction: str = "hadamard",
        labels: int = 7,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(sizes, width, interaction, dropout, normalised=(True, False, False))
        self.emotion = linear_over_sets(width, labels)
        self.sentiment = linear_over_sets(width, labels)
        self.emotion_bias = nn.Parameter(torch.zeros(labels))
        self.sentiment_bias = nn.Parameter(torch.zeros(labels))

    def forward(self, embeddings: tuple[Tensor, Tensor, Tensor], present: Tensor) -> tuple[Tensor, Tensor]:
        """present `[batch, 3]` of 0 or 1 → emotion and sentiment terms, each `[batch, 10, 7]`; add the head's bias."""
        sets = self.sets(embeddings, present)
        return terms_per_set(sets, self.emotion), terms_per_set(sets, self.sentiment)

    def logits(self, embeddings: tuple[Tensor, Tensor, Tensor], present: Tensor) -> tuple[Tensor, Tensor]:
        emotion, sentiment = self(embeddings, present)
        return emotion.sum(1) + self.emotion_bias, sentiment.sum(1) + self.sentiment_bias


def set_presence(present: Tensor) -> Tensor:
    """`[batch, 3]` → `[batch, 10]`: 1 where all of a set's modalities are present."""
    text, audio, video = present.unbind(1)
    whole = text * audio * video
    return torch.stack(
        [text, audio, video, text * audio, text * video, audio * video, whole, whole, whole, whole], dim=1
    )


def terms_per_set(sets: Tensor, head: Tensor) -> Tensor:
    """`[batch, sets, width]` through each set's own rows of the head → `[batch, sets, labels]`."""
    return (sets.transpose(0, 1) @ head).transpose(0, 1)


class FusionGraph(nn.Module):
    """The exported graph: raw audio features and the other encoders' embeddings → calibrated scores.

    `temperature` `[2, 8]`: emotion's and sentiment's by presence pattern; entry 0 (nothing present) is unused.
    """

    def __init__(self, audio: nn.Module, fusion: InteractionFusion, temperature: Tensor) -> None:
        super().__init__()
        self.audio = audio
        self.fusion = fusion
        self.register_buffer("temperature", temperature)
        self.register_buffer("pattern_weights", torch.tensor([1.0, 2.0, 4.0]))
        shares = torch.zeros(len(SETS), len(MODALITIES))
        for index, members in enumerate(SETS):
            shares[index, list(members)] = 1 / len(members)
        self.register_buffer("shares", shares)

    def forward(
        self, text_embedding: Tensor, audio_features: Tensor, video_embedding: Tensor, present: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Emotion and sentiment `[batch, 7]`, contributions of the modalities `[batch, 3]` and of the sets `[batch, 10]`."""
        embeddings = (text_embedding, self.audio(audio_features), video_embedding)
        emotion_terms, sentiment_terms = self.fusion(embeddings, present)
        pattern = (present * self.pattern_weights).sum(1).to(torch.int64)
        emotion_logits = emotion_terms.sum(1) + self.fusion.emotion_bias
        sentiment_logits = sentiment_terms.sum(1) + self.fusion.sentiment_bias
        emotion = torch.softmax(emotion_logits / self.temperature[0][pattern].unsqueeze(1), dim=1)
        sentiment = torch.softmax(sentiment_logits / self.temperature[1][pattern].unsqueeze(1), dim=1)
        evidence = _evidence(emotion_terms, emotion_logits)
        return emotion, sentiment, self._contributions(evidence), _shares(evidence)

    def _contributions(self, evidence: Tensor) -> Tensor:
        """Share of each modality, 0…1, summing to 1: a set's evidence is split equally over its modalities."""
        return _shares((evidence.unsqueeze(-1) * self.shares).sum(1).abs())


def _evidence(terms: Tensor, logits: Tensor) -> Tensor:
    """Each set's term in the top label's logit, centred across labels: `[batch, 10]`, negative where it speaks against."""
    centred = terms - terms.mean(dim=2, keepdim=True)
    top = logits.argmax(dim=1)[:, None, None].expand(-1, terms.shape[1], 1)
    return centred.gather(2, top).squeeze(2)


def _shares(evidence: Tensor) -> Tensor:
    """Scaled so that the absolute values sum to 1; signs stay."""
    return evidence / evidence.abs().sum(1, keepdim=True).clamp(min=1e-12)
