"""The whole measurement: sizes from small to large, everybody in turn, then what else was asked for."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from adain_lab import __version__
from adain_lab.bench import frames, growth
from adain_lab.bench.contenders import Contender
from adain_lab.bench.equal_loss import to_equal_loss
from adain_lab.bench.memory import expected_megabytes, peaks
from adain_lab.bench.plan import Plan, describe, everybody, expected_pass, expected_seconds, probe
from adain_lab.bench.timing import Clock, fair_rounds, one_pass, ratios, take_turns, tasks_of
from adain_lab.devices import choose_precision, has_native_bfloat16
from adain_lab.devices import describe as describe_device
from adain_lab.stylizer import load

__all__ = ["machine", "measure"]

#: Seconds since the start, seconds expected in all, and what is being done.
Progress = Callable[[float, float, str], Any]
_WARM_UP_BELOW = 2.0  # seconds of one pass; what takes longer is its own warm-up
_MEMORY_UP_TO = 1024  # pixels; beyond, memory grows as it did before, and the time is better spent


def measure(
    plan: Plan | None = None, clock: Clock = time.perf_counter, progress: Progress = lambda done, total, what: None
) -> dict[str, Any]:
    """Carry out a plan.

    Args:
        plan: what to measure; a short run when None.
        clock: seconds that only grow.
        progress: told now and then how far it is. A ``KeyboardInterrupt`` ends the measuring, and what there is by then
            is returned.

    Returns:
        ``machine``, ``settings``, ``results`` (rows with ``task``, ``name``, ``device``, ``precision``, ``size``,
        ``milliseconds``, ``times_faster`` and ``rounds``), ``skipped`` (rows with ``why``), ``frames``, ``notes``; and
        ``growth``, ``memory`` and ``equal_loss``, which only ``extras`` fill.

    Example:
        >>> report = measure(Plan(sizes=(32,), rounds=1, device="cpu", models=("tiny",)))
        >>> {"plain full size", "tiny", "Gatys, tiny"} <= {row["name"] for row in report["results"]}
        True
    """
    plan = plan or Plan()
    began = clock()
    teams = [(device, everybody(plan, device)) for device in plan.devices]
    paces = [probe(team, clock) for _, team in teams]
    total = (
        clock() - began + sum(expected_seconds(plan, team, pace) for (_, team), pace in zip(teams, paces, strict=True))
    )

    def tell(what: str) -> None:
        progress(clock() - began, total, what)

    rows: list[dict[str, Any]] = []
    report: dict[str, Any] = {
        "machine": machine(plan.devices),
        "settings": {},
        "results": rows,
        "skipped": [],
        "frames": [],
        "notes": [],
    }
    report["settings"] = {
        "sizes": list(plan.sizes),
        "rounds": plan.rounds,
        "limit_seconds": plan.limit,
        "limit_mb": round(plan.memory_mb),
    }
    report |= {"growth": {"pixels": [], "controls": []}, "memory": [], "equal_loss": []}
    report["notes"] = _notes(plan)
    try:
        for (device, team), pace in zip(teams, paces, strict=True):
            last: dict[tuple[str, str, str], tuple[int, float]] = {}
            for size in plan.sizes:
                at = partial(tell, f"{device}, {size} pixels")
                at()
                rows += _one_size(plan, team, size, pace, last, report["skipped"], clock, at)
            report["frames"] += _frames(plan, device, rows, clock)
            if plan.extras:
                _extras(plan, device, team, report, clock, tell)
    except KeyboardInterrupt:
        report["notes"].append("Interrupted: what had been measured by then is here.")
    report["results"] = ratios(rows)
    report["growth"]["pixels"] = growth.pixels(rows)
    report["settings"]["seconds"] = round(clock() - began, 1)
    return report


def _one_size(
    plan: Plan,
    team: Sequence[Contender],
    size: int,
    pace: float,
    last: dict[tuple[str, str, str], tuple[int, float]],
    skipped: list[dict[str, Any]],
    clock: Clock,
    tell: Callable[[], None],
) -> list[dict[str, Any]]:
    """Everybody who can, at one size; who cannot is noted in ``skipped``."""
    works, rounds = {}, {}
    for contender in team:
        known_size, known = last.get(contender.key, (size, expected_pass(contender, size, pace)))
        seconds = known * (size / known_size) ** 2
        why = _why_not(plan, contender, size, seconds)
        if why:
            skipped.append({**describe(contender), "size": size, "why": why})
            continue
        work = contender.prepare(size)
        if seconds < _WARM_UP_BELOW:
            seconds = sum(one_pass(work, contender.device, clock).values())
        works[contender.key], rounds[contender.key] = (work, contender.device), fair_rounds(seconds, plan.rounds)
        tell()
    passes = take_turns(works, rounds, clock, lambda key: tell())
    rows = []
    for contender in team:
        if contender.key in passes:
            times = tasks_of(contender.name, passes[contender.key])
            last[contender.key] = size, times.get("stylize", times.get("iteration", 0.0)) / 1000
            shared = {**describe(contender), "size": size, "rounds": rounds[contender.key]}
            rows += [{"task": task, **shared, "milliseconds": milliseconds} for task, milliseconds in times.items()]
    return rows


def _why_not(plan: Plan, contender: Contender, size: int, seconds: float) -> str:
    """Why a contender sits out, in a sentence; nothing when it takes part."""
    if seconds > plan.limit:
        return f"One pass would take about {seconds:.0f} s, and the limit is {plan.limit:.0f} s."
    megabytes = expected_megabytes(contender, size)
    if contender.device.type == "cpu" and megabytes > plan.memory_mb:
        return (
            f"It would need about {megabytes / 1000:.1f} GB of memory, and the limit is {plan.memory_mb / 1000:.1f} GB."
        )
    return ""


def _extras(
    plan: Plan,
    device: torch.device,
    team: list[Contender],
    report: dict[str, Any],
    clock: Clock,
    tell: Callable[[str], Any],
) -> None:
    size = min(plan.sizes, key=lambda s: abs(s - 256))
    model = plan.models[-1]
    stylizer = load(model, str(device))
    tell(f"{device}, styles and regions")
    for row in growth.controls(stylizer, size, plan.rounds, clock):
        report["growth"]["controls"].append({"model": model, "device": str(device), "size": size, **row})
    for name in plan.models:
        tell(f"{device}, Gatys to equal loss through {name}")
        report["equal_loss"].append(
            {"device": str(device), **to_equal_loss(load(name, str(device)), size, clock=clock)}
        )
    for contender in team:
        tell(f"{device}, memory of {contender.name}")
        sizes = [s for s in plan.sizes if s <= _MEMORY_UP_TO and expected_megabytes(contender, s) <= plan.memory_mb]
        sat_out = {row["size"] for row in report["skipped"] if all(row[k] == v for k, v in describe(contender).items())}
        report["memory"] += [
            {**describe(contender), **row} for row in peaks(contender, [s for s in sizes if s not in sat_out])
        ]


def _frames(plan: Plan, device: torch.device, rows: list[dict[str, Any]], clock: Clock) -> list[dict[str, Any]]:
    found = frames.from_rows([row for row in rows if row["device"] == str(device)])
    if device.type == "cuda":  # a queue of frames keeps a GPU busy, single ones do not
        for row in found:
            if row["name"] in plan.models:
                stylizer = load(row["name"], str(device), row["precision"])
                row["frames_per_second"] = round(frames.queued(stylizer, row["size"], clock=clock), 1)
    return found


def _notes(plan: Plan) -> list[str]:
    notes = []
    if not any(device.type == "cuda" for device in plan.devices):
        why = (
            "PyTorch sees no CUDA GPU here"
            if not torch.cuda.is_available()
            else f"it was measured on {plan.device} only"
        )
        notes.append(f"Not measured on a GPU: {why}.")
    if plan.extras and any(device.type == "cpu" for device in plan.devices) and not has_native_bfloat16():
        notes.append("Not measured in bfloat16 on the processor: it only emulates it, about ten times slower.")
    return notes


def machine(devices: list[torch.device]) -> dict[str, Any]:
    """What it was measured on: nothing that names the machine."""
    cpu, info = platform.processor(), Path("/proc/cpuinfo")
    if info.is_file():
        cpu = next(
            (line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")),
            cpu,
        )
    return {
        "device": ", ".join(describe_device(device) for device in devices),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "adain_lab": __version__,
        "precision": str(choose_precision(devices[-1])).removeprefix("torch."),
    }
