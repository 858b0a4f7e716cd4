"""What the camera panel computes with: the last frame as it came and as it is painted, and what may be set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

from adain_lab.controls.controls import Controls, check_alpha
from adain_lab.errors import InputError
from adain_lab.images import check_size, resize, to_bytes, to_pil, to_tensor
from adain_lab.recipes.recipe import identity, stylize_recipe
from adain_lab.statistics import Statistics, mix
from adain_lab.stylizer import Stylizer
from adain_lab.video.stylize import Smoother
from adain_lab.widgets.session.pictures import Frame, Session
from adain_lab.widgets.session.recorder import Recorder, recording_formats
from adain_lab.widgets.stills import captioned_row

__all__ = ["SIZES", "SOURCES", "CameraSession"]

#: Shorter side of a frame, pixels.
SIZES = (128, 384)
SOURCES = {"camera": "the webcam", "clip": "a slow pan over a photograph"}
#: Shorter side of the styles, and of the photograph that the clip pans over, pixels.
STYLE_SIZE, CLIP_SIZE = 256, 640
QUALITY = 85


class CameraSession:
    """A moving picture of which the last frame is kept.

    Args:
        stylizer: what renders; None for the default model, or a model's name.

    Attributes:
        contents, styles: the galleries that settings choose from.
        settings: what is painted how, by the names of :class:`~adain_lab.widgets.camera.CameraPanel`'s arguments.
        frame: the last frame, painted.
        file, name: the last frame itself.
        frames: how many there were.
        network: what the networks took of the last frame's milliseconds.

    Example:
        >>> session = CameraSession("tiny")
        >>> settings = {"style_names": ["kilim"], "share": 0.0, "alpha": 1.0, "color": None, "size": 128}
        >>> session.begin(settings | {"smoothing": 0.8, "source": "clip", "content": "cat"})
        >>> session.take(session.clip(), "cat.jpg")
        >>> session.frame.images.shape, session.frames
        (torch.Size([1, 3, 128, 192]), 1)
    """

    frame: Frame
    file: bytes
    name: str
    network: float

    def __init__(self, stylizer: Stylizer | str | None = None):
        self._session = Session(stylizer, STYLE_SIZE)
        self.contents, self.styles = self._session.contents, self._session.styles
        self.settings: dict[str, Any] = {}
        self.frames = 0

    @property
    def stylizer(self) -> Stylizer:
        """What renders."""
        return self._session.stylizer

    def begin(self, settings: dict[str, Any]) -> None:
        """Check and take all settings; until a frame comes there is the photograph that the clip pans over.

        Raises:
            ValueError, TypeError: one of them makes no sense.
        """
        self.settings = {name: self.checked(name, value) for name, value in settings.items()}
        self.forget_motion()
        self.file, self.name = self.clip(), self.settings["content"]
        self.repaint()

    def take(self, file: bytes, name: str) -> None:
        """Paint the next frame; if it is no picture, all stays as it was."""
        old = self.file, self.name
        self.file, self.name = file, name
        try:
            self.repaint()
        except Exception:
            self.file, self.name = old
            raise
        self.frames += 1

    def put(self, name: str, value: Any) -> None:
        """Take a setting that :meth:`checked` has let through. What is shown is painted anew by :meth:`repaint`."""
        self.settings[name] = value
        if name in ("smoothing", "size", "source"):
            self.forget_motion()
        if name == "content" and not self.frames:
            self.file, self.name = self.clip(), value

    def forget_motion(self) -> None:
        """What comes next does not follow on what was before."""
        self._smoother = Smoother(self.settings["smoothing"])

    def repaint(self) -> None:
        """Paint the last frame with the settings of now."""
        start = time.perf_counter()
        pixels = self.images()
        opened = time.perf_counter()
        code = self._smoother(self.stylizer.encode_content(pixels))
        images = self.stylizer.render(code, self._statistics(), self.settings["alpha"], color=self.settings["color"])
        images = images.cpu()  # a GPU is waited for
        painted = time.perf_counter()
        jpeg = to_bytes(images, "jpeg", quality=QUALITY)
        self.frame = Frame(images, jpeg, (time.perf_counter() - start) * 1000)
        self.network = (painted - opened) * 1000

    def images(self) -> torch.Tensor:
        """The last frame itself in the size that is painted, (1, 3, H, W) in [0, 1]."""
        return resize(to_tensor(self.file), self.settings["size"])

    def clip(self) -> bytes:
        """The photograph that the clip pans over, a JPEG file."""
        images = to_tensor(self.contents[self.settings["content"]].open())
        return to_bytes(resize(images, min(CLIP_SIZE, *images.shape[2:])), "jpeg", quality=QUALITY)

    def png(self) -> bytes:
        """The last frame painted by itself, without what was before, as a PNG file with its recipe."""
        settings = self.settings
        code = self.stylizer.encode_content(self.images())
        images = self.stylizer.render(code, self._statistics(), settings["alpha"], color=settings["color"])
        recipe = stylize_recipe(
            self.stylizer,
            identity(self.file, self.name, size=settings["size"]),
            [self._session.identity(self.styles[style]) for style in settings["style_names"]],
            Controls(settings["alpha"], self._weights(), settings["color"]),
        )
        return to_bytes(images, "png", recipe=recipe)

    @property
    def alt(self) -> str:
        """What was painted, in words."""
        titles = [self.styles[name].title for name in self.settings["style_names"]]
        if len(titles) > 1:
            titles = [f"{title} {weight:.0%}" for title, weight in zip(titles, self._weights(), strict=True)]
        seen = self.name if self.frames else self.contents[self.settings["content"]].title
        return f"{seen} in the style of {', '.join(titles)}, alpha {self.settings['alpha']:.2f}"

    def still(self) -> Image.Image:
        """The last frame, the styles and what was painted, with captions."""
        return captioned_row(
            [
                ("frame", to_pil(self.images())),
                *((f"style: {name}", self.styles[name].open()) for name in self.settings["style_names"]),
                (f"painted, alpha = {self.settings['alpha']:.2f}", to_pil(self.frame.images)),
            ],
            height=self.frame.images.shape[2],
        )

    def checked(self, name: str, value: Any) -> Any:
        """``value``, if the setting can have it.

        Raises:
            ValueError, TypeError: it cannot.
        """
        if name == "alpha":
            if check_alpha(value) > 1:
                raise InputError(f"alpha goes from 0 (content) to 1 (style) in this panel, got {value:g}")
            return float(value)
        if name == "share":
            if not 0 <= value <= 1:
                raise InputError(f"share must be a number from 0 to 1, got {value!r}")
            return float(value)
        if name == "size":
            check_size(value, *SIZES)
        if name == "smoothing":
            return Smoother(value).amount
        if name == "color" and value not in (None, "luminance"):
            raise InputError(f"color must be None or 'luminance' for a camera, got {value!r}")
        if name == "source" and value not in SOURCES:
            raise InputError(f"unknown source {value!r}: choose from {', '.join(SOURCES)}")
        if name == "content":
            return self.contents[value].name
        if name == "seconds":
            Recorder(value)
        if name == "format" and value not in recording_formats():
            raise InputError(f"cannot record {value!r}: choose from {', '.join(recording_formats())}")
        if name == "style_names":
            if not isinstance(value, Sequence) or not 1 <= len(value) <= 2 or len(set(value)) < len(value):
                raise InputError(f"a camera is painted in one style or two, got {', '.join(value) or 'none'}")
            return [self.styles[style].name for style in value]
        return value

    def _weights(self) -> list[float]:
        share = self.settings["share"]
        return [1 - share, share] if len(self.settings["style_names"]) > 1 else [1.0]

    def _statistics(self) -> Statistics:
        measured = [self._session.statistics(name) for name in self.settings["style_names"]]
        return measured[0] if len(measured) == 1 else mix(measured, self._weights())
