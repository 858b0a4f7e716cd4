"""Train the bundled network of lesson 03: one style, three stages.

    python tools/train_feedforward.py CONTENT_FOLDER RUN_FOLDER [--style night_village]

The first stage asks for little style, so that the network learns to paint what it is shown; the later ones, on larger
crops, for more. ``--stage 3`` goes on from the weights that RUN_FOLDER holds. RUN_FOLDER gets
``feedforward_STYLE.safetensors`` (half precision), ``losses.csv`` and ``sample.png``, and keeps the last state every
100 iterations. The last line printed belongs into ``adain_lab/weights/SHA256SUMS``.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import torch
from safetensors.torch import save_file

import adain_lab
from adain_lab.files import write_whole
from adain_lab.images import image_grid, resize, save_image, to_tensor
from adain_lab.networks.feedforward import TransformerNetwork
from adain_lab.training.datasets import Pictures
from adain_lab.training.feedforward import FeedForwardConfig, train
from adain_lab.weights.feedforward import FEEDFORWARD, read_feedforward
from adain_lab.weights.registry import sha256_of

EVERY = 100
SAMPLES = ("coffee", "cat", "temple", "astronaut")


def stages(style: str) -> list[FeedForwardConfig]:
    """The settings of the stages."""
    spec = FEEDFORWARD[style]
    shape = {"width": spec.width, "blocks": spec.blocks}
    large = {"crop": 192, "size": 288} | shape
    return [
        FeedForwardConfig(iterations=300, crop=128, size=192, style_size=256, style_weight=0.5, seed=0, **shape),
        FeedForwardConfig(iterations=1500, style_size=320, style_weight=1.5, seed=1, **large),
        FeedForwardConfig(
            iterations=700, style_size=384, style_weight=5.0, tv_weight=1.0, learning_rate=1e-3, seed=2, **large
        ),
    ]


def save(network: TransformerNetwork, path: Path) -> None:
    """Weights in half precision, whole or not at all."""
    tensors = {name: tensor.detach().cpu().half().contiguous() for name, tensor in network.state_dict().items()}
    write_whole(path, lambda temporary: save_file(tensors, temporary))


@torch.inference_mode()
def save_sample(network: TransformerNetwork, path: Path) -> None:
    """Four samples the network has not seen, above what it makes of them."""
    pictures = [resize(to_tensor(adain_lab.sample(name)), 384)[..., :384, :384] for name in SAMPLES]
    network.eval()
    save_image(image_grid([*pictures, *(network(p).clamp(0, 1) for p in pictures)], columns=len(pictures)), path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--style", default="night_village", choices=tuple(FEEDFORWARD))
    parser.add_argument("--stage", type=int, default=1, choices=(1, 2, 3), help="the first stage to run")
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    contents, encoder, network = Pictures.from_folder(options.content), adain_lab.load_encoder("slim"), None
    weights = options.run / FEEDFORWARD[options.style].file.name
    if options.stage > 1:
        network = read_feedforward(weights, FEEDFORWARD[options.style].build())
    with (options.run / "losses.csv").open("w" if options.stage == 1 else "a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        if options.stage == 1:
            writer.writerow(("stage", "iteration", "seconds", "content", "style", "tv"))
        for stage, config in enumerate(stages(options.style)[options.stage - 1 :], options.stage):
            for step in train(adain_lab.sample(options.style), contents, config, encoder=encoder, network=network):
                network, losses = step.network, step.losses
                writer.writerow(
                    (
                        stage,
                        step.iteration,
                        f"{step.seconds:.1f}",
                        *(f"{losses[n]:.4f}" for n in ("content", "style", "tv")),
                    )
                )
                if step.iteration % EVERY == 0:
                    stream.flush()
                    save(network, weights)
                    save_sample(network, options.run / "sample.png")
                    print(f"stage {stage}, {step.iteration} of {step.iterations}, {step.seconds:.0f} s", flush=True)
    print(f"{sha256_of(weights)}  {weights.name}")


if __name__ == "__main__":
    main()
