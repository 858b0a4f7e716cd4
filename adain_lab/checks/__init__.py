"""Checks of the exercises: ``checks.adain(my_adain)`` says what is right, or what is wrong and how to mend it.

A check never raises: it prints its verdict and returns it. The order inside is the
same everywhere: the function runs; type and shape; values against the package's own; and
where they differ, the name of the mistake if it is one that people often make, else
the property that is violated.

    >>> from adain_lab import adain, checks
    >>> checks.adain(adain).status
    ✓ adain: passed
      Every channel of your output has the style's mean and standard deviation, and the content's pattern.
    'passed'

:func:`report` prints the table of all exercises and writes it as JSON, :func:`progress_map` shows a map of the course.
In a notebook both know what was solved in other kernels (:mod:`adain_lab.checks.store`), and a function that passes goes
into the student's own module (:mod:`adain_lab.lessons.own`). :func:`reset` forgets this kernel's verdicts.
"""

from adain_lab.checks.core import EXERCISES, Check, CheckResult, reset, results
from adain_lab.checks.lesson00 import blend, channel_statistics, my_picture
from adain_lab.checks.lesson01 import collect_features, inversion, my_texture, normalize_pixels, total_variation
from adain_lab.checks.lesson02 import closure, content_loss, gram_matrix, my_transfer, style_loss
from adain_lab.checks.lesson03 import multiplications, my_network, perceptual_loss, residual_block
from adain_lab.checks.lesson04 import instance_norm, my_style, statistics_loss, style_statistics
from adain_lab.checks.lesson05 import adain, alpha, my_adain, training_loss, upsample
from adain_lab.checks.lesson06 import interpolate, masked_adain, match_color, my_control
from adain_lab.checks.lesson07 import crossover, my_measurement, pareto, time_it
from adain_lab.checks.lesson08 import halo, my_project, smooth, tile_statistics
from adain_lab.checks.lesson09 import every_level, my_variation, repair, whiten_color
from adain_lab.checks.loops import mirror_decoder, pixel_loop, train, training_step
from adain_lab.checks.progress import progress_map
from adain_lab.checks.report import report

__all__ = [
    "EXERCISES",
    "Check",
    "CheckResult",
    "progress_map",
    "report",
    "reset",
    "results",
    "channel_statistics",
    "blend",
    "my_picture",
    "normalize_pixels",
    "collect_features",
    "total_variation",
    "inversion",
    "my_texture",
    "content_loss",
    "gram_matrix",
    "style_loss",
    "closure",
    "my_transfer",
    "residual_block",
    "perceptual_loss",
    "multiplications",
    "my_network",
    "instance_norm",
    "style_statistics",
    "statistics_loss",
    "my_style",
    "adain",
    "upsample",
    "training_loss",
    "alpha",
    "my_adain",
    "interpolate",
    "match_color",
    "masked_adain",
    "my_control",
    "time_it",
    "crossover",
    "pareto",
    "my_measurement",
    "tile_statistics",
    "halo",
    "smooth",
    "my_project",
    "every_level",
    "whiten_color",
    "repair",
    "my_variation",
    "pixel_loop",
    "training_step",
    "mirror_decoder",
    "train",
]
