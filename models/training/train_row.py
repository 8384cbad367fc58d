"""Trains and tests one row of the paper's tables: `python models/training/train_row.py models/training/rows/NAME.toml`.

After an interruption, run it again: it continues from the last complete epoch. A row that has its result is not tested
again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from corpora.registry import load_examples, title
from paths import DEFAULT_DATA, RUNS
from recipe.config import PROTOCOLS, RowConfig, read_config
from recipe.results import read_results, result_rows, write_results
from recipe.splits import split_rows
from recipe.training import Training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path, nargs="+", help="one or more rows")
    parser.add_argument("--protocol", choices=PROTOCOLS, action="append", help="default: both")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_DATA.parent / "corpora", help="the licensed corpora")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="the public ones")
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, help="instead of the row's")
    parser.add_argument("--encoder", help="instead of the row's: `minilm`, or the folder of a BERT model")
    parser.add_argument("--seed", type=int, help="instead of the row's; its runs get folders of their own")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    changes = {key: getattr(options, key) for key in ("epochs", "encoder", "seed") if getattr(options, key) is not None}
    for file in options.config:
        config = read_config(file, **changes)
        for protocol in options.protocol or PROTOCOLS:
            rows = train_row(config, protocol, options.corpora, options.data, options.runs, options.device)
            for row in rows:
                figures = " ".join(f"{key} {100 * row[key]:.1f}" for key in ("accuracy", "weightedF1", "uar"))
                print(f"{config.name} {protocol} {row['pattern']}: {figures} over {row['n']}", flush=True)


def run_folder(runs: Path, config: RowConfig, protocol: str) -> Path:
    return runs / "rows" / config.name / f"{protocol}-{config.seed}"


def train_row(config: RowConfig, protocol: str, corpora: Path, data: Path, runs: Path, device: str = "cpu") -> list[dict]:
    """The row's results. They are computed if they do not exist yet."""
    folder = run_folder(runs, config, protocol)
    if found := read_results(folder):
        return found
    examples = load_examples(config.corpus, corpora, data, runs, config.encoder)
    split = split_rows(examples, protocol, config.paper_split, config.seed)
    training = Training(config, protocol, examples, split, folder, device)
    trained = training.run()
    test = examples.rows(split.test).seen_as(config.modalities)
    rows = result_rows(config, protocol, trained, training.select, test, title(config.corpus), device)
    write_results(folder, rows)
    return rows


if __name__ == "__main__":
    main()
