"""What is to be measured, checked before anything is, and about how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from adain_lab.bench.contenders import BUNDLED_MODELS, FULL_SIZE, Contender, lineup
from adain_lab.bench.memory import available_megabytes, expected_megabytes
from adain_lab.bench.timing import fair_rounds, one_pass
from adain_lab.devices import choose_device
from adain_lab.errors import InputError
from adain_lab.weights import MODELS

__all__ = ["FULL_SIZES", "Plan", "everybody", "expected_pass", "expected_seconds", "full", "probe"]

FULL_SIZES = (128, 256, 512, 1024, 2048)
#: Reflection padding after four halvings, and a feed-forward network's two.
SMALLEST = 32
#: PyTorch starts in about so many seconds: in each child process that measures memory, and its optimisers in this one.
_START = 5.0


@dataclass(frozen=True)
class Plan:
    """A run of the benchmark.

    Attributes:
        sizes: sides of the square pictures, pixels.
        rounds: repetitions at most; what takes long is repeated less often.
        device: see :data:`~adain_lab.devices.DEVICES`; "auto" takes the best, and with ``extras`` the processor too.
        models: bundled models.
        extras: the other precisions, the lab's code at full size, growth, memory, and Gatys' method to equal loss, too.
        limit: a single pass that would take more seconds than this is left out.
        memory_mb: so is one that would need more memory; 0 for four fifths of what is available.
    """

    sizes: tuple[int, ...] = (256,)
    rounds: int = 10
    device: str = "auto"
    models: tuple[str, ...] = BUNDLED_MODELS
    extras: bool = False
    limit: float = 60.0
    memory_mb: float = 0.0

    def __post_init__(self) -> None:
        if not self.sizes or any(isinstance(s, bool) or not isinstance(s, int) or s < SMALLEST for s in self.sizes):
            given = ", ".join(map(str, self.sizes)) or "none"
            raise InputError(f"sizes must be whole numbers of pixels of at least {SMALLEST}, got {given}")
        if isinstance(self.rounds, bool) or not isinstance(self.rounds, int) or self.rounds < 1:
            raise InputError(f"rounds must be a whole number of at least 1, got {self.rounds!r}")
        if not self.limit > 0 or not self.memory_mb >= 0:
            raise InputError(f"the limits must be positive numbers, got {self.limit} seconds and {self.memory_mb} MB")
        unknown = [name for name in self.models if name not in MODELS]
        if unknown or not self.models:
            raise InputError(f"unknown model {unknown[0] if unknown else ''!r}: choose from {', '.join(MODELS)}")
        object.__setattr__(self, "sizes", tuple(sorted(set(self.sizes))))
        if not self.memory_mb:
            object.__setattr__(self, "memory_mb", 0.8 * available_megabytes())
        choose_device(self.device)

    @property
    def devices(self) -> list[torch.device]:
        """Where it is measured."""
        best = choose_device(self.device)
        return [torch.device("cpu"), best] if self.extras and self.device == "auto" and best.type != "cpu" else [best]


def full(plan: Plan) -> Plan:
    """The plan with everything in it; sizes of its own stay."""
    return replace(plan, sizes=FULL_SIZES if plan.sizes == Plan.sizes else plan.sizes, extras=True)


def everybody(plan: Plan, device: torch.device) -> list[Contender]:
    """Who takes part on ``device``."""
    precisions = (
        ("auto", "float32", "bfloat16")
        if plan.extras and device.type == "cpu"
        else ("auto", "float32")[: 1 + plan.extras]
    )
    return lineup(plan.models, device, precisions, full_size=plan.extras)


def probe(contenders: list[Contender], clock: Callable[[], float], size: int = 96) -> float:
    """Seconds per pixel of the baseline, from a small picture."""
    baseline = contenders[0]
    work = baseline.prepare(size)
    return min(sum(one_pass(work, baseline.device, clock).values()) for _ in range(3)) / size**2


def expected_pass(contender: Contender, size: int, per_pixel: float) -> float:
    """About how many seconds one pass takes."""
    return contender.cost * per_pixel * size**2


def expected_seconds(plan: Plan, contenders: list[Contender], per_pixel: float) -> float:
    """About how many seconds the plan takes on one device."""
    total = _START  # PyTorch loads what its optimisers need when Gatys' method takes its first step
    for contender in contenders:
        memory = _START if plan.extras else 0.0
        for size in plan.sizes:
            once = expected_pass(contender, size, per_pixel)
            if once > plan.limit or expected_megabytes(contender, size) > plan.memory_mb:
                continue
            total += once * (fair_rounds(once, plan.rounds) + (once < 2))
            memory += once if plan.extras and size <= 1024 else 0.0
        total += memory
    if plan.extras:
        slim = next((c for c in contenders if c.name not in (FULL_SIZE, contenders[0].name)), contenders[0])
        total += 300 * expected_pass(
            slim, 256, per_pixel
        )  # growth with styles and regions, and the two transfers to equal loss
    return total


def describe(contender: Contender) -> dict[str, Any]:
    """Its key as columns."""
    return dict(zip(("name", "device", "precision"), contender.key, strict=True))
