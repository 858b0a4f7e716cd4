"""``adain-lab lab``: open the course in JupyterLab."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from adain_lab.commands.common import Subcommands, a_path, say
from adain_lab.commands.parser import add_command
from adain_lab.errors import InputError

__all__ = ["add", "environment", "run"]

#: What JupyterLab finds beside the user's own configuration, which is not changed: no question about news, lessons that
#: are not marked as unsaved (both for everybody), and no menus for those who teach.
_FOR_ALL = Path(__file__).resolve().parent.parent / "page" / "lab"
_FOR_STUDENTS = _FOR_ALL.parent / "students"

_EXAMPLES = """\
adain-lab lab
adain-lab lab my_course --no-solutions
adain-lab lab --instructor
adain-lab lab --no-browser --port 9999"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "lab", "open the course in JupyterLab", examples=_EXAMPLES)
    parser.add_argument(
        "folder", nargs="?", type=a_path, help="your copy of the lessons (default: the clone, else adain_lab_course)"
    )
    parser.add_argument("--no-solutions", action="store_true", help="copy the lessons without their solved versions")
    parser.add_argument("--copy-only", action="store_true", help="bring the copy up to date, and do not open it")
    parser.add_argument("--instructor", action="store_true", help="show nbgrader's menu and tools, too")
    parser.add_argument("--no-browser", action="store_true", help="start the server only, and print its address")
    parser.add_argument("--port", type=int, help="port of the server")
    parser.set_defaults(command=run)


def environment(instructor: bool, given: Mapping[str, str]) -> dict[str, str]:
    """The server's environment variables: those ``given``, with our folders behind the user's own in Jupyter's path of
    configurations.
    """
    ours = [_FOR_ALL] if instructor else [_FOR_STUDENTS, _FOR_ALL]
    paths = [*filter(None, [given.get("JUPYTER_CONFIG_PATH")]), *map(str, ours)]
    return {**given, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def run(options: argparse.Namespace) -> None:
    from adain_lab.course import FIRST, kept_for, prepare

    copy = prepare(options.folder, solutions=not options.no_solutions)
    for what, names in (
        ("added", copy.added),
        ("brought up to date", copy.refreshed),
        ("left alone, for your work is in it", copy.kept),
    ):
        for name in names:
            say(f"{name}: {what}")
    if options.copy_only:
        say(f"The lessons are in {copy.folder}.")
        return
    if options.port is not None and not 1 <= options.port <= 65535:
        raise InputError(f"--port must be a number from 1 to 65535, got {options.port}")
    folder = copy.folder
    from adain_lab.checks.core import say as say_plainly  # only here, for they need torch: a copy alone is made at once
    from adain_lab.checks.progress import progress_map

    say_plainly(f"{progress_map(kept_for(folder))!r}\n")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += ["--no-browser"] if options.no_browser else []
    command += [f"--port={options.port}"] if options.port else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # containers run as root; Jupyter refuses that unless told
        command.append("--allow-root")
    command.append(str(folder / FIRST))
    say(f"Opening {folder / FIRST}; stop the server with Ctrl+C.")
    variables = environment(options.instructor, os.environ)
    if os.name == "nt":  # exec on Windows returns to the shell at once
        import subprocess

        raise SystemExit(subprocess.call(command, env=variables))
    os.execve(sys.executable, command, variables)
