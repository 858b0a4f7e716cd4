"""Experiments that a lesson runs once and ``tools/measure_lessons.py`` runs for many seeds: one code for both.

Each takes a seed and returns plain numbers by iteration, so that a run made in the lesson can be drawn over the runs
that were measured before (see :mod:`adain_lab.lessons.measured`).
"""

from __future__ import annotations

from adain_lab.lessons.experiments.colours import colour_over_training, crops_in_pairs, fresh, variety
from adain_lab.lessons.experiments.decoders import DECODERS, DecoderVariant, train_variant
from adain_lab.lessons.experiments.loops import pair_of_losses, pixel_loop, train, training_step
from adain_lab.lessons.experiments.norms import equalised, norm_curve, photographs_in_three_ways

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
