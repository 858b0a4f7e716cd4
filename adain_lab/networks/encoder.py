"""The encoder f: the first layers of VGG-19, at full, half or quarter width.

One class serves every encoder of the lab: VGG-19's topology up to relu5_1, or one with fewer convolutions a block, with
``width`` channels in the first block (64 is VGG-19 itself, 32 is ``slim``, 16 is
``tiny``). It owns its input normalisation, so it takes RGB pictures in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.errors import InputError, InputTypeError
from adain_lab.networks.palette import PIXELS, opponent

__all__ = ["BLOCKS", "CONVOLUTIONS", "LAYERS", "STYLE_LAYERS", "Encoder", "channels", "convolutions"]

#: Convolutions per block of VGG-19, up to conv5_1; a 2x2 max pooling stands between two blocks.
BLOCKS = (2, 2, 4, 4, 1)


def convolutions(blocks: Sequence[int] = BLOCKS) -> tuple[str, ...]:
    """Names of the convolutions of a network with so many per block: conv1_1, conv1_2, conv2_1, ...

    Example:
        >>> convolutions((2, 1))
        ('conv1_1', 'conv1_2', 'conv2_1')
    """
    return tuple(f"conv{b}_{i}" for b, count in enumerate(blocks, 1) for i in range(1, count + 1))


#: Names of the convolutions in order: conv1_1, conv1_2, conv2_1, ... conv5_1.
CONVOLUTIONS = convolutions()
#: Names of the layers that can be asked for: the ReLU after each convolution.
LAYERS = tuple(name.replace("conv", "relu") for name in CONVOLUTIONS)
#: The layers of the paper's style loss (Eq. 13).
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def channels(layer: str, width: int) -> int:
    """Channels of ``layer`` (relu or conv name) in an encoder of ``width``: width times 1, 2, 4, 8, 8 for blocks 1 to
    5; the 3 colours of :data:`~adain_lab.networks.palette.PIXELS`.
    """
    if layer == PIXELS:
        return 3
    return width * (1, 2, 4, 8, 8)[int(layer[4]) - 1]


class Encoder(nn.Module):
    """VGG-19's convolutions up to ``last``, as a function from pictures to named features.

    Args:
        width: channels of the first block; 64 for VGG-19.
        last: the deepest layer that is built, one of :data:`LAYERS`, or of the layers that ``blocks`` make.
        mean, std: the input normalisation, per RGB channel, of pictures in [0, 1].
        padding_mode: "reflect" as in the paper (Sec. 6.1), or "zeros" as VGG-19 was trained.
        ceil_mode: how pooling treats an odd edge. True keeps it (as the authors' model does), so
            that no pixel of the picture is without features; torchvision's VGG-19 drops it.
        blocks: convolutions per block; VGG-19's by default.

    Example:
        >>> features = Encoder(width=4)(torch.rand(1, 3, 32, 48), ["relu1_1", "relu4_1"])
        >>> {name: tuple(f.shape) for name, f in features.items()}
        {'relu1_1': (1, 4, 32, 48), 'relu4_1': (1, 32, 4, 6)}
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self,
        width: int = 64,
        last: str = "relu5_1",
        mean: Sequence[float] = (0.45, 0.45, 0.45),
        std: Sequence[float] = (0.22, 0.22, 0.22),
        padding_mode: Literal["reflect", "zeros"] = "reflect",
        ceil_mode: bool = True,
        blocks: Sequence[int] = BLOCKS,
    ):
        super().__init__()
        layers = tuple(name.replace("conv", "relu") for name in convolutions(blocks))
        _check_layers([last], layers)
        if padding_mode not in ("reflect", "zeros"):
            raise InputError(f"padding_mode must be 'reflect' or 'zeros', got {padding_mode!r}")
        self.width, self.ceil_mode, self.padding_mode, self.blocks = width, ceil_mode, padding_mode, tuple(blocks)
        self.layers = layers[: layers.index(last) + 1]
        in_channels = 3
        for layer in self.layers:
            out_channels = channels(layer, width)
            convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, padding_mode=padding_mode)
            self.add_module(layer.replace("relu", "conv"), convolution)
            in_channels = out_channels
        # Constants of the model, not weights: they are set by the registry, not stored in the weight files.
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: torch.Tensor, layers: Iterable[str] = ("relu4_1",)) -> dict[str, torch.Tensor]:
        """Features of ``images`` at ``layers``, by name; nothing deeper than the deepest one is computed.

        Args:
            images: RGB in [0, 1], (B, 3, H, W); each side at least :meth:`minimum_size` pixels.
            layers: names from :data:`LAYERS`, and "pixels" for the picture itself in opponent colours.

        Returns:
            ``{layer: (B, C, ceil(H/s), ceil(W/s))}`` with s = 1, 2, 4, 8, 16 for blocks 1 to 5.

        Raises:
            ValueError: a layer does not exist (the message lists those that do), or the pictures are
                not RGB or too small for the deepest layer (the message says the smallest size).
        """
        wanted = [layers] if isinstance(layers, str) else list(layers)
        computed = [layer for layer in wanted if layer != PIXELS]
        if computed or not wanted:
            _check_layers(computed, self.layers)
        deepest = max(computed or self.layers[:1], key=self.layers.index)
        self._check_images(images, deepest)
        features = {PIXELS: opponent(images)} if PIXELS in wanted else {}
        if not computed:
            return features
        x = (images - self.mean) / self.std
        for layer in self.layers[: self.layers.index(deepest) + 1]:
            if layer.endswith("_1") and layer != "relu1_1":
                x = F.max_pool2d(x, 2, ceil_mode=self.ceil_mode)
            # In place: a convolution's gradient does not need its output.
            x = F.relu(self.get_submodule(layer.replace("relu", "conv"))(x), inplace=True)
            if layer in wanted:
                features[layer] = x
        return features

    def minimum_size(self, layer: str) -> int:
        """The smallest side, in pixels, of a picture that has features at ``layer``.

        Reflection padding needs 2 pixels at every convolution; with zeros, 1 is enough.
        """
        halvings = int(layer[4]) - 1
        smallest = 2 if self.padding_mode == "reflect" else 1
        return (smallest - 1) * 2**halvings + 1 if self.ceil_mode else smallest * 2**halvings

    def _check_images(self, images: torch.Tensor, deepest: str) -> None:
        if not isinstance(images, torch.Tensor):
            raise InputTypeError(f"images must be a tensor of shape (B, 3, H, W), not {type(images).__name__}")
        if images.ndim != 4 or images.shape[1] != 3:
            raise InputError(f"images must have shape (B, 3, H, W), got {tuple(images.shape)}")
        smallest = self.minimum_size(deepest)
        if min(images.shape[2:]) < smallest:
            height, width = images.shape[2:]
            raise InputError(
                f"a picture of {width} x {height} pixels is too small for {deepest}: each side needs at least {smallest} pixels"
            )


def _check_layers(layers: Sequence[str], available: Sequence[str] = LAYERS) -> None:
    unknown = [layer for layer in layers if layer not in available]
    if unknown or not layers:
        problem = f"unknown layer {unknown[0]!r}" if unknown else "no layer asked for"
        raise InputError(f"{problem}: choose from {', '.join(available)}")
