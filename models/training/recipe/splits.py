"""Which utterances are for training, for choosing the epoch and for the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recipe.examples import Examples

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1
"""Share of all utterances, if the corpus has no splits of its own."""


@dataclass(frozen=True)
class Split:
    """Rows of each part. Under protocol `paper`, `select` and `test` are the same rows, as published."""

    train: np.ndarray
    select: np.ndarray
    test: np.ndarray


def split_rows(examples: Examples, protocol: str, paper_split: str, seed: int) -> Split:
    """The corpus's own splits if it has all three. Otherwise a drawn split that depends only on the seed."""
    named = {name: np.flatnonzero(examples.splits == name) for name in ("train", "val", "test")}
    official = all(len(rows) for rows in named.values()) and sum(map(len, named.values())) == len(examples)
    if protocol == "paper":
        if paper_split == "official":
            if not official:
                raise ValueError("the corpus has no train, val and test split of its own")
            return Split(named["train"], named["test"], named["test"])
        train, test = stratified(examples.labels, TEST_SHARE, seed)
        return Split(train, test, test)
    if official:
        return Split(named["train"], named["val"], named["test"])
    shares = (1 - TEST_SHARE - VALIDATION_SHARE, VALIDATION_SHARE, TEST_SHARE)
    return Split(*grouped(examples.labels, examples.groups, shares, seed))


def stratified(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the larger and of the smaller part. Each part has the same share of every class. Speakers are not
    considered."""
    random = np.random.default_rng(seed)
    smaller = []
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        smaller.append(rows[: round(share * len(rows))])
    chosen = np.sort(np.concatenate(smaller))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def grouped(labels: np.ndarray, groups: np.ndarray, shares: tuple[float, ...], seed: int) -> list[np.ndarray]:
    """Rows of each part. No group is in two parts. The largest groups are assigned first, each to the part that lacks
    its classes most."""
    names, which = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), labels.max() + 1))
    np.add.at(counts, (which, labels), 1)
    wanted = np.array(shares)[:, None] * counts.sum(0)
    held = np.zeros_like(wanted)
    part = np.zeros(len(names), int)
    order = np.random.default_rng(seed).permutation(len(names))
    for group in order[np.argsort(-counts[order].sum(1), kind="stable")]:
        # How much closer each part comes to its target, independent of class sizes.
        gain = (np.abs(wanted - held) - np.abs(wanted - held - counts[group])) / counts.sum(0).clip(1)
        part[group] = int((gain.sum(1) / np.array(shares)).argmax())
        held[part[group]] += counts[group]
    return [np.flatnonzero(part[which] == index) for index in range(len(shares))]
