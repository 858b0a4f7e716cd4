"""What the lessons print and draw; no widgets."""
