"""Making pictures from recipes: new ones, and those that were made before.

:class:`Painter` follows a recipe; the command line paints with it too, so that a
picture and its reproduction come from the same lines. :func:`reproduce` starts
from nothing but the recipe: it loads the model that the recipe names, and is given a
function that finds the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image

from adain_lab.controls.controls import Controls
from adain_lab.data import samples
from adain_lab.errors import InputError, MissingFileError, UserError
from adain_lab.images import PICTURE_ENDINGS, as_rgb, resize, resized, to_tensor
from adain_lab.optimize.gatys import GatysConfig, run, transfer
from adain_lab.recipes.packing import unpack_masks, unpack_statistics
from adain_lab.recipes.recipe import weights_sha256
from adain_lab.recipes.schema import check_recipe
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer, load
from adain_lab.tiling import Estimate, check_tile, estimate, paint_tiled
from adain_lab.weights.registry import MODELS, sha256_of

__all__ = ["REPRODUCERS", "BadPicture", "Find", "Painter", "finder", "load_same", "reproduce"]

#: Where the file of an input is, or the bytes of one, or what was read of it, given what the recipe says about it.
Find = Callable[[Mapping[str, Any]], Path | bytes | Image.Image]
T = TypeVar("T")


class BadPicture(InputError):
    """An input cannot be used; ``picture`` is what the recipe says about it."""

    def __init__(self, message: str, picture: Mapping[str, Any]):
        super().__init__(message)
        self.picture = picture


class Painter:
    """Paints what recipes of "stylize" say. A content is encoded once in a row of recipes that share it, a style once
    for all.

    Args:
        stylizer: what paints.
        find: where the inputs are.
        progress: called while a picture is painted tile by tile, with the steps done, those in all, and the
            :class:`~adain_lab.tiling.Estimate` that was made before.
    """

    def __init__(self, stylizer: Stylizer, find: Find, progress: Callable[[int, int, Estimate], Any] | None = None):
        self.stylizer, self.find, self.progress = stylizer, find, progress
        self._styles: dict[tuple, Statistics] = {}
        self._content: tuple[tuple, ContentCode] | None = None

    def content(self, picture: Mapping[str, Any]) -> ContentCode:
        """The encoded content; the last one is kept."""
        if self._content is None or self._content[0] != _key(picture):
            self._content = (_key(picture), self._encoded(picture, self.stylizer.encode_content))
        return self._content[1]

    def style(self, picture: Mapping[str, Any], match: ContentCode | None = None) -> Statistics:
        """A style's statistics; with ``match`` it has that content's colours."""
        if "statistics" in picture:
            statistics = unpack_statistics(picture, self.stylizer.model)
            return self.stylizer.encode_style(statistics, match=None if match is None else match.images)
        if match is not None:
            return self._encoded(picture, lambda images: self.stylizer.encode_style(images, match=match.images))
        if _key(picture) not in self._styles:
            self._styles[_key(picture)] = self._encoded(picture, self.stylizer.encode_style)
        return self._styles[_key(picture)]

    def paint(self, recipe: Mapping[str, Any]) -> torch.Tensor | Image.Image:
        """The picture, (1, 3, H, W) in [0, 1]; one that is painted tile by tile is never all in floats, and comes as a
        Pillow image.

        Raises:
            BadPicture: an input is not there, or is no picture.
            TypeError, ValueError: a control makes no sense.
        """
        if recipe.get("tile"):
            return self._paint_tiled(recipe)
        code, controls = self.content(recipe["content"]), self._controls(recipe)
        styles = [self.style(style, code if controls.color == "match" else None) for style in recipe["styles"]]
        return self.stylizer.paint(code, styles, controls)

    def _controls(self, recipe: Mapping[str, Any]) -> Controls:
        masks = recipe["masks"]
        if masks is not None:
            masks = unpack_masks(masks) if isinstance(masks, Mapping) else [self.find(mask) for mask in masks]
        return Controls.of_recipe(recipe, masks)

    def _paint_tiled(self, recipe: Mapping[str, Any]) -> Image.Image:
        """The same for a picture that is too large for one pass; nothing is kept."""
        content, size, tile = self._read(recipe["content"], _image), recipe["content"]["size"], recipe["tile"]
        controls, entries = replace(self._controls(recipe), size=size), recipe["styles"]
        match = controls.color == "match"
        styles = [self._read(s, _tensor) if match and "statistics" not in s else self.style(s) for s in entries]
        height, width = resized(content.height, content.width, size)
        report = self._announced(width, height, tile)
        return paint_tiled(self.stylizer, content, styles, controls, tile, report)

    def _announced(self, width: int, height: int, tile: int) -> Callable[[int, int], Any]:
        """What is called with every tile; the estimate has been told when this returns."""
        report = self.progress
        if report is None:
            return lambda done, total: None
        expected = estimate(self.stylizer, width, height, tile)
        report(0, 1, expected)
        return lambda done, total: report(done, total, expected)

    def _encoded(self, picture: Mapping[str, Any], encode: Callable[[torch.Tensor], T]) -> T:
        return self._read(picture, lambda picture, find: encode(_tensor(picture, find)))

    def _read(self, picture: Mapping[str, Any], opened: Callable[[Mapping[str, Any], Find], T]) -> T:
        try:
            return opened(picture, self.find)
        except UserError as error:
            raise BadPicture(str(error), picture) from error


def _image(picture: Mapping[str, Any], find: Find) -> Image.Image:
    """RGB, not yet scaled to the size that the recipe says; not to be changed, for it may be somebody else's."""
    image = as_rgb(find(picture))
    if (most := picture.get("at_most") or 0) > 0:  # panels keep large pictures smaller than they come
        image = image.copy()
        image.thumbnail((most, most), Image.Resampling.LANCZOS)
    return image


