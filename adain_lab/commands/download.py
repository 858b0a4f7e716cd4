"""``adain-lab download``: fetch weights that are not in the package."""

from __future__ import annotations

import argparse
from typing import Any

from adain_lab.commands.common import Subcommands, say
from adain_lab.errors import InputError

__all__ = ["add", "run"]


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = commands.add_parser("download", help="fetch weights that are not in the package")
    parser.add_argument("name", metavar="NAME", help="paper (the published AdaIN model) or vgg19 (torchvision's)")
    parser.add_argument("--url", help="fetch from this folder instead: a mirror in your own network")
    parser.add_argument(
        "--from", dest="folder", metavar="FOLDER", help="take the published files from this folder; needs no network"
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.url is not None and not options.url.startswith(("https://", "http://")):
        raise InputError(f"--url must begin with https:// or http://, got {options.url!r}: for files here use --from")
    from tqdm import tqdm

    from adain_lab.weights.download import download

    bars: dict[str, Any] = {}

    def progress(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = tqdm(total=total or None, desc=name, unit="B", unit_scale=True)
        bars[name].update(done - bars[name].n)

    try:
        files = download(options.name, url=options.url, folder=options.folder, progress=progress)
    finally:
        for bar in bars.values():
            bar.close()
    for file in files:
        say(f"{options.name}: {file}")
