"""The result of a corpus loader: labelled utterances and the location of their media."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LEFT_HALF = {"x": 0, "y": 0, "width": 0.5, "height": 1}
RIGHT_HALF = {"x": 0.5, "y": 0, "width": 0.5, "height": 1}


@dataclass(frozen=True)
class Media:
    """A file, or its part from `start_ms` to `end_ms`. `crop` is in shares of the picture."""

    file: Path
    start_ms: float | None = None
    end_ms: float | None = None
    crop: dict[str, float] | None = None

    def manifest(self) -> dict[str, object]:
        """The keys of a row in a manifest for `undertone features --batch`."""
        keys = {"media": str(self.file), "startMs": self.start_ms, "endMs": self.end_ms, "crop": self.crop}
        return {key: value for key, value in keys.items() if value is not None}


@dataclass(frozen=True)
class Utterance:
    """`label`: index into the corpus's classes. `split`: train, val, test, or '' when the corpus has none. `group`:
    utterances of a group must not be divided among splits. `video` None: the pictures are in the file of `audio`."""

    id: str
    text: str
    label: int
    group: str
    audio: Media
    split: str = ""
    video: Media | None = None

    def manifest_row(self) -> dict[str, object]:
        row = {"id": self.id} | self.audio.manifest()
        return row | ({"video": self.video.manifest()} if self.video else {})


@dataclass(frozen=True)
class Corpus:
    classes: tuple[str, ...]
    utterances: list[Utterance]


def first_folder(*candidates: Path) -> Path:
    """The first folder that exists. Raises `FileNotFoundError` naming all of them."""
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"none of these folders is there: {', '.join(map(str, candidates))}")
