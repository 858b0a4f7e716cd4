"""What strips of thumbnails show, sent in such pieces that a picture which somebody brings travels alone."""

from __future__ import annotations

from typing import Any

import traitlets as t

from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.session.gallery import MAX_OWN, Gallery

__all__ = ["ThumbnailTraits", "Thumbnails", "picture_lists"]


def _own(kind: str, slot: int) -> str:
    """The trait with the thumbnail of the picture in a slot; a page finds it by the same name (see ``stage.js``)."""
    return f"{kind}_thumbnail_{slot}"


def picture_lists(*kinds: str) -> Any:
    """A class to derive a panel from, with the traits of lists of pictures, such as "contents".

    A changed trait is sent as a whole. So each picture that somebody brings has one of its own; there are as many as a
    gallery keeps.
    """
    lists = {kind: t.List(t.Dict()).tag(sync=True) for kind in kinds}
    slots = {_own(kind, slot): bytes_trait() for kind in kinds for slot in range(MAX_OWN)}
    return type("PictureLists", (t.HasTraits,), {**lists, **slots})


class ThumbnailTraits(t.HasTraits):
    """Sets the traits of :func:`picture_lists`.

    A list has of each picture its name, title and alt, whether it is somebody's own, and then its slot. Pictures for
    which there is no slot, as when a map shows more than a gallery keeps, bring their thumbnail in the list.

    Attributes:
        thumbnails: of the samples, by list and name, a JPEG each; never sent again.
    """

    thumbnails = t.Dict(read_only=True).tag(sync=True)

    def show_samples(self, **galleries: Gallery) -> None:
        """Set :attr:`thumbnails`, of the samples in the galleries of these lists."""
        found = {kind: {i.name: i.thumbnail() for i in gallery if not i.own} for kind, gallery in galleries.items()}
        self.set_trait("thumbnails", found)

    def show_pictures(self, kind: str, gallery: Gallery) -> None:
        """Say what a gallery holds now; a picture that is new in it gets a slot that none has, or has any more."""
        slots = {row["name"]: row["slot"] for row in getattr(self, kind) if "slot" in row and row["name"] in gallery}
        free = iter(sorted(set(range(MAX_OWN)) - set(slots.values())))
        came = dict(zip([item.name for item in gallery if item.own and item.name not in slots], free, strict=False))
        slots |= came
        rows: list[dict[str, Any]] = []
        for item in gallery:
            rows.append({"name": item.name, "title": item.title, "alt": item.alt, "own": item.own})
            if item.own:
                rows[-1] |= {"slot": slots[item.name]} if item.name in slots else {"thumbnail": item.thumbnail()}
        self.set_trait(kind, rows)
        for name, slot in came.items():
            self.set_trait(_own(kind, slot), gallery[name].thumbnail())
        for slot in free:
            self.set_trait(_own(kind, slot), b"")

    def thumbnail(self, kind: str, name: str) -> bytes:
        """The JPEG of a picture of a list, as the page shows it.

        Raises:
            KeyError: there is none of that name.
        """
        row = {row["name"]: row for row in getattr(self, kind)}[name]
        if "slot" in row:
            return getattr(self, _own(kind, row["slot"]))
        return row["thumbnail"] if row["own"] else self.thumbnails[kind][name]


_Lists: Any = picture_lists("contents", "styles")


class Thumbnails(_Lists, ThumbnailTraits):
    """The pictures of a panel with contents and styles.

    Attributes:
        contents, styles: the lists.
    """
