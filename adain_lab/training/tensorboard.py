"""A training run's curves and pictures for TensorBoard, where it is wanted and installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch

from adain_lab.errors import InputError

__all__ = ["Writer", "check_tensorboard"]


def check_tensorboard() -> None:
    """Refuse when TensorBoard is not installed.

    Raises:
        ValueError: it is not; the message says how to get it.
    """
    if find_spec("tensorboard") is None:
        raise InputError(
            "TensorBoard is not installed: run `pip install tensorboard`, or go without, the curves are in curves.png too"
        )


class Writer:
    """Writes into ``folder``, or nowhere when it is None.

    Args:
        folder: made when missing; ``tensorboard --logdir`` takes it.
        done: iterations of an earlier run; what it wrote after them is hidden.
    """

    def __init__(self, folder: Path | None, done: int = 0):
        self._writer = None
        if folder is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder), purge_step=done + 1)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer:
            self._writer.close()

    def add(self, row: Mapping[str, float]) -> None:
        """The losses and the learning rate of ``row["iteration"]``."""
        if self._writer:
            for name in row.keys() - {"iteration"}:
                self._writer.add_scalar(
                    name if name == "learning_rate" else f"loss/{name}", row[name], int(row["iteration"])
                )

    def show(self, images: torch.Tensor, iteration: int) -> None:
        """Sample pictures, (1, 3, H, W) in [0, 1]."""
        if self._writer:
            self._writer.add_image("sample", images[0], iteration)
            self._writer.flush()
