"""A row of the paper's tables as a TOML file: model, corpus and training."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from architectures.paper_models import MODELS
from recipe.objectives import OBJECTIVES
from stages.pairing import PATTERN_PRESENCE

PROTOCOLS = ("paper", "honest")
"""`paper`: 80/20, and the epoch that is best on the test split, as published. `honest`: a validation split chooses the
epoch, and the test split is used once."""


@dataclass(frozen=True)
class RowConfig:
    """The defaults are from the paper's section IV."""

    name: str
    """Also the name of the folder of its runs."""
    corpus: str
    """A name of `corpora/registry.py`."""
    model: str
    """A name of `architectures/paper_models.py`."""
    objective: str
    """`bce`, `cross-entropy` or `regression`."""
    encoder: str = "minilm"
    """`minilm`, or the folder of a published BERT model. The model has the encoder's width."""
    modalities: str = "TAV"
    """The modalities that training and evaluation get: one of T, A, V, TA, TV, AV, TAV."""
    paper_split: str = "stratified"
    """Split of the protocol `paper`: `stratified` 80/20, or the corpus's `official` one."""
    learning_rate: float = 2e-6
    new_learning_rate: float | None = None
    """Learning rate of everything except the text encoder. None: the same."""
    weight_decay: float = 0.01
    batch: int = 24
    epochs: int = 80
    seed: int = 7
    balance: float = 0.0
    """Weight of an example's loss: the inverse share of its class to this power. 0 keeps the corpus's shares, and 1
    makes them equal."""
    select: str = "accuracy"
    """The metric that chooses the epoch."""
    precision: str = "float32"
    """`float32`, or `bfloat16` only for matrix products."""
    options: dict[str, object] = field(default_factory=dict)
    """Options of the model's constructor."""

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
    """Raises `ValueError` for an unknown key."""
    with open(file, "rb") as stream:
        values = {"name": file.stem} | tomllib.load(stream) | changes
    unknown = set(values) - {entry.name for entry in fields(RowConfig)}
    if unknown:
        raise ValueError(f"{file.name}: unknown {', '.join(sorted(unknown))}")
    return RowConfig(**values)
