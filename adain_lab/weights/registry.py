"""Which models there are, where their files lie, and that a file is what it should be before it is used."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from adain_lab.errors import InputError, MissingFileError
from adain_lab.files import cache_folder, sha256_of
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import BLOCKS, CONVOLUTIONS, STYLE_LAYERS, Encoder
from adain_lab.networks.palette import PIXELS

__all__ = [
    "DEFAULT_MODEL",
    "ENCODERS",
    "MODELS",
    "ModelSpec",
    "cache_folder",
    "known_sha256",
    "load_decoder",
    "load_encoder",
    "read_checked",
    "read_decoder",
    "sha256_of",
    "vgg19_file",
]

BUNDLED = Path(__file__).resolve().parent
_Network = TypeVar("_Network", bound=nn.Module)


@dataclass(frozen=True)
class ModelSpec:
    """An encoder and its decoder: their shape, the levels at which they restyle, and where their files are."""

    name: str
    width: int
    bundled: bool
    last: str = "relu5_1"
    mean: tuple[float, float, float] = (0.45, 0.45, 0.45)
    std: tuple[float, float, float] = (0.22, 0.22, 0.22)
    levels: tuple[str, ...] = ("relu4_1",)
    blocks: tuple[int, ...] = BLOCKS
    refinements: tuple[int, ...] = ()
    conditioning: int = 0

    def file(self, part: str) -> Path:
        """The file of ``part``, "encoder" or "decoder"."""
        return (BUNDLED if self.bundled else cache_folder()) / f"{self.name}_{part}.safetensors"

    def encoder(self) -> Encoder:
        """An untrained encoder of the right shape."""
        return Encoder(self.width, last=self.last, mean=self.mean, std=self.std, blocks=self.blocks)

    def decoder(self) -> Decoder:
        """An untrained decoder of the right shape."""
        return Decoder(self.width, self.levels, (*self.blocks[:3], 1), self.refinements, self.conditioning)


_LEVELS = ModelSpec(
    "levels",
    width=16,
    bundled=True,
    last="relu4_1",
    levels=(PIXELS, *STYLE_LAYERS),
    refinements=(1, 2, 4),
    conditioning=64,
)
#: Models with an encoder and a decoder, by the name that ``load`` and ``--model`` take.
MODELS = {
    "levels": _LEVELS,
    # The same with half the arithmetic: fewer convolutions in the blocks, and one residual block fewer.
    "levels_light": replace(_LEVELS, name="levels_light", blocks=(1, 1, 2, 1), refinements=(1, 2)),
    "slim": ModelSpec("slim", width=32, bundled=True),
    "tiny": ModelSpec("tiny", width=16, bundled=True),
    # Its input normalisation is folded into conv1_1 when it is converted (see weights/convert.py).
    "paper": ModelSpec("paper", width=64, bundled=False, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)),
}
#: What paints where nothing else is asked for.
DEFAULT_MODEL = "levels"
#: Encoders that can be loaded alone: those of the models, and torchvision's VGG-19.
ENCODERS = (*MODELS, "vgg19")

#: Mean and standard deviation of ImageNet's pictures, which VGG-19 is given normalised.
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Indices of conv1_1 ... conv5_1 in torchvision's ``vgg19().features``.
_VGG19_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)


def load_encoder(name: str = "slim") -> Encoder:
    """The pretrained encoder ``name``, one of :data:`ENCODERS`, in float32 on the CPU, frozen.

    Raises:
        ValueError: there is no such encoder, or its file is damaged.
        FileNotFoundError: its file is not here; the message says how to get it.
    """
    if name == "vgg19":
        return _load_vgg19()
    return _load(name, "encoder", ENCODERS, ModelSpec.encoder)


def load_decoder(name: str = DEFAULT_MODEL) -> Decoder:
    """The pretrained decoder ``name``, one of :data:`MODELS`. Raises as :func:`load_encoder`."""
    return _load(name, "decoder", tuple(MODELS), ModelSpec.decoder)


def read_decoder(path: str | os.PathLike, encoder: str) -> Decoder:
    """A decoder of one's own, as ``adain-lab train`` writes it, in float32 on the CPU, frozen.

    Args:
        path: a safetensors file.
        encoder: the name of the encoder that it belongs to, one of :data:`ENCODERS`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, holds something else, or was trained for another encoder.
    """
    from safetensors import SafetensorError, safe_open

    if encoder not in ENCODERS:
        raise InputError(f"unknown encoder {encoder!r}: choose from {', '.join(ENCODERS)}")
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"the decoder {path} does not exist")
    try:
        with safe_open(path, framework="pt") as file:
            trained_for = (file.metadata() or {}).get("encoder", encoder)
            names = list(file.keys())
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path} is damaged, or no safetensors file: give the decoder.safetensors of a training run"
        ) from error
    if trained_for != encoder:
        raise InputError(
            f"{path} was trained for the encoder {trained_for!r}, not for {encoder!r}: load it with that one"
        )
    levels = ("relu4_1", *(name[:8].replace("level", "relu") for name in names if name.startswith("level")))
    spec = MODELS[encoder] if encoder in MODELS else ModelSpec("vgg19", width=64, bundled=False)
    refinements = spec.refinements if any(name.startswith("refine") for name in names) else ()
    conditioning = spec.conditioning if any(name.startswith("condition") for name in names) else 0
    if conditioning and PIXELS in spec.levels:  # a level without weights: of the same decoders
        levels = (PIXELS, *levels)
    decoder = Decoder(spec.width, levels, (*spec.blocks[:3], 1), refinements, conditioning)
    decoder.load_state_dict(read_checked(path, decoder.state_dict()))
    return decoder.eval().requires_grad_(False)


def _load(name: str, part: str, choices: tuple[str, ...], build: Callable[[ModelSpec], _Network]) -> _Network:
    if name not in choices:
        raise InputError(f"unknown model {name!r}: choose from {', '.join(choices)}")
    spec = MODELS[name]
    path = spec.file(part)
    if not path.is_file():
        how = (
            "reinstall adain_lab" if spec.bundled else f"run `adain-lab download {name}` once while there is a network"
        )
        raise MissingFileError(f"the weights of {name!r} are not here ({path.name}): {how}")
    network = build(spec)
    network.load_state_dict(read_checked(path, network.state_dict(), known_sha256(path)))
    return network.eval().requires_grad_(False)


def read_checked(
    path: Path, expected: Mapping[str, torch.Tensor], sha256: str | None = None
) -> dict[str, torch.Tensor]:
    """Tensors of a safetensors file as float32, after checking the file's hash where it is known, its names and shapes.

    Raises:
        ValueError: the file is not what it should be; the message says in what.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    _compare(path, sha256)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path.name} is damaged: {error}") from error
    check_shapes(tensors, expected, path.name)
    return {name: tensor.float() for name, tensor in tensors.items()}


