"""One run of a row: its epochs, the best of them, and how to resume after an interruption."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from architectures.paper_models import build_model
from architectures.text_encoder import TextEncoder, load_pretrained
from evaluation.metrics import score
from recipe.config import RowConfig
from recipe.examples import Examples
from recipe.objectives import OBJECTIVES, example_weights
from recipe.run_log import write_log
from recipe.splits import Split

LAST, BEST = "last.pt", "best.pt"
EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Trained:
    """A finished run: the model of its best epoch, and the metrics of every epoch."""

    model: nn.Module
    best_epoch: int
    history: list[dict[str, float]]


class Training:
    """Trains a row on the examples of a split. `folder` holds its checkpoints and logs.

    The order and dropout of an epoch depend only on the seed and the epoch's number, and a checkpoint is written after
    each epoch. A run that is interrupted and resumed therefore ends with the same weights, bit for bit, on the same
    CPU.
    """

    def __init__(
        self,
        config: RowConfig,
        protocol: str,
        examples: Examples,
        split: Split,
        folder: Path,
        device: str = "cpu",
        encoder: Callable[[], TextEncoder] | None = None,
    ) -> None:
        self.config = config
        self.protocol = protocol
        self.folder = folder
        self.device = device
        self.train = examples.rows(split.train).seen_as(config.modalities)
        self.select = examples.rows(split.select).seen_as(config.modalities)
        self.objective = OBJECTIVES[config.objective]
        self.classes = len(examples.classes)
        torch.manual_seed(config.seed)
        self.model = build_model(
            config.model,
            self.objective.outputs(self.classes),
            encoder or (lambda: load_pretrained(source=config.encoder)),
            **config.options,
        )
        self._fit_standardisation()
        self.model.to(device)
        weights = example_weights(torch.from_numpy(self.train.labels), self.classes, config.balance)
        self.weights = weights.to(device)
        self.optimizer = torch.optim.AdamW(self._parameter_groups(), weight_decay=config.weight_decay, fused=True)
        self.history: list[dict[str, float]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, epochs: int | None = None) -> Trained:
        """Continues from the checkpoint, if there is one, to the configured number of epochs, or only to `epochs`."""
        self._restore()
        end = min(self.config.epochs, epochs or self.config.epochs)
        for epoch in range(len(self.history), end):
            started = time.monotonic()
            loss = self._epoch(epoch)
            figures = self._figures()
            row = {"epoch": epoch, "seconds": round(time.monotonic() - started, 1), "loss": loss}
            self.history.append(row | {f"select/{name}": value for name, value in figures.items()})
            self._save()
        best = self._best_epoch()
        saved = torch.load(self.folder / BEST, map_location=self.device, weights_only=True)
        self.model.load_state_dict(saved["model"])
        return Trained(self.model.eval(), best, self.history)

    def _epoch(self, epoch: int) -> float:
        """Mean loss of the epoch's examples."""
        seed = self.config.seed * 100_003 + epoch
        torch.manual_seed(seed)
        self.model.train()
        total = 0.0
        steps = -(-len(self.train) // self.config.batch)
        bar = tqdm(
            self.train.batches(self.config.batch, np.random.default_rng(seed)),
            f"{self.config.name} {self.protocol} epoch {epoch + 1}/{self.config.epochs}",
            steps,
            mininterval=1.0 if sys.stderr.isatty() else 60.0,
            leave=False,
        )
        for batch, labels in bar:
            labels = labels.to(self.device)
            with products(self.device, self.config.precision):
                outputs = self.model(batch.to(self.device))
            loss = (self.objective.loss(outputs.float(), labels) * self.weights[labels]).mean()
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(labels)
            bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        return total / len(self.train)

    def _figures(self) -> dict[str, float]:
        outputs = predict(self.model, self.select, self.device, self.config.precision)
        return score(self.objective.probabilities(outputs).numpy(), self.select.labels)

    def _fit_standardisation(self) -> None:
        heard = self.train.audio[self.train.present[:, 1] > 0]
        if hasattr(self.model, "audio_input") and len(heard) > 1:
            self.model.audio_input.fit_standardisation(torch.from_numpy(heard))

    def _parameter_groups(self) -> list[dict]:
        encoder = list(self.model.encoder.parameters()) if hasattr(self.model, "encoder") else []
        known = {id(parameter) for parameter in encoder}
        new = [parameter for parameter in self.model.parameters() if id(parameter) not in known]
        rate = self.config.learning_rate
        groups = [{"params": encoder, "lr": rate}, {"params": new, "lr": self.config.new_learning_rate or rate}]
        return [group for group in groups if group["params"]]

    def _best_epoch(self) -> int:
        """The first epoch with the best metric."""
        return int(np.argmax([row[f"select/{self.config.select}"] for row in self.history]))

    def _identity(self) -> str:
        """What must be the same to continue a run: everything except its length."""
        config = {name: value for name, value in self.config.as_dict().items() if name != "epochs"}
        return json.dumps(config | {"protocol": self.protocol, "examples": len(self.train)}, sort_keys=True)

    def _save(self) -> None:
        # Write the best first. An interruption between the two writes repeats the epoch, which gives the same best
        # again.
        if self._best_epoch() == len(self.history) - 1:
            _write(self.folder / BEST, {"model": self.model.state_dict(), "epoch": len(self.history) - 1})
        state = {"identity": self._identity(), "model": self.model.state_dict(), "history": self.history}
        _write(self.folder / LAST, state | {"optimizer": self.optimizer.state_dict()})
        write_log(self.folder, self.history)

    def _restore(self) -> None:
        file = self.folder / LAST
        if not file.exists():
            return
        saved = torch.load(file, map_location=self.device, weights_only=True)
        if saved["identity"] != self._identity():
            raise ValueError(f"{self.folder} holds another run than {self.config.name}: name another folder")
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.history = saved["history"]
        write_log(self.folder, self.history)


def products(device: str, precision: str) -> torch.autocast:
    """Matrix products in the configured precision. Weights and everything else stay float32."""
    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=precision == "bfloat16")


@torch.no_grad()
def predict(model: nn.Module, examples: Examples, device: str = "cpu", precision: str = "float32") -> Tensor:
    """The model's outputs for every example, `[n, outputs]` on the CPU, float32."""
    model.eval()
    # Sorted by length, so that there is little padding.
    order = np.argsort([len(ids) for ids in examples.tokens], kind="stable")
    with products(device, precision):
        parts = [model(batch.to(device)).float().cpu() for batch, _ in examples.rows(order).batches(EVALUATION_BATCH)]
    return torch.cat(parts)[torch.from_numpy(np.argsort(order))]


def _write(file: Path, state: dict) -> None:
    """Writes the file completely or not at all."""
    partial = file.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(file)
