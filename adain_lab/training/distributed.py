"""Several processes that train together: which one this is, and what they tell each other.

``torchrun`` starts the processes and tells each its place by environment variables. Each takes its
share of every batch (see :func:`~batches`), and :func:`average_gradients` makes of the
shares' gradients that of the whole batch: the losses are means over pictures, and the shares are equal.
In a program that runs alone every function here does nothing, so that callers need not ask.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import distributed as dist
from torch import nn

from adain_lab.errors import InputError

__all__ = [
    "SaidElsewhere",
    "any_of",
    "average",
    "average_gradients",
    "is_first",
    "rank",
    "share",
    "share_weights",
    "together",
    "union",
    "world",
]

T = TypeVar("T")
#: What torchrun sets, and what is needed to find one another.
_ENVIRONMENT = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


class SaidElsewhere(InputError):
    """An error of the first process, on the others: they stop too, and need not say why again."""


@contextmanager
def together(device: torch.device) -> Iterator[torch.device]:
    """Join the processes that ``torchrun`` started, for the length of the block; alone, nothing happens.

    Args:
        device: where to compute; of several GPUs, each process of a machine takes its own.

    Yields:
        This process's device.

    Raises:
        ValueError: the environment names several processes, but not how to find them, or there are more processes than
            GPUs.
    """
    if _number("WORLD_SIZE", 1) < 2 or dist.is_initialized():
        yield device
        return
    missing = [name for name in _ENVIRONMENT if name not in os.environ]
    if missing:
        raise InputError(
            f"WORLD_SIZE asks for several processes, but {missing[0]} is not set: start them with torchrun"
        )
    if device.type == "cuda":
        place = _number("LOCAL_RANK", 0)
        if place >= torch.cuda.device_count():
            raise InputError(
                f"{place + 1} processes or more were started here for {torch.cuda.device_count()} GPUs: start one per GPU"
            )
        device = torch.device("cuda", place)
        torch.cuda.set_device(device)
    # Python objects travel by gloo; gradients by the GPUs' own links where there are any.
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


def _number(name: str, default: int) -> int:
    """What ``torchrun`` set."""
    text = os.environ.get(name, str(default))
    if not text.isdecimal():
        raise InputError(f"{name} must be a whole number, as torchrun sets it, got {text!r}: unset it to train alone")
    return int(text)


def world() -> int:
    """How many processes train together; 1 alone."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """This process's number, from 0."""
    return dist.get_rank() if world() > 1 else 0


def is_first() -> bool:
    """Whether this is the one process that writes files and speaks."""
    return rank() == 0


def share(make: Callable[[], T]) -> T:
    """What ``make`` returns on the first process, on all of them: only that one calls it.

    Raises:
        SaidElsewhere: on the others, when ``make`` raised a ValueError, TypeError or OSError on the first, which raises
            that.
    """
    if world() == 1:
        return make()
    made, error = None, None
    if is_first():
        try:
            made = make()
        except (ValueError, TypeError, OSError) as caught:
            error = caught
    box: list[Any] = [made, None if error is None else str(error)]
    dist.broadcast_object_list(box, src=0)
    if error is not None:
        raise error
    if box[1] is not None:
        raise SaidElsewhere(box[1])
    return box[0]


@torch.no_grad()
def share_weights(network: nn.Module) -> None:
    """Give every process the first one's weights."""
    if world() > 1:
        for parameter in network.parameters():
            weights = parameter.detach().contiguous()  # a copy where they are in another memory format
            dist.broadcast(weights, src=0)
            parameter.copy_(weights)


@torch.no_grad()
def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the processes, all in one message."""
    if world() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    message = average(torch.cat([g.flatten() for g in gradients]))
    for gradient, part in zip(gradients, message.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def average(values: torch.Tensor) -> torch.Tensor:
    """Mean of a tensor over the processes."""
    if world() == 1:
        return values
    total = values.detach().clone()
    dist.all_reduce(total)
    return total / world()


def any_of(flag: bool) -> bool:
    """Whether any process says yes. All must ask."""
    if world() == 1:
        return flag
    count = torch.tensor(int(flag))
    dist.all_reduce(count)
    return bool(count)


def union(values: Iterable[T]) -> set[T]:
    """The values of all processes together. All must ask."""
    if world() == 1:
        return set(values)
    sets: list[set[T]] = [set() for _ in range(world())]
    dist.all_gather_object(sets, set(values))
    return set().union(*sets)
