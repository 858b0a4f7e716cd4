"""Painted regions as settings of a panel: what the mask panel and the studio share of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import traitlets as t

from adain_lab.controls.label_maps import label_png
from adain_lab.data import samples
from adain_lab.errors import InputError
from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.picture_panel import PanelSession, PicturePanel
from adain_lab.widgets.session.mask_codec import MAX_REGIONS, fitted_labels, pack_labels, regions_of, unpack_labels
from adain_lab.widgets.session.mask_words import painting_in_words
from adain_lab.widgets.stills.regions import REGION_COLORS
from adain_lab.widgets.uploads import Upload

__all__ = ["Regions", "naming", "without_lost"]


class Regions(PicturePanel):
    """A panel whose picture has regions with a style each. Every content has its own painting: whoever goes to another
    and comes back finds it.

    A subclass sets :attr:`_session` before anything else, and says in :meth:`_canvas` on how many pixels is painted.

    Args:
        session: what renders.
        start: the value of every setting, :attr:`style_names` and :attr:`painting` among them.
        note: what is worth knowing about the masks at the start.
        max_alpha: as :class:`~adain_lab.widgets.picture_panel.PicturePanel` takes it.

    Attributes:
        _paintings: what was painted on each content that was shown.
    """

    style_names = t.List(t.Unicode()).tag(sync=True)
    #: The label map, packed; see :mod:`adain_lab.widgets.session.mask_codec`. Nothing at all stands for what was painted on a
    #: content before.
    painting = bytes_trait()
    feather = t.Float(0.0).tag(sync=True)
    global_statistics = t.Bool(False).tag(sync=True)
    #: Set by the page to load a sample mask; empty again when that is done. A trait, since messages overtake traits.
    from_sample = t.Unicode("").tag(sync=True)
    sample_masks = t.List(t.Dict(), read_only=True).tag(sync=True)
    colors = t.List(t.Unicode(), read_only=True).tag(sync=True)
    #: What is worth knowing about the masks that were loaded, in one sentence.
    note = t.Unicode("", read_only=True).tag(sync=True)
    description = t.Unicode("", read_only=True).tag(sync=True)

    #: Whether two regions may have the same style.
    _styles_repeat = True

    def __init__(self, session: PanelSession, start: dict[str, Any], note: str, max_alpha: float = 1.0):
        self._paintings: dict[str, bytes] = {start["content"]: start["painting"]}
        super().__init__(session, start, max_alpha)
        self.set_trait("colors", list(REGION_COLORS))
        self.set_trait("sample_masks", [{"name": name, "title": title} for name, title in _sample_masks().items()])
        self.set_trait("note", note)
        self._describe()

    # ---- for subclasses ----------------------------------------------------------------------------------------

    def _canvas(self, content: str) -> tuple[int, int]:
        """(H, W) of the map on which a content's regions are painted."""
        raise NotImplementedError("a panel says on how many pixels is painted")

    def _has_regions(self) -> bool:
        """Whether the picture that is shown has regions."""
        return True

    def _masks_came(self) -> None:
        """Called when masks were set, before anything is painted."""

    def _packed(self, masks: Any, content: str) -> tuple[bytes, int, str]:
        """Masks in any form as a painting of that content, the number of regions, and a note."""
        if isinstance(masks, str) and masks in _sample_masks():
            masks = samples("masks")[masks].path
        labels, count, note = fitted_labels(masks, self._canvas(content))
        return pack_labels(labels), count, note

    def _sampled(self, content: str) -> tuple[bytes, int, str] | None:
        """The same of the content's own sample mask, if it has one."""
        known = content in _sample_masks() and not self._session.contents[content].own
        return self._packed(content, content) if known else None

    def _filled(self, content: str, label: int) -> bytes:
        """A painting that is the same everywhere: all of one region, or 0, nothing."""
        return pack_labels(np.full(self._canvas(content), label, np.uint8))

    def _enough(self, names: Sequence[str], count: int) -> list[str]:
        """The styles, and others if there are more regions than styles."""
        others = [item.name for item in self._session.styles if item.name not in names]
        missing = max(0, count - len(names))
        if self._styles_repeat:
            others = (others or list(names)) * missing
        return [*names, *others[:missing]]

    def _labels(self) -> np.ndarray:
        """The label map that is shown, (H, W)."""
        return unpack_labels(self._shown["painting"] or self._filled(self._shown["content"], 0))

    def _describe(self) -> None:
        titles = tuple(self._session.styles[name].title for name in self._shown["style_names"])
        words = painting_in_words(self._shown["painting"], titles) if self._has_regions() else ""
        self.set_trait("description", words)

    def _painted(self) -> None:
        self._paintings[self._shown["content"]] = self._shown["painting"]
        self._describe()

    def _checked(self, name: str, value: Any) -> Any:
        if name == "painting" and value:
            unpack_labels(value)
        return super()._checked(name, value)

    # ---- for everybody -----------------------------------------------------------------------------------------

    @property
    def masks(self) -> torch.Tensor:
        """The regions as painted, (R, H, W), 0 or 1."""
        return regions_of(self._labels(), min(len(self._shown["style_names"]), MAX_REGIONS))

    @masks.setter
    def masks(self, masks: Any) -> None:
        with self._guard():
            self.set_masks(masks)

    def set_masks(self, masks: Any) -> None:
        """Paint regions from Python; the studio switches its regions on.

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
                self.style_names = self._enough(self.style_names, count)[:MAX_REGIONS]
                self.painting = painting
                self._masks_came()
            self.set_trait("note", note)

    def reset(self) -> None:
        """Back to what the panel was made with, on every content."""
        self._paintings = {self._start["content"]: self._start["painting"]}
        self.set_trait("note", "")
        super().reset()

    # ---- what the front end asks for -----------------------------------------------------------------------------

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

    def _take_upload(self, upload: Upload) -> None:
        """A content, a style, or a ``mask``."""
        if upload.kind == "mask":
            with naming(upload):
                self.set_masks(upload.data)
        else:
            super()._take_upload(upload)

    def _label_png(self) -> bytes:
        """The regions as one grey PNG, the first the brightest."""
        return label_png(self._labels(), min(len(self._shown["style_names"]), MAX_REGIONS))

    def _do_save_masks(self, content: dict[str, Any], _: Any) -> None:
        name = f"{self._shown['content']} regions.png".replace(" ", "_")
        self.send({"do": "save", "view": content.get("view"), "name": name}, [self._label_png()])


@contextmanager
def naming(upload: Upload) -> Iterator[None]:
    """Errors about a file name it: whoever chose among several wants to know which."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace("the picture", upload.name, 1)) from error


def without_lost(painting: bytes, count: int) -> bytes:
    """The painting without the regions beyond ``count``, which were taken away."""
    labels = unpack_labels(painting)
    return pack_labels(np.where(labels > count, 0, labels)) if labels.max() > count else painting


def _sample_masks() -> dict[str, str]:
    """Titles of the bundled masks by name; none where the samples are missing."""
    try:
        return {name: sample.title for name, sample in samples("masks").items()}
    except FileNotFoundError:
        return {}
