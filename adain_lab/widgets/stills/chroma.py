"""Where a picture's colours lie: a histogram of its two colour axes."""

from __future__ import annotations

import torch

__all__ = ["chroma_picture"]

# YIQ: brightness, orange to blue, purple to green. Luminance preservation keeps the first, and replaces the other two.
_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
#: Half the side of the plane that is drawn; no colour lies beyond.
EXTENT = 0.6


def chroma_picture(images: torch.Tensor, side: int = 72) -> torch.Tensor:
    """How often each colour occurs, its brightness left out: a square with grey in the middle.

    Across is I of YIQ (blue to orange), up is Q (green to purple). Each cell has the colour that it counts, at medium
    brightness, and covers the white paper the more, the more pixels have it (logarithmically).

    Args:
        images: (1, 3, H, W) in [0, 1].
        side: cells in a row and in a column.

    Returns:
        (1, 3, side, side) in [0, 1], on the CPU.

    Example:
        >>> grey = chroma_picture(torch.full((1, 3, 8, 8), 0.5), side=9)
        >>> int((grey[0, 0] < 0.9).sum()), round(grey[0, 0, 4, 4].item(), 1)
        (1, 0.5)
    """
    yiq = torch.tensor(_YIQ)
    chroma = torch.einsum("dc,bchw->dbhw", yiq[1:], images.cpu().float()).flatten(1)  # (2, pixels)
    # The middle of a cell lies at grey: side cells span -EXTENT to EXTENT.
    cells = ((chroma / EXTENT + 1) / 2 * (side - 1)).round().long().clamp(0, side - 1)
    counts = torch.bincount((side - 1 - cells[1]) * side + cells[0], minlength=side * side).view(side, side).float()
    strength = (1 + counts).log() / (1 + counts.max()).log()  # 0 to 1
    strength = (counts > 0) * (0.25 + 0.75 * strength)  # also a single pixel is seen
    axis = torch.linspace(-EXTENT, EXTENT, side)
    plane = torch.stack(
        [torch.full((side, side), 0.5), axis.expand(side, side), axis.flip(0)[:, None].expand(side, side)]
    )
    colours = torch.einsum("cd,dhw->chw", torch.linalg.inv(yiq), plane).clamp(0, 1)
    return ((1 - strength) + strength * colours).unsqueeze(0)
