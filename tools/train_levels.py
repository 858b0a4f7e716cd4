"""Train a model that restyles every level: encoder and decoder together, against the fixed teachers.

    python tools/train_levels.py PACK RUN [--model levels] [--iterations 8000] [--start FILE]
    python tools/train_levels.py PACK RUN --minutes 110 --start bundled --weight content=1.4 --weight beyond=80
    python tools/train_levels.py PACK RUN --model levels_light --copy 0.45 [--small]
    python tools/train_levels.py export RUN [--model levels]

PACK is a folder with ``content``, ``style``, ``texture`` and ``teacher`` (see the model card). RUN gets a checkpoint every
100 iterations, with which the same command goes on after a stop, and the averaged weights; ``export`` puts these into the
package, in fp16. One core is enough: about a second an iteration at this width.

What the decoder's own training (``adain_lab.training``) does not do: the encoder learns, too, since nothing says that
features which are good to recognise objects by are the best ones to paint from; a compressed VGG-19 that never changes
judges content and style, and for a quarter of the pairs VGG-19 itself judges the style at relu1_1 to relu3_1, so that the
compression's quirks are not learned; content is compared, for most pairs, with the photograph in the style's colours, so that
nothing is gained by keeping its hues, and so is the light of larger areas, or flat skies would be filled with whatever
dark the style needs; every pair counts by the share of the style that is missing, so that pairs
which are far apart do not decide alone; crops of 176, 256 and 352 pixels take turns, so that large forms are learned at no greater cost;
sorted colours are compared (a sliced Wasserstein distance), so that palettes arrive; and total variation counts
where the photograph is flat, so that skies stay calm.
Features are computed in bfloat16 where the processor multiplies in it, losses in float32.

A lighter model begins as a copy (``--copy``): it takes what weights it can from ``levels``, and for the first share of the run four
of five iterations ask it for that model's pictures, pixel by pixel, which needs no judge and a third of the time.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from teachers import JUDGE_LAYERS, CompressedTeacher, MixedTeacher
from torch import nn
from torch.nn import functional as F

from adain_lab.controls.color import match_color
from adain_lab.devices import has_native_bfloat16
from adain_lab.functional import adain, channel_mean_std, normalize, total_variation
from adain_lab.images import open_image, to_tensor
from adain_lab.losses import content_loss, layer_scales, range_penalty, scale_features
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.networks.palette import PIXELS, opponent
from adain_lab.training.checkpoints import load_checkpoint, save_checkpoint
from adain_lab.training.datasets import list_pictures
from adain_lab.weights.registry import BUNDLED, MODELS, sha256_of

#: Pictures and their size in turn: about as many pixels each.
SHAPES = [(4, 176), (4, 176), (2, 256), (2, 256), (1, 352)]
#: Half as many pixels: more steps in the same time.
SMALL_SHAPES = [(2, 176), (2, 176), (1, 256), (2, 160), (1, 288)]
WEIGHTS = {
    "content": 1.0,
    "content3": 0.25,
    "style": 8.0,
    "colour": 600.0,
    "range": 10.0,
    "tv": 0.15,
    "calm": 0.6,
    "same": 15.0,
    "low": 120.0,
    "beyond": 40.0,
    "pixel": 30.0,
    "broad": 30.0,
    "edges": 30.0,
}
#: Where another model's pictures are copied: how many of the iterations are left to the judges.
JUDGED = 0.2
#: How often VGG-19's own layers judge the style, and how far a pair's style loss is relative to its distance.
VGG_SHARE, RELATIVE = 0.25, 0.85
#: How many of the pairs have the photograph in the style's colours as their content's target.
RECOLOURED = 0.7
IDENTITIES = 0.14


def cheaply() -> torch.autocast:
    """In bfloat16 where the processor multiplies in it; elsewhere converting to it only costs time."""
    return torch.autocast("cpu", torch.bfloat16, enabled=has_native_bfloat16())


class Networks(nn.Module):
    """f and g, which learn together."""

    def __init__(self, model: str):
        super().__init__()
        self.encoder, self.decoder = MODELS[model].encoder(), MODELS[model].decoder()

    def forward(self, content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        with cheaply():
            f, s = self.encoder(content, self.decoder.levels), self.encoder(style, self.decoder.levels)
        with torch.autocast("cpu", enabled=False):  # differences of statistics need float32
            t = {layer: adain(f[layer].float(), s[layer].float()) for layer in self.decoder.levels}
            palette = channel_mean_std(s[PIXELS].float())
        with cheaply():
            return self.decoder(t, palette=palette).float()


class Pool:
    """Random crops of the pictures of some folders, each with its share."""

    def __init__(self, folders: dict[Path, float]):
        self.shares = list(folders.values())
        self.pictures = [
            [picture for file in list_pictures(folder) if min((picture := open_image(file)).size) >= 140]
            for folder in folders
        ]

    def batch(self, count: int, size: int, zoom: float, augment: bool) -> torch.Tensor:
        """(count, 3, size, size)."""
        rows = [random.choice(random.choices(self.pictures, self.shares)[0]) for _ in range(count)]
        return torch.cat([self._crop(picture, size, zoom, augment) for picture in rows]).to(
            memory_format=torch.channels_last
        )

    @staticmethod
    def _crop(picture, size: int, zoom: float, augment: bool) -> torch.Tensor:
        shorter = min(picture.size)
        side = max(min(shorter, int(size * random.uniform(1, zoom))), min(shorter, size // 2))
        left, top = (random.randint(0, length - side) for length in picture.size)
        crop = to_tensor(picture.crop((left, top, left + side, top + side)))
        crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True, align_corners=False)
        if random.random() < 0.5:
            crop = crop.flip(3)
        if augment:
            if random.random() < 0.3:
                crop = crop.flip(2)
            if random.random() < 0.35:
                crop = crop[:, torch.randperm(3)]
            if random.random() < 0.1:
                crop = 1 - crop
        return crop


def calm(images: torch.Tensor, content: torch.Tensor) -> torch.Tensor:
    """Total variation where the content is flat: each difference counts with exp(-variance / 0.03²) of the 9 × 9
    neighbourhood.
    """
    grey = content.mean(1, keepdim=True)

    def mean(x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 9, 1, 4, count_include_pad=False)

    flat = torch.exp(-mean((grey - mean(grey)).square()) / 0.03**2)
    across, down = (images[..., 1:] - images[..., :-1]).abs(), (images[..., 1:, :] - images[..., :-1, :]).abs()
    return (across * flat[..., 1:]).mean() + (down * flat[..., 1:, :]).mean()


def light_distance(images: torch.Tensor, recoloured: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of the light of 16 × 16 pixels: what is bright in the photograph is to be bright in the style."""
    luma = torch.tensor([0.3, 0.59, 0.11]).view(1, 3, 1, 1)
    return F.avg_pool2d(((images - recoloured) * luma).sum(1, keepdim=True), 16).square().mean()


