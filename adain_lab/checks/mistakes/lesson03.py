"""The wrong implementations that people write in lesson 03, each with the sentence that helps."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from adain_lab.checks.probe import Mistake
from adain_lab.functional import gram_matrix
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.training.feedforward import CONTENT_LAYER, relative_error

__all__ = ["BLOCK_MISTAKES", "LOSS_MISTAKES", "MULTIPLICATION_MISTAKES", "residual", "wrong_loss"]

# ---- residual_block(x, weight1, weight2) -----------------------------------------------------------------------


def _same(x):
    return x


def residual(
    x,
    weight1,
    weight2,
    *,
    pad="reflect",
    norm=F.instance_norm,
    last_norm=None,
    relu=F.relu,
    order="norm first",
    end=_same,
    skip=1.0,
    padding="before each",
):
    """``x + norm(conv(relu(norm(conv(x)))))``, and its variations."""

    def convolve(features, weight):
        padded = F.pad(features, (1, 1, 1, 1), mode=pad) if padding == "before each" else features
        return F.conv2d(padded, weight)

    middle = convolve(x if padding == "before each" else F.pad(x, (2, 2, 2, 2), mode=pad), weight1)
    middle = relu(norm(middle)) if order == "norm first" else norm(relu(middle))
    return end(skip * x + (last_norm or norm)(convolve(middle, weight2)))


def _block(**options):
    return lambda *args: residual(*args, **options)


def _from_the_middle(x, weight1, weight2):
    def convolve(features, weight):
        return F.instance_norm(F.conv2d(F.pad(features, (1, 1, 1, 1), mode="reflect"), weight))

    middle = F.relu(convolve(x, weight1))
    return middle + convolve(middle, weight2)


BLOCK_MISTAKES = (
    Mistake(
        _block(skip=0.0),
        "the skip connection is missing: add the input x at the end, so that the block only learns what to change",
    ),
    Mistake(
        _block(end=F.relu),
        "there is a ReLU after the addition, as in the first ResNet: Johnson's block ends with the sum, so that a block can also make "
        "values smaller",
    ),
    Mistake(_block(skip=-1.0), "you subtract x: the block ends with `x + …`"),
    Mistake(
        _block(pad="constant"),
        'you padded with zeros, which paints a dark frame: pad by reflection, `F.pad(x, (1, 1, 1, 1), mode="reflect")`',
    ),
    Mistake(_block(pad="replicate"), 'you padded by repeating the edge: pad by reflection, `mode="reflect"`'),
    Mistake(_block(pad="circular"), 'you padded from the opposite edge: pad by reflection, `mode="reflect"`'),
    Mistake(
        _block(padding="once"),
        "you padded once, by 2, before the first convolution: the size is right, but the second one then sees an edge made by the first "
        "instead of a mirrored one, so pad by 1 before each",
    ),
    Mistake(
        lambda *args: residual(*args, pad="constant", padding="once"),
        "you padded once, by 2, and with zeros: pad by 1, by reflection, before each convolution",
    ),
    Mistake(_block(relu=F.leaky_relu), "your ReLU is a leaky one: this block has the plain `F.relu`"),
    Mistake(_block(relu=F.gelu), "your nonlinearity is a GELU: this block has the plain `F.relu`"),
    Mistake(
        _block(norm=lambda f: F.layer_norm(f, f.shape[1:])),
        "you normalised over the channels as well, `F.layer_norm`: each channel is normalised by itself, `F.instance_norm`",
    ),
    Mistake(
        lambda *args: residual(*args) / 2,
        "you take the mean of x and the branch: the block ends with their sum, `x + …`",
    ),
    Mistake(
        _block(norm=lambda f: (f - f.mean((2, 3), keepdim=True)) / f.std((2, 3), keepdim=True)),
        "your normalisation divides by the unbiased deviation, torch's default: `F.instance_norm` takes the biased one, eps inside the "
        "root",
    ),
    Mistake(
        _block(norm=lambda f: F.group_norm(f, f.shape[1] // 2)),
        "you normalised channels in groups, `F.group_norm`: each channel is normalised by itself, `F.instance_norm`",
    ),
    Mistake(_block(relu=torch.tanh), "your nonlinearity is a tanh: this block has the plain `F.relu`"),
    Mistake(
        _from_the_middle,
        "your skip connection begins after the first convolution: keep x itself, from before it",
    ),
    Mistake(_block(skip=2.0), "you add x twice: the block ends with `x + …`, once"),
    Mistake(
        lambda x, weight1, weight2: F.relu(x) + residual(x, weight1, weight2, skip=0.0),
        "you add relu(x): the block carries x itself on, unchanged",
    ),
    Mistake(
        lambda x, weight1, weight2: F.instance_norm(residual(x, weight1, weight2, last_norm=_same)),
        "you normalise after the addition: normalise what the second convolution gives, and add x after that",
    ),
    Mistake(_block(relu=_same), "the ReLU between the two convolutions is missing: without it both are one linear map"),
    Mistake(_block(norm=_same), "there is no normalisation: each convolution is followed by `F.instance_norm`"),
    Mistake(
        _block(last_norm=_same),
        "the second convolution has no normalisation: each of the two is followed by `F.instance_norm`",
    ),
    Mistake(
        _block(last_norm=lambda f: F.relu(F.instance_norm(f))),
        "there is a ReLU before the addition: the second convolution has none",
    ),
    Mistake(
        _block(norm=lambda f: F.batch_norm(f, None, None, training=True)),
        "that is batch normalisation: its statistics are the batch's, so that pictures influence each other; use `F.instance_norm`",
    ),
    Mistake(_block(order="ReLU first"), "the ReLU comes before the normalisation: first normalise, then ReLU"),
    Mistake(
        lambda x, weight1, weight2: residual(x, weight2, weight1),
        "the two weights are swapped: weight1 belongs to the first convolution",
    ),
    Mistake(
        lambda x, weight1, weight2: residual(x, weight1, weight1),
        "both convolutions use weight1: the second has its own, weight2",
    ),
)

# ---- perceptual_loss(encoder, images, content, grams) -----------------------------------------------------------


def _mean_squares(value, target):
    return (value - target).square().mean()


def wrong_loss(
    encoder,
    images,
    content,
    grams,
    *,
    error=relative_error,
    content_error=None,
    gram=gram_matrix,
    layers=STYLE_LAYERS,
    content_layer=CONTENT_LAYER,
    judged="images",
    pixels=False,
    reduce=sum,
):
    """``(content_loss, style_loss)``, and its variations."""
    features, target = encoder(images, (content_layer, *STYLE_LAYERS)), encoder(content, (content_layer, *STYLE_LAYERS))
    pair = (images, content) if pixels else (features[content_layer], target[content_layer])
    source = {"images": features, "content": target}[judged]
    terms = [error(gram(source[layer]), grams[layer]) for layer in layers]
    return (content_error or error)(*pair), reduce(terms)


def _loss(**options):
    return lambda *args: wrong_loss(*args, **options)


def _centred(features):
    return gram_matrix(features - features.mean((2, 3), keepdim=True))


def _unnormalised(features):
    return gram_matrix(features, normalize=False)


LOSS_MISTAKES = (
    Mistake(
        lambda *args: wrong_loss(*args)[::-1],
        "you returned the two losses in the wrong order: end with `return content_loss, style_loss`",
    ),
    Mistake(
        _loss(gram=_unnormalised),
        "your Gram matrices are sums over space, and the style's are means: divide by H·W, or a larger picture has a larger loss",
    ),
    Mistake(
        _loss(gram=lambda f: gram_matrix(f) / f.shape[1]),
        "your Gram matrices are divided by C·H·W, as Johnson's are: those in `grams` are divided by H·W only, and both sides must agree",
    ),
    Mistake(
        _loss(gram=lambda f: gram_matrix(f).mean(0, keepdim=True)),
        "your style loss judges the mean of the batch's Gram matrices, so one picture may be too blue if another is too yellow: compare "
        "each picture's own Gram matrix with the style's",
    ),
    Mistake(
        _loss(error=lambda value, target: (value - target).mean()),
        "you forgot to square: differences of both signs cancel, and a loss below 0 is no loss",
    ),
    Mistake(
        _loss(error=lambda value, target: (value - target).abs().mean()),
        "you took absolute differences: square them, and divide by the mean square of the target (`relative_error` does both)",
    ),
    Mistake(
        _loss(error=_mean_squares),
        "you took mean squares, and did not divide by the target's: then the loudest layer decides alone (`relative_error` divides)",
    ),
    Mistake(
        _loss(error=lambda value, target: (value - target).square().sum()),
        "you summed the squares: a sum grows with the picture and with the layer (`relative_error` divides by the target's own square)",
    ),
    Mistake(
        _loss(error=lambda value, target: (value - target).norm()),
        "you took the norm of the difference: the lesson's loss is the relative error, squared (`relative_error`)",
    ),
    Mistake(
        _loss(error=lambda value, target: (value - target).abs().mean() / target.abs().mean()),
        "you took relative absolute differences: square them (`relative_error`)",
    ),
    Mistake(
        lambda *args: tuple(len(args[1]) * loss for loss in wrong_loss(*args)),
        "your losses are summed over the batch: take the mean over its pictures",
    ),
    Mistake(
        _loss(gram=lambda f: _centred(f)),
        "you took the means out before you multiplied: that is the covariance, and `grams` are Gram matrices",
    ),
    Mistake(
        lambda encoder, images, content, grams: wrong_loss(encoder, images.clamp(0, 1), content, grams),
        "you clamp what was painted before you judge it: beyond 0 and 1 no gradient brings the network back, so judge `images` as they are",
    ),
    Mistake(
        _loss(error=lambda value, target: relative_error(value, target).sqrt()),
        "you took the root of the error: the lesson's loss is squared",
    ),
    Mistake(
        _loss(error=lambda value, target: _mean_squares(value, target) / value.square().mean()),
        "you divided by what was painted: divide by the target, which does not move",
    ),
    Mistake(
        _loss(judged="content"),
        "your style loss judges the content picture, on which training has no influence: judge `images`",
    ),
    Mistake(
        _loss(pixels=True),
        "your content loss compares pixels, which forbids any other colour: compare the encoder's features at relu3_1",
    ),
    Mistake(
        _loss(content_layer="relu4_1"),
        "your content loss is taken at relu4_1: take relu3_1, which keeps more of the shapes",
    ),
    Mistake(
        _loss(content_layer="relu2_1"), "your content loss is taken at relu2_1: take relu3_1, which leaves colours free"
    ),
    Mistake(_loss(layers=("relu4_1",)), "your style loss has relu4_1 only: sum over all layers of `grams`"),
    Mistake(
        _loss(reduce=lambda terms: sum(terms) / len(terms)), "you averaged over the layers: the style loss is their sum"
    ),
)

# ---- multiplications(in_channels, out_channels, kernel, height, width, stride) ------------------------------------


def _count(i, o, k, h, w, s, *, area=True, inputs=True, outputs=True, strided_sides=2, space=True, factor=1, bias=0):
    height, width = -(-h // s) if strided_sides > 0 else h, -(-w // s) if strided_sides > 1 else w
    per_output = (k * k if area else k) * (i if inputs else 1) + bias
    return factor * per_output * (o if outputs else 1) * (height * width if space else 1)


def _counted(**options):
    return lambda *args: torch.tensor(float(_count(*args, **options)))


MULTIPLICATION_MISTAKES = (
    # Before the next one: at stride 2 both are off by a factor of two, at stride 1 only the next one is.
    Mistake(
        _counted(strided_sides=1),
        "the stride acts on height and on width: with stride 2 a quarter of the outputs is left",
    ),
    Mistake(
        _counted(factor=2),
        "you counted the additions too: they are as many again; the lesson counts multiplications only",
    ),
    Mistake(
        _counted(strided_sides=0),
        "you forgot the stride: with stride 2 there are half as many rows and columns of outputs",
    ),
    Mistake(_counted(area=False), "you forgot the kernel's area: a 3 × 3 kernel has nine weights, `kernel ** 2`"),
    Mistake(_counted(inputs=False), "you forgot the input channels: each output value looks at all of them"),
    Mistake(_counted(outputs=False), "you forgot the output channels: each has its own kernel"),
    Mistake(
        _counted(space=False),
        "you counted the weights: each is used once for every position of the output, so multiply by its height and width",
    ),
    Mistake(_counted(bias=1), "you counted the bias: it is added, not multiplied"),
)
