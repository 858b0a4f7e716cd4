"""Recipes: how a picture was made, written into its PNG file, so that it can be made again.

A recipe is a dictionary of plain values. Pictures are named in it by the sha256
of their files, and models by the sha256 of their weights, so that whoever makes the
picture again either has the same ingredients or is told which is missing.
:mod:`adain_lab.recipes.painter` follows recipes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adain_lab import __version__
from adain_lab.errors import InputError
from adain_lab.files import sha256_of
from adain_lab.images import RECIPE_KEY, check_size, open_picture
from adain_lab.recipes.schema import check_recipe

if TYPE_CHECKING:
    from adain_lab.controls.controls import Controls
    from adain_lab.stylizer import Stylizer

__all__ = [
    "FORM",
    "identity",
    "new_recipe",
    "read_recipe",
    "signed",
    "stylize_recipe",
    "weights_sha256",
]

#: The form of the recipes that are written here; it grows when older programs could not follow them any more.
FORM = 1


def identity(file: str | os.PathLike | bytes, name: str = "", size: int = 0, **more: Any) -> dict[str, Any]:
    """What a recipe says about an input picture.

    Args:
        file: its path, or its bytes.
        name: what to call it; a path's own name by default.
        size: shorter side to which it was scaled, pixels; 0 = as it is.
        more: further plain values.

    Returns:
        ``name``, ``sha256`` and ``bytes`` of the file, ``size``, and what was added.

    Raises:
        FileNotFoundError, ValueError: there is no such file, it is a folder, or it cannot be read.

    Example:
        >>> identity(b"a picture", "a.png", size=256)["bytes"]
        9
    """
    if isinstance(file, bytes):
        digest, length = hashlib.sha256(file).hexdigest(), len(file)
    else:
        digest, length = sha256_of(file), os.stat(file).st_size
        name = name or Path(file).name
    return {"name": name, "sha256": digest, "bytes": length, "size": size, **more}


def new_recipe(command: str, model: str, **settings: Any) -> dict[str, Any]:
    """A recipe of any command: ``settings``, and what every recipe has.

    Args:
        command: who made the picture, a name in :data:`~adain_lab.recipes.painter.REPRODUCERS`.
        model: the name of the model, or of the encoder, whose weights were used.
        settings: plain values, as JSON has them.
    """
    import torch

    return signed(command, model, weights_sha256(model), {**settings, "torch": torch.__version__})


def signed(command: str, model: str, model_sha256: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """:func:`new_recipe` where the weights' digest is known and another program than PyTorch computed."""
    fixed = {"command": command, "model": model, "model_sha256": model_sha256, "form": FORM, "version": __version__}
    return json.loads(
        json.dumps({**settings, **fixed})
    )  # what a reader will get; and what cannot be written fails here


def stylize_recipe(
    stylizer: Stylizer,
    content: Mapping[str, Any],
    styles: Sequence[Mapping[str, Any]],
    controls: Controls,
    *,
    masks: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The recipe of one :meth:`Stylizer.__call__ <adain_lab.stylizer.Stylizer.__call__>`.

    Args:
        stylizer: what paints.
        content, styles: from :func:`identity`, with their sizes; a style may come from
            :func:`~adain_lab.recipes.packing.pack_statistics`.
        controls: everything else. Sizes stand with the pictures, and are not taken from here.
        masks: what the recipe says of the controls' masks: from :func:`identity`, or from
            :func:`~adain_lab.recipes.packing.pack_masks` where there are no files.
        more: further plain values, to keep.

    Raises:
        TypeError, ValueError: the controls are not made for as many styles.
    """
    controls.check_count(len(styles))
    alphas, weights = controls.alphas(len(styles)), controls.weights
    for picture in (content, *styles):
        check_size(picture.get("size", 0))
    return new_recipe(
        "stylize",
        stylizer.model,
        content=dict(content),
        styles=[dict(style) for style in styles],
        alpha=alphas if isinstance(controls.alpha, (list, tuple)) else alphas[0],
        weights=None if weights is None else [float(w) for w in weights],
        preserve_color=controls.color,
        masks=masks,
        feather=controls.feather,
        global_statistics=bool(controls.global_statistics),
        device=stylizer.device.type,
        precision=str(stylizer.dtype).removeprefix("torch."),
        **more,
    )


def weights_sha256(model: str) -> str | None:
    """One digest of the files of a model, or of an encoder that can be loaded alone; None for those that one made
    oneself.
    """
    from adain_lab.weights.registry import MODELS, vgg19_file

    if model in MODELS:
        files = [MODELS[model].file(part) for part in ("encoder", "decoder")]
    else:
        vgg19 = vgg19_file() if model == "vgg19" else None
        files = [] if vgg19 is None else [vgg19]
    if not files:
        return None
    return hashlib.sha256("".join(_sha256_of(file, file.stat().st_mtime_ns) for file in files).encode()).hexdigest()


@lru_cache(maxsize=16)  # a batch writes thousands of recipes with the same weights
def _sha256_of(file: Path, _: int) -> str:
    return sha256_of(file)


def read_recipe(picture: str | os.PathLike | bytes) -> dict[str, Any]:
    """The recipe that a PNG carries.

    Raises:
        FileNotFoundError, ValueError: there is no such file, it is no picture, it carries no recipe, or one that is
            damaged or of a newer adain_lab.
    """
    name = "the picture" if isinstance(picture, bytes) else Path(picture).name
    text = _text(picture)
    if text is None:
        raise InputError(
            f"{name} carries no recipe: only PNG files that adain_lab wrote do, and editing or sending them may drop it"
        )
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError):
        recipe = None
    if not isinstance(recipe, dict) or not isinstance(recipe.get("command"), str):
        raise InputError(f"the recipe in {name} is damaged")
    if recipe.get("form") != FORM:
        if isinstance(recipe.get("form"), int) and recipe["form"] > FORM:
            raise InputError(
                f"the recipe in {name} is of a newer adain_lab ({recipe.get('version')}; here is {__version__}): update it"
            )
        raise InputError(
            f"the recipe in {name} is of an unknown form, and cannot be followed (adain_lab {recipe.get('version')} wrote it)"
        )
    check_recipe(recipe)
    return recipe


def _text(picture: str | os.PathLike | bytes) -> str | None:
    # A file's text comes before its pixels: they are not decoded.
    with open_picture(picture) as image:
        return image.info.get(RECIPE_KEY)
