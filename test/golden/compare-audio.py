"""Compares the audio features with openSMILE and librosa on recordings, and prints a Markdown table.

    python test/golden/compare-audio.py FOLDER [COUNT]

FOLDER holds 16 kHz mono FLAC or WAV files, of which COUNT (default 60) are drawn with a fixed seed. Prints, per feature,
Pearson's correlation over the files and the median relative error. Needs numpy, soundfile, librosa, opensmile, and a
`node` of version 24.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import librosa
import numpy as np
import opensmile
import soundfile

REPOSITORY = Path(__file__).parents[2]


def draw(folder: Path, count: int) -> list[Path]:
    files = sorted(path for path in folder.glob("*") if path.suffix in {".flac", ".wav"})
    random.Random(7).shuffle(files)
    return files[:count]


def ours(clips: list[np.ndarray]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, samples in enumerate(clips):
            paths.append(str(Path(folder) / f"{i}.f32"))
            samples.tofile(paths[-1])
        script = str(REPOSITORY / "test" / "golden" / "print-audio-features.ts")
        printed = subprocess.run(["node", script, *paths], check=True, capture_output=True, text=True).stdout
    return np.array([json.loads(line) for line in printed.splitlines()])


def main() -> None:
    folder = Path(sys.argv[1])
    files = draw(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    if not files:
        sys.exit(f"no recordings in {folder}: nothing is compared")
    clips = [np.clip(soundfile.read(path, dtype="float32")[0], -1, 32767 / 32768) for path in files]
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02)
    mfcc = [librosa.feature.mfcc(y=samples.astype(float), sr=16_000, n_mfcc=40).mean(axis=1) for samples in clips]
    egemaps = [smile.process_signal(samples, 16_000).to_numpy()[0] for samples in clips]
    names = [f"mfcc{i + 1:02}_mean" for i in range(40)] + list(smile.feature_names)
    expected = np.hstack([mfcc, egemaps]).astype(float)
    found = ours(clips)
    error = np.abs(found - expected) / np.maximum(np.abs(expected), 1e-9)
    correlation = [np.corrcoef(a, b)[0, 1] for a, b in zip(found.T, expected.T)]
    print("| feature | r | median relative error |\n| --- | --- | --- |")
    for name, r, e in zip(names, correlation, np.median(error, axis=0)):
        print(f"| {name} | {r:.4f} | {100 * e:.2f} % |")
    r = np.array(correlation[40:])
    print(f"\n{len(files)} recordings; of 88 eGeMAPS: r >= 0.9 {sum(r >= 0.9)}, 0.95 {sum(r >= 0.95)}, 0.99 {sum(r >= 0.99)}")
    print(f"largest relative error of an MFCC {error[:, :40].max():.2e}; median of eGeMAPS {np.median(error[:, 40:]):.2e}")


if __name__ == "__main__":
    main()
