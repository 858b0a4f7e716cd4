"""A recipe as a Python program: the settings of a picture, to read, to keep, and to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adain_lab.data import samples
from adain_lab.devices import choose_device, choose_precision
from adain_lab.errors import InputError
from adain_lab.files import sha256_of
from adain_lab.recipes.schema import check_recipe
from adain_lab.weights.registry import MODELS

__all__ = ["as_python"]

#: Arguments of the stylizer that are left out where they have these values.
_DEFAULTS = {"alpha": 1.0, "weights": None, "color": None, "global_statistics": False}


def as_python(recipe: Mapping[str, Any], output: str = "picture.png") -> str:
    """A program that paints what a recipe of "stylize" says; on the same machine, the same pixels.

    Args:
        recipe: from :func:`~adain_lab.recipes.recipe.read_recipe` or :func:`~adain_lab.recipes.recipe.stylize_recipe`.
        output: the file that the program writes.

    Returns:
        Python source. Samples are named as such; other pictures by their files' names, to be found where the program
        runs.

    Raises:
        ValueError: the recipe is damaged, or of another command.

    Example:
        >>> from adain_lab.controls.controls import Controls
        >>> from adain_lab.recipes.recipe import identity, stylize_recipe
        >>> from adain_lab import load, sample
        >>> recipe = stylize_recipe(load("tiny"), identity(sample("cat"), size=64), [identity(sample("kilim"), size=64)], Controls(0.5))
        >>> print(as_python(recipe, "cat.png"))
        import adain_lab
        <BLANKLINE>
        stylizer = adain_lab.load("tiny")
        content = adain_lab.sample("cat")
        style = adain_lab.sample("kilim")
        picture = stylizer(content, style, alpha=0.5, size=64, style_size=64)
        adain_lab.save_image(picture, "cat.png")
        <BLANKLINE>
    """
    check_recipe(recipe)
    if recipe.get("command") != "stylize":
        raise InputError(
            f"only recipes of 'stylize' can be written as a program, not those of {recipe.get('command')!r}"
        )
    imports, lines, styles, masks = ["import adain_lab"], [_stylizer(recipe)], recipe["styles"], recipe["masks"]
    options = {name: recipe["preserve_color" if name == "color" else name] for name in _DEFAULTS}
    options = {name: value for name, value in options.items() if value != _DEFAULTS[name]}
    if len(styles) == 1:
        options.pop("weights", None)  # its share is the whole
    sizes = {style.get("size") for style in styles}
    together = len(sizes) == 1 and masks is None and not any("statistics" in style for style in styles)

    lines += [
        f"content = {_picture(recipe['content'], imports, recipe['content']['size'] if masks is not None else 0)}"
    ]
    each = [_style(style, recipe, imports, 0 if together else style.get("size", 0)) for style in styles]
    name = "style" if len(each) == 1 and masks is None else "styles"
    lines += [f"style = {each[0]}" if name == "style" else _listed(each)]
    if masks is not None:
        imports += ["from adain_lab.controls.masks import feather, region_masks"]
        lines += [f"masks = {_masks(masks, imports)}"]
        lines += [
            f"masks = feather(region_masks(masks, {len(styles)}, tuple(content.shape[2:])), {recipe['feather']!r})"
        ]
        options["masks"] = "masks"
    else:
        options |= {"size": recipe["content"]["size"]} | ({"style_size": sizes.pop()} if together else {})
    paint = "stylizer("
    if recipe.get("tile"):
        imports += ["from adain_lab.tiling import stylize_tiled"]
        paint, options["tile"] = "stylize_tiled(stylizer, ", recipe["tile"]
    given = "".join(f", {key}={value if key == 'masks' else repr(value)}" for key, value in options.items())
    lines += [f"picture = {paint}content, {name}{given})", f"adain_lab.save_image(picture, {_quoted(output)})"]
    return "\n".join([*sorted(set(imports), key=lambda line: line.startswith("from")), "", *lines, ""])


def _stylizer(recipe: Mapping[str, Any]) -> str:
    model, device, precision = recipe["model"], recipe["device"], recipe["precision"]
    if model not in MODELS:
        return f"stylizer = ...  # the one of your own, {model!r}"
    automatic = choose_device("auto")
    more = "" if automatic.type == device else f", device={_quoted(device)}"
    if more or str(choose_precision(automatic, "auto")).removeprefix("torch.") != precision:
        more += f", precision={_quoted(precision)}"
    return f"stylizer = adain_lab.load({_quoted(model)}{more})"


def _picture(picture: Mapping[str, Any], imports: list[str], size: int) -> str:
    """An expression for a picture; scaled where ``size`` is not 0."""
    source = _source(picture)
    if picture.get("at_most"):  # panels keep large pictures smaller than they come
        imports += ["from adain_lab.widgets.session.gallery import read_picture"]
        source = f"read_picture({source})"
    return f"adain_lab.resize(adain_lab.to_tensor({source}), {size})" if size else source


def _source(picture: Mapping[str, Any]) -> str:
    for kind in ("content", "style"):
        for sample in _samples(kind):
            if sample.path.name == picture["name"] and sha256_of(sample.path) == picture["sha256"]:
                return f"adain_lab.sample({_quoted(sample.name)})"
    return _quoted(picture["name"])


def _samples(kind: str) -> list:
    try:
        return list(samples(kind).values())
    except FileNotFoundError:  # a package without samples
        return []


def _style(style: Mapping[str, Any], recipe: Mapping[str, Any], imports: list[str], size: int) -> str:
    if "statistics" not in style:
        return _picture(style, imports, size)
    imports += ["from adain_lab.recipes.packing import unpack_statistics"]
    return f"unpack_statistics({_packed(style)}, {_quoted(recipe['model'])})"


def _masks(masks: Any, imports: list[str]) -> str:
    if not isinstance(masks, Mapping):
        return "[" + ", ".join(_quoted(mask["name"]) for mask in masks) + "]"
    imports += ["from adain_lab.recipes.packing import unpack_masks"]
    return f"unpack_masks({_packed(masks)})"


def _packed(entries: Mapping[str, Any]) -> str:
    """A dictionary whose long texts are broken into lines, which Python puts together again."""
    return (
        "{"
        + ", ".join(
            f"{_quoted(key)}: {_broken(value) if isinstance(value, str) else repr(value)}"
            for key, value in entries.items()
        )
        + "}"
    )


def _broken(text: str) -> str:
    parts = [text[at : at + 100] for at in range(0, len(text), 100)] if " " not in text else [text]
    return _quoted(text) if len(parts) < 2 else "(\n    " + "\n    ".join(map(_quoted, parts)) + "\n)"


def _listed(expressions: list[str]) -> str:
    line = "styles = [" + ", ".join(expressions) + "]"
    return (
        line
        if len(line) <= 100
        else "styles = [\n" + "".join(f"    {expression},\n" for expression in expressions) + "]"
    )


def _quoted(text: str) -> str:
    """A text as Python writes it, in double quotes where it holds none; invisible characters are written out."""
    text = repr(str(text))
    return text if text.startswith('"') or '"' in text else f'"{text[1:-1]}"'
