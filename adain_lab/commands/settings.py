"""Settings that are told once: the options of a command, made from the fields of the dataclass that they fill."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

__all__ = ["add_settings", "given"]


def add_settings(group: argparse._ActionsContainer, config: type) -> None:
    """An option for every field whose metadata have a "help"; the order is the fields'.

    Args:
        group: where the options go.
        config: a dataclass. Metadata of a field: "help", what it is; "metavar", what its value is called; "choices",
            the values that there are; "type" and "none", of what type it is and what is said where it is None by
            default. A field that is False by default becomes a flag; one that is a dictionary by default takes names,
            each with its number if that is not 1, as in ``relu3_1=0.5``.
    """
    for setting in fields(config):
        if "help" in setting.metadata:
            group.add_argument(f"--{setting.name.replace('_', '-')}", **_option(setting))


def given(options: argparse.Namespace, config: type) -> dict[str, Any]:
    """The values that the options have for the fields of ``config``."""
    values = {setting.name: getattr(options, setting.name) for setting in fields(config) if setting.name in options}
    named = [setting.name for setting in fields(config) if isinstance(_default(setting), Mapping)]
    return {name: dict(value) if name in named else value for name, value in values.items()}


def _default(setting: Field) -> Any:
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def _option(setting: Field) -> dict[str, Any]:
    words, default = setting.metadata["help"], _default(setting)
    if default is False:
        return {"action": "store_true", "help": words}
    shown = setting.metadata["none"] if default is None else default
    option: dict[str, Any] = {"default": default, "help": f"{words} (default: {shown})"}
    if "choices" in setting.metadata:
        return option | {"choices": setting.metadata["choices"]}
    option["metavar"] = setting.metadata["metavar"]
    if isinstance(default, Mapping):
        words += f" (default: {' '.join(map(_named, default.items()))})"
        return option | {"nargs": "+", "type": _name_and_number, "help": words}
    return option | {"type": setting.metadata.get("type", type(default))}


def _named(pair: tuple[str, float]) -> str:
    name, number = pair
    return name if number == 1 else f"{name}={number:g}"


def _name_and_number(text: str) -> tuple[str, float]:
    """relu3_1 or relu3_1=0.5."""
    name, _, number = text.partition("=")
    try:
        return name, float(number or 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a name or name=number, got {text!r}") from None
