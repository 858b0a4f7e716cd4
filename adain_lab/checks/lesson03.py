"""Checks of lesson 03: the residual block, the perceptual loss, the count of multiplications, a network of one's
own.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson03 import (
    BLOCK_MISTAKES,
    LOSS_MISTAKES,
    MULTIPLICATION_MISTAKES,
    residual,
    wrong_loss,
)
from adain_lab.checks.networks import small_encoder
from adain_lab.checks.probe import (
    Failed,
    Student,
    close,
    compared,
    expect_pair,
    expect_tensor,
    is_noise,
    name_mistake,
    random,
)
from adain_lab.functional import total_variation
from adain_lab.training.feedforward import style_grams

__all__ = ["multiplications", "my_network", "perceptual_loss", "residual_block"]


@exercise("residual_block", "03", points=2)
def residual_block(student: Student):
    """Check ``residual_block(x, weight1, weight2) -> x + norm(conv(relu(norm(conv(x)))))``.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.checks.mistakes.lesson03 import residual
        >>> result = checks.residual_block(lambda x, weight1, weight2: residual(x, weight1, weight2, skip=0))
        ✗ residual_block: not right yet
          The skip connection is missing: add the input x at the end, so that the block only learns what to
          change.
    """
    x, weight1, weight2 = (
        random(2, 4, 6, 7, seed=1) * 2 - 0.5,
        *(random(4, 4, 3, 3, seed=seed) - 0.5 for seed in (2, 3)),
    )
    args = (x, weight1, weight2)
    result = student(*args)
    if isinstance(result, torch.Tensor) and result.ndim == 4 and result.shape[2] < 6:
        lost = 6 - result.shape[2]
        raise Failed(
            f"the picture shrinks, by {lost} pixels in height and width: a 3 × 3 convolution without padding loses 2, so pad by 1 on "
            "every side, by reflection, before each"
        )
    expect_tensor(result, x.shape, "the output", "the shape of x: a block changes values, not sizes")
    difference = result - x
    reason = "what your block adds to x differs from norm(conv(relu(norm(conv(x)))))"
    if close(difference, residual(*args, skip=0.0), 1e-2):
        reason = "the values are nearly right: is the normalisation `F.instance_norm` with its own eps?"
    name_mistake(result, residual(*args), args, BLOCK_MISTAKES, reason, tolerance=1e-3)
    quiet = student(x, weight1, torch.zeros_like(weight2))
    if not close(quiet, x, 1e-3):
        raise Failed(
            "with zeros as the second weight the block adds nothing, so x must come back unchanged, and it does not"
        )
    return "with zeros in the second convolution the block is the identity: that is where it starts from, and why depth does no harm"


@exercise("perceptual_loss", "03", points=3)
def perceptual_loss(student: Student):
    """Check ``perceptual_loss(encoder, images, content, grams) -> (content_loss, style_loss)``.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.training import feedforward as feedforward_training
        >>> def swapped(encoder, images, content, grams):
        ...     losses = feedforward_training.perceptual_loss(encoder, images, content, grams)
        ...     return losses["style"], losses["content"]
        >>> result = checks.perceptual_loss(swapped)
        ✗ perceptual_loss: not right yet
          You returned the two losses in the wrong order: end with `return content_loss, style_loss`.
    """
    encoder = small_encoder()
    images, content = 1.4 * random(3, 3, 24, 28, seed=4) - 0.2, random(3, 3, 24, 28, seed=5)
    grams = style_grams(encoder, random(1, 3, 20, 32, seed=6) ** 3)
    args = (encoder, images.requires_grad_(True), content, grams)
    names = ("content_loss", "style_loss")
    losses = expect_pair(student(*args), " and ".join(names))
    for loss, name in zip(losses, names, strict=True):
        if isinstance(loss, (int, float)):
            raise Failed(
                f"{name} is a plain number: `.item()` and `float()` cut it off from the network's weights, so return the tensor"
            )
        expect_tensor(loss, (), name, "one number for the whole batch: take the mean over all elements")
    expected = wrong_loss(*args)
    factors = [compared(name, a, b) for name, a, b in zip(names, losses, expected, strict=True) if not close(a, b)]
    name_mistake(losses, expected, args, LOSS_MISTAKES, " and ".join(factors))
    for loss, name in zip(losses, names, strict=True):
        if not loss.requires_grad or torch.autograd.grad(loss, images, retain_graph=True, allow_unused=True)[0] is None:
            raise Failed(
                f"the value of {name} is right, but no gradient reaches the pictures, so the network cannot learn from it: encode `images` "
                "outside `torch.no_grad()` and without `.detach()`"
            )
    return "both losses are right, and their gradients reach the painted picture, and through it the network's weights"


@exercise("multiplications", "03", points=1)
def multiplications(student: Student):
    """Check ``multiplications(in_channels, out_channels, kernel, height, width, stride) -> int`` of one padded
    convolution.

    Example:
        >>> from adain_lab import checks
        >>> def mine(in_channels, out_channels, kernel, height, width, stride):
        ...     return in_channels * out_channels * kernel * height * width // stride**2
        >>> result = checks.multiplications(mine)
        ✗ multiplications: not right yet
          You forgot the kernel's area: a 3 × 3 kernel has nine weights, `kernel ** 2`.
    """
    for args in ((3, 16, 9, 40, 64, 1), (16, 32, 3, 40, 64, 2)):
        result = student(*args)
        if (
            isinstance(result, bool)
            or not isinstance(result, (int, float, torch.Tensor))
            or (isinstance(result, torch.Tensor) and result.numel() != 1)
        ):
            raise Failed(f"the count should be one whole number, but it is a {type(result).__name__}")
        in_channels, out_channels, kernel, height, width, stride = args
        expected = kernel**2 * in_channels * out_channels * (height // stride) * (width // stride)
        value = torch.tensor(float(result))
        setting = (
            f"{in_channels} to {out_channels} channels, {kernel} × {kernel}, {height} × {width} pixels, stride {stride}"
        )
        name_mistake(
            value,
            torch.tensor(float(expected)),
            args,
            MULTIPLICATION_MISTAKES,
            f"for {setting} there are {expected:,} multiplications, and you counted {float(result):,.0f}",
            tolerance=1e-6,
        )
    return "kernel² · channels in, for each of the output's values"


@exercise("my_network", "03", points=1, keep=False)
def my_network(student: Student):
    """Check ``my_network() -> network``, softly: it must paint pictures of any size, and change them.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_network(lambda: torch.nn.Identity())
        ✗ my_network: not right yet
          Your network returns the photograph itself: has it been trained?
    """
    network = student()
    if isinstance(network, torch.Tensor) or not callable(network):
        raise Failed(f"return the network, not a picture: the check received a {type(network).__name__}")
    content = _photograph(50, 66)
    device = next((p.device for p in network.parameters()), "cpu") if isinstance(network, torch.nn.Module) else "cpu"
    with torch.no_grad():
        images = Student(network)(content.to(device))
    images = images.cpu() if isinstance(images, torch.Tensor) else images
    expect_tensor(
        images, content.shape, "what your network paints", "the size of the picture that it is given, here 66 x 50"
    )
    if not bool(torch.isfinite(images).all()):
        raise Failed("your network paints NaN or infinity: a lower learning rate helps")
    images = images.clamp(0, 1)
    with torch.no_grad():
        again = Student(network)(content.to(device)).cpu().clamp(0, 1)
        other = Student(network)(content.flip(3).to(device)).cpu().clamp(0, 1)
    if not close(again, images, 0.02):
        raise Failed(
            "your network paints the same photograph differently each time: is it made of random numbers, or still in training mode?"
        )
    if close(other, images, 0.02):
        raise Failed("your network paints the same picture whatever it is given: the photograph must have a say")
    if is_noise(images):
        raise Failed("your network paints noise, pixel by pixel: has it been trained?")
    if close(images, content, 0.02):
        raise Failed("your network returns the photograph itself: has it been trained?")
    if float(images.std()) < 0.02:
        raise Failed("your network paints one flat colour: train it longer, or with less style weight")
    return "it paints; whether it is a good style, you decide", [
        f"mean change of a pixel: {float((images - content).abs().mean()):.2f} of the whole range",
        f"roughness (total variation): {float(total_variation(images)):.2f}, the photograph's is {float(total_variation(content)):.2f}",
    ]


def _photograph(height: int, width: int) -> torch.Tensor:
    """A smooth, colourful picture."""
    coarse = random(1, 3, 5, 6, seed=7, dtype=torch.float32)
    return F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (residual_block, perceptual_loss, multiplications, my_network)}
