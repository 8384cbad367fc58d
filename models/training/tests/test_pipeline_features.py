"""The command that measures media, in the way that training uses it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from datasets import pipeline_features
from datasets.pipeline_features import SAMPLE_RATE_HZ, extract_features, is_available, measure_media
from exporting.graphs import open_session
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
    assert first.shape == (896,)
    assert np.isfinite(first).all() and np.isfinite(other).all()
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert extract_features([]).shape == (0, 896)


def test_the_encoded_voice_is_what_whispers_own_frames_give_nearly():
    """Whisper's `log_mel_spectrogram` has 400 points and centred frames. Ours has neither."""
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE_HZ + 240).astype(np.float32)
    voice = (noise * 0.05 + tone(180, len(noise)) + tone(900, len(noise)) * 0.3).astype(np.float32)
    window = torch.hann_window(400)
    power = torch.stft(torch.from_numpy(voice), 400, 160, window=window, return_complex=True).abs().square()[:, 1:101]
    logarithm = (mel_filters() @ power).clamp(min=1e-10).log10()
    bands = (torch.maximum(logarithm, logarithm.max() - 8) + 4) / 4
    session = open_session(str(REPOSITORY / "models" / "voice" / "voice-encoder.onnx"))
    feeds = {"bands": bands.T[None].numpy(), "frames": np.array([100])}
    mean = session.run(["sums"], feeds)[0][0, 0] / 50
    ours = extract_features([voice])[0, 128:512]
    assert np.corrcoef(mean, ours)[0, 1] > 0.99


def mel_filters() -> torch.Tensor:
    """Slaney's mel filters, `[80, 201]`: linear below 1 kHz, triangles of unit area."""

    def hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    edges = hertz(np.linspace(0, 15 + np.log(8) * 27 / np.log(6.4), 82))
    ramps = np.fft.rfftfreq(400, 1 / SAMPLE_RATE_HZ) - edges[:, None]
    rise, fall = ramps[:-2] / np.diff(edges)[:-1, None], -ramps[2:] / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return torch.from_numpy(np.maximum(0, np.minimum(rise, fall)) * area[:, None]).float()


def test_faces_and_voices_of_media_come_as_arrays_and_bad_media_as_an_error(tmp_path):
    soundfile.write(tmp_path / "tone.wav", tone(180), SAMPLE_RATE_HZ, subtype="FLOAT")
    rows: list[dict[str, object]] = [
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
