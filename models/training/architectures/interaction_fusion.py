"""The multimodal interaction model: single modalities, pairs, the triplet and unions of two pairs, merged linearly.

Source: Voloshina & Makhnytkina, section III-B-5 and Fig. 3, as interpreted in the README. The head is linear in the
sets, so every logit is an exact sum of one term per set. An absent modality removes all terms of its sets.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MODALITIES = ("text", "audio", "video")
PAIRS = ((0, 1), (0, 2), (1, 2))
SETS: tuple[tuple[int, ...], ...] = ((0,), (1,), (2,), *PAIRS, (0, 1, 2), (0, 1, 2), (0, 1, 2), (0, 1, 2))
"""The modalities of the ten sets: three single ones, three pairs, the triplet, and three unions of two pairs."""
PATTERNS = ("T", "A", "TA", "V", "TV", "AV", "TAV")
"""Presence patterns. The index is `text + 2·audio + 4·video` minus 1."""


class Hadamard(nn.Module):
    """x ⊗ y: the elementwise product of two learned projections."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.left = nn.Linear(width, width, bias=False)
        self.right = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.left(x) * self.right(y)


class Attention(nn.Module):
    """x ⊗ y: the parts of x attend to the parts of y. Both are cut into `parts` pieces."""

    def __init__(self, width: int, parts: int = 8) -> None:
        super().__init__()
        self.parts = parts
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        query, key, value = (z.unflatten(-1, (self.parts, -1)) for z in (self.query(x), self.key(y), self.value(y)))
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
        self.phi = nn.ModuleList(nn.Sequential(nn.Linear(width, width), nn.GELU()) for _ in range(len(SETS) - len(MODALITIES)))
        self.set_bias = nn.Parameter(torch.zeros(len(SETS) - len(MODALITIES), width))
        self.dropout = nn.Dropout(dropout)

    def sets(self, embeddings: tuple[Tensor, Tensor, Tensor], present: Tensor) -> Tensor:
        """present `[batch, 3]` of 0 or 1. A set with an absent modality is exactly zero, including its bias."""
        here = present.unbind(1)
        x = [torch.where(here[m].unsqueeze(1) > 0, self.project[m](embeddings[m]), 0.0) for m in range(len(MODALITIES))]
        pairs = [self.pair[n](x[i], x[j]) for n, (i, j) in enumerate(PAIRS)]
        pairs = [self.phi[n](z) + self.set_bias[n] for n, z in enumerate(pairs)]
        triplet = self.triplet[1](self.triplet[0](x[0], x[1]), x[2])
        unions = [self.union[n](pairs[i], pairs[j]) for n, (i, j) in enumerate(PAIRS)]
        higher = [self.phi[3 + n](z) + self.set_bias[3 + n] for n, z in enumerate([triplet, *unions])]
        sets = torch.stack([*(self.scale[m] * x[m] for m in range(len(MODALITIES))), *pairs, *higher], dim=1)
        return self.dropout(sets) * set_presence(present).unsqueeze(-1)


def linear_over_sets(width: int, labels: int) -> nn.Parameter:
    """A linear head over the ten sets side by side, stored per set: `[10, width, labels]`."""
    return nn.Parameter(torch.randn(len(SETS), width, labels) * width**-0.5 / 4)


Parts = tuple[Tensor, Tensor, Tensor]
"""The answer of each modality alone, as log probabilities after temperature: words `[batch, 14]` for emotion and
sentiment, voice and faces `[batch, 7]` for emotion."""
LABELS = 7


class PartHeads(nn.Module):
    """The answer of each modality from its embedding alone. Its temperature is fitted on people that the modality was
    not trained on.

    `temperature` `[4]`: for the emotions by words, voice and faces, and for the sentiment by words.
    """

    def __init__(self, sizes: tuple[int, int, int] = (384, 128, 128)) -> None:
        super().__init__()
        self.emotion = nn.ModuleList(nn.Linear(size, LABELS) for size in sizes)
        self.sentiment = nn.Linear(sizes[0], LABELS)
        self.dissatisfaction = nn.Linear(sizes[0], 1)
        self.register_buffer("temperature", torch.ones(4))

    def forward(self, embeddings: tuple[Tensor, Tensor, Tensor]) -> Parts:
        temperature = self.temperature.unbind(0)
        text, audio, video = (
            log_probabilities(head(embedding) / temperature[m])
            for m, (head, embedding) in enumerate(zip(self.emotion, embeddings))
        )
        sentiment = log_probabilities(self.sentiment(embeddings[0]) / temperature[3])
        return torch.cat([text, sentiment], dim=1), audio, video

    def dissatisfied(self, text: Tensor) -> Tensor:
        """Text embeddings `[batch, 384]` → the probability that the speaker is dissatisfied, `[batch]`."""
        return torch.sigmoid(self.dissatisfaction(text).squeeze(1))


def log_probabilities(logits: Tensor) -> Tensor:
    """`log_softmax` over the labels, built from operators that every execution provider supports."""
    shifted = logits - logits.amax(dim=1, keepdim=True)
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


