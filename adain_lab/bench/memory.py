"""Peak memory of each contender, measured in a process of its own, so that nobody's leftovers count as another's.

The child loads the model, paints a tiny picture, notes its resident set, and then paints larger and larger ones; after
each size it reads the most that was ever resident (``VmHWM`` on Linux, ``ru_maxrss`` on macOS). Started as ``python -m
adain_lab.bench.memory``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from adain_lab.bench.contenders import BUNDLED_MODELS, Contender, lineup
from adain_lab.bench.timing import one_pass

__all__ = ["available_megabytes", "expected_megabytes", "peak_megabytes", "peaks"]

#: Pixels; large enough for every network.
_SMALLEST = 64
_MEASURABLE = "peak memory is measured on Linux and macOS only"


def available_megabytes() -> float:
    """Memory that a program may take now: what the system calls available, or the container's limit where that is
    less.
    """
    found = []
    info, limit = Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max")
    if info.is_file():
        found += [
            int(line.split()[1]) / 1000 for line in info.read_text().splitlines() if line.startswith("MemAvailable")
        ]
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        found.append(int(text) / 1e6)
    if not found and hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2e6)
    return min(found, default=4000.0)


def expected_megabytes(contender: Contender, size: int) -> float:
    """Roughly what a pass needs beyond the loaded model."""
    return contender.bytes_per_pixel * size**2 / 1e6


def peaks(contender: Contender, sizes: Sequence[int], timeout: float = 300.0) -> list[dict[str, Any]]:
    """The most memory that was resident, size by size, in a child process.

    Args:
        contender: one that :func:`~adain_lab.bench.contenders.lineup` knows.
        sizes: ascending.
        timeout: seconds, for all sizes together.

    Returns:
        Rows with ``size``, ``peak_mb`` (the whole process) and ``above_mb`` (beyond the loaded model); on CUDA
        ``gpu_mb`` too. Fewer than ``sizes``, or none, where the child was stopped or cannot measure.
    """
    command = [sys.executable, "-m", "adain_lab.bench.memory", *contender.key, *map(str, sorted(sizes))]
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        lines = child.stdout
    except subprocess.TimeoutExpired as late:
        lines = (late.stdout or b"").decode() if isinstance(late.stdout, bytes) else late.stdout or ""
    return [json.loads(line) for line in lines.splitlines() if line.startswith("{") and line.endswith("}")]


def peak_megabytes() -> float:
    """The most that was ever resident of this process.

    Raises:
        OSError: the system does not tell.
    """
    status = Path("/proc/self/status")
    if status.is_file():  # not ru_maxrss, which on Linux a child takes over from its parent
        return _status("VmHWM")
    if sys.platform != "darwin":
        raise OSError(_MEASURABLE)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _resident() -> float:
    return _status("VmRSS") if Path("/proc/self/status").is_file() else peak_megabytes()


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(field))


def _child(name: str, device_name: str, precision: str, *sizes: str) -> None:
    device = torch.device(device_name)
    everybody = lineup(BUNDLED_MODELS, device, (precision, "auto"), full_size=True)
    contender = next(c for c in everybody if c.key == (name, device_name, precision))
    one_pass(contender.prepare(_SMALLEST), device)
    loaded = _resident()
    for size in map(int, sizes):
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        work = contender.prepare(size)
        for _ in range(1 + ("iteration" in work)):  # an optimiser has its history from the second iteration on
            one_pass(work, device)
        row = {"size": size, "peak_mb": round(peak_megabytes()), "above_mb": round(peak_megabytes() - loaded)}
        if device.type == "cuda":
            row["gpu_mb"] = round(torch.cuda.max_memory_allocated(device) / 1e6)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    _child(*sys.argv[1:])
