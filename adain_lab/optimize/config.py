"""What Gatys' transfer is made of: its settings, where it can start, and what can optimise it.

PyTorch is imported by whoever computes: the command line shows these settings, and does not wait for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adain_lab.errors import InputError, InputTypeError

if TYPE_CHECKING:
    import torch

__all__ = ["INITS", "OPTIMIZERS", "GatysConfig", "check_optimizer"]


# ---- where the optimisation can start ----------------------------------------------------------------------------


def _from_content(content: torch.Tensor, style: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return content


def _from_noise(content: torch.Tensor, style: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    import torch

    # Of little contrast around the content's mean: full noise takes long to smooth.
    noise = torch.randn(content.shape, generator=generator).to(content.device)
    return (content.mean((2, 3), keepdim=True) + 0.15 * noise).clamp(0, 1)


def _from_style(content: torch.Tensor, style: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    from torch.nn import functional as F

    return F.interpolate(style, content.shape[2:], mode="bicubic", align_corners=False).clamp(0, 1)


#: Where the optimisation can start: functions of the content, the style and a generator of random numbers.
INITS: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Generator], torch.Tensor]] = {
    "content": _from_content,
    "noise": _from_noise,
    "style": _from_style,
}


# ---- what can optimise it ----------------------------------------------------------------------------------------


def _lbfgs(pixels: torch.Tensor, learning_rate: float) -> torch.optim.Optimizer:
    from torch.optim import LBFGS

    # One iteration and so one evaluation per call; the history of the curvature stays in the optimiser from call to
    # call. Its own tolerances are meant for gradients of another size: a pixel's share of a loss is below them from the
    # first step on.
    return LBFGS([pixels], lr=learning_rate, max_iter=1, history_size=20, tolerance_grad=0.0, tolerance_change=0.0)


def _adam(pixels: torch.Tensor, learning_rate: float) -> torch.optim.Optimizer:
    from torch.optim import Adam

    return Adam([pixels], lr=learning_rate)


#: The optimisers by name, with the learning rate that is taken when none is given.
OPTIMIZERS: dict[str, tuple[Callable[[torch.Tensor, float], torch.optim.Optimizer], float]] = {
    "lbfgs": (_lbfgs, 1.0),
    "adam": (_adam, 0.03),
}


def check_optimizer(optimizer: str, learning_rate: float | None = None) -> None:
    """Refuse an optimiser that there is not, and a learning rate that is no positive number.

    Raises:
        ValueError: one sentence.
    """
    if optimizer not in OPTIMIZERS:
        raise InputError(f"unknown optimizer {optimizer!r}: choose from {', '.join(OPTIMIZERS)}")
    if learning_rate is None:
        return
    if (
        isinstance(learning_rate, bool)
        or not isinstance(learning_rate, (int, float))
        or not 0 < learning_rate < float("inf")
    ):
        raise InputError(f"learning_rate must be a positive number, got {learning_rate!r}")


# ---- the settings ------------------------------------------------------------------------------------------------


def _or(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}"


_LAYERS = "layers, each with a weight if it is not 1, as in relu3_1=0.5"


@dataclass(frozen=True)
class GatysConfig:
    """What a transfer is made of.

    Attributes:
        content_layers, style_layers: layers by name with the weight of each; names alone weigh 1.
        content_weight, style_weight, tv_weight: of the content loss, the style loss and total variation.
        init: where to start, one of :data:`INITS`.
        optimizer: one of :data:`OPTIMIZERS`.
        learning_rate: the optimiser's; None for its default.
        steps: updates in all; they are shared out equally among the sizes.
        size: shorter side of the result, pixels; 0 keeps the content's own.
        coarse: how many smaller sizes come first, each half of the next. A small picture settles large forms at a
            quarter of the price.
        style_size: shorter side of the style at the last size, pixels; 0 means as large as the result. Smaller is
            finer.
        seed: of the noise.
    """

    content_layers: Mapping[str, float] = field(
        default_factory=lambda: {"relu4_1": 1.0}, metadata={"help": _LAYERS, "metavar": "LAYER"}
    )
    style_layers: Mapping[str, float] = field(
        default_factory=lambda: {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0, "relu5_1": 1.0},
        metadata={"help": _LAYERS, "metavar": "LAYER"},
    )
    content_weight: float = field(default=1.0, metadata={"help": "weight of the content loss", "metavar": "X"})
    style_weight: float = field(default=5.0, metadata={"help": "weight of the style loss", "metavar": "X"})
    tv_weight: float = field(
        default=4.0, metadata={"help": "weight of total variation: more is smoother", "metavar": "X"}
    )
    init: str = field(default="content", metadata={"help": f"where to start: {_or(INITS)}", "metavar": "NAME"})
    optimizer: str = field(default="lbfgs", metadata={"help": _or(OPTIMIZERS), "metavar": "NAME"})
    learning_rate: float | None = field(
        default=None, metadata={"help": "the optimiser's", "metavar": "X", "type": float, "none": "its own"}
    )
    steps: int = field(default=150, metadata={"help": "updates of the picture", "metavar": "N"})
    size: int = field(
        default=256, metadata={"help": "shorter side of the result, pixels; 0 keeps the content's own", "metavar": "N"}
    )
    coarse: int = field(default=1, metadata={"help": "how many smaller sizes come first", "metavar": "N"})
    style_size: int = field(
        default=0,
        metadata={"help": "shorter side of the style, pixels; 0 means as large as the result", "metavar": "N"},
    )
    seed: int = field(default=0, metadata={"help": "of the noise", "metavar": "N"})

    def __post_init__(self) -> None:
        for name in ("content_weight", "style_weight", "tv_weight"):
            _check_weight(name, getattr(self, name))
        for name in ("content_layers", "style_layers"):
            layers = _weighted(name, getattr(self, name))
            object.__setattr__(self, name, layers)  # frozen for everybody else
            for layer, weight in layers.items():
                _check_weight(f"the weight of {layer} in {name}", weight)
        if not self._used(self.content_weight, self.content_layers) and not self._used(
            self.style_weight, self.style_layers
        ):
            raise InputError("the weights must not all be zero: give the content or the style a weight, and a layer")
        if self.init not in INITS:
            raise InputError(f"unknown init {self.init!r}: choose from {', '.join(INITS)}")
        check_optimizer(self.optimizer, self.learning_rate)
        for name, smallest in (("steps", 1), ("size", 0), ("coarse", 0), ("style_size", 0), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
                raise InputError(f"{name} must be a whole number of at least {smallest}, got {value!r}")
        if self.steps <= self.coarse:
            raise InputError(
                f"steps must be more than the {self.coarse} smaller sizes that come first, got {self.steps}"
            )

    @staticmethod
    def _used(weight: float, layers: Mapping[str, float]) -> bool:
        return weight > 0 and any(w > 0 for w in layers.values())


def _weighted(name: str, layers: Any) -> dict[str, float]:
    """{layer: weight}, given so or as names alone."""
    if isinstance(layers, Mapping):
        return dict(layers)
    names = [layers] if isinstance(layers, str) else list(layers) if isinstance(layers, (list, tuple)) else [None]
    if not all(isinstance(layer, str) for layer in names):
        raise InputTypeError(
            f"{name} must be layers by name, such as {{'relu4_1': 1.0}} or ('relu3_1', 'relu4_1'), got {layers!r}"
        )
    return dict.fromkeys(names, 1.0)


def _check_weight(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise InputError(f"{name} must be a finite number >= 0, got {value!r}")
