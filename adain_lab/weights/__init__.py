"""Pretrained weights: locate, verify, load, download."""

from adain_lab.weights.registry import (
    DEFAULT_MODEL,
    ENCODERS,
    MODELS,
    ModelSpec,
    cache_folder,
    load_decoder,
    load_encoder,
    read_decoder,
)

__all__ = [
    "DEFAULT_MODEL",
    "ENCODERS",
    "MODELS",
    "ModelSpec",
    "cache_folder",
    "load_decoder",
    "load_encoder",
    "read_decoder",
]
