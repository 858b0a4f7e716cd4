"""The colour panel without a browser: everything it does can be driven by its traits and messages."""

import io
import json

import pytest
import torch
from pictures import scene
from PIL import Image

from adain_lab.images import RECIPE_KEY
from adain_lab.widgets import ColorPanel
from adain_lab.widgets.stills.chroma import chroma_picture


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.fixture
def panel(stylizer, content, style):
    return ColorPanel(content, style, stylizer=stylizer, size=48)


def test_each_method_paints_what_the_stylizer_paints(panel, stylizer, content, style):
    pictures = []
    for method in (None, "match", "luminance"):
        panel.color = method
        expected = stylizer(content, style, color=method, size=48, style_size=48)
        assert not panel.error and float((panel.images - expected).abs().max()) < 1e-3
        pictures.append(panel.picture)
    assert len(set(pictures)) == 3


def test_side_by_side_has_all_three_and_costs_nothing_when_off(panel):
    assert panel.pictures == []
    panel.color = "match"
    single = panel.picture
    panel.side_by_side = True
    assert len(panel.pictures) == 3 and panel.pictures[1] == panel.picture == single
    panel.alpha = 0.4
    assert panel.pictures[1] == panel.picture != single
    panel.color = None
    assert panel.picture == panel.pictures[0] != panel.pictures[2]
    panel.side_by_side = False
    assert panel.pictures == []


def test_an_unknown_method_changes_nothing(panel):
    panel.color = "luminance"
    picture = panel.picture
    for wrong in ("sepia", ""):
        panel.color = wrong
        assert "choose from match, luminance" in panel.error and panel.color == "luminance" and panel.picture == picture
    panel.set_state({"color": 7})
    assert "color" in panel.error and panel.color == "luminance"
    panel.color = "match"
    assert panel.error == ""


def test_style_is_a_name_that_can_be_set(panel):
    panel.style = "kilim"
    assert panel.style_name == "kilim" == panel.style and not panel.error
    panel.style = "nobody"
    assert "choose from" in panel.error and panel.style == "kilim"
    panel.set_state({"style_name": "marbled", "color": "match"})
    assert panel.style == "marbled" and panel.color == "match"


def test_alpha_keeps_to_its_limit(stylizer, content, style):
    panel = ColorPanel(content, style, stylizer=stylizer, size=48, max_alpha=1.5, color="luminance", side_by_side=True)
    panel.alpha = 1.5
    assert not panel.error and len(panel.pictures) == 3
    panel.alpha = 1.6
    assert "up to 1.5" in panel.error and panel.alpha == 1.5
    with pytest.raises(ValueError, match="choose from match"):
        ColorPanel(content, style, stylizer=stylizer, size=48, color="sepia")


def test_pictures_of_one_s_own(panel, picture_file):
    assert panel.add("style", picture_file("wall.png")) == "wall" == panel.style
    panel.add("content", Image.fromarray(scene(40, 50, 4)), "room")
    panel.color = "match"
    assert panel.content == "room" and not panel.error and panel.images.shape == (1, 3, 48, 60)


def test_reset_and_save(panel, monkeypatch):
    start, messages = panel.picture, []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: messages.append((content, buffers)))
    panel.color, panel.alpha, panel.style = "match", 0.5, "kilim"
    panel._dispatch(panel, {"do": "save", "view": "v"}, [])
    content, (png,) = messages[-1]
    assert content["name"] == "your_content_in_kilim_match_0.50.png"
    recipe = json.loads(opened(png).text[RECIPE_KEY])
    assert recipe["preserve_color"] == "match" and recipe["alpha"] == 0.5
    panel.reset()
    assert panel.picture == start and panel.color is None and panel.alpha == 1.0


def test_it_says_and_shows_what_it_holds(panel):
    panel.color = "luminance"
    assert "in the content's colours" in panel.alt and panel.static().height == panel.compare().height
    assert repr(panel) == "ColorPanel(content='your content', style='your style', color='luminance', alpha=1.0)"


# ---- where colours lie -----------------------------------------------------------------------------------------------


def weight_of(images, side=33):
    """Where the ink of a chroma picture lies, as columns and rows from -1 to 1."""
    ink = 1 - chroma_picture(images, side).min(1).values[0]
    axis = torch.linspace(-1, 1, side)
    return float((ink.sum(0) * axis).sum() / ink.sum()), float((ink.sum(1) * -axis).sum() / ink.sum())


def flat(*colour):
    return torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 8, 8)


def test_the_chroma_picture_shows_where_colours_lie():
    assert weight_of(flat(0.3, 0.3, 0.3)) == pytest.approx((0, 0), abs=1e-3)
    orange, blue, green = weight_of(flat(0.8, 0.5, 0.2)), weight_of(flat(0.2, 0.5, 0.8)), weight_of(flat(0.2, 0.8, 0.2))
    assert orange[0] > 0.2 > -0.2 > blue[0] and green[1] < -0.2


def test_luminance_keeps_the_content_s_chroma_and_match_comes_near(stylizer):
    panel = ColorPanel("coffee", "marbled", stylizer=stylizer, size=64)
    distance = {}
    for method in (None, "match", "luminance"):
        panel.color = method
        content, _, picture = (
            torch.tensor(list(opened(data).convert("L").tobytes())).float() for data in panel.chromas
        )
        distance[method] = float((content - picture).abs().mean())
    assert distance["luminance"] < distance["match"] < distance[None]


def test_chromas_follow_the_pictures(panel):
    first = panel.chromas
    assert all(opened(data).size == (72, 72) for data in first) and len(first) == 3
    panel.alpha = 0.2
    assert panel.chromas[:2] == first[:2] and panel.chromas[2] != first[2]
    panel.color = "match"
    assert panel.chromas[0] == first[0] and panel.chromas[1] != first[1]
