"""Checkpoints: the state of a training run in a file, to go on from. Written whole or not at all, and checked when
read.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adain_lab.errors import EmptyFileError, InputError, MissingFileError, UserError
from adain_lab.files import exists, open_file, write_whole
from adain_lab.training.config import TrainingConfig

__all__ = ["check_origin", "fingerprint", "load_checkpoint", "save_checkpoint", "weights_digest"]


def save_checkpoint(path: str | os.PathLike, state: Mapping[str, Any]) -> None:
    """Write ``state`` whole or not at all: a run that is killed here leaves the checkpoint before.

    Raises:
        ValueError: it cannot be written, because the disk is full for instance.
    """

    def write(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            try:
                torch.save(dict(state), stream)
            except RuntimeError as error:  # PyTorch's own, around the disk's
                cause: BaseException | None = error
                while cause is not None and not isinstance(cause, OSError):
                    cause = cause.__cause__ or cause.__context__
                raise cause or OSError(errno.EIO, os.strerror(errno.EIO)) from None

    write_whole(Path(path), write)


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
    if not exists(path):
        raise MissingFileError(f"{path} does not exist: there is nothing to resume")
    try:
        with open_file(path, "a checkpoint") as stream:
            state = torch.load(stream, map_location="cpu", weights_only=True)
    except UserError as error:
        if not isinstance(error, EmptyFileError):
            raise
        raise InputError(f"{path} is damaged: put a copy back, or begin again in another folder") from error
    except Exception as error:  # whatever a damaged zip or pickle raises
        raise InputError(f"{path} is damaged: put a copy back, or begin again in another folder") from error
    iteration = state.get("iteration") if isinstance(state, dict) else None
    if isinstance(iteration, bool) or not isinstance(iteration, int) or iteration < 0:
        raise InputError(f"{path} is not the checkpoint of a training run")
    if config is not None:
        _check_config(path, state, config)
        if part := _damaged(state, config):
            raise InputError(f"{path} is damaged in its {part}: put a copy back, or begin again in another folder")
    return state


def _damaged(state: Mapping[str, Any], config: TrainingConfig) -> str:
    """The first part of a checkpoint that is not what :func:`~adain_lab.training.loop.train_decoder` wrote; empty if
    none is. Names and shapes of the weights are checked where the network is known.
    """

    def numbers(values: Any) -> bool:
        return isinstance(values, dict) and all(isinstance(value, (int, float)) for value in values.values())

    weights, kept = state["decoder"], state["optimizer"]
    if state["iteration"] > config.iterations:
        return "iteration"
    if not _are_tensors(weights):
        return "decoder"
    if config.ema and not _are_tensors(state.get("average")):
        return "average"
    groups, steps = (kept.get(name) if isinstance(kept, dict) else None for name in ("param_groups", "state"))
    places = list(range(len(weights)))
    if not (isinstance(groups, list) and len(groups) == 1 and isinstance(groups[0], dict) and isinstance(steps, dict)):
        return "optimizer"
    if groups[0].get("params") != places or not set(steps) <= set(places):
        return "optimizer"
    if not all(_is_moment(steps[i], weight) for i, weight in enumerate(weights.values()) if i in steps):
        return "optimizer"
    if "losses" in state and not (numbers(state["losses"]) and numbers({"": state.get("learning_rate")})):
        return "losses"
    if not numbers({"": state.get("content_scale", 1.0)}) or not numbers(state.get("style_scales") or {}):
        return "scales"
    return "" if isinstance(state.get("origin") or {}, dict) else "origin"


def _are_tensors(weights: Any) -> bool:
    return isinstance(weights, dict) and all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) and tensor.is_floating_point()
        for name, tensor in weights.items()
    )


def _is_moment(entry: Any, weight: torch.Tensor) -> bool:
    """What Adam remembers of a weight."""
    return isinstance(entry, dict) and all(
        isinstance(entry.get(name), torch.Tensor)
        and entry[name].shape == weight.shape
        and bool(torch.isfinite(entry[name]).all())
        for name in ("exp_avg", "exp_avg_sq")
    )


def _check_config(path: Path, state: Mapping[str, Any], config: TrainingConfig) -> None:
    if not {"config", "decoder", "optimizer"} <= state.keys():
        raise InputError(f"{path} is not the checkpoint of a decoder's training")
    if not isinstance(state["config"], dict) or not all(isinstance(name, str) for name in state["config"]):
        raise InputError(f"{path} is damaged in its config: put a copy back, or begin again in another folder")
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
