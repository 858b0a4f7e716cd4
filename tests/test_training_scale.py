"""Training at scale: shares of a batch, several processes, bfloat16, checkpoints that survive anything, and what a run
writes.
"""

import csv
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import adain_lab
from adain_lab.cli import _parser, main
from adain_lab.devices import choose_training_precision, in_precision
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder
from adain_lab.stopping import StopSignals
from adain_lab.training import checkpoints, curves, distributed
from adain_lab.training import loop as training
from adain_lab.training import run as trainer
from adain_lab.training import tensorboard as boards
from adain_lab.training.datasets import Pictures, batches, list_pictures
from adain_lab.training.loop import TrainingConfig, load_checkpoint, save_checkpoint, train_decoder
from adain_lab.training.run import TrainingRun
from adain_lab.weights import load_decoder, load_encoder

SMALL = TrainingConfig(iterations=4, batch_size=4, size=0, crop=32, identity=0.5, learning_rate=1e-3)


@pytest.fixture
def folders(picture_file, tmp_path):
    for i in range(3):
        picture_file(f"content/{i}.png", 40 + 3 * i, 48, seed=i)
        picture_file(f"style/{i}.jpg", 44, 40 + 2 * i, seed=10 + i)
    return tmp_path / "content", tmp_path / "style"


@pytest.fixture
def datasets(folders):
    return tuple(Pictures.from_folder(folder) for folder in folders)


def fresh():
    torch.manual_seed(0)
    return Encoder(width=4), Decoder(width=4)


def losses_of(datasets, config=SMALL, networks=None, **options):
    return [step.losses for step in train_decoder(*(networks or fresh()), *datasets, config, **options)]


def rows_of(folder):
    with (folder / "losses.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


# ---- pictures ----------------------------------------------------------------------------------------------------


def test_the_shares_of_a_batch_are_the_batch(datasets):
    whole = torch.stack(list(batches(datasets[0], 4, 3, 32, seed=5, start=1)))
    parts = [torch.stack(list(batches(datasets[0], 4, 3, 32, seed=5, start=1, part=r, parts=2))) for r in range(2)]
    assert torch.equal(whole[:, 0::2], parts[0]) and torch.equal(whole[:, 1::2], parts[1])
    with pytest.raises(ValueError, match="a batch of 4 cannot be shared equally among 3"):
        next(batches(datasets[0], 4, 3, 32, parts=3))


@pytest.mark.parametrize("workers", [0, 1])
def test_bad_pictures_are_counted_wherever_they_are_read(folders, workers):
    (folders[0] / "bad.jpg").write_bytes(b"no picture")
    (folders[0] / "nowhere.png").symlink_to(folders[0] / "gone.png")
    dataset = Pictures.from_folder(folders[0])
    assert len(list(batches(dataset, 4, 6, 32, workers=workers))) == 6
    assert {p.name for p in dataset.skipped} == {"bad.jpg", "nowhere.png"}


def test_a_folder_of_bad_pictures_is_one_sentence_from_another_process_too(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(ValueError, match="100 pictures in a row could not be read") as caught:
        next(batches(Pictures.from_folder(tmp_path), 1, 1, 32, workers=1))
    assert "\n" not in str(caught.value)


def test_a_pool_keeps_a_picture_in_every_size_that_is_asked_for(datasets):
    assert next(batches(datasets[0], 1, 1, 32, size=32)).shape == (1, 3, 32, 32)
    draw = datasets[0].draw(64, 32, torch.Generator().manual_seed(0))
    assert min(draw.shape[1:]) == 64


# ---- checkpoints -------------------------------------------------------------------------------------------------


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"iteration": 1})

    def half(state, stream):
        stream.write(b"PK half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(ValueError, match="cannot write .*run.pt: no space left"):
        save_checkpoint(path, {"iteration": 2})
    assert load_checkpoint(path) == {"iteration": 1}


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no zip at all", lambda b: b[:-30] + bytes(30)]
)
def test_a_damaged_checkpoint_is_a_sentence(tmp_path, damage):
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"iteration": 1, "weights": torch.ones(100)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="run.pt is damaged: put a copy back"):
        load_checkpoint(path)


