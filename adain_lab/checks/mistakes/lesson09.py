"""The wrong implementations that people write in lesson 09, each with the sentence that helps."""

from __future__ import annotations

import torch

from adain_lab.checks.probe import Mistake
from adain_lab.functional import EPS, adain, channel_mean_std

__all__ = ["LEVEL_MISTAKES", "REPAIR_MISTAKES", "REPAIRED", "WHITENING_MISTAKES", "exact_levels"]

# ---- every_level(stages, content, style) -----------------------------------------------------------------------


def exact_levels(stages, content, style):
    """Content features after the last stage, with AdaIN after every stage."""
    for stage in stages:
        style = stage(style)
        content = adain(stage(content), style)
    return content


def _only_last(stages, content, style):
    for stage in stages:
        content, style = stage(content), stage(style)
    return adain(content, style)


def _before(stages, content, style):
    for stage in stages:
        content, style = stage(adain(content, style)), stage(style)
    return content


def _without(left_out):
    def wrong(stages, content, style):
        for number, stage in enumerate(stages):
            content, style = stage(content), stage(style)
            if number != left_out % len(stages):
                content = adain(content, style)
        return content

    return wrong


def _style_stays(stages, content, style):
    for stage in stages:
        content = adain(stage(content), stage(style))
    return content


def _style_picture(stages, content, style):
    for stage in stages:
        content = adain(stage(content), style)
    return content


def _painted_is_style(stages, content, style):
    for stage in stages:
        content = style = adain(stage(content), stage(style))
    return content


def _thrown_away(stages, content, style):
    for stage in stages:
        content, style = stage(content), stage(style)
        painted = adain(content, style)
    return painted


LEVEL_MISTAKES = (
    Mistake(
        _only_last, "AdaIN acts only after the last stage: what it returns after a stage must go into the next one."
    ),
    Mistake(
        _thrown_away, "AdaIN acts only after the last stage: what it returns after a stage must go into the next one."
    ),
    Mistake(
        _before, "You apply AdaIN before each stage, to what the stage before left: run the stage first, then AdaIN."
    ),
    Mistake(_without(-1), "After the last stage AdaIN is missing."),
    Mistake(_without(0), "After the first stage AdaIN is missing."),
    Mistake(
        _style_stays,
        "The style does not move on: its features after this stage go into the next one, as the content's do.",
    ),
    Mistake(
        _style_picture,
        "You take the statistics of the style picture at every level: the style must run through the stages, too.",
    ),
    Mistake(
        _painted_is_style, "You go on with the painted features as style: the style runs through the stages on its own."
    ),
    Mistake(
        lambda stages, content, style: exact_levels(stages, style, content),
        "Content and style are swapped: the result must show the content's pattern.",
    ),
)

# ---- whiten_color(content_features, style_features) ------------------------------------------------------------


def _split(features):
    x = features[0].flatten(1).double()  # (C, N)
    mean = x.mean(1, keepdim=True)
    return x - mean, mean


def _covariance(x, cells=None, correction=0):
    return x @ x.T / (cells or x.shape[1] - correction)


def _power(matrix, exponent, eps=EPS, transpose=True):
    values, vectors = torch.linalg.eigh(matrix + eps * torch.eye(len(matrix), dtype=matrix.dtype))
    return (vectors * values.clamp_min(eps) ** exponent) @ (vectors.T if transpose else vectors)


def _whitened(
    whiten=-0.5,
    color=0.5,
    *,
    centre=True,
    add="style",
    divide=True,
    transpose=True,
    whitened=True,
    colored=True,
    eps=EPS,
    corrections=(0, 0),
):
    def function(content_features, style_features):
        x, mean = _split(content_features)
        y, style_mean = _split(style_features)
        if not centre:
            x = x + mean
        of_content, of_style = (
            _covariance(z, None if divide else 1, correction) for z, correction in zip((x, y), corrections, strict=True)
        )
        result = _power(of_content, whiten, eps, transpose) @ x if whitened else x
        result = _power(of_style, color, eps, transpose) @ result if colored else result
        result = result + {"style": style_mean, "content": mean, "nothing": 0}[add]
        return result.view(content_features.shape).to(content_features.dtype)

    return function


