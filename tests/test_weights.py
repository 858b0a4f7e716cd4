"""Weights: the bundled ones are what they say; damaged ones are refused; downloads work and fail cleanly."""

import errno
import functools
import hashlib
import http.server
import shutil
import threading
import types

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from adain_lab.bench import plain_network
from adain_lab.networks.encoder import CONVOLUTIONS
from adain_lab.weights import MODELS, cache_folder, load_decoder, load_encoder, registry
from adain_lab.weights.convert import convert_decoder, convert_encoder
from adain_lab.weights.download import download, fetch


def bundled_models():
    return [name for name, spec in MODELS.items() if spec.bundled]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path / "cache"


def test_bundled_weights_are_half_precision_small_and_listed():
    sums = (registry.BUNDLED / "SHA256SUMS").read_text().split()
    total = 0
    for name in bundled_models():
        for part in ("encoder", "decoder"):
            path = MODELS[name].file(part)
            total += path.stat().st_size
            assert path.name in sums and registry.sha256_of(path) in sums
            assert {t.dtype for t in load_file(path).values()} == {torch.float16}
    assert total < 16_000_000


@pytest.mark.parametrize("name", bundled_models())
def test_bundled_networks_load_frozen(name):
    encoder, decoder = load_encoder(name), load_decoder(name)
    assert encoder.width == decoder.width == MODELS[name].width
    assert not any(p.requires_grad for p in [*encoder.parameters(), *decoder.parameters()])


def damaged(kind, source, target):
    if kind == "truncated":
        target.write_bytes(source.read_bytes()[:5000])
    elif kind == "text":
        target.write_text("not weights")
    else:
        tensors = load_file(source)
        if kind == "shape":
            tensors["conv1_1.weight"] = tensors["conv1_1.weight"][:-1].clone()
        elif kind == "names":
            tensors["conv9_9.weight"] = tensors.pop("conv1_1.weight")
        elif kind == "nan":
            tensors["conv1_1.bias"][0] = float("nan")
        save_file(tensors, target)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("truncated", "damaged"),
        ("text", "damaged"),
        ("shape", "has shape"),
        ("names", "missing .*conv1_1.weight.*conv9_9"),
        ("nan", "not finite"),
        ("hash", "sha256"),
    ],
)
def test_damaged_weights_are_refused(kind, words, tmp_path, monkeypatch):
    for path in registry.BUNDLED.glob("tiny_*.safetensors"):
        shutil.copy(path, tmp_path / path.name)
    monkeypatch.setattr(registry, "BUNDLED", tmp_path)
    if kind == "hash":
        (tmp_path / "SHA256SUMS").write_text("0" * 64 + "  tiny_decoder.safetensors\n")
    else:
        damaged(kind, MODELS["tiny"].file("decoder"), tmp_path / "tiny_decoder.safetensors")
    with pytest.raises(ValueError, match=words):
        load_decoder("tiny")


def test_missing_weights_say_how_to_get_them(monkeypatch, tmp_path):
    with pytest.raises(FileNotFoundError, match="adain-lab download paper"):
        load_encoder("paper")
    with pytest.raises(FileNotFoundError, match="adain-lab download vgg19"):
        load_encoder("vgg19")
    monkeypatch.setattr(registry, "BUNDLED", tmp_path)
    with pytest.raises(FileNotFoundError, match="reinstall"):
        load_encoder("slim")
    with pytest.raises(ValueError, match="choose from levels, levels_light, slim, tiny, paper, vgg19"):
        load_encoder("resnet")


def published(folder, width=64, seed=0):
    """Files in the exact format of the published ones, with random weights."""
    torch.manual_seed(seed)
    encoder, decoder = plain_network(width)
    w = [width * k for k in (4, 8)]

    def rest():  # relu4_1 to relu5_4
        for block in (3, 4):
            if block == 4:
                yield nn.MaxPool2d(2, ceil_mode=True)
            for _ in range(block):
                yield from (nn.ReflectionPad2d(1), nn.Conv2d(w[1], w[1], 3), nn.ReLU())

    vgg = nn.Sequential(nn.Conv2d(3, 3, 1), *encoder, *rest())
    torch.save(vgg.state_dict(), folder / "vgg_normalised.pth")
    torch.save(decoder.state_dict(), folder / "decoder.pth")
    return vgg, decoder


def test_published_files_have_the_published_indices(tmp_path):
    vgg, decoder = published(tmp_path, width=2)
    assert len(vgg) == 53 and len(decoder) == 29


