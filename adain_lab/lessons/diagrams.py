"""Diagrams of the lessons: SVG files inside the page, which read on light and on dark paper.

Nothing runs in them. Where something can be switched, plain radio buttons and a stylesheet do it, so that a saved
notebook is as alive as a running one. JupyterLab takes inline SVG and stylesheets out of a notebook that it does not
trust, and leaves the words of a diagram as a heap; an image stays. So every diagram is an image on white paper, and
its stylesheet, where it survives, turns the paper into that of the dark theme.
"""

from __future__ import annotations

import base64
import html
import itertools
from collections.abc import Iterable

from adain_lab.lessons.show import DRAWING, DRAWING_STYLE, HtmlPicture
from adain_lab.networks.encoder import STYLE_LAYERS, channels

__all__ = ["loss_graph", "network", "normalisations"]

_INK, _SOFT, _PAPER = "#1f1f1f", "#5c5c5c", "#ffffff"
_BLUE, _ORANGE, _GREEN, _VERMILION = "#2b83c4", "#d98a00", "#0a9270", "#d9622b"
_FONT = "font-family:system-ui,sans-serif"
_counter = itertools.count()


def network(width: int = 32, size: int = 256) -> HtmlPicture:
    """Encoder, AdaIN and decoder, with the size of every stage.

    Args:
        width: channels of the first stage; 64 in VGG-19.
        size: side of the square picture, pixels.
    """
    parts: list[str] = []
    x: float = 66
    stages = [(3, size), *((channels(layer, width), size >> number) for number, layer in enumerate(STYLE_LAYERS))]
    names = ["picture", *STYLE_LAYERS]
    encoder = [(name, c, side) for name, (c, side) in zip(names, stages, strict=True)]
    decoder = [("t", *stages[-1]), *(("", c, side) for c, side in reversed(stages[1:-1])), ("g(t)", 3, size)]

    def block(at: float, name: str, c: int, side: int, colour: str) -> float:
        tall, wide = 26 + 104 * side / size, 10 + 34 * c / (8 * width)
        parts.append(_box(at, 100 - tall / 2, wide, tall, colour))
        parts.append(_text(at + wide / 2, 184, f"{c} × {side} × {side}", 9.5, _SOFT, rotate=-38, anchor="end"))
        if name:
            parts.append(_text(at + wide / 2, 100 - tall / 2 - 7, name, 11))
        return at + wide

    for name, c, side in encoder:
        x = block(x, name, c, side, _BLUE) + 38
    left = x - 38
    parts.append(_text((66 + left) / 2, 16, "encoder f, fixed", 13, _BLUE, bold=True))
    box = left + 40
    parts += [_arrow(left + 6, 100, box - 6, 100), _box(box, 72, 78, 56, _VERMILION, rounded=8)]
    parts += [_text(box + 39, 97, "AdaIN", 15, bold=True), _text(box + 39, 114, "no weights", 10.5, _SOFT)]
    parts += [_arrow(box + 39, 36, box + 39, 68), _text(box + 39, 14, "the style's μ, σ", 11.5, _VERMILION)]
    parts.append(_text(box + 39, 29, f"2 × {stages[-1][0]} numbers", 11, _VERMILION))
    x = box + 78 + 40
    parts.append(_arrow(box + 84, 100, x - 6, 100))
    start = x
    for name, c, side in decoder:
        x = block(x, name, c, side, _GREEN) + 38
    parts.append(_text((start + x - 38) / 2, 16, "decoder g, trained", 13, _GREEN, bold=True))
    words = (
        f"The encoder turns a picture of {size} pixels into {stages[-1][0]} maps of {size >> 3}; AdaIN gives them the style's "
        f"statistics; the decoder turns them into a picture again."
    )
    return _picture(parts, x - 28, 240, words)


def loss_graph() -> HtmlPicture:
    """Where the two losses of the training come from (Eq. 9 to 13)."""
    nodes = {
        "c": (10, 40, 84, "content c", _BLUE), "s": (10, 170, 84, "style s", _ORANGE),
        "fc": (140, 40, 56, "f", _SOFT), "fs": (140, 170, 56, "f", _SOFT),
        "adain": (246, 40, 84, "AdaIN", _VERMILION), "g": (420, 40, 84, "g, trained", _GREEN),
        "fg": (560, 40, 56, "f", _SOFT),
        "lc": (690, 14, 188, "content loss: f(g(t)) = t?", _BLUE),
        "ls": (690, 170, 188, "style loss: same μ, σ?", _ORANGE),
    }  # fmt: skip
    parts = [
        item
        for x, y, wide, text, colour in nodes.values()
        for item in (_box(x, y, wide, 36, colour, rounded=7), _text(x + wide / 2, y + 23, text, 12.5))
    ]
    parts += [_arrow(96, 58, 138, 58), _arrow(96, 188, 138, 188), _arrow(198, 58, 244, 58)]
    parts += [_arrow(332, 58, 418, 58), _text(372, 50, "t", 13, bold=True), _arrow(506, 58, 558, 58)]
    parts += [_text(532, 36, "g(t)", 11.5), _arrow(618, 52, 688, 36), _arrow(618, 66, 688, 178)]
    parts += [_path("M198 188 H 288 V 80"), _text(300, 130, "relu4_1: μ, σ", 10.5, _SOFT, anchor="start")]
    parts += [_path("M198 194 H 688"), _text(450, 210, "relu1_1 … relu4_1: μ, σ", 10.5, _SOFT)]
    parts += [
        _path("M372 64 V 116 H 660 L 690 46", dashed=True),
        _text(500, 110, "t is the target, not f(c)", 10.5, _SOFT),
    ]
    return _picture(
        parts,
        890,
        222,
        "The graph of the losses: t goes through the decoder and the encoder again; the result is compared with t, "
        "and its statistics with the style's.",
    )


