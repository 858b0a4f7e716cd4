"""Mixtures of styles without a browser: the square's weights, the grid, and the panel driven by its traits and
messages.
"""

import io
import json

import pytest
import torch
from pictures import scene
from PIL import Image

import adain_lab
from adain_lab.controls.interpolation import corner_place, corner_weights, framed_grid, grid_pictures
from adain_lab.images import RECIPE_KEY, image_grid, to_tensor
from adain_lab.widgets import InterpolationPanel
from adain_lab.widgets.stills.corner_pad import pad_still

FOUR = ["kilim", "marbled", "neon_rain", "ink_mountains"]


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.fixture
def panel(stylizer, content):
    return InterpolationPanel(content, FOUR, stylizer=stylizer, size=48)


@pytest.fixture
def renders(monkeypatch, panel):
    """The weights of each picture that was painted."""
    calls, original = [], panel._session.render

    def counting(**settings):
        calls.append(list(settings["controls"].weights))
        return original(**settings)

    monkeypatch.setattr(panel._session, "render", counting)
    return calls


@pytest.fixture
def sent(monkeypatch, panel):
    """What the page receives as messages."""
    messages = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: messages.append((content, buffers)))
    return messages


# ---- the square ------------------------------------------------------------------------------------------------------


def test_corner_weights_are_a_convex_combination_with_its_inverse():
    for corner, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        assert corner_weights(x, y) == [float(corner == i) for i in range(4)]
    for place in [(0.5, 0.5), (0.2, 0.9), (0.75, 0.0)]:
        weights = corner_weights(*place)
        assert sum(weights) == pytest.approx(1) and min(weights) >= 0
        assert corner_place([7 * w for w in weights]) == pytest.approx(place)
    assert corner_place([1, 0, 0, 1]) == (0.5, 0.5), "no place has these weights; the nearest sums are the middle's"
    with pytest.raises(ValueError, match="from 0 to 1"):
        corner_weights(1.2, 0)
    with pytest.raises(ValueError, match="all be zero"):
        corner_place([0, 0, 0, 0])


def test_the_grid_has_the_four_styles_in_its_corners(stylizer, content):
    code = stylizer.encode_content(content, size=32)
    corners = [stylizer.encode_style(adain_lab.sample(name), size=32) for name in FOUR]
    pictures = grid_pictures(stylizer, code, corners, steps=3, alpha=0.7)
    for index, style in zip((0, 2, 6, 8), corners, strict=True):
        assert torch.allclose(pictures[index], stylizer.render(code, style, 0.7), atol=1e-4)
    assert torch.allclose(pictures[4], stylizer.render(code, adain_lab.mix(corners), 0.7), atol=1e-4)
    with pytest.raises(ValueError, match="4 corners, got 3 styles"):
        grid_pictures(stylizer, code, corners[:3])
    with pytest.raises(ValueError, match="steps"):
        grid_pictures(stylizer, code, corners, steps=1)


def test_the_frame_puts_each_style_beside_its_corner():
    colours = torch.tensor([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9], [0.8, 0.8, 0.1]]).view(4, 1, 3, 1, 1)
    pictures = [torch.zeros(1, 3, 20, 30)] * 9
    figure = framed_grid(
        pictures, [colours[i].expand(1, 3, *size) for i, size in enumerate([(50, 75), (20, 30), (9, 60), (90, 20)])]
    )
    assert figure.shape == image_grid([pictures[0]] * 15, 5).shape
    for index, (x, y) in enumerate([(19, 14), (-19, 14), (19, -14), (-19, -14)]):
        assert torch.allclose(figure[0, :, y, x], colours[index].flatten(), atol=0.02)
    assert (figure[0, :, 36, 19] == 1).all(), "between them the paper is white"
    with pytest.raises(ValueError, match="8 and 4"):
        framed_grid(pictures[:8], [colours[0]] * 4)


def test_the_still_pad_marks_the_place():
    thumbs = [Image.new("RGB", (30, 40), name) for name in ("teal", "gold", "navy", "pink")]
    one, other = pad_still(thumbs, [1, 1, 1, 1], 200), pad_still(thumbs, [1, 0, 0, 0], 200)
    assert one.size == (200, 200) and one.tobytes() != other.tobytes()
    assert one.getpixel((0, 0)) == (0, 128, 128) and one.getpixel((199, 199)) == (255, 192, 203)


# ---- the panel -------------------------------------------------------------------------------------------------------


def test_it_paints_what_the_stylizer_paints(panel, stylizer, content):
    panel.weights = [4, 3, 2, 1]
    panel.alpha = 0.75
    assert panel.weights == [0.4, 0.3, 0.2, 0.1]
    styles = [to_tensor(adain_lab.sample(name)) for name in FOUR]
    expected = stylizer(content, styles, 0.75, weights=[4, 3, 2, 1], size=48, style_size=48)
    assert float((panel.images - expected).abs().max()) < 1e-3
    assert opened(panel.picture).size == (66, 48) == opened(panel.before).size


