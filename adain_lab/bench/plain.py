"""The baseline: VGG-19 up to relu4_1 and its mirror as public implementations write them."""

from __future__ import annotations

from torch import nn

__all__ = ["plain_network"]


def plain_network(width: int = 64) -> tuple[nn.Sequential, nn.Sequential]:
    """The paper's encoder (to relu4_1) and decoder, as a reader would write them down from Sec. 6.1.

    Args:
        width: channels of the first block; 64 is the paper's.

    Returns:
        Encoder and decoder with random weights, which change nothing for the time.
    """

    def layer(i: int, o: int) -> list[nn.Module]:
        return [nn.ReflectionPad2d(1), nn.Conv2d(i, o, 3), nn.ReLU()]

    w = [width * k for k in (1, 2, 4, 8)]
    pool, up = nn.MaxPool2d(2, ceil_mode=True), nn.Upsample(scale_factor=2, mode="nearest")
    encoder = [
        *layer(3, w[0]),
        *layer(w[0], w[0]),
        pool,
        *layer(w[0], w[1]),
        *layer(w[1], w[1]),
        pool,
        *layer(w[1], w[2]),
    ]
    encoder += [module for _ in range(3) for module in layer(w[2], w[2])] + [pool, *layer(w[2], w[3])]
    decoder = (
        [*layer(w[3], w[2]), up] + [module for _ in range(3) for module in layer(w[2], w[2])] + [*layer(w[2], w[1]), up]
    )
    decoder += [
        *layer(w[1], w[1]),
        *layer(w[1], w[0]),
        up,
        *layer(w[0], w[0]),
        nn.ReflectionPad2d(1),
        nn.Conv2d(w[0], 3, 3),
    ]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)
