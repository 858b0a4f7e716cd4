"""What a recipe must hold. It comes from a file that anybody may have changed, and is checked once, when it is read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from adain_lab.errors import InputError

__all__ = ["check_recipe"]

Check = Callable[[Any], bool]

#: The longest text that a recipe says of something by name, the most pictures it names, and the largest size, pixels.
_LONGEST, _MOST, _LARGEST = 1000, 64, 100_000


def check_recipe(recipe: Mapping[str, Any]) -> None:
    """Refuse a recipe of a known command unless every entry can be what it says; entries of no known name may stay.

    Whether its numbers go together (a weight per style, a method that exists) is for those to say who use it.

    Raises:
        InputError: one sentence, with the first entry that is damaged.

    Example:
        >>> check_recipe({"command": "stylize", "model": 3})
        Traceback (most recent call last):
        adain_lab.errors.InputError: the recipe is damaged: its 'model' is 3
    """
    command = recipe.get("command")
    _check(recipe, _COMMANDS.get(command, {}) if isinstance(command, str) else {})


def _check(entries: Any, schema: Mapping[str, Any]) -> None:
    for name, expected in schema.items():
        optional = name.endswith("?")
        name = name.removesuffix("?")
        if not isinstance(entries, Mapping):
            raise InputError(f"the recipe is damaged: its {name!r} is None")
        if name not in entries:
            if optional:
                continue
            raise InputError(f"the recipe is damaged: its {name!r} is missing")
        value = entries.get(name)
        if expected is _picture:
            _check(value, _statistics_or_picture(value))
        elif expected is _pictures:
            if not _list_of(value, lambda _: True, 1) and not (name == "masks" and _masks(value)):
                raise InputError(f"the recipe is damaged: its {name!r} is {_short(value)}")
            for picture in value if isinstance(value, list) else ():
                _check(picture, _statistics_or_picture(picture))
        elif not expected(value):
            raise InputError(f"the recipe is damaged: its {name!r} is {_short(value)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# ---- what values can be ------------------------------------------------------------------------------------------


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _number(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1e38 and math.isfinite(value)
    )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**63


def _size(value: Any) -> bool:
    return _whole(value) and value <= _LARGEST


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _device(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(auto|cpu|cuda|mps)(:\d{1,3})?", value) is not None


def _precision(value: Any) -> bool:
    return value in ("auto", "float32", "bfloat16", "float16")


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(value: Any, check: Check, smallest: int = 0) -> bool:
    return isinstance(value, list) and smallest <= len(value) <= _MOST and all(map(check, value))


def _one_or_several(value: Any) -> bool:
    return _number(value) or _list_of(value, _number, 1)


def _weights(value: Any) -> bool:
    return value is None or _list_of(value, _number)


def _masks(value: Any) -> bool:
    """Painted masks, packed, or none; what is in the packet is checked by who unpacks it."""
    return value is None or isinstance(value, Mapping)


#: In the tables below: a picture, and a list of them; see :func:`_check`.
_picture, _pictures = object(), object()
_FILE = {"name": _text, "sha256": _or_none(_digest), "bytes": _whole, "size": _size, "at_most?": _or_none(_size)}
_NO_FILE = {"name": _text, "size?": _size, "at_most?": _or_none(_size)}


def _statistics_or_picture(value: Any) -> Mapping[str, Check]:
    return _NO_FILE if isinstance(value, Mapping) and "statistics" in value else _FILE


_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "stylize": {
        "model": _text,
        "model_sha256?": _or_none(_digest),
        "content": _picture,
        "styles": _pictures,
        "alpha": _one_or_several,
        "weights": _weights,
        "preserve_color": _or_none(_text),
        "masks": _pictures,
        "feather": _number,
        "global_statistics": _flag,
        "device": _device,
        "precision": _precision,
        "tile?": _or_none(_size),
        "seed?": _whole,
    },
    "gatys": {
        "model": _text,
        "model_sha256?": _or_none(_digest),
        "content": _picture,
        "style": _picture,
        "device?": _or_none(_device),
        "precision?": _or_none(_precision),
        "stopped?": _text,
        "iteration?": _whole,
        "steps?": _whole,
        "size?": _size,
        "style_size?": _size,
        "coarse?": _whole,
    },
}
