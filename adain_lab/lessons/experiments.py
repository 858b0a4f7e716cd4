"""Experiments that a lesson runs once and ``tools/measure_lessons.py`` runs for many seeds: one code for both.

Each takes a seed and returns plain numbers by iteration, so that a run made in the lesson can be drawn over the runs
that were measured before (see :mod:`adain_lab.lessons.measured`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import nn
from torch.nn import functional as F

from adain_lab.data import sample, samples
from adain_lab.functional import adain
from adain_lab.images import resize, save_image, to_pil, to_tensor
from adain_lab.losses import content_loss, layer_scales, scale_features, statistics_style_loss
from adain_lab.networks.decoder import DECODER_CONVOLUTIONS, UPSAMPLE_BEFORE, Decoder
from adain_lab.networks.encoder import STYLE_LAYERS, Encoder
from adain_lab.stylizer import Stylizer
from adain_lab.training.feedforward import FeedForwardConfig
from adain_lab.training.feedforward import train as train_network
from adain_lab.training.loop import training_loss
from adain_lab.training.pools import Pictures, batches

__all__ = [
    "DECODERS",
    "DecoderVariant",
    "colour_over_training",
    "crops_in_pairs",
    "equalised",
    "fresh",
    "norm_curve",
    "pair_of_losses",
    "photographs_in_three_ways",
    "pixel_loop",
    "train",
    "train_variant",
    "training_step",
    "variety",
]

#: What the sample photographs are brought to by ``photographs_in_three_ways``: no style that the network learns.
_ONE_STYLE = "wave_print"
#: Of the small networks that compare normalisations (Fig. 1 of the paper, in small).
_NORM_RUN = {"batch_size": 4, "crop": 48, "size": 96, "style_size": 96, "width": 8, "blocks": 2}


# ---- batch or instance normalisation (Sec. 4, Fig. 1) ---------------------------------------------------------------


def equalised(picture: torch.Tensor) -> torch.Tensor:
    """``picture`` with the histogram of its luminance equalised: one and the same contrast for every picture."""
    luminance, blue, red = to_pil(picture).convert("YCbCr").split()
    return to_tensor(Image.merge("YCbCr", (ImageOps.equalize(luminance), blue, red)).convert("RGB"))


def photographs_in_three_ways(stylizer: Stylizer, folder: Path) -> dict[str, list[Path]]:
    """The sample photographs as they are, with equal contrast, and in one and the same style, as small files.

    Args:
        stylizer: what brings them to one style.
        folder: where the files go.

    Returns:
        The files by the set's name: "original", "equal contrast", "equal style".
    """
    one_style = stylizer.encode_style(resize(to_tensor(sample(_ONE_STYLE)), 256))
    changes = {
        "original": lambda picture: picture,
        "equal contrast": equalised,
        "equal style": lambda picture: stylizer.render(stylizer.encode_content(picture), one_style),
    }
    sets: dict[str, list[Path]] = {}
    for name, change in changes.items():
        home = Path(folder) / name.replace(" ", "_")
        home.mkdir()
        sets[name] = []
        for key, photograph in samples("content").items():
            changed = change(resize(to_tensor(photograph.path), 192)).cpu()
            save_image(resize(changed, 96), home / f"{key}.png")
            sets[name].append(home / f"{key}.png")
    return sets


def norm_curve(
    norm: str, files: list[Path], style: str, encoder: Encoder, *, iterations: int, seed: int, device: str = "cpu"
) -> list[float]:
    """The total loss of a small network for one style, iteration by iteration.

    Args:
        norm: "batch" or "instance".
        files: the photographs it learns on.
        style: the sample style it learns.
        encoder: the network of the loss.
        iterations, seed: the same seed gives both normalisations the same first weights and the same crops.
        device: where to train.
    """
    config = FeedForwardConfig(norm=norm, iterations=iterations, seed=seed, **_NORM_RUN)
    steps = train_network(sample(style), Pictures([files]), config, encoder=encoder, device=device)
    return [step.losses["total"] for step in steps]


# ---- colours over training (lesson 05) ------------------------------------------------------------------------------


def fresh(decoder: nn.Module, seed: int) -> nn.Module:
    """New first weights for a decoder's convolutions: medium grey, and signals that keep their size (He et al.)."""
    convolutions = [module for module in decoder.modules() if isinstance(module, nn.Conv2d)]
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for conv in convolutions:
            fan_in = conv.weight[0].numel()
            conv.weight.copy_(torch.randn(conv.weight.shape, generator=generator) * (2 / fan_in) ** 0.5)
        biases = [conv.bias for conv in convolutions if conv.bias is not None]
        for bias in biases:
            bias.zero_()
        convolutions[-1].weight.mul_(0.3)
        biases[-1].fill_(0.45)
    return decoder


def variety(images: torch.Tensor) -> float:
    """How varied a picture's colours are: 0 for grey and for any single hue.

    From a distance: the picture is averaged over blocks of 8 x 8 pixels first, so that coloured fringes do not count.

    Example:
        >>> variety(torch.full((1, 3, 16, 16), 0.3))
        0.0
    """
    red, green, blue = F.avg_pool2d(images, 8).unbind(1)
    return float(((red - green).var() + ((red + green) / 2 - blue).var()).sqrt())


