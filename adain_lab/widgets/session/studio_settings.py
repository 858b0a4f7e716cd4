"""The studio's settings: how they are rendered, what a recipe says about them, and how shares and painted regions
follow the styles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adain_lab.controls.controls import Controls
from adain_lab.controls.masks import size_note
from adain_lab.errors import InputError, MissingFileError
from adain_lab.recipes.packing import unpack_masks
from adain_lab.recipes.recipe import weights_sha256
from adain_lab.statistics import normalize_weights
from adain_lab.weights.registry import sha256_of
from adain_lab.widgets.session.gallery import MAX_SIDE, Gallery, Item
from adain_lab.widgets.session.mask_codec import MAX_REGIONS, pack_labels, regions_of, unpack_labels
from adain_lab.widgets.session.pictures import SIZES, fitted_size

__all__ = ["canvas_size", "fits", "followed", "relabelled", "settings_of", "transfer"]

#: Shorter side of the map on which regions are painted, pixels.
_CANVAS = 256


def transfer(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The panel's settings as :meth:`~adain_lab.widgets.session.studio.StudioSession.render` takes them.

    Regions without paint are left out: they change nothing, and their styles need not be found again.
    """
    names, color = settings["style_names"], settings["color"]
    common = {name: settings[name] for name in ("content", "stroke_size")}
    if not settings["regions"]:
        return {**common, "styles": names, "controls": Controls(settings["alpha"], settings["weights"], color)}
    labels = unpack_labels(settings["painting"])
    painted = [region for region in range(len(names)) if (labels == region + 1).any()]
    if not painted:
        return {**common, "styles": names[:1], "controls": Controls(0.0, color=color)}
    controls = Controls(
        [round(settings["alpha"] * settings["strengths"][region], 6) for region in painted],
        color=color,
        masks=regions_of(labels, len(names))[painted],
        feather=settings["feather"],
        global_statistics=settings["global_statistics"],
    )
    return {**common, "styles": [names[region] for region in painted], "controls": controls}


def followed(
    weights: Sequence[float], names: Sequence[str], before: Sequence[str], old: Sequence[float]
) -> list[float]:
    """Shares when styles came or went: new ones get an equal share, the others divide the rest as before.

    Example:
        >>> followed([0.75, 0.25], ["a", "b", "c", "d"], ["a", "b"], [0.75, 0.25])
        [0.375, 0.125, 0.25, 0.25]
    """
    if len(weights) == len(names):
        return list(weights)
    if list(names) == list(before):
        raise InputError(f"weights must be one number per style: got {len(weights)} for {len(names)} styles")
    known, new = dict(zip(before, old, strict=True)), 1 / len(names)
    kept = [known.get(name) for name in names]
    total, left = sum(weight for weight in kept if weight is not None), 1 - new * kept.count(None)
    if total == 0:
        return normalize_weights(None, len(names))
    return [new if weight is None else left * weight / total for weight in kept]


# ---- painted regions ---------------------------------------------------------------------------------------------


def canvas_size(item: Item) -> tuple[int, int]:
    """(H, W) of the map on which a content's regions are painted."""
    width, height = item.open().size
    scale = fitted_size(width, height, _CANVAS) / min(width, height)
    return round(height * scale), round(width * scale)


def fits(labels: np.ndarray, item: Item) -> bool:
    """Whether a map (H, W) has the shape of a content."""
    return not size_note(torch.empty(1, *labels.shape), canvas_size(item))


def relabelled(painting: bytes, before: Sequence[str], after: Sequence[str]) -> bytes:
    """The map when styles came or went: every style keeps its region, and the region of one that is gone is empty.

    Example:
        >>> packed = pack_labels(np.array([[1, 2, 3, 0]], np.uint8))
        >>> unpack_labels(relabelled(packed, ["a", "b", "c"], ["c", "b"])).tolist()
        [[0, 2, 1, 0]]
    """
    if not painting:
        return painting
    places = [0, *(after.index(name) + 1 if name in after else 0 for name in before)]
    table = np.array([*places, *[0] * MAX_REGIONS][: MAX_REGIONS + 1], np.uint8)
    table[table > MAX_REGIONS] = 0
    return pack_labels(table[unpack_labels(painting)])


# ---- recipes -----------------------------------------------------------------------------------------------------


