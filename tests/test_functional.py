"""Statements about the maths of adain_lab.functional."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain_lab.functional import EPS, adain, apply_statistics, channel_mean_std, gram_matrix, total_variation

shapes = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(2, 9), st.integers(2, 9))
seeds = st.integers(0, 2**31)


def features(shape, seed, scale=1.0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale


def adain_reference(x: np.ndarray, y: np.ndarray, eps: float) -> np.ndarray:
    """Eq. 8 with loops, in float64 NumPy."""
    out = np.empty_like(x)
    for b in range(x.shape[0]):
        for c in range(x.shape[1]):
            cx, cy = x[b, c], y[b if y.shape[0] > 1 else 0, c]
            sx, sy = np.sqrt(cx.var() + eps), np.sqrt(cy.var() + eps)
            out[b, c] = sy * (cx - cx.mean()) / sx + cy.mean()
    return out


@given(shapes, seeds)
@settings(deadline=None, max_examples=40)
def test_adain_equals_the_reference(shape, seed):
    x, y = features(shape, seed), features((shape[0], shape[1], 7, 4), seed + 1)
    assert np.allclose(adain(x, y).numpy(), adain_reference(x.numpy(), y.numpy(), EPS), atol=1e-12)


@given(shapes, seeds)
@settings(deadline=None, max_examples=40)
def test_adain_has_the_styles_statistics(shape, seed):
    x, y = features(shape, seed, 3.0), features(shape, seed + 1)
    mean, std = channel_mean_std(adain(x, y), eps=0)
    style_mean, style_std = channel_mean_std(y)
    content_std, biased = channel_mean_std(x)[1], channel_mean_std(x, eps=0)[1]
    assert torch.allclose(mean, style_mean, atol=1e-9)
    assert torch.allclose(std, style_std * biased / content_std, atol=1e-9)  # exactly: eps shrinks it a little


@given(shapes, seeds)
@settings(deadline=None, max_examples=30)
def test_adain_with_itself_is_the_identity(shape, seed):
    x = features(shape, seed)
    assert torch.allclose(adain(x, x), x, atol=1e-9)


@given(shapes, seeds, st.floats(0.1, 10), st.floats(-5, 5))
@settings(deadline=None, max_examples=30)
def test_adain_ignores_the_contents_own_statistics(shape, seed, scale, shift):
    x, y = features(shape, seed), features(shape, seed + 1)
    std = channel_mean_std(x, eps=0)[1]
    if float(std.min()) < 0.3:  # where eps matters the statement holds only approximately
        return
    assert torch.allclose(adain(x * scale + shift, y), adain(x, y), atol=3e-2 * float(y.abs().max()))


def test_adain_ignores_where_the_style_is():
    x, y = features((1, 3, 6, 6), 0), features((1, 3, 5, 8), 1)
    shuffled = y.flatten(2)[:, :, torch.randperm(40)].reshape(y.shape)
    assert torch.allclose(adain(x, y), adain(x, shuffled))


def test_adain_agrees_with_pytorchs_instance_norm():
    x, y = features((2, 4, 6, 5), 0), features((2, 4, 6, 5), 1)
    mean, std = channel_mean_std(y)
    assert torch.allclose(adain(x, y), torch.nn.functional.instance_norm(x, eps=EPS) * std + mean)


def test_one_style_serves_a_batch():
    x, y = features((3, 4, 6, 6), 0), features((1, 4, 5, 5), 1)
    assert torch.allclose(adain(x, y), torch.cat([adain(x[i : i + 1], y) for i in range(3)]))


def test_statistics_of_known_numbers():
    x = torch.tensor([1.0, 2.0, 3.0, 6.0], dtype=torch.float64).reshape(1, 1, 2, 2)
    mean, std = channel_mean_std(x, eps=0)
    assert mean.item() == 3.0
    assert std.item() == pytest.approx(3.5**0.5)  # biased: divided by 4, not by 3
    assert channel_mean_std(torch.ones(1, 1, 2, 2))[1].item() == pytest.approx(EPS**0.5)


def test_gradients_are_those_of_finite_differences():
    x = features((2, 2, 3, 3), 0).requires_grad_()
    y = features((2, 2, 4, 2), 1).requires_grad_()
    assert torch.autograd.gradcheck(adain, (x, y))
    assert torch.autograd.gradcheck(gram_matrix, (x,))


def test_inputs_are_not_changed():
    x, y = features((1, 2, 4, 4), 0), features((1, 2, 4, 4), 1)
    before = x.clone(), y.clone()
    adain(x, y)
    apply_statistics(x, *channel_mean_std(y))
    gram_matrix(x)
    assert torch.equal(x, before[0]) and torch.equal(y, before[1])


@given(shapes, seeds)
@settings(deadline=None, max_examples=30)
def test_gram_matrix_is_symmetric_positive_and_normalised(shape, seed):
    x = features(shape, seed)
    gram = gram_matrix(x)
    flat = x.flatten(2).numpy()
    assert np.allclose(gram.numpy(), np.einsum("bik,bjk->bij", flat, flat) / flat.shape[2])
    assert torch.allclose(gram, gram.transpose(1, 2))
    assert float(torch.linalg.eigvalsh(gram).min()) > -1e-9
    assert torch.allclose(gram_matrix(torch.cat([x, x], 3)), gram)  # twice the picture, the same texture


def test_total_variation_of_a_checkerboard_and_of_a_ramp():
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    checkerboard = ((rows + columns) % 2).float().expand(1, 3, 8, 8)
    assert total_variation(checkerboard).item() == 2.0
    assert total_variation((columns / 7.0).expand(1, 3, 8, 8)).item() == pytest.approx(1 / 7)
    assert total_variation(torch.full((1, 3, 4, 4), 0.3)).item() == 0.0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: adain(torch.rand(3, 4, 4), torch.rand(1, 3, 4, 4)), ValueError, "content_features must have shape"),
        (lambda: adain(torch.rand(1, 3, 4, 4), torch.rand(1, 4, 4, 4)), ValueError, "same channels"),
        (lambda: adain(torch.rand(2, 3, 4, 4), torch.rand(3, 3, 4, 4)), ValueError, "same batch"),
        (lambda: adain(None, torch.rand(1, 3, 4, 4)), TypeError, "must be a tensor"),
        (
            lambda: adain(torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.rand(1, 3, 4, 4)),
            TypeError,
            "floating-point",
        ),
        (lambda: gram_matrix(torch.rand(4, 4)), ValueError, "(4, 4)"),
        (lambda: total_variation(torch.rand(1, 3, 1, 5)), ValueError, "2 x 2"),
    ],
)
def test_bad_input_gets_a_sentence(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
