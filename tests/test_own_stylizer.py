"""The studio on a student's own functions: each is really called, and right ones paint what the package paints."""

import sys
from pathlib import Path

import nbformat
import pytest
import torch

import adain_lab
from adain_lab.controls.controls import Controls
from adain_lab.errors import InputError
from adain_lab.lessons.own_stylizer import PACKAGE, OwnStylizer, own_stylizer
from adain_lab.recipes.painter import load_same
from adain_lab.recipes.recipe import read_recipe
from adain_lab.widgets import StudioPanel

#: What a student has after lessons 00, 05 and 06: written out, not the package's.
RIGHT = """
import torch
from torch import nn
from torch.nn import functional as F


def statistics(f, eps=1e-5):
    variance, mean = torch.var_mean(f, dim=(2, 3), correction=0, keepdim=True)
    return mean, (variance + eps).sqrt()


def blend(first, second, alpha):
    return first + alpha * (second - first)


def adain(content_features, style_features, eps=1e-5):
    mean, std = statistics(content_features, eps)
    style_mean, style_std = statistics(style_features, eps)
    return style_std * (content_features - mean) / std + style_mean


def interpolate(content_features, style_features, weights):
    return sum(w / sum(weights) * adain(content_features, f) for f, w in zip(style_features, weights, strict=True))


def match_color(style, content):
    def moments(images):
        pixels = images[0].double().flatten(1)
        mean = pixels.mean(1, keepdim=True)
        return pixels, mean, (pixels - mean) @ (pixels - mean).T / pixels.shape[1] + 1e-5 * torch.eye(3).double()

    def power(covariance, exponent):
        values, vectors = torch.linalg.eigh(covariance)
        return vectors @ torch.diag(values**exponent) @ vectors.T

    pixels, mean, covariance = moments(style)
    _, other_mean, other = moments(content)
    matched = power(other, 0.5) @ power(covariance, -0.5) @ (pixels - mean) + other_mean
    return matched.reshape(style.shape).to(style.dtype)


def masked_adain(content_features, styles, masks, eps=1e-5):
    cells = F.adaptive_avg_pool2d(masks, content_features.shape[2:])
    result = (1 - cells.sum(0)) * content_features
    for (style_mean, style_std), cell in zip(styles, cells, strict=True):
        share = cell / cell.sum().clamp_min(1e-8)
        mean = (share * content_features).sum(dim=(2, 3), keepdim=True)
        variance = (share * (content_features - mean).square()).sum(dim=(2, 3), keepdim=True)
        result = result + cell * (style_std * (content_features - mean) / (variance + eps).sqrt() + style_mean)
    return result


class MirrorDecoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        for name, before, after in zip(
            ("conv4_1", "conv3_4", "conv3_3", "conv3_2", "conv3_1", "conv2_2", "conv2_1", "conv1_2", "conv1_1"),
            (8, 4, 4, 4, 4, 2, 2, 1, 1),
            (4, 4, 4, 4, 2, 2, 1, 1, 0),
            strict=True,
        ):
            out = after * width or 3
            self.add_module(name, nn.Conv2d(before * width, out, 3, padding=1, padding_mode="reflect"))

    def forward(self, features):
        x = features
        for name, conv in self.named_children():
            if name in ("conv3_4", "conv2_2", "conv1_2"):
                x = F.interpolate(x, scale_factor=2)
            x = conv(x) if name == "conv1_1" else F.relu(conv(x))
        return x


mirror_decoder = MirrorDecoder
"""
#: A line that makes one of them visibly another, and the settings of a panel that use it.
OTHER = {
    "blend": ("def blend(first, second, alpha):\n    return first\n", {}),
    "adain": ("def adain(content_features, style_features):\n    return content_features.flip(3)\n", {}),
    "mirror_decoder": (
        "class mirror_decoder(MirrorDecoder):\n    def forward(self, features):\n        return 1 - super().forward(features)\n",
        {},
    ),
    "interpolate": (
        "def interpolate(content_features, style_features, weights):\n    return adain(content_features, style_features[0])\n",
        {"style_names": ["kilim", "wave_print"]},
    ),
    "match_color": ("def match_color(style, content):\n    return 1 - style\n", {"color": "match"}),
    "masked_adain": (
        "def masked_adain(content_features, styles, masks):\n    return 0 * content_features\n",
        {"style_names": ["kilim", "wave_print"], "regions": True},
    ),
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes the student's module; gives the stylizer that uses it."""
    monkeypatch.setenv("ADAIN_LAB_PROGRESS", str(tmp_path))

    def write(text):
        (tmp_path / "my_adain.py").write_text(text)
        return own_stylizer(adain_lab.load("tiny", device="cpu", precision="float32"), quiet=True)

    yield write
    sys.modules.pop("my_adain", None)


@pytest.fixture(scope="module")
def package():
    return adain_lab.load("tiny", device="cpu", precision="float32")


def pictures(height=45, width=62):
    generator = torch.Generator().manual_seed(3)
    shapes = [(height, width), (40, 32), (32, 56)]
    coarse = [torch.rand(1, 3, 6, 7, generator=generator) for _ in shapes]
    return [
        torch.nn.functional.interpolate(c, size=s, mode="bicubic").clamp(0, 1)
        for c, s in zip(coarse, shapes, strict=True)
    ]


LEFT = torch.zeros(2, 45, 62)
LEFT[0, :, :30], LEFT[1, :20, 30:] = 1, 1


@pytest.mark.parametrize(
    "controls",
    [
        {},
        {"alpha": 0.4},
        {"alpha": 1.6, "weights": [3, 1]},
        {"color": "luminance", "weights": [0, 1]},
        {"masks": LEFT},
        {"masks": LEFT, "alpha": [0.3, 1.2], "feather": 6.0},
        {"masks": LEFT, "alpha": [0.0, 0.0]},
        {"masks": LEFT, "global_statistics": True},
    ],
    ids=str,
)
def test_right_functions_paint_what_the_package_paints(own, package, controls):
    content, *styles = pictures()
    painter = own(RIGHT)
    assert isinstance(painter, OwnStylizer) and set(painter.own) == set(PACKAGE)
    options = {"styles": styles, **controls}

    def painted(stylizer):
        code, known = stylizer.encode_content(content), [stylizer.encode_style(s) for s in options["styles"]]
        return stylizer.paint(code, known, Controls(**controls).checked(len(known)))

    assert (painted(painter) - painted(package)).abs().max() < 2e-3
    assert painter(content, styles[0]).shape == content.shape


def test_a_matched_palette_is_the_students_within_what_matrices_differ(own, package):
    """Many matrices reach the same covariance: the package's is another one than the lesson's."""
    content, style, _ = pictures()
    assert (own(RIGHT)(content, style, color="match") - package(content, style, color="match")).abs().mean() < 0.05


@pytest.mark.parametrize("name", PACKAGE)
def test_a_function_that_is_visibly_different_changes_the_studios_picture(own, name):
    change, settings = OTHER[name]

    def picture(text):
        panel = StudioPanel("cat", ["kilim"], stylizer=own(text), size=48)
        for trait, value in settings.items():
            setattr(panel, trait, value)
        if settings.get("regions"):
            panel.set_masks(adain_lab.samples("masks")["cat"].path)
        assert not panel.error, panel.error
        return panel.images

    assert (picture(RIGHT) - picture(RIGHT + "\n\n" + change)).abs().mean() > 0.05


def test_without_interpolate_a_mixture_is_a_sum_of_the_students_adain(own):
    content, *styles = pictures()
    only = RIGHT[: RIGHT.index("def interpolate")]
    painter = own(only + "\ndef adain(x, y):\n    return x + y.mean((2, 3), keepdim=True)\n")
    assert set(painter.own) == {"blend", "adain"}
    seen = []
    painter.own["adain"] = lambda x, y: seen.append(tuple(y.shape)) or x
    painter(content, styles, weights=[1, 3])
    assert seen == [(1, painter.encoder.width * 8, 5, 4), (1, painter.encoder.width * 8, 4, 7)]


def test_a_style_of_which_only_the_statistics_are_known(own, package):
    content, style, _ = pictures()
    painter = own(RIGHT)
    known = adain_lab.Statistics.of(package.encode(style), painter.model)
    assert (painter(content, known) - package(content, style)).abs().max() < 2e-3


def test_nobodys_functions_and_more_levels(own, package, monkeypatch, capsys):
    monkeypatch.delenv("ADAIN_LAB_PROGRESS")
    assert own_stylizer(package) is package
    assert capsys.readouterr().out.splitlines() == [f"{name}: the package's" for name in PACKAGE]
    with pytest.raises(InputError, match=r"restyles \d layers"):
        OwnStylizer(adain_lab.load("levels", device="cpu", precision="float32"), {"adain": adain_lab.adain})


def test_a_recipe_says_that_it_was_no_model_of_the_package(own):
    panel = StudioPanel("cat", ["kilim"], stylizer=own(RIGHT), size=48)
    recipe = read_recipe(panel.png())
    assert recipe["model"] == "tiny with my_adain.py" and recipe["model_sha256"] is None
    with pytest.raises(InputError, match="a model of one's own"):
        load_same(recipe)
    alpha = panel.alpha
    panel.open_recipe(panel.png())
    assert not panel.error and panel.alpha == alpha


def test_a_function_that_breaks_is_a_sentence_in_the_panel(own):
    broken = own(RIGHT + "\n\ndef blend(first, second, alpha):\n    return first if alpha == 1 else first[:, :2]\n")
    panel = StudioPanel("cat", ["kilim"], stylizer=broken, size=48)
    before = panel.images
    panel.alpha = 0.5
    assert panel.error.startswith("your blend in my_adain.py should return a tensor of shape (1, ")
    assert torch.equal(panel.images, before) and panel.alpha == 1.0
    broken.own["blend"] = lambda *args: 1 / 0
    panel.alpha = 0.3
    assert panel.error == "your blend in my_adain.py stopped with ZeroDivisionError: division by zero"
    with pytest.raises(InputError, match="does not take the trained weights"):
        own(
            "from torch import nn\nclass mirror_decoder(nn.Conv2d):\n    def __init__(self, w):\n        super().__init__(1, 1, 1)\n"
        )


def test_the_studio_of_lesson_08_paints_with_them(own, package):
    own(RIGHT)
    lesson = nbformat.read(Path(__file__).parent.parent / "notebooks" / "08_studio.ipynb", as_version=4)
    (cell,) = [cell for cell in lesson.cells if "own_stylizer(" in cell.source]
    space = {"own_stylizer": own_stylizer, "StudioPanel": StudioPanel, "stylizer": package, "size": 48}
    exec(cell.source, space)
    assert isinstance(space["panel"].stylizer, OwnStylizer) and not space["panel"].error
