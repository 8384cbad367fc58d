"""What the training loops of all stages share: the end of training, the learning rate, and how to resume."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def products() -> torch.autocast:
    """Matrix products in bfloat16 if the processor has instructions for them. On others they would be many times
    slower."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


class Schedule:
    """Linear warm-up, then linear decay to zero. Progress is the larger share of steps or minutes."""

    def __init__(self, optimizer: torch.optim.Optimizer, steps: int, minutes: float, warmup: float = 0.06) -> None:
        self.optimizer = optimizer
        self.steps = steps
        self.seconds = minutes * 60
        self.warmup = warmup
        self.peaks = [group["lr"] for group in optimizer.param_groups]
        self.done = 0
        self.started = time.monotonic()
        self._apply()

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def progress(self) -> float:
        if self.elapsed_seconds >= self.seconds:
            return 1.0
        return min(1.0, max(self.done / self.steps, self.elapsed_seconds / self.seconds))

    def step(self) -> bool:
        """Runs the optimizer. Returns False once training is over."""
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.done += 1
        self._apply()
        return self.progress < 1

    def _apply(self) -> None:
        progress = self.progress
        factor = min(progress / self.warmup, (1 - progress) / (1 - self.warmup))
        for group, peak in zip(self.optimizer.param_groups, self.peaks):
            group["lr"] = peak * max(factor, 0.02 if progress < self.warmup else 0.0)


def average_of(module: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of the module's parameters and running statistics. Call `update_parameters` after
    every step. It forgets faster at first, so that it does not keep the untrained weights."""

    def blend(averages: list[Tensor], values: list[Tensor], steps: Tensor) -> None:
        if averages[0].is_floating_point():
            kept = min(decay, (1 + int(steps)) / (10 + int(steps)))
            torch._foreach_lerp_(averages, values, 1 - kept)
        else:
            torch._foreach_copy_(averages, values)

    return AveragedModel(module, multi_avg_fn=blend, use_buffers=True)


def load_stage(file: Path, **modules: nn.Module) -> float:
    """Continues from a stage's checkpoint: loads its weights, with a new optimizer and schedule. Returns its metric, or
    −1 when it was not scored. A module that is not in the checkpoint stays as it is."""
    saved = torch.load(file, weights_only=True)
    for name, module in modules.items():
        if name in saved:
            module.load_state_dict(saved[name])
    return saved.get("figure", -1.0)
