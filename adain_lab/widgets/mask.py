"""The mask panel: paint regions on the content, and give each its own style (Sec. 7.3, Fig. 10)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import traitlets as t
from PIL import Image

from adain_lab.controls.controls import check_alpha
from adain_lab.controls.label_maps import label_png
from adain_lab.data import samples
from adain_lab.errors import InputError, InputTypeError
from adain_lab.files import write_whole
from adain_lab.images import to_pil
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.mask_codec import MAX_REGIONS, fitted_labels, pack_labels, regions_of, unpack_labels
from adain_lab.widgets.mask_still import REGION_COLORS, mask_still
from adain_lab.widgets.mask_words import painting_in_words
from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import Session
from adain_lab.widgets.stills import captioned_row

__all__ = ["MaskPanel"]


class MaskPanel(PicturePanel):
    """Up to four regions, painted with a brush, each with its own style and alpha; the picture beside them follows.

    What is not painted keeps the content's look. Every content has its own painting: whoever goes to another and comes
    back finds it.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        styles: one to four of the same, a region each; their sizes may differ.
        masks: what is painted at the start, as :meth:`set_masks` takes it; None for the sample mask of the content, if
            there is one.
        stylizer: what renders; None for the default model, or a model's name.
        alpha: 0 = content, 1 = style: one number, or one per region.
        feather: width of the regions' soft edges, pixels of the picture.
        global_statistics: normalise the content with the statistics of the whole picture, not with each region's own.
        size: shorter side of the picture, pixels.

    Attributes:
        content, feather, global_statistics: as above; settable.
        style_names: one per region; settable. A region that is taken away loses its paint.
        alpha: one number per region; settable, also as one number for all.
        masks: (R, H, W), 0 or 1, before soft edges; settable to whatever :meth:`set_masks` takes.
        description: what is painted where, in words, such as "Kilim covers 34 % of the picture, mostly upper left"; screen
            readers say it after each stroke.
        picture, before, images, error, busy, milliseconds: as in :class:`~adain_lab.widgets.AlphaPanel`.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = MaskPanel("cat", ["kilim", "marbled"], stylizer="tiny", size=48)
        >>> panel.alpha = [1, 0.5]
        >>> panel
        MaskPanel(content='cat', style_names=['kilim', 'marbled'], alpha=[1.0, 0.5], feather=0.0,
        global_statistics=False)
        >>> panel.masks.shape, panel.masks.mean((1, 2)).mul(100).round().tolist()
        (torch.Size([2, 48, 72]), [74.0, 26.0])
        >>> panel.masks = torch.ones(5, 48, 72)
        >>> panel.error
        'there can be 1 to 4 regions, got 5 masks'
    """

    _esm = frontend.module("mask.js")
    _css = frontend.stylesheet("panel.css", "alpha.css", "controls.css", "mask.css")
    _shown_in_repr = ("content", "style_names", "alpha", "feather", "global_statistics")
    _settings = ("content", "style_names", "alpha", "painting", "feather", "global_statistics")

    style_names = t.List(t.Unicode()).tag(sync=True)
    alpha = t.Union([t.List(t.Float()), t.Float()], default_value=[1.0]).tag(sync=True)
    #: The label map, packed; see :mod:`adain_lab.widgets.mask_codec`.
    painting = bytes_trait()
    feather = t.Float(0.0).tag(sync=True)
    global_statistics = t.Bool(False).tag(sync=True)
    max_feather = t.Float(64.0, read_only=True).tag(sync=True)
    #: Set by the page to load a sample mask; empty again when that is done. A trait, since messages overtake traits.
    from_sample = t.Unicode("").tag(sync=True)
    sample_masks = t.List(t.Dict(), read_only=True).tag(sync=True)
    colors = t.List(t.Unicode(), read_only=True).tag(sync=True)
    #: What is worth knowing about the masks that were loaded, in one sentence.
    note = t.Unicode("", read_only=True).tag(sync=True)
    description = t.Unicode("", read_only=True).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        styles: Sequence[Any] = ("night_village", "stained_glass"),
        masks: Any = None,
        *,
        stylizer: Stylizer | str | None = None,
        alpha: float | Sequence[float] = 1.0,
        feather: float = 0,
        global_statistics: bool = False,
        size: int = 256,
    ):
        if isinstance(styles, (str, bytes)) or not isinstance(styles, Sequence):
            raise InputTypeError(f"styles must be a list of 1 to {MAX_REGIONS} pictures, not {type(styles).__name__}")
        if not isinstance(global_statistics, bool):
            raise InputTypeError(f"global_statistics must be True or False, not {type(global_statistics).__name__}")
        session = self._session = Session(stylizer, size)
        self._widest = size / 4
        start: dict[str, Any] = {
            "content": session.contents.find(content),
            "style_names": [session.styles.find(s) for s in styles],
        }
        start["painting"], count, note = (
            self._first(start["content"]) if masks is None else self._packed(masks, start["content"])
        )
        start["style_names"] = self._enough(self._checked("style_names", start["style_names"]), count)
        start["alpha"] = self._checked("alpha", alpha, len(start["style_names"]))
        if len(start["alpha"]) != len(start["style_names"]):
            raise InputError(_mismatch(start["alpha"], start["style_names"]))
        self._paintings = {start["content"]: start["painting"]}
        super().__init__(session, {**start, "feather": feather, "global_statistics": global_statistics})
        self.set_trait("max_feather", self._widest)
        self.set_trait("colors", list(REGION_COLORS))
        self.set_trait("sample_masks", [{"name": name, "title": title} for name, title in _sample_masks().items()])
        self.set_trait("note", note)
        self._describe()

    # ---- the regions -------------------------------------------------------------------------------------------

    @property
    def masks(self) -> torch.Tensor:
        """The regions as painted, (R, H, W), 0 or 1."""
        return regions_of(unpack_labels(self._shown["painting"]), len(self._shown["style_names"]))

    @masks.setter
    def masks(self, masks: Any) -> None:
        with self._guard():
            self.set_masks(masks)

    def set_masks(self, masks: Any) -> None:
        """Paint regions from Python.

        Args:
            masks: the name of a sample mask, or anything that :func:`~adain_lab.controls.masks.region_masks` takes: a
                tensor or array (R, H, W), a list of pictures, one picture (white the first region, black the second),
                or a label map with three or four grey levels (the brightest first). Edges become hard: :attr:`feather`
                makes them soft. Regions beyond the styles that there are get a style of their own.

        Raises:
            FileNotFoundError, TypeError, ValueError: they are no masks; nothing has changed then.
        """
        with self._lock:
            painting, count, note = self._packed(masks, self._shown["content"])
            with self.hold_trait_notifications():
                self.style_names = self._enough(self.style_names, count)
                self.painting = painting
            self.set_trait("note", note)

    def clear(self) -> None:
        """Nothing is painted any more."""
        self.painting = pack_labels(np.zeros_like(unpack_labels(self._shown["painting"])))

    def save_masks(self, path: str | os.PathLike) -> Path:
        """Save the regions as one grey PNG, the first the brightest.

        Where everything is painted, ``adain-lab stylize --mask`` reads it, too; elsewhere this panel, which also finds
        the gaps again.

        Raises:
            ValueError: the ending is not ``.png``, or the folder is missing or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".png":
            raise InputError(f"masks are saved as a .png file, which keeps them exactly, got {path.name!r}")
        write_whole(path, lambda temporary: temporary.write_bytes(self._label_png()))
        return path

    def add(self, kind: str, picture: Any, name: str | None = None, region: int = 1) -> str:
        """Bring a picture of your own and choose it; a style is given to ``region``, counted from 1. See
        :class:`PicturePanel`.
        """
        if not 1 <= region <= len(self._shown["style_names"]):
            raise InputError(f"region must be 1 to {len(self._shown['style_names'])}, got {region}")
        self._for_region = region
        return super().add(kind, picture, name)

    def _brought(self, kind: str, name: str) -> None:
        if kind == "content":
            self.content = name
        else:
            names = list(self.style_names)
            names[self._for_region - 1] = name
            self.style_names = names

    def _packed(self, masks: Any, content: str) -> tuple[bytes, int, str]:
        """Masks in any form as a painting of that content, the number of regions, and a note."""
        if isinstance(masks, str) and masks in _sample_masks():
            masks = samples("masks")[masks].path
        height, width = self._session.code(content).images.shape[2:]
        labels, count, note = fitted_labels(masks, (height, width))
        return pack_labels(labels), count, note

    def _first(self, content: str) -> tuple[bytes, int, str]:
        """What is painted on a content that nobody has painted on."""
        if content in _sample_masks() and not self._session.contents[content].own:
            return self._packed(content, content)
        return pack_labels(np.zeros(self._session.code(content).images.shape[2:], np.uint8)), 1, ""

    def _enough(self, names: Sequence[str], count: int) -> list[str]:
        """The styles, and others if there are more regions than styles."""
        others = [item.name for item in self._session.styles if item.name not in names] or list(names)
        missing = max(0, count - len(names))
        return [*names, *(others * missing)[:missing]]

    # ---- painting the picture ----------------------------------------------------------------------------------

    def _recipe(self, **settings: Any) -> dict[str, Any]:
        """Only regions that have paint: an empty one changes nothing, and its style need not be found again."""
        labels = unpack_labels(settings["painting"])
        painted = [region for region in range(len(settings["style_names"])) if (labels == region + 1).any()]
        if not painted:
            return {"content": settings["content"], "styles": settings["style_names"][0], "alpha": 0.0}
        return {
            "content": settings["content"],
            "styles": [settings["style_names"][region] for region in painted],
            "alpha": [settings["alpha"][region] for region in painted],
            "masks": regions_of(labels, len(settings["style_names"]))[painted],
            "feather": settings["feather"],
            "global_statistics": settings["global_statistics"],
        }

    def _wanted(self) -> dict[str, Any]:
        wanted, shown = super()._wanted(), self._shown
        count = len(wanted["style_names"])
        if len(wanted["alpha"]) != count:
            if count == len(shown["style_names"]):
                raise InputError(_mismatch(wanted["alpha"], wanted["style_names"]))
            wanted["alpha"] = [*wanted["alpha"], *[1.0] * MAX_REGIONS][:count]
        if not wanted["painting"] or (
            wanted["content"] != shown["content"] and wanted["painting"] == shown["painting"]
        ):
            kept = self._paintings.get(wanted["content"])
            wanted["painting"], found, _ = (kept, 1, "") if kept else self._first(wanted["content"])
            if found > count:
                wanted["style_names"] = self._enough(wanted["style_names"], found)
                wanted["alpha"] = [*wanted["alpha"], *[1.0] * (found - count)]
                count = found
        labels, size = unpack_labels(wanted["painting"]), tuple(self._session.code(wanted["content"]).images.shape[2:])
        if labels.shape != size:
            (height, width), painted = size, f"{labels.shape[1]} x {labels.shape[0]}"
            raise InputError(f"the regions were painted on {painted} pixels, and the content has {width} x {height}")
        if labels.max() > count:  # regions that were taken away
            wanted["painting"] = pack_labels(np.where(labels > count, 0, labels))
        return wanted

    def _painted(self) -> None:
        self._paintings[self._shown["content"]] = self._shown["painting"]
        self._describe()

    def _describe(self) -> None:
        titles = tuple(self._session.styles[name].title for name in self._shown["style_names"])
        self.set_trait("description", painting_in_words(self._shown["painting"], titles))

    def reset(self) -> None:
        """Back to what the panel was made with, on every content."""
        self._paintings = {self._start["content"]: self._start["painting"]}
        self.set_trait("note", "")
        super().reset()

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate("alpha", "content", "style_names", "painting", "feather", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe("alpha", "content", "style_names", "painting", "feather", "global_statistics")
    def _on_change(self, change: Any) -> None:
        if change["name"] == "content":
            self.set_trait("note", "")  # it was about the masks of the last one
        self._render()

    def _checked(self, name: str, value: Any, count: int = 0) -> Any:
        if name == "alpha":
            each = value if isinstance(value, (list, tuple)) else [value] * (count or len(self._shown["style_names"]))
            if any(check_alpha(number) > 1 for number in each):
                raise InputError(f"alpha goes up to 1 in this panel, got {max(each):g}")
            return [float(number) for number in each]
        if name == "style_names":
            if not 1 <= len(value) <= MAX_REGIONS:
                raise InputError(f"there can be 1 to {MAX_REGIONS} regions, got {len(value)} styles")
            return [self._session.styles[style].name for style in value]
        if name == "painting" and value:  # nothing at all stands for what was painted on that content
            unpack_labels(value)
        if name == "feather":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= self._widest:
                raise InputError(f"feather must be a number of pixels from 0 to {self._widest:g}, got {value!r}")
            return float(value)
        return super()._checked(name, value)

    @t.observe("from_sample")
    def _load_sample(self, change: Any) -> None:
        with self._lock, self._guard():
            if not change["new"]:
                return
            self.from_sample = ""
            if change["new"] not in _sample_masks():
                raise InputError(
                    f"no sample mask is called {change['new']!r}: choose from {', '.join(_sample_masks())}"
                )
            self.set_masks(change["new"])

    # ---- for everybody -----------------------------------------------------------------------------------------

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        return f"{self._session.contents[self._shown['content']].title}: {self._regions_in_words()}"

    def static(self) -> Image.Image:
        """Regions on the content, their styles, and the picture side by side with captions, for readers of the saved
        notebook.
        """
        shown, session = self._shown, self._session
        labels, height = unpack_labels(shown["painting"]), self.images.shape[2]
        styles = [
            (f"{region} {name}", session.styles[name].open())
            for region, name in enumerate(shown["style_names"], start=1)
            if (labels == region).any()
        ]
        regions = mask_still(to_pil(session.code(shown["content"]).images), labels)
        return captioned_row([("regions", regions), *styles, ("painted", to_pil(self.images))], height)

    def _regions_in_words(self) -> str:
        shown, shares = self._shown, self.masks.mean((1, 2)).tolist()
        words = [
            f"{self._session.styles[name].title} in region {region} ({share:.0%}), alpha {alpha:.2f}"
            for region, (name, alpha, share) in enumerate(
                zip(shown["style_names"], shown["alpha"], shares, strict=True), start=1
            )
            if share > 0
        ]
        return "; ".join(words) or "nothing is painted"

    def _label_png(self) -> bytes:
        return label_png(unpack_labels(self._shown["painting"]), len(self._shown["style_names"]))

    # ---- messages of the front end -----------------------------------------------------------------------------

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        """A content, ``style2`` (a style for the second region), or ``mask``."""
        upload = self._uploads.take(content, buffers)
        if upload is None:
            return
        self.busy = True
        try:
            if upload.kind == "mask":
                try:
                    self.set_masks(upload.data)
                except ValueError as error:  # whoever chose among several files wants to know which
                    raise InputError(str(error).replace("the picture", upload.name, 1)) from error
            elif upload.kind.startswith("style") and upload.kind[5:].isdecimal():
                self.add("style", upload.data, upload.name, int(upload.kind[5:]))
            else:
                self.add(upload.kind, upload.data, upload.name)
        finally:
            self.busy = False

    def _do_save_masks(self, content: dict[str, Any], _: Any) -> None:
        name = f"{self._shown['content']} regions.png".replace(" ", "_")
        self.send({"do": "save", "view": content.get("view"), "name": name}, [self._label_png()])

    def _file_name(self) -> str:
        return f"{self._shown['content']} in {' '.join(self._shown['style_names'])}.png".replace(" ", "_")


def _mismatch(alpha: Sequence[float], names: Sequence[str]) -> str:
    return f"alpha must be one number, or one per region: got {len(alpha)} for {len(names)}"


def _sample_masks() -> dict[str, str]:
    """Titles of the bundled masks by name; none where the samples are missing."""
    try:
        return {name: sample.title for name, sample in samples("masks").items()}
    except FileNotFoundError:
        return {}
