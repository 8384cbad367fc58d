"""Training objectives, and the conversion of a model's outputs into probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional


class Objective(ABC):
    """Losses have one value per example, `[batch]`, so that examples can be weighted."""

    has_probabilities = True
    """False: there is nothing to calibrate."""

    def outputs(self, classes: int) -> int:
        """Number of outputs of the model."""
        return classes

    @abstractmethod
    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor: ...

    @abstractmethod
    def probabilities(self, outputs: Tensor, temperature: float = 1.0) -> Tensor:
        """`[batch, classes]`. Each row is a distribution."""


class CrossEntropy(Objective):
    """The objective of the interaction model."""

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(outputs, labels, reduction="none")

    def probabilities(self, outputs: Tensor, temperature: float = 1.0) -> Tensor:
        return torch.softmax(outputs / temperature, dim=1)


class BinaryCrossEntropy(Objective):
    """The objective of the masked fusion: one yes or no per class. The probabilities of yes are divided by their
    sum."""

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        target = functional.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        return functional.binary_cross_entropy_with_logits(outputs, target, reduction="none").mean(1)

    def probabilities(self, outputs: Tensor, temperature: float = 1.0) -> Tensor:
        yes = torch.sigmoid(outputs / temperature)
        return yes / yes.sum(1, keepdim=True).clamp(min=1e-12)


class Regression(Objective):
    """The objective of the published code for the seven classes −3…3: one number with the loss ½(ŷ − y)², rounded to
    its class."""

    has_probabilities = False
    CLASSES = 7
    MIDDLE = 3

    def outputs(self, classes: int) -> int:
        if classes != self.CLASSES:
            raise ValueError(f"regression is for the sentiment scale −3…3, not for {classes} classes")
        return 1

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return 0.5 * (outputs[:, 0] - (labels - self.MIDDLE)).square()

    def probabilities(self, outputs: Tensor, temperature: float = 1.0) -> Tensor:
        """1 for the rounded class, 0 for the others."""
        rounded = torch.sign(outputs[:, 0]) * torch.floor(outputs[:, 0].abs() + 0.5)
        classes = rounded.clamp(-self.MIDDLE, self.MIDDLE).long() + self.MIDDLE
        return functional.one_hot(classes, self.CLASSES).float()


OBJECTIVES: dict[str, Objective] = {
    "bce": BinaryCrossEntropy(),
    "cross-entropy": CrossEntropy(),
    "regression": Regression(),
}


def example_weights(labels: Tensor, classes: int, balance: float) -> Tensor:
    """One loss weight per class, `[classes]`: inverse shares to the power `balance`, with mean 1 over the examples."""
    counts = torch.bincount(labels, minlength=classes).float()
    weights = torch.where(counts > 0, (len(labels) / counts.clamp(min=1)) ** balance, 0.0)
    return weights * len(labels) / (weights * counts).sum()
