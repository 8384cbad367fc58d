"""Scores an exported bundle on the public splits: `python models/training/evaluate.py [--split test] [--json]`.

The first rows are about whole corpora that a model was not trained on (`leave_out.py`). The next rows are about people
that the bundle was not trained on (`evaluation/unseen.py`). Quote these rows. Rows named `synthetic` join a MELD text,
a RAVDESS voice and a FER2013 face with the same label. Every other row is one corpus in its own modality. `ravdess-all`
has its clips in all four conditions. Make choices on `val`, and use `test` only once, for the published results.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evaluation.bundle_rows import as_table, evaluate, write_picture
from evaluation.left_out import read_left_out
from exporting.bundle import Bundle
from paths import DEFAULT_DATA, REPOSITORY, RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "undertone-mini")
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--runs", type=Path, default=RUNS, help="where the audio features are, or will be, kept")
    parser.add_argument("--limit", type=int, default=None, help="only the first examples of each corpus")
    parser.add_argument("--no-integer", action="store_true", help="score the graphs that accelerators run")
    parser.add_argument("--json", action="store_true", help="rows as JSON, one a line, instead of a table")
    parser.add_argument("--confusion", action="store_true", help="with --json: each row's confusion matrix too")
    parser.add_argument("--pictures", type=Path, default=None, help="folder that gets an SVG of each confusion matrix")
    options = parser.parse_args()
    rows = read_left_out(options.bundle)
    if options.json:
        print(*map(json.dumps, rows), sep="\n", flush=True)
    bundle = Bundle(options.bundle, integer=not options.no_integer)
    for row in evaluate(bundle, options.data, options.runs, options.split, options.limit):
        table, labels = row.pop("confusion"), row.pop("labels")
        rows.append(row)
        if options.pictures:
            write_picture(options.pictures, row, table, labels)
        if options.json:
            print(json.dumps(row | ({"confusion": table} if options.confusion else {})), flush=True)
    if not options.json:
        print(as_table(rows))


if __name__ == "__main__":
    main()
