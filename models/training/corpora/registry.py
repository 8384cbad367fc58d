"""The corpora by their names in a row's configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpora import iemocap, local, meld, mosei, mosi
from corpora.measured import measured_examples
from corpora.utterance import Corpus
from datasets.tokens import load_tokenizer, tokenize
from recipe.examples import Examples


@dataclass(frozen=True)
class CorpusEntry:
    """`folder`: its name under the folder of the corpora. `load`: reads it. `dataset`, `task`: its title in a table."""

    dataset: str
    task: str
    folder: str
    load: Callable[[Path], Corpus]


LICENSED = {
    "meld": CorpusEntry("MELD", "emotion", "MELD.Raw", meld.load_meld),
    "mosei-sentiment": CorpusEntry("MOSEI", "sentiment", "CMU-MOSEI", mosei.load_mosei_sentiment),
    "mosei-emotion": CorpusEntry("MOSEI", "emotion", "CMU-MOSEI", mosei.load_mosei_emotion),
    "mosi": CorpusEntry("MOSI", "sentiment", "CMU-MOSI", mosi.load_mosi_corpus),
    "iemocap": CorpusEntry("IEMOCAP", "emotion", "IEMOCAP_full_release", iemocap.load_iemocap),
}
LOCAL = {
    "meld-words": ("MELD, words only", "emotion"),
    "mosi-words": ("MOSI, words only", "sentiment"),
    "synthetic": ("synthetic pairings", "emotion"),
}
CORPORA = (*LICENSED, *LOCAL)


def title(corpus: str) -> tuple[str, str]:
    """The names of dataset and task in a table."""
    if corpus in LICENSED:
        return LICENSED[corpus].dataset, LICENSED[corpus].task
    return LOCAL[corpus]


def load_examples(corpus: str, corpora: Path, data: Path, runs: Path, encoder: str = "minilm") -> Examples:
    """The examples of a corpus. A licensed corpus is read from its folder in `corpora` and measured into `runs`. Other
    corpora are read from `data`.

    Raises `FileNotFoundError` naming what is missing, and `ValueError` for an unknown name.
    """
    tokenizer = load_tokenizer(encoder)

    def tokens(texts) -> list[list[int]]:
        return tokenize(tokenizer, texts)

    if corpus in LICENSED:
        entry = LICENSED[corpus]
        folder = corpora / entry.folder
        if not folder.is_dir():
            raise FileNotFoundError(f"{entry.dataset} is not at {folder}: its licence is yours to get")
        loaded = entry.load(folder)
        texts = [utterance.text for utterance in loaded.utterances]
        return measured_examples(loaded, tokens(texts), runs / "measured" / corpus)
    if corpus == "meld-words":
        return local.meld_words(data, tokens)
    if corpus == "mosi-words":
        return local.mosi_words(data, tokens)
    if corpus == "synthetic":
        return local.synthetic(data, tokens, runs)
    raise ValueError(f"there is no corpus '{corpus}': one of {', '.join(CORPORA)}")
