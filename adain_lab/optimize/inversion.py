"""What a layer knows of a picture: a picture that has its features, and a texture that has its statistics.

Mahendran & Vedaldi (CVPR 2015) ask which picture has given features. Gatys et al. (NIPS 2015; CVPR 2016, Fig. 1) ask
which one has given Gram matrices; Li et al. (IJCAI 2017) show that means and standard deviations do nearly as well.
Both questions are answered by optimising pixels, from noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch.nn import functional as F

from adain_lab.errors import InputError
from adain_lab.functional import channel_mean_std, gram_matrix, total, total_variation
from adain_lab.images import to_tensor
from adain_lab.networks.encoder import LAYERS, STYLE_LAYERS, Encoder
from adain_lab.optimize.config import OPTIMIZERS
from adain_lab.optimize.pixels import Step, optimize
from adain_lab.weights import load_encoder

__all__ = ["KINDS", "Step", "invert", "receptive_box", "receptive_field", "stride", "texture"]

#: Spread of the noise that everything starts from, around a grey of 0.5.
NOISE = 0.05

Features = Mapping[str, torch.Tensor]


def invert(
    picture: Any,
    layer: str,
    encoder: Encoder | str = "slim",
    *,
    steps: int = 80,
    tv_weight: float = 0.3,
    seed: int = 0,
    optimizer: str = "lbfgs",
) -> Iterator[Step]:
    """A picture with the same features at one layer, from noise.

    Minimises ``|f(x) - f(picture)|^2 / |f(picture)|^2 + tv_weight * TV(x)`` (Mahendran & Vedaldi 2015, Eq. 1, with the
    L1 form of total variation). From a deep layer gradients prefer speckles. So the search goes from coarse to fine:
    positions of a layer stand :func:`stride` pixels apart, so at first only pictures of one pixel per position are
    allowed, enlarged; then of half that, and so on up to all pixels. Nothing but the features is used.

    Args:
        picture: any picture; a tensor (1, 3, H, W) or (3, H, W) is taken as it is. 96 to 160 pixels take seconds on a
            processor.
        layer: one of the encoder's layers.
        encoder: an encoder, or the name of one for :func:`~adain_lab.weights.load_encoder`.
        steps: updates in all, at least 1, shared among the scales.
        tv_weight: of the total variation, 0 or more: higher is smoother.
        seed: of the noise.
        optimizer: "lbfgs" or "adam".

    Yields:
        :class:`Step` with losses "features" (0 when they are the same, about 1 when nothing is), "smoothness" and
        "range"; ``steps + 1`` of them. Stop whenever you like.

    Raises:
        ValueError: no such layer (the message lists those there are), a picture that is too small (it says how large it
            must be) or more than one, or numbers that make no sense.
        FileNotFoundError, TypeError: as :func:`~adain_lab.images.to_tensor` and ``load_encoder``.

    Example:
        >>> steps = list(invert(torch.rand(1, 3, 24, 32), "relu1_1", "tiny", steps=20))
        >>> len(steps), tuple(steps[-1].image.shape), steps[-1].losses["features"] < 0.1 * steps[0].losses["features"]
        (21, (1, 3, 24, 32), True)
    """
    network = _encoder(encoder)
    pictures = _single(picture, network)
    _check_search(steps, tv_weight, optimizer)
    with torch.no_grad():
        wanted = network(pictures, [layer])[layer]
        energy = wanted.square().mean().clamp_min(1e-12)

    def terms(images: torch.Tensor) -> dict[str, torch.Tensor]:
        distance = (network(images, [layer])[layer] - wanted).square().mean() / energy
        return {"features": distance, "smoothness": tv_weight * total_variation(images)}

    return _coarse_to_fine(_noise(pictures, seed), terms, stride(layer), steps, optimizer)


def texture(
    style: Any,
    layers: Sequence[str] = STYLE_LAYERS,
    kind: str = "gram",
    encoder: Encoder | str = "slim",
    *,
    size: tuple[int, int] | None = None,
    steps: int = 80,
    tv_weight: float = 0.05,
    seed: int = 0,
    optimizer: str = "lbfgs",
) -> Iterator[Step]:
    """A picture with the same statistics of features as ``style``, from noise: its texture without its places.

    Minimises the squared difference of the statistics, relative to their size, summed over ``layers`` with equal
    weight; first with pictures of half the size, enlarged, then with all pixels.

    Args:
        style: any picture.
        layers: whose statistics to match.
        kind: one of :data:`KINDS`: "gram" (Gatys et al. 2015, Eq. 1): which channels are active together; "statistics"
            (Li et al. 2017): only each channel's mean and standard deviation, all that AdaIN knows (Eq. 8).
        encoder, steps, tv_weight, seed, optimizer: as :func:`invert` takes them.
        size: height and width of the texture, pixels; the style's own when None.

    Yields:
        :class:`Step` with one loss for each layer by name, "smoothness" and "range"; ``steps + 1`` of them.

    Raises:
        ValueError, FileNotFoundError, TypeError: as :func:`invert`; and no such ``kind``.

    Example:
        >>> *_, last = texture(torch.rand(3, 24, 24), ["relu1_1", "relu2_1"], "statistics", "tiny", size=(24, 40), steps=5)
        >>> last.iteration, tuple(last.image.shape)
        (5, (1, 3, 24, 40))
    """
    network = _encoder(encoder)
    styles = _single(style, network)
    if kind not in KINDS:
        raise InputError(f"unknown kind {kind!r}: choose from {', '.join(KINDS)}")
    _check_search(steps, tv_weight, optimizer)
    layers = [layers] if isinstance(layers, str) else list(layers)
    measure = KINDS[kind]
    start = _noise(styles if size is None else styles.new_empty(1, 3, *_check_size(size)), seed)
    with torch.no_grad():
        wanted = {layer: measure(f) for layer, f in network(styles, layers).items()}
        network(start, layers)  # refuses a size that is too small, now and not at the first step

    def terms(images: torch.Tensor) -> dict[str, torch.Tensor]:
        features = network(images, layers)
        losses = {layer: _relative(measure(features[layer]), wanted[layer]) for layer in layers}
        return {**losses, "smoothness": tv_weight * total_variation(images)}

    return _coarse_to_fine(start, terms, min(2, stride(max(layers, key=LAYERS.index))), steps, optimizer)


def receptive_field(layer: str) -> int:
    """How many pixels of the picture, along one side, a position of ``layer`` sees.

    Every 3 x 3 convolution adds 2 of its input's positions, every 2 x 2 pooling 1, and a position is as
    many pixels wide as the strides so far, multiplied: ``r <- r + (k - 1) * s``, then ``s <- s * stride``.

    Args:
        layer: one of :data:`~adain_lab.networks.encoder.LAYERS`.

    Returns:
        Pixels.

    Raises:
        ValueError: no such layer.

    Example:
        >>> [receptive_field(layer) for layer in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")]
        [3, 10, 24, 68, 156]
    """
    return _geometry(layer)[0]


def stride(layer: str) -> int:
    """How many pixels lie between neighbouring positions of ``layer``: 1, 2, 4, 8, 16 for blocks 1 to 5."""
    return _geometry(layer)[1]


def receptive_box(layer: str, row: int, column: int) -> tuple[int, int, int, int]:
    """The pixels that one position of ``layer`` sees, as (top, left, bottom, right), bottom and right excluded.

    It goes over the picture's edge where the network pads.

    Example:
        >>> receptive_box("relu1_1", 0, 5), receptive_box("relu2_1", 4, 4)
        ((-1, 4, 2, 7), (4, 4, 14, 14))
    """
    side, step, before = _geometry(layer)
    top, left = row * step - before, column * step - before
    return top, left, top + side, left + side


def _geometry(layer: str) -> tuple[int, int, int]:
    """Receptive field, stride, and how far the field reaches to the left of ``stride * position``."""
    if layer not in LAYERS:
        raise InputError(f"unknown layer {layer!r}: choose from {', '.join(LAYERS)}")
    field, step, before = 1, 1, 0
    for name in LAYERS[: LAYERS.index(layer) + 1]:
        if name.endswith("_1") and name != "relu1_1":
            field, step = field + step, 2 * step  # pooling: windows of 2 with stride 2, no padding
        field, before = field + 2 * step, before + step  # convolution: windows of 3, padded by 1
    return field, step, before


# ---- statistics of features, as parts that are compared one by one -----------------------------------------------

#: What a texture is made to match: functions from features (1, C, H, W) to statistics without space.
KINDS: dict[str, Callable[[torch.Tensor], tuple[torch.Tensor, ...]]] = {
    "gram": lambda features: (gram_matrix(features),),
    "statistics": channel_mean_std,
}


def _relative(got: tuple[torch.Tensor, ...], wanted: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Squared differences divided by the squares of what is wanted, so that every layer has one vote."""
    distance = total((a - b).square().sum() for a, b in zip(got, wanted, strict=True))
    return distance / total(b.square().sum() for b in wanted).clamp_min(1e-12)


# ---- the search ------------------------------------------------------------------------------------------------------


def _coarse_to_fine(
    start: torch.Tensor,
    terms: Callable[[torch.Tensor], dict[str, torch.Tensor]],
    coarsest: int,
    steps: int,
    optimizer: str,
) -> Iterator[Step]:
    """:func:`optimize` on pictures of 1/coarsest, ..., 1/2, 1 of the size, each enlarged before it is judged."""
    scales = [2**i for i in reversed(range(coarsest.bit_length()))][-steps:]
    height, width = start.shape[2:]

    def enlarged(pixels: torch.Tensor) -> torch.Tensor:
        same = tuple(pixels.shape[2:]) == (height, width)
        return pixels if same else F.interpolate(pixels, size=(height, width), mode="bilinear", align_corners=False)

    done, seconds, images = 0, 0.0, start
    for i, scale in enumerate(scales):
        count = (steps - done) // (len(scales) - i)
        small = (max(2, -(-height // scale)), max(2, -(-width // scale)))
        pixels = (
            F.interpolate(images, size=small, mode="bilinear", antialias=True, align_corners=False)
            if scale > 1
            else images
        )
        for step in optimize(pixels, lambda x: terms(enlarged(x)), steps=count, optimizer=optimizer):
            images = enlarged(step.pixels)
            if step.iteration or not i:
                yield replace(step, iteration=done + step.iteration, seconds=seconds + step.seconds, pixels=images)
        done, seconds = done + count, seconds + step.seconds


def _noise(like: torch.Tensor, seed: int) -> torch.Tensor:
    noise = torch.randn(like.shape, generator=torch.Generator().manual_seed(seed))
    return (0.5 + NOISE * noise).to(like.device)


# ---- what is let in ----------------------------------------------------------------------------------------------


def _encoder(encoder: Encoder | str) -> Encoder:
    return load_encoder(encoder) if isinstance(encoder, str) else encoder


def _single(picture: Any, encoder: Encoder) -> torch.Tensor:
    images = to_tensor(picture)
    if images.shape[0] != 1:
        raise InputError(f"one picture at a time: expected shape (1, 3, H, W), got {tuple(images.shape)}")
    return images.to(encoder.mean.device)


def _check_size(size: Any) -> tuple[int, int]:
    if (
        not isinstance(size, (tuple, list))
        or len(size) != 2
        or not all(isinstance(side, int) and side > 0 for side in size)
    ):
        raise InputError(f"size must be height and width in pixels, such as (128, 128), got {size!r}")
    return size[0], size[1]


def _check_search(steps: int, tv_weight: float, optimizer: str) -> None:
    """Refuse at once what :func:`optimize` would refuse at the first step."""
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"steps must be a whole number of at least 1, got {steps!r}")
    if isinstance(tv_weight, bool) or not isinstance(tv_weight, (int, float)) or not 0 <= tv_weight < float("inf"):
        raise InputError(f"tv_weight must be 0 or a positive number, got {tv_weight!r}")
    if optimizer not in OPTIMIZERS:
        raise InputError(f"unknown optimizer {optimizer!r}: choose from {', '.join(OPTIMIZERS)}")
