"""A checkpoint is one file of tensors and JSON, without a pickle, from which a killed training run goes on."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from indexing.errors import InputError

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """It holds the model's weights, those of its best epoch, AdamW's moments, and `state`, all else needed (JSON)."""

    model: Tensors
    best: Tensors
    moments: Tensors
    state: Mapping[str, Any]


def weights_of(module: torch.nn.Module) -> Tensors:
    """Copy a model's weights into the memory of the processor."""
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in module.state_dict().items()}


def moments_of(optimizer: torch.optim.Optimizer) -> Tensors:
    """Return what AdamW remembers of each parameter, by `NUMBER.NAME`."""
    states = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": torch.as_tensor(value).detach().to("cpu", copy=True).contiguous()
        for number, state in states.items()
        for name, value in state.items()
    }


def restore_moments(optimizer: torch.optim.Optimizer, moments: Tensors) -> None:
    """Give AdamW back what it remembered."""
    states: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in moments.items():
        number, _, name = key.partition(".")
        states.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint under another name, then rename: a reader sees the one before or this one. Raises
    InputError when the disk is full; the one before stays."""
    tensors: Tensors = {}
    for part in ("model", "best", "moments"):
        tensors |= {f"{part}/{name}": value.clone() for name, value in getattr(checkpoint, part).items()}
    unfinished = path.with_name(path.name + ".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        save_file(tensors, unfinished, metadata={"state": json.dumps(dict(checkpoint.state))})
        unfinished.replace(path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error}): make room, then go on with --resume") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises InputError when it cannot be read."""
    parts: dict[str, Tensors] = {"model": {}, "best": {}, "moments": {}}
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads(file.metadata()["state"])
            for key in file.keys():  # noqa: SIM118 - no dict
                part, _, name = key.partition("/")
                parts[part][name] = file.get_tensor(key)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no checkpoint of a training ({error}): remove it and train anew") from error
    return Checkpoint(parts["model"], parts["best"], parts["moments"], state)
