"""Mistakes that the checks know by name, lesson by lesson."""
