"""Training: batches are reproducible, a resumed run takes the same steps, the loss falls."""

import dataclasses

import pytest
import torch

from adain_lab import data
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder
from adain_lab.training.datasets import Pictures, batches, list_pictures
from adain_lab.training.loop import TrainingConfig, learning_rate, load_checkpoint, train_decoder, training_loss
from adain_lab.training.run import TrainingRun

SMALL = TrainingConfig(
    iterations=6,
    batch_size=2,
    size=0,
    crop=32,
    identity=0.5,
    ema=0.9,
    autoencoder_iterations=2,
    learning_rate=1e-3,
    augment=True,
)


@pytest.fixture
def datasets(picture_file, tmp_path):
    for i in range(3):
        picture_file(f"content/{i}.png", 40 + 3 * i, 48, seed=i)
        picture_file(f"style/{i}.jpg", 44, 40 + 2 * i, seed=10 + i)
    return Pictures.from_folder(tmp_path / "content"), Pictures.from_folder(
        tmp_path / "style", tmp_path / "content", weights=(3, 1)
    )


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return Encoder(width=4), Decoder(width=4)


# ---- data ------------------------------------------------------------------------------------------------------


def test_batches_are_the_same_every_time_and_from_any_start(datasets):
    dataset = datasets[1]
    whole = list(batches(dataset, 2, 5, 32, 36, seed=3, augment=True))
    assert all(b.shape == (2, 3, 32, 32) and 0 <= float(b.min()) and float(b.max()) <= 1 for b in whole)
    rest = list(batches(dataset, 2, 5, 32, 36, seed=3, augment=True, start=3))
    assert len(rest) == 2 and all(torch.equal(a, b) for a, b in zip(whole[3:], rest, strict=True))
    assert not torch.equal(whole[0], next(batches(dataset, 2, 5, 32, 36, seed=4, augment=True)))


def test_reading_in_other_processes_gives_the_same_batches(datasets):
    here, there = (list(batches(datasets[0], 2, 2, 32, seed=1, workers=w)) for w in (0, 1))
    assert all(torch.equal(a, b) for a, b in zip(here, there, strict=True))


def test_small_pictures_are_enlarged_to_the_crop(datasets):
    assert next(batches(datasets[0], 1, 1, 64)).shape == (1, 3, 64, 64)


def test_broken_pictures_are_skipped_and_counted(picture_file, tmp_path):
    picture_file("dataset/good.png", 40, 40)
    (tmp_path / "dataset" / "bad.jpg").write_bytes(b"no picture")
    dataset = Pictures.from_folder(tmp_path / "dataset")
    assert len(list(batches(dataset, 4, 4, 32))) == 4
    assert [p.name for p in dataset.skipped] == ["bad.jpg"]


def test_folders_without_pictures_get_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        list_pictures(tmp_path / "none")
    with pytest.raises(ValueError, match="holds no pictures"):
        list_pictures(tmp_path)
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(ValueError, match="could not be read"):
        next(batches(Pictures.from_folder(tmp_path), 1, 1, 32))


def test_samples_by_name():
    assert data.sample("coffee").is_file()
    with pytest.raises(ValueError, match="choose from .*coffee"):
        data.sample("tea")
    with pytest.raises(ValueError, match="choose from content, style"):
        data.samples("videos")


# ---- training --------------------------------------------------------------------------------------------------


def losses_of(networks, datasets, config, **options):
    encoder, decoder = networks
    return [step.losses for step in train_decoder(encoder, decoder, *datasets, config, **options)]


def fresh():
    torch.manual_seed(0)
    return Encoder(width=4), Decoder(width=4)


