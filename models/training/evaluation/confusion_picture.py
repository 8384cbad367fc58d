"""A confusion table as a plain SVG image. Rows are the truth, and a darker cell is a larger share of its row."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

CELL_PX = 54
LABEL_PX = 110
TITLE_PX = 34


def confusion_svg(table: np.ndarray, labels: Sequence[str], title: str) -> str:
    """Counts `[truth, guess]`. Each cell shows its percentage of the row, and its count under the pointer."""
    side = len(labels) * CELL_PX
    width, height = LABEL_PX + side + 10, TITLE_PX + side + LABEL_PX
    shares = table / table.sum(1, keepdims=True).clip(1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-size="14">{escape(title)}</text>',
    ]
    for row, truth in enumerate(labels):
        y = TITLE_PX + row * CELL_PX
        parts.append(f'<text x="{LABEL_PX - 6}" y="{y + CELL_PX / 2 + 4}" text-anchor="end">{escape(truth)}</text>')
        for column, guess in enumerate(labels):
            x, share = LABEL_PX + column * CELL_PX, float(shares[row, column])
            level = round(255 - 200 * share)
            ink = "#fff" if share > 0.55 else "#111"
            tip = escape(f"{truth} taken for {guess}: {int(table[row, column])}")
            parts.append(
                f'<g><title>{tip}</title><rect x="{x}" y="{y}" width="{CELL_PX}" height="{CELL_PX}"'
                f' fill="rgb({level},{level},{min(255, level + 25)})" stroke="#ddd"/>'
                f'<text x="{x + CELL_PX / 2}" y="{y + CELL_PX / 2 + 4}" text-anchor="middle" fill="{ink}">'
                f"{100 * share:.0f}</text></g>"
            )
    for column, guess in enumerate(labels):
        middle, y = LABEL_PX + column * CELL_PX + CELL_PX / 2, TITLE_PX + side + 12
        parts.append(
            f'<text x="{middle}" y="{y}" text-anchor="end" transform="rotate(-45 {middle} {y})">{escape(guess)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def write_confusion(file: Path, table: np.ndarray, labels: Sequence[str], title: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(confusion_svg(np.asarray(table), labels, title), encoding="utf-8")
