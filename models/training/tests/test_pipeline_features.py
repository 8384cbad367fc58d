"""The command that measures media, as training uses it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from datasets import pipeline_features
from datasets.pipeline_features import SAMPLE_RATE_HZ, extract_features, is_available, measure_media
from paths import REPOSITORY

SAMPLE_CALL = REPOSITORY / "server" / "sample-call" / "sample-call.webm"


@pytest.fixture(autouse=True)
def installed():
    if not is_available():
        pytest.skip("SKIPPED: run npm install first; the features come from the project's TypeScript")


def tone(hertz: float, samples: int = SAMPLE_RATE_HZ) -> np.ndarray:
    return (np.sin(np.arange(samples) * 2 * np.pi * hertz / SAMPLE_RATE_HZ) * 0.2).astype(np.float32)


def test_the_same_sound_gives_the_same_finite_features_across_portions(monkeypatch):
    monkeypatch.setattr(pipeline_features, "CLIPS_AT_ONCE", 2)
    noise = np.random.default_rng(0).standard_normal(12_345).astype(np.float32) * 0.05
    first, other, again = extract_features(iter([tone(180), noise, tone(180)]))
    assert first.shape == (128,)
    assert np.isfinite(first).all() and np.isfinite(other).all()
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert extract_features([]).shape == (0, 128)


def test_faces_and_voices_of_media_come_as_arrays_and_bad_media_as_an_error(tmp_path):
    soundfile.write(tmp_path / "tone.wav", tone(180), SAMPLE_RATE_HZ, subtype="FLOAT")
    rows = [
        {"id": "bad", "media": str(tmp_path / "none.mp4")},
        {"id": "call", "media": str(SAMPLE_CALL), "startMs": 46_000, "endMs": 48_000, "channel": 0},
        {"id": "tone \U0001d11e", "media": str(tmp_path / "tone.wav")},
    ]
    measured = measure_media(rows, tmp_path / "out", quiet=True)
    assert measured.ids.tolist() == ["bad", "call", "tone \U0001d11e"]
    assert [error != "" for error in measured.errors] == [True, False, False]
    assert measured.faces.shape == (3, 25, 64, 64) and measured.faces.dtype == np.uint8
    assert measured.face_counts[0] == measured.face_counts[2] == 0
    count = measured.face_counts[1]
    assert 5 < count <= 12
    assert measured.faces[1, count - 1].std() > 5 and measured.faces[1, count:].max() == 0
    assert np.array_equal(measured.audio[2], extract_features([tone(180)])[0])
    assert measured.face_states[2] == "absent" and np.isnan(measured.face_qualities[2])
    again = measure_media(rows, tmp_path / "out", quiet=True)
    assert np.array_equal(again.audio, measured.audio)
