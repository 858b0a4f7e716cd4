"""Damage files and settings at random, and see whether the promises of SECURITY.md hold.

    python tools/fuzz.py --seconds 600 --seed 1 --keep found

Every input is made from a good one: bytes are changed, cut, repeated or swapped, values of JSON replaced. What reads it
may refuse it with an error of the family ``UserError``, or take it; anything else, and whatever takes longer than
``--limit`` seconds, is kept with a number that makes it again. ``tests/test_campaign.py`` holds the cases that were
found by hand.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import torch  # noqa: E402
from campaign import encoded, run_forked, tree  # noqa: E402
from PIL import Image  # noqa: E402
from PIL.PngImagePlugin import PngInfo  # noqa: E402
from safetensors.torch import save  # noqa: E402

import adain_lab  # noqa: E402
from adain_lab.controls.controls import Controls  # noqa: E402
from adain_lab.controls.masks import read_masks  # noqa: E402
from adain_lab.errors import UserError  # noqa: E402
from adain_lab.images import RECIPE_KEY, open_image  # noqa: E402
from adain_lab.recipes.program import as_python  # noqa: E402
from adain_lab.recipes.recipe import identity, read_recipe, stylize_recipe  # noqa: E402
from adain_lab.statistics import Statistics  # noqa: E402
from adain_lab.training.checkpoints import load_checkpoint  # noqa: E402
from adain_lab.training.config import TrainingConfig  # noqa: E402
from adain_lab.video.files import open_clip  # noqa: E402
from adain_lab.weights.registry import MODELS, read_decoder  # noqa: E402
from adain_lab.widgets.session.mask_codec import pack_labels, unpack_labels  # noqa: E402
from adain_lab.widgets.uploads import Uploads  # noqa: E402

#: Values that programs stumble over.
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e38, float("nan"), float("inf"), "", "x", "\0"),
    *("../../x", "'); import os #", '"""', "\x1b[2J", "\u202e", "x" * 5000, [], {}, [None], {"": None}, [[[]]]),
)


class TooLong(Exception):
    """It did not come back in time."""


