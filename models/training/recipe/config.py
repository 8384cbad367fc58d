"""A row of the paper's tables as a TOML file: what is trained on what, and how."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from architectures.paper_models import MODELS
from recipe.objectives import OBJECTIVES
from stages.pairing import PATTERN_PRESENCE

PROTOCOLS = ("paper", "honest")
"""`paper`: 80/20, and the epoch that is best on the test split, as published. `honest`: a validation split picks the
epoch and the test split is read once."""


@dataclass(frozen=True)
class RowConfig:
    """Defaults are the paper's section IV."""

    name: str
    """Also the folder of its runs."""
    corpus: str
    """A name of `corpora/registry.py`."""
    model: str
    """A name of `architectures/paper_models.py`."""
    objective: str
    """`bce`, `cross-entropy` or `regression`."""
    encoder: str = "minilm"
    """`minilm`, or the folder of a published BERT model: its width is the model's."""
    modalities: str = "TAV"
    """What training and evaluation see: one of T, A, V, TA, TV, AV, TAV."""
    paper_split: str = "stratified"
    """Of protocol `paper`: `stratified` 80/20, or the corpus's `official` one."""
    learning_rate: float = 2e-6
    new_learning_rate: float | None = None
    """Of all that is not the words' encoder; None: the same."""
    weight_decay: float = 0.01
    batch: int = 24
    epochs: int = 80
    seed: int = 7
    balance: float = 0.0
    """Weight of an example's loss: its class's inverse share to this power. 0 keeps the corpus's shares, 1 evens them."""
    select: str = "accuracy"
    """The figure that picks the epoch."""
    precision: str = "float32"
    """`float32`, or `bfloat16` for the products only."""
    options: dict[str, object] = field(default_factory=dict)
    """Of the model's constructor."""

    def __post_init__(self) -> None:
        for value, allowed, what in (
            (self.model, MODELS, "model"),
            (self.objective, OBJECTIVES, "objective"),
            (self.modalities, PATTERN_PRESENCE, "modalities"),
            (self.paper_split, ("stratified", "official"), "paper_split"),
            (self.select, ("accuracy", "weightedF1", "uar"), "select"),
            (self.precision, ("float32", "bfloat16"), "precision"),
        ):
            if value not in allowed:
                raise ValueError(f"{self.name}: {what} is one of {', '.join(allowed)}, not {value!r}")

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def read_config(file: Path, **changes: object) -> RowConfig:
    """Raises `ValueError` for a key that means nothing."""
    with open(file, "rb") as stream:
        values = {"name": file.stem} | tomllib.load(stream) | changes
    unknown = set(values) - {entry.name for entry in fields(RowConfig)}
    if unknown:
        raise ValueError(f"{file.name}: unknown {', '.join(sorted(unknown))}")
    return RowConfig(**values)