class InteractionFusion(InteractionSets):
    """The bundle's fusion: one term per set for the logits of both tasks.

    The term of a single modality is its own answer, unchanged, so it stays as confident as it was calibrated. The sets
    of several modalities correct the sum of these terms. They learn what it means when modalities agree, disagree or
    are neutral together.
    """

    def __init__(self, width: int = 32, interaction: str = "hadamard", dropout: float = 0.2) -> None:
        super().__init__((2 * LABELS, LABELS, LABELS), width, interaction, dropout, normalised=(False, False, False))
        joint = len(SETS) - len(MODALITIES)
        # Small at first, so that training starts near the product of the single answers.
        self.emotion = nn.Parameter(torch.randn(joint, width, LABELS) * width**-0.5 / 40)
        self.sentiment = nn.Parameter(torch.randn(joint, width, LABELS) * width**-0.5 / 40)
        self.sentiment_of_emotion = nn.ModuleList(nn.Linear(LABELS, LABELS) for _ in range(2))

    def forward(self, parts: Parts, present: Tensor) -> tuple[Tensor, Tensor]:
        """present `[batch, 3]` of 0 or 1 → emotion and sentiment terms, each `[batch, 10, 7]`. Their sums are the
        logits."""
        joint = self.sets(parts, present)[:, len(MODALITIES) :]
        text, audio, video = parts
        emotion = torch.stack([text[:, :LABELS], audio, video], dim=1)
        by_voice, by_faces = (head(part) for head, part in zip(self.sentiment_of_emotion, (audio, video)))
        sentiment = torch.stack([text[:, LABELS:], by_voice, by_faces], dim=1)
        here = present.unsqueeze(2) > 0
        return (
            torch.cat([torch.where(here, emotion, 0.0), terms_per_set(joint, self.emotion)], dim=1),
            torch.cat([torch.where(here, sentiment, 0.0), terms_per_set(joint, self.sentiment)], dim=1),
        )

    def logits(self, parts: Parts, present: Tensor) -> tuple[Tensor, Tensor]:
        emotion, sentiment = self(parts, present)
        return emotion.sum(1), sentiment.sum(1)


def set_presence(present: Tensor) -> Tensor:
    """`[batch, 3]` → `[batch, 10]`: 1 if all modalities of a set are present."""
    text, audio, video = present.unbind(1)
    whole = text * audio * video
    return torch.stack([text, audio, video, text * audio, text * video, audio * video, whole, whole, whole, whole], dim=1)


def terms_per_set(sets: Tensor, head: Tensor) -> Tensor:
    """`[batch, sets, width]` → `[batch, sets, labels]`, with each set's own rows of the head."""
    return (sets.transpose(0, 1) @ head).transpose(0, 1)


class FusionGraph(nn.Module):
    """The exported graph: raw audio features and the other encoders' embeddings → calibrated scores.

    `temperature` `[2, 8]`: for emotion and sentiment, by presence pattern. Entry 0 (nothing present) is not used.
    """

    def __init__(self, audio: nn.Module, heads: PartHeads, fusion: InteractionFusion, temperature: Tensor) -> None:
        super().__init__()
        self.audio = audio
        self.heads = heads
        self.fusion = fusion
        self.register_buffer("temperature", temperature)
        self.register_buffer("pattern_weights", torch.tensor([1.0, 2.0, 4.0]))
        shares = torch.zeros(len(SETS), len(MODALITIES))
        for index, members in enumerate(SETS):
            shares[index, list(members)] = 1 / len(members)
        self.register_buffer("shares", shares)

    def forward(
        self,
        text_embedding: Tensor,
        audio_features: Tensor,
        audio_baseline: Tensor,
        baseline_utterances: Tensor,
        video_embedding: Tensor,
        present: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Emotion and sentiment `[batch, 7]`, contributions of the modalities `[batch, 3]` and of the sets `[batch,
        10]`, and the probability of dissatisfaction `[batch]`. The latter depends only on words and is 0 without
        them."""
        voice = self.audio(audio_features, audio_baseline, baseline_utterances)
        parts = self.heads((text_embedding, voice, video_embedding))
        emotion_terms, sentiment_terms = self.fusion(parts, present)
        pattern = (present * self.pattern_weights).sum(1).to(torch.int64)
        emotion_logits, sentiment_logits = emotion_terms.sum(1), sentiment_terms.sum(1)
        emotion = torch.softmax(emotion_logits / self.temperature[0][pattern].unsqueeze(1), dim=1)
        sentiment = torch.softmax(sentiment_logits / self.temperature[1][pattern].unsqueeze(1), dim=1)
        evidence = _evidence(emotion_terms, emotion_logits)
        dissatisfaction = torch.where(present[:, 0] > 0, self.heads.dissatisfied(text_embedding), 0.0)
        return emotion, sentiment, self._contributions(evidence), _shares(evidence), dissatisfaction

    def _contributions(self, evidence: Tensor) -> Tensor:
        """Share of each modality, 0…1, summing to 1. A set's evidence is split equally over its modalities."""
        return _shares((evidence.unsqueeze(-1) * self.shares).sum(1).abs())


def _evidence(terms: Tensor, logits: Tensor) -> Tensor:
    """Each set's term in the top label's logit, centred across labels: `[batch, 10]`. Negative for evidence against the
    label."""
    centred = terms - terms.mean(dim=2, keepdim=True)
    top = logits.argmax(dim=1)[:, None, None].expand(-1, terms.shape[1], 1)
    return centred.gather(2, top).squeeze(2)


def _shares(evidence: Tensor) -> Tensor:
    """Scales the values so that their absolute values sum to 1. Signs stay."""
    return evidence / evidence.abs().sum(1, keepdim=True).clamp(min=1e-12)
