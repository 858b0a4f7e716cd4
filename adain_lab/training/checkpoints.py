"""Checkpoints: the state of a training run in a file, to go on from. Written whole or not at all, and checked when
read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adain_lab.errors import InputError, MissingFileError
from adain_lab.training.config import TrainingConfig

__all__ = ["check_origin", "fingerprint", "load_checkpoint", "save_checkpoint", "weights_digest"]


def save_checkpoint(path: str | os.PathLike, state: Mapping[str, Any]) -> None:
    """Write ``state`` whole or not at all: a run that is killed here leaves the checkpoint before.

    Raises:
        ValueError: it cannot be written, because the disk is full for instance.
    """
    path = Path(path)
    temporary = path.with_name(path.name + ".partial")
    try:
        with temporary.open("wb") as stream:
            torch.save(dict(state), stream)
            stream.flush()
            os.fsync(
                stream.fileno()
            )  # on the disk before it takes the old one's name: a power cut finds one of the two
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:
        raise InputError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error


def load_checkpoint(path: str | os.PathLike, config: TrainingConfig | None = None) -> dict[str, Any]:
    """A checkpoint's state.

    Args:
        path: what :func:`save_checkpoint` wrote.
        config: refuse the checkpoint of a run with another configuration. Settings that the run did not know
            yet, because an older adain_lab began it, had their defaults. A run with the "inverse" schedule may become
            longer.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, no checkpoint, or another run's.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist: there is nothing to resume")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: permission denied") from error
    except Exception as error:  # whatever a damaged zip or pickle raises
        raise InputError(f"{path} is damaged: put a copy back, or begin again in another folder") from error
    if not isinstance(state, dict) or not isinstance(state.get("iteration"), int):
        raise InputError(f"{path} is not the checkpoint of a training run")
    if config is not None:
        _check_config(path, state, config)
    return state


def _check_config(path: Path, state: Mapping[str, Any], config: TrainingConfig) -> None:
    if not {"config", "decoder", "optimizer"} <= state.keys():
        raise InputError(f"{path} is not the checkpoint of a decoder's training")
    now = asdict(config)
    if unknown := sorted(state["config"].keys() - now.keys()):
        raise InputError(
            f"{path} was written by a newer adain_lab (its runs have {', '.join(unknown)}): update this one"
        )
    then = asdict(TrainingConfig()) | state["config"]
    different = [name for name in now if then[name] != now[name]]
    if different == ["iterations"] and config.schedule == "inverse" and config.iterations >= state["iteration"]:
        return  # that learning rate does not depend on where the run ends: it may become longer
    if different:
        values = ", ".join(f"{name} {then[name]} (now {now[name]})" for name in different)
        raise InputError(
            f"{path} belongs to a run with another {', '.join(different)}: {values}; use the same settings or another folder"
        )


def check_origin(path: str | os.PathLike, state: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Compare what a run is made of with what it began with; values that either does not name are not compared.

    Args:
        path: the checkpoint's, for the message.
        state: from :func:`load_checkpoint`.
        now: ``encoder`` and its ``width``, ``judge``, the ``start`` model, the fingerprints of ``contents`` and
            ``styles``, ``precision``.

    Returns:
        Sentences about what differs, but does not keep the run from going on.

    Raises:
        ValueError: it cannot go on: the encoder, the judge or the model to start from is another.
    """
    then = state.get("origin") or {}
    different = [name for name in now if None not in (now[name], then.get(name)) and now[name] != then[name]]
    for name in ("encoder", "width", "judge", "start"):
        if name in different:
            raise InputError(
                f"{path} belongs to a run with another {name}: {then[name]} (now {now[name]}); use the same one or another folder"
            )
    pools = [name for name in different if name in ("contents", "styles")]
    notes = [
        f"the {name} are not the pictures that the run began with; it goes on with those that are there now"
        for name in pools
    ]
    if "precision" in different:
        notes += [f"the run began in {then['precision']} and goes on in {now['precision']}"]
    return notes


def fingerprint(folder: Path, files: Sequence[Path]) -> str:
    """A digest of the names and sizes of pictures, the same wherever their folder lies."""
    digest = hashlib.sha256()
    for file in files:
        try:
            size = file.stat().st_size
        except OSError:  # a link to nowhere, which will be skipped
            size = -1
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def weights_digest(network: nn.Module) -> str:
    """A digest of a network's weights, wherever they lie in memory."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