def test_a_weight_of_one_is_that_style_alone(panel, stylizer, content):
    for index, name in enumerate(FOUR):
        panel.weights = [float(i == index) for i in range(4)]
        alone = stylizer.render(panel._session.code(panel.content), panel._session.statistics(name))
        assert torch.allclose(panel.images, alone, atol=1e-4)


@pytest.mark.parametrize(
    "weights, words",
    [
        ([0, 0, 0, 0], "must not all be zero"),
        ([1, -1, 1, 1], "not negative"),
        ([1, float("nan"), 0, 0], "finite"),
        ([1, 1], "got 2 for 4 styles"),
        ([], "at least one style"),
    ],
)
def test_weights_that_make_no_sense_change_nothing(panel, weights, words):
    panel.weights = [1, 0, 0, 1]
    picture = panel.picture
    panel.weights = weights
    assert words in panel.error and panel.weights == [0.5, 0, 0, 0.5] and panel.picture == picture
    panel.weights = [1, 1, 1, 1]
    assert panel.error == "" and panel.picture != picture


def test_pad_and_sliders_are_two_hands_on_the_weights(panel, renders):
    panel.position = (0.25, 0.5)
    assert panel.weights == pytest.approx([0.375, 0.125, 0.375, 0.125])
    assert panel.position == pytest.approx((0.25, 0.5))
    panel.weights = [0, 1, 0, 0]
    assert panel.position == (1.0, 0.0) and len(renders) == 2
    panel.position = (2, 0)
    assert "from 0 to 1" in panel.error and panel.position == (1.0, 0.0) and len(renders) == 2


def test_styles_beyond_the_fourth_keep_their_share_of_the_pad(stylizer, content):
    panel = InterpolationPanel(content, [*FOUR, "de_stijl"], stylizer=stylizer, size=48, weights=[1, 1, 1, 1, 4])
    panel.position = (0, 0)
    assert panel.weights == pytest.approx([0.5, 0, 0, 0, 0.5])
    panel.weights = [0, 0, 0, 0, 1]
    assert panel.position is None
    panel.position = (1, 1)
    assert panel.weights == [0, 0, 0, 1, 0]


def test_styles_come_and_go(panel, renders):
    panel.weights = [4, 2, 1, 1]
    panel.remove_style("marbled")
    assert panel.style_names == ["kilim", "neon_rain", "ink_mountains"]
    assert panel.weights == pytest.approx([4 / 6, 1 / 6, 1 / 6]), "the others keep their proportions"
    assert panel.add_style("de_stijl") == "de_stijl"
    assert panel.weights == pytest.approx([0.75 * 4 / 6, 0.75 / 6, 0.75 / 6, 0.25]), "a new one gets an equal share"
    assert len(renders) == 3
    panel.weights = [0, 0, 0, 1]
    panel.remove_style("de_stijl")
    assert panel.weights == pytest.approx([1 / 3] * 3), "nothing is left of the rest: equal shares"
    panel.remove_style("no such style")
    assert "not in the mixture" in panel.error


def test_two_to_eight_styles_and_each_once(panel):
    panel.style_names = FOUR[:2]
    assert not panel.error and panel.position is None and sum(panel.weights) == pytest.approx(1)
    for names, words in (
        (FOUR[:1], "got 1"),
        (["kilim", "kilim"], "once"),
        (["kilim", "nobody"], "choose from"),
        ([], "got 0"),
    ):
        panel.style_names = names
        assert words in panel.error and panel.style_names == FOUR[:2] and len(panel.weights) == 2
    eight = list(adain_lab.samples("style"))[:9]
    panel.style_names = eight
    assert "2 to 8" in panel.error
    panel.style_names = eight[:8]
    assert not panel.error and len(panel.weights) == 8
    panel.position = (0, 0)
    panel.style_names = FOUR[:2]
    with pytest.raises(ValueError, match="add some"):
        panel.grid()
    panel.position = (0, 0)
    assert "needs four styles" in panel.error


def test_styles_may_have_any_size(stylizer, content, style, other_style):
    panel = InterpolationPanel(content, [style, other_style, torch.rand(3, 200, 30)], stylizer=stylizer, size=48)
    panel.weights = [1, 2, 3]
    assert not panel.error and panel.images.shape == (1, 3, 48, 66)