def colour_distance(images: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """Sliced Wasserstein distance of the colours: sorted values along grey and five random directions."""
    directions = torch.randn(6, 3)
    directions[0] = torch.tensor([0.3, 0.59, 0.11])
    directions /= directions.norm(dim=1, keepdim=True)

    def in_order(x: torch.Tensor) -> torch.Tensor:
        return torch.einsum("pc,bchw->bphw", directions, F.avg_pool2d(x, 2)).flatten(2).sort(-1).values

    return (in_order(images) - in_order(style)).square().mean()


def beyond(images: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """How far hues are stronger than any of the style's: squared, in the style's deviations.

    Mean and deviation alone let a small green thing become greener than anything in the style.
    """
    own, wanted = (opponent(F.avg_pool2d(x, 2))[:, 1:].flatten(2) for x in (images, style))
    low, high = torch.quantile(wanted, torch.tensor([0.005, 0.995]), dim=2, keepdim=True)
    excess = (F.relu(own - high) + F.relu(low - own)) / (wanted.std(2, keepdim=True) + 0.03)
    return excess.square().clamp(max=16).mean()


def statistics_of(features: dict[str, torch.Tensor]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    return {layer: channel_mean_std(f) for layer, f in features.items()}


def style_distances(first: dict, second: dict) -> torch.Tensor:
    """Eq. 13 for every sample by itself, (B,), from :func:`statistics_of` scaled features."""
    pairs = [pair for layer, own in first.items() for pair in zip(own, second[layer], strict=True)]
    return sum((a - b).square().mean((1, 2, 3)) for a, b in pairs)


class Judge:
    """A teacher that never changes, its layers divided by their mean activation."""

    def __init__(self, teacher: nn.Module, sample: torch.Tensor):
        self.teacher = teacher.to(memory_format=torch.channels_last)
        self.scales = layer_scales(teacher, sample, JUDGE_LAYERS)

    def __call__(self, images: torch.Tensor, **options) -> dict[str, torch.Tensor]:
        with cheaply():
            features = self.teacher(images, JUDGE_LAYERS, **options)
        return scale_features({layer: f.float() for layer, f in features.items()}, self.scales)


def losses_of(
    networks: Networks,
    compressed: Judge,
    mixed: Judge,
    typical: float,
    recoloured_share: float,
    content: torch.Tensor,
    style: torch.Tensor,
) -> dict:
    """The terms by the names of :data:`WEIGHTS`; ``typical``: the style distance of a pair before it is restyled."""
    images, same = networks(content, style), style is content
    phase = (random.randint(0, 1), random.randint(0, 1))
    seen = compressed(images, phase=phase)
    with torch.no_grad():
        of_content = compressed(content, phase=phase)
        of_target, recoloured = of_content, content
        if not same:
            recoloured = match_color(content, style).to(memory_format=torch.channels_last)
            if random.random() < recoloured_share:
                of_target = compressed(recoloured, phase=phase)
        of_style = of_content if same else compressed(style, phase=phase)
        before = style_distances(statistics_of(of_content), statistics_of(of_style))
        share = 1.0 if same else 1 - RELATIVE + RELATIVE * before / typical
    after = style_distances(statistics_of(seen), statistics_of(of_style))
    if not same and random.random() < VGG_SHARE:
        with torch.no_grad():
            wanted = statistics_of(mixed(style))
        after = style_distances(statistics_of(mixed(images)), wanted)
    return {
        "content": content_loss(normalize(seen["relu4_1"]), normalize(of_target["relu4_1"])),
        "content3": content_loss(normalize(seen["relu3_1"]), normalize(of_target["relu3_1"])),
        "style": (after / share).mean(),
        "colour": colour_distance(images, style),
        "range": range_penalty(images),
        "tv": total_variation(images),
        "calm": calm(images, content),
        "low": light_distance(images, recoloured),
        "beyond": beyond(images, style),
        **({"same": F.l1_loss(images, content)} if same else {}),
    }


def copy_losses(images: torch.Tensor, wanted: torch.Tensor) -> dict:
    """How far pictures are from those to be copied: pixel by pixel, in the large, and in what changes from one to the next."""

    def differences(x: torch.Tensor) -> list[torch.Tensor]:
        return [x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]]

    changes = zip(differences(images), differences(wanted), strict=True)
    return {
        "pixel": F.l1_loss(images, wanted),
        "broad": F.l1_loss(F.avg_pool2d(images, 8), F.avg_pool2d(wanted, 8)),
        "edges": sum(F.l1_loss(a, b) for a, b in changes),
    }


def learning_rate(iteration: int, done: float, peak: float) -> float:
    """Warm-up over 150 iterations, the peak until two fifths of the run are done, then a cosine to almost 0."""
    falling = 1.0 if done < 0.4 else max(0.5 * (1 + math.cos(math.pi * (done - 0.4) / 0.6)), 0.003)
    return peak * min(1.0, iteration / 150 + 0.02) * falling


def bundled(model: str) -> dict[str, torch.Tensor]:
    """The package's weights of ``model`` by :class:`Networks`' names, in float32."""
    parts = {part: load_file(MODELS[model].file(part)) for part in ("encoder", "decoder")}
    return {f"{part}.{name}": w.float() for part, weights in parts.items() for name, w in weights.items()}


def begin_as(networks: Networks, original: Networks) -> None:
    """The original's weights wherever the networks have a layer of that name and shape."""
    theirs, own = original.state_dict(), networks.state_dict()
    own.update({name: w for name, w in theirs.items() if name in own and own[name].shape == w.shape})

    def rows(decoder: Decoder) -> dict[str, slice]:  # of the conditioning's last layer, by convolution
        begin, found = 0, {}
        for name, count in decoder.condition.outputs.items():
            found[name] = slice(begin, begin := begin + 2 * count)
        return found

    mine, others = rows(networks.decoder), rows(original.decoder)
    for part in ("weight", "bias"):
        name = f"decoder.condition.outer.{part}"
        own[name] = torch.cat([theirs[name][others[convolution]] for convolution in mine])
    networks.load_state_dict(own)


def decoder_parameters(networks: Networks, of_condition: bool) -> list[nn.Parameter]:
    return [p for name, p in networks.decoder.named_parameters() if name.startswith("condition") == of_condition]


@torch.no_grad()
def set_usual(networks: Networks, contents: Pool, styles: Pool) -> None:
    """What statistics are on average and how far they differ, of 160 pictures, a quarter of them photographs."""
    rows = []
    for number in range(40):
        images = styles.batch(4, 176, 2.5, True) if number % 4 else contents.batch(4, 176, 3.0, False)
        found = statistics_of(networks.encoder(images, STYLE_LAYERS))
        rows.append(torch.cat([part.flatten(1) for layer in STYLE_LAYERS for part in found[layer]], 1))
    values, condition = torch.cat(rows), networks.decoder.condition
    condition.usual.copy_(values.mean(0))
    condition.spread.copy_(values.std(0).clamp_min(0.02))


@torch.no_grad()
def typical_distance(judge: Judge, contents: Pool, styles: Pool) -> float:
    """The mean style distance of 48 pairs."""
    total = torch.zeros(())
    for _ in range(12):
        content, style = contents.batch(4, 160, 3.0, False), styles.batch(4, 160, 2.5, True)
        total += style_distances(statistics_of(judge(content)), statistics_of(judge(style))).mean()
    return float(total / 12)


def train(args: argparse.Namespace) -> None:
    args.run.mkdir(parents=True, exist_ok=True)
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    folder = {name: args.pack / name for name in ("content", "style", "texture")}
    contents = Pool({folder["content"]: 0.85, folder["texture"]: 0.13, folder["style"]: 0.02})
    styles = Pool({folder["style"]: 0.7, folder["texture"]: 0.2, folder["content"]: 0.1})
    networks, original = Networks(args.model).to(memory_format=torch.channels_last), None
    if args.copy:
        original = Networks("levels").to(memory_format=torch.channels_last).requires_grad_(False)
        original.load_state_dict(bundled("levels"))
        begin_as(networks, original)
    if args.start:
        # What the start lacks (levels, residual blocks) begins as nothing.
        weights = bundled(args.model) if args.start == "bundled" else load_file(args.start)
        networks.load_state_dict({**networks.state_dict(), **weights})
    condition = networks.decoder.condition
    if condition is not None and not condition.usual.any():
        set_usual(networks, contents, styles)
    average = {k: v.clone() for k, v in networks.state_dict().items()}
    groups = [
        {"params": networks.encoder.parameters(), "share": 0.5},
        {"params": decoder_parameters(networks, of_condition=False), "share": 1.0},
        {"params": decoder_parameters(networks, of_condition=True), "share": 2.0},
    ]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.99))
    sample = styles.batch(32, 160, 2.5, False)
    compressed, mixed = Judge(CompressedTeacher(args.pack), sample), Judge(MixedTeacher(args.pack), sample)
    typical = typical_distance(compressed, contents, styles)
    checkpoint, iteration, spent = args.run / "levels.ckpt", 0, 0.0
    if checkpoint.exists():
        state = load_checkpoint(checkpoint)
        networks.load_state_dict(state["networks"])
        optimizer.load_state_dict(state["optimizer"])
        average, iteration, spent = state["average"], state["iteration"], state["seconds"]
    began, sums = time.monotonic() - spent, {}
    while (done := progress(args, iteration, spent)) < 1:
        random.seed(args.seed * 1_000_003 + iteration)  # a run that was stopped sees what an unbroken one would
        torch.manual_seed(args.seed * 1_000_003 + iteration)
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * learning_rate(iteration, done, args.lr)
        count, size = random.choice(SMALL_SHAPES if args.small else SHAPES)
        content = contents.batch(count, size, 3.0, False)
        style = content if random.random() < IDENTITIES else styles.batch(count, size, 2.5, True)
        if original is not None and done < args.copy and random.random() > JUDGED:
            losses = copy_losses(networks(content, style), original(content, style).clamp(0, 1))
        else:
            losses = losses_of(networks, compressed, mixed, typical, args.recoloured, content, style)
        optimizer.zero_grad(set_to_none=True)
        sum(args.weights[name] * loss for name, loss in losses.items()).backward()
        nn.utils.clip_grad_norm_(networks.parameters(), 2.0)
        optimizer.step()
        keep = min(0.9985, (1 + iteration) / (10 + iteration))
        for name, value in networks.state_dict().items():
            average[name].lerp_(value, 1 - keep)
        for name, loss in losses.items():
            total, seen = sums.get(name, (0.0, 0))
            sums[name] = total + float(loss.detach()), seen + 1
        iteration, spent = iteration + 1, time.monotonic() - began
        if iteration % 100 == 0 or progress(args, iteration, spent) >= 1:
            row = {"iteration": iteration, "seconds": round(spent)}
            row |= {name: round(sums[name][0] / sums[name][1], 5) if name in sums else "" for name in WEIGHTS}
            write_row(args.run / "levels.csv", row)
            sums = {}
            state = {
                "iteration": iteration,
                "seconds": spent,
                "networks": networks.state_dict(),
                "optimizer": optimizer.state_dict(),
            }
            save_checkpoint(checkpoint, {**state, "average": average})
            save_file({k: v.contiguous() for k, v in average.items()}, args.run / "levels.safetensors")


