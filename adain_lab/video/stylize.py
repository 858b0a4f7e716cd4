"""Style transfer for moving pictures: the styles are measured once, every frame costs an encoder and a decoder pass.

Frames are painted one by one, and AdaIN normalises each by statistics of its whole picture. So when something bright
comes in below, the colours above change too, where nothing moves. ``smoothing`` averages the content's statistics over
time, ``m_t = s · m_(t-1) + (1 - s) · m(f_t)``, and they follow slowly; what moves in the picture is not smoothed.

In a still scene past which a bright ball rolls, the part it never touches changed by 4.1 grey levels (of 255) from
frame to frame without smoothing and by 1.1 with s = 0.9 (``benchmarks/flicker.py``). Against the camera's noise it does
nothing, and where the
light of the whole scene flickers it is better left out: such a flicker is what AdaIN alone takes out.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from adain_lab.controls.controls import Controls
from adain_lab.errors import InputError
from adain_lab.files import exists
from adain_lab.images import of_one_colour, resize, to_pil, to_tensor
from adain_lab.networks.palette import Pair
from adain_lab.statistics import Statistics, mix
from adain_lab.stylizer import ContentCode, Stylizer
from adain_lab.video.clips import Frame, Written
from adain_lab.video.files import check_ending, open_clip, write_clip

__all__ = ["CUT", "Painted", "Smoother", "stylize_video"]

#: Mean absolute difference of two frames' 8 × 8 thumbnails, above which they belong to different scenes. Between any
#: two of the sample photographs it is at least 0.14; light that changes by 15 % or a lamp that is switched on make 0.11
#: at most.
CUT = 0.13
#: Colours that differ less are wanted by the same style and alpha.
SAME = 0.02


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
    """A running average of the content's statistics over the frames of a clip. At a cut it begins anew.

    Args:
        amount: s, from 0 (every frame by itself) to below 1.

    Raises:
        ValueError: ``amount`` is outside that range.
    """

    def __init__(self, amount: float):
        if (
            isinstance(amount, bool)
            or not isinstance(amount, (int, float))
            or not math.isfinite(amount)
            or not 0 <= amount < 1
        ):
            raise InputError(f"smoothing must be a number from 0 to below 1, got {amount!r}")
        self.amount = float(amount)
        #: The average until now, and the last frame at 8 x 8 pixels.
        self._last: tuple[Statistics, torch.Tensor] | None = None
        #: The same of the colours that were painted, and those that they were to have.
        self._colours: tuple[Pair, Pair] | None = None

    def __call__(self, code: ContentCode) -> ContentCode:
        """The frame's code, normalised by the average until now instead of by its own statistics."""
        if not self.amount:
            return code
        own, thumbnail = code.statistics, F.adaptive_avg_pool2d(code.images, 8)
        if self._last is None or (thumbnail - self._last[1]).abs().mean() > CUT:
            average, self._colours = own, None
        else:
            average = mix([self._last[0], own], [self.amount, 1 - self.amount])
        self._last = average, thumbnail
        return ContentCode(code.features, average, code.images, self._steady)

    def _steady(self, painted: Pair, wanted: Pair) -> Pair:
        """The running average of the colours that were painted; anew where others are wanted."""
        if self._colours is not None:
            (mean, std), before = self._colours
            if all((a - b).abs().max() < SAME for a, b in zip(wanted, before, strict=True)):
                amount = self.amount
                painted = torch.lerp(painted[0], mean, amount), torch.lerp(painted[1], std, amount)
        self._colours = painted, wanted
        return painted


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
        source: a video (of which the first picture and the first sound are taken), or a GIF, WebP or PNG animation.
        style: a picture, or a list of pictures to interpolate between.
        output: the file to write; its ending says what. It is there whole, or not at all. Sides of a video are even
            numbers: the last row or column of an odd frame is left out.
        alpha, weights, size, style_size: as :meth:`Stylizer.__call__ <adain_lab.stylizer.Stylizer.__call__>` takes
            them.
        color: None, "luminance", or "match", which gives the styles the colours of the first frame.
        smoothing: of the content's statistics over time, 0 to below 1; 0.9 averages over about ten frames.
        progress: called with the frames done and those in all (0 where the file does not say).
        should_stop: asked before every frame. The frames until then become a file that can be played; so they do on
            Ctrl+C.

    Raises:
        FileNotFoundError, TypeError, ValueError: bad input, in one sentence.

    Example:
        >>> import tempfile
        >>> from adain_lab import load
        >>> frames, folder = [to_pil(torch.rand(3, 24, 32)) for _ in range(3)], tempfile.TemporaryDirectory()
        >>> clip = Path(folder.name, "clip.gif")
        >>> frames[0].save(clip, save_all=True, append_images=frames[1:], duration=[50, 100, 150])
        >>> stylize_video(load("tiny"), clip, torch.rand(3, 32, 32), clip.with_suffix(".webp"), smoothing=0.5)
        Painted(frames=3, stopped=False, note='')
        >>> folder.cleanup()
    """
    styles = list(style) if isinstance(style, (list, tuple)) else [style]
    controls = Controls(alpha, weights, color, size=size, style_size=style_size).checked(len(styles))
    smooth = Smoother(smoothing)
    source, output = Path(source), Path(output)
    check_ending(output)
    if exists(source) and exists(output) and source.samefile(output):
        raise InputError(f"the output {output} is also the input: choose another name, so that nothing is lost")

    with open_clip(source) as clip:
        resize(
            torch.zeros(1, 3, clip.height, clip.width), size
        )  # a size that no frame can have is refused before the first one
        read, flat = Fraction(0), 0

        def frames(written: Written) -> Iterator[Frame]:
            nonlocal read, flat
            measured = None
            try:
                for number, frame in enumerate(clip.frames(written.take_packet)):
                    if should_stop():
                        written.stopped = True
                        return
                    code = smooth(stylizer.encode_content(to_tensor(frame.image), size=controls.size))
                    if measured is None:
                        match = code.images if controls.color == "match" else None
                        measured = [stylizer.encode_style(s, size=controls.style_size, match=match) for s in styles]
                    images = stylizer.paint(code, measured, controls)
                    if not bool(images.isfinite().all()):
                        raise InputError(
                            f"{output} was not written: its numbers overflowed; take a smaller alpha, or another decoder or "
                            "precision"
                        )
                    flat += of_one_colour(images) and not of_one_colour(frame.image)
                    yield Frame(to_pil(images), frame.start, frame.duration)
                    read += frame.duration
                    progress(number + 1, max(clip.count, number + 1) if clip.count else 0)
            except KeyboardInterrupt:
                written.stopped = True

        written = write_clip(output, clip, frames)
        if not written.stopped and read < clip.seconds * Fraction(9, 10) - 1:
            written.notes.append(
                f"{clip.name} is damaged: of its {float(clip.seconds):.1f} s only {float(read):.1f} s could be read"
            )
        if flat:
            written.notes.append(
                f"{flat} of {written.frames} frames are of one colour only: the style is, or alpha is too large, or the "
                "decoder does not fit"
            )
    return Painted(written.frames, written.stopped, "; ".join(written.notes))