def test_a_constructor_says_what_it_wants(stylizer):
    for options, words in (
        ({"styles": "kilim"}, "list of 2 to 8"),
        ({"styles": ["kilim"]}, "got 1"),
        ({"styles": ["kilim", "x"]}, "choose from"),
        ({"weights": [1, 2]}, "got 2 for 4"),
        ({"weights": [0] * 4}, "all be zero"),
        ({"alpha": 2}, "max_alpha"),
        ({"max_alpha": 0.5}, "1 or more"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            InterpolationPanel(**{"stylizer": stylizer, "size": 48, **options})


@pytest.mark.parametrize(
    "state, weights",
    [
        ({"weights": [0.1, 0.2, 0.3, 0.4]}, [0.1, 0.2, 0.3, 0.4]),
        ({"style_names": ["kilim", "marbled"]}, [0.5, 0.5]),
        ({"style_names": ["kilim", "marbled"], "weights": [0.2, 0.8]}, [0.2, 0.8]),
        ({"style_names": [*FOUR, "de_stijl"]}, [0.2] * 5),
    ],
)
def test_what_the_page_sends_is_painted_once(panel, renders, state, weights):
    panel.set_state(state)
    assert not panel.error and panel.weights == pytest.approx(weights) and len(renders) == 1


def test_what_is_refused_goes_back_to_the_page(panel, monkeypatch):
    returned = []
    monkeypatch.setattr(panel, "send_state", lambda key: returned.append(key) if isinstance(key, list) else None)
    panel.set_state({"style_names": ["kilim"]})
    assert returned == [["style_names"]] and panel.style_names == FOUR and "2 to 8" in panel.error
    panel.set_state({"weights": [0.0] * 4})
    assert returned[1:] == [["weights"]] and panel.weights == [0.25] * 4
    panel.set_state({"weights": [1.0, 0, 0, 0]})
    assert len(returned) == 2


def test_a_style_of_one_s_own(panel, picture_file):
    name = panel.add("style", picture_file("mine.png"))
    assert name == "mine" and panel.style_names == [*FOUR, "mine"] and panel.weights == pytest.approx([0.2] * 5)
    panel.style_names = list(adain_lab.samples("style"))[:8]
    panel.add("style", Image.fromarray(scene(40, 40, 3)), "ninth")
    assert len(panel.style_names) == 8 and panel.style_names[-1] == "ninth", "it takes the last one's place"
    panel.add("content", Image.fromarray(scene(40, 50, 4)), "room")
    assert panel.content == "room" and not panel.error
    with pytest.raises(ValueError, match="unknown kind"):
        panel.add("mask", Image.new("L", (40, 40)))


def test_an_upload_and_one_that_is_no_picture(panel):
    buffer = io.BytesIO()
    Image.fromarray(scene(40, 40, 8)).save(buffer, "PNG")
    message = {"do": "upload", "id": "1", "kind": "style", "name": "wall.png", "part": 0, "parts": 1}
    panel._dispatch(panel, message, [buffer.getvalue()])
    assert panel.style_names[-1] == "wall" and not panel.busy
    before = panel.picture
    panel._dispatch(panel, {**message, "name": "words.png"}, [b"These are words."])
    assert "words.png is not a picture" in panel.error and panel.picture == before and panel.style_names[-1] == "wall"


def test_reset_brings_everything_back(panel, renders):
    start = panel.picture
    panel.weights, panel.alpha, panel.split = [1, 0, 0, 0], 0.3, 0.9
    panel.style_names = FOUR[:2]
    panel._dispatch(panel, {"do": "reset"}, [])
    assert panel.picture == start and panel.style_names == FOUR and panel.weights == [0.25] * 4 and panel.split == 0.5
    assert len(renders) == 4


def test_a_picture_is_saved_with_its_recipe(panel, sent, tmp_path):
    panel.weights = [1, 1, 2, 0]
    panel._dispatch(panel, {"do": "save", "view": "v"}, [])
    (content, (png,)) = sent[-1]
    assert content["view"] == "v" and content["name"].endswith("in_kilim_25_marbled_25_neon_rain_50_1.00.png")
    recipe = json.loads(opened(png).text[RECIPE_KEY])
    assert recipe["weights"] == [0.25, 0.25, 0.5, 0.0] and [s["name"] for s in recipe["styles"]] == [
        f"{n}.jpg" for n in FOUR
    ]
    assert png == panel.png()


def test_the_grid_is_the_paper_s_figure(panel, sent):
    panel.position = (0, 1)
    grid = panel.grid(steps=3, size=32)
    assert grid.size == (5 * (44 + 4) + 4, 3 * (32 + 4) + 4)
    panel._dispatch(panel, {"do": "grid", "view": "v"}, [])
    content, (png,) = sent[-1]
    assert content["do"] == "grid" and content["view"] == "v" and opened(png).width > opened(png).height
    panel.style_names = FOUR[:3]
    panel._dispatch(panel, {"do": "grid", "view": "v"}, [])
    assert len(sent) == 1 and "4 corners" in panel.error and not panel.busy
    with pytest.raises(ValueError, match="steps"):
        InterpolationPanel("cat", FOUR, stylizer="tiny", size=32).grid(steps=0)


def test_it_says_and_shows_what_it_holds(panel):
    panel.weights = [3, 1, 0, 0]
    assert "75%" in panel.alt and "neon" not in panel.alt.lower()
    four = panel.static()
    panel.style_names = FOUR[:2]
    assert four.height == panel.static().height and four.width < 4 * 70 + 100
    assert repr(panel).startswith(
        "InterpolationPanel(content='your content', style_names=['kilim', 'marbled'], weights=[0.75, 0.25]"
    )


def test_a_failing_render_leaves_all_as_it_was(panel, monkeypatch):
    picture = panel.picture
    monkeypatch.setattr(panel._session, "render", lambda **_: (_ for _ in ()).throw(RuntimeError("no memory")))
    panel.weights = [1, 0, 0, 0]
    assert (
        panel.error.endswith("RuntimeError: no memory")
        and panel.weights == [0.25] * 4
        and panel.picture == picture
        and not panel.busy
    )