def progress(args: argparse.Namespace, iteration: int, seconds: float) -> float:
    """The share of the run that is done, of its minutes where these are given, else of its iterations."""
    return seconds / (60 * args.minutes) if args.minutes else iteration / args.iterations


def weight(text: str) -> tuple[str, float]:
    """``content=1.4``."""
    name, _, value = text.partition("=")
    if name not in WEIGHTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(WEIGHTS)}")
    return name, float(value)


def write_row(path: Path, row: dict) -> None:
    """A line of the loss curves, to the file and to the screen."""
    new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(row, flush=True)


def export(run: Path, model: str) -> None:
    """fp16 copies of both networks into the package."""
    weights = load_file(run / "levels.safetensors")
    for part in ("encoder", "decoder"):
        tensors = {k.removeprefix(f"{part}."): v.half() for k, v in weights.items() if k.startswith(f"{part}.")}
        path = MODELS[model].file(part)
        save_file(tensors, path, metadata={"model": model, "part": part, "format": "pt"})
        path.chmod(0o644)
        print(path.name, path.stat().st_size, "bytes")
    sums = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(BUNDLED.glob("*.safetensors"))]
    (BUNDLED / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path, help='the training pack, or "export"')
    parser.add_argument("run", type=Path, help="a folder for checkpoint, curves and weights")
    parser.add_argument("--iterations", type=int, default=8000)
    parser.add_argument("--minutes", type=float, help="the run's length by the clock, instead of --iterations")
    parser.add_argument("--start", help='averaged weights of another run to begin with, or "bundled"')
    parser.add_argument(
        "--weight", type=weight, action="append", default=[], metavar="TERM=VALUE", help="of one term of the loss"
    )
    parser.add_argument(
        "--recoloured", type=float, default=RECOLOURED, help="share of pairs whose content's colours change"
    )
    parser.add_argument("--model", choices=["levels", "levels_light"], default="levels", help="whose shape")
    parser.add_argument(
        "--copy", type=float, default=0.0, metavar="SHARE", help="of the run in which levels' pictures are copied"
    )
    parser.add_argument("--small", action="store_true", help="half as many pixels an iteration")
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.weights = WEIGHTS | dict(args.weight)
    if str(args.pack) == "export":
        export(args.run, args.model)
    else:
        train(args)


if __name__ == "__main__":
    main()
