"""Frames per second with a cached style, beside the paper's."""

from __future__ import annotations

import time
from typing import Any

from adain_lab.bench.contenders import pictures
from adain_lab.bench.timing import Clock, one_pass
from adain_lab.stylizer import Stylizer

__all__ = ["PAPER", "from_rows", "queued"]

#: Frames per second of the paper's full-size network on a Pascal Titan X, style encoding excluded (Sec. 7.1), by the
#: side in pixels.
PAPER = {256: 56, 512: 15}


def from_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Frames per second from the times of single pictures, at the paper's sizes.

    Example:
        >>> row = {"task": "cached", "name": "slim", "device": "cpu", "precision": "float32", "size": 256, "milliseconds": 20.0}
        >>> from_rows([row])[0]["frames_per_second"]
        50.0
    """
    keys = ("name", "device", "precision", "size")
    return [
        {
            **{key: row[key] for key in keys},
            "frames_per_second": round(1000 / row["milliseconds"], 1),
            "paper": PAPER[row["size"]],
        }
        for row in rows
        if row["task"] == "cached" and row["size"] in PAPER
    ]


def queued(stylizer: Stylizer, size: int, frames: int = 100, clock: Clock = time.perf_counter) -> float:
    """Frames per second when a GPU is given one picture after another and waited for at the end, as a video does.

    Args:
        stylizer: what paints.
        size: side of a frame, pixels.
        frames: how many, after ten to warm up.
        clock: seconds.
    """
    content, style = pictures(size, stylizer.device)
    statistics = stylizer.encode_style(style)

    def paint(count: int) -> None:
        for _ in range(count):
            stylizer.render(stylizer.encode_content(content), statistics)

    one_pass({"warm": lambda: paint(10)}, stylizer.device, clock)
    return frames / one_pass({"frames": lambda: paint(frames)}, stylizer.device, clock)["frames"]