def test_conversion_gives_the_same_features_and_pictures(tmp_path):
    from adain_lab.networks.decoder import Decoder
    from adain_lab.networks.encoder import Encoder

    vgg, plain_decoder = published(tmp_path, width=4)
    encoder = Encoder(4, mean=(0, 0, 0), std=(1, 1, 1))
    encoder.load_state_dict(convert_encoder(vgg.state_dict()))
    decoder = Decoder(4)
    decoder.load_state_dict(convert_decoder(plain_decoder.state_dict()))
    x = torch.rand(1, 3, 40, 48)
    features = encoder(x)["relu4_1"]
    assert torch.allclose(features, vgg[:31](x), atol=1e-5)
    assert torch.allclose(decoder(features), plain_decoder(features), atol=1e-5)
    with pytest.raises(ValueError, match="1x1 convolution"):
        convert_encoder(plain_decoder.state_dict())
    with pytest.raises(ValueError, match="nine|9 convolutions"):
        convert_decoder(vgg.state_dict())
    with pytest.raises(ValueError, match="named like"):
        convert_decoder({"layer.weight": torch.zeros(1)})


@pytest.fixture
def server(tmp_path):
    """A web server over a folder, as the release page would be."""
    folder = tmp_path / "www"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_download_paper_converts_and_loads(server, cache):
    folder, url = server
    vgg, plain_decoder = published(folder)
    seen = []
    files = download("paper", url=url, progress=lambda *step: seen.append(step))
    assert (
        ["SHA256SUMS", *sorted(p.name for p in files)]
        == sorted(p.name for p in cache.iterdir())
        == ["SHA256SUMS", "paper_decoder.safetensors", "paper_encoder.safetensors"]
    )
    assert seen[-1][1] == seen[-1][2] > 0
    x = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        features = load_encoder("paper")(x)["relu4_1"]
        assert torch.allclose(features, vgg[:31](x), atol=1e-4)
        assert torch.allclose(load_decoder("paper")(features), plain_decoder(features), atol=1e-4)


def test_download_failures_leave_nothing(server, cache):
    folder, url = server
    with pytest.raises(ConnectionError, match="404"):
        download("paper", url=url)
    (folder / "vgg_normalised.pth").write_bytes(b"<html>log in first</html>")
    with pytest.raises(ValueError, match="not a PyTorch checkpoint"):
        download("paper", url=url)
    published(folder, width=2)
    with pytest.raises(ValueError, match="has shape"):
        download("paper", url=url)
    with pytest.raises(ConnectionError, match="check the network"):
        download("paper", url="http://127.0.0.1:9")
    assert list(cache.iterdir()) == []


def test_another_file_under_the_same_name_is_refused(server, cache, tmp_path):
    folder, url = server
    published(folder)
    download("paper", url=url)
    kept = {p.name: p.read_bytes() for p in cache.iterdir()}
    published(folder, seed=1)
    with pytest.raises(ValueError, match="not the file that was downloaded before"):
        download("paper", url=url)
    assert {p.name: p.read_bytes() for p in cache.iterdir()} == kept
    weights = cache / "paper_decoder.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ValueError, match="is damaged"):
        load_decoder("paper")


def test_the_hash_in_a_published_name_is_checked_before_anything_is_replaced(server, cache, monkeypatch):
    import torchvision.models

    folder, url = server
    data = b"the published weights"
    name = f"vgg19-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    weights = types.SimpleNamespace(IMAGENET1K_V1=types.SimpleNamespace(url=f"https://models.example.org/{name}"))
    monkeypatch.setattr(torchvision.models, "VGG19_Weights", weights)
    (folder / name).write_bytes(data[:-1])
    with pytest.raises(ValueError, match="not what its name promises"):
        download("vgg19", url=url)
    assert list(cache.iterdir()) == []
    (folder / name).write_bytes(data)
    assert [file.read_bytes() for file in download("vgg19", url=url)] == [data]
    assert (cache / "SHA256SUMS").read_text() == f"{hashlib.sha256(data).hexdigest()}  {name}\n"
    (folder / name).write_bytes(b"something else")
    for source in ({"url": url}, {"folder": folder}):
        with pytest.raises(ValueError, match="not what its name promises"):
            download("vgg19", **source)
    assert (cache / name).read_bytes() == data, "the good file stays"
    assert sorted(file.name for file in cache.iterdir()) == ["SHA256SUMS", name]


