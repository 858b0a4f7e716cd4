"""What the studio's settings are: which values they can have, how they follow each other, and the regions among
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets as t

from adain_lab.controls.controls import check_alpha, check_color
from adain_lab.data import samples
from adain_lab.errors import InputError
from adain_lab.statistics import normalize_weights
from adain_lab.widgets.mask_codec import MAX_REGIONS, fitted_labels, pack_labels, regions_of, unpack_labels
from adain_lab.widgets.mask_words import painting_in_words
from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import SIZES, Frame
from adain_lab.widgets.studio_session import StudioSession
from adain_lab.widgets.studio_settings import canvas_size, fits, followed, mask_samples, relabelled, rendering

__all__ = ["MAX_STYLES", "StudioState"]

MAX_STYLES = 8
#: How large or small strokes can be made, as a share of the size at which content and style have the same scale.
STROKES = (0.1, 4.0)


class StudioState(PicturePanel):
    """The settings of :class:`~adain_lab.widgets.StudioPanel`, which makes :attr:`_session` and the first picture.

    Attributes:
        _paintings: what was painted on each content that was shown.
        _before_of: content and size of the picture that the painted one is compared with.
    """

    _session: StudioSession
    _paintings: dict[str, bytes]
    _before_of: tuple[str, int]

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
    #: The label map, packed; see :mod:`adain_lab.widgets.mask_codec`. Nothing at all stands for what was painted on a
    #: content before.
    painting = bytes_trait()
    strengths = t.List(t.Float()).tag(sync=True)
    feather = t.Float(0.0).tag(sync=True)
    global_statistics = t.Bool(False).tag(sync=True)
    moving = t.Bool(False).tag(sync=True)
    #: Set by the page to load a sample mask; empty again when that is done. A trait, since messages overtake traits.
    from_sample = t.Unicode("").tag(sync=True)
    note = t.Unicode("", read_only=True).tag(sync=True)
    description = t.Unicode("", read_only=True).tag(sync=True)

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
        return (
            unpack_labels(painting)
            if painting
            else np.zeros(canvas_size(self._session.contents[self._shown["content"]]), np.uint8)
        )

    def _packed(self, masks: Any, content: str) -> tuple[bytes, int, str]:
        if isinstance(masks, str) and masks in mask_samples():
            masks = samples("masks")[masks].path
        labels, count, note = fitted_labels(masks, canvas_size(self._session.contents[content]))
        return pack_labels(labels), count, note

    def _first(self, content: str, count: int) -> bytes:
        """What is painted on a content that nobody has painted on: its sample mask, if there are styles enough; else
        the first region.
        """
        item = self._session.contents[content]
        if content in mask_samples() and not item.own:
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
        wanted["weights"] = followed(wanted["weights"], names, before, shown["weights"])
        if len(wanted["strengths"]) != len(names):
            known = dict(zip(before, shown["strengths"], strict=True))
            wanted["strengths"] = [known.get(name, 1.0) for name in names]
        if wanted["content"] != shown["content"] and wanted["painting"] == shown["painting"]:
            wanted["painting"] = self._paintings.get(wanted["content"], b"")
        elif len(names) != len(before) and wanted["painting"] == shown["painting"]:
            wanted["painting"] = relabelled(shown["painting"], before, names)
        if wanted["regions"]:
            if len(names) > MAX_REGIONS:
                raise InputError(
                    f"a picture has up to {MAX_REGIONS} regions, and {len(names)} styles are chosen: take some out first"
                )
            wanted["painting"] = wanted["painting"] or self._first(wanted["content"], len(names))
        if wanted["painting"]:
            labels, item = unpack_labels(wanted["painting"]), self._session.contents[wanted["content"]]
            if not fits(labels, item):
                raise InputError(f"the regions were painted on a picture of another shape than {item.name!r}")
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
        self._describe()

    def _describe(self) -> None:
        shown = self._shown
        titles = tuple(self._session.styles[name].title for name in shown["style_names"])
        self.set_trait("description", painting_in_words(shown["painting"], titles) if shown["regions"] else "")

    def _brought(self, kind: str, name: str) -> None:
        if kind == "content":
            self.content = name
        else:  # where there is no more room it takes the last one's place
            most = MAX_REGIONS if self.regions else MAX_STYLES
            self.style_names = [*self.style_names[: most - 1], name]

    # ---- what may be set -------------------------------------------------------------------------------------------

    @t.validate(
        "content",
        "style_names",
        "weights",
        "alpha",
        "color",
        "stroke_size",
        "size",
        "painting",
        "strengths",
        "feather",
        "split",
    )
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
            raise InputError(f"1 to {MAX_STYLES} styles can be chosen, got {len(names)}")
        if len(set(names)) < len(names):
            raise InputError(f"each style can be chosen once, got {', '.join(names)}")
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
            raise InputError(f"size must be a whole number of pixels from {SIZES[0]} to {SIZES[1]}, got {size!r}")
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
            if change["new"] not in mask_samples():
                raise InputError(f"no sample mask is called {change['new']!r}: choose from {', '.join(mask_samples())}")
            self.set_masks(change["new"])


def _between(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}")
    return float(value)
