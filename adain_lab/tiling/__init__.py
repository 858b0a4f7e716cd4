"""Pictures too large for one pass: the same transfer tile by tile, with the statistics of the whole.

AdaIN needs the mean and standard deviation of the *whole* content, so tiles cannot be stylized one by one: each would
be normalised by its own, and the seams would show. Hence two passes. In the first every tile is encoded for its moments,
which add up to the whole's at every level; in the second it is encoded again, restyled by the whole's statistics, and
decoded. Features are not kept in between: those of the shallow levels are larger than the picture.

A tile brings a margin of neighbours along, as wide as the networks look around, and the margin's result is thrown away.
At the picture's own border there is no margin, and the networks' reflection padding does there what it does for the
whole picture. So the result is not similar to the untiled one but equal, up to rounding: in float32 to the last of 8
bits. In bfloat16, where a product's rounding depends on how the processor blocks it, single pixels differ by a few grey
levels, as two processors would. The colours of the whole (level "pixels") are known when all tiles are drawn, and come last.
"""

from adain_lab.tiling.geometry import DECODER_MARGIN, ENCODER_MARGIN, check_tile, decoder_margin, encoder_margin
from adain_lab.tiling.painting import Estimate, Stopped, estimate, paint_tiled, stylize_tiled

__all__ = [
    "DECODER_MARGIN",
    "ENCODER_MARGIN",
    "Estimate",
    "Stopped",
    "check_tile",
    "decoder_margin",
    "encoder_margin",
    "estimate",
    "paint_tiled",
    "stylize_tiled",
]
