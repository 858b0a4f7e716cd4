"""Style transfer for moving pictures: the styles are measured once, every frame costs an encoder and a decoder pass.

Frames are painted one by one, and AdaIN normalises each by its own statistics: when a
light flickers, so do they, and all the picture's colours with them. ``smoothing`` averages the content's
statistics over time, ``m_t = s · m_(t-1) + (1 - s) · m(f_t)``, so that they follow slowly. What moves in the picture is not smoothed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from adain_lab.controls import check_alpha, check_color, check_weights
from adain_lab.images import resize, to_pil, to_tensor
from adain_lab.statistics import Statistics, mix
from adain_lab.stylizer import ContentCode, Stylizer
from adain_lab.video_files import Frame, Written, open_clip, writer

__all__ = ["Painted", "Smoother", "stylize_video"]


@dataclass(frozen=True)
class Painted:
    """What was written.

    Attributes:
        frames: how many.
        stopped: whether somebody stopped it before the end.
        note: a sentence where something of the source could not be kept; empty otherwise.
    """

    frames: int
    stopped: bool
    note: str


class Smoother:
    """A running average of the content's statistics over the frames of a clip.

    Args:
        amount: s, from 0 (every frame by itself) to below 1.

    Raises:
        ValueError: ``amount`` is outside that range.
    """

    def __init__(self, amount: float):
        if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not math.isfinite(amount) or not 0 <= amount < 1:
            raise ValueError(f"smoothing must be a number from 0 to below 1, got {amount!r}")
        self.amount = float(amount)
        self._average: Statistics | None = None

    def __call__(self, code: ContentCode) -> ContentCode:
        """The frame's code, normalised by the average until now instead of by its own statistics."""
        own = code.statistics
        if not self.amount:
            return code
        self._average = own if self._average is None else mix([self._average, own], [self.amount, 1 - self.amount])
        features = own.std * code.normalized + own.mean
        return ContentCode((features - self._average.mean) / self._average.std, self._average, code.images)


def stylize_video(
    stylizer: Stylizer,
    source: str | os.PathLike,
    style: Any,
    output: str | os.PathLike,
    alpha: float = 1.0,
    *,
    weights: Sequence[float] | None = None,
    color: str | None = None,
    size: int = 0,
    style_size: int = 0,
    smoothing: float = 0.0,
    progress: Callable[[int, int], Any] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Painted:
    """Paint a video or an animation, keeping its timing, and its sound where the output's container can hold it.

    Args:
        stylizer: what paints.
        source: a video, or a GIF, WebP or PNG animation.
        style: a picture, or a list of pictures to interpolate between.
        output: the file to write; its ending says what. It is there whole, or not at all.
        alpha, weights, size, style_size: as :meth:`Stylizer.__call__ <adain_lab.stylizer.Stylizer.__call__>` takes them.
        color: None, "luminance", or "match", which gives the styles the colours of the first frame.
        smoothing: of the content's statistics over time, 0 to below 1; 0.9 averages over about ten frames.
        progress: called with the frames done and those in all (0 where the file does not say).
        should_stop: asked before every frame. The frames until then become a file that can be played; so they do on Ctrl+C.

    Raises:
        FileNotFoundError, TypeError, ValueError: bad input, in one sentence.
    """
    check_alpha(alpha)
    check_color(color)
    styles = list(style) if isinstance(style, (list, tuple)) else [style]
    check_weights(weights, len(styles))
    smooth = Smoother(smoothing)
    source, output = Path(source), Path(output)
    if source.exists() and output.exists() and source.samefile(output):
        raise ValueError(f"the output {output} is also the input: choose another name, so that nothing is lost")
    stopped = False

    with open_clip(source) as clip:

        def frames(written: Written) -> Iterator[Frame]:
            nonlocal stopped
            statistics = None
            try:
                for number, frame in enumerate(clip.frames(written.take_packet)):
                    if should_stop():
                        stopped = True
                        return
                    code = smooth(stylizer.encode_content(to_tensor(frame.image), size=size))
                    if statistics is None:
                        match = code.images if color == "match" else None
                        statistics = mix([stylizer.encode_style(s, size=style_size, match=match) for s in styles], weights)
                    images = stylizer.render(code, statistics, alpha, color="luminance" if color == "luminance" else None)
                    yield Frame(to_pil(images), frame.start, frame.duration)
                    progress(number + 1, clip.count)
            except KeyboardInterrupt:
                stopped = True

        resize(torch.zeros(1, 3, clip.height, clip.width), size)  # a size that no frame can have is refused before the first one
        written = writer(output, clip)(frames)
    return Painted(written.frames, stopped, written.note)
