"""Caches the features of voices in `runs/`: `python models/training/prepare.py`. Decodes, cuts, varies and extracts."""

from __future__ import annotations

import argparse
from pathlib import Path

from datasets.prepared_voices import prepare_corpus, prepare_split
from datasets.speech import ACTORS
from datasets.voice_corpora import CORPORA
from paths import DEFAULT_DATA, RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--split", choices=tuple(ACTORS), action="append", default=[], help="of RAVDESS, to be scored")
    parser.add_argument("--corpus", choices=CORPORA, action="append", default=[], help="every speaker; default: all corpora")
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    for corpus in options.corpus or (() if options.split else CORPORA):
        prepare_corpus(options.data, options.runs, corpus, options.limit)
    for split in options.split:
        prepare_split(options.data / "ravdess", options.runs, split, options.limit)


if __name__ == "__main__":
    main()
