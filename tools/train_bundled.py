"""Make the bundled weights: distil an encoder from the teachers, then train its decoder.

    python tools/train_bundled.py encoder --model tiny PACK RUN --iterations 3000 [--start FILE]
    python tools/train_bundled.py decoder --model tiny PACK RUN --iterations 5000 [--start FILE] [--encoder FILE]
    python tools/train_bundled.py export  --model tiny RUN

PACK is a folder with ``content``, ``style``, ``texture`` and ``teacher`` (see the model card for
what is in it). Both stages write a checkpoint into RUN and go on from it when called again with the
same arguments; losses go to a CSV file beside it. ``export`` puts fp16 weights into the package.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from teachers import JUDGE_LAYERS, CompressedTeacher, MixedTeacher
from torch import nn
from torch.nn import functional as F

from adain_lab.losses import layer_scales, scale_features
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder, channels
from adain_lab.training import loop as training
from adain_lab.training.datasets import Pictures, batches
from adain_lab.weights.registry import sha256_of

WIDTHS = {"slim": 32, "tiny": 16}
BUNDLED = Path(__file__).resolve().parent.parent / "adain_lab" / "weights"


class Distillation(nn.Module):
    """A student encoder and the 1x1 adapters that map its layers to the teacher's channels."""

    def __init__(self, width: int):
        super().__init__()
        self.encoder = Encoder(width)
        self.adapters = nn.ModuleDict(
            {layer: nn.Conv2d(channels(layer, width), channels(layer, 64), 1) for layer in JUDGE_LAYERS}
        )

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        return {layer: self.adapters[layer](f) for layer, f in self.encoder(images, JUDGE_LAYERS).items()}

    def load(self, path: Path) -> None:
        weights = load_file(path)
        self.encoder.load_state_dict({k: v for k, v in weights.items() if k.startswith("conv")})
        for layer in JUDGE_LAYERS:
            name = layer.replace("relu", "expand")
            if name + ".weight" in weights:
                self.adapters[layer].load_state_dict(
                    {"weight": weights[name + ".weight"], "bias": weights[name + ".bias"]}
                )

    def save(self, path: Path) -> None:
        weights = dict(self.encoder.state_dict())
        for layer, adapter in self.adapters.items():
            name = layer.replace("relu", "expand")
            weights |= {name + ".weight": adapter.weight.data, name + ".bias": adapter.bias.data}
        save_file({k: v.detach().contiguous() for k, v in weights.items()}, path)


class Log:
    """Loss curves as CSV, averaged over ``every`` steps."""

    def __init__(self, path: Path, every: int = 50):
        self.path, self.every, self.sums, self.count, self.began = path, every, {}, 0, time.time()

    def add(self, iteration: int, losses: dict[str, float]) -> None:
        self.count += 1
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        if self.count < self.every:
            return
        row = {"iteration": iteration, "seconds": round(time.time() - self.began, 1)}
        row |= {name: round(total / self.count, 5) for name, total in sorted(self.sums.items())}
        new = not self.path.exists()
        with self.path.open("a", newline="") as stream:
            writer = csv.DictWriter(stream, row)
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)
        self.sums, self.count = {}, 0


def pools(pack: Path) -> tuple[Pictures, Pictures, Pictures]:
    """Contents, styles, and everything together, with the shares each kind gets."""
    content, style, texture = pack / "content", pack / "style", pack / "texture"
    return (
        Pictures.from_folder(content, texture, style, weights=(0.8, 0.1, 0.1)),
        Pictures.from_folder(style, texture, content, weights=(0.6, 0.28, 0.12)),
        Pictures.from_folder(content, style, texture, weights=(0.45, 0.25, 0.3)),
    )