def test_other_files_are_no_checkpoints(tmp_path):
    torch.save([1, 2], tmp_path / "list.pt")
    save_checkpoint(tmp_path / "encoder.pt", {"iteration": 3, "student": {}})
    with pytest.raises(ValueError, match="not the checkpoint of a training run"):
        load_checkpoint(tmp_path / "list.pt")
    with pytest.raises(ValueError, match="not the checkpoint of a decoder's training"):
        load_checkpoint(tmp_path / "encoder.pt", SMALL)
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        load_checkpoint(tmp_path / "none.pt")


def changed(path, change):
    state = load_checkpoint(path)
    change(state)
    save_checkpoint(path, state)


def test_an_older_checkpoint_goes_on_and_a_newer_one_is_refused(datasets, tmp_path):
    path, long = tmp_path / "run.pt", dataclasses.replace(SMALL, iterations=6)
    unbroken = losses_of(datasets, long)
    losses_of(datasets, checkpoint=path)

    def older(state):
        for name in ("content_weight", "ema"):  # as if these had not been thought of yet; the defaults are what it did
            del state["config"][name]
        del state["origin"], state["losses"]

    changed(path, older)
    assert losses_of(datasets, long, checkpoint=path) == unbroken[4:]
    changed(path, lambda state: state["config"].update(perceptual_weight=1.0))
    with pytest.raises(ValueError, match="newer adain_lab .*perceptual_weight"):
        losses_of(datasets, long, checkpoint=path)


def test_a_run_may_become_longer_where_its_end_changes_nothing(datasets, tmp_path):
    path, cosine = tmp_path / "run.pt", dataclasses.replace(SMALL, schedule="cosine")
    losses_of(datasets, cosine, checkpoint=path)
    with pytest.raises(ValueError, match=r"another iterations: iterations 4 \(now 6\)"):
        load_checkpoint(path, dataclasses.replace(cosine, iterations=6))
    losses_of(datasets, checkpoint=tmp_path / "inverse.pt")
    assert load_checkpoint(tmp_path / "inverse.pt", dataclasses.replace(SMALL, iterations=6))["iteration"] == 4
    with pytest.raises(ValueError, match="another iterations"):
        load_checkpoint(tmp_path / "inverse.pt", dataclasses.replace(SMALL, iterations=3))


def test_another_encoder_is_refused(datasets, tmp_path):
    path = tmp_path / "run.pt"
    losses_of(datasets, checkpoint=path)
    torch.manual_seed(7)
    with pytest.raises(ValueError, match="a run with another encoder"):
        losses_of(datasets, networks=(Encoder(4), Decoder(4)), checkpoint=path)
    with pytest.raises(ValueError, match="has shape"):
        losses_of(datasets, networks=(Encoder(8), Decoder(8)), checkpoint=path)


def test_what_a_run_is_made_of_is_compared():
    state = {
        "origin": {
            "encoder": "tiny",
            "width": 16,
            "start": "tiny",
            "precision": "float32",
            "contents": "a",
            "styles": "b",
        }
    }
    assert checkpoints.check_origin("x", state, state["origin"]) == []
    assert checkpoints.check_origin("x", {}, state["origin"]) == []  # written before this was kept
    assert checkpoints.check_origin("x", state, state["origin"] | {"start": None}) == []  # need not be said again
    notes = checkpoints.check_origin("x", state, state["origin"] | {"styles": "c", "precision": "bfloat16"})
    assert len(notes) == 2 and "the styles are not the pictures" in notes[0] and "goes on in bfloat16" in notes[1]
    for name, value in (("encoder", "slim"), ("start", "slim")):
        with pytest.raises(ValueError, match=rf"another {name}: tiny \(now slim\)"):
            checkpoints.check_origin("x", state, state["origin"] | {name: value})


def test_a_fingerprint_moves_with_the_folder(folders, tmp_path):
    files = list_pictures(folders[0])
    before = checkpoints.fingerprint(folders[0], files)
    moved = folders[0].rename(tmp_path / "elsewhere")
    assert checkpoints.fingerprint(moved, list_pictures(moved)) == before
    (moved / "0.png").rename(moved / "9.png")
    assert checkpoints.fingerprint(moved, list_pictures(moved)) != before


def test_a_finished_run_gives_its_averaged_weights_again(datasets, tmp_path):
    config = dataclasses.replace(SMALL, ema=0.5)
    first, again = fresh(), Decoder(width=4)
    losses_of(datasets, config, first, checkpoint=tmp_path / "run.pt")
    assert list(train_decoder(first[0], again, *datasets, config, checkpoint=tmp_path / "run.pt")) == []
    assert all(torch.equal(a, b) for a, b in zip(first[1].parameters(), again.parameters(), strict=True))


