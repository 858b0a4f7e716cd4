"""What the panel of Gatys' transfer computes: where a run starts, its steps, and what is saved of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import asdict, replace
from typing import Any

import torch
from PIL import Image

from adain_lab.devices import choose_device
from adain_lab.images import check_size, resize, to_bytes, to_pil, to_tensor
from adain_lab.networks.encoder import Encoder
from adain_lab.optimize.gatys import INITS, GatysConfig, Transfer, transfer
from adain_lab.optimize.pixels import Step
from adain_lab.recipes.recipe import new_recipe
from adain_lab.weights import load_encoder
from adain_lab.widgets.session.gallery import Gallery
from adain_lab.widgets.session.pictures import SIZES, fitted_size
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.stills.curves import curve_picture, loss_curves

__all__ = ["FIELDS", "GatysSession"]

#: Settings that are fields of GatysConfig; the others are the names of the content and of the style.
FIELDS = ("style_weight", "steps", "size", "init", "optimizer")


class GatysSession:
    """Pictures of two galleries, an encoder, and the values that no setting changes.

    Settings are a mapping with ``content``, ``style`` and :data:`FIELDS`.

    Args:
        encoder: an encoder or its name.
        config: what a run is made of, as long as no setting says otherwise.

    Raises:
        ValueError, FileNotFoundError: there is no such encoder, or the size is none that a panel can have.

    Example:
        >>> session = GatysSession("tiny", GatysConfig(size=64, steps=2))
        >>> settings = {name: getattr(session.config, name) for name in FIELDS}
        >>> settings["content"] = session.galleries["content"].add(torch.rand(3, 64, 80))
        >>> settings["style"] = session.galleries["style"].add(torch.rand(3, 64, 64))
        >>> [step.iteration for step in session.steps(settings)[1]]
        [0, 1, 2]
    """

    def __init__(self, encoder: Encoder | str, config: GatysConfig):
        self.config = config
        self.check("size", config.size)
        self.model = encoder if isinstance(encoder, str) else "an encoder of one's own"
        self.encoder = load_encoder(encoder).to(choose_device()) if isinstance(encoder, str) else encoder
        self.galleries = {"content": Gallery("content"), "style": Gallery("style")}

    def check(self, name: str, value: Any) -> Any:
        """The value of a setting, if it can have it.

        Raises:
            TypeError, ValueError: it cannot; one sentence.
        """
        if name in ("content", "style"):
            return self.galleries[name][value].name
        if name == "size":
            check_size(value, *SIZES)
        return getattr(replace(self.config, **{name: value}), name)

    def prepare(self, settings: Mapping[str, Any]) -> tuple[GatysConfig, torch.Tensor, torch.Tensor]:
        """The config and the pictures, (1, 3, H, W); those so long that they would take too much memory get a smaller
        size.
        """
        content, style = (to_tensor(self.galleries[kind][settings[kind]].open()) for kind in ("content", "style"))
        size = fitted_size(content.shape[3], content.shape[2], settings["size"])
        style_size = fitted_size(style.shape[3], style.shape[2], self.config.style_size or size)
        fields = {name: settings[name] for name in FIELDS}
        return replace(self.config, **{**fields, "size": size, "style_size": style_size}), content, style

    def first(self, settings: Mapping[str, Any]) -> torch.Tensor:
        """Where a run starts, at full size, (1, 3, H, W). Noise is other noise than the run's, which may begin
        smaller.
        """
        config, content, style = self.prepare(settings)
        generator = torch.Generator().manual_seed(config.seed)
        return INITS[config.init](resize(content, config.size), resize(style, config.style_size), generator).clamp(0, 1)

    def steps(self, settings: Mapping[str, Any]) -> tuple[GatysConfig, Generator[Step, None, None]]:
        """A run that has not begun, and what it is made of.

        Raises:
            ValueError: the pictures are too small for the layers.
        """
        config, content, style = self.prepare(settings)
        return config, transfer(content, style, config, encoder=self.encoder, device=self.encoder.mean.device.type)

    def png(self, result: Transfer, config: GatysConfig, settings: Mapping[str, Any]) -> bytes:
        """The best picture as a PNG file with its recipe.

        Raises:
            ValueError: there is none yet.
        """
        best = result.found
        inputs = {kind: self.galleries[kind][settings[kind]].identity(0) for kind in ("content", "style")}
        recipe = new_recipe("gatys", self.model, **inputs, device=self.encoder.mean.device.type, **asdict(config))
        recipe |= {"iteration": best.iteration, "stopped": result.stopped}
        return to_bytes(best.image, "png", recipe=recipe)

    def still(self, result: Transfer, settings: Mapping[str, Any], total: int) -> Image.Image:
        """Content, style, the best picture and the loss curves side by side; the last two as soon as there are any."""
        names = {kind: settings[kind] for kind in ("content", "style")}
        row = [(f"{kind}: {name.replace('_', ' ')}", self.galleries[kind][name].open()) for kind, name in names.items()]
        if result.best is not None:
            row.append((f"iteration {result.best.iteration}", to_pil(result.image)))
            row.append(("the losses", curve_picture(loss_curves(result.losses, total))))
        return captioned_row(row, height=360)
