"""adain_lab: style transfer from Gatys' optimisation to AdaIN, as a course lab and as a package.

    import adain_lab
    stylizer = adain_lab.load()
    picture = stylizer("photo.jpg", "painting.jpg", alpha=0.8)
    adain_lab.save_image(picture, "out.png")

The names below are imported when they are first used, so that ``import adain_lab``
and ``adain-lab --help`` do not wait for PyTorch.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

__version__ = "0.1.0"

_HOMES = {
    "Decoder": "networks.decoder",
    "Encoder": "networks.encoder",
    "Statistics": "statistics",
    "Stylizer": "stylizer",
    "adain": "functional",
    "channel_mean_std": "functional",
    "gram_matrix": "functional",
    "total_variation": "functional",
    "content_loss": "losses",
    "gram_style_loss": "losses",
    "statistics_style_loss": "losses",
    "load": "stylizer",
    "load_encoder": "weights",
    "mix": "statistics",
    "image_grid": "images",
    "open_image": "images",
    "resize": "images",
    "save_image": "images",
    "to_pil": "images",
    "to_tensor": "images",
    "sample": "data",
    "samples": "data",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> _Any:
    if name in _HOMES:
        return getattr(_import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
