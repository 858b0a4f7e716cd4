"""Pictures to learn from and to play with: training pools, batches, and the bundled samples."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset, Subset

from adain_lab.images import open_image

__all__ = ["Pictures", "Sample", "batches", "list_pictures", "sample", "samples", "samples_folder"]

#: Decoded pictures are kept in memory up to this size per pool: small training sets are read once.
MAX_DECODED_BYTES = 2 * 2**30
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")


# ---- the bundled samples ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """A bundled picture: ``kind`` is content, style or masks; ``alt`` describes it for those who cannot see it."""

    name: str
    kind: str
    path: Path
    title: str
    author: str
    licence: str
    alt: str


def samples_folder() -> Path:
    """Where the sample pictures are: inside an installed package, or in ``data/samples`` of a clone.

    Raises:
        FileNotFoundError: neither exists.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "samples", package.parent / "data" / "samples"):
        if (folder / "index.json").is_file():
            return folder
    raise FileNotFoundError("the sample pictures are missing: reinstall adain_lab, or run from a complete clone")


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, Sample]]:
    folder = samples_folder()
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    keys = ("name", "title", "author", "licence", "alt")
    return {
        kind: {row["name"]: Sample(kind=kind, path=folder / row["file"], **{k: row[k] for k in keys}) for row in rows}
        for kind, rows in index.items()
    }


def samples(kind: str) -> dict[str, Sample]:
    """The bundled samples of a kind ("content", "style" or "masks"), by name."""
    if kind not in _index():
        raise ValueError(f"unknown kind of sample {kind!r}: choose from {', '.join(_index())}")
    return dict(_index()[kind])


def sample(name: str) -> Path:
    """The file of the bundled sample ``name``, of any kind but masks, to pass wherever a picture is taken.

    Raises:
        ValueError: there is none of that name; the message lists those that there are.
    """
    found = {**_index()["content"], **_index()["style"]}
    if name not in found:
        raise ValueError(f"no sample picture is called {name!r}: choose from {', '.join(sorted(found))}")
    return found[name].path


# ---- training pools --------------------------------------------------------------------------------------------


def list_pictures(folder: str | os.PathLike) -> list[Path]:
    """The picture files under ``folder``, sorted, hidden ones left out.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds no pictures.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder {folder} does not exist")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS and not p.name.startswith("."))
    if not files:
        raise ValueError(f"the folder {folder} holds no pictures ({', '.join(PICTURE_ENDINGS)})")
    return files


@dataclass
class Pictures:
    """A pool of pictures to draw crops from.

    Attributes:
        groups: lists of files; a crop first chooses a group by ``weights``, then a file in it.
        weights: one per group; equal when empty.
        skipped: files that could not be read. They are passed over, and counted here.
    """

    groups: Sequence[Sequence[Path]]
    weights: Sequence[float] = ()
    skipped: set[Path] = field(default_factory=set)
    _decoded: dict[Path, torch.Tensor] = field(default_factory=dict, repr=False)
    _decoded_bytes: int = field(default=0, repr=False)

    @classmethod
    def from_folder(cls, *folders: str | os.PathLike, weights: Sequence[float] = ()) -> Pictures:
        """One group per folder."""
        return cls([list_pictures(f) for f in folders], weights)

    def draw(self, size: int, smallest: int, generator: torch.Generator) -> torch.Tensor:
        """A random picture as uint8 (3, H, W), its shorter side ``size`` (0: as it is) and at least ``smallest`` pixels."""
        weights = torch.tensor(self.weights or [1.0] * len(self.groups), dtype=torch.float64)
        for _ in range(100):
            group = self.groups[int(torch.multinomial(weights, 1, generator=generator))]
            path = group[int(torch.randint(len(group), (1,), generator=generator))]
            if path in self.skipped:
                continue
            try:
                return self._read(path, size, smallest)
            except (ValueError, FileNotFoundError):
                self.skipped.add(path)
        raise ValueError(f"100 pictures in a row could not be read; the last was {path}")

    def _read(self, path: Path, size: int, smallest: int) -> torch.Tensor:
        from torchvision.transforms.v2 import functional as TF

        if path in self._decoded:
            return self._decoded[path]
        image = open_image(path)
        shorter = max(size or min(image.size), smallest)
        if shorter != min(image.size):
            image = TF.resize(image, shorter, antialias=True)
        picture = TF.pil_to_tensor(image)
        if self._decoded_bytes + picture.numel() <= MAX_DECODED_BYTES:
            self._decoded[path] = picture
            self._decoded_bytes += picture.numel()
        return picture


class _Crops(Dataset):
    """Crop number i of an endless stream: the same for the same (seed, i), whoever asks and whenever."""

    def __init__(self, pictures: Pictures, count: int, crop: int, size: int, seed: int, augment: bool):
        self.pictures, self.count, self.crop, self.size, self.seed, self.augment = pictures, count, crop, size, seed, augment

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> torch.Tensor:
        from torchvision.transforms import v2

        generator = torch.Generator().manual_seed(hash((self.seed, index)) & 0x7FFF_FFFF)
        picture = self.pictures.draw(self.size, self.crop, generator)
        shorter = min(picture.shape[1:])
        # Square crops of one to the whole shorter side: objects and strokes come in several sizes.
        scale = torch.rand((), generator=generator).item()
        side = int(self.crop + scale * (min(shorter, 3 * self.crop) - self.crop)) if self.augment or not self.size else self.crop
        top = int(torch.randint(picture.shape[1] - side + 1, (1,), generator=generator))
        left = int(torch.randint(picture.shape[2] - side + 1, (1,), generator=generator))
        image = picture[:, top : top + side, left : left + side].float().div_(255)
        if side != self.crop:
            image = v2.functional.resize(image, [self.crop, self.crop], antialias=True)
        if torch.rand((), generator=generator) < 0.5:
            image = image.flip(2)
        return _vary_colours(image, generator).clamp(0, 1) if self.augment else image


def _vary_colours(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    chance = torch.rand(6, generator=generator).tolist()
    if chance[0] < 0.3:
        image = image.flip(1)
    if chance[1] < 0.5:
        image = image[torch.randperm(3, generator=generator)]
    if chance[2] < 0.15:
        image = 1 - image
    if chance[3] < 0.3:
        mean = image.mean()
        image = (image - mean) * (0.6 + 0.9 * chance[4]) + mean + 0.2 * (chance[5] - 0.5)
    return image


def batches(
    pictures: Pictures,
    batch_size: int,
    count: int,
    crop: int,
    size: int = 0,
    seed: int = 0,
    *,
    augment: bool = False,
    start: int = 0,
    workers: int = 0,
) -> Iterator[torch.Tensor]:
    """Batches ``start`` to ``count`` of a stream of random crops.

    Args:
        pictures: the pool.
        batch_size: crops per batch.
        count: length of the whole stream, in batches.
        crop: side of the square crop, pixels.
        size: shorter side the pictures are scaled to first; 0 leaves them.
        seed: of the stream.
        augment: vary colours and scale.
        start: the first batch to give.
        workers: processes that prepare them.

    Yields:
        (batch_size, 3, crop, crop), floats in [0, 1]. The same arguments give the same pictures.
    """
    crops = _Crops(pictures, batch_size * count, crop, size, seed, augment)
    rest = Subset(crops, range(batch_size * start, batch_size * count))
    yield from DataLoader(rest, batch_size=batch_size, num_workers=workers)
