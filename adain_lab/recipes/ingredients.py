"""The pictures that go into a picture, read once: opened, hashed and decoded in one go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from adain_lab.images import read_picture
from adain_lab.recipes.recipe import identity

__all__ = ["ROOM", "Ingredients"]

#: Bytes of pixels that are kept until they are painted: some 60 megapixels. One picture is kept however large it is.
ROOM = 2**28


class Ingredients:
    """Input pictures by their sha256, and where Pillow's pixels of them are until they are painted.

    What has no room is decoded again when it is asked for, so that a folder of photographs can be checked before the
    first is painted, and still need not fit into memory.

    Example:
        >>> from adain_lab import sample
        >>> ingredients = Ingredients()
        >>> cat = ingredients.add(sample("cat"), size=256)
        >>> cat["name"], ingredients(cat).mode
        ('cat.jpg', 'RGB')
    """

    def __init__(self, room: int = ROOM):
        self.room = room
        self._sources: dict[str, Path | bytes] = {}
        self._known: dict[Path | bytes, dict[str, Any]] = {}
        self._kept: dict[str, Image.Image] = {}
        self._sizes: dict[str, tuple[int, int]] = {}

    def add(self, source: Path | bytes, size: int = 0, *, name: str = "", decode: bool = True) -> dict[str, Any]:
        """What a recipe says about a picture, see :func:`~adain_lab.recipes.recipe.identity`.

        Args:
            source: its path, or the bytes of its file.
            size: shorter side to which it will be scaled, pixels; 0 = as it is.
            name: what to call bytes.
            decode: False reads no pixels yet, for whom may not need them.

        Raises:
            FileNotFoundError, ValueError: it cannot be read, or with ``decode`` is no picture.
        """
        if source not in self._known:
            name = name if isinstance(source, bytes) else source.name
            if decode:
                file = read_picture(source)
                known = {"name": name, "sha256": file.sha256, "bytes": file.length}
                self._sizes[file.sha256] = file.image.size
                self._keep(file.sha256, file.image)
            else:
                known = identity(source, name)
            self._known[source] = known
        self._sources[self._known[source]["sha256"]] = source
        return {**self._known[source], "size": size}

    def __call__(self, picture: Mapping[str, Any]) -> Image.Image:
        """A picture that was added: upright, in its file's mode, and not to be changed."""
        digest = picture["sha256"]
        if digest not in self._kept:
            image = read_picture(self._sources[digest]).image
            self._keep(digest, image)
            return image
        return self._kept[digest]

    def source(self, picture: Mapping[str, Any]) -> Path | bytes:
        """Where a picture that was added came from."""
        return self._sources[picture["sha256"]]

    def width_height(self, picture: Mapping[str, Any]) -> tuple[int, int]:
        """Of a picture that was added and decoded, in pixels."""
        return self._sizes[picture["sha256"]]

    def forget(self, source: Path | bytes) -> None:
        """Give up a picture's pixels."""
        if source in self._known:
            self._kept.pop(self._known[source]["sha256"], None)

    def _keep(self, digest: str, image: Image.Image) -> None:
        used = sum(4 * kept.width * kept.height for kept in self._kept.values())
        if not self._kept or used + 4 * image.width * image.height <= self.room:
            self._kept[digest] = image
