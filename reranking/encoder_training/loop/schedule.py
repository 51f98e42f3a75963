"""A schedule says how fast a model learns: AdamW over its parameters, and a rate that rises, then falls to nothing."""

from dataclasses import dataclass

import torch

from indexing.encoders.precision import choose_precision
from indexing.errors import InputError


@dataclass(frozen=True)
class Schedule:
    """It plans a training: `learning_rate` is the largest one, reached after the share `warmup` of the training;
    weights decay by `weight_decay`, biases and norms do not."""

    learning_rate: float = 1e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    most_gradient: float = 1.0  # a longer gradient is shortened to this

    def __post_init__(self) -> None:
        if self.learning_rate <= 0:
            raise InputError(f"--learning-rate {self.learning_rate}: give more than 0")

    def optimizer(self, module: torch.nn.Module) -> torch.optim.Optimizer:
        """Return AdamW (Loshchilov and Hutter, 2019) over the parameters that are not frozen."""
        learnt = [value for value in module.parameters() if value.requires_grad]
        groups = [
            {"params": [value for value in learnt if value.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [value for value in learnt if value.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.learning_rate)

    def rate(self, done: float) -> float:
        """Return the learning rate when this share of the training is behind."""
        return self.learning_rate * min(1.0, (done + 1e-3) / self.warmup) * (1 - done)

    def take_step(self, optimizer: torch.optim.Optimizer, loss: torch.Tensor, *, done: float) -> float:
        """Learn from a loss, and return its value."""
        for group in optimizer.param_groups:
            group["lr"] = self.rate(done)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parameters = [value for group in optimizer.param_groups for value in group["params"]]
        torch.nn.utils.clip_grad_norm_(parameters, self.most_gradient)
        optimizer.step()
        return float(loss.detach())


def half_precision(device: str) -> torch.autocast:
    """Return the context of a loss: products are in bf16 where the device multiplies it, weights always in fp32."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=choose_precision("auto", kind) == "bf16")
