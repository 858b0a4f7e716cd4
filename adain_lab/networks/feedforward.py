"""One network per style (Johnson et al. 2016): the style is learned into the weights, and painting is one forward pass.

The network is Johnson's "image transformation network" with two later improvements: nearest up-sampling before a
convolution in place of transposed convolution (Odena et al. 2016), and instance in place of batch normalisation
(Ulyanov et al. 2016, 2017). Trained ones are in :mod:`adain_lab.weights.feedforward`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.errors import InputError, InputTypeError

__all__ = ["NORMS", "ResidualBlock", "TransformerNetwork"]

#: Normalisation layers by the name that :class:`TransformerNetwork` takes. Both learn a scale and a shift per channel.
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "instance": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "batch": nn.BatchNorm2d,
}
#: The smallest side of a picture, pixels: below it, reflection has nothing to reflect.
MINIMUM_SIZE = 16
#: Height and width are halved twice inside.
_STRIDE = 4


def _conv(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, padding_mode="reflect")


class ResidualBlock(nn.Module):
    """``x + norm(conv(relu(norm(conv(x)))))``: two convolutions that only have to learn what to change.

    No ReLU after the addition (Gross & Wilber 2016, as Johnson has it), so that a block can also lower a value.

    Args:
        channels: in and out.
        norm: one of :data:`NORMS`.

    Example:
        >>> ResidualBlock(4)(torch.rand(1, 4, 8, 6)).shape
        torch.Size([1, 4, 8, 6])
    """

    def __init__(self, channels: int, norm: str = "instance"):
        super().__init__()
        self.conv1, self.norm1 = _conv(channels, channels), _norm(norm, channels)
        self.conv2, self.norm2 = _conv(channels, channels), _norm(norm, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to the same shape."""
        return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class TransformerNetwork(nn.Module):
    """Johnson's image transformation network: a picture in, the same picture in the one style it was trained for out.

    9x9 convolution, two 3x3 convolutions of stride 2, residual blocks at a quarter of the size, twice nearest
    up-sampling and a 3x3 convolution, 9x9 convolution to RGB. A normalisation and a ReLU follow each convolution but
    the last, which ends in a tanh scaled to [-0.05, 1.05], a little beyond black and white so that both can be reached.

    Johnson has width 32, five blocks, batch normalisation, transposed convolutions, and pads once, by 40 pixels, at the
    beginning; here every convolution pads by reflection.

    Args:
        width: channels after the first convolution; twice and four times as many after the next two.
        blocks: residual blocks.
        norm: "instance" or "batch".

    Raises:
        ValueError: width or blocks below 1, or an unknown norm.

    Example:
        >>> TransformerNetwork(width=4, blocks=1)(torch.rand(1, 3, 33, 50)).shape
        torch.Size([1, 3, 33, 50])
    """

    def __init__(self, width: int = 16, blocks: int = 3, norm: str = "instance"):
        super().__init__()
        if width < 1 or blocks < 1:
            raise InputError(f"width and blocks must be at least 1, got {width} and {blocks}")
        self.width, self.norm = width, norm
        self.down1, self.norm1 = _conv(3, width, 9), _norm(norm, width)
        self.down2, self.norm2 = _conv(width, 2 * width, stride=2), _norm(norm, 2 * width)
        self.down3, self.norm3 = _conv(2 * width, 4 * width, stride=2), _norm(norm, 4 * width)
        self.blocks = nn.Sequential(*(ResidualBlock(4 * width, norm) for _ in range(blocks)))
        self.up3, self.norm4 = _conv(4 * width, 2 * width), _norm(norm, 2 * width)
        self.up2, self.norm5 = _conv(2 * width, width), _norm(norm, width)
        self.up1 = _conv(width, 3, 9)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The picture in the network's style.

        Args:
            images: RGB in [0, 1], (B, 3, H, W), each side at least 16 pixels.

        Returns:
            RGB in [-0.05, 1.05], (B, 3, H, W): the same size. Clamp before you show it.

        Raises:
            TypeError, ValueError: not such a tensor.
        """
        _check_images(images)
        height, width = images.shape[2:]
        # Halving twice and doubling twice returns multiples of 4: pad to the next one here, cut the rest off there.
        x = F.pad(images - 0.5, (0, -width % _STRIDE, 0, -height % _STRIDE), mode="reflect")
        x = F.relu(self.norm1(self.down1(x)))
        x = F.relu(self.norm2(self.down2(x)))
        x = F.relu(self.norm3(self.down3(x)))
        x = self.blocks(x)
        x = F.relu(self.norm4(self.up3(F.interpolate(x, scale_factor=2, mode="nearest"))))
        x = F.relu(self.norm5(self.up2(F.interpolate(x, scale_factor=2, mode="nearest"))))
        return 0.5 + 0.55 * torch.tanh(self.up1(x))[..., :height, :width]


def _norm(name: str, channels: int) -> nn.Module:
    if name not in NORMS:
        raise InputError(f"unknown norm {name!r}: choose from {', '.join(NORMS)}")
    return NORMS[name](channels)


def _check_images(images: torch.Tensor) -> None:
    if not isinstance(images, torch.Tensor):
        raise InputTypeError(f"images must be a tensor of shape (B, 3, H, W), not {type(images).__name__}")
    if images.ndim != 4 or images.shape[1] != 3:
        raise InputError(f"images must have shape (B, 3, H, W), got {tuple(images.shape)}")
    if min(images.shape[2:]) < MINIMUM_SIZE:
        height, width = images.shape[2:]
        raise InputError(
            f"a picture of {width} x {height} pixels is too small: each side needs at least {MINIMUM_SIZE} pixels"
        )
