"""Folding the up-sampling into the convolutions changes the arithmetic, not the picture."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from adain_lab.networks.decoder import Decoder
from adain_lab.networks.folded_decoder import FoldedDecoder, fold_upsampling, upsampled_convolution


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 7), st.integers(1, 7), st.integers(1, 4), st.integers(1, 5), st.integers(0, 2**31)
)
def test_one_folded_layer_is_upsampling_reflection_and_convolution(batch, height, width, inputs, outputs, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, inputs, height, width, dtype=torch.float64, generator=generator)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=torch.float64, generator=generator)
    bias = torch.randn(outputs, dtype=torch.float64, generator=generator)
    large = F.interpolate(x, scale_factor=2, mode="nearest")
    expected = F.conv2d(F.pad(large, (1, 1, 1, 1), mode="reflect"), weight, bias)
    torch.testing.assert_close(
        upsampled_convolution(x, fold_upsampling(weight), bias.repeat(4)), expected, rtol=0, atol=1e-12
    )


def test_a_flat_kernel_folds_to_its_sums():
    """Of nine equal weights, the corner pixel of a block sees one, two, two and four times."""
    folded = fold_upsampling(torch.ones(1, 1, 3, 3))
    assert folded.flatten(1).tolist() == [[1, 2, 2, 4], [2, 1, 4, 2], [2, 4, 1, 2], [4, 2, 2, 1]]


@pytest.mark.parametrize("size", [(2, 2), (3, 7), (8, 5)])
def test_the_whole_decoder(size):
    torch.manual_seed(0)
    decoder = Decoder(width=4).double()
    features = torch.randn(2, 32, *size, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(FoldedDecoder(decoder)(features), decoder(features), rtol=0, atol=1e-12)


def test_it_keeps_weights_of_its_own_and_learns_nothing():
    decoder = Decoder(width=4)
    folded, features = FoldedDecoder(decoder), torch.rand(1, 32, 3, 3)
    before = folded(features)
    with torch.no_grad():
        decoder.conv1_1.bias += 1
    assert torch.equal(folded(features), before)
    assert not list(folded.parameters())


def test_features_of_another_network_are_refused():
    with pytest.raises(ValueError, match=r"\(B, 32, H, W\), got \(1, 16, 3, 3\)"):
        FoldedDecoder(Decoder(width=4))(torch.rand(1, 16, 3, 3))
