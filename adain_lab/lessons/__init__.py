"""What the lessons print and draw, and a student's own module of solved functions; no widgets."""

from adain_lab.lessons.own import mine

__all__ = ["mine"]