# ---- stopping, precision -----------------------------------------------------------------------------------------


def test_stopping_writes_a_checkpoint_and_the_rest_follows(datasets, tmp_path):
    path, unbroken = tmp_path / "run.pt", losses_of(datasets)
    answers = iter([False, True])
    first = losses_of(datasets, checkpoint=path, stop=lambda: next(answers))
    assert len(first) == 2 and load_checkpoint(path)["iteration"] == 2
    assert first + losses_of(datasets, checkpoint=path) == unbroken


def test_the_second_signal_interrupts():
    with StopSignals() as stop:
        assert not stop.asked
        signal.raise_signal(signal.SIGTERM)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_bfloat16_is_close_to_float32_and_keeps_the_weights(datasets):
    networks = [(load_encoder("tiny"), load_decoder("tiny").requires_grad_(True)) for _ in range(2)]
    config = dataclasses.replace(SMALL, learning_rate=1e-5)
    exact, rough = (
        losses_of(datasets, config, n, precision=p) for n, p in zip(networks, ("float32", "bfloat16"), strict=True)
    )
    assert rough != exact
    for a, b in zip(exact, rough, strict=True):
        assert b["content"] == pytest.approx(a["content"], rel=0.05) and b["style"] == pytest.approx(
            a["style"], rel=0.05
        )
    assert all(p.dtype == torch.float32 for p in networks[1][1].parameters())


def test_networks_compute_in_bfloat16_and_answer_in_float32():
    encoder, decoder = fresh()
    cpu = torch.device("cpu")
    assert in_precision(encoder, cpu, "float32") is encoder
    features = in_precision(encoder, cpu, "bfloat16")(torch.rand(1, 3, 32, 32), ("relu1_1", "relu4_1"))
    assert {f.dtype for f in features.values()} == {torch.float32}
    assert torch.equal(features["relu4_1"], features["relu4_1"].bfloat16().float())  # nothing finer was computed
    assert in_precision(decoder, cpu, "bfloat16")(features["relu4_1"]).dtype == torch.float32
    assert choose_training_precision(cpu, "auto") in ("float32", "bfloat16")
    with pytest.raises(ValueError, match="unknown precision 'float16': choose from auto, float32, bfloat16"):
        choose_training_precision(cpu, "float16")


# ---- what a run writes -------------------------------------------------------------------------------------------


def test_curves_hold_each_iteration_once(tmp_path):
    path = tmp_path / "losses.csv"
    for i in (1, 2, 4, 5):
        curves.append_row(path, {"iteration": i, "total": i, "content": 0.5, "learning_rate": 1e-4})
    with path.open("a") as stream:
        stream.write("6,1.2")  # cut off by a kill
    curves.keep_rows(path, 3, {"iteration": 3, "total": 3.0, "content": 0.5, "learning_rate": 1e-4})
    rows = curves.read_rows(path)
    assert [row["iteration"] for row in rows] == [1, 2, 3] and [row["total"] for row in rows] == [1, 2, 3]
    assert "style" not in rows[0]
    curves.keep_rows(path, 0)
    assert path.read_text().strip() == ",".join(curves.COLUMNS)
    curves.keep_rows(tmp_path / "none.csv", 0)
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("count", [0, 1, 900])
def test_curves_are_drawn_at_any_length(tmp_path, count):
    rows = [{"iteration": i + 1, "content": 1 + i % 3, "style": 10.0 / (i + 1)} for i in range(count)]
    curves.draw_curves(rows, tmp_path / "curves.png")
    pixels = np.asarray(Image.open(tmp_path / "curves.png").convert("RGB"), dtype=int)
    assert pixels.shape == (396, 1056, 3)
    left, right = pixels[40:340, 60:550], pixels[40:340, 560:1056]
    blue, red = (left[..., 2] - left[..., 0] > 20).sum(), (right[..., 0] - right[..., 2] > 20).sum()
    assert (blue > 20 and red > 20) == (count > 0)


