"""Shapes, names, normalisation and minimum sizes of encoder and decoder."""

import pytest
import torch
from torch import nn

from adain_lab.bench import plain_network
from adain_lab.networks.decoder import DECODER_CONVOLUTIONS, Decoder
from adain_lab.networks.encoder import CONVOLUTIONS, LAYERS, Encoder, channels


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return Encoder(width=4).eval().requires_grad_(False)


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (17, 64)])
def test_layer_shapes(encoder, size):
    features = encoder(torch.rand(2, 3, *size), LAYERS)
    assert list(features) == list(LAYERS)
    for layer, f in features.items():
        stride = 2 ** (int(layer[4]) - 1)
        assert f.shape == (2, channels(layer, 4), -(-size[0] // stride), -(-size[1] // stride))
        assert float(f.min()) >= 0


def test_only_what_is_asked_for_comes_back_and_order_does_not_matter(encoder):
    x = torch.rand(1, 3, 32, 32)
    one = encoder(x, "relu3_1")
    assert list(one) == ["relu3_1"]
    both = encoder(x, ("relu3_1", "relu1_1"))
    assert torch.equal(both["relu3_1"], one["relu3_1"])


def test_encoder_and_decoder_equal_the_plain_sequences():
    """The same weights in nn.Sequential, written as the paper says, give the same features and pictures."""
    torch.manual_seed(1)
    encoder, decoder = Encoder(width=4, mean=(0, 0, 0), std=(1, 1, 1)), Decoder(width=4)
    plain_encoder, plain_decoder = plain_network(width=4)
    for named, plain, names in (
        (encoder, plain_encoder, CONVOLUTIONS[:9]),
        (decoder, plain_decoder, DECODER_CONVOLUTIONS),
    ):
        convolutions = [m for m in plain if isinstance(m, nn.Conv2d)]
        for name, convolution in zip(names, convolutions, strict=True):
            convolution.load_state_dict(named.get_submodule(name).state_dict())
    x = torch.rand(1, 3, 48, 40)
    features = encoder(x)["relu4_1"]
    assert torch.allclose(features, plain_encoder(x), atol=1e-6)
    assert torch.allclose(decoder(features), plain_decoder(features), atol=1e-6)


def test_the_encoder_owns_its_normalisation():
    torch.manual_seed(2)
    plain = Encoder(width=2, mean=(0, 0, 0), std=(1, 1, 1))
    normalising = Encoder(width=2, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    normalising.load_state_dict(plain.state_dict())
    x = torch.rand(1, 3, 16, 16)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)))
    assert torch.allclose(normalising(x)["relu4_1"], plain((x - mean) / std)["relu4_1"], atol=1e-6)


def test_the_decoder_mirrors_the_encoder(encoder):
    decoder = Decoder(width=4)
    for name in DECODER_CONVOLUTIONS[:-1]:
        forward, backward = encoder.get_submodule(name), decoder.get_submodule(name)
        assert (backward.in_channels, backward.out_channels) == (forward.out_channels, forward.in_channels)
    assert decoder(encoder(torch.rand(1, 3, 40, 24))["relu4_1"]).shape == (1, 3, 40, 24)


@pytest.mark.parametrize("layer", ["relu1_1", "relu2_2", "relu4_1", "relu5_1"])
@pytest.mark.parametrize("options", [{}, {"padding_mode": "zeros", "ceil_mode": False}, {"ceil_mode": False}])
def test_the_minimum_size_is_the_minimum(layer, options):
    encoder = Encoder(width=1, **options)
    smallest = encoder.minimum_size(layer)
    assert encoder(torch.rand(1, 3, smallest, smallest), layer)[layer].numel() > 0
    if smallest > 1:
        with pytest.raises(ValueError, match=f"at least {smallest} pixels"):
            encoder(torch.rand(1, 3, smallest - 1, 64), layer)


def test_bad_input_gets_a_sentence(encoder):
    with pytest.raises(ValueError, match="unknown layer 'relu9_9': choose from relu1_1, relu1_2"):
        encoder(torch.rand(1, 3, 32, 32), ["relu9_9"])
    with pytest.raises(ValueError, match="no layer"):
        encoder(torch.rand(1, 3, 32, 32), [])
    with pytest.raises(ValueError, match=r"\(B, 3, H, W\)"):
        encoder(torch.rand(1, 1, 32, 32))
    with pytest.raises(TypeError):
        encoder("picture")
    with pytest.raises(ValueError, match="features must have shape"):
        Decoder(width=4)(torch.rand(1, 3, 4, 4))
    with pytest.raises(ValueError, match="padding_mode"):
        Encoder(width=1, padding_mode="mirror")