def test_names_carry_hashes_only_where_torchvision_puts_them():
    from torchvision.models import VGG19_Weights

    from adain_lab.weights.download import _HASH_IN_NAME

    assert _HASH_IN_NAME.search(VGG19_Weights.IMAGENET1K_V1.url)[1] == "dcbb9e9d"
    assert not any(map(_HASH_IN_NAME.search, ("vgg_normalised.pth", "decoder.pth")))


def test_what_is_larger_than_any_published_file_is_not_taken(server, cache):
    folder, url = server
    (folder / "large.bin").write_bytes(bytes(3 * 2**20))
    cache.mkdir()
    with pytest.raises(ValueError, match="more than 1 MB"):
        fetch(f"{url}/large.bin", cache / "large.bin", limit=2**20)
    assert list(cache.iterdir()) == []


def test_a_connection_that_ends_early_is_noticed(cache, tmp_path):
    class Liar(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"x" * 1000)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        with pytest.raises(ConnectionError, match="check the network"):
            download("vgg19", url=f"http://127.0.0.1:{running.server_address[1]}")
        running.shutdown()
    assert list(cache.iterdir()) == []


def test_local_copies_need_no_network(cache, tmp_path, capsys):
    from adain_lab import cli

    tmp_path = tmp_path / "copies"
    tmp_path.mkdir()
    published(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    assert cli.main(["download", "paper", "--from", str(tmp_path)]) == 0
    assert "paper_encoder.safetensors" in capsys.readouterr().out
    assert sorted(p.name for p in tmp_path.iterdir()) == before  # the copies stay
    names = ["SHA256SUMS", "paper_decoder.safetensors", "paper_encoder.safetensors"]
    assert sorted(p.name for p in cache.iterdir()) == names
    assert load_decoder("paper").width == 64
    (tmp_path / "decoder.pth").unlink()
    assert cli.main(["download", "paper", "--from", str(tmp_path)]) == 2
    assert "adain-lab: decoder.pth is not in" in capsys.readouterr().err
    with pytest.raises(ValueError, match="not both"):
        download("paper", folder=tmp_path, url="http://127.0.0.1:9")


def test_a_full_disk_leaves_nothing(server, cache, monkeypatch):
    folder, url = server
    published(folder, width=2)
    real_open = open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    def fake_open(path, mode="r", *args, **kwargs):
        return (
            Full(real_open(path, mode))
            if ".adain_lab-" in str(path) and "w" in mode
            else real_open(path, mode, *args, **kwargs)
        )

    monkeypatch.setattr("builtins.open", fake_open)
    with pytest.raises(ValueError, match="no space left on the disk"):
        download("paper", url=url)
    assert list(cache.iterdir()) == []


def test_vgg19_is_torchvisions(cache):
    from torchvision.models import VGG19_Weights, vgg19

    torch.manual_seed(0)
    network = vgg19(weights=None).eval()
    cache.mkdir()
    name = VGG19_Weights.IMAGENET1K_V1.url.rsplit("/", 1)[1]
    torch.save(network.state_dict(), cache / name)
    x = torch.rand(1, 3, 40, 33)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.inference_mode():
        features = load_encoder("vgg19")(x, ("relu1_1", "relu3_1", "relu5_1"))
        for layer, index in (("relu1_1", 1), ("relu3_1", 11), ("relu5_1", 29)):
            assert torch.allclose(features[layer], network.features[: index + 1]((x - mean) / std), atol=1e-5)
    assert len(features) == 3 and len(CONVOLUTIONS) == 13
    digest = hashlib.sha256((cache / name).read_bytes()).hexdigest()
    (cache / "SHA256SUMS").write_text(f"{digest}  {name}\n")  # as the download records it
    load_encoder("vgg19")
    (cache / "SHA256SUMS").write_text(f"{'0' * 64}  {name}\n")
    with pytest.raises(ValueError, match="its sha256 is not"):
        load_encoder("vgg19")
    (cache / "SHA256SUMS").unlink()
    (cache / name).write_bytes(b"broken")
    with pytest.raises(ValueError, match="damaged"):
        load_encoder("vgg19")


def test_unknown_downloads_and_a_cache_that_cannot_be_written(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="choose from paper, vgg19"):
        download("slim")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ValueError, match="ADAIN_LAB_CACHE"):
        download("paper")


def test_the_default_cache_is_the_users(monkeypatch):
    monkeypatch.delenv("ADAIN_LAB_CACHE")
    assert cache_folder().name == "adain_lab"