def _tensor(picture: Mapping[str, Any], find: Find) -> torch.Tensor:
    """(1, 3, H, W) in [0, 1], as large as the recipe says."""
    return resize(to_tensor(_image(picture, find)), picture["size"])


def _key(picture: Mapping[str, Any]) -> tuple:
    return picture["sha256"], picture["size"], picture.get("at_most")


# ---- finding inputs ----------------------------------------------------------------------------------------------


def finder(folders: Iterable[Path], search: Iterable[Path] = ()) -> Find:
    """A function that finds inputs by their sha256: among the samples, in ``folders``, and anywhere under ``search``.

    Files of the right name are looked at first, then pictures of any name with the right number of bytes.

    Raises:
        FileNotFoundError: a folder of ``search`` does not exist; of the function: an input is nowhere. The message
            names it.
    """
    folders, search = list(folders), list(search)
    for folder in search:
        if not folder.is_dir():
            raise MissingFileError(f"the folder {folder} does not exist")

    def find(picture: Mapping[str, Any]) -> Path:
        name = picture["name"]
        if not picture["sha256"]:
            raise MissingFileError(f"{name!r} was given as pixels, not as a file: it cannot be found again")
        files = [s.path for kind in ("content", "style", "masks") for s in _samples(kind)]
        files += [file for folder in folders for file in sorted(folder.glob("*"))]
        files += [file for folder in search for file in sorted(folder.rglob("*"))]
        same_name = [file for file in files if file.name == name]
        others = (file for file in files if file.suffix.lower() in PICTURE_ENDINGS)
        for file in (*same_name, *others):
            try:
                if file.is_file() and file.stat().st_size == picture["bytes"] and sha256_of(file) == picture["sha256"]:
                    return file
            except OSError:  # a file that cannot be read is not the one, as far as we can know
                continue
        seen = (
            f"{same_name[0]} is another picture"
            if same_name
            else "it is neither a sample nor in " + ", ".join(map(str, folders + search))
        )
        raise MissingFileError(
            f"the input {name!r} (sha256 {picture['sha256'][:12]}…) is missing: {seen}; name its folder with --search"
        )

    return find


def _samples(kind: str) -> list:
    try:
        return list(samples(kind).values())
    except FileNotFoundError:  # a package without samples still finds files
        return []


# ---- making it again ---------------------------------------------------------------------------------------------


def reproduce(recipe: Mapping[str, Any], find: Find) -> torch.Tensor | Image.Image:
    """The picture that a recipe describes; on the same machine, the same pixels.

    Args:
        recipe: from :func:`~adain_lab.recipes.recipe.read_recipe`.
        find: where the inputs are, see :func:`finder`.

    Returns:
        As :meth:`Painter.paint`.

    Raises:
        FileNotFoundError: an input is missing, or the model's weights are.
        TypeError, ValueError: the recipe is damaged, or cannot be followed here: other weights, or no such device.
    """
    if recipe["command"] not in REPRODUCERS:
        raise InputError(
            f"pictures of {recipe['command']!r} cannot be made again: only those of {', '.join(REPRODUCERS)}"
        )
    return REPRODUCERS[recipe["command"]](recipe, find)


def _stylize(recipe: Mapping[str, Any], find: Find) -> torch.Tensor | Image.Image:
    check_recipe(recipe)  # it comes from a file that anybody may have changed
    pictures = [recipe["content"], *(s for s in recipe["styles"] if not (isinstance(s, dict) and "statistics" in s))]
    pictures += recipe["masks"] if isinstance(recipe["masks"], list) else []
    if recipe.get("tile"):
        check_tile(recipe["tile"])
    stylizer = load_same(recipe)
    # What is missing is said before anything is computed; and searched for once.
    found = {picture["sha256"]: find(picture) for picture in pictures}
    return Painter(stylizer, lambda picture: found[picture["sha256"]]).paint(recipe)


def _gatys(recipe: Mapping[str, Any], find: Find) -> torch.Tensor:
    check_recipe(recipe)
    if weights_sha256(recipe["model"]) != recipe["model_sha256"]:
        raise InputError(f"the picture was made with other weights of {recipe['model']!r} than are here")
    names = [name for name in GatysConfig.__dataclass_fields__ if name in recipe]
    config = GatysConfig(**{name: recipe[name] for name in names})
    content, style = (_tensor(recipe[kind], find) for kind in ("content", "style"))
    device, precision = (recipe.get(name) or "auto" for name in ("device", "precision"))
    steps = transfer(content, style, config, encoder=recipe["model"], device=device, precision=precision)
    stop = recipe.get("iteration") if recipe.get("stopped", "finished") != "finished" else None
    return run(steps, lambda step: step.iteration == stop).image


def load_same(recipe: Mapping[str, Any]) -> Stylizer:
    """The stylizer that a recipe was made with.

    Raises:
        ValueError: its model is none that can be loaded, or has other weights here.
    """
    name = recipe["model"]
    if name not in MODELS:
        raise InputError(f"the picture was made with a model of one's own ({name!r}), which a recipe cannot bring back")
    stylizer = load(name, recipe["device"], recipe["precision"])
    if weights_sha256(name) != recipe["model_sha256"]:
        raise InputError(
            f"the picture was made with other weights of {name!r} than are here: install adain_lab {recipe.get('version')}"
        )
    return stylizer


#: How pictures are made again, by the command that made them: functions of a recipe and of what finds its inputs.
REPRODUCERS: dict[str, Callable[[Mapping[str, Any], Find], torch.Tensor | Image.Image]] = {
    "stylize": _stylize,
    "gatys": _gatys,
}