def settings_of(recipe: Mapping[str, Any], contents: Gallery, styles: Gallery, model: str) -> dict[str, Any]:
    """The settings that paint what a recipe says.

    Args:
        recipe: from :func:`~adain_lab.recipes.recipe.read_recipe`.
        contents, styles: where its pictures are looked for, by their files' sha256.
        model: what the panel paints with.

    Raises:
        FileNotFoundError: a picture is not there; the message names it.
        ValueError: the recipe is damaged, or asks for something that the panel has no control for.
    """
    if recipe["command"] != "stylize":
        raise InputError(
            f"the picture was made by {recipe['command']!r}, which this panel is not: `adain-lab reproduce` makes it again"
        )
    try:
        if (other := recipe["model"]) != model:
            raise InputError(
                f"the picture was made with the model {other!r}: open it in StudioPanel(stylizer={other!r})"
            )
        if recipe["model_sha256"] != weights_sha256(model):
            raise InputError(f"the picture was made with other weights of {model!r} than are here")
        return _settings(recipe, contents, styles)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError("the recipe is damaged") from error


def _settings(recipe: Mapping[str, Any], contents: Gallery, styles: Gallery) -> dict[str, Any]:
    content = _found(recipe["content"], contents)
    names = [_found(style, styles).name for style in recipe["styles"]]
    size = _size_for(recipe["content"], content, SIZES[1])
    style_sizes = {_size_for(style, styles[name]) for style, name in zip(recipe["styles"], names, strict=True)}
    if len(style_sizes) != 1:
        raise InputError("the picture's styles were scaled to different sizes, for which this panel has no control")
    if recipe.get("tile"):
        raise InputError("the picture was painted tile by tile: `adain-lab reproduce` makes it again")
    settings = {
        "content": content.name,
        "style_names": names,
        "size": size,
        "stroke_size": style_sizes.pop() / size,
        "color": recipe["preserve_color"],
        "regions": recipe["masks"] is not None,
    }
    if recipe["masks"] is None:
        shares = normalize_weights(recipe["weights"], len(names))
        return {**settings, "alpha": recipe["alpha"], "weights": recipe["weights"] or shares}
    labels = _labels(recipe["masks"], content)
    alphas = recipe["alpha"] if isinstance(recipe["alpha"], list) else [recipe["alpha"]] * len(names)
    alpha = max(1.0, *alphas)  # strengths go up to 1
    shorter = fitted_size(*content.open().size, size)
    return {
        **settings,
        "alpha": alpha,
        "strengths": [number / alpha for number in alphas],
        "painting": pack_labels(labels),
        "feather": round(100 * recipe["feather"] / shorter, 6),
        "global_statistics": recipe["global_statistics"],
    }


def _found(picture: Mapping[str, Any], gallery: Gallery) -> Item:
    name = picture["name"]
    if "statistics" in picture:
        raise InputError(
            f"the picture was painted with {name}, for which this panel has no control: `adain-lab reproduce` makes it again"
        )
    if not picture["sha256"]:
        raise MissingFileError(f"{name!r} was given as pixels, not as a file: it cannot be found again")
    for item in gallery:
        if item.own and (item.origin or {}).get("sha256") == picture["sha256"]:
            return item
    for item in gallery:
        if (
            isinstance(item.source, Path)
            and item.source.stat().st_size == picture["bytes"]
            and sha256_of(item.source) == picture["sha256"]
        ):
            return item
    missing = f"the {gallery.kind} {name!r} is neither a sample nor a picture that was brought"
    raise MissingFileError(f"{missing}: upload it first, then open the recipe again")


def _size_for(picture: Mapping[str, Any], item: Item, most: int = 2 * SIZES[1]) -> int:
    """The panel's size for which a picture is scaled as the recipe says."""
    width, height = item.open().size
    if item.own and not picture.get("at_most") and max(width, height) >= MAX_SIDE:
        raise InputError(
            f"the picture was painted from all pixels of {picture['name']!r}: `adain-lab reproduce` makes it again"
        )
    scaled = picture["size"] or min(width, height)
    for size in (
        scaled,
        *range(scaled, min(most, 100 * scaled) + 1),
    ):  # panoramas are scaled to less than the panel's size
        if SIZES[0] <= size <= most and fitted_size(width, height, size) == scaled:
            return size
    raise InputError(f"{picture['name']!r} was scaled to {scaled} pixels: this panel goes from {SIZES[0]} to {most}")


def _labels(masks: Any, content: Item) -> np.ndarray:
    if not isinstance(masks, Mapping):
        raise InputError(
            "the picture's regions are in files: load them as a mask, or let `adain-lab reproduce` make it again"
        )
    regions = unpack_masks(masks)
    if len(regions) > MAX_REGIONS or not ((regions == 0) | (regions == 1)).all() or regions.sum(0).max() > 1:
        raise InputError(
            f"the picture's regions are soft, or more than {MAX_REGIONS}: `adain-lab reproduce` makes it again"
        )
    labels = (regions * torch.arange(1, len(regions) + 1)[:, None, None]).sum(0).to(torch.uint8).numpy()
    if not fits(labels, content):
        raise InputError("the picture's regions do not have its shape: the recipe is damaged")
    return labels
