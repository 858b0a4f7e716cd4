"""Which device to compute on, and in which precision."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

from adain_lab.errors import InputError

__all__ = [
    "DEVICES",
    "PRECISIONS",
    "TRAINING_PRECISIONS",
    "choose_device",
    "choose_precision",
    "choose_training_precision",
    "describe",
    "has_native_bfloat16",
    "in_precision",
]

#: Names for the ``device`` option; "auto" takes the first of cuda, mps, cpu that is there.
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
#: float16 is missing: its range is too small for gradients, unless the loss is scaled; bfloat16 has float32's range.
TRAINING_PRECISIONS = ("auto", "float32", "bfloat16")


def choose_device(name: str = "auto") -> torch.device:
    """The device called ``name``.

    Raises:
        ValueError: the name is not one of :data:`DEVICES` (``cuda:1`` is allowed too), or this machine has no such
            device.
    """
    kind = str(name).split(":")[0]
    if kind not in DEVICES:
        raise InputError(f"unknown device {str(name)!r}: choose from {', '.join(DEVICES)}")
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if kind == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if available[device]))
    if not available[kind]:
        here = ", ".join(device for device, there in available.items() if there)
        raise InputError(f"this machine has no {kind} device that PyTorch can use: choose from auto, {here}")
    return torch.device(str(name))


def has_native_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 natively (AVX512-BF16, AMX, or Arm's BF16); emulated it is ten times
    slower.
    """
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    if capabilities:
        return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16", "arm_bf16"))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported() and "AVX512" in torch.backends.cpu.get_cpu_capability())


def choose_precision(device: torch.device, name: str = "auto") -> torch.dtype:
    """The floating-point type for inference: half on CUDA, bfloat16 on a CPU that has it, else float32.

    Raises:
        ValueError: the name is not known.
    """
    if name == "auto":
        if device.type == "cuda":
            return torch.float16
        return torch.bfloat16 if device.type == "cpu" and has_native_bfloat16() else torch.float32
    if name not in PRECISIONS:
        raise InputError(f"unknown precision {name!r}: choose from auto, {', '.join(PRECISIONS)}")
    return PRECISIONS[name]


def choose_training_precision(device: torch.device, name: str = "auto") -> str:
    """The precision that the networks compute in while they learn: "bfloat16" where the hardware has it, else
    "float32".

    Raises:
        ValueError: the name is not one of :data:`TRAINING_PRECISIONS`.
    """
    if name not in TRAINING_PRECISIONS:
        raise InputError(f"unknown precision {name!r}: choose from {', '.join(TRAINING_PRECISIONS)}")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device.type == "cpu" and has_native_bfloat16() else "float32"


def in_precision(network: Callable[..., Any], device: torch.device, name: str) -> Callable[..., Any]:
    """``network`` computing in "float32", as it is, or in "bfloat16" by autocast, with results in float32.

    Args:
        network: a function whose result is a tensor or a dictionary of tensors. Its weights stay in float32.
        device: where it computes.
        name: the precision.
    """
    if name == "float32":
        return network

    @wraps(network.forward if hasattr(network, "forward") else network)
    def cast(*args: Any, **options: Any) -> Any:
        with torch.autocast(device.type, torch.bfloat16):
            result = network(*args, **options)
        return {key: value.float() for key, value in result.items()} if isinstance(result, dict) else result.float()

    if hasattr(network, "levels"):  # what a decoder wants to be given
        cast.levels = network.levels  # type: ignore[attr-defined]
    return cast


def describe(device: torch.device) -> str:
    """One line for people: the device's name and what it computes with."""
    if device.type == "cuda":
        return f"GPU {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return "Apple GPU (Metal)"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' * (threads != 1)}"