def pixel_loop(start: torch.Tensor, loss_of: Callable, steps: int, learning_rate: float) -> tuple[torch.Tensor, list]:
    """Adam on the pixels of a picture, kept in [0, 1] (lesson 02).

    Args:
        start: (1, 3, H, W); it stays as it is.
        loss_of: loss_of(picture) is the loss, a scalar tensor.
        steps, learning_rate: of Adam.

    Returns:
        The picture, without gradient, and the loss before each step, as numbers.
    """
    picture = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([picture], lr=learning_rate)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of(picture)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
        losses.append(loss.item())
    return picture.detach(), losses


def training_step(network: nn.Module, optimizer: torch.optim.Optimizer, photographs: torch.Tensor, loss_of: Callable):
    """One step of training a network that paints (lesson 03).

    Args:
        network: network(photographs) are pictures of the same shape.
        optimizer: of the network's weights.
        photographs: (B, 3, H, W).
        loss_of: loss_of(pictures, photographs) is the loss, a scalar tensor.

    Returns:
        The loss, a number.
    """
    loss = loss_of(network(photographs), photographs)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def pair_of_losses(encoder: Encoder, decoder: nn.Module, content: torch.Tensor, style: torch.Tensor) -> tuple:
    """Content and style loss of a batch (Eq. 12, 13), as lesson 05 asks for them."""
    losses, _ = training_loss(encoder, decoder, content, style)
    return losses["content"], losses["style"]


def train(
    encoder: Encoder,
    decoder: nn.Module,
    pairs: Iterable[tuple[torch.Tensor, torch.Tensor]],
    loss_of: Callable,
    style_weight: float,
    learning_rate: float,
    watch: Callable = lambda number, decoder: None,
) -> list[tuple[float, float]]:
    """The training loop of lesson 05: a step of Adam per pair of batches (Eq. 11).

    Args:
        encoder: f; it stays as it is.
        decoder: g; its weights are changed.
        pairs: batches (content, style), each (B, 3, H, W).
        loss_of: loss_of(encoder, decoder, content, style) gives the content loss and the style loss.
        style_weight: lambda.
        learning_rate: Adam's.
        watch: called after every step with the number of steps so far and the decoder.

    Returns:
        Content and style loss of every step, as numbers.
    """
    optimizer = torch.optim.Adam(decoder.parameters(), lr=learning_rate)
    curve = []
    for number, (content, style) in enumerate(pairs, 1):
        content_loss, style_loss = loss_of(encoder, decoder, content, style)
        optimizer.zero_grad()
        (content_loss + style_weight * style_loss).backward()
        optimizer.step()
        curve.append((content_loss.item(), style_loss.item()))
        watch(number, decoder)
    return curve


def crops_in_pairs(count: int, seed: int, *, batch: int = 4, crop: int = 80, size: int = 128) -> Iterator[tuple]:
    """``count`` pairs of batches: random crops of the sample photographs and of the sample styles.

    Args:
        count: pairs.
        seed: of the crops.
        batch: crops in a batch.
        crop: their side, pixels.
        size: shorter side to which the pictures are brought first.
    """
    streams = [
        batches(Pictures([[s.path for s in samples(kind).values()]]), batch, count, crop, size, 2 * seed + number)
        for number, kind in enumerate(("content", "style"))
    ]
    yield from zip(*streams, strict=True)


def colour_over_training(
    encoder: Encoder,
    pairs: list[tuple[torch.Tensor, torch.Tensor]],
    *,
    seed: int,
    iterations: int,
    every: int,
    loop: Callable = train,
    loss_of: Callable = pair_of_losses,
    decoder: nn.Module | None = None,
) -> tuple[list[int], list[float], list[tuple[float, float]]]:
    """Train a decoder from random weights with the paper's loss, and look at the colours it paints with on the way.

    Args:
        encoder: f.
        pairs: (content, style) pictures, each (1, 3, H, W), that are painted at every look.
        seed: of weights and crops.
        iterations, every: how many steps, and how many from look to look.
        loop, loss_of: the training loop and the loss, such as a student's.
        decoder: what is trained, a :class:`Decoder` when None; its weights begin anew.

    Returns:
        The iterations of the looks; the variety of the painted pictures' colours as a share of their styles', the mean
        over the pairs; and the losses of every step.
    """
    device = pairs[0][0].device
    decoder = fresh(decoder or Decoder(encoder.width), seed).to(device)
    with torch.no_grad():
        targets = [(adain(encoder(c)["relu4_1"], encoder(s)["relu4_1"]), variety(s)) for c, s in pairs]
    at, shares = [], []

    def watch(number: int, decoder: nn.Module) -> None:
        if number % every == 0:
            with torch.no_grad():
                painted = [variety(decoder(t).clamp(0, 1)) / of_style for t, of_style in targets]
            at.append(number)
            shares.append(sum(painted) / len(painted))

    batches_ = ((c.to(device), s.to(device)) for c, s in crops_in_pairs(iterations, seed))
    curve = loop(encoder, decoder, batches_, loss_of, 2.0, 5e-4, watch)
    return at, shares, curve


