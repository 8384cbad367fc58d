"""RAVDESS speech by actor, cut to the spoken part, and variations that imitate a telephone line, a room and other
voices."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from scipy import signal

from datasets.labels import EMOTIONS

SAMPLE_RATE_HZ = 16_000
ACTORS = {"train": range(1, 19), "val": range(19, 21), "test": range(21, 25)}
RAVDESS_LABELS = {1: "neutral", 2: "neutral", 3: "joy", 4: "sadness", 5: "anger", 6: "fear", 7: "disgust", 8: "surprise"}
"""Calm (02) counts as neutral."""
SILENCE_DB = 35.0
"""Sound this far below a clip's loudest 20 ms counts as silence."""
MP3_DELAY_SAMPLES, AAC_DELAY_SAMPLES = 1105, 1024
"""Samples that each encoder puts before the first sample."""


@dataclass(frozen=True)
class Clip:
    """`label`: index into `EMOTIONS`."""

    file: Path
    label: int
    actor: int


def list_ravdess(folder: Path, split: str) -> list[Clip]:
    clips = []
    for file in sorted(folder.glob("*.flac")):
        fields = [int(field) for field in file.stem.split("-")]
        if fields[6] in ACTORS[split]:
            clips.append(Clip(file, EMOTIONS.index(RAVDESS_LABELS[fields[2]]), fields[6]))
    return clips


def read_clip(file: Path) -> np.ndarray:
    """Mono float32 samples at 16 kHz."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    if rate != SAMPLE_RATE_HZ:
        raise ValueError(f"{file.name} is at {rate} Hz, not {SAMPLE_RATE_HZ}")
    return samples.mean(1)


def trim(samples: np.ndarray, margin_ms: tuple[float, float] = (100.0, 100.0)) -> np.ndarray:
    """The spoken part with a margin before and after, because the feature stage gets utterances that voice activity has
    cut."""
    hop = SAMPLE_RATE_HZ // 50
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    power = 10 * np.log10((frames.astype(np.float64) ** 2).mean(1) + 1e-12)
    loud = np.flatnonzero(power > power.max() - SILENCE_DB)
    start = int(loud[0] * hop - margin_ms[0] * SAMPLE_RATE_HZ / 1000)
    end = int((loud[-1] + 1) * hop + margin_ms[1] * SAMPLE_RATE_HZ / 1000)
    return samples[max(0, start) : end]


def telephone(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """300–3400 Hz at 8 kHz, μ-law, at a random level, back at 16 kHz."""
    band = signal.butter(4, (300, 3400), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    narrow = signal.resample_poly(signal.sosfilt(band, at_random_level(samples, random)), 1, 2).clip(-1, 1)
    coded = np.rint(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return signal.resample_poly(decoded, 2, 1).astype(np.float32)


def with_noise(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Adds noise of a random colour (white to brown) 5–25 dB below the speech, at a random level."""
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** random.uniform(0, 1)
    noise = np.fft.irfft(spectrum, len(samples))
    ratio = 10 ** (-random.uniform(5, 25) / 20)
    noise *= ratio * np.sqrt((samples**2).mean() / (noise**2).mean())
    return at_random_level((samples + noise).astype(np.float32), random)


def on_a_call(samples: np.ndarray, random: np.random.Generator, talkers: Sequence[np.ndarray]) -> np.ndarray:
    """In a small room, with others talking 5–20 dB below, through Opus at its lowest rates, at a random level."""
    heard = in_a_room(samples, random)
    babble = sum(np.resize(talkers[i], len(heard)) / np.std(talkers[i]) for i in random.integers(len(talkers), size=4))
    ratio = 10 ** (-random.uniform(5, 20) / 20)
    return opus(at_random_level((heard + babble * ratio * heard.std() / babble.std()).astype(np.float32), random), random)


def in_a_room(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Adds an echo of noise that decays by 60 dB within 0.1–0.4 s, 0–10 dB below the voice itself."""
    seconds = random.uniform(0.1, 0.4)
    decay = 10 ** (-3 * np.arange(int(seconds * SAMPLE_RATE_HZ)) / (seconds * SAMPLE_RATE_HZ))
    tail = random.standard_normal(len(decay)) * decay
    tail *= 10 ** (-random.uniform(0, 10) / 20) / np.sqrt((tail**2).sum())
    return (samples + signal.fftconvolve(samples, tail)[: len(samples)]).astype(np.float32)


def opus(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Encodes and decodes with Opus at 10–20 kbit/s."""
    file = io.BytesIO()
    level = 1 - random.uniform(0, 0.05)
    soundfile.write(file, samples, SAMPLE_RATE_HZ, format="OGG", subtype="OPUS", compression_level=level)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0][: len(samples)]


def mp3(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Encodes and decodes with MP3 at 8–32 kbit/s."""
    file = io.BytesIO()
    # Above 0.9999, libsndfile finds no rate.
    level = random.uniform(0.8, 0.99)
    soundfile.write(
        file,
        samples,
        SAMPLE_RATE_HZ,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=level,
    )
    file.seek(0)
    decoded = soundfile.read(file, dtype="float32")[0][MP3_DELAY_SAMPLES:][: len(samples)]
    return np.pad(decoded, (0, len(samples) - len(decoded)))


def aac(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Encodes and decodes with AAC at 16–40 kbit/s."""
    file, rate = io.BytesIO(), int(random.uniform(16_000, 40_000))
    with av.open(file, "w", format="adts") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono", bit_rate=rate)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    file.seek(0)
    with av.open(file, "r", format="aac") as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    decoded = np.concatenate(parts)[AAC_DELAY_SAMPLES:][: len(samples)]
    return np.pad(decoded, (0, len(samples) - len(decoded))).astype(np.float32)


def lossy(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Passes the speech through a codec that recordings are stored in, at a low rate and a random level."""
    codec = (mp3, aac, opus)[random.integers(3)]
    return within_full_scale(codec(at_random_level(samples, random), random))


def within_full_scale(samples: np.ndarray) -> np.ndarray:
    """Limits the samples to full scale, because codecs overshoot a little."""
    return samples.clip(-1, 1).astype(np.float32)


def other_voice(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Shifts pitch, formants and tempo together by up to 8 %, like a larger or smaller speaker, at a random level."""
    target = round(100 * np.exp(random.uniform(-0.08, 0.08)))
    return at_random_level(signal.resample_poly(samples, 100, target).astype(np.float32), random)


def at_random_level(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Changes the level by −15 to +6 dB and limits it to full scale."""
    gain = 10 ** (random.uniform(-15, 6) / 20)
    return (samples * min(gain, 0.99 / max(np.abs(samples).max(), 1e-6))).astype(np.float32)


Condition = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def conditions(talkers: Sequence[np.ndarray]) -> dict[str, Condition]:
    """The conditions that a clip can have. `talkers`: clips for the background talk of a call."""
    return {
        "clean": lambda samples, _random: samples,
        "telephone": telephone,
        "noise": with_noise,
        "call": lambda samples, random: on_a_call(samples, random, talkers),
        "lossy": lossy,
        "other-voice": other_voice,
    }
