"""The API reference, from the docstrings: HTML for every module of the package.

    python tools/make_docs.py [FOLDER]

Written by pdoc into docs/api (which is not committed); what pdoc complains of is an error.
"""

import sys
import warnings
from importlib import import_module
from pathlib import Path

import pdoc
import pdoc.render

ROOT = Path(__file__).resolve().parents[1]


def modules():
    """The names of all modules; but for ``__main__``, which runs when it is imported."""
    files = sorted((ROOT / "adain_lab").rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [name for name in names if not name.endswith("__main__")]


def build(folder):
    """Write the pages into ``folder``; returns those of the modules.

    Raises:
        Warning: a module cannot be imported, or a docstring cannot be read.
    """
    for module in map(import_module, modules()):
        for name in getattr(module, "__all__", ()):  # some are imported when they are first used, and pdoc does not
            setattr(module, name, getattr(module, name))
    pdoc.render.configure(docformat="google", footer_text="adain_lab")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"pdoc")
        # A package brings its modules along, unless it names what is public; so all are named, some of them twice.
        warnings.filterwarnings("ignore", message=r".*has already been added")
        # What other packages wrote into classes that ours come of is theirs to mend.
        warnings.filterwarnings("ignore", message=r"Error parsing type annotation .* for (?!adain_lab)")
        pdoc.pdoc(*modules(), output_directory=Path(folder))
    return sorted(Path(folder).rglob("*.html"))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "api"
    print(f"{len(build(target))} pages: {target / 'index.html'}")
