"""What strips of thumbnails show, sent in such pieces that a picture which somebody brings travels alone."""

from __future__ import annotations

from typing import Any

import traitlets as t

from adain_lab.widgets.gallery import MAX_OWN, Gallery
from adain_lab.widgets.panel import bytes_trait

__all__ = ["Thumbnails"]

LISTS = ("contents", "styles")


def _own(kind: str, slot: int) -> str:
    """The trait with the thumbnail of the picture in a slot; a page finds it by the same name (see ``stage.js``)."""
    return f"{kind}_thumbnail_{slot}"


#: A changed trait is sent as a whole. So each picture that somebody brings has one of its own; there are as many as a
#: gallery keeps.
_Slots: Any = type(
    "_Slots", (t.HasTraits,), {_own(kind, slot): bytes_trait() for kind in LISTS for slot in range(MAX_OWN)}
)


class Thumbnails(_Slots):
    """Traits with the pictures of a panel's two galleries.

    Attributes:
        contents, styles: of each picture its name, title and alt, whether it is somebody's own, and then its slot.
        thumbnails: of the samples, by list and name, a JPEG each; never sent again.
    """

    contents = t.List(t.Dict()).tag(sync=True)
    styles = t.List(t.Dict()).tag(sync=True)
    thumbnails = t.Dict(read_only=True).tag(sync=True)

    def show_samples(self, **galleries: Gallery) -> None:
        """Set :attr:`thumbnails`, of the samples in the galleries ``contents`` and ``styles``."""
        found = {kind: {i.name: i.thumbnail() for i in gallery if not i.own} for kind, gallery in galleries.items()}
        self.set_trait("thumbnails", found)

    def show_pictures(self, kind: str, gallery: Gallery) -> None:
        """Say what a gallery holds now; a picture that is new in it gets a slot that none has, or has any more."""
        slots = {row["name"]: row["slot"] for row in getattr(self, kind) if row["own"] and row["name"] in gallery}
        free = iter(sorted(set(range(MAX_OWN)) - set(slots.values())))
        came = [item for item in gallery if item.own and item.name not in slots]
        slots |= {item.name: next(free) for item in came}
        rows = [
            {"name": item.name, "title": item.title, "alt": item.alt, "own": item.own}
            | ({"slot": slots[item.name]} if item.own else {})
            for item in gallery
        ]
        self.set_trait(kind, rows)
        for item in came:
            self.set_trait(_own(kind, slots[item.name]), item.thumbnail())
        for slot in free:
            self.set_trait(_own(kind, slot), b"")

    def thumbnail(self, kind: str, name: str) -> bytes:
        """The JPEG of a picture of ``contents`` or ``styles``, as the page shows it.

        Raises:
            KeyError: there is none of that name.
        """
        row = {row["name"]: row for row in getattr(self, kind)}[name]
        return getattr(self, _own(kind, row["slot"])) if row["own"] else self.thumbnails[kind][name]
