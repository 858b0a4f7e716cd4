"""The style of a panel that paints in one."""

from __future__ import annotations

import traitlets as t

__all__ = ["OneStyle"]


class OneStyle(t.HasTraits):
    """The name of the chosen style, as the trait ``style_name`` and as the attribute ``style``.

    ipywidgets' front end takes a synchronised trait called "style" for a widget; so the page gets it by another name.
    """

    style_name = t.Unicode().tag(sync=True)

    @property
    def style(self) -> str:
        """The style's name; settable."""
        return self.style_name

    @style.setter
    def style(self, name: str) -> None:
        self.style_name = name
