"""What the studio's settings are: which values they can have, how they follow each other, and the regions among
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets as t

from adain_lab.controls.controls import check_alpha, check_color
from adain_lab.errors import InputError
from adain_lab.images import check_size
from adain_lab.statistics import normalize_weights
from adain_lab.widgets.regions import Regions, without_lost
from adain_lab.widgets.session import SIZES, Frame
from adain_lab.widgets.session.mask_codec import MAX_REGIONS, unpack_labels
from adain_lab.widgets.session.studio import StudioSession
from adain_lab.widgets.session.studio_settings import canvas_size, fits, followed, relabelled, transfer

__all__ = ["MAX_STYLES", "StudioState"]

MAX_STYLES = 8
#: How large or small strokes can be made, as a share of the size at which content and style have the same scale.
STROKES = (0.1, 4.0)


class StudioState(Regions):
    """The settings of :class:`~adain_lab.widgets.StudioPanel`, which makes :attr:`_session` and the first picture.

    Attributes:
        _before_of: content and size of the picture that the painted one is compared with.
    """

    _session: StudioSession
    _before_of: tuple[str, int]

    _settings = (
        *("content", "style_names", "weights", "alpha", "color", "stroke_size", "size"),
        *("regions", "painting", "strengths", "feather", "global_statistics", "moving"),
    )

    weights = t.List(t.Float()).tag(sync=True)
    color = t.Unicode(None, allow_none=True).tag(sync=True)
    stroke_size = t.Float(1.0).tag(sync=True)
    size = t.Int(512).tag(sync=True)
    regions = t.Bool(False).tag(sync=True)
    strengths = t.List(t.Float()).tag(sync=True)
    moving = t.Bool(False).tag(sync=True)

    _styles_repeat = False

    # ---- regions ---------------------------------------------------------------------------------------------------

    def _canvas(self, content: str) -> tuple[int, int]:
        return canvas_size(self._session.contents[content])

    def _has_regions(self) -> bool:
        return self._shown["regions"]

    def _masks_came(self) -> None:
        self.regions = True

    def _first(self, content: str, count: int) -> bytes:
        """What is painted on a content that nobody has painted on: its sample mask, if there are styles enough; else
        the first region.
        """
        painting, found, _ = self._sampled(content) or (b"", 0, "")
        return painting if painting and found <= count else self._filled(content, 1)

    # ---- painting the picture --------------------------------------------------------------------------------------

    def _paint(self, **settings: Any) -> Frame:
        return self._session.render(settings["size"], settings["moving"], **transfer(settings))

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
            item = self._session.contents[wanted["content"]]
            if not fits(unpack_labels(wanted["painting"]), item):
                raise InputError(f"the regions were painted on a picture of another shape than {item.name!r}")
            wanted["painting"] = without_lost(wanted["painting"], len(names))
        return wanted

    def _painted(self) -> None:
        shown = self._shown
        if self._before_of != (shown["content"], shown["size"]) and not shown["moving"]:
            self._session.size = shown["size"]
            self._before_of = (shown["content"], shown["size"])
            self.before = self._session.before(shown["content"])
        super()._painted()

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
        return check_size(size, *SIZES)


def _between(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}")
    return float(value)