_UNBIASED = (
    "Your {} the unbiased one, divided by H·W − 1, which is `torch.cov`'s default: here, as in Eq. 6, it is divided by H·W, so pass "
    "`correction=0`."
)

WHITENING_MISTAKES = (
    Mistake(_whitened(corrections=(1, 1)), _UNBIASED.format("covariance is")),
    Mistake(_whitened(corrections=(0, 1)), _UNBIASED.format("covariance of the style is")),
    Mistake(_whitened(corrections=(1, 0)), _UNBIASED.format("covariance of the content is")),
    Mistake(
        lambda content, style: _whitened()(content, style).abs(),
        "You took absolute values somewhere: features of the result may be negative.",
    ),
    Mistake(
        lambda content, style: _whitened()(content, style).relu(),
        "You cut negative values off at the end: leave them, the decoder takes them, and without them mean and covariance are others.",
    ),
    Mistake(
        adain,
        "This is AdaIN: every channel has the style's variance, but how the channels vary *together* is still the content's. Take whole "
        "covariance matrices, not their diagonals.",
    ),
    Mistake(
        _whitened(colored=False),
        "You whitened, and did not colour: multiply by the square root of the style's covariance.",
    ),
    Mistake(
        _whitened(colored=False, add="nothing"),
        "You whitened, and did not colour: multiply by the square root of the style's covariance, and add its mean.",
    ),
    Mistake(
        _whitened(whitened=False),
        "You coloured without whitening: first multiply by the inverse square root of the content's covariance.",
    ),
    Mistake(_whitened(-1.0, 1.0), "The square roots are missing: the powers of the eigenvalues are -1/2 and 1/2."),
    Mistake(
        _whitened(-1.0),
        "The content's covariance needs the power -1/2, not -1: a matrix acts on both sides of a covariance.",
    ),
    Mistake(
        _whitened(color=1.0),
        "The style's covariance needs the power 1/2, not 1: a matrix acts on both sides of a covariance.",
    ),
    Mistake(_whitened(whiten=0.5), "To whiten, the content's eigenvalues take the power -1/2: you took +1/2."),
    Mistake(_whitened(color=-0.5), "To colour, the style's eigenvalues take the power +1/2: you took -1/2."),
    Mistake(_whitened(add="nothing"), "The covariance is right and the mean is 0: add the style's mean at the end."),
    Mistake(
        _whitened(add="content"), "The covariance is right, but you added the content's mean back: add the style's."
    ),
    Mistake(_whitened(centre=False), "You did not subtract the content's mean before whitening."),
    Mistake(
        _whitened(divide=False),
        "Divide each covariance by its number of cells, H·W: content and style have different sizes.",
    ),
    Mistake(
        _whitened(transpose=False),
        "A matrix from its eigenvectors is V diag(λ) Vᵀ: you forgot to transpose the second V.",
    ),
)

# ---- repair() --------------------------------------------------------------------------------------------------


def _to_tensor(pixels):
    return torch.as_tensor(pixels).permute(2, 0, 1)[None].float() / 255


def _mean_std(features):
    return channel_mean_std(features)


def _with_alpha(content_features, style_features, alpha):
    return (1 - alpha) * content_features + alpha * adain(content_features, style_features)


def _style_loss(encoder, images, style):
    (mean, std), (style_mean, style_std) = channel_mean_std(encoder(images)), channel_mean_std(encoder(style))
    return (mean - style_mean).square().mean() + (std - style_std).square().mean()


