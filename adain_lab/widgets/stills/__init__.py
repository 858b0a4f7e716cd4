"""What panels show, as pictures for readers who cannot run them. Plain drawing: nothing in this room knows a widget."""

from adain_lab.widgets.stills.captions import captioned_row

__all__ = ["captioned_row"]
