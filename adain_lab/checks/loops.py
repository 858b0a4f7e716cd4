"""Checks of what lessons 02, 03 and 05 have students build in one piece: loops, a training step, the decoder's module."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable

import torch
from torch import nn

from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.loops import (
    MIRROR_MISTAKES,
    PIXEL_LOOP_MISTAKES,
    TRAIN_MISTAKES,
    TRAINING_STEP_MISTAKES,
    weights_of,
)
from adain_lab.checks.networks import painter, small_networks
from adain_lab.checks.probe import Failed, Student, close, expect_tensor, name_mistake, random
from adain_lab.lessons import experiments
from adain_lab.networks.decoder import Decoder

__all__ = ["mirror_decoder", "pixel_loop", "train", "training_step"]


@exercise("pixel_loop", "02", points=2)
def pixel_loop(student: Student):
    """Check ``pixel_loop(start, loss_of, steps, learning_rate) -> (picture, losses)``: Adam on pixels.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.checks.mistakes.loops import _pixel_loop
        >>> result = checks.pixel_loop(_pixel_loop(clear=False))
        ✗ pixel_loop: not right yet
          Your gradients pile up from step to step: PyTorch adds them, so call `optimizer.zero_grad()` in every
          step.
    """
    start = random(1, 3, 5, 6, seed=261)
    target = 3 * random(1, 3, 5, 6, seed=262) - 1  # a part of it lies outside of [0, 1]

    def loss_of(picture):
        return (picture - target).square().sum() + (picture[..., 1:] * picture[..., :-1]).sum()

    arguments = start, loss_of, 6, 0.2
    result = student(*arguments)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Failed("return two things: the picture, and the list of losses")
    picture, losses = result
    expect_tensor(picture, tuple(start.shape), "the picture", "that of `start`")
    if picture.requires_grad:
        raise Failed("your picture still carries its gradient: return `picture.detach()`")
    losses = list(losses)
    if len(losses) != 6:
        raise Failed(f"keep one loss per step: there were 6 steps, and {len(losses)} losses")
    if any(isinstance(loss, torch.Tensor) and loss.requires_grad for loss in losses):
        raise Failed("your losses still hold their graphs, and with them the memory of every step: keep `loss.item()`")
    if picture.min() < 0 or picture.max() > 1:
        raise Failed(PIXEL_LOOP_MISTAKES[2].message)
    expected, curve = experiments.pixel_loop(*arguments)
    name_mistake(
        (picture, torch.tensor([float(loss) for loss in losses], dtype=start.dtype)),
        (expected, torch.tensor(curve, dtype=start.dtype)),
        arguments,
        PIXEL_LOOP_MISTAKES,
        "the picture is not where Adam, with this learning rate and a clamp to [0, 1] after every step, ends up",
    )
    return "your pixels follow Adam, step by step, and stay in [0, 1]"


@exercise("training_step", "03", points=2)
def training_step(student: Student):
    """Check ``training_step(network, optimizer, photographs, loss_of) -> loss``: one step of training.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.checks.mistakes.loops import _training_step
        >>> result = checks.training_step(_training_step(step=False))
        ✗ training_step: not right yet
          The weights never move: `optimizer.step()` is missing after `backward`.
    """
    photographs = [random(2, 3, 4, 5, seed=seed) for seed in (361, 362, 363)]

    def loss_of(pictures, originals):
        if pictures is originals:
            raise Failed(
                "you give the photographs themselves to the loss: it must see what the network paints, `network(photographs)`"
            )
        return (pictures - 2 * originals).square().mean() + pictures.abs().mean()

    def after(step: Callable):
        network = painter()
        optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
        losses = [step(network, optimizer, batch, loss_of) for batch in photographs]
        if not all(isinstance(loss, (int, float)) for loss in losses):
            raise Failed(
                "return the loss as a plain number, `loss.item()`: a tensor would keep the graph of its step alive"
            )
        return weights_of(network), torch.tensor(losses, dtype=torch.float64)

    name_mistake(
        after(student),
        after(experiments.training_step),
        (),
        tuple(_over(mistake, after) for mistake in TRAINING_STEP_MISTAKES),
        "after three steps the network's weights, or the losses, are not those of: paint, loss, zero_grad, backward, step",
    )
    return "each step moves the weights along the gradient of this batch alone"


def _over(mistake, after: Callable):
    """The mistake as ``name_mistake`` calls it: on no inputs, with the state it leaves behind as its output."""
    return type(mistake)(lambda: after(mistake.wrong), mistake.message)


@exercise("mirror_decoder", "05", points=3)
def mirror_decoder(student: Student):
    """Check ``MirrorDecoder(width)``: a module that takes the package's weights and paints the same picture.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.networks.decoder import Decoder
        >>> result = checks.mirror_decoder(Decoder)
        ✓ mirror_decoder: passed
          Your module takes the trained weights, and paints what the package's decoder paints.
    """
    width = 3
    # A class's stub stands in its methods, not in a function of the class's name.
    called = functools.partial(student.function, width)
    network = Student(called)() if isinstance(student.function, type) else student(width)
    if not isinstance(network, nn.Module):
        raise Failed(f"`MirrorDecoder(width)` should be an nn.Module, got a {type(network).__name__}")
    reference = Decoder(width).double()
    experiments.fresh(reference, seed=51)
    wanted, given = reference.state_dict(), network.state_dict()
    missing = [name for name in wanted if name not in given]
    if missing:
        convolution, kind = missing[0].split(".")
        own = ", ".join(dict.fromkeys(name.split(".")[0] for name in given)) or "no layers with weights at all"
        raise Failed(
            f"there is no {convolution} with a {kind}: trained weights find their places by name, and your module has {own}"
        )
    extra = [name for name in given if name not in wanted]
    if extra:
        raise Failed(
            f"`{extra[0].rsplit('.', 1)[0]}` has weights that the decoder does not have: nine convolutions, and no normalisation layers"
        )
    for name, weight in wanted.items():
        if given[name].shape != weight.shape:
            raise Failed(
                f"{name} should have the shape {tuple(weight.shape)} for width = {width}, yours has {tuple(given[name].shape)}: "
                "see the table of channels in and out"
            )
    network = network.double()
    network.load_state_dict(wanted)
    features = 12 * random(2, 8 * width, 4, 5, seed=52) - 4  # large enough for values on both sides of [0, 1]
    with torch.no_grad():
        painted, expected = Student(network)(features), reference(features)
    expect_tensor(painted, (2, 3, 32, 40), "the picture", "eight times the features' height and width, three channels")

    def by(mistake):
        def paint(features):
            wrong = mistake.wrong(width).double()
            wrong.load_state_dict(wanted)
            return wrong(features)

        return type(mistake)(paint, mistake.message)

    name_mistake(
        painted,
        expected,
        (features,),
        tuple(by(mistake) for mistake in MIRROR_MISTAKES),
        "with our weights your module paints another picture: compare the order of doubling, convolution and ReLU with the table",
    )
    return "your module takes the trained weights, and paints what the package's decoder paints"


@exercise("train", "05", points=3)
def train(student: Student):
    """Check ``train(encoder, decoder, pairs, loss_of, style_weight, learning_rate, watch) -> curve`` (Eq. 11).

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.checks.mistakes.loops import _train
        >>> result = checks.train(_train(weight=1.0))
        ✗ train: not right yet
          The style loss has no weight: Eq. 11 is content loss + `style_weight` · style loss.
    """
    encoder, decoder = small_networks()
    pairs = [tuple(random(1, 3, 16, 16, seed=seed + k) for k in (0, 1)) for seed in (71, 73, 75)]
    before = weights_of(encoder)

    def after(loop: Callable, seen: list | None = None):
        network = copy.deepcopy(decoder)
        curve = loop(
            encoder,
            network,
            iter(pairs),
            experiments.pair_of_losses,
            3.0,
            1e-2,
            lambda number, trained: seen.append((number, trained is network)) if seen is not None else None,
        )
        if not isinstance(curve, (list, tuple)) or len(curve) != len(pairs):
            raise Failed(
                f"return one entry per step: there were {len(pairs)} pairs of batches, and you returned {_length(curve)}"
            )
        values = [value for row in curve for value in (row if isinstance(row, (list, tuple)) else [row])]
        if len(values) != 2 * len(pairs) or not all(isinstance(value, (int, float)) for value in values):
            raise Failed(
                "every entry should be a pair of plain numbers, `(content_loss.item(), style_loss.item())`: tensors would keep "
                "the graph of every step in memory"
            )
        return weights_of(network), torch.tensor(values, dtype=torch.float64)

    seen: list = []
    result = after(student, seen)
    if not close(weights_of(encoder), before):
        raise Failed("the encoder's weights have changed: give only `decoder.parameters()` to the optimiser")
    name_mistake(
        result,
        after(experiments.train),
        (),
        tuple(_over(mistake, after) for mistake in TRAIN_MISTAKES),
        "after three steps the decoder's weights, or the losses, are not those of: losses, zero_grad, backward of the weighted sum, step",
    )
    if seen != [(1, True), (2, True), (3, True)]:
        raise Failed(
            "the training is right, but `watch(number, decoder)` must be called once after every step, with number = 1, 2, 3 …"
        )
    return "your loop trains the decoder step for step as ours does, and leaves the encoder alone"


def _length(curve) -> str:
    return str(len(curve)) if isinstance(curve, (list, tuple)) else f"a {type(curve).__name__}"
