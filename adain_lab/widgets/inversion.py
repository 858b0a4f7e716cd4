"""The inversion panel: choose a layer, and watch a picture grow out of its features, or a texture out of their
statistics.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.devices import choose_device
from adain_lab.errors import InputError
from adain_lab.images import resize, to_bytes, to_pil, to_tensor
from adain_lab.metrics import psnr
from adain_lab.networks.encoder import LAYERS, Encoder
from adain_lab.optimize.inversion import KINDS, Step, invert, receptive_field, stride, texture
from adain_lab.weights import load_encoder
from adain_lab.widgets import frontend
from adain_lab.widgets.gallery import Gallery
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session import SIZES, fitted_size
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.uploads import Uploads
from adain_lab.widgets.worker import Run, Worker

__all__ = ["MODES", "Found", "InversionPanel", "search", "texture_layers"]

#: What is looked for: a picture with the same features, or textures with the same statistics of features.
MODES = ("features", "texture")
#: The page is shown a new picture this often at most, seconds.
INTERVAL = 0.12
#: Finished results that are kept.
KEPT = 64


@dataclass(frozen=True)
class Found:
    """What a search has found so far.

    Attributes:
        images: one reconstruction, or one texture for each of :data:`~adain_lab.optimize.inversion.KINDS`; each (1, 3,
            H, W) in [0, 1].
        progress: 0 to 1.
        words: how far it is, for people.
    """

    images: tuple[torch.Tensor, ...]
    progress: float
    words: str


def search(mode: str, images: torch.Tensor, layer: str, encoder: Encoder, steps: int, seed: int) -> Iterator[Found]:
    """What the panel computes, step by step; nothing here knows a widget.

    Args:
        mode: one of :data:`MODES`.
        images: the picture, (1, 3, H, W).
        layer: whose features; for textures the deepest of :func:`texture_layers`.
    """
    if mode == "features":
        searches = [invert(images, layer, encoder, steps=steps, seed=seed)]
    else:
        searches = [texture(images, texture_layers(layer), kind, encoder, steps=steps, seed=seed) for kind in KINDS]
    for found in zip(*searches, strict=True):
        done = found[0].iteration
        yield Found(
            tuple(step.image for step in found), done / steps, f"step {done} of {steps} · {_words(mode, images, found)}"
        )


def _words(mode: str, images: torch.Tensor, found: tuple[Step, ...]) -> str:
    if mode == "features":
        return f"feature loss {found[0].losses['features']:.4f} · pixels {psnr(found[0].image, images.cpu()):.1f} dB"
    off = (
        sum(v for name, v in step.losses.items() if name in LAYERS) / len(step.losses.keys() & set(LAYERS))
        for step in found
    )
    return " · ".join(f"{name} loss {value:.4f}" for name, value in zip(KINDS, off, strict=True))


def texture_layers(layer: str) -> list[str]:
    """The first layer of every block up to the one of ``layer``, which itself is the last.

    Example:
        >>> texture_layers("relu3_2")
        ['relu1_1', 'relu2_1', 'relu3_2']
    """
    return [name for name in LAYERS[: LAYERS.index(layer)] if name.endswith("_1") and name[4] != layer[4]] + [layer]


class InversionPanel(Panel):
    """Layers to choose from, and what is left of a picture in each.

    The search runs in a thread of its own: cells can be run meanwhile, the page shows the picture as it grows, and a
        new
    choice replaces the old one. Results are kept, so that going back costs nothing. From Python, set a trait and
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
    _css = frontend.stylesheet("panel.css", "alpha.css", "inversion.css")
    _shown_in_repr = ("mode", "content", "pattern", "layer")

    mode = t.Unicode(MODES[0]).tag(sync=True)
    layer = t.Unicode(LAYERS[0]).tag(sync=True)
    content = t.Unicode().tag(sync=True)
    pattern = t.Unicode().tag(sync=True)
    seed = t.Int(0).tag(sync=True)
    split = t.Float(0.5).tag(sync=True)
    original = bytes_trait()
    result = bytes_trait()
    second = bytes_trait()
    progress = t.Float(0.0).tag(sync=True)
    status = t.Unicode("").tag(sync=True)
    #: The mode to which the pictures that are shown belong, and what they are, in words.
    shown_mode = t.Unicode(MODES[0]).tag(sync=True)
    alt = t.Unicode("").tag(sync=True)
    #: The layers: name and what is known of each.
    layers = t.List(t.Dict()).tag(sync=True)
    #: The pictures to choose from: name, title, alt and a JPEG thumbnail of each.
    contents = t.List(t.Dict()).tag(sync=True)
    patterns = t.List(t.Dict()).tag(sync=True)

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
        self._worker = Worker()  # first of all: a panel that is refused is closed, too
        if isinstance(size, bool) or not isinstance(size, int) or not SIZES[0] <= size <= SIZES[1]:
            raise InputError(f"size must be a whole number of pixels from {SIZES[0]} to {SIZES[1]}, got {size!r}")
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise InputError(f"steps must be a whole number of at least 1, got {steps!r}")
        self._encoder = load_encoder(encoder).to(choose_device()) if isinstance(encoder, str) else encoder
        self._size, self._steps = size, steps
        self._galleries = {"content": Gallery("content"), "pattern": Gallery("style")}
        self._uploads = Uploads()
        self._kept: dict[tuple, Found] = {}
        self._pictures: dict[tuple[str, str], torch.Tensor] = {}
        self._wanted: tuple | None = None
        self._found = Found((), 0.0, "")
        self._ready = False
        start = {
            "mode": self._check("mode", mode),
            "layer": self._check("layer", layer),
            "content": self._galleries["content"].find(content),
            "pattern": self._galleries["pattern"].find(pattern),
            "seed": seed,
        }
        self._good = dict(start)
        super().__init__(
            **start,
            layers=[self._described(name) for name in self._encoder.layers],
            contents=_items(self._galleries["content"]),
            patterns=_items(self._galleries["pattern"]),
        )
        self._ready = True
        self._look()

    @property
    def images(self) -> tuple[torch.Tensor, ...]:
        """What was found so far: the reconstruction, or the textures by Gram matrices and by mean and standard
        deviation.
        """
        return self._found.images

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the search is done; False when ``timeout`` seconds were not enough."""
        return self._worker.wait(timeout)

    def close(self) -> None:
        """End the search and take the panel off the page."""
        self._worker.stop()
        super().close()

    def add(self, kind: str, picture: Any, name: str | None = None) -> str:
        """Bring a picture of your own and choose it.

        Args:
            kind: "content" or "pattern".
            picture: a path, bytes, a Pillow image, an array or a tensor.
            name: what to call it.

        Returns:
            The name it was given.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture, or too small. Nothing has changed then.
        """
        if kind not in self._galleries:
            raise InputError(f"unknown kind of picture {kind!r}: choose from {', '.join(self._galleries)}")
        name = self._galleries[kind].add(picture, name, {self.content, self.pattern})
        self.set_trait(f"{kind}s", _items(self._galleries[kind]))
        self.set_trait(kind, name)
        return name

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
        if wanted == self._wanted:
            return
        picture = self._picture(kind, name)
        self._worker.stop()
        self._wanted = wanted
        title = self._galleries[kind][name].title
        what = (
            f"reconstructed from {self.layer}"
            if self.mode == "features"
            else f"as a texture, layers up to {self.layer}"
        )
        self._words = f"{title}, {what}"
        with self.hold_sync():  # one message
            self.shown_mode, self.alt, self.error = self.mode, title, ""  # nothing has been found yet
            self.original = to_bytes(picture, "jpeg", quality=92)
            if wanted in self._kept:
                self._show(self._kept[wanted])
                return
            self.busy, self.progress, self.status = True, 0.0, "starting …"
        self._worker.start(lambda run: self._work(run, wanted, picture))

    def _work(self, run: Run, wanted: tuple, picture: torch.Tensor) -> None:
        """In the thread: search, and show what was found now and then."""
        mode, _, layer, seed = wanted
        try:
            shown = -math.inf
            for found in search(mode, picture, layer, self._encoder, self._steps, seed):
                if not run.wanted:
                    return
                if found.progress == 1 or time.monotonic() - shown > INTERVAL:
                    with self._lock:
                        if not run.wanted:
                            return
                        self._show(found)
                        if found.progress == 1:
                            self._keep(wanted, found)
                    shown = time.monotonic()
        except Exception as error:
            with self._lock:
                if run.wanted:
                    self._wanted = None
                    self.error = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
                    self.busy = False

    def _show(self, found: Found) -> None:
        self._found = found
        files = [to_bytes(images, "jpeg", quality=92) for images in found.images]
        with self.hold_sync():  # one message
            self.alt = self._words
            self.result, self.second = files[0], files[1] if len(files) > 1 else b""
            self.progress, self.status, self.busy = found.progress, found.words, found.progress < 1

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

    def _check(self, name: str, value: Any) -> Any:
        if name == "split":
            if not math.isfinite(value):
                raise InputError(f"split must be a number from 0 to 1, got {value}")
            return min(1.0, max(0.0, value))
        if name in self._galleries:
            return self._galleries[name][value].name
        choices = MODES if name == "mode" else self._encoder.layers
        if name in ("mode", "layer") and value not in choices:
            raise InputError(f"unknown {name} {value!r}: choose from {', '.join(choices)}")
        return value

    @t.validate("mode", "layer", "content", "pattern", "seed", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name = proposal["trait"].name
        with self._guard():
            self._good[name] = self._check(name, proposal["value"])
            return self._good[name]
        return self._good.get(name, 0.5)

    @t.observe("mode", "layer", "content", "pattern", "seed")
    def _search_again(self, _: Any) -> None:
        with self._lock, self._guard():
            if self._ready:
                self._look()

    # ---- messages of the front end ---------------------------------------------------------------------------------

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        upload = self._uploads.take(content, buffers)
        if upload is not None:
            self.add(upload.kind, upload.data, upload.name)


def _items(gallery: Gallery) -> list[dict[str, Any]]:
    return [{"name": i.name, "title": i.title, "alt": i.alt, "own": i.own, "thumbnail": i.thumbnail()} for i in gallery]
