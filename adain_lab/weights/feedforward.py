"""The bundled networks for one style each (Johnson et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adain_lab.errors import InputError, MissingFileError
from adain_lab.networks.feedforward import TransformerNetwork
from adain_lab.weights.registry import BUNDLED, known_sha256, read_checked

__all__ = ["FEEDFORWARD", "FeedForwardSpec", "load_feedforward", "read_feedforward"]


@dataclass(frozen=True)
class FeedForwardSpec:
    """A bundled network: the sample style it was trained for, and its shape."""

    style: str
    width: int
    blocks: int

    @property
    def file(self) -> Path:
        """Where its weights are."""
        return BUNDLED / f"feedforward_{self.style}.safetensors"

    def build(self) -> TransformerNetwork:
        """An untrained network of this shape."""
        return TransformerNetwork(self.width, self.blocks)


#: The bundled networks, by the name of their style.
FEEDFORWARD = {spec.style: spec for spec in (FeedForwardSpec("night_village", width=20, blocks=4),)}


def load_feedforward(style: str) -> TransformerNetwork:
    """The bundled network for the sample style ``style``, in float32 on the CPU, frozen.

    Raises:
        ValueError: no network was trained for it (the message lists those that there are), or the file is damaged.
        FileNotFoundError: the file is missing.
    """
    if style not in FEEDFORWARD:
        raise InputError(
            f"no network is bundled for the style {style!r}: choose from {', '.join(FEEDFORWARD)}, or train one with "
            "adain_lab.training.feedforward.train"
        )
    spec = FEEDFORWARD[style]
    if not spec.file.is_file():
        raise MissingFileError(f"the weights for {style!r} are not here ({spec.file.name}): reinstall adain_lab")
    return read_feedforward(spec.file, spec.build())


def read_feedforward(path: Path, network: TransformerNetwork) -> TransformerNetwork:
    """``network`` with the weights of a safetensors file, frozen, after checking their names, shapes and (where known)
    hash.
    """
    network.load_state_dict(read_checked(Path(path), network.state_dict(), known_sha256(Path(path))))
    return network.eval().requires_grad_(False)
