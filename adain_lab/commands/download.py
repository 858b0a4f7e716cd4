"""``adain-lab download``: fetch weights that are not in the package."""

from __future__ import annotations

import argparse

from adain_lab.commands.common import Subcommands
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.errors import InputError

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab download paper
adain-lab download paper --from Downloads
adain-lab download vgg19 --url https://mirror.example.org/weights"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "download", "fetch weights that are not in the package", examples=_EXAMPLES)
    parser.add_argument("name", metavar="NAME", help="paper (the published AdaIN model) or vgg19 (torchvision's)")
    parser.add_argument("--url", help="fetch from this folder instead: a mirror in your own network")
    parser.add_argument(
        "--from", dest="folder", metavar="FOLDER", help="take the published files from this folder; needs no network"
    )
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.url is not None and not options.url.startswith(("https://", "http://")):
        raise InputError(f"--url must begin with https:// or http://, got {options.url!r}: for files here use --from")
    from adain_lab.weights.download import download

    with Results(options) as results, results.progress("B") as bar:

        def progress(name: str, done: int, total: int) -> None:
            if name != bar.what:  # the next file begins
                bar.close()
                bar.what = name
            bar(done, total)

        files = download(options.name, url=options.url, folder=options.folder, progress=progress)
        bar.close()
        results.add(*(f"{options.name}: {file}" for file in files), name=options.name, files=[str(f) for f in files])
