"""What a step of training minimises: Eq. 11, or at first the autoencoder's loss, with the extras of a run.

Pictures in, named losses out; nothing here changes a weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

from adain_lab.functional import adain, channel_mean_std, total_variation
from adain_lab.losses import content_loss, range_penalty, scale_features, statistics_style_loss
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.networks.palette import PIXELS, Pair

__all__ = ["Network", "Objective", "decode_levels", "levels_of", "training_loss"]

#: A network, or what calls one in another precision.
Network = Callable[..., Any]


def training_loss(
    encoder: Network,
    decoder: Network,
    content: torch.Tensor,
    style: torch.Tensor,
    *,
    judge: Network | None = None,
    style_layers: Sequence[str] = STYLE_LAYERS,
    content_scale: float = 1.0,
    style_scales: dict[str, float] | None = None,
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The terms of Eq. 11 for one batch: encode, AdaIN (Eq. 9), decode (Eq. 10), compare (Eq. 12 and 13).

    Args:
        encoder: f; its weights get no gradient if they do not ask for one, the pictures do.
        decoder: g; where it has several levels, AdaIN is applied at each.
        content, style: (B, 3, H, W) in [0, 1].
        judge: network of the style loss; the encoder itself when None, as in the paper.
        style_layers: layers of the style loss.
        content_scale, style_scales: mean activations to divide features by (see
            :func:`~adain_lab.losses.layer_scales`); 1 where the encoder is normalised already.

    Returns:
        ``{"content": L_c, "style": L_s}`` as scalars, and the picture g(t), (B, 3, H, W).
    """
    style_scales = style_scales or dict.fromkeys(style_layers, 1.0)
    levels = levels_of(decoder)
    with torch.no_grad():  # nothing to learn before the decoder
        content_features = encoder(content, levels)
        if judge is None:
            seen = encoder(style, tuple(dict.fromkeys((*style_layers, *levels))))
            style_features = {layer: seen[layer] for layer in style_layers}
        else:
            seen, style_features = encoder(style, levels), judge(style, style_layers)
        target_features = {level: adain(content_features[level], seen[level]) for level in levels}  # t
        # Of a grey photograph even restyled pixels are grey; the picture is to have the style's colours all the same.
        palette = channel_mean_std(seen[PIXELS].float()) if PIXELS in levels else None
    images = decode_levels(decoder, target_features, palette)  # g(t)
    images = images[..., : content.shape[2], : content.shape[3]]
    if judge is None:
        features = encoder(images, tuple(dict.fromkeys((*style_layers, "relu4_1"))))
        judged = {layer: features[layer] for layer in style_layers}
    else:
        features = encoder(images, ("relu4_1",))
        judged = judge(images, style_layers)
    losses = {
        "content": content_loss(features["relu4_1"] / content_scale, target_features["relu4_1"] / content_scale),
        "style": statistics_style_loss(
            scale_features(judged, style_scales), scale_features(style_features, style_scales)
        ),
    }
    return losses, images


def levels_of(decoder: Network) -> tuple[str, ...]:
    """The layers whose features a decoder takes: relu4_1 for one that does not say."""
    return tuple(getattr(decoder, "levels", ("relu4_1",)))


def decode_levels(decoder: Network, features: Mapping[str, torch.Tensor], palette: Pair | None = None) -> torch.Tensor:
    """g(t). A decoder of one level, such as a student's own, is given relu4_1 as a tensor; the palette only goes to one with
    the level "pixels".
    """
    if palette is not None:
        return decoder(features, palette=palette)
    return decoder(features if len(features) > 1 else features["relu4_1"])


@dataclass(frozen=True)
class Objective:
    """The losses of a run, with all that stays the same from step to step.

    Attributes:
        encoder, decoder: f and g, perhaps in another precision.
        judge, style_layers, content_scale, style_scales: see :func:`training_loss`.
    """

    encoder: Network
    decoder: Network
    judge: Network | None = None
    style_layers: Sequence[str] = STYLE_LAYERS
    content_scale: float = 1.0
    style_scales: dict[str, float] | None = None

    def autoencoder(self, content: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """How far g(f(c)) is from c, in features and pixels, and g(f(c)), (B, 3, H, W)."""
        with torch.no_grad():
            own = self.encoder(content, levels_of(self.decoder))
        images = decode_levels(self.decoder, own)[..., : content.shape[2], : content.shape[3]]
        features = self.encoder(images, ("relu4_1",))["relu4_1"]
        return {
            "content": content_loss(features / self.content_scale, own["relu4_1"] / self.content_scale),
            "pixel": F.l1_loss(images, content),
        }, images

    def transfer(
        self, content: torch.Tensor, style: torch.Tensor, same: torch.Tensor, *, pixel: bool
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """The terms of Eq. 11, and the pictures g(t).

        Args:
            content, style: (B, 3, H, W) in [0, 1].
            same: which of the pairs take their own content as style, (B,) bool; their picture should come back.
            pixel: whether any pair of the whole batch does, on this process or another: then there is a "pixel" term,
                0 for a share without such a pair.
        """
        losses, images = training_loss(
            self.encoder,
            self.decoder,
            content,
            torch.where(same.view(-1, 1, 1, 1), content, style),
            judge=self.judge,
            style_layers=self.style_layers,
            content_scale=self.content_scale,
            style_scales=self.style_scales,
        )
        if pixel:
            losses["pixel"] = ((images - content).abs().mean(dim=(1, 2, 3)) * same).mean()
        return losses, images

    @staticmethod
    def penalties(images: torch.Tensor) -> dict[str, torch.Tensor]:
        """What pictures are charged for by themselves."""
        return {"range": range_penalty(images), "tv": total_variation(images)}