def _compare(path: Path, sha256: str | None) -> None:
    """Refuse a file whose hash is known and another."""
    if sha256 and sha256_of(path) != sha256:
        raise InputError(
            f"{path.name} is damaged (its sha256 is not the published one): delete it and install or download it again"
        )


def check_shapes(tensors: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], name: str) -> None:
    """Refuse ``tensors`` unless they have exactly the names and shapes of ``expected``, and finite values."""
    missing, surplus = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    if missing or surplus:
        raise InputError(
            f"{name} holds other weights than expected: missing {missing[:3] or 'none'}, unknown {surplus[:3] or 'none'}"
        )
    for key, tensor in tensors.items():
        if tensor.shape != expected[key].shape:
            raise InputError(f"{name}: {key} has shape {tuple(tensor.shape)}, expected {tuple(expected[key].shape)}")
        if expected[key].is_floating_point() and not tensor.is_floating_point():
            raise InputError(
                f"{name}: {key} holds {str(tensor.dtype).removeprefix('torch.')}, not floating-point numbers"
            )
        if not torch.isfinite(tensor).all():
            raise InputError(f"{name}: {key} holds values that are not finite")


def known_sha256(path: Path) -> str | None:
    """The digest listed in the SHA256SUMS beside a file, if it is there."""
    sums = path.with_name("SHA256SUMS")
    if not sums.is_file():
        return None
    rows = (line.split() for line in sums.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip())
    return {row[-1]: row[0] for row in rows}.get(path.name)


def vgg19_file() -> Path | None:
    """torchvision's VGG-19 file, in our cache or in torchvision's own; None when it is in neither."""
    from torchvision.models import VGG19_Weights

    name = VGG19_Weights.IMAGENET1K_V1.url.rsplit("/", 1)[1]
    for folder in (cache_folder(), Path(torch.hub.get_dir()) / "checkpoints"):
        if (folder / name).is_file():
            return folder / name
    return None


def _load_vgg19() -> Encoder:
    path = vgg19_file()
    if path is None:
        raise MissingFileError(
            "the weights of 'vgg19' are not here: run `adain-lab download vgg19` once while there is a network (548 MB)"
        )
    if path.parent == cache_folder():  # torchvision's folder has no list of ours
        _compare(path, known_sha256(path))
    # Zero padding and pooling that drops odd edges: as VGG-19 was trained, and as Gatys used it.
    encoder = Encoder(64, mean=_IMAGENET_MEAN, std=_IMAGENET_STD, padding_mode="zeros", ceil_mode=False)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        tensors = {
            f"{name}.{kind}": state[f"features.{index}.{kind}"]
            for name, index in zip(CONVOLUTIONS, _VGG19_INDICES, strict=True)
            for kind in ("weight", "bias")
        }
    except Exception as error:  # whatever a damaged pickle or zip raises
        raise InputError(f"{path.name} is damaged: delete it and run `adain-lab download vgg19` again") from error
    check_shapes(tensors, encoder.state_dict(), path.name)
    encoder.load_state_dict(tensors)
    return encoder.eval().requires_grad_(False)
