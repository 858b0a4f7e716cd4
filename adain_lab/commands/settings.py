"""Settings that are told once: the options of a command, made from the fields of the dataclass that they fill."""

from __future__ import annotations

import argparse
from dataclasses import Field, fields
from typing import Any

__all__ = ["add_settings", "given"]


def add_settings(group: argparse._ActionsContainer, config: type) -> None:
    """An option for every field whose metadata have a "help"; the order is the fields'.

    Args:
        group: where the options go.
        config: a dataclass. Metadata of a field: "help", what it is; "metavar", what its value is called; "choices",
            the values that there are. A field that is False by default becomes a flag.
    """
    for setting in fields(config):
        if "help" in setting.metadata:
            group.add_argument(f"--{setting.name.replace('_', '-')}", **_option(setting))


def given(options: argparse.Namespace, config: type) -> dict[str, Any]:
    """The values that the options have for the fields of ``config``."""
    return {setting.name: getattr(options, setting.name) for setting in fields(config) if setting.name in options}


def _option(setting: Field) -> dict[str, Any]:
    words, default = setting.metadata["help"], setting.default
    if default is False:
        return {"action": "store_true", "help": words}
    option = {"default": default, "help": f"{words} (default: {default})"}
    if "choices" in setting.metadata:
        return option | {"choices": setting.metadata["choices"]}
    return option | {"type": type(default), "metavar": setting.metadata["metavar"]}
