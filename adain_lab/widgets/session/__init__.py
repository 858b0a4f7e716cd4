"""What panels compute: pictures, drafts, frames, runs in threads. Plain computation: nothing in this room knows a widget."""

from adain_lab.widgets.session.pictures import SIZES, Frame, Session, fitted_size, shared_stylizer

__all__ = ["SIZES", "Frame", "Session", "fitted_size", "shared_stylizer"]
