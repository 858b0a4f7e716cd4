"""The wrong loops and modules that people write in lessons 02, 03 and 05, each with the sentence that helps."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.checks.probe import Mistake
from adain_lab.networks.decoder import UPSAMPLE_BEFORE, Decoder

__all__ = ["MIRROR_MISTAKES", "PIXEL_LOOP_MISTAKES", "TRAIN_MISTAKES", "TRAINING_STEP_MISTAKES"]

# ---- pixel_loop(start, loss_of, steps, learning_rate) ----------------------------------------------------------------


def _pixel_loop(
    *, clear=True, clamp=True, clamp_last=False, optimizer=torch.optim.Adam, fresh_optimizer=False, late=False
):
    def wrong(start, loss_of, steps, learning_rate):
        with torch.enable_grad():
            picture = start.clone().requires_grad_(True)
            adam, losses = optimizer([picture], lr=learning_rate), []
            for _ in range(steps):
                adam = optimizer([picture], lr=learning_rate) if fresh_optimizer else adam
                if clear:
                    adam.zero_grad()
                loss = loss_of(picture)
                loss.backward()
                adam.step()
                if clamp:
                    with torch.no_grad():
                        picture.clamp_(0, 1)
                losses.append(float((loss_of(picture) if late else loss).detach()))
        picture = picture.detach()
        return picture.clamp(0, 1) if clamp_last else picture, torch.tensor(losses, dtype=picture.dtype)

    return wrong


PIXEL_LOOP_MISTAKES = (
    Mistake(
        _pixel_loop(clear=False),
        "your gradients pile up from step to step: PyTorch adds them, so call `optimizer.zero_grad()` in every step",
    ),
    Mistake(
        _pixel_loop(clamp=False, clamp_last=True),
        "you clamp only at the end: pixels that wander far outside on the way pull the result along, so clamp after every step",
    ),
    Mistake(
        _pixel_loop(clamp=False),
        "your picture leaves [0, 1]: after every step, `with torch.no_grad(): picture.clamp_(0, 1)`",
    ),
    Mistake(_pixel_loop(optimizer=torch.optim.SGD), "that is plain gradient descent, `SGD`: use `torch.optim.Adam`"),
    Mistake(
        _pixel_loop(fresh_optimizer=True),
        "you make a new optimiser in every step: Adam remembers earlier gradients, so make one before the loop",
    ),
    Mistake(
        _pixel_loop(late=True),
        "the picture is right, but your losses are those after each step: keep the loss that the step was made from",
    ),
)

# ---- training_step(network, optimizer, photographs, loss_of) ---------------------------------------------------------


def _training_step(*, clear=True, step=True, swap=False):
    def wrong(network, optimizer, photographs, loss_of):
        with torch.enable_grad():
            pictures = network(photographs)
            loss = loss_of(photographs, pictures) if swap else loss_of(pictures, photographs)
            if clear:
                optimizer.zero_grad()
            if loss.requires_grad:
                loss.backward()
            if step:
                optimizer.step()
        return loss.item()

    return wrong


TRAINING_STEP_MISTAKES = (
    Mistake(
        _training_step(clear=False),
        "the gradient of the step before is still in the weights: call `optimizer.zero_grad()` before `backward`",
    ),
    Mistake(_training_step(step=False), "the weights never move: `optimizer.step()` is missing after `backward`"),
    Mistake(
        _training_step(swap=True),
        "the two arguments of `loss_of` are swapped: first the painted pictures, then the photographs",
    ),
)

# ---- MirrorDecoder(width) --------------------------------------------------------------------------------------------


class _Mirror(Decoder):
    """The decoder with something wrong in it."""

    def __init__(self, width: int, padding="reflect", double=None, last=None, relu=F.relu, before=UPSAMPLE_BEFORE):
        super().__init__(width)
        for conv in self.children():
            conv.padding_mode = padding
        self._double = double or (lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
        self._last, self._relu, self._before = last or (lambda x: x), relu, before

    def forward(self, features, modulation=None, palette=None):
        x = features
        for name, conv in self.named_children():
            if name in self._before:
                x = self._double(x)
            x = conv(x)
            x = self._relu(x) if name != "conv1_1" else self._last(x)
        return x


def _mirror(**options):
    return lambda width: _Mirror(width, **options)


def _bilinear(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear")


MIRROR_MISTAKES = (
    Mistake(
        _mirror(padding="zeros"),
        'your convolutions pad with zeros, which leaves a dark frame: `padding_mode="reflect"` mirrors the edge instead',
    ),
    Mistake(
        _mirror(double=_bilinear), 'you double by bilinear interpolation: the decoder repeats values, `mode="nearest"`'
    ),
    Mistake(_mirror(last=F.relu), "there is no ReLU after conv1_1: its output is the picture"),
    Mistake(
        _mirror(last=torch.sigmoid),
        "you squeeze the picture into [0, 1] with a sigmoid: the decoder leaves its output as it is, and whoever shows it clamps",
    ),
    Mistake(
        _mirror(last=lambda x: x.clamp(0, 1)),
        "you clamp inside the decoder: clamped pixels have no gradient, so clamp only where a picture is shown",
    ),
    Mistake(_mirror(relu=lambda x: x), "the ReLUs are missing: one after each convolution but the last"),
    Mistake(
        _mirror(before=("conv3_1", "conv2_1", "conv1_1")),
        "you double in front of the last convolution of each block: double where the encoder pools, before conv3_4, conv2_2 and conv1_2",
    ),
)

# ---- train(encoder, decoder, pairs, loss_of, style_weight, learning_rate, watch) ---------------------------------------


def _train(
    *, clear=True, weight=None, optimizer=torch.optim.Adam, fresh_optimizer=False, encoder_too=False, content_weight=1.0
):
    def wrong(encoder, decoder, pairs, loss_of, style_weight, learning_rate, watch=lambda number, decoder: None):
        with torch.enable_grad():
            adam = optimizer(decoder.parameters(), lr=learning_rate)
            curve = []
            for number, (content, style) in enumerate(pairs, 1):
                adam = optimizer(decoder.parameters(), lr=learning_rate) if fresh_optimizer else adam
                losses = loss_of(encoder, decoder, content, style)
                if clear:
                    adam.zero_grad()
                (content_weight * losses[0] + (style_weight if weight is None else weight) * losses[1]).backward()
                adam.step()
                curve.append(tuple(loss.item() for loss in losses))
                watch(number, decoder)
        return curve

    return wrong


TRAIN_MISTAKES = (
    Mistake(
        _train(clear=False),
        "your gradients pile up from step to step: PyTorch adds them, so call `optimizer.zero_grad()` in every step",
    ),
    Mistake(_train(weight=1.0), "the style loss has no weight: Eq. 11 is content loss + `style_weight` · style loss"),
    Mistake(_train(weight=0.0), "only the content loss is trained: add `style_weight` times the style loss (Eq. 11)"),
    Mistake(_train(content_weight=0.0), "only the style loss is trained: add the content loss (Eq. 11)"),
    Mistake(_train(optimizer=torch.optim.SGD), "that is plain gradient descent, `SGD`: use `torch.optim.Adam`"),
    Mistake(
        _train(fresh_optimizer=True),
        "you make a new optimiser in every step: Adam remembers earlier gradients, so make one before the loop",
    ),
)


def weights_of(network: nn.Module) -> torch.Tensor:
    """All weights of a network in one row."""
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
