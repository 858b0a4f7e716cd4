"""The studio: every control of the course in one panel, with pictures of one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import traitlets as t
from PIL import Image

from adain_lab.controls import check_alpha, check_color
from adain_lab.data import samples
from adain_lab.images import to_pil, write_whole
from adain_lab.label_maps import label_png
from adain_lab.recipe_code import as_python
from adain_lab.recipes import read_recipe
from adain_lab.statistics import normalize_weights
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.color import TITLES
from adain_lab.widgets.mask_codec import MAX_REGIONS, fitted_labels, pack_labels, regions_of, unpack_labels
from adain_lab.widgets.mask_still import REGION_COLORS, mask_still
from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import SIZES, Frame
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.studio_session import StudioSession
from adain_lab.widgets.studio_settings import canvas_size, fits, relabelled, rendering, settings_of

__all__ = ["StudioPanel"]

MAX_STYLES = 8
#: Sizes that the page offers, pixels of the shorter side; Python takes any in between.
OFFERED_SIZES = (256, 384, 512, 768, 1024)
#: How large or small strokes can be made, as a share of the size at which content and style have the same scale.
STROKES = (0.1, 4.0)


class StudioPanel(PicturePanel):
    """Your pictures, any styles, all controls; what comes out can be saved, written as Python, and made again.

    While a control moves, small drafts by a quicker model follow it (:attr:`moving`); when it rests, the final picture is
    painted. Set a trait from Python and the final picture is there when the assignment returns. A value that makes no sense is
    refused: :attr:`error` says why, and nothing changes.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        styles: one to eight of the same; their sizes may differ.
        stylizer: what paints the final picture; None for the bundled ``slim``, or a model's name.
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
        StudioPanel(content='cat', style_names=['kilim', 'marbled'], weights=[0.75, 0.25], alpha=1.0, color=None, size=48)
        >>> again = StudioPanel(stylizer="tiny", size=64)
        >>> again.open_recipe(panel.png())
        >>> torch.equal(again.images, panel.images)
        True
        >>> panel.size = 4000
        >>> panel.error
        'size must be a whole number of pixels from 32 to 1024, got 4000'
    """

    _esm = frontend.module("studio.js")
    _css = frontend.stylesheet("panel.css", "alpha.css", "controls.css", "mask.css", "studio.css")
    _shown_in_repr = ("content", "style_names", "weights", "alpha", "color", "size")
    _settings = (
        *("content", "style_names", "weights", "alpha", "color", "stroke_size", "size"),
        *("regions", "painting", "strengths", "feather", "global_statistics", "moving"),
    )

    style_names = t.List(t.Unicode()).tag(sync=True)
    weights = t.List(t.Float()).tag(sync=True)
    color = t.Unicode(None, allow_none=True).tag(sync=True)
    stroke_size = t.Float(1.0).tag(sync=True)
    size = t.Int(512).tag(sync=True)
    regions = t.Bool(False).tag(sync=True)
    #: The label map, packed; see :mod:`adain_lab.widgets.mask_codec`. Nothing at all stands for what was painted on a content before.
    painting = bytes_trait()
    strengths = t.List(t.Float()).tag(sync=True)
    feather = t.Float(0.0).tag(sync=True)
    global_statistics = t.Bool(False).tag(sync=True)
    moving = t.Bool(False).tag(sync=True)
    #: Set by the page to load a sample mask; empty again when that is done. A trait, since messages overtake traits.
    from_sample = t.Unicode("").tag(sync=True)
    #: What the page asks for: a message that waits its turn, so that what is saved has all that was set before.
    request = t.Dict().tag(sync=True)
    note = t.Unicode("", read_only=True).tag(sync=True)
    sizes = t.List(t.Int(), read_only=True).tag(sync=True)
    methods = t.List(t.Dict(), read_only=True).tag(sync=True)
    sample_masks = t.List(t.Dict(), read_only=True).tag(sync=True)
    colors = t.List(t.Unicode(), read_only=True).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        styles: Sequence[Any] = ("night_village",),
        *,
        stylizer: Stylizer | str | None = None,
        preview: Stylizer | str | None = "tiny",
        alpha: float = 1.0,
        weights: Sequence[float] | None = None,
        color: str | None = None,
        masks: Any = None,
        stroke_size: float = 1.0,
        size: int = 512,
        max_alpha: float = 2.0,
    ):
        if isinstance(styles, (str, bytes)) or not isinstance(styles, Sequence):
            raise TypeError(f"styles must be a list of 1 to {MAX_STYLES} pictures, not {type(styles).__name__}")
        session = self._session = StudioSession(stylizer, preview, size)
        self._files: dict[str, str] = {}
        name, names, painting, note = session.contents.find(content), [session.styles.find(style) for style in styles], b"", ""
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
        self._paintings = {name: painting}
        self._before_of = (name, size)
        super().__init__(session, start, max_alpha)
        self.set_trait("note", note)
        self.set_trait("sizes", sorted({*OFFERED_SIZES, size}))
        self.set_trait("methods", [{"value": method, "name": word, "title": title} for method, (word, title) in TITLES.items()])
        self.set_trait("sample_masks", [{"name": key, "title": title} for key, title in _sample_masks().items()])
        self.set_trait("colors", list(REGION_COLORS))

    # ---- what comes out ------------------------------------------------------------------------------------------

    def png(self) -> bytes:
        """The final picture as a PNG file with its recipe."""
        self.moving = False  # a draft becomes the final picture
        return self._session.png(self.images, self._shown["size"], **rendering(self._shown))

    def save(self, path: str | os.PathLike) -> Path:
        """Save the final picture with its recipe.

        Raises:
            ValueError: the ending is not ``.png``, or the folder is missing or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise ValueError(f"a picture with its recipe is a .png file, got {path.name!r}")
        data = self.png()
        write_whole(path, lambda temporary: temporary.write_bytes(data))
        return path

    def python(self) -> str:
        """A program that paints the final picture; see :func:`~adain_lab.recipe_code.as_python`."""
        recipe = self._session.recipe(self._shown["size"], **rendering(self._shown))
        return as_python(recipe, self._file_name())

    def open_recipe(self, picture: str | os.PathLike | bytes) -> None:
        """Take over the settings with which a saved picture was made.

        Args:
            picture: a PNG that carries a recipe, of this panel, another one, or ``adain-lab stylize``. Pictures of your own that
                it was made from must have been brought before.

        Raises:
            FileNotFoundError, ValueError: it carries no recipe, a picture is missing, or this panel has no such control; nothing has
                changed then.
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
            self.set_trait("note", "" if self.error else f"These are the settings that the picture was made with{self._elsewhere(recipe)}.")

    def _elsewhere(self, recipe: dict[str, Any]) -> str:
        """How the arithmetic of a recipe differs from the one here, in words."""
        here = f"{str(self.stylizer.dtype).removeprefix('torch.')} on {self.stylizer.device.type}"
        then = f"{recipe.get('precision')} on {recipe.get('device')}"
        return "" if then == here else f"; single pixels may differ, since it was {then} then, {here} here"

    # ---- regions ---------------------------------------------------------------------------------------------------

    @property
    def masks(self) -> torch.Tensor:
        """The regions as painted, (R, H, W), 0 or 1."""
        return regions_of(self._labels(), min(len(self._shown["style_names"]), MAX_REGIONS))

    @masks.setter
    def masks(self, masks: Any) -> None:
        with self._guard():
            self.set_masks(masks)

    def set_masks(self, masks: Any) -> None:
        """Paint regions from Python, and switch :attr:`regions` on; see :meth:`MaskPanel.set_masks`.

        Raises:
            FileNotFoundError, TypeError, ValueError: they are no masks; nothing has changed then.
        """
        with self._lock:
            painting, count, note = self._packed(masks, self._shown["content"])
            with self.hold_trait_notifications():
                self.style_names = self._enough(self.style_names, count)[:MAX_REGIONS]
                self.painting, self.regions = painting, True
            self.set_trait("note", note)

    def _labels(self) -> np.ndarray:
        painting = self._shown["painting"]
        return unpack_labels(painting) if painting else np.zeros(canvas_size(self._session.contents[self._shown["content"]]), np.uint8)

    def _packed(self, masks: Any, content: str) -> tuple[bytes, int, str]:
        if isinstance(masks, str) and masks in _sample_masks():
            masks = samples("masks")[masks].path
        labels, count, note = fitted_labels(masks, canvas_size(self._session.contents[content]))
        return pack_labels(labels), count, note

    def _first(self, content: str, count: int) -> bytes:
        """What is painted on a content that nobody has painted on: its sample mask, if there are styles enough; else the first region."""
        item = self._session.contents[content]
        if content in _sample_masks() and not item.own:
            painting, found, _ = self._packed(content, content)
            if found <= count:
                return painting
        return pack_labels(np.ones(canvas_size(item), np.uint8))

    def _enough(self, names: Sequence[str], count: int) -> list[str]:
        """The styles, and others if there are more regions than styles."""
        others = [item.name for item in self._session.styles if item.name not in names]
        return [*names, *others[: max(0, count - len(names))]]

    # ---- painting the picture --------------------------------------------------------------------------------------

    def _paint(self, **settings: Any) -> Frame:
        return self._session.render(settings["size"], settings["moving"], **rendering(settings))

    def _wanted(self) -> dict[str, Any]:
        wanted, shown = super()._wanted(), self._shown
        if wanted["moving"] and wanted == {**shown, "moving": True}:  # it is held, and has not moved yet
            return shown
        names, before = wanted["style_names"], shown["style_names"]
        wanted["weights"] = _followed(wanted["weights"], names, before, shown["weights"])
        if len(wanted["strengths"]) != len(names):
            known = dict(zip(before, shown["strengths"], strict=True))
            wanted["strengths"] = [known.get(name, 1.0) for name in names]
        if wanted["content"] != shown["content"] and wanted["painting"] == shown["painting"]:
            wanted["painting"] = self._paintings.get(wanted["content"], b"")
        elif len(names) != len(before) and wanted["painting"] == shown["painting"]:
            wanted["painting"] = relabelled(shown["painting"], before, names)
        if wanted["regions"]:
            if len(names) > MAX_REGIONS:
                raise ValueError(f"a picture has up to {MAX_REGIONS} regions, and {len(names)} styles are chosen: take some out first")
            wanted["painting"] = wanted["painting"] or self._first(wanted["content"], len(names))
        if wanted["painting"]:
            labels, item = unpack_labels(wanted["painting"]), self._session.contents[wanted["content"]]
            if not fits(labels, item):
                raise ValueError(f"the regions were painted on a picture of another shape than {item.name!r}")
            if labels.max() > len(names):
                wanted["painting"] = pack_labels(np.where(labels > len(names), 0, labels))
        return wanted

    def _painted(self) -> None:
        shown = self._shown
        self._paintings[shown["content"]] = shown["painting"]
        if self._before_of != (shown["content"], shown["size"]) and not shown["moving"]:
            self._session.size = shown["size"]
            self._before_of = (shown["content"], shown["size"])
            self.before = self._session.before(shown["content"])

    def _brought(self, kind: str, name: str) -> None:
        if kind == "content":
            self.content = name
        else:  # where there is no more room it takes the last one's place
            most = MAX_REGIONS if self.regions else MAX_STYLES
            self.style_names = [*self.style_names[: most - 1], name]

    def reset(self) -> None:
        """Back to what the panel was made with, on every content."""
        self._paintings = {self._start["content"]: self._start["painting"]}
        self.set_trait("note", "")
        super().reset()

    # ---- what may be set -------------------------------------------------------------------------------------------

    @t.validate("content", "style_names", "weights", "alpha", "color", "stroke_size", "size", "painting", "strengths", "feather", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe(*_settings)
    def _on_change(self, _: Any) -> None:
        self._render()

    def _checked(self, name: str, value: Any) -> Any:
        check = getattr(self, f"_check_{name}", None)
        return check(value) if check else super()._checked(name, value)

    def _check_style_names(self, names: Sequence[str]) -> list[str]:
        for name in names:
            self._session.styles[name]  # says which there are
        if not 1 <= len(names) <= MAX_STYLES:
            raise ValueError(f"1 to {MAX_STYLES} styles can be chosen, got {len(names)}")
        if len(set(names)) < len(names):
            raise ValueError(f"each style can be chosen once, got {', '.join(names)}")
        return list(names)

    def _check_weights(self, weights: Sequence[float]) -> list[float]:
        shares = normalize_weights(weights, len(weights))
        # Shares that sum to 1 but for rounding stay as they came: pages and recipes need not hear of the last digit.
        return list(weights) if abs(sum(weights) - 1) < 1e-6 else shares

    def _check_color(self, color: str | None) -> str | None:
        check_color(color)
        return color

    def _check_stroke_size(self, share: float) -> float:
        return _between("stroke_size", share, *STROKES)

    def _check_feather(self, percent: float) -> float:
        return _between("feather", percent, 0, 25)

    def _check_strengths(self, strengths: Sequence[float]) -> list[float]:
        return [_between("strengths", check_alpha(strength), 0, 1) for strength in strengths]

    def _check_size(self, size: int) -> int:
        if isinstance(size, bool) or not SIZES[0] <= size <= SIZES[1]:
            raise ValueError(f"size must be a whole number of pixels from {SIZES[0]} to {SIZES[1]}, got {size!r}")
        return int(size)

    def _check_painting(self, painting: bytes) -> bytes:
        if painting:
            unpack_labels(painting)
        return painting

    @t.observe("from_sample")
    def _load_sample(self, change: Any) -> None:
        with self._lock, self._guard():
            if not change["new"]:
                return
            self.from_sample = ""
            if change["new"] not in _sample_masks():
                raise ValueError(f"no sample mask is called {change['new']!r}: choose from {', '.join(_sample_masks())}")
            self.set_masks(change["new"])

    # ---- for everybody ---------------------------------------------------------------------------------------------

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        shown, styles = self._shown, self._session.styles
        if shown["regions"]:
            how = ", ".join(f"{styles[name].title} in region {number}" for number, name in enumerate(shown["style_names"], start=1))
        else:
            shares = zip(shown["style_names"], shown["weights"], strict=True)
            parts = [(styles[name].title, weight) for name, weight in shares if weight > 0]
            how = parts[0][0] if len(parts) == 1 else ", ".join(f"{title} {weight:.0%}" for title, weight in parts)
        return f"{self._session.contents[shown['content']].title} in the style of {how}, alpha {shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content (with its regions), styles and picture side by side with captions, for readers of the saved notebook."""
        shown, session = self._shown, self._session
        content = session.contents[shown["content"]].open()
        first = ("regions", mask_still(content, self._labels())) if shown["regions"] else (f"content: {shown['content']}", content)
        styles = [
            (f"{number} {name}" if shown["regions"] else f"{name} {weight:.0%}", session.styles[name].open())
            for number, (name, weight) in enumerate(zip(shown["style_names"], shown["weights"], strict=True), start=1)
        ]
        return captioned_row([first, *styles, (f"painted, alpha = {shown['alpha']:.2f}", to_pil(self.images))], height=256)

    # ---- what the front end asks for ---------------------------------------------------------------------------------

    @t.observe("request")
    def _on_request(self, change: Any) -> None:
        self._render()  # settings that came together with it
        self._dispatch(self, change["new"], [])

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        """A content, a style, a ``mask``, or a ``recipe``: a saved picture to go on from."""
        upload = self._uploads.take(content, buffers)
        if upload is None:
            return
        self.busy = True
        try:
            if upload.kind in ("mask", "recipe"):
                try:
                    (self.set_masks if upload.kind == "mask" else self.open_recipe)(upload.data)
                except ValueError as error:  # whoever chose among several files wants to know which
                    raise ValueError(str(error).replace("the picture", upload.name, 1)) from error
            else:
                self.add(upload.kind, upload.data, upload.name)
        finally:
            self.busy = False

    def _do_python(self, content: dict[str, Any], _: Any) -> None:
        self.send({"do": "python", "view": content.get("view"), "code": self.python()})

    def _do_save_masks(self, content: dict[str, Any], _: Any) -> None:
        name = f"{self._shown['content']} regions.png".replace(" ", "_")
        png = label_png(self._labels(), min(len(self._shown["style_names"]), MAX_REGIONS))
        self.send({"do": "save", "view": content.get("view"), "name": name}, [png])

    def _file_name(self) -> str:
        shown = self._shown
        return f"{shown['content']} in {' '.join(shown['style_names'][:3])} {shown['alpha']:.2f}.png".replace(" ", "_")


def _followed(weights: Sequence[float], names: Sequence[str], before: Sequence[str], old: Sequence[float]) -> list[float]:
    """Shares when styles came or went: new ones get an equal share, the others divide the rest as before.

    Example:
        >>> _followed([0.75, 0.25], ["a", "b", "c", "d"], ["a", "b"], [0.75, 0.25])
        [0.375, 0.125, 0.25, 0.25]
    """
    if len(weights) == len(names):
        return list(weights)
    if list(names) == list(before):
        raise ValueError(f"weights must be one number per style: got {len(weights)} for {len(names)} styles")
    known, new = dict(zip(before, old, strict=True)), 1 / len(names)
    kept = [known.get(name) for name in names]
    total, left = sum(weight for weight in kept if weight is not None), 1 - new * kept.count(None)
    if total == 0:
        return normalize_weights(None, len(names))
    return [new if weight is None else left * weight / total for weight in kept]


def _between(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}")
    return float(value)


def _sample_masks() -> dict[str, str]:
    """Titles of the bundled masks by name; none where the samples are missing."""
    try:
        return {name: sample.title for name, sample in samples("masks").items()}
    except FileNotFoundError:
        return {}
