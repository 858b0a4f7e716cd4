"""Named pictures to choose from: the bundled samples of one kind, and those that people bring."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from adain_lab.data import Sample, samples
from adain_lab.errors import InputError
from adain_lab.images import open_image, to_pil, to_tensor
from adain_lab.recipes.recipe import identity

__all__ = ["Gallery", "Item", "MIN_SIDE", "MAX_SIDE", "THUMBNAIL", "read_picture"]

#: A picture with a shorter side than this has no features worth the name.
MIN_SIDE = 16
#: Pictures that people bring are kept at most this large: panels show a few hundred pixels.
MAX_SIDE = 2048
#: Pictures that people bring are kept up to this number in a gallery; then the oldest makes room. Each takes up to 12 MB.
MAX_OWN = 24
#: Side of a thumbnail in pixels: twice what is shown, for screens with two pixels per dot.
THUMBNAIL = 144


@dataclass(frozen=True)
class Item:
    """One picture of a gallery.

    Attributes:
        name: how the panel and Python call it; unique in its gallery.
        title: for people.
        alt: what it shows, for those who cannot see it.
        source: the file of a sample, or the picture itself.
        origin: of a picture that somebody brought as a file, what a recipe says about that file.
    """

    name: str
    title: str
    alt: str
    source: Path | Image.Image
    origin: Mapping[str, Any] | None = None

    @property
    def own(self) -> bool:
        """Whether somebody brought it."""
        return isinstance(self.source, Image.Image)

    def open(self) -> Image.Image:
        """The picture, RGB."""
        return open_image(self.source)

    def identity(self, size: int) -> dict[str, Any]:
        """What a recipe says about it when it was scaled to a shorter side of ``size`` pixels."""
        if isinstance(self.source, Path):
            return identity(self.source, size=size)
        return {"name": self.name, "sha256": None, "bytes": 0, **(self.origin or {}), "size": size, "at_most": MAX_SIDE}

    def thumbnail(self) -> bytes:
        """A square JPEG of :data:`THUMBNAIL` pixels."""
        return _thumbnail(self.source) if self.own else _sample_thumbnail(self.source)


class Gallery:
    """Pictures of one kind by name, in the order in which they came.

    Args:
        kind: "content" or "style".

    Example:
        >>> gallery = Gallery("style")
        >>> gallery.add(Image.new("RGB", (64, 48), "teal"), "My teal.png")
        'My teal'
        >>> gallery["My teal"].open().size
        (64, 48)
    """

    def __init__(self, kind: str):
        self.kind = kind
        #: Names of pictures that made room: what was computed of them must not be taken for another's.
        self._released: set[str] = set()
        self._items: dict[str, Item] = {}
        try:
            found: Collection[Sample] = samples(kind).values()
        except FileNotFoundError:  # without the samples a panel still works with pictures of one's own
            found = ()
        for sample in found:
            self._items[sample.name] = Item(sample.name, sample.title, sample.alt, sample.path)

    def __getitem__(self, name: str) -> Item:
        if name not in self._items:
            raise InputError(f"no {self.kind} picture is called {name!r}: choose from {', '.join(self._items)}")
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def add(self, picture: Any, name: str | None = None, used: Collection[str] | None = None) -> str:
        """Take in a picture and return the name it was given.

        Args:
            picture: a path, the bytes of a file, a Pillow image, an array or a tensor.
            name: what to call it; a file's ending is dropped. The same name twice gets a number.
            used: names of pictures that must stay; of the others the oldest make room when :data:`MAX_OWN` were brought.
                None keeps all.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture, or too small; one sentence.
        """
        if name is None and isinstance(picture, (str, os.PathLike)):
            name = Path(picture).name
        image = read_picture(picture, name)
        file = bytes(picture) if isinstance(picture, (bytearray, memoryview)) else picture
        origin = identity(file, name or "") if isinstance(file, (str, os.PathLike, bytes)) else None
        stem = (Path(name).stem if name else "").strip()[:40] or f"your {self.kind}"
        name, number = stem, 2
        while name in self._items or name in self._released:
            name, number = f"{stem} {number}", number + 1
        if used is not None:
            self._release(used)
        self._items[name] = Item(name, name, f"{name}, a picture of your own", image, origin)
        return name

    def _release(self, used: Collection[str]) -> None:
        """Forget the oldest pictures that somebody brought and nobody uses, so that another one has room."""
        own = [item.name for item in self._items.values() if item.own]
        for name in [name for name in own if name not in used][: max(0, len(own) - MAX_OWN + 1)]:
            self.remove(name)
            self._released.add(name)

    def remove(self, name: str) -> None:
        """Forget a picture."""
        del self._items[name]

    def find(self, picture: Any) -> str:
        """The name of ``picture``: a known name is itself, anything else is added.

        Raises:
            ValueError: a text that is neither a name in this gallery nor a file; the message lists the names.
        """
        if isinstance(picture, str) and (picture in self._items or not os.path.exists(picture)):
            return self[picture].name
        return self.add(picture)


def read_picture(picture: Any, name: str | None = None) -> Image.Image:
    """Any picture as an RGB image whose longer side is at most :data:`MAX_SIDE` and whose shorter one at least
    :data:`MIN_SIDE`.
    """
    try:
        file = isinstance(picture, (str, os.PathLike, bytes, memoryview, Image.Image))
        image = open_image(picture) if file else to_pil(to_tensor(picture))
    except InputError as error:
        # Errors about bytes speak of "the picture"; whoever uploaded several wants to know which.
        raise InputError(str(error).replace("the picture", name, 1) if name else str(error)) from error
    if min(image.size) < MIN_SIDE:
        width, height = image.size
        raise InputError(f"{name or 'the picture'} has {width} × {height} pixels: each side needs at least {MIN_SIDE}")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return image


def _thumbnail(source: Path | Image.Image) -> bytes:
    image = ImageOps.fit(open_image(source), (THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=84)
    return buffer.getvalue()


_sample_thumbnail = lru_cache(maxsize=256)(_thumbnail)
