"""A training run in a folder: checkpoint, weights, loss curves and sample pictures, written as it goes."""

from __future__ import annotations

import copy
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import nn

from adain_lab import __version__
from adain_lab.devices import choose_device, choose_training_precision
from adain_lab.errors import InputError, UserError
from adain_lab.files import exists, printable, reason, sweep, write_tensors
from adain_lab.images import image_grid, resize, save_image, to_tensor
from adain_lab.networks.decoder import Decoder
from adain_lab.stopping import StopSignals
from adain_lab.stylizer import Stylizer
from adain_lab.training import distributed
from adain_lab.training.checkpoints import check_origin, fingerprint, load_checkpoint
from adain_lab.training.curves import append_row, draw_curves, keep_rows, read_rows
from adain_lab.training.datasets import Pictures, list_pictures
from adain_lab.training.loop import TrainingConfig, train_decoder
from adain_lab.training.progress import TrainingProgress
from adain_lab.training.tensorboard import Writer, check_tensorboard
from adain_lab.weights import MODELS, load_decoder, load_encoder

__all__ = ["TrainingRun"]


class TrainingRun:
    """Files of a run: ``checkpoint.pt``, ``decoder.safetensors``, ``losses.csv``, ``curves.png``, ``sample.png``,
    ``samples/``.

    Args:
        folder: made when missing. Of several processes only the first one writes into it.
        encoder: name of the encoder to invert.
        config: see :class:`~adain_lab.training.loop.TrainingConfig`.
        judge: name of the encoder that the style loss is measured with; ``encoder`` itself when None, as in the paper.
        start: name of the model whose decoder the run begins with; random weights when None.
        device: see :data:`~adain_lab.devices.DEVICES`.
        every: iterations between two checkpoints.
        workers: processes that read pictures.
        precision: one of :data:`~adain_lab.devices.TRAINING_PRECISIONS`.
        tensorboard: write the curves for TensorBoard too.
        quiet: say neither how far it is, nor that other pictures are there than it began with.
        summary: where the number of pictures that were skipped is said at the end; stdout when None.

    Attributes:
        losses: of the last step, once it is done: those of Eq. 11, unweighted, and ``total``, their weighted sum.
    """

    def __init__(
        self,
        folder: Path,
        encoder: str,
        config: TrainingConfig,
        *,
        judge: str | None = None,
        start: str | None = None,
        device: str | torch.device = "auto",
        every: int = 500,
        workers: int = 0,
        precision: str = "auto",
        tensorboard: bool = False,
        quiet: bool = False,
        summary: TextIO | None = None,
    ):
        if every < 1 or workers < 0:
            raise InputError(f"every must be at least 1 and workers at least 0, got {every} and {workers}")
        self.folder, self.encoder_name, self.config, self.every, self.workers = (
            Path(folder),
            encoder,
            config,
            every,
            workers,
        )
        self.device, self.start, self.tensorboard = choose_device(str(device)), start, tensorboard
        self.precision = choose_training_precision(self.device, precision)
        self.quiet, self.summary = quiet, summary
        self.losses: dict[str, float] = {}
        encoder_network = load_encoder(encoder)
        decoder = (
            load_decoder(start).requires_grad_(True)
            if start
            else _fresh_decoder(encoder, encoder_network.width, config.seed)
        )
        if decoder.width != encoder_network.width:
            raise InputError(f"the decoder of {start!r} does not fit the encoder {encoder!r}: it has another width")
        if not encoder_network.ceil_mode and config.crop % 8:
            raise InputError(
                f"the encoder {encoder!r} drops odd edges: crop must be a multiple of 8, got {config.crop}"
            )
        self.judge_name = judge or encoder
        self.judge = (
            None
            if self.judge_name == encoder
            else load_encoder(self.judge_name).to(self.device).to(memory_format=torch.channels_last)
        )
        # The memory format that convolutions on CPUs and on tensor cores prefer.
        self.encoder = encoder_network.to(memory_format=torch.channels_last)
        self.decoder = decoder.to(memory_format=torch.channels_last)
        if tensorboard:
            check_tensorboard()
        self._shown: tuple[torch.Tensor, list[torch.Tensor]] | None = None

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def train(self, content_folder: Path, style_folder: Path, *, resume: bool = False) -> int:
        """Run to the end, or until Ctrl+C or SIGTERM, which end it after the current step and a checkpoint.

        Returns:
            How many iterations are done; fewer than ``config.iterations`` after a signal.

        Raises:
            FileNotFoundError, ValueError: folders that do not exist or hold no pictures, a run that is there
                already, another run's or a damaged checkpoint, other pictures on one of several machines.
        """
        folders = {"contents": Path(content_folder), "styles": Path(style_folder)}
        files = {name: list_pictures(folder) for name, folder in folders.items()}
        datasets = {name: Pictures([found]) for name, found in files.items()}
        origin = {
            "encoder": self.encoder_name,
            "width": self.encoder.width,
            "start": self.start,
            "precision": self.precision,
        }
        origin["judge"] = self.judge_name
        origin |= {name: fingerprint(folder, files[name]) for name, folder in folders.items()}
        if distributed.share(lambda: origin) != origin:
            raise InputError(
                "this process was given other pictures, another encoder or another precision than the first one"
            )
        done = distributed.share(lambda: self._prepare(resume, origin))
        stop = StopSignals()
        steps = train_decoder(
            self.encoder,
            self.decoder,
            datasets["contents"],
            datasets["styles"],
            self.config,
            judge=self.judge,
            normalize_layers={self.encoder_name, self.judge_name}
            != {"paper"},  # whose layers are normalised in its weights
            checkpoint=self.checkpoint,
            checkpoint_every=self.every,
            workers=self.workers,
            device=self.device,
            precision=self.precision,
            origin=origin,
            stop=lambda: stop.asked,
        )
        first, step = distributed.is_first(), None
        with (
            stop,
            TrainingProgress(done, self.config.iterations, quiet=self.quiet or not first) as progress,
            self._writer(done) as writer,
        ):
            for step in steps:
                done = step.iteration
                row = {"iteration": done, "learning_rate": step.learning_rate, **step.losses}
                if first:
                    append_row(self.folder / "losses.csv", row)
                    writer.add(row)
                progress.update(done, step.losses)
                self.losses = step.losses
                if done % self.every == 0:
                    progress.skipped(
                        sum(len(distributed.union(map(str, dataset.skipped))) for dataset in datasets.values())
                    )
                    self._write(step.average or step.decoder, done, datasets, writer)
                    progress.line()
            if step is None or done % self.every:  # the last step's, or what a killed run did not come to write
                self._write(step.average or step.decoder if step else self.decoder, done, datasets, writer)
        for name, dataset in datasets.items():
            count = len(distributed.union(map(str, dataset.skipped)))
            if count and first:
                were = "was" if count == 1 else "were"
                print(
                    f"{count} of the {len(files[name])} {name} could not be read and {were} skipped",
                    file=self.summary or sys.stdout,
                    flush=True,
                )
        return done

    def _prepare(self, resume: bool, origin: dict[str, Any]) -> int:
        """Make the folder, or read how far its run is; the first process does it for all."""
        if not resume:
            if exists(self.checkpoint):
                raise InputError(
                    f"{self.folder} already holds a run: add --resume to go on with it, or choose another folder"
                )
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"cannot write into {self.folder}: {reason(error)}") from error
            self._sweep()
            keep_rows(self.folder / "losses.csv", 0)  # of a run that was killed before its first checkpoint
            return 0
        state = load_checkpoint(self.checkpoint, self.config)
        for note in check_origin(self.checkpoint, state, origin):
            if not self.quiet:
                print(f"adain-lab: note: {printable(note)}", file=sys.stderr)
        self.losses = state.get("losses", {})
        self._sweep()
        done = state["iteration"]
        row = (
            {"iteration": done, "learning_rate": state["learning_rate"], **state["losses"]}
            if "losses" in state
            else None
        )
        keep_rows(self.folder / "losses.csv", done, row)
        return done

    def _sweep(self) -> None:
        """Remove what a kill left, from where a run writes."""
        for folder in (self.folder, self.folder / "samples"):
            sweep(folder)

    def _write(self, decoder: nn.Module, done: int, datasets: dict[str, Pictures], writer: Writer) -> None:
        """Weights, curves and sample pictures of now."""
        if not distributed.is_first():
            return
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in decoder.state_dict().items()}
        metadata = {"encoder": self.encoder_name, "iteration": str(done), "adain_lab": __version__}
        metadata["config"] = json.dumps(asdict(self.config))
        write_tensors(self.folder / "decoder.safetensors", tensors, metadata)
        draw_curves(read_rows(self.folder / "losses.csv"), self.folder / "curves.png")
        sample = self._paint_sample(tensors, datasets)
        try:
            (self.folder / "samples").mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"the folder {self.folder / 'samples'} cannot be made: {reason(error)}") from error
        save_image(sample, self.folder / "sample.png")
        save_image(sample, self.folder / "samples" / f"{done:0{len(str(self.config.iterations))}d}.jpg")
        writer.show(sample, done)

    def _writer(self, done: int) -> Writer:
        return Writer(self.folder / "tensorboard" if self.tensorboard and distributed.is_first() else None, done)

    def _paint_sample(self, weights: dict[str, torch.Tensor], datasets: dict[str, Pictures]) -> torch.Tensor:
        """The first content in the first three styles: content and styles above, results below; (1, 3, H, W)."""
        if self._shown is None:
            styles = [image[..., :256, :256] for image in _readable(datasets["styles"], 3)]
            self._shown = _readable(datasets["contents"], 1)[0][..., :384, :384], styles
        content, styles = self._shown
        encoder, network = copy.deepcopy(self.encoder), copy.deepcopy(self.decoder)  # a stylizer freezes its own
        network.load_state_dict(weights)
        encoder.ceil_mode = True  # as load() has it
        stylizer = Stylizer(encoder, network, self.encoder_name, str(self.device), "float32")
        results = [stylizer(content, style).cpu() for style in styles]
        return image_grid([content, *styles, torch.ones_like(content), *results], columns=1 + len(styles))


def _readable(pictures: Pictures, count: int) -> list[torch.Tensor]:
    """Up to ``count`` pictures of a dataset, (1, 3, H, W) with a shorter side of 256 pixels; those that cannot be read
    are noted.
    """
    found: list[torch.Tensor] = []
    for path in pictures.groups[0]:
        if len(found) < count and path not in pictures.skipped:
            try:
                found.append(resize(to_tensor(path), 256))
            except UserError:
                pictures.skipped.add(path)
    if not found:
        raise InputError(f"none of the pictures could be read; the last is {path}")
    return found


def _fresh_decoder(encoder: str, width: int, seed: int) -> Decoder:
    """Random weights, in the shape of the encoder's own decoder: with its levels."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MODELS[encoder].decoder() if encoder in MODELS else Decoder(width)
