"""A run's history as a CSV file and as TensorBoard events. Both are rewritten from the checkpoint's history."""

from __future__ import annotations

import csv
from pathlib import Path

from tensorboardX import SummaryWriter

CSV_FILE = "epochs.csv"
EVENTS_FOLDER = "events"


def write_log(folder: Path, history: list[dict[str, float]]) -> None:
    """One row and one step per epoch. A resumed run gives the same rows as an uninterrupted one."""
    if not history:
        return
    partial = folder / f"{CSV_FILE}.partial"
    with open(partial, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(history[0]))
        writer.writeheader()
        writer.writerows(history)
    partial.replace(folder / CSV_FILE)
    events = folder / EVENTS_FOLDER
    for earlier in events.glob("events.out.tfevents.*"):
        earlier.unlink()
    with SummaryWriter(str(events)) as writer:
        for row in history:
            for name, value in row.items():
                if name != "epoch":
                    writer.add_scalar(name, value, int(row["epoch"]))