#: Which cells share one mean and one deviation, and where the new ones come from.
_OWN = "one channel of one picture, at every position"
_NORMALISATIONS = {
    "BN": ("one channel, in every picture of the batch, at every position", "learned, one pair for all styles"),
    "IN": (_OWN, "learned, one pair for all styles"),
    "CIN": (_OWN, "learned, one pair per style: choose a row"),
    "AdaIN": (_OWN, "measured, on the same channel of the style picture"),
}


def normalisations() -> HtmlPicture:
    """A batch of features as blocks of cells: which of them are averaged, by BN, IN, CIN and AdaIN; to be switched."""
    group = f"al-norm-{next(_counter)}"
    buttons, views, rules = [], [], []
    for number, (name, (over, put_in)) in enumerate(_NORMALISATIONS.items()):
        key = f"{group}-{name}"
        checked = " checked" if number == 0 else ""
        buttons.append(
            f'<label style="margin-right:1.2em;cursor:pointer"><input type="radio" name="{group}" id="{key}"{checked}> {name}</label>'
        )
        rules.append(f"#{group}:has(#{key}:checked) .v-{name}{{display:block}}")
        views.append(f'<div class="v v-{name}">{_cells(name, over, put_in)}</div>')
    # Without the stylesheet nothing can be switched: no buttons then, and all views, one below the other.
    rules.append(f"#{group} .choose{{display:block!important}}")
    style = f"{DRAWING_STYLE}<style>#{group} .v{{display:none}}{''.join(rules)}</style>"
    choose = f'<div class="choose" style="display:none;margin:0.3em 0">{"".join(buttons)}</div>'
    markup = f'<div id="{group}" style="{_FONT}">{style}{choose}{"".join(views)}</div>'
    text = "; ".join(f"{name}: averaged over {over}" for name, (over, _) in _NORMALISATIONS.items())
    return HtmlPicture(markup, f"[diagram: {text}]")


def _cells(name: str, over: str, put_in: str) -> str:
    parts = []
    for n in range(3):
        left, top = 34 + 210 * n, 34
        parts.append(_text(left + 70, 22, f"picture {n + 1}", 12))
        for c in range(5):
            for position in range(6):
                on = c == 1 and (name == "BN" or n == 0)
                parts.append(
                    f'<rect x="{left + 28 * c}" y="{top + 20 * position}" width="26" height="18" rx="2" '
                    f'fill="{_VERMILION if on else "#8a8a8a"}" fill-opacity="{0.9 if on else 0.18}"/>'
                )
    parts += [_text(104, 177, "channels →", 11, _SOFT), _text(22, 96, "positions →", 11, _SOFT, rotate=90)]
    if name == "AdaIN":
        parts.append(_text(760, 22, "style picture", 12))
        for c in range(5):
            for position in range(4):
                on = c == 1
                parts.append(
                    f'<rect x="{690 + 28 * c}" y="{34 + 20 * position}" width="26" height="18" rx="2" '
                    f'fill="{_BLUE if on else "#8a8a8a"}" fill-opacity="{0.9 if on else 0.18}"/>'
                )
        parts.append(_path("M731 118 V 163 H 75 V 155", dashed=True))
    if name == "CIN":
        for row in range(4):
            parts.append(_box(690, 34 + 24 * row, 150, 20, _BLUE if row == 2 else "#8a8a8a", rounded=3))
            parts.append(_text(765, 48 + 24 * row, f"γ, β of style {row + 1}", 11))
    parts.append(_text(34, 198, f"{name}: one mean, one deviation over {over}", 12.5, _VERMILION, anchor="start"))
    parts.append(_text(34, 217, f"put in their place: {put_in}", 12.5, _BLUE, anchor="start"))
    return _image(parts, 850, 228, f"{name}: averaged over {over}; put in: {put_in}.")


# ---- pieces ---------------------------------------------------------------------------------------------------------


def _box(x: float, y: float, wide: float, tall: float, colour: str, rounded: float = 3) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="{rounded}" fill="{colour}" '
        f'fill-opacity="0.22" stroke="{colour}" stroke-width="1.5"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    size: float,
    colour: str = _INK,
    *,
    bold: bool = False,
    rotate: float = 0,
    anchor: str = "middle",
) -> str:
    turned = f' transform="rotate({rotate} {x:.1f} {y:.1f})"' if rotate else ""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight}{turned} '
        f'style="fill:{colour}">{html.escape(text)}</text>'
    )


def _path(line: str, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path d="{line}" fill="none" style="stroke:{_INK}" stroke-width="1.4"{dashes} marker-end="url(#tip)"/>'


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return _path(f"M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}")


def _image(parts: Iterable[str], wide: float, tall: float, alt: str) -> str:
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" style="fill:{_INK}"/></marker></defs>'
    )
    drawing = (
        f'<svg viewBox="0 0 {wide:.0f} {tall:.0f}" width="{wide:.0f}" height="{tall:.0f}" style="{_FONT}" '
        f'xmlns="http://www.w3.org/2000/svg">{tip}<rect width="100%" height="100%" rx="3" fill="{_PAPER}"/>'
        f"{''.join(parts)}</svg>"
    )
    source = base64.b64encode(drawing.encode()).decode("ascii")
    return (
        f'<img class="{DRAWING}" src="data:image/svg+xml;base64,{source}" alt="{html.escape(alt)}" '
        f'width="{wide:.0f}" style="max-width:100%;height:auto">'
    )


def _picture(parts: Iterable[str], wide: float, tall: float, alt: str) -> HtmlPicture:
    return HtmlPicture(f"<div>{_image(parts, wide, tall, alt)}{DRAWING_STYLE}</div>", f"[diagram: {alt}]")