def test_a_bad_picture_stops_neither_the_run_nor_the_sample(folders, tmp_path, capsys):
    (folders[0] / "00.png").write_bytes(b"no picture")  # the first of its folder, which the sample would take
    (folders[1] / "00.png").write_bytes(b"")
    config = TrainingConfig(iterations=3, batch_size=2, size=0, crop=32)
    TrainingRun(tmp_path / "run", "tiny", config, device="cpu", every=2).train(*folders)
    printed = capsys.readouterr()
    assert "1 of the 4 contents could not be read and was skipped" in printed.out
    assert "1 of the 4 styles could not be read and was skipped" in printed.out
    assert re.search(r"iteration 2 of 3: content .*, style .*, [\d.]+ iterations/s, .* left", printed.err)
    assert Image.open(tmp_path / "run" / "sample.png").size[0] > 3 * 256
    assert {p.name for p in (tmp_path / "run" / "samples").iterdir()} == {"2.jpg", "3.jpg"}


def test_the_weights_say_what_they_are(folders, tmp_path):
    from safetensors import safe_open

    config = TrainingConfig(iterations=1, batch_size=1, size=0, crop=32)
    TrainingRun(tmp_path / "run", "tiny", config, start="tiny", device="cpu").train(*folders)
    with safe_open(tmp_path / "run" / "decoder.safetensors", framework="pt") as file:
        metadata = file.metadata()
    assert metadata["encoder"] == "tiny" and metadata["iteration"] == "1"
    assert json.loads(metadata["config"]) == dataclasses.asdict(config)


