"""Exported models in the cache, for ``adain-lab stylize``: found only while they are made of the weights that are here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from adain_lab import __version__
from adain_lab.export.model import MANIFEST
from adain_lab.files import cache_folder, sha256_of

__all__ = ["cached_folder", "is_current", "weights_digest"]

_BUNDLED = Path(__file__).resolve().parent.parent / "weights"


def cached_folder(model: str) -> Path:
    """Where ``adain-lab export MODEL --cache`` puts a model."""
    return cache_folder() / "onnx" / model


def weights_digest(model: str) -> str | None:
    """One digest of a model's files, as recipes name it, without PyTorch; None where they are not here, or the model is
    one's own.
    """
    names = [f"{model}_{part}.safetensors" for part in ("encoder", "decoder")]
    for folder in (_BUNDLED, cache_folder()):
        files = [folder / name for name in names]
        if Path(model).name == model and all(file.is_file() for file in files):
            return hashlib.sha256("".join(map(sha256_of, files)).encode()).hexdigest()
    return None


def is_current(model: str) -> bool:
    """Whether the cache holds ``model`` as this version of the package would export it from the weights that are here."""
    folder = cached_folder(model)
    digest = weights_digest(model)
    if digest is None or not all((folder / name).is_file() for name in ("encoder.onnx", "decoder.onnx")):
        return False
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return (manifest["weights_sha256"], manifest["adain_lab"]) == (digest, __version__)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
