"""The channel panel: one channel's mean and deviation by hand, and what becomes of histogram, feature map and picture."""

from __future__ import annotations

import math
from typing import Any

import torch
import traitlets as t
from PIL import Image, ImageDraw

from adain_lab.errors import InputError
from adain_lab.images import to_bytes, to_pil
from adain_lab.statistics import Statistics
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session import Session
from adain_lab.widgets.stills import captioned_row

__all__ = ["ChannelPanel"]

_BINS = 48
#: How far the sliders go: so many deviations of the channel, or of a typical one where it hardly ever fires.
_REACH = 4.0
#: A deviation of exactly 0 is no style's; see :class:`~adain_lab.statistics.Statistics`.
_LEAST = 1e-3


class ChannelPanel(Panel):
    """One channel's mean and deviation on two sliders (Eq. 8 for a single channel); all others stay the content's own.

    Everything that can be moved in the page is a trait. A value that makes no sense is refused: :attr:`error` says why,
    and the last good picture stays. Another content, layer or channel starts from that channel's own two numbers.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        channel: which channel; None for the one that varies most.
        layer: which of the stylizer's layers; None for the deepest.
        stylizer: what renders; None for "tiny", which follows a slider, or another model's name.
        size: shorter side of the picture, pixels.

    Attributes:
        content, layer, channel, mean, deviation: what is shown; settable. The last two in the features' own units.
        picture, feature_map: JPEG files.
        before, now: the channel's histogram as it is in the photograph, and as it was made: shares of positions.
        images: the picture as a tensor (1, 3, H, W) in [0, 1].
        error: one sentence, empty while all is well.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = ChannelPanel("dahlia", 7, size=48)
        >>> panel.deviation = 2 * panel.deviation
        >>> panel
        ChannelPanel(content='dahlia', layer='relu4_1', channel=7)
        >>> panel.channel = 4000
        >>> panel.error
        'channel must be a whole number from 0 to 127, got 4000'
    """

    _esm = frontend.module("channel.js")
    _css = frontend.stylesheet("al-channel", "panel.css", "alpha.css", "channel.css")
    _shown_in_repr = ("content", "layer", "channel")
    _settings = ("content", "layer", "channel", "mean", "deviation")

    content = t.Unicode().tag(sync=True)
    layer = t.Unicode().tag(sync=True)
    channel = t.Int(0).tag(sync=True)
    mean = t.Float(0.0).tag(sync=True)
    deviation = t.Float(1.0).tag(sync=True)
    picture = bytes_trait()
    feature_map = bytes_trait()
    before = t.List(t.Float()).tag(sync=True)
    now = t.List(t.Float()).tag(sync=True)
    #: Ends of the sliders, and of the histogram and the map's greys, in the features' units.
    mean_range = t.List(t.Float()).tag(sync=True)
    deviation_range = t.List(t.Float()).tag(sync=True)
    contents = t.List(t.Dict()).tag(sync=True)
    layers = t.List(t.Unicode()).tag(sync=True)
    channels = t.Int(1).tag(sync=True)
    #: What the page asks for: {"do": "reset"}.
    request = t.Dict().tag(sync=True)

    def __init__(
        self,
        content: Any = "dahlia",
        channel: int | None = None,
        *,
        layer: str | None = None,
        stylizer: Stylizer | str | None = "tiny",
        size: int = 160,
    ):
        self._session = Session(stylizer or "tiny", size)
        self._settling = False
        layer = self._session.stylizer.layers[-1] if layer is None else layer
        place: dict[str, Any] = {"content": self._session.contents.find(content), "layer": self._checked_layer(layer)}
        place["channel"] = self._loudest(**place) if channel is None else self._checked_channel(channel, **place)
        #: The values of :attr:`_settings`, by name.
        self._start: dict[str, Any] = {**place, **self._own(**place)}
        self._shown = self._start
        super().__init__(
            **self._shown,
            contents=[{"name": item.name, "title": item.title} for item in self._session.contents],
            layers=list(self._session.stylizer.layers),
        )
        with self.hold_sync():
            self._paint()

    @property
    def images(self) -> torch.Tensor:
        """The picture that is shown, (1, 3, H, W) in [0, 1]."""
        return self._images

    @property
    def stylizer(self) -> Stylizer:
        """What renders."""
        return self._session.stylizer

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        shown = self._shown
        return (
            f"{self._session.contents[shown['content']].title} with channel {shown['channel']} of {shown['layer']} at mean "
            f"{shown['mean']:.2f} and deviation {shown['deviation']:.2f}: histogram, feature map and decoded picture"
        )

    def static(self) -> Image.Image:
        """Histogram, feature map and decoded picture side by side with captions, for readers of the saved notebook."""
        picture = to_pil(self.images)
        return captioned_row(
            [
                (f"mean {self._shown['mean']:.2f}, deviation {self._shown['deviation']:.2f}", self._histogram_still()),
                (f"channel {self._shown['channel']} of {self._shown['layer']}", self._map.resize(picture.size, 0)),
                ("decoded", picture),
            ],
            height=240,
        )

    def reset(self) -> None:
        """Back to what the panel was made with."""
        self.error = ""
        with self._lock, self.hold_trait_notifications():
            for name, value in self._start.items():
                self.set_trait(name, value)

    # ---- what is computed ----------------------------------------------------------------------------------------

    def _own(self, content: str, layer: str, channel: int) -> dict[str, float]:
        """The channel's mean and deviation in the photograph."""
        statistics = self._session.code(content).statistics
        return {
            "mean": float(statistics.mean[layer][0, channel]),
            "deviation": float(statistics.std[layer][0, channel]),
        }

    def _loudest(self, content: str, layer: str) -> int:
        return int(self._session.code(content).statistics.std[layer].flatten().argmax())

    def _ranges(self) -> tuple[list[float], list[float]]:
        """From where to where the mean's slider goes, and the deviation's."""
        shown = self._shown
        own = self._own(shown["content"], shown["layer"], shown["channel"])
        typical = float(self._session.code(shown["content"]).statistics.std[shown["layer"]].median())
        reach = _REACH * max(own["deviation"], typical)
        return [own["mean"] - reach, own["mean"] + reach], [_LEAST, own["deviation"] + reach]

    def _paint(self) -> None:
        """Everything that is seen of what :attr:`_shown` says."""
        shown, code = self._shown, self._session.code(self._shown["content"])
        layer, channel = shown["layer"], shown["channel"]
        mean, std = ({n: v.clone() for n, v in part.items()} for part in (code.statistics.mean, code.statistics.std))
        features = code.features[layer][0, channel].float().cpu()
        own = self._own(shown["content"], layer, channel)
        mean[layer][0, channel], std[layer][0, channel] = shown["mean"], shown["deviation"]
        changed = shown["deviation"] * (features - own["mean"]) / own["deviation"] + shown["mean"]
        self._images = self.stylizer.render(code, Statistics(mean, std, code.statistics.model))
        self.mean_range, self.deviation_range = self._ranges()
        low, high = self.mean_range
        self._map = to_pil(((changed - low) / (high - low)).clamp(0, 1).expand(1, 3, -1, -1))
        self.before, self.now = (_shares(values, low, high) for values in (features, changed))
        self.channels = code.features[layer].shape[1]
        self.feature_map = to_bytes(self._map.resize((self._map.width * 8, self._map.height * 8), 0), "jpeg")
        self.picture = to_bytes(self._images, "jpeg", quality=92)

    def _histogram_still(self) -> Image.Image:
        """The histogram as the page draws it: grey the photograph's, blue what was made of it."""
        side, gap = 480, 12
        image = Image.new("RGB", (side, side), "white")
        draw = ImageDraw.Draw(image)
        width = (side - 2 * gap) / _BINS
        for k, (before, now) in enumerate(zip(self.before, self.now, strict=True)):
            left, floor = gap + k * width, side - gap
            draw.rectangle((left, floor - (side - 3 * gap) * before**0.5, left + width - 1, floor), "#c8ccd0")
            draw.rectangle((left + 2, floor - (side - 3 * gap) * now**0.5, left + width - 3, floor), "#0072b2")
        draw.line((gap, side - gap, side - gap, side - gap), "#3c4043", 2)
        return image

    # ---- what may be set -----------------------------------------------------------------------------------------

    @t.validate(*_settings)
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name, value = proposal["trait"].name, proposal["value"]
        with self._guard():
            if name == "content":
                return self._session.contents[value].name
            if name == "layer":
                return self._checked_layer(value)
            if name == "channel":
                return value  # it depends on the layer, which may come with it: see _render
            if not math.isfinite(value):
                raise InputError(f"{name} must be a finite number, got {value}")
            return max(value, _LEAST) if name == "deviation" else value
        return self._shown[name]

    def _checked_layer(self, value: Any) -> str:
        if value not in self.stylizer.layers:
            raise InputError(f"unknown layer {value!r}: {self.stylizer.model!r} has {', '.join(self.stylizer.layers)}")
        return value

    def _checked_channel(self, value: Any, content: str, layer: str) -> int:
        last = self._session.code(content).features[layer].shape[1] - 1
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= last:
            raise InputError(f"channel must be a whole number from 0 to {last}, got {value}")
        return value

    @t.observe(*_settings)
    def _render(self, _: Any) -> None:
        """Paint once per change, however many traits changed together."""
        with self._lock, self._guard():
            if self._settling:  # the values that this method sets itself
                return
            wanted, before = {name: getattr(self, name) for name in self._settings}, self._shown
            if wanted == before:
                return
            self._settling = self.busy = True
            try:
                place = {name: wanted[name] for name in ("content", "layer")}
                if wanted["layer"] != before["layer"] and wanted["channel"] == before["channel"]:
                    wanted["channel"] = self._loudest(**place)
                place["channel"] = self._checked_channel(wanted["channel"], **place)
                moved = any(place[name] != before[name] for name in place)
                for name, own in self._own(**place).items() if moved else ():
                    if wanted[name] == before[name]:
                        wanted[name] = own
                with self.hold_sync():  # one message
                    self._shown = wanted
                    self._paint()
                    self.error = ""
            finally:
                for name, value in self._shown.items():
                    setattr(self, name, value)
                self.busy = self._settling = False

    @t.observe("request")
    def _on_request(self, change: Any) -> None:
        self._dispatch(self, change["new"], [])

    def _do_reset(self, *_: Any) -> None:
        self.reset()


def _shares(values: torch.Tensor, low: float, high: float) -> list[float]:
    """The share of positions in each bin; what lies outside counts in the first and the last."""
    counts = torch.histc(values.clamp(low, high), _BINS, low, high)
    return (counts / values.numel()).tolist()
