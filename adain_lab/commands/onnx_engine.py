"""``adain-lab stylize`` without PyTorch, whose import takes longer than painting: through an exported model in the cache."""

from __future__ import annotations

import argparse
import importlib.util
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adain_lab.errors import InputError, UserError

if TYPE_CHECKING:
    from PIL import Image

    from adain_lab.recipes.ingredients import Ingredients

__all__ = ["ENGINES", "paint_without_torch"]

#: Choices of --engine.
ENGINES = ("auto", "torch", "onnx")


def paint_without_torch(
    options: argparse.Namespace,
    contents: Sequence[Path | bytes],
    styles: Sequence[Path | bytes],
    tiled: bool,
    described: Callable[[Path | bytes, int], dict[str, Any]],
    ingredients: Ingredients,
) -> tuple[Image.Image, dict[str, Any]] | None:
    """Paint a plain stylization of one picture through onnxruntime.

    Args:
        options: of ``stylize``.
        contents, styles: files, or their bytes.
        tiled: whether the picture is to be painted tile by tile.
        described: called with a picture and its size, gives what a recipe says about it.
        ingredients: what was read of them.

    Returns:
        The picture and its recipe; None where PyTorch is to paint. That is so, too, where something is wrong with the
        input, so that it is said in the same words.

    Raises:
        ValueError: ``--engine onnx`` asks for what cannot be done.
    """
    if options.engine == "torch" or not _sound(options, len(styles)):
        return None
    obstacle = _obstacle(options, len(contents), tiled)
    if obstacle:
        if options.engine == "onnx":
            raise InputError(f"--engine onnx cannot be used here: {obstacle}")
        return None
    try:
        picture, recipe = _paint(options, contents[0], styles, described, ingredients)
        flat = len(picture.getcolors(1) or ()) == 1
        return None if flat and options.engine == "auto" else (picture, recipe)  # PyTorch's way says so, too
    except UserError:
        if options.engine == "onnx":
            raise
        return None
    except Exception as error:  # whatever onnxruntime raises for a file that is no model
        if type(error).__module__.split(".")[0] != "onnxruntime":
            raise
        if options.engine == "onnx":
            raise InputError(
                f"the exported model is damaged: run `adain-lab export {options.model} --cache` again"
            ) from error
        return None


def _sound(options: argparse.Namespace, styles: int) -> bool:
    """Whether the numbers and names are such that any engine takes them."""
    numbers = [*options.alpha, *(options.weights or ())]
    return (
        all(math.isfinite(number) and number >= 0 for number in numbers)
        and len(options.alpha) == 1
        and (options.weights is None or (len(options.weights) == styles and sum(options.weights) > 0))
        and options.color in (None, "match", "luminance")
        and min(options.size, options.style_size, options.feather) >= 0
    )


def _obstacle(options: argparse.Namespace, contents: int, tiled: bool) -> str:
    """Why PyTorch is needed; empty where it is not."""
    if options.decoder:
        return "a decoder of your own needs PyTorch"
    if options.mask:
        return "masks need PyTorch"
    if options.device not in ("auto", "cpu"):
        return f"--device {options.device} needs PyTorch"
    if contents > 1:
        return "several pictures need PyTorch"
    if tiled:
        return "painting tile by tile needs PyTorch"
    if importlib.util.find_spec("onnxruntime") is None:
        return 'onnxruntime is missing: pip install "adain_lab[export]"'
    from adain_lab.export.cached import is_current

    if not is_current(options.model):
        return (
            f"there is no export of {options.model}'s present weights: run `adain-lab export {options.model} --cache`"
        )
    return ""


def _paint(
    options: argparse.Namespace,
    content: Path | bytes,
    styles: Sequence[Path | bytes],
    described: Callable[[Path | bytes, int], dict[str, Any]],
    ingredients: Ingredients,
) -> tuple[Image.Image, dict[str, Any]]:
    import onnxruntime

    from adain_lab.export.cached import cached_folder, weights_digest
    from adain_lab.export.model import OnnxModel
    from adain_lab.export.painting import paint
    from adain_lab.images import as_rgb
    from adain_lab.recipes.recipe import signed

    alpha, weights = options.alpha[0], options.weights
    settings: Mapping[str, Any] = {
        "content": described(content, options.size),
        "styles": [described(style, options.style_size) for style in styles],
        "alpha": alpha,
        "weights": weights,
        "preserve_color": options.color,
        "masks": None,
        "feather": options.feather,
        "global_statistics": options.global_statistics,
        "device": "cpu",
        "precision": "float32",
        "seed": options.seed,
        "onnxruntime": onnxruntime.__version__,
    }
    recipe = signed("stylize", options.model, weights_digest(options.model), settings)
    picture = paint(
        OnnxModel(cached_folder(options.model)),
        as_rgb(ingredients(settings["content"])),
        [as_rgb(ingredients(style)) for style in settings["styles"]],
        alpha,
        weights,
        options.color,
        options.size,
        options.style_size,
    )
    return picture, recipe
