"""The Python side of `npm run bench:python`: an utterance through librosa, openSMILE, a tokenizer and PyTorch, on one core.

stdin: one utterance per line, as JSON `{"samples": PATH, "text": TEXT}`; the file holds little-endian float32 samples (16 kHz
mono). stdout: one JSON object per line; first the versions, then for each utterance the seconds and processor seconds. The
networks have random weights, which does not change the time: the paper's interaction model around BERT base (12 layers, width
768) or, with `--small`, around a BERT of the size of all-MiniLM-L6-v2 (6 layers, width 384).
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "models" / "training"))

import librosa  # noqa: E402
import numpy as np  # noqa: E402
import opensmile  # noqa: E402
import tokenizers  # noqa: E402
import torch  # noqa: E402

from architectures.multimodal_interaction import MultimodalInteraction  # noqa: E402
from architectures.text_encoder import TextEncoder, TextEncoderShape  # noqa: E402
from architectures.utterance_batch import UtteranceBatch  # noqa: E402

RATE_HZ = 16_000
MAX_TOKENS = 50
BERT_BASE = TextEncoderShape(width=768, layers=12, heads=12, hidden=3072)
EMOTIONS = 7


def main() -> None:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    encoder = TextEncoder(TextEncoderShape() if "--small" in sys.argv else BERT_BASE)
    model = MultimodalInteraction(encoder, EMOTIONS).eval()
    tokenizer = tokenizers.Tokenizer.from_file(str(REPOSITORY / "models" / "undertone-mini" / "tokenizer.json"))
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02)
    tell(dict(opensmile=opensmile.__version__, librosa=librosa.__version__, torch=torch.__version__))
    for line in sys.stdin:
        utterance = json.loads(line)
        samples = np.fromfile(utterance["samples"], dtype="<f4")
        start, used = time.perf_counter(), time.process_time()
        scores = score(model, tokenizer, smile, samples, utterance["text"])
        used, seconds = time.process_time() - used, time.perf_counter() - start
        tell(dict(seconds=seconds, processorSeconds=used, scores=scores))


@torch.inference_mode()
def score(
    model: MultimodalInteraction,
    tokenizer: tokenizers.Tokenizer,
    smile: opensmile.Smile,
    samples: np.ndarray,
    text: str,
) -> list[float]:
    mfcc = librosa.feature.mfcc(y=samples, sr=RATE_HZ, n_mfcc=40).mean(axis=1)
    egemaps = smile.process_signal(samples, RATE_HZ).to_numpy()[0]
    ids = tokenizer.encode(text).ids[:MAX_TOKENS]
    batch = UtteranceBatch(
        ids=torch.tensor([ids]),
        mask=torch.ones(1, len(ids), dtype=torch.int64),
        audio=torch.from_numpy(np.concatenate([mfcc, egemaps]).astype(np.float32))[None],
        faces=torch.zeros(1, 25, 64, 64, dtype=torch.uint8),
        face_counts=torch.zeros(1, dtype=torch.int64),
        present=torch.tensor([[1.0, 1.0, 0.0]]),
    )
    return torch.softmax(model(batch), dim=-1)[0].tolist()


def tell(value: dict) -> None:
    print(json.dumps(value))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
