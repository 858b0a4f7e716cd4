"""``adain-lab studio``: the studio panel as a page of its own, served to this machine's browser by Voila."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adain_lab.commands.common import MODEL_HELP, MODEL_NAMES, Subcommands, find, say
from adain_lab.commands.parser import add_command
from adain_lab.errors import InputError
from adain_lab.files import exists, temporary_folder
from adain_lab.stopping import Terminated

__all__ = ["add", "command", "page", "run"]

#: Holds ``voila/templates/adain_lab``, as a Jupyter data folder does.
TEMPLATES = Path(__file__).resolve().parent.parent / "page"
THEMES = ("light", "dark")
#: What the page needs of JupyterLab's extensions.
EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8")


_EXAMPLES = """\
adain-lab studio
adain-lab studio photo.jpg kilim marbled painting.jpg --theme dark"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "studio",
        "open the studio in the browser: your pictures, any styles, every control",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "content", nargs="?", default="cat", metavar="CONTENT", help="a picture or the name of a sample (default: cat)"
    )
    parser.add_argument(
        "styles", nargs="*", metavar="STYLE", help="up to eight pictures or samples (default: night_village)"
    )
    parser.add_argument(
        "--model",
        default=MODEL_NAMES[0],
        metavar="NAME",
        help=MODEL_HELP,
    )
    parser.add_argument(
        "--size", type=int, default=512, metavar="PX", help="shorter side of the picture, 32 to 1024 (default: 512)"
    )
    parser.add_argument("--theme", choices=THEMES, default="light", help="light or dark (default: light)")
    parser.add_argument("--no-browser", action="store_true", help="start the server only, and print its address")
    parser.add_argument(
        "--port", type=int, default=8866, help="port of the server; the next free one if it is taken (default: 8866)"
    )
    parser.set_defaults(command=run)


def page(content: str, styles: list[str], model: str, size: int) -> dict:
    """The page as a notebook of two cells: the first makes the panel, the second that of the live camera.

    Args:
        content, styles: paths or names of samples; the camera begins with the first two styles.
        model: name of a model.
        size: shorter side of the picture, pixels.

    Returns:
        A notebook in Jupyter's format 4.5, as what JSON holds.
    """
    studio = [
        "from adain_lab.widgets.studio import StudioPanel\n",
        f"StudioPanel({content!r}, {styles!r}, stylizer={model!r}, size={size})",
    ]
    camera = [
        "from adain_lab.widgets.camera import CameraPanel\n",
        f"CameraPanel({styles[:2]!r}, stylizer={model!r})",
    ]
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": code}
        for name, code in (("studio", studio), ("camera", camera))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "title": "adain_lab studio"},
        "cells": cells,
    }


def command(notebook: Path, port: int, theme: str, browser: bool) -> list[str]:
    """What starts the server; see :mod:`~adain_lab.commands.studio_server`. It answers to this machine alone."""
    options = ["--template=adain_lab", f"--theme={theme}", f"--port={port}", "--Voila.ip=127.0.0.1"]
    # Extensions made for JupyterLab, which others may have installed, find half of what they ask for in Voila's page
    # and complain.
    options += [f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS]
    server = [sys.executable, "-m", "adain_lab.commands.studio_server", str(notebook)]
    return [*server, *options, *([] if browser else ["--no-browser"])]


def run(options: argparse.Namespace) -> None:
    if find_spec("voila") is None:
        raise InputError(
            'the studio\'s page needs Voila: pip install "adain_lab[studio]" (lesson 08 shows the same panel without it)'
        )
    if not 1 <= options.port <= 65535:
        raise InputError(f"--port must be a number from 1 to 65535, got {options.port}")
    content, *styles = (_place(name) for name in (options.content, *(options.styles or ["night_village"])))
    from adain_lab.widgets.studio import StudioPanel

    # Made here once, so that what the page would stumble over is said before a browser opens.
    StudioPanel(content, styles, stylizer=options.model, size=options.size)
    with temporary_folder(Path(tempfile.gettempdir()), "adain_lab_studio_") as folder:
        notebook = folder / "studio.ipynb"
        notebook.write_text(json.dumps(page(content, styles, options.model, options.size)), encoding="utf-8")
        paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
        say("Opening the studio; stop the server with Ctrl+C.")
        server = subprocess.Popen(
            command(notebook, options.port, options.theme, not options.no_browser),
            env=os.environ | {"JUPYTER_PATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,  # it ends when this process does, even one that is killed
        )
        code, stopped = 0, None
        try:
            code = server.wait()
        except KeyboardInterrupt as error:
            stopped = error
        finally:
            _end(server, at_once=isinstance(stopped, Terminated))
    if code:
        raise SystemExit(code)


def _end(server: subprocess.Popen, at_once: bool) -> None:
    """Wait until the server has ended its kernels; Ctrl+C in a terminal has told it so, a signal to this process alone
    (``at_once``) has not.
    """
    for tell in (
        server.terminate if at_once and server.poll() is None else lambda: None,
        server.terminate,
        server.kill,
    ):
        tell()
        try:
            server.wait(5)
            return
        except subprocess.TimeoutExpired:
            continue


def _place(picture: str) -> str:
    """An absolute path, since the page lives elsewhere; or the name of a sample."""
    path = find(picture)
    return os.path.realpath(path) if exists(Path(picture)) else picture