class Fuzzer:
    """Good inputs, ways to damage them, and what takes them."""

    def __init__(self, seed: int, folder: Path):
        self.seed, self.folder, self.random = seed, folder, random.Random(seed)
        self.clip = self._clip()
        self.recipe = self._recipe()
        decoder = MODELS["tiny"].file("decoder").read_bytes()
        pictures = [encoded(kind, 24, 32) for kind in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP")]
        exif = Image.Exif()
        exif[0x0112] = 6
        pictures += [encoded("JPEG", 24, 32, exif=exif), encoded("TIFF", 24, 32, compression="tiff_lzw")]
        statistics = {"mean": torch.zeros(1, 8, 1, 1), "std": torch.ones(1, 8, 1, 1)}
        self.targets: dict[str, tuple[list[bytes], Callable[[Path], Any]]] = {
            "picture": (pictures, open_image),
            "mask": (pictures, lambda path: read_masks(path, 2)),
            "clip": ([self.clip], self._read_clip),
            "statistics": ([save(statistics, {"model": "tiny"})], Statistics.load),
            "decoder": ([decoder], lambda path: read_decoder(path, "tiny")),
            "checkpoint": ([self._checkpoint()], lambda path: load_checkpoint(path, TrainingConfig())),
            "labels": ([pack_labels(torch.eye(8).numpy())], lambda path: unpack_labels(path.read_bytes())),
        }
        self.found: Counter[str] = Counter()
        self.tried: Counter[str] = Counter()

    # ---- good inputs -----------------------------------------------------------------------------------------------

    def _clip(self) -> bytes:
        frames = [Image.effect_noise((24, 16), 60 + 10 * number).convert("RGB") for number in range(3)]
        buffer = io.BytesIO()
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=80)
        return buffer.getvalue()

    def _recipe(self) -> dict[str, Any]:
        pictures = [identity(adain_lab.sample(name), size=32) for name in ("cat", "kilim")]
        return stylize_recipe(adain_lab.load("tiny", device="cpu"), pictures[0], pictures[1:], Controls(0.5))

    def _checkpoint(self) -> bytes:
        buffer = io.BytesIO()
        state = {"iteration": 3, "config": {}, "decoder": {"x": torch.ones(2)}, "losses": {}, "learning_rate": 0.1}
        torch.save({**state, "optimizer": {"state": {}, "param_groups": [{"params": [0]}]}}, buffer)
        return buffer.getvalue()

    def _read_clip(self, path: Path) -> None:
        with open_clip(path) as clip:
            for _ in clip.frames(lambda packet: None):
                pass

    # ---- damage ----------------------------------------------------------------------------------------------------

    def damaged(self, data: bytes) -> bytes:
        """Up to eight changes, mostly where headers are."""
        changed, rng = bytearray(data), self.random
        for _ in range(rng.randint(1, 8)):
            if not changed:
                break
            at = rng.randrange(min(len(changed), rng.choice((32, 512, len(changed)))))
            kind = rng.randrange(6)
            if kind == 0:
                changed[at] = rng.randrange(256)
            elif kind == 1:
                changed[at : at + 4] = rng.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\1"))
            elif kind == 2:
                del changed[rng.randrange(len(changed)) :]
            elif kind == 3:
                del changed[at : at + rng.randint(1, 16)]
            elif kind == 4:
                changed[at:at] = changed[at : at + rng.randint(1, 64)]
            else:
                changed[at] ^= 1 << rng.randrange(8)
        return bytes(changed)

    def replaced(self, value: Any) -> Any:
        """A value of JSON with one of its parts replaced."""
        rng = self.random
        if isinstance(value, dict) and value and rng.random() < 0.9:
            key = rng.choice(sorted(value))
            if rng.random() < 0.1:
                return {k: v for k, v in value.items() if k != key}
            return {**value, key: self.replaced(value[key])}
        if isinstance(value, list) and value and rng.random() < 0.5:
            at = rng.randrange(len(value))
            return [*value[:at], self.replaced(value[at]), *value[at + 1 :]]
        return rng.choice(ODD)

    # ---- what takes it ---------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """A damaged file, and who reads it."""
        good, reader = self.targets[name]
        data = self.damaged(self.random.choice(good))
        path = self.folder / "input"
        path.write_bytes(data)
        self._take(name, lambda: reader(path), data)
        return data

    def forge(self) -> None:
        """A forged recipe: read from a picture, and written as a program, which must do what programs of recipes do."""
        recipe = self.replaced(self.recipe)
        note, buffer = PngInfo(), io.BytesIO()
        text = json.dumps(recipe)
        note.add_itxt(RECIPE_KEY, text)
        Image.new("RGB", (4, 4)).save(buffer, "PNG", pnginfo=note)

        def take() -> None:
            try:
                read_recipe(buffer.getvalue())
            except UserError:
                pass
            check_program(as_python(recipe)) if isinstance(recipe, dict) else None

        self._take("recipe", take, text.encode())

    def upload(self) -> None:
        """A message from a page."""
        content = self.replaced({"id": "a", "part": 0, "parts": 1, "name": "x.png", "kind": "style"})
        self._take(
            "upload",
            lambda: Uploads().take(content, [b"12"]) if isinstance(content, dict) else None,
            repr(content).encode(),
        )

    def command(self) -> None:
        """A whole command line with odd values and a damaged picture."""
        rng, work = self.random, self.folder / "work"
        work.mkdir(exist_ok=True)
        data = self.damaged(rng.choice(self.targets["picture"][0]))
        (work / "photo.png").write_bytes(data)
        options = (
            "--alpha",
            "--size",
            "--style-size",
            "--weights",
            "--feather",
            "--preserve-color",
            "--tile",
            "--seed",
        )
        values = [str(value).replace("\0", "") for value in ODD if not isinstance(value, (list, dict))]
        given = [f"{rng.choice(options)}={rng.choice(values)}" for _ in range(rng.randrange(3))]
        arguments = ["stylize", "photo.png", "kilim", "-o", "out.png", "--model", "tiny", "--device", "cpu", *given]
        outcome = run_forked(arguments, work, limit=60)
        left = set(tree(work)) - {"photo.png"}
        good = outcome.status in (0, 2) and "Traceback" not in outcome.err and outcome.said.count("\n") == 0
        self.tried["command"] += 1
        if not good or left != ({"out.png"} if outcome.status == 0 else set()):
            self._keep("command", f"{given}: {outcome}", data)
        (work / "out.png").unlink(missing_ok=True)

    def _take(self, name: str, take: Callable[[], Any], data: bytes) -> None:
        self.tried[name] += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                take()
        except UserError as error:
            if not str(error).strip():
                self._keep(name, "an error without a sentence", data)
        except TooLong:
            self._keep(name, "it did not come back in time", data)
        except Exception:
            self._keep(name, traceback.format_exc(), data)

    def _keep(self, name: str, why: str, data: bytes) -> None:
        place = why.strip().splitlines()[-1][:120]
        self.found[f"{name}: {place}"] += 1
        if self.found[f"{name}: {place}"] == 1:
            number = sum(self.tried.values())
            (self.folder / f"{name}-{self.seed}-{number}").write_bytes(data)
            (self.folder / f"{name}-{self.seed}-{number}.txt").write_text(why, encoding="utf-8", errors="replace")
            print(f"{name}, seed {self.seed}, input {number}: {place}", file=sys.stderr, flush=True)


