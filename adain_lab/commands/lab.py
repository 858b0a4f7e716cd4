"""``adain-lab lab``: open the course in JupyterLab."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from adain_lab.commands.common import Subcommands
from adain_lab.commands.parser import add_command

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab lab
adain-lab lab my_course --no-solutions
adain-lab lab --no-browser --port 9999"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "lab", "open the course in JupyterLab", examples=_EXAMPLES)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="your copy of the lessons (default: the clone, else adain_lab_course)"
    )
    parser.add_argument("--no-solutions", action="store_true", help="copy the lessons without their solved versions")
    parser.add_argument("--copy-only", action="store_true", help="bring the copy up to date, and do not open it")
    parser.add_argument("--no-browser", action="store_true", help="start the server only, and print its address")
    parser.add_argument("--port", type=int, help="port of the server")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    from adain_lab.course import FIRST, prepare

    copy = prepare(options.folder, solutions=not options.no_solutions)
    for what, names in (
        ("added", copy.added),
        ("brought up to date", copy.refreshed),
        ("left alone, for your work is in it", copy.kept),
    ):
        for name in names:
            print(f"{name}: {what}")
    if options.copy_only:
        print(f"The lessons are in {copy.folder}.")
        return
    folder = copy.folder
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += ["--no-browser"] if options.no_browser else []
    command += [f"--port={options.port}"] if options.port else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # containers run as root; Jupyter refuses that unless told
        command.append("--allow-root")
    command.append(str(folder / FIRST))
    print(f"Opening {folder / '00_start_here.ipynb'}; stop the server with Ctrl+C.", flush=True)
    if os.name == "nt":  # exec on Windows returns to the shell at once
        import subprocess

        raise SystemExit(subprocess.call(command))
    os.execv(sys.executable, command)
