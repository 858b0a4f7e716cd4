"""``adain-lab info``: versions, devices, models and folders, for oneself and for a report of a bug."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path
from typing import Any

from adain_lab import __version__
from adain_lab.commands.common import Subcommands, say
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import say_json

__all__ = ["add", "information", "run"]

#: Packages whose versions matter, and the extra that brings those that need not be there.
PACKAGES = {
    "torch": "",
    "torchvision": "",
    "numpy": "",
    "pillow": "",
    "safetensors": "",
    "anywidget": "",
    "ipywidgets": "",
    "jupyterlab": "",
    "voila": "studio",
    "av": "video",
}
_EXAMPLES = """\
adain-lab info
adain-lab info --json | jq .devices"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "info", "show versions, devices, models and folders", examples=_EXAMPLES)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    found = information()
    if options.json:
        return say_json(found)
    for line in _lines(found):
        say(line)


def information() -> dict[str, Any]:
    """What is here, as plain values.

    Returns:
        ``adain_lab``, ``python``, ``system``; ``packages`` (a version, or None); ``devices`` (``name``, ``about``,
        ``precision``, and whether it is the ``default``); ``models`` (``name``, ``part``, ``here``, ``megabytes``,
        ``file`` and ``get``, the command that fetches it); ``folders`` (``cache``, ``samples``, ``lessons``).
    """
    return {
        "adain_lab": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "devices": _devices(),
        "models": _models(),
        "folders": _folders(),
    }


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _devices() -> list[dict[str, Any]]:
    import torch

    from adain_lab.devices import choose_device, choose_precision, describe

    names = ["cpu"]
    names += [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    names += ["mps"] if torch.backends.mps.is_available() else []
    default = choose_device().type
    rows = []
    for name in names:
        device = torch.device(name)
        rows.append(
            {
                "name": name,
                "about": describe(device),
                "precision": str(choose_precision(device)).removeprefix("torch."),
                "default": device.type == default and not device.index,
            }
        )
    return rows


def _models() -> list[dict[str, Any]]:
    from adain_lab.weights.registry import MODELS, vgg19_file

    files = [
        (name, part, spec.file(part), spec.bundled) for name, spec in MODELS.items() for part in ("encoder", "decoder")
    ]
    rows = [
        {
            "name": name,
            "part": part,
            "here": file.is_file(),
            "megabytes": _megabytes(file),
            "file": str(file),
            "get": None if bundled else f"adain-lab download {name}",
        }
        for name, part, file, bundled in files
    ]
    file = vgg19_file()
    found = {"here": file is not None, "megabytes": _megabytes(file), "file": file and str(file)}
    return [*rows, {"name": "vgg19", "part": "encoder", **found, "get": "adain-lab download vgg19"}]


def _megabytes(file: Path | None) -> float | None:
    return round(file.stat().st_size / 1e6, 1) if file is not None and file.is_file() else None


def _folders() -> dict[str, str | None]:
    from adain_lab.course import lessons_folder
    from adain_lab.data import samples_folder
    from adain_lab.weights.registry import cache_folder

    folders: dict[str, str | None] = {"cache": str(cache_folder())}
    for name, place in (("samples", samples_folder), ("lessons", lessons_folder)):
        try:
            folders[name] = str(place())
        except FileNotFoundError:  # an incomplete package still says what is there
            folders[name] = None
    return folders


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"adain_lab {found['adain_lab']}, Python {found['python']}, {found['system']}", "", "packages"]
    for name, number in found["packages"].items():
        extra = f'not installed: pip install "adain_lab[{PACKAGES[name]}]"' if PACKAGES[name] else "not installed"
        lines.append(f"  {name:16}{number or extra}")
    lines += ["", "devices"]
    for device in found["devices"]:
        default = " (default)" * device["default"]
        lines.append(f"  {device['name']:16}{device['about']}, {device['precision']}{default}")
    lines += ["", "models"]
    for model in found["models"]:
        state = f"{model['megabytes']} MB" if model["here"] else "not here" + f": {model['get']}" * bool(model["get"])
        lines.append(f"  {model['name'] + ' ' + model['part']:16}{state}")
    lines += ["", "folders"]
    lines += [f"  {name:16}{folder or 'missing'}" for name, folder in found["folders"].items()]
    return lines
