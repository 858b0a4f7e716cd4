"""Panels for notebooks: pictures that answer while you move a slider.

    from adain_lab.widgets import AlphaPanel
    panel = AlphaPanel("cat", "night_village")
    panel

Every panel can be driven from Python too: set a trait, and the picture is there
when the assignment returns. A panel is imported when it is first used; importing
this module alone loads nothing heavy.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

_HOMES = {
    "AlphaPanel": "alpha",
    "CameraPanel": "camera",
    "ChannelPanel": "channel",
    "ColorPanel": "color",
    "GatysPanel": "gatys",
    "InterpolationPanel": "interpolation",
    "InversionPanel": "inversion",
    "MaskPanel": "mask",
    "PredictPanel": "predict",
    "StudioPanel": "studio",
    "StyleSpacePanel": "style_space",
}

__all__ = [
    "AlphaPanel",
    "CameraPanel",
    "ChannelPanel",
    "ColorPanel",
    "GatysPanel",
    "InterpolationPanel",
    "InversionPanel",
    "MaskPanel",
    "PredictPanel",
    "StudioPanel",
    "StyleSpacePanel",
]


def __getattr__(name: str) -> _Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(_import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.split(".")[0] not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        return _stand_in(name, missing)


def __dir__() -> list[str]:
    return sorted(__all__)


def _stand_in(name: str, missing: str) -> type:
    """A class that can be imported, and says what to install when it is used."""

    def explain(self: object, *args: object, **kwargs: object) -> None:
        raise ImportError(
            f"{name} needs the package {missing!r}, which is missing: run `pip install anywidget` and restart the kernel"
        )

    return type(name, (), {"__init__": explain, "__doc__": f"Stand-in for {name}: {missing!r} is not installed."})
