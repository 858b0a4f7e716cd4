"""Style transfer as optimisation (Gatys, Ecker & Bethge, CVPR 2016).

The picture x minimises ``content_weight · L_content(x, content) + style_weight · L_style(x, style)``
(Gatys Eq. 7): features at deep layers must agree with the content's, Gram matrices at several layers with the style's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.nn import functional as F

from adain_lab.devices import choose_device, choose_precision
from adain_lab.errors import InputError
from adain_lab.functional import gram_matrix, total, total_variation
from adain_lab.images import resize, to_tensor
from adain_lab.losses import content_loss, layer_scales
from adain_lab.networks.encoder import Encoder
from adain_lab.optimize.config import INITS, GatysConfig
from adain_lab.optimize.pixels import NonFiniteLoss, Step, optimize
from adain_lab.weights import load_encoder

__all__ = ["INITS", "GatysConfig", "Transfer", "run", "transfer"]


#: Larger pictures are refused: the optimisation keeps the features of every layer, some 2 kB for a pixel.
MAX_PIXELS = 2**24


def transfer(
    content: Any,
    style: Any,
    config: GatysConfig | None = None,
    *,
    encoder: str | Encoder = "slim",
    device: str = "auto",
    precision: str = "auto",
    **settings: Any,
) -> Generator[Step, None, None]:
    """Paint ``content`` in the manner of ``style`` by optimising the picture, yielding it on its way.

    Args:
        content, style: pictures (paths, Pillow images, arrays, or tensors (1, 3, H, W) in [0, 1]).
        config: what the transfer is made of.
        encoder: a name of :data:`~adain_lab.weights.ENCODERS`, or an encoder.
        device: "auto", "cpu", "cuda" or "mps".
        precision: of the convolutions: "float32", "bfloat16", or "auto", which takes bfloat16 on processors that
            multiply it natively.
        settings: changes of single values of the config, by name.

    Yields:
        :class:`~adain_lab.optimize.pixels.Step`: the start, and the picture after every update. At the smaller sizes
        the pictures are smaller; losses are means and so of one scale, but jump a little where the size changes. Stop
        whenever you like.

    Raises:
        FileNotFoundError, TypeError, ValueError: bad input, in one sentence, before anything is computed.
        NonFiniteLoss: the loss is not a number any more.

    Example:
        >>> settings = {"encoder": "tiny", "size": 32, "steps": 4, "style_layers": {"relu1_1": 1, "relu2_1": 1}}
        >>> steps = list(transfer(torch.rand(1, 3, 32, 40), torch.rand(1, 3, 32, 32), **settings))
        >>> [(step.iteration, tuple(step.image.shape[2:])) for step in steps[::2]]
        [(0, (16, 20)), (2, (16, 20)), (4, (32, 40))]
    """
    config = replace(config or GatysConfig(), **settings)
    network = load_encoder(encoder) if isinstance(encoder, str) else encoder
    network = network.to(choose_device(device)).to(memory_format=torch.channels_last).eval().requires_grad_(False)
    content, style = (to_tensor(picture) for picture in (content, style))
    sizes = _sizes(content, config)
    for picture, size in ((content, sizes[-1]), (style, _style_size(config, sizes[-1], sizes[-1]))):
        _check_pixels(picture, size, sizes[-1] == size)
    layers = [*config.content_layers, *config.style_layers]
    deepest = _deepest(network, layers)
    for picture in (resize(content, sizes[0]), resize(style, _style_size(config, sizes[0], sizes[-1]))):
        try:  # the smallest pictures are the ones that may be too small
            network._check_images(picture[:, :, :1, :1].expand(-1, -1, *picture.shape[2:]), deepest)
        except InputError as error:
            if not config.coarse:
                raise
            raise InputError(
                f"{error}; the first of {len(sizes)} sizes is meant: take a larger size, or coarse=0"
            ) from None
    if precision == "auto" and network.mean.device.type != "cpu":
        precision = "float32"  # half precision of a GPU has too small a range for gradients
    return _transfer(content, style, config, network, sizes, choose_precision(network.mean.device, precision))


def _transfer(
    content: torch.Tensor,
    style: torch.Tensor,
    config: GatysConfig,
    network: Encoder,
    sizes: list[int],
    precision: torch.dtype,
) -> Generator[Step, None, None]:
    device = network.mean.device
    generator = torch.Generator().manual_seed(config.seed)
    image, done, seconds = None, 0, 0.0
    for number, size in enumerate(sizes):
        small_content = resize(content, size).to(device)
        small_style = resize(style, _style_size(config, size, sizes[-1])).to(device)
        if image is None:
            start = INITS[config.init](small_content, small_style, generator)
        else:
            start = F.interpolate(image, small_content.shape[2:], mode="bicubic", align_corners=False).clamp(0, 1)
        steps = config.steps * (number + 1) // len(sizes) - done
        terms = objective(network, small_content, small_style, config, precision)
        for step in optimize(start, terms, steps=steps, optimizer=config.optimizer, learning_rate=config.learning_rate):
            if step.iteration == 0 and number > 0:
                continue  # the picture before the first update at this size is the last one of the size before
            image = step.pixels
            yield replace(step, iteration=done + step.iteration, seconds=seconds + step.seconds)
        done, seconds = done + steps, seconds + step.seconds


def objective(
    encoder: Encoder,
    content: torch.Tensor,
    style: torch.Tensor,
    config: GatysConfig,
    precision: torch.dtype = torch.float32,
) -> Callable[[torch.Tensor], dict[str, torch.Tensor]]:
    """The loss of Gatys' Eq. 7 as a function of the picture, with all that does not depend on the picture computed
    once.

    Every layer is divided by its mean activation on the style, so that equal weights mean equal say; Gram matrices
    are divided by H·W, so that style and content may differ in size; squared differences are averaged, not summed.

    Args:
        encoder: the network, frozen.
        content, style: (1, 3, H, W) in [0, 1].
        config: layers and weights.
        precision: of the convolutions; everything else is float32.

    Returns:
        A function from pictures (1, 3, H, W) to the weighted terms "content", "style" and "tv"; those with weight 0 are
        left out.
    """
    content_layers = {k: w for k, w in config.content_layers.items() if w * config.content_weight > 0}
    style_layers = {k: w for k, w in config.style_layers.items() if w * config.style_weight > 0}
    layers = list(dict.fromkeys([*content_layers, *style_layers]))

    def encode(images: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        # Convolutions may run in half the bits where that is fast; losses, sums of many small squares, may not.
        with torch.autocast(images.device.type, precision, enabled=precision == torch.bfloat16):
            return {k: f.float() for k, f in encoder(images, layers).items()}

    with torch.no_grad():
        scales = layer_scales(encode, style, layers)
        content_targets = encode(content, content_layers) if content_layers else {}
        style_targets = {k: gram_matrix(f) for k, f in encode(style, style_layers).items()} if style_layers else {}

    def terms(image: torch.Tensor) -> dict[str, torch.Tensor]:
        features = encode(image, layers)
        losses = {}
        # A layer divided by its scale has a content loss divided by scale², and a style loss by scale⁴: cheaper than
        # dividing the features.
        if content_layers:  # Gatys Eq. 1
            losses["content"] = config.content_weight * total(
                w / scales[k] ** 2 * content_loss(features[k], content_targets[k]) for k, w in content_layers.items()
            )
        if style_layers:  # Gatys Eq. 3 to 5
            losses["style"] = config.style_weight * total(
                w / scales[k] ** 4 * F.mse_loss(gram_matrix(features[k]), style_targets[k])
                for k, w in style_layers.items()
            )
        if config.tv_weight:
            losses["tv"] = config.tv_weight * total_variation(image)
        return losses

    return terms


@dataclass
class Transfer:
    """A transfer that was run: what it is worth, whatever ended it.

    Attributes:
        best: the step of the full size with the smallest loss; of any size as long as there is none of the full.
        losses: every step's losses, in order.
        stopped: "finished", or why it ended before: "stopped", "interrupted", or the sentence of an error.
        seconds: how long it took.
    """

    best: Step | None = None
    losses: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "finished"
    seconds: float = 0.0

    @property
    def found(self) -> Step:
        """The best step.

        Raises:
            ValueError: there is none yet.
        """
        if self.best is None:
            raise InputError("there is no picture yet: the transfer has not taken a step")
        return self.best

    @property
    def image(self) -> torch.Tensor:
        """The best picture, (1, 3, H, W) in [0, 1]; raises as :attr:`found`."""
        return self.found.image

    def take(self, step: Step) -> None:
        """Note a step; keep its picture when it is the best."""
        self.losses.append(step.losses)
        self.seconds = step.seconds
        larger = self.best is not None and step.pixels.shape[2] > self.best.pixels.shape[2]
        if self.best is None or larger or step.loss <= self.best.loss:
            self.best = step


def run(steps: Iterator[Step], on_step: Callable[[Step], bool | None] = lambda step: None) -> Transfer:
    """Take all steps and keep the best; an interrupt or a loss that is not finite ends it with the best so far.

    Args:
        steps: from :func:`transfer`.
        on_step: called with every step; returning True stops.
    """
    result = Transfer()
    try:
        for step in steps:
            result.take(step)
            if on_step(step):
                result.stopped = "stopped"
                break
    except KeyboardInterrupt:
        result.stopped = "interrupted"
    except NonFiniteLoss as error:
        result.stopped = str(error)
    return result


def _sizes(content: torch.Tensor, config: GatysConfig) -> list[int]:
    """Shorter sides, small to large."""
    full = config.size or min(content.shape[2:])
    return [max(1, round(full / 2**k)) for k in range(config.coarse, -1, -1)]


def _check_pixels(picture: torch.Tensor, size: int, is_content: bool) -> None:
    """Refuse a picture that would be scaled to more than :data:`MAX_PIXELS`, with the largest size that it can have."""
    height, width = picture.shape[2:]
    scale = size / min(height, width)
    if round(height * scale) * round(width * scale) <= MAX_PIXELS:
        return
    largest = math.isqrt(MAX_PIXELS * min(height, width) // max(height, width))
    mend = f"ask for a size of at most {largest}" if largest >= 16 else "cut off a piece of it first"
    raise InputError(
        f"a {'content' if is_content else 'style'} of {width} x {height} pixels would get {round(width * scale)} x "
        f"{round(height * scale)}, more than the {MAX_PIXELS / 10**6:.0f} megapixels that are optimised: {mend}"
    )


def _style_size(config: GatysConfig, size: int, full: int) -> int:
    return max(1, round((config.style_size or full) * size / full))


def _deepest(encoder: Encoder, layers: list[str]) -> str:
    unknown = [layer for layer in layers if layer not in encoder.layers]
    if unknown:
        raise InputError(f"unknown layer {unknown[0]!r}: choose from {', '.join(encoder.layers)}")
    return max(layers, key=encoder.layers.index)
