"""Pictures to learn from: datasets of files, and streams of random crops that are the same at every run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset, Subset, get_worker_info

from adain_lab.errors import InputError, MissingFileError, UserError
from adain_lab.files import a_kind, what_is_there
from adain_lab.images import PICTURE_ENDINGS, open_image

__all__ = ["Pictures", "batches", "list_pictures"]

#: Decoded pictures are kept in memory up to this size per dataset: small training sets are read once.
MAX_DECODED_BYTES = 2 * 2**30


def list_pictures(folder: str | os.PathLike) -> list[Path]:
    """The picture files under ``folder``, sorted, hidden ones left out.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it holds no pictures.
    """
    folder = Path(folder)
    there = what_is_there(folder)
    if there != "folder":
        raise (InputError if there else MissingFileError)(
            f"{folder} is {a_kind(there)}, not a folder of pictures" if there else f"the folder {folder} does not exist"
        )
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS and not p.name.startswith("."))
    if not files:
        raise InputError(f"the folder {folder} holds no pictures ({', '.join(PICTURE_ENDINGS)})")
    return files


@dataclass
class Pictures:
    """A dataset of pictures to draw crops from.

    Attributes:
        groups: lists of files; a crop first chooses a group by ``weights``, then a file in it.
        weights: one per group; equal when empty.
        skipped: files that could not be read. They are passed over, and counted here.
    """

    groups: Sequence[Sequence[Path]]
    weights: Sequence[float] = ()
    skipped: set[Path] = field(default_factory=set)
    _decoded: dict[tuple[Path, int, int], torch.Tensor] = field(default_factory=dict, repr=False)
    _decoded_bytes: int = field(default=0, repr=False)

    @classmethod
    def from_folder(cls, *folders: str | os.PathLike, weights: Sequence[float] = ()) -> Pictures:
        """One group per folder."""
        return cls([list_pictures(f) for f in folders], weights)

    def draw(self, size: int, smallest: int, generator: torch.Generator) -> torch.Tensor:
        """A random picture as uint8 (3, H, W), its shorter side ``size`` (0: as it is) and at least ``smallest``
        pixels.
        """
        weights = torch.tensor(self.weights or [1.0] * len(self.groups), dtype=torch.float64)
        for _ in range(100):
            group = self.groups[int(torch.multinomial(weights, 1, generator=generator))]
            path = group[int(torch.randint(len(group), (1,), generator=generator))]
            if path in self.skipped:
                continue
            try:
                return self._read(path, size, smallest)
            except UserError:
                self.skipped.add(path)
        raise InputError(f"100 pictures in a row could not be read; the last was {path}")

    def _read(self, path: Path, size: int, smallest: int) -> torch.Tensor:
        from torchvision.transforms.v2 import functional as TF

        key = path, size, smallest
        if key in self._decoded:
            return self._decoded[key]
        image = open_image(path)
        shorter = max(size or min(image.size), smallest)
        if shorter != min(image.size):
            image = TF.resize(image, shorter, antialias=True)
        picture = TF.pil_to_tensor(image)
        worker = get_worker_info()
        if self._decoded_bytes + picture.numel() <= MAX_DECODED_BYTES // (worker.num_workers if worker else 1):
            self._decoded[key] = picture
            self._decoded_bytes += picture.numel()
        return picture


class _Crops(Dataset):
    """Crop number i of an endless stream: the same for the same (seed, i), whoever asks and whenever."""

    def __init__(self, pictures: Pictures, count: int, crop: int, size: int, seed: int, augment: bool):
        self.pictures, self.count, self.crop, self.size, self.seed, self.augment = (
            pictures,
            count,
            crop,
            size,
            seed,
            augment,
        )

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[torch.Tensor | ValueError, set[Path]]:
        """The crop or what went wrong, and what could not be read so far: another process has no other way to tell."""
        try:
            return self._crop(index), self.pictures.skipped
        except ValueError as error:
            return error, self.pictures.skipped

    def _crop(self, index: int) -> torch.Tensor:
        from torchvision.transforms import v2

        generator = torch.Generator().manual_seed(hash((self.seed, index)) & 0x7FFF_FFFF)
        picture = self.pictures.draw(self.size, self.crop, generator)
        shorter = min(picture.shape[1:])
        # Square crops of one to the whole shorter side: objects and strokes come in several sizes.
        scale = torch.rand((), generator=generator).item()
        side = (
            int(self.crop + scale * (min(shorter, 3 * self.crop) - self.crop))
            if self.augment or not self.size
            else self.crop
        )
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


def _collate(
    crops: Sequence[tuple[torch.Tensor | ValueError, set[Path]]],
) -> tuple[torch.Tensor | ValueError, set[Path]]:
    images = [image for image, _ in crops]
    error = next((image for image in images if isinstance(image, ValueError)), None)
    read = [image for image in images if not isinstance(image, ValueError)]
    return error or torch.stack(read), set().union(*(skipped for _, skipped in crops))


def _leave_signals(_: int) -> None:
    """Ctrl+C goes to the reading processes too: they read on, and the one that trains says when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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
    part: int = 0,
    parts: int = 1,
) -> Iterator[torch.Tensor]:
    """Batches ``start`` to ``count`` of a stream of random crops.

    Args:
        pictures: the dataset. Files that cannot be read are passed over and added to its ``skipped``, wherever they are
            read.
        batch_size: crops per batch, a multiple of ``parts``.
        count: length of the whole stream, in batches.
        crop: side of the square crop, pixels.
        size: shorter side the pictures are scaled to first; 0 leaves them.
        seed: of the stream.
        augment: vary colours and scale.
        start: the first batch to give.
        workers: processes that prepare them.
        part, parts: of every batch give crops ``part::parts`` only; the parts together are the batch.

    Yields:
        (batch_size / parts, 3, crop, crop), floats in [0, 1]. The same arguments give the same pictures.

    Raises:
        ValueError: the batch cannot be shared equally, a hundred pictures in a row could not be read, or a process
            that reads them died.
    """
    if batch_size % parts:
        raise InputError(
            f"a batch of {batch_size} cannot be shared equally among {parts} processes: make it a multiple of {parts}"
        )
    crops = _Crops(pictures, batch_size * count, crop, size, seed, augment)
    rest = Subset(crops, range(batch_size * start + part, batch_size * count, parts))
    loader = DataLoader(
        rest,
        batch_size=batch_size // parts,
        num_workers=workers,
        collate_fn=_collate,
        worker_init_fn=_leave_signals if workers else None,
    )
    for images, skipped in _alive(loader):
        pictures.skipped |= skipped
        if isinstance(images, ValueError):
            raise images
        yield images


def _alive(loader: DataLoader) -> Iterator[tuple[torch.Tensor | ValueError, set[Path]]]:
    """What the loader gives; the death of one of its processes is an error in one sentence."""
    batches = iter(loader)
    while True:
        try:
            batch = next(batches, None)
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise InputError(
                "a process that reads pictures died, for want of memory perhaps: use fewer workers"
            ) from error
        if batch is None:
            return
        yield batch
