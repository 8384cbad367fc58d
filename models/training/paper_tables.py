"""The paper's tables with our results next to its own: `python models/training/paper_tables.py [--out docs/paper-tables.md]`.

Reads the results of `train_row.py` in `runs/`. A row that has not been run has empty cells.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from paths import RUNS
from recipe.tables import ROWS, tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--out", type=Path, default=None, help="default: standard output")
    options = parser.parse_args()
    text = tables(options.rows, options.runs)
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
