"""Which device to compute on, and in which precision."""

from __future__ import annotations

import torch

__all__ = ["DEVICES", "PRECISIONS", "choose_device", "choose_precision", "describe", "has_native_bfloat16"]

#: Names for the ``device`` option; "auto" takes the first of cuda, mps, cpu that is there.
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(name: str = "auto") -> torch.device:
    """The device called ``name``.

    Raises:
        ValueError: the name is not one of :data:`DEVICES` (``cuda:1`` is allowed too), or this machine has no such device.
    """
    kind = str(name).split(":")[0]
    if kind not in DEVICES:
        raise ValueError(f"unknown device {str(name)!r}: choose from {', '.join(DEVICES)}")
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if kind == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if available[device]))
    if not available[kind]:
        here = ", ".join(device for device, there in available.items() if there)
        raise ValueError(f"this machine has no {kind} device that PyTorch can use: choose from auto, {here}")
    return torch.device(str(name))


def has_native_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 natively (AVX512-BF16, AMX, or Arm's BF16); emulated it is ten times slower."""
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
        raise ValueError(f"unknown precision {name!r}: choose from auto, {', '.join(PRECISIONS)}")
    return PRECISIONS[name]


def describe(device: torch.device) -> str:
    """One line for people: the device's name and what it computes with."""
    if device.type == "cuda":
        return f"GPU {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return "Apple GPU (Metal)"
    return f"CPU, {torch.get_num_threads()} threads"
