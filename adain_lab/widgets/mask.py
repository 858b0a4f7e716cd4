"""The mask panel: paint regions on the content, and give each its own style (Sec. 7.3, Fig. 10)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.controls.controls import Controls, check_alpha
from adain_lab.errors import InputError, InputTypeError
from adain_lab.files import write_whole
from adain_lab.images import to_pil
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.regions import Regions, without_lost
from adain_lab.widgets.session import Session
from adain_lab.widgets.session.mask_codec import MAX_REGIONS, regions_of, unpack_labels
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.stills.regions import mask_still
from adain_lab.widgets.uploads import Upload

__all__ = ["MaskPanel"]


class MaskPanel(Regions):
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
        >>> import torch
        >>> panel.masks = torch.ones(5, 48, 72)
        >>> panel.error
        'there can be 1 to 4 regions, got 5 masks'
    """

    _esm = frontend.module("mask.js")
    _css = frontend.stylesheet("al-mask", "panel.css", "alpha.css", "controls.css", "mask.css")
    _shown_in_repr = ("content", "style_names", "alpha", "feather", "global_statistics")
    _settings = ("content", "style_names", "alpha", "painting", "feather", "global_statistics")

    alpha = t.Union([t.List(t.Float()), t.Float()], default_value=[1.0]).tag(sync=True)
    max_feather = t.Float(64.0, read_only=True).tag(sync=True)

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
        super().__init__(session, {**start, "feather": feather, "global_statistics": global_statistics}, note)
        self.set_trait("max_feather", self._widest)

    # ---- the regions -------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Nothing is painted any more."""
        self.painting = self._filled(self._shown["content"], 0)

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

    def _canvas(self, content: str) -> tuple[int, int]:
        height, width = self._session.code(content).images.shape[2:]
        return height, width

    def _first(self, content: str) -> tuple[bytes, int, str]:
        """What is painted on a content that nobody has painted on."""
        return self._sampled(content) or (self._filled(content, 0), 1, "")

    # ---- painting the picture ----------------------------------------------------------------------------------

    def _transfer(self, **settings: Any) -> dict[str, Any]:
        """Only regions that have paint: an empty one changes nothing, and its style need not be found again."""
        labels = unpack_labels(settings["painting"])
        painted = [region for region in range(len(settings["style_names"])) if (labels == region + 1).any()]
        if not painted:
            return {"content": settings["content"], "styles": settings["style_names"][0], "controls": Controls(0.0)}
        controls = Controls(
            [settings["alpha"][region] for region in painted],
            masks=regions_of(labels, len(settings["style_names"]))[painted],
            feather=settings["feather"],
            global_statistics=settings["global_statistics"],
        )
        styles = [settings["style_names"][region] for region in painted]
        return {"content": settings["content"], "styles": styles, "controls": controls}

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
        labels, size = unpack_labels(wanted["painting"]), self._canvas(wanted["content"])
        if labels.shape != size:
            (height, width), painted = size, f"{labels.shape[1]} x {labels.shape[0]}"
            raise InputError(f"the regions were painted on {painted} pixels, and the content has {width} x {height}")
        wanted["painting"] = without_lost(wanted["painting"], count)
        return wanted

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
        if name == "feather":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= self._widest:
                raise InputError(f"feather must be a number of pixels from 0 to {self._widest:g}, got {value!r}")
            return float(value)
        return super()._checked(name, value)

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

    # ---- messages of the front end -----------------------------------------------------------------------------

    def _take_upload(self, upload: Upload) -> None:
        """A content, ``style2`` (a style for the second region), or a ``mask``."""
        if upload.kind.startswith("style") and upload.kind[5:].isdecimal():
            self.add("style", upload.data, upload.name, int(upload.kind[5:]))
        else:
            super()._take_upload(upload)

    def _file_name(self) -> str:
        return f"{self._shown['content']} in {' '.join(self._shown['style_names'])}.png".replace(" ", "_")


def _mismatch(alpha: Sequence[float], names: Sequence[str]) -> str:
    return f"alpha must be one number, or one per region: got {len(alpha)} for {len(names)}"
