"""The interpolation panel: mix two to eight styles with sliders, and four of them on a pad (Eq. 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.controls.controls import Controls
from adain_lab.controls.interpolation import corner_place, corner_weights, framed_grid, grid_pictures
from adain_lab.errors import InputError, InputTypeError
from adain_lab.images import resize, to_bytes, to_pil, to_tensor
from adain_lab.statistics import normalize_weights
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import Session
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.stills.corner_pad import pad_still

__all__ = ["MAX_STYLES", "InterpolationPanel"]

MIN_STYLES, MAX_STYLES = 2, 8
#: Shorter side of the pictures in the grid that the page shows, pixels.
GRID_SIZE = 160


class InterpolationPanel(PicturePanel):
    """A before/after picture, a slider per style, and a pad with a style in each corner.

    Pad and sliders are two hands on one list, :attr:`weights`. Everything can be driven from Python: set a trait and
    the picture is there when the assignment returns. A value that makes no sense is refused: :attr:`error` says why,
    and nothing changes.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        styles: two to eight of the same; their sizes may differ. The first four stand in the corners of the pad.
        stylizer: what renders; None for the default model, or a model's name.
        alpha: 0 = content, 1 = style.
        weights: one number >= 0 per style; equal when None.
        size: shorter side of the picture, pixels.
        max_alpha: end of the alpha slider; above 1 it extrapolates.

    Attributes:
        content, alpha: as above; settable.
        style_names: the mixed styles, in order; settable. One that is added gets an equal share, the others keep their
            proportions.
        weights: their shares, which sum to 1; any numbers >= 0 may be set, and are normalised.
        position: the place on the pad, x and y from 0 (left, top) to 1; settable with four or more styles.
        picture, before, images, split, error, busy, milliseconds: as in :class:`~adain_lab.widgets.AlphaPanel`.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = InterpolationPanel("cat", ["kilim", "marbled", "neon_rain"], stylizer="tiny", size=48)
        >>> panel.weights = [2, 1, 1]
        >>> panel
        InterpolationPanel(content='cat', style_names=['kilim', 'marbled', 'neon_rain'], weights=[0.5, 0.25, 0.25],
        alpha=1.0)
        >>> panel.weights = [0, 0, 0]
        >>> panel.error, panel.weights
        ('weights must not all be zero', [0.5, 0.25, 0.25])
    """

    _esm = frontend.module("interpolation.js")
    _css = frontend.stylesheet("al-interpolation", "panel.css", "alpha.css", "controls.css", "interpolation.css")
    _shown_in_repr = ("content", "style_names", "weights", "alpha")
    _settings = ("content", "style_names", "weights", "alpha")

    style_names = t.List(t.Unicode()).tag(sync=True)
    weights = t.List(t.Float()).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        styles: Sequence[Any] = ("night_village", "autumn_avenue", "ink_mountains", "neon_rain"),
        *,
        stylizer: Stylizer | str | None = None,
        alpha: float = 1.0,
        weights: Sequence[float] | None = None,
        size: int = 256,
        max_alpha: float = 1.0,
    ):
        if isinstance(styles, (str, bytes)) or not isinstance(styles, Sequence):
            raise InputTypeError(
                f"styles must be a list of {MIN_STYLES} to {MAX_STYLES} pictures, not {type(styles).__name__}"
            )
        session = Session(stylizer, size)
        start = {
            "content": session.contents.find(content),
            "style_names": [session.styles.find(style) for style in styles],
            "weights": normalize_weights(weights, len(styles)),
            "alpha": alpha,
        }
        super().__init__(session, start, max_alpha)

    @property
    def position(self) -> tuple[float, float] | None:
        """The place on the pad; None where there is no pad, or the styles in its corners have no share."""
        corners = self.weights[:4]
        return corner_place(corners) if len(corners) == 4 and sum(corners) > 0 else None

    @position.setter
    def position(self, place: Sequence[float]) -> None:
        with self._guard():
            if len(self.weights) < 4:
                raise InputError(f"the pad needs four styles, and there are {len(self.weights)}: add some")
            # Styles beyond the fourth keep their share, unless they have it all.
            rest = self.weights[4:] if sum(self.weights[:4]) > 0 else [0.0] * len(self.weights[4:])
            share = 1 - sum(rest)
            self.weights = [share * w for w in corner_weights(*place)] + rest

    def add_style(self, style: Any) -> str:
        """Mix in one style more, with an equal share: a name, or any picture. Returns its name."""
        if not isinstance(style, str) or style not in self._session.styles:
            return self.add("style", style)
        self.style_names = [*self.style_names, style]
        return style

    def remove_style(self, name: str) -> None:
        """Take a style out of the mixture; the others keep their proportions."""
        with self._guard():
            if name not in self.style_names:
                raise InputError(f"{name!r} is not in the mixture: choose from {', '.join(self.style_names)}")
            self.style_names = [other for other in self.style_names if other != name]

    def grid(self, steps: int = 5, size: int = 0) -> Image.Image:
        """The content in the mixtures of the four corners' styles, which stand beside the grid, as in the paper's Fig.
        8.

        Args:
            steps: pictures in a row and in a column.
            size: shorter side of each picture, pixels; 0 takes 160, or the panel's size where that is less.

        Raises:
            ValueError: there are fewer than four styles, or ``steps`` or ``size`` makes no sense.
        """
        names, session = self._shown["style_names"][:4], self._session
        if len(names) < 4:
            raise InputError(f"the grid has a style in each of its 4 corners, and there are {len(names)}: add some")
        images = session.code(self._shown["content"]).images
        code = self.stylizer.encode_content(resize(images, size or min(GRID_SIZE, session.size)))
        styles = [to_tensor(session.styles[name].open()) for name in names]
        statistics = [session.statistics(name) for name in names]
        return to_pil(framed_grid(grid_pictures(self.stylizer, code, statistics, steps, self._shown["alpha"]), styles))

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        return f"{self._session.contents[self._shown['content']].title} in a mixture of {self._mixture()}, alpha {self._shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content, styles with their shares and picture side by side with captions, for readers of the saved
        notebook.
        """
        session, names, weights = self._session, self._shown["style_names"], self._shown["weights"]
        pictures = [session.styles[name].open() for name in names]
        height = self.images.shape[2]
        if len(names) == 4:
            middle = [("the pad", pad_still(pictures, weights, height))]
        else:
            middle = [
                (f"{name} {weight:.0%}", image) for name, weight, image in zip(names, weights, pictures, strict=True)
            ]
        content = to_pil(session.code(self._shown["content"]).images)
        return captioned_row(
            [
                (f"content: {self._shown['content']}", content),
                *middle,
                (self._mixture(titles=False), to_pil(self.images)),
            ],
            height=height,
        )

    def _mixture(self, titles: bool = True) -> str:
        shares = zip(self._shown["style_names"], self._shown["weights"], strict=True)
        return ", ".join(
            f"{self._session.styles[name].title if titles else name} {weight:.0%}"
            for name, weight in shares
            if weight > 0
        )

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate("alpha", "content", "style_names", "weights", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe("alpha", "content", "style_names", "weights")
    def _on_change(self, _: Any) -> None:
        self._render()

    def _checked(self, name: str, value: Any) -> Any:
        if name == "weights":
            shares = normalize_weights(value, len(value))
            # Shares that sum to 1 but for rounding stay as they came: the page need not hear of the last digit.
            return list(value) if abs(sum(value) - 1) < 1e-6 else shares
        if name != "style_names":
            return super()._checked(name, value)
        for style in value:
            self._session.styles[style]  # says which there are
        if not MIN_STYLES <= len(value) <= MAX_STYLES:
            raise InputError(f"a mixture has {MIN_STYLES} to {MAX_STYLES} styles, got {len(value)}")
        if len(set(value)) < len(value):
            raise InputError(f"each style can be in the mixture once, got {', '.join(value)}")
        return list(value)

    def _wanted(self) -> dict[str, Any]:
        wanted = super()._wanted()
        names, weights, shown = wanted["style_names"], wanted["weights"], self._shown
        if len(weights) == len(names):
            return wanted
        if names == shown["style_names"]:
            raise InputError(f"weights must be one number per style: got {len(weights)} for {len(names)} styles")
        known = dict(zip(shown["style_names"], shown["weights"], strict=True))
        new = 1 / len(names)
        kept = [known.get(name) for name in names]
        # New styles get an equal share, the others divide the rest as before.
        total = sum(weight for weight in kept if weight is not None)
        left = 1 - new * kept.count(None)
        if total == 0:
            return {**wanted, "weights": normalize_weights(None, len(names))}
        return {**wanted, "weights": [new if weight is None else left * weight / total for weight in kept]}

    def _brought(self, kind: str, name: str) -> None:
        if kind == "content":
            self.content = name
        else:
            # Where there is no more room it takes the last one's place.
            self.style_names = [*self.style_names[: MAX_STYLES - 1], name]

    def _transfer(self, **settings: Any) -> dict[str, Any]:
        controls = Controls(settings["alpha"], settings["weights"])
        return {"content": settings["content"], "styles": settings["style_names"], "controls": controls}

    # ---- messages of the front end -----------------------------------------------------------------------------

    def _do_grid(self, content: dict[str, Any], _: Any) -> None:
        self.busy = True
        try:
            picture = to_tensor(self.grid())
            name = f"{self._shown['content']} between {' '.join(self._shown['style_names'][:4])}.png".replace(" ", "_")
            self.send({"do": "grid", "view": content.get("view"), "name": name}, [to_bytes(picture, "png")])
        finally:
            self.busy = False

    def _file_name(self) -> str:
        shares = zip(self._shown["style_names"], self._shown["weights"], strict=True)
        mixture = " ".join(f"{name} {weight:.0%}" for name, weight in shares if weight > 0)
        return f"{self._shown['content']} in {mixture} {self._shown['alpha']:.2f}.png".replace(" ", "_").replace(
            "%", ""
        )
