"""The references' side of `npm run bench:features`: openSMILE's eGeMAPSv02 and librosa's MFCC on one core.

stdin: a path of raw little-endian float32 samples (16 kHz mono) a line. stdout: a JSON object a line; first the
versions, then for each path the 128 measures and the processor seconds that each library took. librosa is timed on
float32 samples, as it loads them; its values come from float64 samples, whose rounding does not show.
"""

import json
import os
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import librosa  # noqa: E402
import numpy as np  # noqa: E402
import opensmile  # noqa: E402

RATE_HZ = 16_000


def main() -> None:
    warnings.filterwarnings("ignore")
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02)
    print(json.dumps(dict(opensmile=opensmile.__version__, librosa=librosa.__version__, names=smile.feature_names)))
    sys.stdout.flush()
    for line in sys.stdin:
        samples = np.fromfile(line.rstrip("\n"), dtype="<f4")
        start = time.process_time()
        librosa.feature.mfcc(y=samples, sr=RATE_HZ, n_mfcc=40).mean(axis=1)
        between = time.process_time()
        egemaps = smile.process_signal(samples, RATE_HZ).to_numpy()[0]
        end = time.process_time()
        mfcc = librosa.feature.mfcc(y=samples.astype(float), sr=RATE_HZ, n_mfcc=40).mean(axis=1)
        features = [float(value) for value in (*mfcc, *egemaps)]
        print(json.dumps(dict(features=features, librosaSeconds=between - start, opensmileSeconds=end - between)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
