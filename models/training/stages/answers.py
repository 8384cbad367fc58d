"""The answers of each modality about people that its encoder was not trained on. Temperatures and the fusion are fitted
on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from architectures.face_encoder import FaceEncoder
from architectures.interaction_fusion import PartHeads
from architectures.text_encoder import TextEncoder
from datasets.faces import as_seen, load_fer2013, load_muxspace
from datasets.labels import EMOTIONS, emotion_sentiments, polarity_profiles
from datasets.text import (
    TextSet,
    load_dailydialog,
    load_goemotions,
    load_isear,
    load_meld,
    load_mosi,
    load_satisfaction,
    load_service_calls,
    single_labelled,
)
from datasets.voice_corpora import is_test_speaker
from evaluation.calibration import best_temperature
from stages.face import embed_faces
from stages.pairing import Answers
from stages.text import TextHeads, embed_texts
from stages.voices import load_voices

TEXT_WEIGHTS = {"meld": 0.35, "dailydialog": 0.2, "goemotions": 0.2, "isear": 0.15, "service-calls": 0.1}
VOICE_WEIGHTS = {"ravdess": 0.25, "nemo": 0.25, "emovo": 0.25, "urdu": 0.25}
FACE_WEIGHTS = {"fer2013": 0.5, "muxspace": 0.5}
CALIBRATION_ROWS = 4000
MOST_TEXTS = 1500
"""Most texts per corpus, drawn at random."""


@dataclass(frozen=True)
class Held:
    """Held-out examples. `text` `[n, 384]` and `face` `[n, 128]`: embeddings. `voice_logits` `[n, 7]`: from models that
    were trained without the voice's corpus. `labels`, `corpora`: per modality, `[n]`. `polarity` `[n]`: of the texts,
    −1 when unknown. `opinions` `[n, 384]`, `opinion` `[n]`: MOSI's embeddings and sentiment classes. `complaints` `[n,
    384]`: embeddings of turns, with whether they are `dissatisfied` and the weight of each."""

    text: Tensor
    voice_logits: Tensor
    face: Tensor
    labels: tuple[np.ndarray, np.ndarray, np.ndarray]
    corpora: tuple[np.ndarray, np.ndarray, np.ndarray]
    opinions: Tensor
    opinion: np.ndarray
    polarity: np.ndarray
    complaints: Tensor
    dissatisfied: np.ndarray
    complaint_weights: np.ndarray


def trained(encoder: nn.Module, file: Path) -> nn.Module:
    encoder.load_state_dict(torch.load(file, weights_only=True)["encoder"])
    return encoder.eval()


def load_part_heads(runs: Path) -> PartHeads:
    """The heads that the three encoders were trained with. All temperatures are 1."""
    heads, text = PartHeads(), torch.load(runs / "text.pt", weights_only=True)["heads"]
    of_text = TextHeads(heads.sentiment.in_features)
    of_text.load_state_dict(text)
    heads.emotion[0].load_state_dict(of_text.emotion.state_dict())
    heads.sentiment.load_state_dict(of_text.sentiment.state_dict())
    heads.dissatisfaction.load_state_dict(of_text.dissatisfaction.state_dict())
    heads.emotion[1].load_state_dict(load_voices(runs).head.state_dict())
    heads.emotion[2].load_state_dict(torch.load(runs / "face.pt", weights_only=True)["head"])
    return heads


def held_out(data: Path, runs: Path) -> Held:
    """Embeds the examples once and keeps them. Delete `runs/held-out.pt` after training a text or face encoder
    again."""
    file = runs / "held-out.pt"
    comments = load_goemotions(data / "goemotions-ekman", "val")
    texts: dict[str, list[TextSet]] = {
        "meld": [load_meld(data / "meld", "val")],
        "dailydialog": [load_dailydialog(data / "dailydialog", "val")],
        "goemotions": [_some(single_labelled(comments))],
        "isear": [_some(load_isear(data / "isear", "val"))],
        "service-calls": [load_service_calls("val").sentences],
    }
    faces = {
        "fer2013": load_fer2013(data / "fer2013", "val"),
        "muxspace": load_muxspace(data / "muxspace-faces", "val"),
    }
    mosi = load_mosi(data / "mosi-text", "val")
    service = _some(load_satisfaction(data / "service-satisfaction", "val"))
    complaints = [*(texts[name][0] for name in ("meld", "dailydialog", "service-calls")), service]
    complaints = [part.at(np.flatnonzero(part.dissatisfied >= 0)) for part in complaints]
    if not file.exists():
        text, face = trained(TextEncoder(), runs / "text.pt"), trained(FaceEncoder(), runs / "face.pt")
        reads_context = torch.load(runs / "text.pt", weights_only=True)["contextUtterances"] > 0
        said = [(part.texts, part.contexts) for parts in texts.values() for part in parts]
        # Half of the turns of dialogues get their context, if the encoder has learnt to read it.
        said = [(words, [c if reads_context and n % 2 else () for n, c in enumerate(before)]) for words, before in said]
        stills = [torch.from_numpy(as_seen(part.images)).float() for part in faces.values()]
        saved = {
            "text": torch.cat([embed_texts(text, *part) for part in said]),
            "opinions": embed_texts(text, mosi.texts),
            "complaints": torch.cat(
                [embed_texts(text, part.texts, part.contexts if reads_context else None) for part in complaints]
            ),
            "face": torch.cat([(embed_faces(face, part) + embed_faces(face, part.flip(-1))) / 2 for part in stills]),
        }
        torch.save(saved, file)
    saved = torch.load(file, weights_only=True)
    with np.load(runs / "unseen-voices.npz") as voices:
        heard = ~is_test_speaker(voices["speakers"])
        logits, voice_labels, voice_corpora = (voices[name][heard] for name in ("logits", "labels", "corpora"))
    return Held(
        saved["text"],
        torch.from_numpy(logits),
        saved["face"],
        (
            np.concatenate([part.emotion_index() for parts in texts.values() for part in parts]),
            voice_labels,
            np.concatenate([part.labels for part in faces.values()]),
        ),
        (
            np.repeat(list(texts), [sum(map(len, parts)) for parts in texts.values()]),
            voice_corpora,
            np.repeat(list(faces), [len(part) for part in faces.values()]),
        ),
        saved["opinions"],
        mosi.sentiment,
        np.concatenate([part.polarity for parts in texts.values() for part in parts]),
        saved["complaints"],
        np.concatenate([part.dissatisfied for part in complaints]),
        np.concatenate([np.full(len(part), 1 / len(part)) for part in complaints]) * 1000,
    )


def _some(texts: TextSet, seed: int = 7) -> TextSet:
    return texts.at(np.sort(np.random.default_rng(seed).permutation(len(texts))[:MOST_TEXTS]))


def fit_part_temperatures(heads: PartHeads, held: Held, corpora: tuple[tuple[str, ...], ...] | None = None) -> None:
    """Sets each modality's temperature to the value that fits its held-out answers best. Each corpus counts by its
    weight. `corpora`: the corpora of words, voices and faces to use. Default: all."""
    logits = _logits(heads, held)
    weights = (TEXT_WEIGHTS, VOICE_WEIGHTS, FACE_WEIGHTS)
    for m, (answers, labels, names) in enumerate(zip(logits, held.labels, held.corpora)):
        random, drawn = np.random.default_rng(7), []
        chosen = weights[m] if corpora is None else {name: weights[m][name] for name in corpora[m]}
        for name, weight in chosen.items():
            of_corpus = np.flatnonzero(names == name)
            count = int(CALIBRATION_ROWS * weight / sum(chosen.values()))
            drawn.append(random.choice(of_corpus, count))
        rows = np.concatenate(drawn)
        target = nn.functional.one_hot(torch.from_numpy(labels[rows]), len(EMOTIONS)).float()
        heads.temperature[m] = best_temperature(answers[rows], target)
    opinions = nn.functional.one_hot(torch.from_numpy(held.opinion), 7).float()
    with torch.no_grad():
        heads.temperature[3] = best_temperature(heads.sentiment(held.opinions), opinions)


@torch.no_grad()
def _logits(heads: PartHeads, held: Held) -> tuple[Tensor, Tensor, Tensor]:
    return heads.emotion[0](held.text), held.voice_logits, heads.emotion[2](held.face)


@torch.no_grad()
def answers_of(data: Path, heads: PartHeads, held: Held) -> tuple[Answers, Answers, Answers]:
    """The answers of the heads, with their temperatures, to the held-out examples."""
    profiles = polarity_profiles(load_mosi(data / "mosi-text", "train").sentiment)
    meld = load_meld(data / "meld", "train")
    of_emotion = emotion_sentiments(meld.emotion_index(), meld.polarity, profiles)
    text, voice, face = _logits(heads, held)
    temperature = heads.temperature
    sentiment = torch.log_softmax(heads.sentiment(held.text) / temperature[3], 1)
    parts = (
        torch.cat([torch.log_softmax(text / temperature[0], 1), sentiment], 1),
        torch.log_softmax(voice / temperature[1], 1),
        torch.log_softmax(face / temperature[2], 1),
    )
    of_text = np.where((held.polarity >= 0)[:, None], profiles[held.polarity], of_emotion[held.labels[0]])
    sentiments = (of_text, of_emotion[held.labels[1]], of_emotion[held.labels[2]])
    weights = (TEXT_WEIGHTS, VOICE_WEIGHTS, FACE_WEIGHTS)
    words, voices, faces = (Answers(*columns) for columns in zip(parts, held.labels, held.corpora, sentiments, weights))
    return words, voices, faces