def distil(args: argparse.Namespace) -> None:
    """Relative squared error of the adapted layers against the teacher's, each divided by that layer's variance.

    The teacher's layers are first divided by their mean activation, so that the adapters of all layers work at one
    scale.
    """
    device = torch.device(args.device)
    student = Distillation(WIDTHS[args.model]).to(device, memory_format=torch.channels_last)
    teacher = MixedTeacher(args.pack).to(device, memory_format=torch.channels_last)
    if args.start:
        student.load(args.start)
    optimizer = torch.optim.AdamW(student.parameters(), lr=args.lr, weight_decay=1e-5)
    checkpoint, variance, start = args.run / f"{args.model}_encoder.ckpt", {}, 0
    everything = pools(args.pack)[2]
    sample = torch.cat(list(batches(everything, 8, 4, args.crop, 0, seed=12, augment=True)))
    scales = layer_scales(teacher, sample.to(device), JUDGE_LAYERS)
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        variance, start = state["variance"], state["iteration"]
    log = Log(args.run / f"{args.model}_encoder.csv")
    stream = batches(
        everything, args.batch, args.iterations, args.crop, 0, seed=11, augment=True, start=start, workers=args.workers
    )
    for i, images in enumerate(stream, start):
        images = images.to(device, memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = (
                args.lr * min(1, (i + 1) / 100) * (0.005 + 0.5 * (1 + math.cos(math.pi * i / args.iterations)))
            )
        with torch.no_grad():
            targets = scale_features(teacher(images), scales)
        features = student(images)
        losses = {}
        for layer, target in targets.items():
            now = float(target.var())
            variance[layer] = 0.99 * variance.get(layer, now) + 0.01 * now
            f = features[layer][..., : target.shape[2], : target.shape[3]]  # the student's pooling keeps odd edges
            losses[layer] = F.mse_loss(f, target) / variance[layer]
        optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        log.add(i + 1, {k: float(v.detach()) for k, v in losses.items()})
        if (i + 1) % 250 == 0 or i + 1 == args.iterations:
            training.save_checkpoint(
                checkpoint,
                {
                    "iteration": i + 1,
                    "student": student.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "variance": variance,
                },
            )
            student.save(args.run / f"{args.model}_encoder.safetensors")


def train(args: argparse.Namespace) -> None:
    """The AdaIN loss with the compressed teacher as judge of style at relu1_1 ... relu5_1."""
    width = WIDTHS[args.model]
    student = Distillation(width)
    student.load(args.encoder or args.run / f"{args.model}_encoder.safetensors")
    encoder, decoder = student.encoder, Decoder(width)
    if args.start:
        decoder.load_state_dict(load_file(args.start))
    contents, styles, _ = pools(args.pack)
    config = training.TrainingConfig(
        iterations=args.iterations,
        batch_size=args.batch,
        size=0,
        crop=args.crop,
        style_weight=args.style_weight,
        tv_weight=args.tv,
        range_weight=10.0,
        identity=args.identity,
        autoencoder_iterations=0 if args.start else 300,
        learning_rate=args.lr,
        schedule="cosine",
        warmup=100,
        ema=0.995,
        augment=True,
        seed=args.seed,
    )
    judge = CompressedTeacher(args.pack).to(args.device, memory_format=torch.channels_last)
    for module in (encoder, decoder):
        module.to(args.device, memory_format=torch.channels_last)
    name = args.run / f"{args.model}_decoder"
    log = Log(name.with_suffix(".csv"))
    steps = training.train_decoder(
        encoder,
        decoder,
        contents,
        styles,
        config,
        judge=judge,
        style_layers=JUDGE_LAYERS,
        normalize_layers=True,
        checkpoint=name.with_suffix(".ckpt"),
        checkpoint_every=250,
        workers=args.workers,
        device=args.device,
        precision=args.precision,
    )
    for step in steps:
        log.add(step.iteration, step.losses)
        if step.iteration % 250 == 0 or step.iteration == step.iterations:
            state = training.load_checkpoint(name.with_suffix(".ckpt"))
            save_file({k: v.cpu().contiguous() for k, v in state["average"].items()}, name.with_suffix(".safetensors"))


def export(args: argparse.Namespace) -> None:
    """fp16 copies of encoder and decoder, without the adapters, into the package."""
    for part in ("encoder", "decoder"):
        path = args.run / f"{args.model}_{part}.safetensors"
        weights = {k: v.half().contiguous() for k, v in load_file(path).items() if k.startswith("conv")}
        save_file(weights, BUNDLED / path.name, metadata={"model": args.model, "part": part, "format": "pt"})
        print(BUNDLED / path.name, (BUNDLED / path.name).stat().st_size, "bytes")
    sums = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(BUNDLED.glob("*.safetensors"))]
    (BUNDLED / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("encoder", distil), ("decoder", train), ("export", export)):
        sub = commands.add_parser(name)
        sub.set_defaults(run_stage=run)
        sub.add_argument("--model", choices=WIDTHS, required=True)
        if run is not export:
            sub.add_argument("pack", type=Path)
            sub.add_argument("--iterations", type=int, required=True)
            sub.add_argument("--start", type=Path, help="weights to begin with")
            sub.add_argument("--batch", type=int, default=8 if run is distil else 4)
            sub.add_argument("--crop", type=int, default=144 if run is distil else 160)
            sub.add_argument("--lr", type=float, default=1e-3)
            sub.add_argument("--device", default="cpu")
            sub.add_argument("--workers", type=int, default=0)
        if run is train:
            sub.add_argument("--encoder", type=Path)
            sub.add_argument("--style-weight", type=float, default=4.0)
            sub.add_argument("--tv", type=float, default=1.5)
            sub.add_argument("--identity", type=float, default=0.2)
            sub.add_argument("--seed", type=int, default=1)
            sub.add_argument("--precision", default="float32", help="auto, float32 or bfloat16")
        sub.add_argument("run", type=Path)
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    args.run_stage(args)


if __name__ == "__main__":
    main()
