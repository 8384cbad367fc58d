"""Rows of models that were trained without a corpus, scored on that corpus."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from architectures.face_encoder import EMBEDDING_SIZE, FaceEncoder
from architectures.text_encoder import TextEncoder
from datasets.faces import FaceSet, load_fer2013, load_muxspace, load_training_faces, resize
from datasets.labels import EMOTIONS
from datasets.prepared_voices import prepared_corpus
from datasets.text import TextSet, load_dailydialog, load_goemotions, load_meld, load_satisfaction, single_labelled
from datasets.voice_corpora import CORPORA
from evaluation.calibration import best_temperature
from evaluation.metrics import score
from stages.face import embed_faces
from stages.fusion import load_fusion
from stages.schedule import load_stage
from stages.text import TextHeads, embed_texts
from stages.voices import VoiceRecipe, leave_one_out

UNSEEN_CORPORA = "unseen-corpora.json"
UNSEEN_WORDS: dict[str, Callable[[Path], TextSet]] = {
    "meld": lambda data: load_meld(data / "meld", "val"),
    "dailydialog": lambda data: load_dailydialog(data / "dailydialog", "val"),
    "goemotions": lambda data: single_labelled(load_goemotions(data / "goemotions-ekman", "val")),
    "satisfaction": lambda data: load_satisfaction(data / "service-satisfaction", "val"),
}
UNSEEN_FACES: dict[str, tuple[str, Callable[[Path], FaceSet]]] = {
    "fer2013": ("face-without-fer2013", lambda data: load_fer2013(data / "fer2013", "val")),
    "muxspace": ("face", lambda data: load_muxspace(data / "muxspace-faces", "test")),
}
"""Checkpoint and faces. The bundle's own encoder was not trained on muxspace."""
SHOWN = ("accuracy", "uar", "ece", "meanConfidence")


def left_out_rows(data: Path, runs: Path, minutes: float, recipe: VoiceRecipe = VoiceRecipe()) -> Iterator[dict]:
    """Rows in the form of `evaluate.py`, as far as they apply to models that are not in a bundle."""
    voices = {name: prepared_corpus(data, runs, name) for name in CORPORA}
    for row in leave_one_out(voices, recipe, minutes):
        history = row.pop("history")
        yield {"dataset": row["dataset"], "pattern": "A", "model": f"without {row['dataset']}, {history}"} | row
    yield from word_rows(data, runs)
    yield from face_rows(data, runs)
    yield from json.loads((runs / "unseen-fusion.json").read_text(encoding="utf-8"))


@torch.no_grad()
def word_rows(data: Path, runs: Path) -> Iterator[dict]:
    """Validation splits of corpora, scored with encoders and heads that were trained without them. For the service
    dialogues, the score says how well dissatisfied turns are told from satisfied ones."""
    temperature = float(load_fusion(runs)[0].temperature[0])
    for name, load in UNSEEN_WORDS.items():
        file = runs / f"text-without-{name}.pt"
        if not file.exists():
            continue
        texts, encoder = load(data), TextEncoder()
        heads = TextHeads(encoder.shape.width)
        load_stage(file, encoder=encoder, heads=heads)
        emotion, _, dissatisfaction = heads.eval()(embed_texts(encoder, texts.texts))
        if texts.emotion.any():
            truth, probabilities = texts.emotion_index(), torch.softmax(emotion / temperature, 1).numpy()
        else:
            yes = torch.sigmoid(dissatisfaction).numpy()
            truth, probabilities = texts.dissatisfied, np.stack([1 - yes, yes], 1)
        yield {"dataset": name, "pattern": "T", "model": f"without {name}", "n": len(texts)} | score(probabilities, truth)


@torch.no_grad()
def face_rows(data: Path, runs: Path) -> Iterator[dict]:
    """The two corpora of faces, each scored with an encoder and a temperature that were fitted on the other one."""
    for name, (checkpoint, load) in UNSEEN_FACES.items():
        file = runs / f"{checkpoint}.pt"
        if not file.exists():
            continue
        faces, encoder, head = load(data), FaceEncoder(), nn.Linear(EMBEDDING_SIZE, len(EMOTIONS))
        load_stage(file, encoder=encoder, head=head)
        known = load_training_faces(data, without=[name])[1]
        met, unmet = (head(embed_faces(encoder, resize(torch.from_numpy(part.images)))) for part in (known, faces))
        temperature = best_temperature(met, torch.from_numpy(known.labels))
        figures = score(torch.softmax(unmet / temperature, 1).numpy(), faces.labels)
        row = {"dataset": name, "pattern": "V", "model": f"without {name}", "n": len(faces), "temperature": temperature}
        yield row | figures


def read_left_out(bundle: Path) -> list[dict]:
    """The rows that a bundle contains. Empty when it has no such file."""
    file = bundle / UNSEEN_CORPORA
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
