"""Optimising the pixels of a picture: the engine of Gatys' transfer, of feature inversion and of textures.

The picture is the parameter. It is free while it is optimised, since a pixel that is
clamped has no gradient to come back with; a small penalty draws it into [0, 1], and it is clamped when it is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch

from adain_lab.errors import InputError
from adain_lab.functional import total
from adain_lab.losses import range_penalty
from adain_lab.optimize.config import OPTIMIZERS, check_optimizer

__all__ = ["OPTIMIZERS", "NonFiniteLoss", "Step", "optimize"]

#: Weight of the penalty on values outside [0, 1].
RANGE_WEIGHT = 100.0


class NonFiniteLoss(InputError):
    """The loss became infinite or undefined; what was yielded before is good."""


@dataclass(frozen=True)
class Step:
    """A picture on its way.

    Attributes:
        iteration: how many updates it has had; 0 is the start.
        losses: each term of the loss at this picture, weighted, by name.
        seconds: since the start of the optimisation.
        pixels: the picture as the optimiser has it, (1, 3, H, W), not quite within [0, 1].
    """

    iteration: int
    losses: dict[str, float]
    seconds: float
    pixels: torch.Tensor

    @property
    def loss(self) -> float:
        """The sum of all terms: what is minimised."""
        return sum(self.losses.values())

    @cached_property
    def image(self) -> torch.Tensor:
        """The picture, (1, 3, H, W) in [0, 1], on the CPU."""
        return self.pixels.clamp(0, 1).cpu()


def optimize(
    start: torch.Tensor,
    terms: Callable[[torch.Tensor], Mapping[str, torch.Tensor]],
    *,
    steps: int,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
) -> Iterator[Step]:
    """Minimise a loss over the pixels of a picture, yielding it on its way.

    Each iteration evaluates the loss and its gradient once, with either
    optimiser, so that their iterations can be compared.

    Args:
        start: (1, 3, H, W); it is not changed.
        terms: the loss of a picture (1, 3, H, W) as named, weighted scalars with gradient. A term "range" is added to
            them.
        steps: how many updates, at least 1.
        optimizer: "lbfgs" (fewer iterations) or "adam" (robust).
        learning_rate: the optimiser's; None for its default.

    Yields:
        A :class:`Step` for the start, and one after every update: steps + 1 in all. Stop whenever you like.

    Raises:
        ValueError: ``steps``, ``optimizer`` or ``learning_rate`` makes no sense.
        NonFiniteLoss: the loss is not a number any more.

    Example:
        >>> grey = torch.full((1, 3, 2, 2), 0.2)
        >>> for step in optimize(grey, lambda x: {"distance": (x - 0.7).square().mean()}, steps=5):
        ...     pass
        >>> step.iteration, round(float(step.image.mean()), 2)
        (5, 0.7)
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"steps must be a whole number of at least 1, got {steps!r}")
    check_optimizer(optimizer, learning_rate)
    make, default = OPTIMIZERS[optimizer]
    return _optimize(start, terms, steps, make, default if learning_rate is None else learning_rate)


def _optimize(
    start: torch.Tensor,
    terms: Callable[[torch.Tensor], Mapping[str, torch.Tensor]],
    steps: int,
    make: Callable[..., torch.optim.Optimizer],
    rate: float,
) -> Iterator[Step]:
    pixels = start.detach().clone().requires_grad_(True)
    updater = make(pixels, rate)
    began = time.perf_counter()
    latest: list[Step] = []

    def evaluate(iteration: int) -> torch.Tensor:
        losses = {**terms(pixels), "range": RANGE_WEIGHT * range_penalty(pixels)}
        loss = total(losses.values())
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        if not torch.isfinite(loss):
            wrong = [name for name, value in values.items() if not abs(value) < float("inf")]
            raise NonFiniteLoss(
                f"the loss is not finite after {iteration} iterations ({', '.join(wrong) or 'their sum'}): try a lower learning rate "
                f"than {rate:g}, or smaller weights"
            )
        latest[:] = [Step(iteration, values, time.perf_counter() - began, pixels.detach().clone())]
        return loss

    def closure(iteration: int) -> Any:
        updater.zero_grad(set_to_none=True)
        with torch.enable_grad():
            loss = evaluate(iteration)
            loss.backward()
        return loss

    for iteration in range(steps):
        updater.step(partial(closure, iteration))
        yield latest[0]
    with torch.no_grad():
        evaluate(steps)
    yield latest[0]