def test_a_resumed_run_takes_the_steps_of_an_unbroken_one(datasets, tmp_path):
    unbroken_networks = fresh()
    unbroken = losses_of(unbroken_networks, datasets, SMALL, normalize_layers=True)
    checkpoint = tmp_path / "run.pt"
    first = []
    for step in train_decoder(
        *fresh(), *datasets, SMALL, normalize_layers=True, checkpoint=checkpoint, checkpoint_every=2
    ):
        first.append(step.losses)
        if step.iteration == 5:  # killed after the checkpoint at 4
            break
    resumed_networks = fresh()
    rest = losses_of(
        resumed_networks, datasets, SMALL, normalize_layers=True, checkpoint=checkpoint, checkpoint_every=2
    )
    assert first == unbroken[:5]
    assert rest == unbroken[4:]
    for a, b in zip(unbroken_networks[1].parameters(), resumed_networks[1].parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_checkpoint_of_another_configuration_is_refused(datasets, tmp_path):
    losses_of(fresh(), datasets, SMALL, checkpoint=tmp_path / "run.pt")
    other = dataclasses.replace(SMALL, style_weight=3.0, seed=9)
    with pytest.raises(ValueError, match="another style_weight, seed"):
        losses_of(fresh(), datasets, other, checkpoint=tmp_path / "run.pt")
    assert load_checkpoint(tmp_path / "run.pt")["iteration"] == 6


def test_training_lowers_the_loss_and_leaves_the_encoder_alone(networks, datasets):
    encoder, decoder = networks
    before = [p.clone() for p in encoder.parameters()]
    config = TrainingConfig(iterations=40, batch_size=2, size=0, crop=32, learning_rate=3e-3, autoencoder_iterations=40)
    losses = losses_of(networks, datasets, config)
    assert sum(step["pixel"] for step in losses[-5:]) < 0.8 * sum(step["pixel"] for step in losses[:5])
    assert all(torch.equal(a, b) for a, b in zip(before, encoder.parameters(), strict=True))
    assert all(p.grad is None for p in encoder.parameters())


def test_the_content_target_is_adains_output_not_the_content(networks):
    """Eq. 12: a decoder that inverts the encoder perfectly has no content loss, although the picture is not the
    content.
    """
    from adain_lab.functional import adain

    encoder, _ = networks
    encoder.requires_grad_(False)
    content, style = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    wanted = encoder(style)["relu4_1"]

    def decoder(t):
        assert torch.allclose(t, adain(encoder(content)["relu4_1"], wanted), atol=1e-6)
        return style

    losses, images = training_loss(encoder, decoder, content, style)
    assert float(losses["style"]) == 0
    assert float(losses["content"]) == pytest.approx(
        float((wanted - adain(encoder(content)["relu4_1"], wanted)).square().mean()), rel=1e-4
    )


def test_gradients_reach_the_decoder_only(networks):
    encoder, decoder = networks
    encoder.requires_grad_(False)
    losses, _ = training_loss(encoder, decoder, torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32))
    sum(losses.values()).backward()
    assert all(
        p.grad is not None and p.grad.abs().sum() > 0
        for name, p in decoder.named_parameters()
        if name.endswith("weight")
    )


def test_learning_rate_schedules():
    inverse = TrainingConfig()
    assert learning_rate(inverse, 0) == 1e-4 and learning_rate(inverse, 20_000) == pytest.approx(5e-5)
    cosine = TrainingConfig(iterations=100, schedule="cosine", learning_rate=1.0, warmup=10)
    assert learning_rate(cosine, 0) == pytest.approx(0.1) and learning_rate(cosine, 100) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"iterations": 0}, "iterations must be at least 1"),
        ({"style_weight": -1}, "style_weight must be a finite number"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"schedule": "linear"}, "choose from inverse, cosine"),
    ],
)
def test_bad_configurations_get_a_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        TrainingConfig(**options)


def test_a_loss_that_is_not_finite_stops_the_run(networks, datasets):
    encoder, decoder = networks
    with torch.no_grad():
        decoder.conv1_1.weight.fill_(float("inf"))
    with pytest.raises(ValueError, match="not finite at iteration 0"):
        losses_of(networks, datasets, SMALL)


def test_a_run_in_a_folder(datasets, tmp_path, capsys):
    config = TrainingConfig(iterations=2, batch_size=1, size=0, crop=32)
    folders = tmp_path / "content", tmp_path / "style"
    run = TrainingRun(tmp_path / "run", "tiny", config, device="cpu", every=1)
    run.train(*folders)
    files = {"checkpoint.pt", "decoder.safetensors", "losses.csv", "curves.png", "sample.png", "samples"}
    assert {p.name for p in (tmp_path / "run").iterdir()} == files
    assert [p.name for p in sorted((tmp_path / "run" / "samples").iterdir())] == ["1.jpg", "2.jpg"]
    assert len((tmp_path / "run" / "losses.csv").read_text().splitlines()) == 3
    with pytest.raises(ValueError, match="add --resume"):
        TrainingRun(tmp_path / "run", "tiny", config, device="cpu").train(*folders)
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        TrainingRun(tmp_path / "other", "tiny", config, device="cpu").train(*folders, resume=True)
    TrainingRun(tmp_path / "run", "tiny", config, device="cpu").train(*folders, resume=True)
    assert len((tmp_path / "run" / "losses.csv").read_text().splitlines()) == 3
    with pytest.raises(ValueError, match="another width"):
        TrainingRun(tmp_path / "run", "tiny", config, start="slim")
