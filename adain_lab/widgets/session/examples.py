"""Pairs of sample pictures that go well together, for a first click in the studio."""

from __future__ import annotations

from adain_lab.widgets.session.gallery import Gallery

__all__ = ["EXAMPLES", "offered"]

#: Content and style, chosen by eye among painted pairs of the samples at alpha 1: shapes stay readable, and each style
#: shows what is its own.
EXAMPLES = (
    ("temple", "wave_print"),
    ("cat", "night_village"),
    ("dahlia", "stained_glass"),
    ("rocket", "neon_rain"),
    ("coffee", "cubist_guitar"),
    ("photographer", "ink_mountains"),
)


def offered(contents: Gallery, styles: Gallery) -> list[dict[str, str]]:
    """The pairs whose pictures are there, each a dictionary of the names ``content`` and ``style``.

    Example:
        >>> offered(Gallery("content"), Gallery("style"))[0]
        {'content': 'temple', 'style': 'wave_print'}
    """
    return [
        {"content": content, "style": style} for content, style in EXAMPLES if content in contents and style in styles
    ]