def test_tensorboard_gets_losses_and_samples_or_says_how_to_get_it(folders, tmp_path, monkeypatch):
    config = TrainingConfig(iterations=2, batch_size=1, size=0, crop=32)
    monkeypatch.setattr(boards, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install tensorboard"):
        TrainingRun(tmp_path / "run", "tiny", config, tensorboard=True)
    written = []

    class Writer:
        def __init__(self, folder, purge_step):
            written.append((Path(folder).name, purge_step))

        def __getattr__(self, name):
            return lambda *arguments: written.append((name, *arguments))

    module = type(sys)("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(boards, "find_spec", lambda name: module)
    TrainingRun(tmp_path / "run", "tiny", config, device="cpu", tensorboard=True).train(*folders)
    assert written[0] == ("tensorboard", 1) and written[-1] == ("close",)
    assert [w[3] for w in written if w[:2] == ("add_scalar", "loss/style")] == [1, 2]
    assert sum(w[0] == "add_image" for w in written) == 1


def test_another_network_may_judge_the_style(train, tmp_path):
    assert train("-o", tmp_path / "own")[0] == 0
    assert train("-o", tmp_path / "slim", "--judge", "slim")[0] == 0
    own, slim = rows_of(tmp_path / "own")[0], rows_of(tmp_path / "slim")[0]
    assert own["content"] == slim["content"] and own["style"] != slim["style"]
    status, _, err = train("-o", tmp_path / "slim", "--resume")
    assert status == 2 and "another judge: slim (now tiny)" in err
    assert train("-o", tmp_path / "slim", "--resume", "--judge", "slim")[0] == 0


def test_an_encoder_that_drops_odd_edges_needs_a_fitting_crop(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "load_encoder", lambda name: Encoder(4, ceil_mode=False, padding_mode="zeros"))
    with pytest.raises(ValueError, match="crop must be a multiple of 8, got 60"):
        TrainingRun(tmp_path, "vgg19", dataclasses.replace(SMALL, crop=60), device="cpu")
    assert TrainingRun(tmp_path, "vgg19", dataclasses.replace(SMALL, crop=64), device="cpu").decoder.width == 4


# ---- the decoder afterwards --------------------------------------------------------------------------------------


def test_a_trained_decoder_paints(folders, tmp_path, monkeypatch, capsys, content, style):
    run = TrainingRun(
        tmp_path / "run", "tiny", TrainingConfig(iterations=1, batch_size=1, size=0, crop=32), device="cpu"
    )
    run.train(*folders)
    file = tmp_path / "run" / "decoder.safetensors"
    stylizer = adain_lab.load("tiny", "cpu", "float32", decoder=file)
    assert re.fullmatch(r"tiny\+decoder.safetensors:[0-9a-f]{12}", stylizer.model)
    features = stylizer.encode(content)
    assert torch.allclose(stylizer.decode(features), run.decoder(features).clamp(0, 1), atol=1e-5)
    with pytest.raises(ValueError, match="trained for the encoder 'tiny', not for 'slim'"):
        adain_lab.load("slim", decoder=file)
    with pytest.raises(FileNotFoundError, match="none.safetensors does not exist"):
        adain_lab.load("tiny", decoder=tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="is damaged, or no safetensors file"):
        adain_lab.load("tiny", decoder=tmp_path / "run" / "losses.csv")
    with pytest.raises(ValueError, match="unknown encoder"):
        adain_lab.load("small", decoder=file)
    monkeypatch.chdir(tmp_path)
    command = f"stylize content/0.png style/0.jpg -o out.png --model tiny --decoder {file}".split()
    assert main(command) == 0 and "tiny" in capsys.readouterr().out
    assert main(["reproduce", "out.png"]) == 2 and "a model of one's own" in capsys.readouterr().err


def test_vgg19_can_be_given_a_decoder_and_pictures_keep_their_size(tmp_path, monkeypatch, content, style):
    from safetensors.torch import save_file

    from adain_lab import stylizer as module

    save_file(Decoder(64).state_dict(), tmp_path / "decoder.safetensors", metadata={"encoder": "vgg19"})
    monkeypatch.setattr(module, "load_encoder", lambda name: Encoder(64, ceil_mode=False, padding_mode="zeros"))
    stylizer = adain_lab.load("vgg19", "cpu", "float32", decoder=tmp_path / "decoder.safetensors")
    odd = content[..., :43, :51]
    assert stylizer(odd, style).shape == odd.shape


# ---- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def train(folders, capsys):
    """``adain-lab train`` on the small folders: ``train("-o", run)`` gives status, stdout, stderr."""

    def call(*more):
        status = main(["train", *map(str, folders), *arguments(), *map(str, more)])
        return (status, *capsys.readouterr())

    return call


def arguments():
    return "--encoder tiny --size 0 --crop 32 --batch-size 2 --device cpu --precision float32 --iterations 4 --every 2".split()


def test_the_options_default_to_the_papers_recipe(capsys):
    options = vars(_parser().parse_args(["train", "c", "s", "-o", "run"]))
    paper = dataclasses.asdict(TrainingConfig())
    assert {name: options[name] for name in paper} == paper
    with pytest.raises(SystemExit):
        _parser().parse_args(["train", "--help"])
    shown = capsys.readouterr().out
    assert "torchrun --nproc-per-node" in shown and "--decoder" in shown
    assert "(default: 160000)" in shown and "(default: 0.0001)" in shown


def test_the_guide_names_options_that_exist(capsys):
    guide = (Path(__file__).parent.parent / "docs" / "training.md").read_text(encoding="utf-8")
    shown = ""
    for command in ("train", "stylize"):
        with pytest.raises(SystemExit):
            _parser().parse_args([command, "--help"])
        shown += capsys.readouterr().out
    torchruns = {"--nproc-per-node", "--nnodes", "--rdzv-backend", "--rdzv-endpoint", "--start"}
    named = set(re.findall(r"(?<!\S)`?(--[a-z][a-z-]+)", guide))
    assert len(named) > 15
    assert [option for option in named - torchruns if not re.search(rf"{option}\b", shown)] == []
    defaults = TrainingConfig()
    assert f"{defaults.iterations:,} steps of {defaults.batch_size} pairs" in guide


def test_resuming_with_something_else_is_one_line(train, folders, tmp_path):
    run = tmp_path / "run"
    assert train("-o", run, "--start", "tiny")[0] == 0
    status, _, err = train("-o", run, "--resume", "--encoder", "slim")
    assert status == 2 and err.count("\n") == 1 and "another encoder: tiny (now slim)" in err
    status, _, err = train("-o", run, "--resume", "--batch-size", 3)
    assert status == 2 and err.count("\n") == 1 and "batch_size 2 (now 3)" in err
    status, out, _ = train("-o", run, "--resume")
    assert status == 0 and "wrote" in out
    (folders[1] / "2.jpg").unlink()
    status, _, err = train("-o", run, "--resume", "--iterations", 5)
    assert status == 0 and "note: the styles are not the pictures that the run began with" in err
    (run / "checkpoint.pt").write_bytes((run / "checkpoint.pt").read_bytes()[:1000])
    status, _, err = train("-o", run, "--resume")
    assert status == 2 and err.count("\n") == 1 and "is damaged" in err
    status, _, err = train("-o", tmp_path / "new", "--resume")
    assert status == 2 and "nothing to resume" in err and not (tmp_path / "new").exists()


def interrupt(monkeypatch):
    """Press Ctrl+C when the second step has been written down."""
    append = curves.append_row

    def interrupted(path, row):
        append(path, row)
        if row["iteration"] == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(trainer, "append_row", interrupted)


def test_ctrl_c_writes_a_checkpoint_and_says_how_to_go_on(train, tmp_path, monkeypatch):
    assert train("-o", tmp_path / "whole")[0] == 0
    interrupt(monkeypatch)
    status, _, err = train("-o", tmp_path / "run")
    assert status == 130
    assert "3 of 4 iterations are in the checkpoint; the same command with --resume goes on from there" in err
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "run" / "checkpoint.pt")["iteration"] == 3
    assert train("-o", tmp_path / "run", "--resume")[0] == 0
    assert rows_of(tmp_path / "run") == rows_of(tmp_path / "whole")


def test_json_says_how_far_it_came_and_quiet_nothing(train, folders, tmp_path, capsys):
    (folders[0] / "00.png").write_bytes(b"no picture")
    skipped = "1 of the 4 contents could not be read and was skipped"
    status, out, err = train("-o", tmp_path / "run", "--json")
    assert status == 0 and skipped in err and "iteration 4 of 4" in err
    answer = json.loads(out)
    losses = answer.pop("losses")
    assert answer == {"output": str(tmp_path / "run"), "iterations": 4, "of": 4, "stopped": False}
    last = rows_of(tmp_path / "run")[-1]
    assert {"content", "style", "total"} <= set(losses)
    assert all(float(last[name]) == pytest.approx(loss, rel=1e-5) for name, loss in losses.items())
    status, out, err = train("-o", tmp_path / "run", "--json", "--resume")  # nothing is left to do
    assert status == 0 and json.loads(out)["losses"] == pytest.approx(losses)
    (folders[1] / "2.jpg").unlink()  # nor is it said now that the pictures are others
    status, out, err = train("-o", tmp_path / "run", "--quiet", "--resume", "--iterations", 5)
    assert (status, out) == (0, "") and err.splitlines() == [skipped], "only what was skipped"
    with pytest.raises(SystemExit):
        train("-o", tmp_path / "other", "--quiet", "--json")
    assert "not allowed with argument" in capsys.readouterr().err, "one or the other"


@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_a_run_that_is_stopped_says_so_to_programs_too(train, tmp_path, monkeypatch, option):
    interrupt(monkeypatch)
    status, out, err = train("-o", tmp_path / "run", option)
    assert status == 130 and "3 of 4 iterations are in the checkpoint" in err
    if option == "--json":
        answer = json.loads(out)
        assert answer["stopped"] is True and (answer["iterations"], answer["of"]) == (3, 4) and answer["losses"]
    else:
        assert out == "" and "iteration 2 of 4" not in err


def test_a_kill_between_the_checkpoint_and_the_row_loses_nothing(train, tmp_path, monkeypatch):
    assert train("-o", tmp_path / "whole")[0] == 0

    def killed(path, row):
        if row["iteration"] == 2:  # the checkpoint of 2 is there, its row is not
            raise RuntimeError("killed")
        append(path, row)

    append = curves.append_row
    monkeypatch.setattr(trainer, "append_row", killed)
    with pytest.raises(RuntimeError):
        train("-o", tmp_path / "run")
    monkeypatch.undo()
    assert len(rows_of(tmp_path / "run")) == 1
    (tmp_path / "run" / ".adain_lab-x1y2.safetensors").write_bytes(b"half")  # a kill while the weights were written
    assert train("-o", tmp_path / "run", "--resume")[0] == 0
    assert rows_of(tmp_path / "run") == rows_of(tmp_path / "whole")
    assert not [p for p in (tmp_path / "run").iterdir() if p.name.startswith(".")]


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def test_a_killed_run_goes_on(train, folders, tmp_path):
    """kill -9, at whatever moment the machine's speed makes of it."""
    run, log = tmp_path / "run", tmp_path / "run" / "losses.csv"
    command = [sys.executable, "-m", "adain_lab", "train", *map(str, folders), *arguments(), "-o", str(run)]
    command += ["--iterations", "100000", "--every", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: log.exists() and log.read_bytes().count(b"\n") > 3, process)
    finally:
        process.kill()
        process.communicate()
    done = load_checkpoint(run / "checkpoint.pt")["iteration"]
    assert done >= 2
    assert train("-o", run, "--resume", "--iterations", done + 2)[0] == 0
    assert [int(row["iteration"]) for row in rows_of(run)] == list(range(1, done + 3))
    assert train("-o", tmp_path / "whole", "--iterations", done + 2)[0] == 0
    for a, b in zip(rows_of(run)[:6], rows_of(tmp_path / "whole"), strict=False):
        assert float(a["total"]) == pytest.approx(float(b["total"]), rel=1e-3)


# ---- several processes -------------------------------------------------------------------------------------------

TALK = """
    import sys, torch
    from adain_lab.training import distributed
    from adain_lab.cli import main

    with distributed.together(torch.device("cpu")):
        rank = distributed.rank()
        assert distributed.world() == 2 and distributed.is_first() == (rank == 0)
        assert distributed.share(lambda: rank) == 0
        assert distributed.average(torch.tensor([1.0, rank])).tolist() == [1.0, 0.5]
        assert distributed.any_of(rank == 1) and not distributed.any_of(False)
        assert distributed.union({rank, 5}) == {0, 1, 5}
        layer = torch.nn.Linear(2, 2)
        torch.nn.init.constant_(layer.weight, rank + 3.0)
        distributed.share_weights(layer)
        assert (layer.weight == 3).all()
        (layer.weight.sum() * (rank + 1)).backward()
        distributed.average_gradients(layer.parameters())
        assert (layer.weight.grad == 1.5).all()

        def refuse():
            raise FileNotFoundError("not here")

        try:
            distributed.share(refuse)
            raise SystemExit("nothing was raised")
        except distributed.SaidElsewhere:
            assert rank == 1
        except FileNotFoundError:
            assert rank == 0
        status = main(sys.argv[1:])  # takes the processes as they are: they can be joined once only
    sys.exit(status)
"""


def test_two_processes_train_as_one_with_the_double_batch(train, folders, tmp_path):
    (folders[0] / "bad.png").write_bytes(b"no picture")
    more = ["--identity", "0.5", "--ema", "0.9", "--autoencoder-iterations", "1"]
    assert train("-o", tmp_path / "one", "--batch-size", 4, *more)[0] == 0
    (tmp_path / "talk.py").write_text(textwrap.dedent(TALK))
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        str(tmp_path / "talk.py"),
    ]
    command += ["train", *map(str, folders), *arguments(), "-o", str(tmp_path / "two"), *more]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        out, err = process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        process.terminate()  # torchrun ends its processes, by force after half a minute
        pytest.fail(f"the processes wait for each other: {process.communicate(timeout=60)[1]}")
    assert process.returncode == 0, err
    assert out.count("wrote") == 1  # one process speaks for both
    one, two = rows_of(tmp_path / "one"), rows_of(tmp_path / "two")
    assert len(one) == len(two) == 4
    for a, b in zip(one, two, strict=True):
        for name in ("total", "content", "style", "pixel", "tv"):
            assert bool(a[name]) == bool(b[name])
            if a[name]:
                assert float(b[name]) == pytest.approx(float(a[name]), rel=2e-3), (a["iteration"], name)
    states = [load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("one", "two")]
    assert states[0]["config"] == states[1]["config"] and states[1]["config"]["batch_size"] == 4
    for name, tensor in states[0]["decoder"].items():
        # Adam's first steps have one length whatever the gradient's: where that is almost 0, rounding may turn a few of them.
        different = (tensor - states[1]["decoder"][name]).abs() > 2e-4
        assert different.float().mean() < 0.01, name
    # And one process goes on where two stopped.
    assert train("-o", tmp_path / "two", "--batch-size", 4, *more, "--iterations", 5, "--resume")[0] == 0
    assert len(rows_of(tmp_path / "two")) == 5


def test_alone_there_is_nobody_to_ask(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with distributed.together(torch.device("cpu")) as device:
        assert device.type == "cpu" and distributed.world() == 1 and distributed.is_first()
    assert distributed.share(lambda: 3) == 3 and distributed.union([1, 1]) == {1} and distributed.any_of(True)
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv("RANK", raising=False)
    with (
        pytest.raises(ValueError, match="RANK is not set: start them with torchrun"),
        distributed.together(torch.device("cpu")),
    ):
        pass


def test_the_old_names_of_the_module_stay():
    assert training.load_checkpoint is load_checkpoint and training.save_checkpoint is checkpoints.save_checkpoint
