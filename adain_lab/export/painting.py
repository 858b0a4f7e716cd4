"""A whole stylization through ONNX: pictures in, a picture out, with the controls that need no more than numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from adain_lab.errors import InputError
from adain_lab.export.model import OnnxModel
from adain_lab.images import resized

__all__ = ["keep_luminance", "match_color", "paint", "scaled"]

_LUMA = np.array((0.299, 0.587, 0.114))


def paint(
    model: OnnxModel,
    content: Image.Image,
    styles: Sequence[Image.Image],
    alpha: float = 1.0,
    weights: Sequence[float] | None = None,
    color: str | None = None,
    size: int = 0,
    style_size: int = 0,
) -> Image.Image:
    """What :meth:`Stylizer.__call__ <adain_lab.stylizer.Stylizer.__call__>` paints, to a few grey levels.

    Args:
        model: an exported model.
        content, styles: RGB pictures.
        alpha, weights, color, size, style_size: as the stylizer takes them, checked.

    Raises:
        ValueError: a picture is too small for the network, or the numbers overflowed.
    """
    photograph = scaled(content, size)
    pictures = [scaled(style, style_size) for style in styles]
    if color == "match":
        pictures = [match_color(picture, photograph) for picture in pictures]
    code, *measured = (_encode(model, picture) for picture in (photograph, *pictures))
    shares = np.array(weights if weights is not None else [1.0] * len(styles))
    shares = shares / shares.sum()
    names = [f"{layer}_{part}" for layer in model.layers for part in ("mean", "std")]
    mixture = {name: sum(w * s[name] for w, s in zip(shares, measured, strict=True)) for name in names}
    mixture = {name: value.astype(np.float32) for name, value in mixture.items()}
    height, width = photograph.shape[:2]
    painted = model.paint(code, mixture, alpha)[0, :, :height, :width].transpose(1, 2, 0)
    if not np.isfinite(painted).all():
        raise InputError("the picture's numbers overflowed: take a smaller alpha")
    if color == "luminance":
        painted = keep_luminance(painted, photograph)
    return Image.fromarray(np.rint(np.clip(painted, 0, 1) * 255).astype(np.uint8))


def scaled(picture: Image.Image, size: int) -> np.ndarray:
    """(H, W, 3) in [0, 1], float32, with the shorter side ``size`` pixels (0: as it is): bicubic and antialiased, as
    :func:`adain_lab.images.resize`, which does not round between.
    """
    values = np.asarray(picture, np.float32) / 255
    height, width = resized(picture.height, picture.width, size)
    if (height, width) == values.shape[:2]:
        return values
    planes = [Image.fromarray(values[..., c]).resize((width, height), Image.Resampling.BICUBIC) for c in range(3)]
    return np.clip(np.stack([np.asarray(plane) for plane in planes], 2), 0, 1)


def match_color(picture: np.ndarray, reference: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """:func:`adain_lab.controls.color.match_color` for arrays (H, W, 3) in [0, 1]."""
    mean, std, correlation = _moments(picture, eps)
    target_mean, target_std, target_correlation = _moments(reference, eps)
    transform = target_std[:, None] * (_power(target_correlation, 0.5) @ _power(correlation, -0.5)) / std
    return np.clip((picture - mean) @ transform.T + target_mean, 0, 1).astype(np.float32)


def keep_luminance(painted: np.ndarray, content: np.ndarray) -> np.ndarray:
    """:func:`adain_lab.controls.color.keep_luminance` for arrays (H, W, 3) in [0, 1]."""
    return np.clip(content + ((painted - content) @ _LUMA)[..., None], 0, 1)


def _encode(model: OnnxModel, picture: np.ndarray) -> dict[str, np.ndarray]:
    smallest = model.manifest["smallest_side"]
    if min(picture.shape[:2]) < smallest:
        height, width = picture.shape[:2]
        raise InputError(
            f"a picture of {width} x {height} pixels is too small for {model.layers[-1]}: "
            f"each side needs at least {smallest} pixels"
        )
    return model.encode(picture.transpose(2, 0, 1)[None])


def _moments(picture: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and standard deviation, (3,), and correlation matrix, (3, 3), of the colours."""
    pixels = picture.reshape(-1, 3).astype(np.float64)
    mean = pixels.mean(0)
    covariance = (pixels - mean).T @ (pixels - mean) / len(pixels)
    std = np.sqrt(np.diag(covariance) + eps)
    return mean, std, covariance / np.outer(std, std) + eps * np.eye(3)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(values.clip(1e-12) ** exponent) @ vectors.T
