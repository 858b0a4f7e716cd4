"""What a saved notebook keeps of a panel: a still picture for readers who have no kernel, and for a notebook that is
opened again. Plain computation: nothing here knows a widget.

A notebook's page shows of an output what it likes best, and a widget's view is that. Without the widget's model it
shows an error instead. So the still is an output of its own, just above the panel: the panel's stylesheet hides it
while the panel is there, and the still's own stylesheet hides the error where the panel is not. A page that does not
trust the notebook shows no widgets' views, and takes out the stylesheet: what is left is the still.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from adain_lab.lessons.show import show

__all__ = ["NOTE", "VIEW", "WIDTH", "keeps_stills", "still_html", "view_bundle"]

NOTE = "A still picture of the panel. Run its cell, and you can play with it."
#: Pixels; a still that is wider is made smaller.
WIDTH = 900
VIEW = "application/vnd.jupyter.widget-view+json"
# The still waits a moment before it is seen: when the cell runs, the panel takes its place. The last rule is about a view
# without a model, which holds nothing but words.
_STYLE = """<style>
@keyframes al-still { from { max-height: 0; overflow: hidden; } }
.al-still { animation: al-still 0s 0.7s backwards; }
.jp-OutputArea-child:has(.al-still) + .jp-OutputArea-child > .jupyter-widgets:not(:has(*)) { display: none; }
</style>"""


def still_html(picture: Any, alt: str) -> str:
    """The still as HTML: the picture, its alt text, and a line that says what it is.

    Args:
        picture: what :func:`~adain_lab.lessons.show.show` takes.
        alt: what is to be seen.

    Example:
        >>> import torch
        >>> still_html(torch.zeros(3, 8, 8), "A black area.").count("A black area.")
        1
    """
    figure = show(picture, NOTE, alt=alt, width=WIDTH)._repr_mimebundle_()["text/html"]
    return f'<div class="al-still">{figure}</div>\n{_STYLE}'


def view_bundle(bundle: dict[str, Any]) -> dict[str, Any]:
    """A widget's output without its words: the still above says them, and where the view cannot be shown, nothing is.

    Example:
        >>> view_bundle({"text/plain": "AlphaPanel()", VIEW: {"model_id": "7"}})
        {'application/vnd.jupyter.widget-view+json': {'model_id': '7'}, 'text/html': ''}
    """
    return {VIEW: bundle[VIEW], "text/html": ""}


def keeps_stills() -> bool:
    """Whether the page is a notebook's whose still can be hidden while the panel is there: JupyterLab's and its kin,
    or nobody's, as when a notebook is run by a program. Voila's pages are not saved; Colab and VS Code build theirs in
    other ways.
    """
    elsewhere = os.environ.get("SERVER_SOFTWARE", "").startswith("voila") or "VSCODE_PID" in os.environ
    return not elsewhere and "google.colab" not in sys.modules
