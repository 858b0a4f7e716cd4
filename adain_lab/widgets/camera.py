"""The camera panel: what the webcam sees, painted while it moves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.errors import InputError
from adain_lab.images import to_bytes, to_pil, to_tensor
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session.camera import CameraSession
from adain_lab.widgets.session.recorder import Recorder, recording_formats
from adain_lab.widgets.thumbnails import Thumbnails
from adain_lab.widgets.uploads import Uploads

__all__ = ["CameraPanel"]


class CameraPanel(Thumbnails, Panel):
    """The webcam, painted continuously; without one, a clip that pans over a photograph.

    The page sends a frame and waits until it is back before it takes the next: a slow kernel drops frames, nothing queues
    up. Nothing leaves this machine and its Jupyter server. A panel that is out of sight, or closed, lets go of the camera.

    Without a browser, :meth:`paint` paints what it is given, as one frame of a moving picture.

    Args:
        styles: one style or two to mix: names of bundled samples, or any pictures (path, bytes, Pillow image, array,
            tensor).
        content: the photograph of the clip: the same.
        stylizer: what renders; None for the default model, or a model's name. ``tiny`` is the fastest.
        alpha: 0 = content, 1 = style.
        share: of the second style, 0 to 1; None for half, where there are two.
        color: None for the style's colours, or "luminance" to keep the camera's.
        size: shorter side of the frames, 128 to 384 pixels.
        smoothing: of the content's statistics over time, 0 to below 1, against flicker; see
            :mod:`adain_lab.video.stylize`.
        source: "camera" or "clip".

    Attributes:
        style_names, alpha, share, color, size, smoothing, source, content: as above; settable.
        running: whether the page sends frames; settable.
        picture, before: the frame that was painted when it was stopped, and the frame itself; files.
        images: the last painted frame, (1, 3, H, W) in [0, 1].
        milliseconds, frames: what the last frame took in the kernel, and how many there were.
        seconds, format: length and kind of a recording; settable.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = CameraPanel(["kilim", "marbled"], stylizer="tiny", size=128)
        >>> panel.paint(torch.rand(3, 144, 192)).shape
        torch.Size([1, 3, 128, 171])
        >>> panel.share = 0.25
        >>> panel
        CameraPanel(style_names=['kilim', 'marbled'], share=0.25, alpha=1.0, size=128, source='camera')
        >>> panel.size = 1000
        >>> panel.error, panel.size
        ('size must be a whole number of pixels from 128 to 384, got 1000', 128)
    """

    _esm = frontend.module("camera.js")
    _css = frontend.stylesheet("al-camera-panel", "panel.css", "alpha.css", "controls.css", "camera.css")
    _shown_in_repr = ("style_names", "share", "alpha", "size", "source")
    _settings = (
        "style_names",
        "share",
        "alpha",
        "color",
        "size",
        "smoothing",
        "source",
        "content",
        "seconds",
        "format",
    )

    style_names = t.List(t.Unicode()).tag(sync=True)
    share = t.Float(0.0).tag(sync=True)
    alpha = t.Float(1.0).tag(sync=True)
    color = t.Unicode(None, allow_none=True).tag(sync=True)
    size = t.Int(192).tag(sync=True)
    smoothing = t.Float(0.8).tag(sync=True)
    source = t.Unicode("camera").tag(sync=True)
    content = t.Unicode().tag(sync=True)
    seconds = t.Float(4.0).tag(sync=True)
    format = t.Unicode(".webp").tag(sync=True)
    formats = t.List(t.Unicode(), read_only=True).tag(sync=True)
    #: The photograph that the clip pans over, a JPEG file.
    clip = bytes_trait()
    picture = bytes_trait()
    before = bytes_trait()
    running = t.Bool(False).tag(sync=True)
    #: The view that has the camera; the others show what it gets back.
    driver = t.Unicode("").tag(sync=True)
    recording = t.Bool(False).tag(sync=True)
    #: What the page asks for, such as {"do": "save"}; it waits its turn behind the settings.
    request = t.Dict().tag(sync=True)

    def __init__(
        self,
        styles: Any = ("night_village",),
        content: Any = "cat",
        *,
        stylizer: Stylizer | str | None = None,
        alpha: float = 1.0,
        share: float | None = None,
        color: str | None = None,
        size: int = 192,
        smoothing: float = 0.8,
        source: str = "camera",
    ):
        self._session = session = CameraSession(stylizer)
        listed = list(styles) if isinstance(styles, (list, tuple)) else [styles]
        start = {
            "style_names": [session.styles.find(style) for style in listed],
            "share": 0.5 * (len(listed) == 2) if share is None else share,
            "alpha": alpha,
            "color": color,
            "size": size,
            "smoothing": smoothing,
            "source": source,
            "content": session.contents.find(content),
            "seconds": 4.0,
            "format": ".webp",
        }
        session.begin(start)
        self._uploads = Uploads()
        self._recorder: Recorder | None = None
        self.set_trait("formats", recording_formats())
        super().__init__(**session.settings, clip=session.file, picture=session.frame.jpeg, before=session.file)
        self.show_samples(styles=session.styles)  # of the photographs the page shows no thumbnails
        self.show_pictures("contents", session.contents)
        self.show_pictures("styles", session.styles)

    # ---- for everybody -----------------------------------------------------------------------------------------

    @property
    def stylizer(self) -> Stylizer:
        """What renders."""
        return self._session.stylizer

    @property
    def images(self) -> torch.Tensor:
        """The last painted frame, (1, 3, H, W) in [0, 1]."""
        return self._session.frame.images

    @property
    def milliseconds(self) -> float:
        """What the last frame took in the kernel, from its file to the painted one's."""
        return self._session.frame.milliseconds

    @property
    def frames(self) -> int:
        """How many frames there were."""
        return self._session.frames

    def paint(self, picture: Any, name: str = "frame.png") -> torch.Tensor:
        """Paint the next frame of a moving picture.

        Args:
            picture: a path, the bytes of a file, a Pillow image, an array or a tensor.
            name: what its recipe calls it.

        Returns:
            (1, 3, H, W) in [0, 1], with the panel's ``size`` as its shorter side.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture.
        """
        file = picture if isinstance(picture, bytes) else to_bytes(to_tensor(picture), "png")
        with self._lock:
            self._take(file, name)
            self._keep()
        return self.images

    def add_style(self, picture: Any, name: str | None = None) -> str:
        """Bring a style of your own: it takes the place of the last one. Returns the name it was given.

        Args:
            picture: a path, bytes, a Pillow image, an array or a tensor.
            name: what to call it.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture. Nothing has changed then.
        """
        name = self._session.styles.add(picture, name, set(self.style_names))
        with self.hold_sync():  # one message
            self.show_pictures("styles", self._session.styles)
        self.style_names = [*self.style_names[:-1], name]
        return name

    def start_recording(self) -> None:
        """Keep the frames from now on, until there are :attr:`seconds` of them."""
        with self._lock:
            self._recorder, self.recording = Recorder(self.seconds), True

    def stop_recording(self) -> bytes:
        """The recording as a file, of the kind that :attr:`format` says.

        Raises:
            ValueError: there are fewer than two frames.
        """
        with self._lock:
            recorder, self._recorder, self.recording = self._recorder, None, False
            if recorder is None:
                raise InputError("nothing is being recorded: call start_recording() first")
            return recorder.file(self.format)

    def png(self) -> bytes:
        """The last frame painted by itself, as a PNG file with its recipe.

        A moving picture is smoothed over its frames, which no recipe can tell; so this one is painted without, from the
        frame that :meth:`frame_file` gives. With both files in a folder, ``adain-lab reproduce`` makes it again.
        """
        return self._session.png()

    def frame_file(self) -> tuple[str, bytes]:
        """Name and bytes of the frame that :meth:`png` paints."""
        return self._session.name, self._session.file

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        return self._session.alt

    def static(self) -> Image.Image:
        """The last frame, the styles and what was painted, with captions, for readers of the saved notebook."""
        return self._session.still()

    def _take(self, file: bytes, name: str) -> None:
        """Paint a frame, and record it where frames are recorded."""
        self._session.take(file, name)
        if self._recorder is not None:
            full = self._recorder.add(to_pil(self.images), time.monotonic())
            if full and self.running:
                self._send_recording("")

    def _keep(self) -> None:
        """Put the last frame where views that are opened later, and Python, find it."""
        with self.hold_sync():
            self.picture, self.before = self._session.frame.jpeg, self._session.file

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate(*_settings)
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        name = proposal["trait"].name
        with self._guard():
            return self._session.checked(name, proposal["value"])
        return self._session.settings[name]

    @t.observe(*_settings)
    def _on_change(self, change: Any) -> None:
        with self._lock, self._guard():
            name, value = change["name"], change["new"]
            if self._session.settings.get(name) == value:
                return
            self._session.put(name, value)
            self.error = ""
            if name == "content":
                self.clip = self._session.clip()
            if not self.running and name not in ("seconds", "format"):
                self._session.repaint()
                self._keep()

    @t.observe("running")
    def _on_running(self, change: Any) -> None:
        with self._lock, self._guard():
            self._session.forget_motion()
            if change["new"]:
                self.error = ""
                return
            self._keep()
            if self.recording:
                self._send_recording("")

    # ---- messages of the front end -----------------------------------------------------------------------------

    def _do_frame(self, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        """A frame of the view that has the camera. It is answered, whatever becomes of it: the page waits for that."""
        view, number = content.get("view"), content.get("number")
        if not self.running or view != self.driver or len(buffers) != 1:
            self.send({"do": "refused", "view": view, "number": number})
            return
        try:
            self._take(bytes(buffers[0]), str(content.get("name") or "frame.jpg"))
        except Exception:
            self.send({"do": "refused", "view": view, "number": number})
            raise
        height, width = self.images.shape[2:]
        times = {"milliseconds": self.milliseconds, "network": self._session.network}
        answer = {"do": "frame", "view": view, "number": number, **times, "width": width, "height": height}
        self.send(answer, [self._session.frame.jpeg])

    def _do_upload(self, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        upload = self._uploads.take(content, buffers)
        if upload is not None:
            self.add_style(upload.data, upload.name)

    @t.observe("request")
    def _on_request(self, change: Any) -> None:
        self._dispatch(self, change["new"], [])

    def _do_save(self, content: dict[str, Any], _: Any) -> None:
        name, file = self.frame_file()
        stem = f"{name.rsplit('.', 1)[0]} in {' '.join(self.style_names)}".replace(" ", "_")
        names = [f"{stem}.png", *([name] if self.frames else [])]
        self.send({"do": "save", "view": content.get("view"), "names": names}, [self.png(), file][: len(names)])

    def _do_record(self, content: dict[str, Any], _: Any) -> None:
        if self.recording:
            self._send_recording(str(content.get("view") or ""))
        else:
            if not self.running:
                raise InputError("there is nothing to record: start the camera first")
            self.start_recording()

    def _send_recording(self, view: str) -> None:
        """Give the recording to the view that asked, or else to the one that has the camera."""
        file = self.stop_recording()
        name = f"camera_in_{'_'.join(self.style_names)}{self.format}"
        self.send({"do": "save", "view": view or self.driver, "names": [name]}, [file])
