"""Painting with an exported model: numpy and onnxruntime, no PyTorch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from adain_lab.errors import InputError, MissingFileError

__all__ = ["MANIFEST", "OnnxModel", "need"]

#: The file that says what an exported folder holds.
MANIFEST = "model.json"


def need(*packages: str) -> None:
    """Refuse to go on without packages of the extra ``export``."""
    from importlib.util import find_spec

    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise InputError(f'this needs {" and ".join(missing)}: pip install "adain_lab[export]"')


class OnnxModel:
    """What ``adain-lab export`` wrote, as a pair of functions.

    Args:
        folder: holds ``encoder.onnx``, ``decoder.onnx`` and ``model.json``.
        threads: of onnxruntime; 0 for as many as there are cores.

    Raises:
        FileNotFoundError: the folder lacks one of them.
        ValueError: onnxruntime is missing.
    """

    def __init__(self, folder: str | os.PathLike, threads: int = 0):
        need("onnxruntime")
        import onnxruntime

        folder = Path(folder)
        for name in (MANIFEST, "encoder.onnx", "decoder.onnx"):
            if not (folder / name).is_file():
                raise MissingFileError(f"{folder} has no {name}: write it with `adain-lab export MODEL -o {folder}`")
        self.manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
            for name in ("encoder.onnx", "decoder.onnx")
        )

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers at which it restyles."""
        return tuple(self.manifest["layers"])

    def encode(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """Features and statistics by name: ``relu4_1`` (B, C, H/8, W/8), ``relu4_1_mean`` and ``relu4_1_std``
        (B, C, 1, 1), and so for every layer; of "pixels" only the two.

        Args:
            picture: (B, 3, H, W) in [0, 1].
        """
        names = [output.name for output in self._encoder.get_outputs()]
        values = self._encoder.run(names, {"picture": np.ascontiguousarray(picture, np.float32)})
        return dict(zip(names, values, strict=True))

    def paint(
        self, content: Mapping[str, np.ndarray], style: Mapping[str, np.ndarray], alpha: float = 1.0
    ) -> np.ndarray:
        """The content in the manner of the style.

        Args:
            content: from :meth:`encode`.
            style: from :meth:`encode`; of it only the statistics are read. A mixture of styles is the mean of theirs.
            alpha: 0 = content, 1 = style; above 1 extrapolates.

        Returns:
            (B, 3, H, W) in [0, 1]. Where the model does not restyle relu1_1, H and W are rounded up to multiples of 8:
            the surplus is at the right and below, and is the caller's to cut off.
        """
        statistics = [f"{layer}_{part}" for layer in self.layers for part in ("mean", "std")]
        feeds = {name: content[name] for name in (*self.layers, *statistics) if name in content}
        feeds |= {f"style_{name}": style[name] for name in statistics}
        return self._decoder.run(["picture"], feeds | {"alpha": np.array([alpha], np.float32)})[0]
