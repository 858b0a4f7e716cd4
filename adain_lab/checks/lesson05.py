"""Checks of lesson 05: AdaIN, the decoder's up-sampling, the training loss, alpha, and a normalisation of one's own."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from adain_lab import functional
from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson05 import (
    ADAIN_MISTAKES,
    ALPHA_MISTAKES,
    INTERPOLATE,
    LOSS_MISTAKES,
    UPSAMPLE_MISTAKES,
    features_of,
)
from adain_lab.checks.networks import small_networks
from adain_lab.checks.probe import (
    Failed,
    Student,
    close,
    compared,
    expect_influence,
    expect_pair,
    expect_tensor,
    name_mistake,
    random,
    taken_away,
)
from adain_lab.functional import channel_mean_std
from adain_lab.training.loop import training_loss as reference_loss

__all__ = ["adain", "alpha", "my_adain", "training_loss", "upsample"]


@exercise("adain", "05", points=2)
def adain(student: Student):
    """Check ``adain(content_features, style_features) -> t`` (Eq. 8).

    Example:
        >>> from adain_lab import adain, checks
        >>> result = checks.adain(lambda content_features, style_features: adain(style_features, content_features))
        ✗ adain: not right yet
          You swapped content and style: the content is what is normalised, the style is where the new
          statistics come from.
          Your output has the style's shape, (2, 4, 3, 4).
        >>> checks.adain(adain).points
        ✓ adain: passed
          Every channel of your output has the style's mean and standard deviation, and the content's pattern.
        2
    """
    x, y = 3 * random(2, 4, 8, 8, seed=11) + 1, random(2, 4, 3, 4, seed=12) ** 2 - 0.5
    result = student(x, y)
    if isinstance(result, torch.Tensor) and result.shape == y.shape:
        raise Failed(ADAIN_MISTAKES[0].message, f"your output has the style's shape, {tuple(y.shape)}")
    expect_tensor(
        result,
        (2, 4, 8, 8),
        "the output",
        "the content's shape; the style may have another size, only its statistics are used",
    )
    # Why it is wrong, where the mistake has no name.
    of_result, of_style = channel_mean_std(result), channel_mean_std(y)
    if all(close(a, b, 1e-3) for a, b in zip(of_result, of_style, strict=True)):
        reason = "the statistics are the style's, but the pattern is not the content's: each channel may only be scaled and shifted"
    else:
        reason = "every channel of the output must have the style's mean and standard deviation: compare `channel_mean_std` of both"
    name_mistake(result, functional.adain(x, y), (x, y), ADAIN_MISTAKES, reason)
    same_size = random(2, 4, 8, 8, seed=13)
    name_mistake(
        student(x, same_size),
        functional.adain(x, same_size),
        (x, same_size),
        ADAIN_MISTAKES,
        "it works where the two sizes differ, but not where they are the same",
    )
    flat = x.clone()
    flat[:, 1] = 2.0
    name_mistake(
        student(flat, y),
        functional.adain(flat, y),
        (flat, y),
        ADAIN_MISTAKES,
        "a channel that is the same everywhere must come out as the style's mean",
        tolerance=0.02,
    )
    if _eps_is_outside(student):
        raise Failed(
            "your eps stands outside the root, σ + eps, or bounds σ from below: Eq. 6 has it inside, sqrt(variance + eps), "
            "or nearly flat channels are blown up"
        )
    return "every channel of your output has the style's mean and standard deviation, and the content's pattern"


#: Of the training loss: wide enough for a σ without eps.
_TOLERANCE = 1e-3
#: Variances of nearly flat channels, by which the two places of eps are told apart.
_FAINT = (1e-10, 1e-8, 1e-6, 1e-4)


def _eps_is_outside(student: Student) -> bool:
    """Whether nearly flat channels come out as σ / (σ + eps) and not as σ / sqrt(σ² + eps), whatever eps is."""
    variances = torch.tensor(_FAINT, dtype=torch.float64)
    pattern = random(1, len(_FAINT), 8, 8, seed=14)
    pattern = (pattern - pattern.mean((2, 3), keepdim=True)) / pattern.std((2, 3), correction=0, keepdim=True)
    faint, style = pattern * variances.sqrt().view(1, -1, 1, 1), 2 * random(1, len(_FAINT), 5, 5, seed=15)
    result = student(faint, style).detach().double()
    shares = (result.std((2, 3), correction=0) / style.std((2, 3), correction=0))[0].clamp_min(1e-12)
    eps = torch.logspace(-14, 0, 561, dtype=torch.float64)[:, None]
    inside = (variances / (variances + eps)).sqrt()
    outside = variances.sqrt() / (variances.sqrt() + eps)
    off_inside, off_outside = (float((shares / fit).log().abs().amax(1).min()) for fit in (inside, outside))
    return off_outside < 0.1 and off_outside < off_inside


#: What the exercise `upsample` excludes; `nn.Upsample` is made of it.
_READY_MADE = ((F, "interpolate"), (F, "upsample"), (F, "upsample_nearest"))


@exercise("upsample", "05", points=1)
def upsample(student: Student):
    """Check ``upsample(features) -> (B, C, 2H, 2W)``, nearest neighbour, without ``F.interpolate``.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.upsample(lambda features: features.repeat(1, 1, 2, 2))
        ✗ upsample: not right yet
          You tiled the whole map 2 × 2 times: every value must be doubled where it stands, `repeat_interleave`
          instead of `repeat`.
    """
    x = random(2, 3, 4, 5, seed=21)
    words = "`{}` does the whole exercise: write it with indexing, `repeat_interleave`, or `expand` and `reshape`"
    with taken_away(_READY_MADE, words):
        result = student(x)
    expect_tensor(result, (2, 3, 8, 10), "the output", "twice as high and twice as wide, everything else the same")
    expected = INTERPOLATE(x, scale_factor=2, mode="nearest")
    if close(result[..., ::2, ::2], x):
        reason = (
            "the upper left corner of each 2 × 2 block is right, the other three values are not: all four must be equal"
        )
    else:
        reason = "every second value of the output, `output[..., ::2, ::2]`, must be the input again, and it is not"
    name_mistake(result, expected, (x,), UPSAMPLE_MISTAKES, reason)
    return "each value fills its 2 × 2 block"


@exercise("training_loss", "05", points=3)
def training_loss(student: Student):
    """Check ``training_loss(encoder, decoder, content, style) -> (content_loss, style_loss)`` (Eq. 9 to 13).

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.training import loop as training
        >>> def solution(encoder, decoder, content, style):
        ...     losses, _ = training.training_loss(encoder, decoder, content, style)
        ...     return losses["content"], losses["style"]
        >>> result = checks.training_loss(solution)
        ✓ training_loss: passed
          Both losses are right, and their gradients reach the decoder and nothing else.
    """
    encoder, decoder = small_networks(contrast=2.0)
    content, style = random(2, 3, 24, 24, seed=32), random(2, 3, 24, 24, seed=33) ** 3
    content.requires_grad_(True)
    style.requires_grad_(True)
    names = ("content_loss", "style_loss")
    losses = expect_pair(student(encoder, decoder, content, style), " and ".join(names))
    for loss, name in zip(losses, names, strict=True):
        if isinstance(loss, (int, float)):
            raise Failed(
                f"{name} is a plain number: `.item()` and `float()` cut it off from the decoder's weights, so return the tensor"
            )
        expect_tensor(loss, (), name, "one number: take the mean over all elements")
    reference, _ = reference_loss(encoder, decoder, content, style)
    expected = reference["content"], reference["style"]
    factors = [
        compared(name, a, b) for name, a, b in zip(names, losses, expected, strict=True) if not close(a, b, _TOLERANCE)
    ]
    name_mistake(
        losses,
        expected,
        (encoder, decoder, content, style),
        LOSS_MISTAKES,
        "; ".join(factors),
        tolerance=_TOLERANCE,
    )
    for loss, name in zip(losses, names, strict=True):
        inputs = [decoder.conv1_1.weight, content, style]
        gradients = (
            torch.autograd.grad(loss, inputs, retain_graph=True, allow_unused=True)
            if loss.requires_grad
            else [None] * 3
        )
        if gradients[0] is None:
            raise Failed(
                f"the value of {name} is right, but no gradient reaches the decoder: decode, and encode g(t) again, outside "
                "`torch.no_grad()`, and without `.detach()`"
            )
        if gradients[1] is not None or gradients[2] is not None:
            raise Failed(
                f"the value of {name} is right, but its gradient also flows through the target: t and the style's statistics are what "
                "the decoder aims at, not something to learn, so compute them under `with torch.no_grad():` or call `.detach()` on them"
            )
    return "both losses are right, and their gradients reach the decoder and nothing else"


@exercise("alpha", "05", points=2)
def alpha(student: Student):
    """Check ``stylize(encoder, decoder, content, style, alpha) -> images`` (Eq. 14).

    Example:
        >>> from adain_lab import adain, checks
        >>> def backwards(encoder, decoder, content, style, alpha):
        ...     f = encoder(content)["relu4_1"]
        ...     return decoder(alpha * f + (1 - alpha) * adain(f, encoder(style)["relu4_1"]))
        >>> result = checks.alpha(backwards)
        ✗ alpha: not right yet
          Your alpha runs backwards: 0 is the content, 1 the style.
    """
    encoder, decoder = small_networks()
    decoder.requires_grad_(False)
    args = (encoder, decoder, random(1, 3, 24, 32, seed=41), random(1, 3, 24, 32, seed=42) ** 3)
    f, _, t = features_of(encoder, *args[2:])

    def like(result, expected):
        return close(result, expected) or close(result, expected.clamp(0, 1))  # clamping to [0, 1] is allowed

    result = expect_tensor(student(*args, 0.3), (1, 3, 24, 32), "the picture", "the content's size")
    expected = decoder(0.7 * f + 0.3 * t)
    name_mistake(
        expected if like(result, expected) else result,
        expected,
        (*args, 0.3),
        ALPHA_MISTAKES,
        "the picture differs from g((1 − alpha) · f(c) + alpha · t)",
    )
    for value, features, what in ((0.0, f, "the content's features, decoded"), (1.0, t, "the full style, g(t)")):
        if not like(student(*args, value), decoder(features)):
            raise Failed(f"alpha = {value:g} must give {what}")
    return "one blend of features, one pass through the decoder"


@exercise("my_adain", "05", points=1)
def my_adain(student: Student):
    """Check ``my_adain(content_features, style_features) -> features``, softly: it must be usable, and not AdaIN again.

    Example:
        >>> from adain_lab import adain, checks
        >>> result = checks.my_adain(adain)
        ✗ my_adain: not right yet
          That is AdaIN itself: change something, for example use only the style's means.
    """
    x, y = random(1, 8, 12, 16, seed=51, dtype=torch.float32), random(1, 8, 9, 7, seed=52, dtype=torch.float32) ** 2
    result = expect_tensor(student(x, y), x.shape, "the output", "the content's shape, so that the decoder can take it")
    if not bool(torch.isfinite(result).all()):
        raise Failed("the output holds NaN or infinity: is something divided by zero?")
    t = functional.adain(x, y)
    others = {"another content": (x.flip(3) ** 3, y), "another style": (x, y.sqrt())}
    if not close(result, x, 1e-3):
        expect_influence(student, (x, y), others)
    if close(result, t, 1e-3):
        raise Failed("that is AdaIN itself: change something, for example use only the style's means")
    if close(result, x, 1e-3):
        raise Failed("the output is the content's features: nothing of the style arrives")
    to_style = F.mse_loss(_statistics(result), _statistics(y)) / F.mse_loss(_statistics(x), _statistics(y))
    to_content = F.mse_loss(result, x) / F.mse_loss(t, x)
    return "it runs, and it is yours; look at the pictures to see what it does", [
        f"distance to the style's statistics: {float(to_style):.2f} (AdaIN 0, the content 1)",
        f"distance to the content's features: {float(to_content):.2f} (AdaIN 1, the content 0)",
    ]


def _statistics(features: torch.Tensor) -> torch.Tensor:
    return torch.cat(channel_mean_std(features), 1)


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (adain, upsample, training_loss, alpha, my_adain)}