def check_program(program: str) -> None:
    """Refuse a program of a recipe that does anything but load, open, call the stylizer and save.

    Raises:
        AssertionError: it does.
    """
    modules = ("adain_lab", "adain_lab.controls.masks", "adain_lab.tiling", "adain_lab.recipes.packing")
    names = {"adain_lab", "stylizer", "stylize_tiled", "feather", "region_masks", "unpack_masks", "unpack_statistics"}
    names |= {"read_picture", "tuple", "content", "style", "styles", "masks", "picture", "inf", "nan"}
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            assert [alias.name for alias in node.names] == ["adain_lab"], program
        elif isinstance(node, ast.ImportFrom):
            assert node.module in (*modules, "adain_lab.widgets.session.gallery"), program
        elif isinstance(node, ast.Name):
            assert node.id in names, program
        elif isinstance(node, ast.Attribute):
            assert node.attr in ("load", "sample", "save_image", "resize", "to_tensor", "shape"), program


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="how long (default: 600)")
    parser.add_argument("--seed", type=int, default=0, help="of the first input (default: 0)")
    parser.add_argument("--limit", type=int, default=20, help="seconds that one input may take (default: 20)")
    parser.add_argument("--keep", type=Path, help="folder for what was found (default: a temporary one)")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="adain_lab_fuzz_"))
    folder.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    fuzzer = Fuzzer(options.seed, folder)

    def too_long(_: int, __: FrameType | None) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, too_long)
    jobs = [lambda name=name: fuzzer.read(name) for name in fuzzer.targets for _ in range(3)]
    jobs += [fuzzer.forge] * 6 + [fuzzer.upload] * 2
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        signal.alarm(options.limit)
        fuzzer.random.choice(jobs)()
        signal.alarm(0)
        if sum(fuzzer.tried.values()) % 200 == 0:
            fuzzer.command()
    print(f"{sum(fuzzer.tried.values())} inputs: {', '.join(f'{n} {name}' for name, n in fuzzer.tried.items())}")
    for what, count in fuzzer.found.most_common():
        print(f"{count} x {what}")
    if fuzzer.found:
        print(f"see {folder}")
    return 1 if fuzzer.found else 0


if __name__ == "__main__":
    sys.exit(main())
