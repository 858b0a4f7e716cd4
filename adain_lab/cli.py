"""The ``adain-lab`` command: its parser, and what happens to errors. The commands are in :mod:`adain_lab.commands`."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from adain_lab import __version__
from adain_lab.commands import COMMANDS
from adain_lab.commands.parser import Parser
from adain_lab.errors import UserError
from adain_lab.files import printable, reason
from adain_lab.stopping import Terminated, interrupts

__all__ = ["main"]

#: How PyTorch says that there is no memory left; its error is of no kind of its own on the processor.
_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")

_EXAMPLES = """\
examples:
  adain-lab lab                                       the course
  adain-lab stylize photo.jpg painting.jpg -o out.png
  adain-lab sheet photo.jpg                           it in every sample style
`adain-lab COMMAND --help` shows more of each."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    What is the user's to mend is one sentence on stderr. Anything else is a bug and keeps its traceback.

    Returns:
        The exit status: 0; 1 when a part could not be done; 2 on bad input; 130 after Ctrl+C, 128 and the number of
        another signal after that.
    """
    parser, arguments = _parser(), list(sys.argv[1:] if arguments is None else arguments)
    for argument in arguments:  # argparse takes this for no value at all, and goes on
        if argument.startswith("--") and argument.endswith("=--"):
            parser.error(f"argument {argument.partition('=')[0]}: expected a value, got '--'")
    options = parser.parse_args(arguments)
    with interrupts(), _quiet():
        try:
            status = options.command(options) or 0
            sys.stdout.flush()  # what cannot be said is noticed here, and not when Python ends
            return status
        except UserError as error:
            return _sentence(str(error))
        except BrokenPipeError:  # whoever read the output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141
        except OSError as error:
            where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
            return _sentence(where + reason(error))
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and not any(words in str(error) for words in _NO_MEMORY):
                raise
            return _sentence("there is not enough memory for this: ask for a smaller size, or for fewer at a time")
        except KeyboardInterrupt as stop:
            return _sentence("stopped", 128 + stop.number if isinstance(stop, Terminated) else 130)


def _sentence(text: str, status: int = 2) -> int:
    print(f"adain-lab: {printable(text)}", file=sys.stderr)
    return status


@contextmanager
def _quiet() -> Iterator[None]:
    """Other packages' warnings are for programmers: they are shown when Python is asked to (``-W``)."""
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # read when torch is imported, which the commands do
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know every letter
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="adain-lab",
        description="Style transfer from Gatys to AdaIN: a course lab and a tool.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"adain-lab {__version__}")
    parser.set_defaults(parser=parser)  # for the command that describes all commands to a shell
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name in COMMANDS:
        import_module(f"adain_lab.commands.{name}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
