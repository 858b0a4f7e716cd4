"""The studio: every control of the course in one panel, with pictures of one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.errors import InputError, InputTypeError
from adain_lab.files import write_whole
from adain_lab.images import to_pil
from adain_lab.recipes.program import as_python
from adain_lab.recipes.recipe import read_recipe
from adain_lab.statistics import normalize_weights
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.color import TITLES
from adain_lab.widgets.regions import naming
from adain_lab.widgets.session.examples import offered
from adain_lab.widgets.session.studio import StudioSession
from adain_lab.widgets.session.studio_settings import settings_of, transfer
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.stills.regions import mask_still
from adain_lab.widgets.studio_state import MAX_STYLES, StudioState
from adain_lab.widgets.uploads import Upload

__all__ = ["StudioPanel"]

#: Sizes that the page offers, pixels of the shorter side; Python takes any in between.
OFFERED_SIZES = (256, 384, 512, 768, 1024)


class StudioPanel(StudioState):
    """Your pictures, any styles, all controls; what comes out can be saved, written as Python, and made again.

    While a control moves, small drafts by a quicker model follow it (:attr:`moving`); when it rests, the final picture
    is painted. Set a trait from Python and the final picture is there when the assignment returns. A value that makes
    no sense is
    refused: :attr:`error` says why, and nothing changes.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        styles: one to eight of the same; their sizes may differ.
        stylizer: what paints the final picture; None for the default model, or a model's name.
        preview: what paints drafts; None for ``stylizer``.
        alpha: 0 = content, 1 = style; up to ``max_alpha``.
        weights: one number >= 0 per style; equal when None.
        color: None, "match" or "luminance".
        masks: regions at the start, as :meth:`set_masks` takes them; :attr:`regions` is on then.
        stroke_size: size of the style pictures as a share of the picture's; smaller is finer.
        size: shorter side of the final picture, pixels.
        max_alpha: end of the alpha slider; above 1 it extrapolates.

    Attributes:
        content, style_names, alpha, weights, color, stroke_size, size: as above; settable.
        regions: whether every style has a region of its own (of at most four) instead of a share of a mixture.
        masks: (R, H, W), 0 or 1; settable to whatever :meth:`set_masks` takes.
        description: while there are regions, what is painted where, in words; screen readers say it after each stroke.
        strengths: one number from 0 to 1 per style: in its region, alpha is multiplied by it.
        feather: width of the regions' soft edges, percent of the shorter side.
        global_statistics: normalise regions with the statistics of the whole picture.
        moving: whether a control is held, and drafts are enough.
        note: what is worth knowing about what was opened, in one sentence.
        picture, before, images, split, error, busy, milliseconds: as in :class:`~adain_lab.widgets.AlphaPanel`.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = StudioPanel("cat", ["kilim", "marbled"], stylizer="tiny", size=48)
        >>> panel.weights = [3, 1]
        >>> panel
        StudioPanel(content='cat', style_names=['kilim', 'marbled'], weights=[0.75, 0.25], alpha=1.0, color=None,
        size=48)
        >>> again = StudioPanel(stylizer="tiny", size=64)
        >>> again.open_recipe(panel.png())
        >>> bool((again.images == panel.images).all())
        True
        >>> panel.size = 4000
        >>> panel.error
        'size must be a whole number of pixels from 32 to 1024, got 4000'
    """

    _esm = frontend.module("studio.js")
    _css = frontend.stylesheet(
        "al-studio", "panel.css", "alpha.css", "controls.css", "mask.css", "studio.css", "zoom.css"
    )
    _shown_in_repr = ("content", "style_names", "weights", "alpha", "color", "size")
    sizes = t.List(t.Int(), read_only=True).tag(sync=True)
    methods = t.List(t.Dict(), read_only=True).tag(sync=True)
    #: Pairs of samples that the page offers for a start, see :mod:`adain_lab.widgets.session.examples`.
    examples = t.List(t.Dict(), read_only=True).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        styles: Sequence[Any] = ("night_village",),
        *,
        stylizer: Stylizer | str | None = None,
        preview: Stylizer | str | None = None,
        alpha: float = 1.0,
        weights: Sequence[float] | None = None,
        color: str | None = None,
        masks: Any = None,
        stroke_size: float = 1.0,
        size: int = 512,
        max_alpha: float = 2.0,
    ):
        if isinstance(styles, (str, bytes)) or not isinstance(styles, Sequence):
            raise InputTypeError(f"styles must be a list of 1 to {MAX_STYLES} pictures, not {type(styles).__name__}")
        session = self._session = StudioSession(stylizer, preview, size)
        name, names, painting, note = (
            session.contents.find(content),
            [session.styles.find(style) for style in styles],
            b"",
            "",
        )
        if masks is not None:
            painting, count, note = self._packed(masks, name)
            names = self._enough(names, count)
        start = {
            "content": name,
            "style_names": names,
            "weights": normalize_weights(weights, len(names)),
            "alpha": alpha,
            "color": color,
            "stroke_size": stroke_size,
            "size": size,
            "regions": masks is not None,
            "painting": painting,
            "strengths": [1.0] * len(names),
            "feather": 0.0,
            "global_statistics": False,
            "moving": False,
        }
        self._before_of = (name, size)
        super().__init__(session, start, note, max_alpha)
        self.set_trait("sizes", sorted({*OFFERED_SIZES, size}))
        self.set_trait(
            "methods", [{"value": method, "name": word, "title": title} for method, (word, title) in TITLES.items()]
        )
        self.set_trait("examples", offered(session.contents, session.styles))

    # ---- what comes out ------------------------------------------------------------------------------------------

    def png(self) -> bytes:
        """The final picture as a PNG file with its recipe."""
        self.moving = False  # a draft becomes the final picture
        return self._session.png(self.images, self._shown["size"], **transfer(self._shown))

    def save(self, path: str | os.PathLike) -> Path:
        """Save the final picture with its recipe.

        Raises:
            ValueError: the ending is not ``.png``, or the folder is missing or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise InputError(f"a picture with its recipe is a .png file, got {path.name!r}")
        data = self.png()
        write_whole(path, lambda temporary: temporary.write_bytes(data))
        return path

    def python(self) -> str:
        """A program that paints the final picture; see :func:`~adain_lab.recipes.program.as_python`."""
        recipe = self._session.recipe(self._shown["size"], **transfer(self._shown))
        return as_python(recipe, self._file_name())

    def open_recipe(self, picture: str | os.PathLike | bytes) -> None:
        """Take over the settings with which a saved picture was made.

        Args:
            picture: a PNG that carries a recipe, of this panel, another one, or ``adain-lab stylize``. Pictures of your
                own that it was made from must have been brought before.

        Raises:
            FileNotFoundError, ValueError: it carries no recipe, a picture is missing, or this panel has no such
                control; nothing has changed then.
        """
        with self._lock:
            recipe = read_recipe(picture)
            found = settings_of(recipe, self._session.contents, self._session.styles, self.stylizer.model)
            settings = {name: self._checked(name, value) for name, value in found.items()}
            with self.hold_trait_notifications():
                if not settings["regions"]:
                    self.painting = b""
                self.moving = False
                for name, value in settings.items():
                    setattr(self, name, value)
            self.set_trait(
                "note",
                ""
                if self.error
                else f"These are the settings that the picture was made with{self._elsewhere(recipe)}.",
            )

    def _elsewhere(self, recipe: dict[str, Any]) -> str:
        """How the arithmetic of a recipe differs from the one here, in words."""
        here = f"{str(self.stylizer.dtype).removeprefix('torch.')} on {self.stylizer.device.type}"
        then = f"{recipe.get('precision')} on {recipe.get('device')}"
        return "" if then == here else f"; single pixels may differ, since it was {then} then, {here} here"

    # ---- for everybody ---------------------------------------------------------------------------------------------

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        shown, styles = self._shown, self._session.styles
        if shown["regions"]:
            how = ", ".join(
                f"{styles[name].title} in region {number}" for number, name in enumerate(shown["style_names"], start=1)
            )
        else:
            shares = zip(shown["style_names"], shown["weights"], strict=True)
            parts = [(styles[name].title, weight) for name, weight in shares if weight > 0]
            how = parts[0][0] if len(parts) == 1 else ", ".join(f"{title} {weight:.0%}" for title, weight in parts)
        where = f". {self.description}" if self.description else ""
        return (
            f"{self._session.contents[shown['content']].title} in the style of {how}, alpha {shown['alpha']:.2f}{where}"
        )

    def static(self) -> Image.Image:
        """Content (with its regions), styles and picture side by side with captions, for readers of the saved
        notebook.
        """
        shown, session = self._shown, self._session
        content = session.contents[shown["content"]].open()
        first = (
            ("regions", mask_still(content, self._labels()))
            if shown["regions"]
            else (f"content: {shown['content']}", content)
        )
        styles = [
            (f"{number} {name}" if shown["regions"] else f"{name} {weight:.0%}", session.styles[name].open())
            for number, (name, weight) in enumerate(zip(shown["style_names"], shown["weights"], strict=True), start=1)
        ]
        return captioned_row(
            [first, *styles, (f"painted, alpha = {shown['alpha']:.2f}", to_pil(self.images))], height=256
        )

    # ---- what the front end asks for ---------------------------------------------------------------------------------

    def _take_upload(self, upload: Upload) -> None:
        """A content, a style, a ``mask``, or a ``recipe``: a saved picture to go on from."""
        if upload.kind == "recipe":
            with naming(upload):
                self.open_recipe(upload.data)
        else:
            super()._take_upload(upload)

    def _do_python(self, content: dict[str, Any], _: Any) -> None:
        self.send({"do": "python", "view": content.get("view"), "code": self.python()})

    def _file_name(self) -> str:
        shown = self._shown
        return f"{shown['content']} in {' '.join(shown['style_names'][:3])} {shown['alpha']:.2f}.png".replace(" ", "_")
