"""Writes openSMILE's unsmoothed values of single frames, and its pitch, for the tests of harmonics and voice quality.

    python test/golden/make-voiced-frames-golden.py

Needs numpy and opensmile 2.6. The configuration is openSMILE's own for GeMAPS, with its unsmoothed levels as the output.
"""

import importlib.util
import json
import tempfile
from pathlib import Path

import opensmile

HERE = Path(__file__).parent
OUTPUT = HERE.parent / "fixtures" / "golden" / "audio" / "voiced-frames.json"
GEMAPS = Path(opensmile.__file__).parent / "core" / "config" / "gemaps" / "v01b" / "GeMAPSv01b_core.lld.conf.inc"
FRAMES = 60
FIELDS = {
    "jitterLocal": "jitter",
    "shimmerLocalDB": "shimmerDb",
    "HarmonicsToNoiseRatioACFLogdB": "hnrDb",
    "HarmonicDifferenceLogRelH1-H2": "h1H2Db",
    "HarmonicDifferenceLogRelH1-A3": "h1A3Db",
    **{f"FormantAmplitudeByMaxHarmonicLogRelF0[{i}]": f"formantDb{i}" for i in (1, 2, 3)},
    **{f"formantFreqLpc[{i}]": f"formantHz{i}" for i in (1, 2, 3)},
    **{f"formantBandwidthLpc[{i}]": f"bandwidthHz{i}" for i in (1, 2, 3)},
}
CONFIGURATION = rf"""
[componentInstances:cComponentManager]
instance[dataMemory].type=cDataMemory
instance[frames].type=cVectorConcat
\{{\cm[source{{?}}:include external source]}}
\{{{GEMAPS}}}
[frames:cVectorConcat]
reader.dmLevel=gemapsv01b_logPitch;gemapsv01b_jitterShimmer;gemapsv01b_harmonics;gemapsv01b_formants
writer.dmLevel=frames
includeSingleElementFields=1
\{{\cm[sink{{?}}:include external sink]}}
"""


def load_clips():
    specification = importlib.util.spec_from_file_location("audio_golden", HERE / "make-audio-golden.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return [clip for clip in module.CLIPS if clip["seconds"] > 1], module.synthesize


def main() -> None:
    clips, synthesize = load_clips()
    goldens = []
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "frames.conf"
        configuration.write_text(CONFIGURATION)
        smile = opensmile.Smile(str(configuration), feature_level="frames")
        for clip in clips:
            frames = smile.process_signal(synthesize(clip), 16_000).iloc[:FRAMES]
            # As text, a single-precision value of nine digits is exact; the pitch decides about ties.
            pitch = [float(f"{x:.9g}") for x in frames["F0final"].to_numpy()]
            values = {ours: [float(f"{x:.6g}") for x in frames[name]] for name, ours in FIELDS.items()}
            goldens.append(dict(clip=clip, pitchHz=pitch, **values))
    OUTPUT.write_text("[\n" + ",\n".join(json.dumps(golden) for golden in goldens) + "\n]\n")


if __name__ == "__main__":
    main()