def _to_pixels(images):
    return (images[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0)


#: The five programs of the lesson, without their faults.
REPAIRED = {
    "to_tensor": _to_tensor,
    "mean_std": _mean_std,
    "with_alpha": _with_alpha,
    "style_loss": _style_loss,
    "to_pixels": _to_pixels,
}


def _with(**programs):
    """All five, with some of them wrong."""
    return lambda: {**REPAIRED, **programs}


def _reshaped(pixels):
    return torch.as_tensor(pixels).reshape(1, 3, *pixels.shape[:2]).float() / 255


def _over_batch(features):
    mean = features.mean((0, 2, 3), keepdim=True)
    return mean, ((features - mean).square().mean((0, 2, 3), keepdim=True) + EPS).sqrt()


def _over_channels(features):
    mean = features.mean((1, 2, 3), keepdim=True)
    return mean, ((features - mean).square().mean((1, 2, 3), keepdim=True) + EPS).sqrt()


def _variance(features):
    mean, std = channel_mean_std(features)
    return mean, std.square()


def _detached(encoder, images, style):
    return _style_loss(encoder, images.detach(), style)


def _as_number(encoder, images, style):
    return _style_loss(encoder, images, style).item()


REPAIR_MISTAKES = (
    Mistake(
        _with(to_tensor=_reshaped),
        "`to_tensor` still tears the picture apart: `reshape` counts through the numbers as they lie in memory and knows nothing of rows "
        "and colours; axes are *moved* by `permute`.",
    ),
    Mistake(
        _with(to_tensor=lambda pixels: _to_tensor(pixels).transpose(2, 3)),
        "`to_tensor` lays the picture on its side: rows stay before columns, `permute(2, 0, 1)`.",
    ),
    Mistake(
        _with(to_tensor=lambda pixels: 255 * _to_tensor(pixels)),
        "`to_tensor` must give values from 0 to 1: divide by 255.",
    ),
    Mistake(
        _with(to_tensor=lambda pixels: _to_tensor(pixels).flip(1)),
        "`to_tensor` swaps red and blue: these pixels are RGB already.",
    ),
    Mistake(
        _with(mean_std=_over_batch),
        "`mean_std` still averages over the pictures of the batch: each picture has its own style, so average over rows and columns alone.",
    ),
    Mistake(
        _with(mean_std=_over_channels),
        "`mean_std` averages over the channels: each channel has its own statistics, so average over rows and columns alone.",
    ),
    Mistake(_with(mean_std=_variance), "`mean_std` returns the variance: take its square root."),
    Mistake(
        _with(with_alpha=lambda c, s, alpha: adain((1 - alpha) * c, s)),
        "`with_alpha` still gives one picture for every alpha: AdaIN divides the scale out again, whatever you multiply the content by; "
        "blend AdaIN's *output* with the content.",
    ),
    Mistake(
        _with(with_alpha=lambda c, s, alpha: _with_alpha(c, s, 1 - alpha)),
        "`with_alpha` is turned round: 0 is the content, 1 the style.",
    ),
    Mistake(
        _with(with_alpha=lambda c, s, alpha: c + alpha * adain(c, s)),
        "`with_alpha` adds the style on top: what alpha gives to the style it takes from the content.",
    ),
    Mistake(
        _with(style_loss=_detached),
        "`style_loss` has the right value, and no gradient reaches the picture: `.detach()` and `torch.no_grad()` cut it off.",
    ),
    Mistake(
        _with(style_loss=_as_number), "`style_loss` returns a plain number, which has no gradient: return the tensor."
    ),
    Mistake(
        _with(to_pixels=lambda images: (images[0] * 255).to(torch.int64).remainder(256).byte().permute(1, 2, 0)),
        "`to_pixels` still wraps round: a byte after 255 begins again at 0, so the brightest places turn black; `clamp` to [0, 1] first.",
    ),
    Mistake(
        _with(
            to_pixels=lambda images: (
                (images[0].clamp(0, 255) * 255).to(torch.int64).remainder(256).byte().permute(1, 2, 0)
            )
        ),
        "`to_pixels` clamps to the wrong end: before the factor of 255 values lie between 0 and 1.",
    ),
    Mistake(
        _with(
            to_pixels=lambda images: (
                ((images[0] - images.min()) / (images.max() - images.min()) * 255).byte().permute(1, 2, 0)
            )
        ),
        "`to_pixels` stretches every picture to the full range, and so changes its contrast: `clamp` instead.",
    ),
)
