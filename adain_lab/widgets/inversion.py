"""The inversion panel: choose a layer, and watch a picture grow out of its features, or a texture out of their
statistics.
"""

from __future__ import annotations

from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.devices import choose_device
from adain_lab.errors import InputError
from adain_lab.images import check_size, resize, to_bytes, to_pil, to_tensor
from adain_lab.networks.encoder import LAYERS, Encoder
from adain_lab.optimize.inversion import receptive_field, stride
from adain_lab.weights import load_encoder
from adain_lab.widgets import frontend
from adain_lab.widgets.live_panel import LivePanel
from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.session import SIZES, fitted_size
from adain_lab.widgets.session.gallery import Gallery
from adain_lab.widgets.session.inversion import MODES, Found, search
from adain_lab.widgets.session.live_run import LiveRun
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.thumbnails import picture_lists

__all__ = ["InversionPanel"]

#: The page is shown a new picture this often at most, seconds.
INTERVAL = 0.12
#: Finished results that are kept.
KEPT = 64


_Lists: Any = picture_lists("contents", "patterns")


class InversionPanel(_Lists, LivePanel):
    """Layers to choose from, and what is left of a picture in each.

    The search runs in a thread of its own: cells can be run meanwhile, the page shows the picture as it grows, and a
    new choice replaces the old one. Results are kept, so that going back costs nothing. From Python, set a trait and
    call :meth:`wait`.

    Args:
        content: the name of a bundled photograph, or any picture; what is reconstructed in mode "features".
        layer: one of :data:`~adain_lab.networks.encoder.LAYERS`.
        pattern: the name of a bundled style, or any picture; whose texture is made in mode "texture".
        mode: one of :data:`MODES`.
        encoder: an encoder or its name.
        size: shorter side of the pictures, pixels.
        steps: of each search.
        seed: of the noise that it starts from.

    Attributes:
        content, pattern, layer, mode, seed: what is looked for; settable.
        original, result, second: JPEG files: the picture, what was found, and in mode "texture" what was found by mean
            and standard deviation (then ``result`` is what was found by Gram matrices).
        progress, status: how far it is, 0 to 1 and in words.
        split: where the divider stands, 0 (only the reconstruction) to 1 (only the picture); settable.
        busy, error: whether it is searching; one sentence, empty while all is well.
        images: what was found, tensors (1, 3, H, W) in [0, 1].

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = InversionPanel(torch.rand(3, 32, 40), "relu1_1", encoder="tiny", size=32, steps=3)
        >>> panel.wait(), panel.progress
        (True, 1.0)
        >>> panel.layer = "relu6_1"
        >>> panel.error[:24], panel.layer
        ("unknown layer 'relu6_1':", 'relu1_1')
        >>> panel.close()
    """

    _esm = frontend.module("inversion.js")
    _css = frontend.stylesheet("al-inversion", "panel.css", "alpha.css", "inversion.css")
    _shown_in_repr = ("mode", "content", "pattern", "layer")
    _settings = ("mode", "layer", "content", "pattern", "seed", "split")

    mode = t.Unicode(MODES[0]).tag(sync=True)
    layer = t.Unicode(LAYERS[0]).tag(sync=True)
    pattern = t.Unicode().tag(sync=True)
    seed = t.Int(0).tag(sync=True)
    original = bytes_trait()
    result = bytes_trait()
    second = bytes_trait()
    progress = t.Float(0.0).tag(sync=True)
    #: The mode to which the pictures that are shown belong.
    shown_mode = t.Unicode(MODES[0]).tag(sync=True)
    #: The layers: name and what is known of each.
    layers = t.List(t.Dict()).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        layer: str = "relu3_1",
        pattern: Any = "stained_glass",
        *,
        mode: str = "features",
        encoder: Encoder | str = "slim",
        size: int = 128,
        steps: int = 80,
        seed: int = 0,
    ):
        check_size(size, *SIZES)
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise InputError(f"steps must be a whole number of at least 1, got {steps!r}")
        self._encoder = load_encoder(encoder).to(choose_device()) if isinstance(encoder, str) else encoder
        self._size, self._steps = size, steps
        self._kept: dict[tuple, Found] = {}
        self._pictures: dict[tuple[str, str], torch.Tensor] = {}
        self._searching: tuple | None = None
        self._found = Found((), 0.0, "")
        galleries = {"content": Gallery("content"), "pattern": Gallery("style")}
        start = {
            "mode": self._checked("mode", mode),
            "layer": self._checked("layer", layer),
            "content": galleries["content"].find(content),
            "pattern": galleries["pattern"].find(pattern),
            "seed": seed,
        }
        super().__init__(galleries, start, layers=[self._described(name) for name in self._encoder.layers])
        with self._lock:
            self._look()

    @property
    def images(self) -> tuple[torch.Tensor, ...]:
        """What was found so far: the reconstruction, or the textures by Gram matrices and by mean and standard
        deviation.
        """
        return self._found.images

    def static(self) -> Image.Image:
        """The picture and what was found side by side with captions, for readers of the saved notebook."""
        kind = "content" if self.mode == "features" else "pattern"
        picture = self._picture(kind, getattr(self, kind))
        captions = [f"from {self.layer}"] if self.mode == "features" else ["Gram matrices", "mean and std"]
        found = [(caption, to_pil(images)) for caption, images in zip(captions, self.images, strict=False)]
        return captioned_row([("original", to_pil(picture)), *found], height=max(200, picture.shape[2]))

    # ---- the search ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Begin the search that the traits ask for, unless it is under way or done."""
        kind = "content" if self.mode == "features" else "pattern"
        name = getattr(self, kind)
        wanted = (self.mode, name, self.layer, self.seed)
        if wanted == self._searching:
            return
        picture = self._picture(kind, name)
        self._abandon()
        self._searching = wanted
        what = (
            f"reconstructed from {self.layer}"
            if self.mode == "features"
            else f"as a texture, layers up to {self.layer}"
        )
        title = self._title(kind, name)
        self._words = f"{title}, {what}"
        with self.hold_sync():  # one message
            self.shown_mode, self.alt, self.error = self.mode, title, ""  # nothing has been found yet
            self.original = to_bytes(picture, "jpeg", quality=92)
            if wanted in self._kept:
                self._show_found(self._kept[wanted])
                self.busy = False
                return
            self.busy, self.progress, self.status = True, 0.0, "starting …"
        steps = search(self.mode, picture, self.layer, self._encoder, self._steps, self.seed)
        self._live = LiveRun(steps, self._tell, INTERVAL)

    def _show(self, live: LiveRun[Found]) -> None:
        with self.hold_sync():  # one message
            if live.latest is not None and live.latest is not self._found:
                self._show_found(live.latest)
            self.busy = live.state == "running"
            if live.error:
                self.error = live.error
        if self._searching is not None and not live.running:
            if live.state == "finished":
                self._keep(self._searching, self._found)
            else:  # the same choice again searches again
                self._searching = None

    def _show_found(self, found: Found) -> None:
        self._found = found
        files = [to_bytes(images, "jpeg", quality=92) for images in found.images]
        self.alt = self._words
        self.result, self.second = files[0], files[1] if len(files) > 1 else b""
        self.progress, self.status = found.progress, found.words

    def _keep(self, wanted: tuple, found: Found) -> None:
        self._kept[wanted] = found
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))

    def _picture(self, kind: str, name: str) -> torch.Tensor:
        if (kind, name) not in self._pictures:
            images = to_tensor(self._galleries[kind][name].open())
            self._pictures[kind, name] = resize(images, fitted_size(images.shape[3], images.shape[2], self._size))
        return self._pictures[kind, name]

    def _described(self, layer: str) -> dict[str, Any]:
        convolution = self._encoder.get_submodule(layer.replace("relu", "conv"))
        return {
            "name": layer,
            "channels": convolution.out_channels,
            "stride": stride(layer),
            "field": receptive_field(layer),
        }

    # ---- what may be set -------------------------------------------------------------------------------------------

    def _checked(self, name: str, value: Any) -> Any:
        if name in ("content", "pattern"):
            return self._galleries[name][value].name
        choices = MODES if name == "mode" else self._encoder.layers
        if name in ("mode", "layer") and value not in choices:
            raise InputError(f"unknown {name} {value!r}: choose from {', '.join(choices)}")
        return super()._checked(name, value)

    @t.validate(*_settings)
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe("mode", "layer", "content", "pattern", "seed")
    def _settings_changed(self, _: Any) -> None:
        with self._lock, self._guard():
            if self._ready:
                self._look()
