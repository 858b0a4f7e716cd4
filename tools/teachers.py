"""The two teachers of the training pack as encoders: what the bundled weights were distilled from and are judged by."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from adain_lab.networks.encoder import Encoder

JUDGE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
_NO_NORMALISATION = {"mean": (0, 0, 0), "std": (1, 1, 1)}  # it is folded into the teachers' conv1_1


class CompressedTeacher(nn.Module):
    """VGG-19 compressed 16 times (Wang et al., CVPR 2020), with 1x1 maps back to VGG's channels."""

    def __init__(self, pack: Path):
        super().__init__()
        weights = load_file(Path(pack) / "teacher" / "vgg19_slim_conv1_1_to_conv5_1.safetensors")
        self.encoder = Encoder(16, ceil_mode=False, **_NO_NORMALISATION)
        self.encoder.load_state_dict({k: v.float() for k, v in weights.items() if k.startswith("conv")})
        self.expand = nn.ModuleDict()
        for layer in JUDGE_LAYERS:
            weight = weights[layer.replace("relu", "expand") + ".weight"].float()
            self.expand[layer] = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
            self.expand[layer].load_state_dict(
                {"weight": weight, "bias": weights[layer.replace("relu", "expand") + ".bias"].float()}
            )
        self.requires_grad_(False)

    def forward(
        self, images: torch.Tensor, layers=JUDGE_LAYERS, phase: tuple[int, int] | None = None
    ) -> dict[str, torch.Tensor]:
        """``phase`` (0 or 1 down and across): the two largest layers at every second row and column from there. Chosen
        anew each time, a quarter of the positions gives the same statistics on average for a quarter of the work.
        """
        features = dict(self.encoder(images, layers))
        for layer in () if phase is None else ("relu1_1", "relu2_1"):
            features[layer] = features[layer][..., phase[0] :: 2, phase[1] :: 2]
        return {layer: F.relu(self.expand[layer](f)) for layer, f in features.items()}


class MixedTeacher(nn.Module):
    """VGG-19 itself where its weights are at hand (relu1_1 to relu3_1), the compressed teacher above."""

    def __init__(self, pack: Path):
        super().__init__()
        weights = load_file(Path(pack) / "teacher" / "vgg19_conv1_1_to_conv3_4.safetensors")
        self.vgg = Encoder(64, last="relu3_4", ceil_mode=False, **_NO_NORMALISATION)
        self.vgg.load_state_dict({k: v.float() for k, v in weights.items()})
        self.deep = CompressedTeacher(pack)
        self.requires_grad_(False)

    def forward(self, images: torch.Tensor, layers=JUDGE_LAYERS) -> dict[str, torch.Tensor]:
        shallow = [layer for layer in layers if layer < "relu4_1"]
        deep = [layer for layer in layers if layer >= "relu4_1"]
        features = self.vgg(images, shallow) if shallow else {}
        return {**features, **(self.deep(images, deep) if deep else {})}
