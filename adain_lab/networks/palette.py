"""AdaIN on the picture itself: its pixels as one more level, in colours that hardly depend on each other.

What a decoder paints has about the style's colours. Its last step makes them the style's: mean and standard deviation of
three channels, as at every other level. The channels are not red, green and blue, which rise and fall together, so
that AdaIN on them would leave the photograph's hues; but grey, red against green, and yellow against blue, which vary
almost independently of each other in pictures of all kinds (Reinhard et al., *Color Transfer between Images*, 2001).
"""

from __future__ import annotations

import math

import torch

__all__ = ["LIMIT", "PIXELS", "Pair", "opponent", "palette_map", "recolor"]

#: The name of this level among the layers.
PIXELS = "pixels"
#: Two tensors that act together: mean and standard deviation, or scale and shift.
Pair = tuple[torch.Tensor, torch.Tensor]
#: Rows: grey, red against green, yellow against blue. Each has length 1 and is at right angles to the others, so that the
#: transpose is the way back.
_OPPONENT = tuple(
    tuple(value / math.sqrt(length) for value in row)
    for row, length in (((1, 1, 1), 3), ((1, -1, 0), 2), ((1, 1, -2), 6))
)
#: Contrast is raised by no more than this: in a picture of almost one colour it would be noise.
LIMIT = 4.0


def opponent(images: torch.Tensor) -> torch.Tensor:
    """Grey, red against green, and yellow against blue, (B, 3, H, W) from RGB (B, 3, H, W); lengths are kept.

    Example:
        >>> [round(value, 3) for value in opponent(torch.ones(1, 3, 1, 1)).flatten().tolist()]
        [1.732, 0.0, 0.0]
    """
    return _mixed(_basis(images)[None], images)


def palette_map(own: Pair, target: Pair) -> Pair:
    """AdaIN (Eq. 8) of opponent channels as a scale, from 0 to :data:`LIMIT`, and a shift.

    Args:
        own: mean and standard deviation that a picture has, each (B, 3, 1, 1).
        target: those it is to have.
    """
    (mean, std), (target_mean, target_std) = own, target
    scale = (target_std / std).clamp(0, LIMIT)
    return scale, target_mean - scale * mean


def recolor(images: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """RGB pictures whose opponent channels are ``scale`` times those of ``images``, plus ``shift``.

    Args:
        images: (B, 3, H, W).
        scale, shift: (B, 3, 1, 1), or (B, 3, H, W) where they vary over the picture.
    """
    basis = _basis(images)
    if scale.shape[2:] != (1, 1):
        return _mixed(basis.T[None], scale * _mixed(basis[None], images) + shift)
    # There and back is one map of the colours: a 3 x 3 matrix and a shift.
    matrix = basis.T @ (scale[:, :, 0] * basis)  # (B, 3, 3)
    return _mixed(matrix, images) + (basis.T @ shift[:, :, 0])[..., None]


def _basis(images: torch.Tensor) -> torch.Tensor:
    return torch.tensor(_OPPONENT, dtype=images.dtype, device=images.device)


def _mixed(matrices: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Every pixel times a matrix, (1 or B, 3, 3)."""
    return (matrices @ images.flatten(2)).view(images.shape)
