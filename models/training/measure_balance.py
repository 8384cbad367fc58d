"""Measures how weighting rare classes changes the results of a row on its validation split.

`python models/training/measure_balance.py models/training/rows/NAME.toml --balances 0 0.5 1 --seeds 7 8 9`
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpora.registry import load_examples
from paths import DEFAULT_DATA, RUNS
from recipe.config import RowConfig, read_config
from recipe.examples import Examples
from recipe.splits import split_rows
from recipe.training import Training

FIGURES = ("accuracy", "weightedF1", "uar")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--balances", type=float, nargs="+", default=(0.0, 0.5, 1.0))
    parser.add_argument("--seeds", type=int, nargs="+", default=(7, 8, 9))
    parser.add_argument("--epochs", type=int, help="instead of the row's")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_DATA.parent / "corpora")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    config = read_config(options.config, **({"epochs": options.epochs} if options.epochs else {}))
    examples = load_examples(config.corpus, options.corpora, options.data, options.runs, config.encoder)
    found = {}
    for balance in options.balances:
        runs = [
            validation_figures(replace(config, balance=balance, seed=seed), examples, options.runs, options.device)
            for seed in options.seeds
        ]
        found[balance] = np.array([[run[name] for name in FIGURES] for run in runs])
        print(describe(balance, found[balance]), flush=True)
    print(verdict(config.select, found))


def validation_figures(config: RowConfig, examples: Examples, runs: Path, device: str, **options: Any) -> dict[str, float]:
    """Metrics of the best epoch of an honest run. The test split is not used."""
    folder = runs / "balance" / config.name / f"{config.balance:g}-{config.seed}"
    split = split_rows(examples, "honest", config.paper_split, config.seed)
    trained = Training(config, "honest", examples, split, folder, device, **options).run()
    best = trained.history[trained.best_epoch]
    return {name: best[f"select/{name}"] for name in FIGURES}


def describe(balance: float, figures: np.ndarray) -> str:
    """figures: `[seeds, 3]`."""
    cells = [f"{name} {100 * f.mean():.1f} ± {100 * f.std():.1f}" for name, f in zip(FIGURES, figures.T)]
    return f"balance {balance:g}: {', '.join(cells)} over {len(figures)} seeds"


def verdict(select: str, found: dict[float, np.ndarray]) -> str:
    """The smallest balance whose mean is not worse than the best by more than the spread between seeds."""
    column = FIGURES.index(select)
    values = {balance: figures[:, column] for balance, figures in found.items()}
    best = max(values, key=lambda balance: values[balance].mean())
    spread = max(value.std() for value in values.values())
    enough = min(b for b, value in values.items() if values[best].mean() - value.mean() <= spread)
    return f"take balance {enough:g}: none is better in {select} by more than the seeds' {100 * spread:.1f} points"


if __name__ == "__main__":
    main()
