"""Command lines in processes of their own, and pictures that are none: what the campaign and the fuzzer share."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import socket
import struct
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from pictures import scene
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from adain_lab import cli

__all__ = ["Outcome", "bad_pictures", "run_forked", "tree"]


@dataclass(frozen=True)
class Outcome:
    """What came of a command line; ``status`` is negative after a signal, and None when it did not end in time."""

    status: int | None
    out: str
    err: str

    @property
    def said(self) -> str:
        """What was said to the user: progress bars are taken out."""
        lines = self.err.replace("\r", "\n").splitlines()
        return "\n".join(line for line in lines if line.strip() and "it/s" not in line and "|" not in line)


def run_forked(
    arguments: list[object],
    folder: Path,
    limit: float = 120,
    before: Callable[[], object] = lambda: None,
    largest: int | None = None,
) -> Outcome:
    """``adain-lab`` in a forked process: whatever it does to itself, this one lives on.

    Args:
        arguments: of the command line.
        folder: where it runs.
        limit: seconds until it is killed.
        before: called in the new process first.
        largest: bytes that it may write into a file; None for any number.
    """
    logs = [folder.parent / f"{folder.name}.{name}" for name in ("out", "err")]
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 99
        try:
            for number, log in enumerate(logs, 1):
                os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            before()
            sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", errors="backslashreplace") for n in (1, 2))
            os.setsid()
            os.chdir(folder)
            torch.set_num_threads(1)  # the threads of before are gone
            if largest is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
            try:
                status = cli.main([str(a) for a in arguments])
            except SystemExit as stop:
                status = stop.code if isinstance(stop.code, int) else 1
        except BaseException:
            traceback.print_exc()
            status = 98
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status or 0)
    end, ended = time.monotonic() + limit, 0
    while not ended and time.monotonic() < end:
        ended, code = os.waitpid(child, os.WNOHANG)
        if not ended:
            time.sleep(0.005)
    if not ended:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(code) if ended else None
    return Outcome(status, *(log.read_text(encoding="utf-8", errors="replace") for log in logs))


def tree(folder: Path) -> dict[str, object]:
    """Everything in a folder: the bytes of files, and what else there is by its kind."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = "folder" if path.is_dir() else "other"
    return found


# ---- pictures that are none ----------------------------------------------------------------------------------------


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(width: int, height: int, data: bytes = b"", *more: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")


def encoded(format: str, height: int = 40, width: int = 56, **options: object) -> bytes:
    """A good picture as the bytes of a file."""
    buffer = io.BytesIO()
    Image.fromarray(scene(height, width)).save(buffer, format, **options)
    return buffer.getvalue()


def bad_pictures(folder: Path) -> dict[str, Path]:
    """Files, and what is no file, that no command can take as a picture: name of the case -> path."""
    whole = {name: encoded(name) for name in ("JPEG", "PNG", "GIF", "TIFF", "BMP")}
    files = {
        "empty.png": b"",
        "text.jpg": b"no picture",
        "zeros.png": bytes(5000),
        "cut.jpg": whole["JPEG"][: len(whole["JPEG"]) // 2],
        "cut.png": whole["PNG"][: len(whole["PNG"]) // 2],
        "cut.gif": whole["GIF"][:40],
        "cut.tif": whole["TIFF"][: len(whole["TIFF"]) // 2],
        "cut.bmp": whole["BMP"][: len(whole["BMP"]) // 2],
        "cut.webp": encoded("WEBP")[:60],
        "head.png": whole["PNG"][:20],
        "crc.png": whole["PNG"].replace(b"IDAT", b"IDAT\x01", 1),
        "bomb.png": _png(60_000, 60_000),
        "wide.png": _png(2**31 - 1, 1),
        "no_pixels.png": _png(0, 0),
        "short.png": _png(100, 100, b"\0" * 50),
        "bomb.gif": b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;",
        "program.eps": encoded("EPS"),
        "program.png": encoded("EPS"),
        "plain.ppm": b"P6 4 4 255\n" + bytes(48),
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "paper.png": b"%PDF-1.4\n%%EOF\n",
        "surface.png": b"DDS " + struct.pack("<I", 124) + bytes(120),
        "wrong.avif": b"\0\0\0\x20ftypavif" + bytes(60),
        "avif.png": b"\0\0\0\x20ftypavif" + bytes(60),
        "icon.png": b"\0\0\1\0\1\0" + bytes(40),
        "flash.png": b"FWS\x05" + bytes(40),
    }
    folder.mkdir()
    paths = {}
    for name, data in files.items():
        (folder / name).write_bytes(data)
        paths[name] = folder / name
    (folder / "folder.png").mkdir()
    (folder / "circle.png").symlink_to("circle.png")
    (folder / "nowhere.png").symlink_to("nothing_here.png")
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "console.png").symlink_to("/dev/null")
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(folder):
        listening.bind("socket.png")
    for name in ("folder", "circle", "nowhere", "device", "console", "pipe", "socket"):
        paths[f"{name}.png"] = folder / f"{name}.png"
    paths["missing"] = folder / "missing.png"
    paths["long name"] = folder / ("x" * 300 + ".png")
    paths["file as folder"] = folder / "text.jpg" / "x.png"
    return paths


def good_pictures(folder: Path) -> None:
    """What every case has: photo.png, style.png, a clip, a mask, and pictures with something odd that are good."""
    folder.mkdir()
    for number, name in enumerate(("photo.png", "style.png", "mask.png")):
        Image.fromarray(scene(40, 48, number)).save(folder / name)
    frames = [Image.fromarray(scene(32, 40, number)) for number in range(2)]
    frames[0].save(folder / "clip.gif", save_all=True, append_images=frames[1:], duration=80)
    camera = encoded("JPEG", exif=_exif())
    at = camera.index(b"Exif\0\0") + 6
    (folder / "cut_exif.jpg").write_bytes(camera[:at] + camera[at : at + 9] + b"\xff" * 9 + camera[at + 18 :])
    note = PngInfo()
    note.add_text("Comment", "\x1b[2J\x1b]0;title\x07")
    Image.fromarray(scene(40, 48)).save(folder / "escape.png", pnginfo=note)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif
