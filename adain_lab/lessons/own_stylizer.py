"""A stylizer that paints with a student's own functions, as far as ``my_adain.py`` has them.

    >>> import adain_lab
    >>> stylizer = adain_lab.load("tiny")
    >>> own_stylizer(stylizer) is stylizer
    blend: the package's
    adain: the package's
    mirror_decoder: the package's
    interpolate: the package's
    match_color: the package's
    masked_adain: the package's
    True

Every picture of the studio comes from :meth:`~adain_lab.stylizer.Stylizer.paint`. Here that method calls what the
exercises of lessons 00, 05 and 06 ask for, each as its exercise describes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from adain_lab.controls.color import keep_luminance, match_color
from adain_lab.controls.controls import Controls, check_alphas
from adain_lab.controls.masks import to_features
from adain_lab.controls.regions import masked_adain
from adain_lab.errors import InputError
from adain_lab.functional import EPS, adain, blend, total
from adain_lab.images import resize, to_tensor
from adain_lab.lessons.own import MODULE, mine
from adain_lab.networks.decoder import Decoder
from adain_lab.statistics import Statistics, normalize_weights
from adain_lab.stylizer import ContentCode, Stylizer

__all__ = ["OwnStylizer", "StyleFeatures", "own_stylizer"]

_LAYER = "relu4_1"
_CELL = 8  # pixels on each side that a cell of relu4_1 stands for


def _interpolate(content: torch.Tensor, styles: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    """Eq. 15 by the package's AdaIN; beside a student's own AdaIN, theirs is summed instead."""
    return total(weight * adain(content, style) for style, weight in zip(styles, weights, strict=True))


def _masked_adain(content: torch.Tensor, styles: Sequence[Any], masks: torch.Tensor) -> torch.Tensor:
    cells = to_features(masks, *content.shape[2:])
    return masked_adain(content, styles, cells, [1.0] * len(styles))


#: What serves where a student has no function of their own, by the exercise's name.
PACKAGE: dict[str, Callable] = {
    "blend": blend,
    "adain": adain,
    "mirror_decoder": Decoder,
    "interpolate": _interpolate,
    "match_color": match_color,
    "masked_adain": _masked_adain,
}


def own_stylizer(stylizer: Stylizer, quiet: bool = False) -> Stylizer:
    """A stylizer with the same networks that paints with the student's functions; says which are whose.

    Args:
        stylizer: one whose decoder has the one level of the paper.
        quiet: do not print it.

    Returns:
        An :class:`OwnStylizer`, or ``stylizer`` itself where the student has none of the functions.

    Raises:
        ValueError: the decoder has more levels, or the student's own decoder does not take its weights.
    """
    found = {name: mine(name, otherwise, quiet) for name, otherwise in PACKAGE.items()}
    own = {name: function for name, function in found.items() if function is not PACKAGE[name]}
    return OwnStylizer(stylizer, own) if own else stylizer


@dataclass(frozen=True)
class StyleFeatures(Statistics):
    """A style's statistics together with the features that they were measured from.

    Attributes:
        features: f(s) by layer, (1, C, H, W): what a student's AdaIN takes.
    """

    features: Mapping[str, torch.Tensor] = field(default_factory=dict)


class OwnStylizer(Stylizer):
    """A :class:`~adain_lab.stylizer.Stylizer` whose :meth:`paint` calls a student's functions.

    Theirs are: ``blend`` for alpha, ``adain`` for one style, ``interpolate`` for several (or else a sum of their
    AdaINs), ``match_color``, ``masked_adain`` for regions, and the module of ``mirror_decoder`` with the trained
    weights. The encoder, luminance, and regions with global statistics stay the package's, and so does :meth:`render`,
    by which tiles and clips are painted: there, statistics come from elsewhere than from the features at hand.

    Args:
        stylizer: whose networks, device and precision it takes over.
        own: the student's functions by their exercises' names; those of :data:`PACKAGE` serve for the others.

    Raises:
        ValueError: as :func:`own_stylizer`; when painting, a function raises or does not return a tensor of the right
            shape.
    """

    def __init__(self, stylizer: Stylizer, own: Mapping[str, Callable]):
        if stylizer.layers != (_LAYER,):
            raise InputError(
                f"{stylizer.model!r} restyles {len(stylizer.layers)} layers, and the functions of the exercises one: "
                "load 'slim' or 'tiny'"
            )
        precision = str(stylizer.dtype).removeprefix("torch.")
        # A recipe names weights, not functions: the picture is one of the student's own model.
        model = f"{stylizer.model} with {MODULE}.py"
        super().__init__(stylizer.encoder, stylizer.decoder, model, str(stylizer.device), precision)
        self.own = dict(own)
        self._own_decoder = self._mirror() if "mirror_decoder" in own else None

    def encode_style(self, style: Any, *, size: int = 0, match: torch.Tensor | None = None) -> Statistics:
        """As :meth:`Stylizer.encode_style`, with the features kept and the student's ``match_color``."""
        if isinstance(style, Statistics):
            return super().encode_style(style, size=size, match=match)
        with torch.no_grad():
            images = resize(to_tensor(style), size).to(self.device)
            if match is not None:
                matched = self._call("match_color", images.cpu(), match.cpu(), shape=images.shape)
                images = matched.clamp(0, 1).to(self.device)
            features = self.encode(images)
        measured = Statistics.of(features, self.model)
        return StyleFeatures(measured.mean, measured.std, self.model, features)

    @torch.no_grad()
    def paint(self, code: ContentCode, styles: Sequence[Statistics], controls: Controls) -> torch.Tensor:
        """As :meth:`Stylizer.paint`, with the student's functions."""
        height, width = code.images.shape[2:]
        masks = controls.regions(len(styles), (height, width))
        if masks is not None and controls.global_statistics:
            return super().paint(code, styles, controls)
        content = code.features[_LAYER].float()
        if masks is None:
            target = self._mixed(content, styles, normalize_weights(controls.weights, len(styles)))
            (alpha,) = check_alphas(controls.alpha)
        else:
            alphas = check_alphas(controls.alpha, len(styles))
            alpha = max(alphas)
            target = self._regions(content, styles, masks.to(self.device), [a / (alpha or 1.0) for a in alphas])
        blended = self._call("blend", content, target, alpha, shape=content.shape)
        images = self.decode(blended)[..., :height, :width]
        return keep_luminance(images, code.images) if controls.color == "luminance" else images

    def decode(self, target_features: Any) -> torch.Tensor:
        """As :meth:`Stylizer.decode`, by the student's module where there is one."""
        if self._own_decoder is None:
            return super().decode(target_features)
        target = target_features if isinstance(target_features, torch.Tensor) else target_features[_LAYER]
        shape = (target.shape[0], 3, _CELL * target.shape[2], _CELL * target.shape[3])
        with torch.no_grad():
            images = _checked("mirror_decoder", self._own_decoder, (target.to(self.device, self.dtype),), shape)
        return images.float().clamp(0, 1)

    def _mixed(self, content: torch.Tensor, styles: Sequence[Statistics], weights: Sequence[float]) -> torch.Tensor:
        """One style (Eq. 8), or several in shares (Eq. 15)."""
        features = [_features_of(style) for style in styles]
        if len(features) > 1 and "interpolate" in self.own:
            return self._call("interpolate", content, features, list(weights), shape=content.shape)
        parts = [self._call("adain", content, f, shape=content.shape) for f in features]
        return total(w * part for w, part in zip(weights, parts, strict=True))

    def _regions(
        self, content: torch.Tensor, styles: Sequence[Statistics], masks: torch.Tensor, strengths: Sequence[float]
    ) -> torch.Tensor:
        """A style per region.

        A region's alpha is a factor of its mask: it scales the mask's share of the blend, and leaves the statistics
        inside the region as they are.
        """
        cells = to_features(masks, *content.shape[2:]) * torch.tensor(strengths, device=masks.device).view(-1, 1, 1)
        # The exercise's masks have eight pixels for every cell; sides of pictures need not be multiples of eight.
        pixels = cells.repeat_interleave(_CELL, 1).repeat_interleave(_CELL, 2)
        pairs = [(style.mean[_LAYER], style.std[_LAYER]) for style in styles]
        return self._call("masked_adain", content, pairs, pixels, shape=content.shape)

    def _mirror(self) -> torch.nn.Module:
        try:
            network = self.own["mirror_decoder"](self.decoder.width)
            network.load_state_dict(self.decoder.state_dict())
            return network.to(self.device, self.dtype).eval().requires_grad_(False)
        except Exception as error:
            raise InputError(f"your decoder in {MODULE}.py does not take the trained weights: {error}") from error

    def _call(self, name: str, *arguments: Any, shape: Sequence[int]) -> torch.Tensor:
        return _checked(name, self.own.get(name, PACKAGE[name]), arguments, shape)


def _checked(name: str, function: Callable, arguments: Sequence[Any], shape: Sequence[int]) -> torch.Tensor:
    """What a function returns, refused in a sentence where it cannot be painted: students edit their module."""
    try:
        result = function(*arguments)
    except Exception as error:
        raise InputError(f"your {name} in {MODULE}.py stopped with {type(error).__name__}: {error}") from error
    if not isinstance(result, torch.Tensor) or tuple(result.shape) != tuple(shape):
        got = tuple(result.shape) if isinstance(result, torch.Tensor) else f"a {type(result).__name__}"
        raise InputError(
            f"your {name} in {MODULE}.py should return a tensor of shape {tuple(shape)}, it returned {got}"
        )
    return result


def _features_of(style: Statistics) -> torch.Tensor:
    """A style's features; where only its statistics are known, two cells that have exactly these."""
    if isinstance(style, StyleFeatures):
        return style.features[_LAYER].float()
    mean, deviation = style.mean[_LAYER], (style.std[_LAYER].square() - EPS).clamp_min(0).sqrt()
    return torch.cat([mean - deviation, mean + deviation], dim=3)
