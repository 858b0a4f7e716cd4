"""Pictures in a lesson: with titles for those who look, and words for those who cannot."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from adain_lab.errors import InputError
from adain_lab.images import open_image, to_pil, to_tensor

__all__ = ["DRAWING", "DRAWING_STYLE", "HtmlPicture", "figure_html", "show"]

_FIGURE = "margin:0.4em 0.8em 0.4em 0;display:inline-block;vertical-align:top;max-width:100%"
_IMAGE = "display:block;max-width:100%;height:auto;border-radius:3px"
_CAPTION = "font:0.9em/1.35 sans-serif;padding-top:0.3em;overflow-wrap:break-word"

#: The class of an image that is drawn on white paper: plots and diagrams, no photographs.
DRAWING = "al-drawing"
#: Puts drawings on the paper of a dark theme, in JupyterLab, its HTML pages and VS Code. They are turned in brightness
#: but not in hue, so that white becomes JupyterLab's dark paper (#111), and a little brighter, since faint lines are
#: fainter in the dark. Where the page's paper is lighter and lies in the same layer, it is seen through the drawing's.
#: Pages that take stylesheets out (GitHub, JupyterLab with notebooks that it does not trust) show white paper.
DRAWING_STYLE = (
    f"<style>:is([data-jp-theme-light=false],.vscode-dark) img.{DRAWING}"
    "{filter:invert(.945) hue-rotate(180deg) brightness(1.25);mix-blend-mode:lighten}</style>"
)

#: Pictures that stand in one row unless told otherwise.
_ROW = 6


class HtmlPicture:
    """HTML for the page, and a line of text for terminals, diffs and tests; made by :func:`show`."""

    def __init__(self, markup: str, text: str):
        self._markup, self._text = markup, text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._markup, "text/plain": self._text}

    def __repr__(self) -> str:
        return self._text


def show(
    pictures: Any,
    titles: str | Sequence[str] = (),
    *,
    alt: str | Sequence[str],
    columns: int = 0,
    width: int = 0,
    quality: int = 82,
) -> HtmlPicture:
    """Pictures side by side, each with its title below and its alt text inside.

    In a notebook, end the cell with it, or pass the result to ``display``. The pictures are JPEG files inside the
    page, so a saved notebook shows them wherever it is read.

    Args:
        pictures: one picture or a list of them: paths, Pillow images, arrays, or tensors (1, 3, H, W) or (3, H, W).
        titles: one per picture, or none.
        alt: what is to be seen, for readers who cannot see it: one sentence per picture.
        columns: pictures in a row; 0 puts up to six into one row, and of more as many as fit.
        width: of each picture on the page, pixels; 0 shows them as large as they are. Larger pictures are made
            smaller before they are stored. On a narrow page the pictures of a row shrink together.
        quality: of the JPEG files, 1 to 95.

    Returns:
        What the notebook displays. Its text form gives the titles and the sizes.

    Raises:
        ValueError: titles or alt texts do not match the pictures, or an alt text is empty.

    Example:
        >>> import torch
        >>> show([torch.zeros(1, 3, 40, 60), torch.ones(3, 40, 40)], ["black", "white"], alt=["A black area.", "A white area."])
        [black: 60 x 40] [white: 40 x 40]
    """
    pictures = list(pictures) if isinstance(pictures, (list, tuple)) else [pictures]
    titles = [titles] if isinstance(titles, str) else list(titles)
    alt = [alt] if isinstance(alt, str) else list(alt)
    if not pictures:
        raise InputError("show needs at least one picture")
    if titles and len(titles) != len(pictures):
        raise InputError(f"titles must be one per picture, or none: got {len(titles)} for {len(pictures)}")
    if len(alt) != len(pictures) or not all(text.strip() for text in alt):
        raise InputError(
            f"alt must describe each picture: {len(pictures)} sentences, got {sum(bool(text.strip()) for text in alt)}"
        )
    titles = titles or [""] * len(pictures)
    images = [_reduced(_as_pil(picture), width) for picture in pictures]
    figures = [
        figure_html(_jpeg(image, quality), "image/jpeg", text, title, image.width)
        for image, title, text in zip(images, titles, alt, strict=True)
    ]
    columns = columns or (len(images) if len(images) <= _ROW else 0)
    layout = f"display:grid;grid-template-columns:repeat({columns},minmax(0,max-content))" if columns else ""
    markup = f'<div style="{layout}">\n' + "\n".join(figures) + "\n</div>"
    text = " ".join(
        f"[{title}{': ' * bool(title)}{image.width} x {image.height}]"
        for image, title in zip(images, titles, strict=True)
    )
    return HtmlPicture(markup, text)


def figure_html(data: bytes, mime: str, alt: str, title: str = "", width: int = 0, *, drawing: bool = False) -> str:
    """A picture file as an HTML figure that carries it, its alt text and its caption.

    Args:
        data: the file.
        mime: its type, such as ``image/png``.
        alt: what is to be seen.
        title: the caption; none when empty.
        width: on the page, pixels.
        drawing: it is drawn on white paper, which becomes dark in a dark theme.
    """
    source = base64.b64encode(data).decode("ascii")
    caption = f'<figcaption style="{_CAPTION};max-width:{width}px">{html.escape(title)}</figcaption>' if title else ""
    kind, style = (f'class="{DRAWING}" ', DRAWING_STYLE) if drawing else ("", "")
    image = f'<img {kind}src="data:{mime};base64,{source}" alt="{html.escape(alt)}" width="{width}" style="{_IMAGE}">'
    return f'<figure style="{_FIGURE}">{image}{caption}{style}</figure>'


def _as_pil(picture: Any) -> Image.Image:
    return open_image(picture) if isinstance(picture, Image.Image) else to_pil(to_tensor(picture))


def _reduced(image: Image.Image, width: int) -> Image.Image:
    if not width or image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
