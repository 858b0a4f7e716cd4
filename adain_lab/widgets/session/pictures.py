"""What a panel computes: contents encoded once, styles measured once, one decoder pass per picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import torch

from adain_lab.controls.controls import PLAIN, Controls
from adain_lab.images import check_size, resize, to_bytes, to_tensor
from adain_lab.recipes.packing import pack_masks, pack_statistics
from adain_lab.recipes.recipe import stylize_recipe
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer, load
from adain_lab.weights import DEFAULT_MODEL
from adain_lab.widgets.session.gallery import Gallery, Item

__all__ = ["Frame", "Session", "fitted_size", "shared_stylizer"]

#: Sizes that a panel renders at, pixels of the shorter side.
SIZES = (32, 1024)
#: A panorama's longer side is at most this many times the panel's size.
LONGEST = 3
#: Encoded contents that are kept; one of 256 x 256 takes eight megabytes.
KEPT_CODES = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Frame:
    """One rendered picture.

    Attributes:
        images: (1, 3, H, W) in [0, 1].
        jpeg: the same as a JPEG file.
        milliseconds: from asking to having the JPEG.
    """

    images: torch.Tensor
    jpeg: bytes
    milliseconds: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.images.shape[3], self.images.shape[2]


class Session:
    """Renders pictures of two galleries with one stylizer.

    The first picture of a content costs an encoder pass, the first of a style
    another; after that every picture costs one :meth:`Stylizer.render`, whatever the controls.

    Args:
        stylizer: what renders. None for the shared default model, a model's name for another shared one.
        size: shorter side of contents and styles, pixels.

    Example:
        >>> session = Session("tiny", size=64)
        >>> content = session.contents.add(torch.rand(3, 64, 96))
        >>> style = session.styles.add(torch.rand(3, 80, 80))
        >>> session.render(content, style, Controls(alpha=0.5)).size
        (96, 64)
    """

    def __init__(self, stylizer: Stylizer | str | None = None, size: int = 256):
        self.size = check_size(size, *SIZES)
        self.stylizer = (
            shared_stylizer(stylizer or DEFAULT_MODEL) if stylizer is None or isinstance(stylizer, str) else stylizer
        )
        self.contents = Gallery("content")
        self.styles = Gallery("style")
        self._codes: dict[str, ContentCode] = {}
        self._statistics: dict[tuple, Statistics] = {}

    def code(self, content: str) -> ContentCode:
        """The encoded content of that name."""
        return _kept(
            self._codes,
            content,
            lambda: self.stylizer.encode_content(self._fitted(self.contents[content], self.size)),
            KEPT_CODES,
        )

    def statistics(self, style: str, style_size: int = 0, match: str | None = None) -> Statistics:
        """The channel statistics of the style of that name.

        Args:
            style: a name in :attr:`styles`.
            style_size: shorter side to which it is scaled first, pixels; 0 is the session's size. Smaller is finer.
            match: the content whose colours the style is given first (color="match"); None for none.
        """
        size = style_size or self.size

        def measure() -> Statistics:
            reference = None if match is None else self.code(match).images
            return self.stylizer.encode_style(self._fitted(self.styles[style], size), match=reference)

        return _kept(self._statistics, (style, size, match), measure)

    def render(
        self,
        content: str,
        styles: str | Statistics | Sequence[str | Statistics],
        controls: Controls = PLAIN,
    ) -> Frame:
        """The content painted in the manner of the style, or of several.

        Args:
            content: a name in :attr:`contents`.
            styles: a name in :attr:`styles`, or statistics, or several: to interpolate between, or with masks one per
                region.
            controls: everything else. The content's size is the session's, and the styles' too where this says 0.

        Raises:
            ValueError: an unknown name (the message lists those that there are), or controls made for other styles.
        """
        start = time.perf_counter()
        match = content if controls.color == "match" else None
        chosen = _listed(styles)
        controls = controls.checked(len(chosen))
        known = [s if isinstance(s, Statistics) else self.statistics(s, controls.style_size, match) for s in chosen]
        images = self.stylizer.paint(self.code(content), known, controls)
        jpeg = to_bytes(images, "jpeg", quality=92)
        return Frame(images, jpeg, (time.perf_counter() - start) * 1000)

    def before(self, content: str) -> bytes:
        """The content itself, at the size at which it is rendered, as a JPEG."""
        return to_bytes(self.code(content).images, "jpeg", quality=92)

    def recipe(
        self,
        content: str,
        styles: str | Statistics | Sequence[str | Statistics],
        controls: Controls = PLAIN,
        **more: Any,
    ) -> dict[str, Any]:
        """How :meth:`render` makes a picture, for :func:`~adain_lab.recipes.painter.reproduce`.

        Pictures are named by their files; one that came as pixels cannot be found again. Masks and statistics go into
        the recipe themselves.

        Args:
            content, styles, controls: as :meth:`render` takes them.
            more: further plain values, to keep.
        """
        chosen, masks = _listed(styles), controls.masks
        return stylize_recipe(
            self.stylizer,
            self._identity(self.contents[content], self.size),
            [self._ingredient(style, controls.style_size or self.size) for style in chosen],
            controls,
            masks=None if masks is None else pack_masks(masks, len(chosen)),
            **more,
        )

    def png(
        self,
        images: torch.Tensor,
        content: str,
        styles: str | Statistics | Sequence[str | Statistics],
        controls: Controls = PLAIN,
        **more: Any,
    ) -> bytes:
        """A PNG of a rendered picture; it carries its recipe.

        Args:
            images: of a :class:`Frame`.
            content, styles, controls, more: as :meth:`recipe` takes them.
        """
        return to_bytes(images, "png", recipe=self.recipe(content, styles, controls, **more))

    def identity(self, style: Item) -> dict[str, Any]:
        """What a recipe says about a style as it is measured."""
        return self._identity(style, self.size)

    def _fitted(self, item: Item, size: int) -> torch.Tensor:
        images = to_tensor(item.open())
        return resize(images, fitted_size(images.shape[3], images.shape[2], size))

    def _identity(self, item: Item, size: int) -> dict[str, Any]:
        return item.identity(fitted_size(*item.open().size, size))

    def _ingredient(self, style: str | Statistics, size: int) -> dict[str, Any]:
        if isinstance(style, Statistics):
            return pack_statistics(style, "a style that is no picture")
        return self._identity(self.styles[style], size)


def _listed(styles: str | Statistics | Sequence[str | Statistics]) -> list[str | Statistics]:
    return [styles] if isinstance(styles, (str, Statistics)) else list(styles)


def fitted_size(width: int, height: int, size: int) -> int:
    """The shorter side to scale a picture to: ``size``, or less for one so long that it would take too much memory.

    Example:
        >>> fitted_size(640, 480, 256), fitted_size(4000, 400, 256)
        (256, 77)
    """
    ratio = max(width, height) / min(width, height)
    return size if ratio <= LONGEST else max(16, round(size * LONGEST / ratio))


@lru_cache(maxsize=4)
def shared_stylizer(name: str) -> Stylizer:
    """The model called ``name``, loaded once for all panels of this process."""
    return load(name)


def _kept(cache: dict[Any, T], name: Hashable, make: Callable[[], T], limit: int = 1000) -> T:
    """``cache[name]``, made if it is missing; beyond ``limit`` the one unused for longest goes."""
    cache[name] = cache.pop(name) if name in cache else make()
    while len(cache) > limit:
        cache.pop(next(iter(cache)))
    return cache[name]
