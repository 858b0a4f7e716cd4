"""``adain-lab completion``: what a shell needs to complete commands, options, files and names of samples."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adain_lab.commands.common import MODEL_NAMES, Subcommands
from adain_lab.commands.parser import add_command

__all__ = ["add", "run"]

SHELLS = ("bash", "zsh", "tcsh")
#: Where a file or a sample may be given, by metavar: the kinds of samples.
_PICTURES = {"PICTURE": ("content", "style"), "CONTENT": ("content",), "STYLE": ("style",), "MASK": ("masks",)}
#: Options that take one of a few words. They are no ``choices`` for argparse: its message would say less than ours.
_WORDS = {
    "--device": ("auto", "cpu", "cuda", "mps"),
    "--preserve-color": ("match", "luminance"),
    "--model": MODEL_NAMES,
    "--encoder": (*MODEL_NAMES, "vgg19"),
}
_EXAMPLES = """\
bash:  echo 'eval "$(adain-lab completion bash)"' >> ~/.bashrc
zsh:   adain-lab completion zsh > ~/.zfunc/_adain-lab    (with ~/.zfunc in fpath before compinit)
tcsh:  adain-lab completion tcsh > ~/.adain-lab.tcsh     (and source it in ~/.tcshrc)"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "completion", "print what your shell needs to complete commands", examples=_EXAMPLES)
    parser.add_argument("shell", choices=SHELLS, help="which shell")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    import shtab

    preamble: dict[str, str] = {}  # functions of the shell, by name
    for action in _actions(options.parser):
        pattern: Mapping[str, Any] | None = None
        option = next((name for name in action.option_strings if name in _WORDS), "")
        if action.metavar in _PICTURES:
            kinds = _PICTURES[action.metavar]
            pattern = _pattern(preamble, options.shell, f"_adain_lab_{'_or_'.join(kinds)}", _names(kinds), files=True)
        elif option:
            pattern = _pattern(preamble, options.shell, f"_adain_lab_{option[2:].replace('-', '_')}", _WORDS[option])
        elif action.metavar in ("IN", "OUT", "FILE"):
            pattern = shtab.FILE
        elif action.dest.endswith("folder") or action.metavar in ("FOLDER", "OUT_DIR", "RUN_DIR"):
            pattern = shtab.DIRECTORY
        if pattern:
            action.complete = pattern  # type: ignore[attr-defined]
    print(shtab.complete(options.parser, options.shell, preamble="\n".join(preamble.values())))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of all commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        elif action.nargs != 0:
            yield action


def _names(kinds: Sequence[str]) -> list[str]:
    from adain_lab.data import samples

    return [name for kind in kinds for name in samples(kind)]


def _pattern(
    preamble: dict[str, str], shell: str, function: str, words: Sequence[str], files: bool = False
) -> dict[str, str]:
    """How a shell completes one of ``words``, or a file, too; functions that it needs for that go to ``preamble``."""
    listed = " ".join(words)
    if shell == "bash":
        also = ' compgen -f -- "$1";' if files else ""
        preamble[function] = f'{function}() {{ compgen -W "{listed}" -- "$1";{also} }}'
    elif shell == "zsh":
        also = " 'files:file:_files'" if files else ""
        preamble[function] = f"{function}() {{ _alternative 'names:name:({listed})'{also} }}"
    return {"bash": function, "zsh": function, "tcsh": "f" if files else f"({listed})"}
