"""A training run in a folder: checkpoint, weights, loss curves and sample pictures, written as it goes."""

from __future__ import annotations

import copy
import csv
from pathlib import Path

import torch
from safetensors.torch import save_file

from adain_lab.data import Pictures, list_pictures
from adain_lab.decoder import Decoder
from adain_lab.devices import choose_device
from adain_lab.images import image_grid, resize, save_image, to_tensor, write_whole
from adain_lab.stylizer import Stylizer
from adain_lab.training import TrainingConfig, TrainingStep, load_checkpoint, train_decoder
from adain_lab.weights import load_decoder, load_encoder

__all__ = ["TrainingRun"]


class TrainingRun:
    """Files of a run: ``checkpoint.pt``, ``decoder.safetensors``, ``losses.csv``, ``sample.png``.

    Args:
        folder: made when missing.
        encoder: name of the encoder to invert.
        config: see :class:`~adain_lab.training.TrainingConfig`.
        start: name of the model whose decoder the run begins with; random weights when None.
        device: see :data:`~adain_lab.devices.DEVICES`.
        every: iterations between two checkpoints.
        workers: processes that read pictures.
    """

    def __init__(
        self,
        folder: Path,
        encoder: str,
        config: TrainingConfig,
        *,
        start: str | None = None,
        device: str = "auto",
        every: int = 500,
        workers: int = 0,
    ):
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.folder, self.encoder_name, self.config, self.every, self.workers = Path(folder), encoder, config, every, workers
        self.device = choose_device(device)
        self.encoder = load_encoder(encoder)
        self.decoder = load_decoder(start).requires_grad_(True) if start else _fresh_decoder(self.encoder.width, config.seed)
        if self.decoder.width != self.encoder.width:
            raise ValueError(f"the decoder of {start!r} does not fit the encoder {encoder!r}: it has another width")

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def train(self, content_folder: Path, style_folder: Path, *, resume: bool = False) -> None:
        """Run to the end, with a progress bar on stderr.

        Raises:
            FileNotFoundError, ValueError: folders that do not exist or hold no pictures, a run that is there
                already, other settings than the checkpoint's.
        """
        from tqdm import tqdm

        contents, styles = Pictures([list_pictures(content_folder)]), Pictures([list_pictures(style_folder)])
        if self.checkpoint.exists() and not resume:
            raise ValueError(f"{self.folder} already holds a run: add --resume to go on with it, or choose another folder")
        if resume and not self.checkpoint.exists():
            raise FileNotFoundError(f"{self.checkpoint} does not exist: there is nothing to resume")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"cannot write into {self.folder}: {error.strerror or error}") from error
        done = load_checkpoint(self.checkpoint, self.config)["iteration"] if resume else 0
        self._drop_rows_after(done)
        steps = train_decoder(
            self.encoder,
            self.decoder,
            contents,
            styles,
            self.config,
            normalize_layers=self.encoder_name != "paper",
            checkpoint=self.checkpoint,
            checkpoint_every=self.every,
            workers=self.workers,
            device=self.device,
        )
        with tqdm(total=self.config.iterations, initial=done, unit="it", desc="training") as bar:
            for step in steps:
                bar.update()
                bar.set_postfix({name: f"{step.losses[name]:.3f}" for name in ("content", "style") if name in step.losses})
                self._append_row(step)
                if step.iteration % self.every == 0 or step.iteration == step.iterations:
                    self._write_weights(step)
                    self._write_sample(contents, styles)
        for pool, name in ((contents, "content"), (styles, "style")):
            if pool.skipped:
                print(f"{len(pool.skipped)} {name} pictures could not be read and were skipped")
        print(f"wrote {self.folder / 'decoder.safetensors'}")

    def _append_row(self, step: TrainingStep) -> None:
        path = self.folder / "losses.csv"
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            if new:
                writer.writerow(_COLUMNS)
            values = {"iteration": step.iteration, "learning_rate": step.learning_rate, **step.losses}
            writer.writerow([values.get(column, "") for column in _COLUMNS])

    def _drop_rows_after(self, iteration: int) -> None:
        """Rows written after the last checkpoint will be written again."""
        path = self.folder / "losses.csv"
        if not path.exists():
            return
        with path.open(newline="", encoding="utf-8") as stream:
            rows = [row for row in csv.reader(stream) if row and (row[0] == "iteration" or int(row[0]) <= iteration)]

        def write(temporary: Path) -> None:
            with temporary.open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows(rows)

        write_whole(path, write)

    def _write_weights(self, step: TrainingStep) -> None:
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in step.decoder.state_dict().items()}
        metadata = {"encoder": self.encoder_name, "iteration": str(step.iteration)}
        write_whole(self.folder / "decoder.safetensors", lambda temporary: save_file(tensors, temporary, metadata=metadata))

    def _write_sample(self, contents: Pictures, styles: Pictures) -> None:
        """The first content in the first three styles: content and styles above, results below."""
        stylizer = Stylizer(copy.deepcopy(self.encoder), copy.deepcopy(self.decoder), self.encoder_name, str(self.device), "float32")
        readable = [p for p in styles.groups[0] if p not in styles.skipped][:3]
        content = resize(to_tensor(next(p for p in contents.groups[0] if p not in contents.skipped)), 256)
        shown = [resize(to_tensor(p), 256)[..., :256, :256] for p in readable]
        results = [stylizer(content, style).cpu() for style in shown]
        blank = torch.ones_like(content)
        save_image(image_grid([content, *shown, blank, *results], columns=1 + len(shown)), self.folder / "sample.png")


_COLUMNS = ("iteration", "total", "content", "style", "pixel", "range", "tv", "learning_rate")


def _fresh_decoder(width: int, seed: int) -> Decoder:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Decoder(width)
