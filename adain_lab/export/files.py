"""A model as ONNX files, which are checked against PyTorch before anyone sees them."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import torch

from adain_lab import __version__
from adain_lab.data import sample
from adain_lab.errors import InputError
from adain_lab.export.cached import weights_digest
from adain_lab.export.graphs import DecoderGraph, EncoderGraph
from adain_lab.export.model import MANIFEST, OnnxModel, need
from adain_lab.files import temporary_folder
from adain_lab.images import resize, to_tensor
from adain_lab.statistics import mix
from adain_lab.stylizer import Stylizer

__all__ = ["OPSET", "TOLERANCE", "check_export_folder", "difference", "export_onnx"]

#: The version of ONNX's operators. 17 (2022) is read by every onnxruntime since 1.12.
OPSET = 17
#: How far a painted picture, in [0, 1], may be from PyTorch's.
TOLERANCE = 1e-3
#: Even and odd sizes, height and width, of the pictures that the files are checked with.
_SIZES = ((64, 88), (65, 91), (78, 57))


def export_onnx(stylizer: Stylizer, folder: str | os.PathLike) -> dict:
    """Write ``encoder.onnx``, ``decoder.onnx`` and ``model.json``, after a check against PyTorch.

    Args:
        stylizer: on the CPU, in float32.
        folder: is made if it is not there; an earlier export in it is replaced.

    Returns:
        What ``model.json`` holds: the model's name, the opset, the channels of every layer, the smallest side of a
        picture and the largest difference to PyTorch that was seen.

    Raises:
        ValueError: onnx or onnxruntime is missing, the folder holds other things or cannot be written, or the files do
            not paint what PyTorch paints; nothing is written then.
    """
    need("onnx", "onnxruntime")
    if stylizer.device.type != "cpu" or stylizer.dtype != torch.float32:
        raise InputError(f"export a model on the CPU in float32, not on {stylizer.device} in {stylizer.dtype}")
    folder = Path(folder)
    check_export_folder(folder)
    encoder, decoder = EncoderGraph(stylizer.encoder, stylizer.layers), DecoderGraph(stylizer.decoder)
    example = (torch.rand(1, 3, 49, 66),)
    with torch.no_grad():
        code = encoder(*example)
        features = dict(zip(encoder.outputs, code, strict=True))
        statistics = [x for name, x in features.items() if name.endswith(("_mean", "_std"))]
    manifest: dict[str, Any] = {
        "model": stylizer.model,
        "adain_lab": __version__,
        "weights_sha256": weights_digest(stylizer.model),
        "opset": OPSET,
        "layers": {layer: features[f"{layer}_mean"].shape[1] for layer in stylizer.layers},
        "smallest_side": stylizer.encoder.minimum_size(stylizer.layers[-1]),
    }
    with temporary_folder(folder.parent) as made:
        _write(encoder, example, made / "encoder.onnx")
        _write(decoder, (*code, *statistics, torch.ones(1)), made / "decoder.onnx")
        (made / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        manifest["difference"] = difference(OnnxModel(made, threads=1), stylizer)
        if manifest["difference"] > TOLERANCE:
            raise InputError(
                f"the ONNX files paint {manifest['difference']:.2g} beside PyTorch, and {TOLERANCE:g} is allowed: "
                "update onnx and onnxruntime"
            )
        (made / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        folder.mkdir(exist_ok=True)
        for path in made.iterdir():
            os.replace(path, folder / path.name)
    return manifest


def check_export_folder(folder: Path, page: bool = False) -> None:
    """Refuse a folder that holds other things than an export, that cannot be made, or cannot be written.

    Args:
        folder: where an export is to go.
        page: whether it comes with its page. A model alone would not fit a page that is there.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give the name of a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise InputError(f"{folder} holds other things than an exported model: choose another, so that nothing is lost")
    if not page and (folder / "index.html").is_file():
        raise InputError(f"{folder} holds a model with its page: give --web too, or choose another folder")
    for place in (folder.absolute().parent, folder):
        if place != folder and not place.is_dir():
            raise InputError(f"the folder {place} does not exist: create it first or choose another")
        if place.is_dir() and not os.access(place, os.W_OK):
            raise InputError(f"cannot write into {place}: permission denied")


def difference(model: OnnxModel, stylizer: Stylizer) -> float:
    """The largest distance of a value painted through ONNX from PyTorch's, over sizes, alphas and a mixture of styles."""
    photograph, *styles = (resize(to_tensor(sample(name)), 96) for name in ("cat", "kilim", "night_village"))
    codes = [model.encode(style.numpy()) for style in styles]
    half = {name: (codes[0][name] + codes[1][name]) / 2 for name in codes[0] if name.endswith(("_mean", "_std"))}
    measured = [stylizer.encode_style(style) for style in styles]
    largest = 0.0
    for height, width in _SIZES:
        picture = photograph[..., :height, :width]
        content, code = model.encode(picture.numpy()), stylizer.encode_content(picture)
        for (ours, theirs), alpha in zip(((codes[0], measured[0]), (half, mix(measured))), (0.6, 1.0), strict=True):
            painted = torch.from_numpy(model.paint(content, ours, alpha))[..., :height, :width]
            largest = max(largest, float((painted - stylizer.render(code, theirs, alpha)).abs().max()))
    return largest


def _write(graph: EncoderGraph | DecoderGraph, example: tuple[torch.Tensor, ...], path: Path) -> None:
    import onnx

    shapes = {}
    for name in (*graph.inputs, *graph.outputs):
        if name == "picture":
            shapes[name] = {0: "batch", 2: "height", 3: "width"}
        elif name == "alpha":
            continue
        elif name.endswith(("_mean", "_std")):
            # A style is one for all pictures of a batch, or one for each.
            shapes[name] = {0: "styles" if name.startswith("style_") else "batch"}
        else:
            shapes[name] = {0: "batch", 2: f"{name}_height", 3: f"{name}_width"}
    with warnings.catch_warnings():
        # The older exporter: it needs no further package, and keeps sizes dynamic that torch.export would fix or forbid.
        # It warns of that, and of the checks of shapes, which hold for all sizes.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            example,
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=graph.inputs,
            output_names=graph.outputs,
            dynamic_axes=shapes,
        )
    onnx.checker.check_model(path, full_check=True)
