"""IEMOCAP: `IEMOCAP_full_release`, five sessions of two actors.

    SessionN/dialog/EmoEvaluation/<dialogue>.txt          [6.2901 - 8.2357]<tab>Ses01F_impro01_F000<tab>neu<tab>[2.5, 2.5, 2.5]
    SessionN/dialog/transcriptions/<dialogue>.txt         Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
    SessionN/sentences/wav/<dialogue>/<utterance>.wav
    SessionN/dialog/avi/DivX/<dialogue>.avi               both actors side by side

The server's demuxer cannot read AVI, so `transcode` makes one `.mp4` per dialogue with ffmpeg.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from corpora.utterance import LEFT_HALF, RIGHT_HALF, Corpus, Media, Utterance, first_folder

CLASSES = ("sadness", "neutral", "joy", "delight", "anger", "disappointment")
LABELS = {"sad": "sadness", "neu": "neutral", "hap": "joy", "exc": "delight", "ang": "anger", "fru": "disappointment"}
MERGED = {"sur": "delight", "fea": "sadness", "dis": "anger"}
"""The paper merges weakly present emotions "with the nearest strongly expressed emotion" but does not say which. This
is our interpretation. It affects 149 utterances of 7,529; the paper counts 7,368."""
SPLITS = {1: "train", 2: "train", 3: "train", 4: "val", 5: "test"}
"""Split of each session in the honest protocol. No actor is in two splits."""
MARKED_ON_THE_LEFT = True
"""Whether the actor with the markers is in the left half of the picture. The name of a dialogue tells who that is
(Ses01F: the woman). Look at one dialogue per session before you rely on it."""

_EVALUATION = re.compile(r"^\[(\d+\.\d+) - (\d+\.\d+)\]\t(\S+)\t(\w+)\t")
_TRANSCRIPTION = re.compile(r"^(\S+) \[\d+\.\d+-\d+\.\d+\]: ?(.*)$")


def load_iemocap(folder: Path, films: Path | None = None) -> Corpus:
    """Utterances on whose emotion the judges agreed. `films`: folder that `transcode` wrote. Default: `<folder>/mp4`.

    Raises `FileNotFoundError` when `transcode` has not run.
    """
    films = first_folder(films or folder / "mp4")
    utterances = []
    for session, split in SPLITS.items():
        dialogues = first_folder(folder / f"Session{session}" / "dialog")
        for evaluation in sorted((dialogues / "EmoEvaluation").glob("Ses*.txt")):
            words = _read_words(dialogues / "transcriptions" / evaluation.name)
            for line in evaluation.read_text(encoding="utf-8", errors="replace").splitlines():
                match = _EVALUATION.match(line)
                label = match and (LABELS | MERGED).get(match[4])
                if not match or not label:
                    continue
                start, end, name = float(match[1]) * 1000, float(match[2]) * 1000, match[3]
                dialogue = evaluation.stem
                speech = folder / f"Session{session}" / "sentences" / "wav" / dialogue / f"{name}.wav"
                film = Media(films / f"{dialogue}.mp4", start, end, _half(dialogue, name))
                utterances.append(
                    Utterance(name, words.get(name, ""), CLASSES.index(label), f"Session{session}", Media(speech), split, film)
                )
    return Corpus(CLASSES, utterances)


def _half(dialogue: str, utterance: str) -> dict[str, float]:
    """The half of the picture with the speaker. `Ses01F_impro01` names the actor with markers, and `…_M003` the
    speaker."""
    is_marked = dialogue[5] == utterance.rsplit("_", 1)[1][0]
    return LEFT_HALF if is_marked == MARKED_ON_THE_LEFT else RIGHT_HALF


def _read_words(file: Path) -> dict[str, str]:
    matches = map(_TRANSCRIPTION.match, file.read_text(encoding="utf-8", errors="replace").splitlines())
    return {match[1]: match[2].strip() for match in matches if match}


def transcode(folder: Path, films: Path | None = None) -> list[Path]:
    """Converts the pictures of every dialogue to H.264, unless that is already done. Raises `CalledProcessError`."""
    films = films or folder / "mp4"
    films.mkdir(parents=True, exist_ok=True)
    written = []
    for film in sorted(folder.glob("Session*/dialog/avi/DivX/Ses*.avi")):
        target = films / f"{film.stem}.mp4"
        if not target.exists():
            partial = films / f"{film.stem}.partial.mp4"
            encoding = ["-an", "-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p"]
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", film, *encoding, partial], check=True)
            partial.replace(target)
            written.append(target)
    return written
