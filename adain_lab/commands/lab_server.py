"""What ``adain-lab lab`` adds to Jupyter's server: a lesson that is merely opened stays as it is.

JupyterLab writes the kernel's version of Python into a notebook as soon as the kernel runs, marks it as unsaved, and
saves it two minutes later. The lessons say only ``python`` there, so that they are the same for everybody; the page is
therefore given them with what it would write. Their files are not touched.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

__all__ = ["contents_manager", "fill_in"]

#: What a lesson's metadata say about its language, and nothing more.
_BARE = {"name": "python"}


def fill_in(model: dict[str, Any]) -> dict[str, Any]:
    """Complete a notebook's ``language_info`` with that of this Python's kernel, if it says no more than ``python``.

    Args:
        model: what Jupyter's contents API answers: a notebook, or anything else.

    Returns:
        The same dictionary; changed only where it is such a notebook with its content.
    """
    content = model.get("content")
    if model.get("type") == "notebook" and content and content["metadata"].get("language_info") == _BARE:
        from ipykernel.ipkernel import IPythonKernel

        content["metadata"]["language_info"] = dict(IPythonKernel.language_info)
    return model


def contents_manager(base: type) -> type:
    """A contents manager like ``base``, asynchronous if that is, whose notebooks are filled in on their way to the page."""
    method: Callable[..., Any] = base.get  # type: ignore[attr-defined]

    def get(self: Any, *args: Any, **options: Any) -> Any:
        return fill_in(method(self, *args, **options))

    async def get_later(self: Any, *args: Any, **options: Any) -> Any:
        return fill_in(await method(self, *args, **options))

    # Other extensions tell the two kinds apart by this method.
    return type(f"Lessons{base.__name__}", (base,), {"get": get_later if iscoroutinefunction(method) else get})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "adain_lab.commands.lab_server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Put the contents manager into the server's place for it; extensions that come later may derive from it again."""
    app.contents_manager_class = contents_manager(app.contents_manager_class)
    app.contents_manager = app.contents_manager_class(parent=app, log=app.log)
    app.session_manager.contents_manager = app.contents_manager
    app.web_app.settings["contents_manager"] = app.contents_manager
