"""The results that the paper reports in its Tables I and III, in percent. None when it gives no number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reported:
    """`row`: the configuration that reproduces it. None for models of others."""

    table: str
    dataset: str
    task: str
    classes: int
    model: str
    row: str | None
    accuracy: float
    f1: float | None = None
    precision: float | None = None
    recall: float | None = None


MASKED, INTERACTION = "3-Modal Cross-BERT", "Multimodal interaction"

TABLE_III = (
    Reported("III", "MELD", "emotion", 7, "HGFM", None, 42.3),
    Reported("III", "MELD", "emotion", 7, MASKED, "meld-cross-modal-bert", 44.0, 45.0, 52.7, 41.3),
    Reported("III", "MELD", "emotion", 7, INTERACTION, "meld-interaction", 62.2, 60.7, 60.8, 62.2),
    Reported("III", "MOSEI", "sentiment", 7, "MMLatch", None, 52.1),
    Reported("III", "MOSEI", "sentiment", 7, MASKED, "mosei-sentiment-cross-modal-bert", 58.4, 59.0, 62.2, 58.4),
    Reported("III", "MOSEI", "sentiment", 7, INTERACTION, "mosei-sentiment-interaction", 63.3, 61.0, 61.2, 63.4),
    Reported("III", "MOSEI", "emotion", 6, MASKED, "mosei-emotion-cross-modal-bert", 34.7, 33.2, 49.6, 34.7),
    Reported("III", "MOSEI", "emotion", 6, INTERACTION, "mosei-emotion-interaction", 52.4, 46.0, 43.5, 52.4),
    Reported("III", "MOSEI", "emotion", 6, "MMIM", None, 54.2),
    Reported("III", "MOSI", "sentiment", 7, "CM-BERT", None, 44.9),
    Reported("III", "MOSI", "sentiment", 7, MASKED, "mosi-cross-modal-bert", 48.5, 48.2, 49.8, 48.5),
    Reported("III", "MOSI", "sentiment", 7, INTERACTION, "mosi-interaction", 51.0, 50.2, 50.5, 50.1),
    Reported("III", "IEMOCAP", "emotion", 6, MASKED, "iemocap-cross-modal-bert", 34.0, 34.0, 37.0, 33.0),
    Reported("III", "IEMOCAP", "emotion", 6, INTERACTION, "iemocap-interaction", 57.0, 57.0, 57.0, 57.0),
    Reported("III", "IEMOCAP", "emotion", 6, "COGMEN", None, 68.2, 67.6),
)
TABLE_I = (
    Reported("I", "MOSI", "sentiment", 7, "T: BERT", "mosi-text-only", 41.5, 41.2, 50.2, 41.3),
    Reported("I", "MOSI", "sentiment", 7, "A: LSTM + linear", "mosi-audio-only", 25.59, 25.63, 32.76, 20.1),
    Reported("I", "MOSI", "sentiment", 7, "V: 2×3D-CNN + linear", "mosi-video-only", 29.2, 29.2, 32.8, 29.2),
    Reported("I", "MOSI", "sentiment", 7, "T+A: CM-BERT", "mosi-cm-bert", 44.7, 44.6, 44.3, 43.9),
    Reported("I", "MOSI", "sentiment", 7, "T+A+V: 3-Modal Cross-BERT", "mosi-cross-modal-bert", 47.5, 47.3, 48.6, 47.6),
)
