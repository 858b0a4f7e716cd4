"""A static page that paints in the reader's browser: an exported model, the samples, and onnxruntime for browsers."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np

from adain_lab.data import Sample, samples
from adain_lab.export.browser_runtime import PACKAGE, VERSION, browser_runtime, unpack
from adain_lab.export.files import check_export_folder, export_onnx
from adain_lab.files import temporary_folder
from adain_lab.images import open_image, to_bytes, to_tensor
from adain_lab.statistics import Statistics
from adain_lab.stylizer import Stylizer

__all__ = ["export_page", "statistics_row"]

#: The page's own files, as they are copied.
PAGE = Path(__file__).resolve().parent / "page"
#: Sides of the styles' thumbnails, pixels.
THUMBNAIL = 192


def export_page(stylizer: Stylizer, folder: str | os.PathLike, package: str | os.PathLike | None = None) -> dict:
    """Write the model and the page around it.

    Everything the page needs is in the folder, and all its addresses are relative: it works from any static server, at
    any depth, with no network beyond it.

    Args:
        stylizer, folder: as :func:`~adain_lab.export.files.export_onnx`.
        package: onnxruntime-web's npm package; fetched by npm, or taken from the cache, when None.

    Returns:
        What ``model.json`` holds.

    Raises:
        ConnectionError, FileNotFoundError, ValueError: as
            :func:`~adain_lab.export.browser_runtime.browser_runtime` and
            :func:`~adain_lab.export.files.export_onnx`; no half page is left.
    """
    folder = Path(folder)
    check_export_folder(folder, page=True)
    package = browser_runtime(package)
    with temporary_folder(folder.parent) as temporary:
        made = temporary / "page"
        manifest = export_onnx(stylizer, made)
        shutil.copytree(PAGE, made, dirs_exist_ok=True)
        unpack(package, made / "ort")
        pictures = {"contents": _contents(made), "styles": _styles(made, stylizer)}
        (made / "samples.json").write_text(json.dumps(pictures, indent=1) + "\n", encoding="utf-8")
        heavy = ("ort/ort.wasm", "ort/ort_webgpu.wasm", "encoder.onnx", "decoder.onnx")
        manifest["bytes"] = {name: (made / name).stat().st_size for name in heavy}
        manifest["runtime"] = f"{PACKAGE} {VERSION}"
        (made / "model.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        shutil.copytree(made, folder, dirs_exist_ok=True)
    return manifest


def statistics_row(statistics: Statistics) -> np.ndarray:
    """A style as one row of float32: layer by layer, all means, then all standard deviations."""
    parts = (part[layer].flatten() for layer in statistics.layers for part in (statistics.mean, statistics.std))
    return np.concatenate([part.cpu().numpy() for part in parts]).astype("<f4")


def _about(sample: Sample, file: str) -> dict[str, str]:
    keys = ("name", "title", "alt", "author", "licence")
    return {key: getattr(sample, key) for key in keys} | {"file": file}


def _contents(folder: Path) -> list[dict[str, str]]:
    (folder / "contents").mkdir()
    rows = []
    for sample in samples("content").values():
        shutil.copyfile(sample.path, folder / "contents" / sample.path.name)
        rows.append(_about(sample, f"contents/{sample.path.name}"))
    return rows


def _styles(folder: Path, stylizer: Stylizer) -> list[dict[str, str]]:
    """Thumbnails, and ``styles.bin``: a row of statistics per style, so that the paintings themselves need not travel."""
    (folder / "styles").mkdir()
    rows, measured = [], []
    for sample in samples("style").values():
        picture = open_image(sample.path)
        picture.thumbnail((THUMBNAIL, THUMBNAIL))
        (folder / "styles" / f"{sample.name}.jpg").write_bytes(to_bytes(to_tensor(picture), quality=85))
        rows.append(_about(sample, f"styles/{sample.name}.jpg"))
        measured.append(statistics_row(stylizer.encode_style(sample.path)))
    (folder / "styles.bin").write_bytes(np.stack(measured).tobytes())
    return rows