# ---- what else a decoder could be (Sec. 7.2, Fig. 5 and 6) ----------------------------------------------------------


class DecoderVariant(nn.Module):
    """A decoder with normalisation behind each convolution, or one that is given both pictures' features.

    Args:
        width: the encoder's.
        norm: a function of a number of channels that makes a normalisation layer; None for none, as in the paper's
            network.
        concatenate: whether the first convolution takes content and style features side by side (Enc-Concat-Dec)
            instead of AdaIN's output.

    Example:
        >>> DecoderVariant(4, nn.BatchNorm2d)(torch.rand(2, 32, 4, 4)).shape
        torch.Size([2, 3, 32, 32])
        >>> DecoderVariant(4, concatenate=True)(torch.rand(2, 64, 4, 4)).shape
        torch.Size([2, 3, 32, 32])
    """

    def __init__(self, width: int, norm=None, concatenate: bool = False):
        super().__init__()
        self.decoder = Decoder(width)
        hidden = {name: self.decoder.get_submodule(name).out_channels for name in DECODER_CONVOLUTIONS[:-1]}
        self.norms = nn.ModuleDict({name: norm(count) for name, count in hidden.items()} if norm else {})
        if concatenate:
            first = self.decoder.conv4_1
            self.decoder.conv4_1 = nn.Conv2d(
                2 * first.in_channels, first.out_channels, 3, padding=1, padding_mode="reflect"
            )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """A picture, (B, 3, 8·H, 8·W), from (B, C, H, W)."""
        x = features
        for name in DECODER_CONVOLUTIONS:
            if name in UPSAMPLE_BEFORE:
                x = F.interpolate(x, scale_factor=2)
            x = self.decoder.get_submodule(name)(x)
            if name in self.norms:
                x = self.norms[name](x)
            if name != "conv1_1":
                x = F.relu(x)
        return x


def _instance_norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


#: The four networks of Sec. 7.2, by name: arguments of :class:`DecoderVariant`.
DECODERS: dict[str, dict[str, Any]] = {
    "no normalisation": {},
    "batch norm": {"norm": nn.BatchNorm2d},
    "instance norm": {"norm": _instance_norm},
    "concatenation": {"concatenate": True},
}


def train_variant(
    name: str, encoder: Encoder, *, seed: int, iterations: int, side: int = 64, batch: int = 4, device: str = "cpu"
) -> tuple[DecoderVariant, list[list[float]]]:
    """Train one of :data:`DECODERS` from random weights.

    Args:
        name: which.
        encoder: f; the losses are measured in it.
        seed: of the weights and the crops; the same seed shows every variant the same crops.
        iterations: steps of Adam.
        side, batch: of the crops, drawn from the sample pictures.
        device: where to train.

    Returns:
        The trained network, in evaluation mode, and its content and style loss at every iteration.
    """
    encoder = encoder.to(device)
    concatenate = DECODERS[name].get("concatenate", False)
    variant = DecoderVariant(encoder.width, **DECODERS[name])
    fresh(variant.decoder, seed)
    variant.to(device).train()
    pictures = {
        kind: [resize(to_tensor(s.path), 96).to(device) for s in samples(kind).values()]
        for kind in ("content", "style")
    }
    generator = torch.Generator().manual_seed(seed)
    scales = layer_scales(encoder, torch.cat([p[..., :96, :96] for p in pictures["style"]]), STYLE_LAYERS)
    optimizer = torch.optim.Adam(variant.parameters(), lr=1e-3)
    curve = []
    for _ in range(iterations):
        content, style = (_crops(pictures[kind], batch, side, generator) for kind in ("content", "style"))
        with torch.no_grad():
            f_c, f_s = encoder(content)["relu4_1"], encoder(style, STYLE_LAYERS)
            t = adain(f_c, f_s["relu4_1"])
        features = encoder(variant(torch.cat([f_c, f_s["relu4_1"]], 1) if concatenate else t), STYLE_LAYERS)
        losses = (
            content_loss(features["relu4_1"] / scales["relu4_1"], t / scales["relu4_1"]),  # Eq. 12
            statistics_style_loss(scale_features(features, scales), scale_features(f_s, scales)),  # Eq. 13
        )
        optimizer.zero_grad()
        (losses[0] + 2 * losses[1]).backward()
        nn.utils.clip_grad_norm_(variant.parameters(), 2.0)
        optimizer.step()
        curve.append([loss.item() for loss in losses])
    return variant.eval(), curve


def _crops(pictures: list[torch.Tensor], count: int, side: int, generator: torch.Generator) -> torch.Tensor:
    found = []
    for _ in range(count):
        picture = pictures[int(torch.randint(len(pictures), (1,), generator=generator))]
        top, left = (int(torch.randint(length - side + 1, (1,), generator=generator)) for length in picture.shape[2:])
        found.append(picture[..., top : top + side, left : left + side])
    return torch.cat(found)
