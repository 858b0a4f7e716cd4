"""Who takes part: each contender is a way to paint a picture, cut into parts that can be timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from adain_lab.bench.peer import PEER, has_peer, peer_work
from adain_lab.bench.plain import plain_network
from adain_lab.devices import choose_precision, has_native_bfloat16
from adain_lab.functional import adain
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder
from adain_lab.networks.feedforward import TransformerNetwork
from adain_lab.optimize.gatys import GatysConfig, transfer
from adain_lab.stylizer import Stylizer, load
from adain_lab.weights import MODELS
from adain_lab.weights.feedforward import FEEDFORWARD, load_feedforward

__all__ = ["BASELINE", "BUNDLED_MODELS", "FULL_SIZE", "Contender", "Work", "lineup", "pictures"]

#: The contender that the others are compared with.
BASELINE = "plain full size"
#: The lab's own code at the paper's width, with random weights: what the code gains without a smaller network.
FULL_SIZE = "full size"
#: The models in the package, in the order of the tables: the last one, the largest, stands for all where one is enough.
BUNDLED_MODELS = ("levels", "levels_light", "tiny", "slim")
#: Parts of the work by name, in the order in which they must be called; a later part may use what an earlier one left
#: behind.
Work = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class Contender:
    """A way to paint.

    Attributes:
        name: for people.
        device: where it computes.
        precision: in which numbers.
        prepare: makes the work for a square picture with sides of so many pixels.
        cost: seconds of one pass as a multiple of the baseline's: roughly, for what is said before anything was
            measured.
        bytes_per_pixel: of memory beyond the model: roughly, to refuse what cannot fit.
    """

    name: str
    device: torch.device
    precision: str
    prepare: Callable[[int], Work]
    cost: float
    bytes_per_pixel: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the others."""
        return self.name, str(self.device), self.precision


def lineup(
    models: tuple[str, ...], device: torch.device, precisions: tuple[str, ...] = ("auto",), full_size: bool = False
) -> list[Contender]:
    """Everybody who takes part on one device, the baseline first.

    Args:
        models: of :data:`~adain_lab.weights.MODELS`.
        device: where.
        precisions: "auto", or names of :data:`~adain_lab.devices.PRECISIONS`; those that the device only emulates are
            left out.
        full_size: the lab's own code at full size too.
    """
    chosen = [str(choose_precision(device, p)).removeprefix("torch.") for p in precisions]
    if device.type == "cpu" and not has_native_bfloat16():
        chosen = [p for p in chosen if p != "bfloat16"]
    contenders = [Contender(BASELINE, device, "float32", lambda size: _plain(size, device), 1.0, 1100)]
    for precision in dict.fromkeys(chosen):
        share = (
            1.0 if precision == "float32" else 0.3
        )  # of the time of float32, where the hardware has the shorter numbers
        for name in ([FULL_SIZE] if full_size else []) + list(models):
            width = 64 if name == FULL_SIZE else MODELS[name].width
            relative, size_of = (width / 64) ** 1.6, 4 if precision == "float32" else 2

            def prepare(size: int, name: str = name, precision: str = precision) -> Work:
                return adain_work(_stylizer(name, device, precision), *pictures(size, device))

            contenders.append(
                Contender(name, device, precision, prepare, 0.8 * relative * share, 4.2 * width * size_of + 150)
            )
    precision = "bfloat16" if device.type == "cpu" and has_native_bfloat16() else "float32"
    for name in models:
        if MODELS[name].last == "relu5_1":  # Gatys' style loss wants that layer
            relative = (MODELS[name].width / 64) ** 1.6

            def iterate(size: int, name: str = name) -> Work:
                content, style = pictures(size, device)
                config = GatysConfig(size=size, coarse=0, steps=100_000)
                steps = transfer(content, style, config, encoder=name, device=str(device))
                next(steps)  # the targets are computed before the first iteration
                return {"iteration": lambda: next(steps)}

            contenders.append(
                Contender(f"Gatys, {name}", device, precision, iterate, 1.1 * relative, 34 * MODELS[name].width + 900)
            )
    for name, network, cost in _feedforward():

        def paint(size: int, network: Callable[[], TransformerNetwork] = network) -> Work:
            return _one_pass(network(), size, device)

        contenders.append(Contender(name, device, "float32", paint, cost, 1400))
    if device.type == "cpu" and has_peer():
        contenders.append(Contender(PEER, device, "int8", lambda size: peer_work(*pictures(size, device)), 0.15, 400))
    return contenders


def pictures(size: int, device: torch.device) -> torch.Tensor:
    """A content and a style of noise, (2, 1, 3, size, size): what is to be seen changes nothing for the time."""
    return torch.rand(2, 1, 3, size, size, generator=torch.Generator().manual_seed(0)).to(device)


def adain_work(stylizer: Stylizer, content: torch.Tensor, style: torch.Tensor) -> Work:
    """A stylization in three parts; with the style cached the second is left out, and a moved slider costs the third
    alone.
    """
    kept: dict[str, Any] = {}
    return {
        "content": lambda: kept.update(code=stylizer.encode_content(content)),
        "style": lambda: kept.update(statistics=stylizer.encode_style(style)),
        "decode": lambda: stylizer.render(kept["code"], kept["statistics"], 0.7),
    }


def _plain(size: int, device: torch.device) -> Work:
    encoder, decoder = (network.to(device).eval().requires_grad_(False) for network in plain_network())
    content, style = pictures(size, device)
    kept: dict[str, torch.Tensor] = {}
    return {
        "content": lambda: kept.update(content=encoder(content)),
        "style": lambda: kept.update(style=encoder(style)),
        "decode": lambda: decoder(adain(kept["content"], kept["style"])),
    }


def _stylizer(name: str, device: torch.device, precision: str) -> Stylizer:
    if name == FULL_SIZE:
        return Stylizer(Encoder(64, last="relu4_1"), Decoder(64), name, str(device), precision)
    return load(name, str(device), precision)


def _feedforward() -> list[tuple[str, Callable[[], TransformerNetwork], float]]:
    bundled = next(iter(FEEDFORWARD))
    return [
        ("one style, Johnson's size", lambda: TransformerNetwork(32, 5), 0.3),
        ("one style, bundled", lambda: load_feedforward(bundled), 0.15),
    ]


def _one_pass(network: TransformerNetwork, size: int, device: torch.device) -> Work:
    network = network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
    image = pictures(size, device)[0].contiguous(memory_format=torch.channels_last)
    return {"stylize": lambda: network(image)}
