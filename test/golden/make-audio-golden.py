"""Writes the reference values that the audio feature tests compare with.

    python test/golden/make-audio-golden.py [FOLDER]

Needs numpy, soundfile, librosa 0.11 and opensmile 2.6, which serve as references for tests only. The clips are
synthesised by the same formulas as in test/pipeline/features/audio/clips.ts, so that no recording is stored. Of a few
recordings of RAVDESS in FOLDER (default ../shared/data/ravdess), where it is there, the features are stored, no audio.
"""

import json
import math
import sys
from pathlib import Path

import librosa
import numpy as np
import opensmile
import soundfile

RATE_HZ = 16_000
OUTPUT = Path(__file__).parents[1] / "fixtures" / "golden" / "audio"
RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "ravdess"
RECORDING_NAMES = [
    "03-01-01-01-01-01-01.flac",
    "03-01-03-02-02-01-06.flac",
    "03-01-04-01-01-02-11.flac",
    "03-01-05-02-01-01-16.flac",
    "03-01-06-01-02-02-23.flac",
]
CLIP_OF_DESCRIPTORS = 0
ROW_STEP = 4

CLIPS = [
    dict(name="low voice", seconds=2.0, pitchHz=110, vibratoHz=5, resonancesHz=[600, 1200, 2500], noise=0.001, seed=1),
    dict(name="high voice", seconds=2.6, pitchHz=220, vibratoHz=6, resonancesHz=[400, 2000, 2900], noise=0.002, seed=2),
    dict(name="noisy voice", seconds=1.7, pitchHz=150, vibratoHz=4, resonancesHz=[700, 1100, 2400], noise=0.05, seed=3),
    dict(name="short voice", seconds=0.35, pitchHz=180, vibratoHz=5, resonancesHz=[500, 1500, 2500], noise=0.001, seed=4),
]


def noise(seed: int):
    state = seed
    while True:
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        yield state / 2**31 - 1


def resonance(clip: dict, hz: float) -> float:
    return 0.02 + sum(math.exp(-(((hz - centre) / 150) ** 2)) / (i + 1) for i, centre in enumerate(clip["resonancesHz"]))


def synthesize(clip: dict) -> np.ndarray:
    random = noise(clip["seed"])
    samples = np.zeros(round(clip["seconds"] * RATE_HZ), dtype=np.float32)
    phase = 0.0
    for n in range(len(samples)):
        t = n / RATE_HZ
        hz = clip["pitchHz"] * (1 + 0.04 * math.sin(2 * math.pi * clip["vibratoHz"] * t)) * (1 + 0.1 * t)
        phase += hz / RATE_HZ
        in_syllable = t % 0.45
        gate = math.sin(math.pi * in_syllable / 0.3) ** 2 if in_syllable < 0.3 else 0.0
        voice, h = 0.0, 1
        while h * hz < 5000:
            voice += resonance(clip, h * hz) * math.sin(2 * math.pi * h * phase)
            h += 1
        samples[n] = math.floor((0.2 * gate * voice + clip["noise"] * next(random)) * 32768 + 0.5) / 32768
    return samples


def rounded(values) -> list[float]:
    return [float(f"{x:.7g}") for x in values]


def references(smile: opensmile.Smile, samples: np.ndarray) -> dict:
    mfcc = librosa.feature.mfcc(y=samples.astype(float), sr=RATE_HZ, n_mfcc=40).mean(axis=1)
    egemaps = smile.process_signal(samples, RATE_HZ).iloc[0]
    return dict(mfcc=rounded(mfcc), egemaps=dict(zip(egemaps.index, rounded(egemaps))))


def descriptors(clip: dict) -> dict:
    level = opensmile.FeatureLevel.LowLevelDescriptors
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=level)
    rows = smile.process_signal(synthesize(clip), RATE_HZ)
    kept = [rounded(row) for row in rows.to_numpy()[::ROW_STEP]]
    return dict(clip=clip, names=list(rows.columns), rowCount=len(rows), rowStep=ROW_STEP, rows=kept)


def write(name: str, content) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / name).write_text(json.dumps(content, indent=1) + "\n")


def main() -> None:
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02)
    voices = []
    for clip in CLIPS:
        samples = synthesize(clip)
        excerpt = [round(float(x), 6) for x in samples[1000:1010]]
        voices.append(dict(clip=clip, samples=excerpt, **references(smile, samples)))
    write("synthetic-voices.json", voices)
    write("synthetic-descriptors.json", descriptors(CLIPS[CLIP_OF_DESCRIPTORS]))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDINGS
    if not folder.exists():
        sys.exit(f"there is no {folder}: the features of recordings are left as they are")
    recordings = []
    for name in RECORDING_NAMES:
        samples = soundfile.read(folder / name, dtype="float32")[0].clip(-1, 32767 / 32768)
        recordings.append(dict(recording=name, seconds=len(samples) / RATE_HZ, **references(smile, samples)))
    write("ravdess.json", recordings)


if __name__ == "__main__":
    main()
