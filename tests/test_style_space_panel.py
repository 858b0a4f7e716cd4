"""The style space panel without a browser: everything it does can be driven by its traits and messages."""

import io
import json
import threading

import pytest
import torch
from pictures import scene
from PIL import Image
from travel import thumbnails_sent

from adain_lab import samples
from adain_lab.images import to_tensor
from adain_lab.widgets import StyleSpacePanel
from adain_lab.widgets.session.gallery import MAX_OWN
from adain_lab.widgets.session.style_map import map_extent, spread, style_map

STYLES = ["kilim", "marbled", "neon_rain", "ink_mountains", "de_stijl"]


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.fixture
def panel(stylizer, content):
    return StyleSpacePanel(content, "kilim", styles=STYLES, stylizer=stylizer, size=48)


@pytest.fixture
def renders(monkeypatch, panel):
    """The coordinates of each decoder pass."""
    calls, original = [], panel.stylizer.render

    def counting(*args, **kwargs):
        calls.append(list(panel.coordinates))
        return original(*args, **kwargs)

    monkeypatch.setattr(panel.stylizer, "render", counting)
    return calls


# ---- one point, two hands --------------------------------------------------------------------------------------------


def test_at_a_style_it_paints_what_the_stylizer_paints(panel, stylizer, content):
    small = stylizer.encode_content(content, size=48)
    for name in STYLES:
        panel.style_name = name
        assert panel.style_name == name and not panel.error
        expected = stylizer.render(small, panel._session.statistics(name))
        assert float((panel.images - expected).abs().max()) < 0.02


def test_walking_to_a_style_on_the_map_is_being_there(panel):
    x, y = next((point["x"], point["y"]) for point in panel.points if point["name"] == "marbled")
    panel.position = [x, y]
    assert panel.style_name == "marbled"
    assert torch.allclose(torch.tensor(panel.coordinates), panel.space.point("marbled"), atol=1e-3)


def test_the_map_moves_the_sliders(panel):
    before = list(panel.coordinates)
    panel.position = [0.3, -0.4]
    assert panel.coordinates[:2] == [0.3, -0.4] == panel.position
    assert panel.coordinates == panel.space.walk([0.3, -0.4]) != before
    assert panel.style_name == "" and "from" in panel.place


def test_a_slider_moves_the_map_and_nothing_else(panel):
    point = list(panel.coordinates)
    panel.coordinates = [1.25, *point[1:]]
    assert panel.position == [1.25, point[1]] and panel.coordinates == [1.25, *point[1:]]
    third = [*panel.coordinates[:2], 2.5, *panel.coordinates[3:]]
    panel.coordinates = third
    assert panel.position == third[:2] and panel.coordinates == third


@pytest.mark.parametrize("message", ["map", "slider", "map after slider", "style after map"])
def test_what_the_page_sends_together(panel, renders, message):
    point = [0.5, *panel.coordinates[1:]]
    state, expected = {
        "map": ({"position": [0.1, 0.2], "style_name": ""}, panel.space.walk([0.1, 0.2])),
        "slider": ({"coordinates": point, "position": point[:2], "style_name": ""}, point),
        "map after slider": (
            {"coordinates": point, "position": [-0.1, 0.2], "style_name": ""},
            panel.space.walk([-0.1, 0.2]),
        ),
        "style after map": ({"position": [0.1, 0.2], "style_name": "marbled"}, panel.space.point("marbled").tolist()),
    }[message]
    panel.set_state(state)
    assert panel.coordinates == expected and panel.position == expected[:2]
    assert len(renders) == 1


def test_each_move_costs_one_decoder_pass(panel, renders, monkeypatch):
    monkeypatch.setattr(panel.stylizer, "encode", None)  # nothing is encoded
    panel.position = [0.1, 0.1]
    panel.coordinates = [0.0] * 4
    panel.alpha = 0.5
    panel.style_name = "neon_rain"
    assert len(renders) == 4
    panel.style_name = "neon_rain"
    assert len(renders) == 4, "being there already costs nothing"


def test_all_sliders_at_0_is_the_mean_style(panel, stylizer, content):
    panel.coordinates = [0.0] * 4
    every = [panel._session.statistics(name) for name in STYLES]
    mean = sum(s.mean["relu4_1"] for s in every) / len(every)
    assert panel.position == [0.0, 0.0]
    assert torch.allclose(panel.space.reconstruct(panel.coordinates).mean["relu4_1"], mean, atol=1e-4)


def test_the_name_of_the_style_stays_true(panel, renders):
    panel.style_name = ""
    assert panel.style_name == "kilim" and renders == [], "we are still there"
    panel.alpha = 0.5
    assert panel.style_name == "kilim" and len(renders) == 1


def test_a_style_that_no_picture_has(panel):
    panel.coordinates = [3.0, -3.0, 3.0, -3.0]
    assert not panel.error and panel.style_name == "" and bool(panel.images.isfinite().all())
    assert float(panel.images.std()) > 0.01


def test_alpha_and_content(panel, content):
    panel.alpha = 0.0
    without = panel.images
    panel.style_name = "marbled"
    assert torch.allclose(panel.images, without), "at alpha 0 the style does not matter"
    panel.alpha = 1
    panel.content = "coffee"
    assert opened(panel.before).size == opened(panel.picture).size and panel.content == "coffee"


def test_reset(panel, renders):
    panel.split = 0.2
    panel.position = [0.0, 1.0]
    panel.alpha = 0.3
    panel._handle_custom_msg({"do": "reset"}, [])
    assert (panel.style_name, panel.alpha, panel.split) == ("kilim", 1.0, 0.5)
    assert panel.position == panel.coordinates[:2] == panel.space.point("kilim")[:2].tolist()


def test_a_burst_ends_on_the_last_place(panel):
    for number in range(20):
        panel.set_state({"position": [number / 20, 0.0]})
    assert panel.position == [0.95, 0.0] and panel.coordinates == panel.space.walk([0.95, 0.0])


def test_cells_and_the_page_may_move_at_the_same_time(panel):
    """JupyterLab delivers the page's messages on a thread of its own."""
    threads = [
        threading.Thread(target=lambda k=k: [panel.set_state({"position": [k, n / 8]}) for n in range(6)])
        for k in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not panel.error and not panel.busy
    assert panel.coordinates[:2] == panel.position
    assert panel._shown["coordinates"] == panel.coordinates


# ---- what it refuses
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("position", [1.0], "two finite numbers"),
        ("position", [float("nan"), 0.0], "two finite numbers"),
        ("coordinates", [1.0, 2.0], "4 coordinates, got 2"),
        ("coordinates", [0.0, 0.0, float("inf"), 0.0], "finite"),
        ("alpha", 1.5, "up to 1"),
        ("alpha", -1.0, "alpha"),
        ("content", "nobody", "choose from"),
        ("split", float("nan"), "split"),
    ],
)
@pytest.mark.parametrize("way", ["python", "page"])
def test_nonsense_is_refused_with_a_sentence(panel, name, value, words, way):
    before, images = getattr(panel, name), panel.images
    if way == "python":
        setattr(panel, name, value)
    else:
        panel.set_state({name: value})
    assert words in panel.error
    assert getattr(panel, name) == before and panel.images is images
    panel.position = [0.0, 0.0]
    assert panel.error == "", "the next good move clears the message"


def test_a_style_that_is_not_there(panel):
    panel.style_name = "nobody"
    assert "kilim, marbled" in panel.error and panel.style_name == "kilim"


@pytest.mark.parametrize(
    "options, words",
    [
        ({"styles": ["kilim", "marbled"]}, "at least 3"),
        ({"styles": ["kilim", "kilim", "marbled"]}, "at least 3"),
        ({"styles": ["kilim", "marbled", "nobody"]}, "choose from"),
        ({"style": "neon_rain", "styles": STYLES[:2] + ["de_stijl"]}, "on the map"),
        ({"sliders": 1}, "2 or more"),
        ({"alpha": -1}, "alpha"),
    ],
)
def test_it_is_not_made_of_nonsense(stylizer, content, options, words):
    with pytest.raises(ValueError, match=words):
        StyleSpacePanel(content, **{"styles": STYLES, **options}, stylizer=stylizer, size=48)


# ---- pictures
# ----------------------------------------------------------------------------------------------------------


def test_by_default_the_map_shows_all_samples(stylizer):
    panel = StyleSpacePanel(stylizer=stylizer, size=32)
    assert [point["name"] for point in panel.points] == list(samples("style"))
    assert len(panel.bands) == 6 and sum(panel.bands) < 1 and panel.style_name
    assert all(opened(panel.thumbnail("styles", point["name"])).format == "JPEG" for point in panel.points)
    assert all(max(abs(point[k]) for k in "xyuv") < panel.extent for point in panel.points)


def test_a_style_of_one_s_own_gets_a_place(panel, renders):
    name = panel.add("style", scene(60, 70, 5), "mine")
    assert panel.style_name == name == "mine" == panel.points[-1]["name"] and panel.styles[-1]["own"]
    assert len(panel.points) == len(STYLES) + 1
    panel.style_name = "kilim"
    panel.style_name = "mine"
    assert panel.style_name == "mine"


def test_a_map_of_more_pictures_than_a_gallery_keeps_shows_them_all(panel):
    names = [panel.add("style", scene(20, 24, seed), f"mine {seed}") for seed in range(MAX_OWN + 2)]
    assert [point["name"] for point in panel.points] == STYLES + names
    assert all(opened(panel.thumbnail("styles", name)).format == "JPEG" for name in names)


def test_an_upload_from_the_page(panel):
    buffer = io.BytesIO()
    Image.fromarray(scene(40, 56)).save(buffer, "PNG")
    message = {"do": "upload", "id": "u", "kind": "content", "name": "my photo.png", "part": 0, "parts": 1}
    panel._handle_custom_msg(message, [memoryview(buffer.getvalue())])
    assert panel.content == "my photo" and panel.images.shape == (1, 3, 48, 67) and not panel.busy
    panel._handle_custom_msg({**message, "kind": "style"}, [memoryview(b"no picture")])
    assert "my photo.png" in panel.error and panel.content == "my photo"


@pytest.mark.parametrize("kind", ["style", "content"])
def test_a_picture_that_is_brought_sends_its_own_thumbnail_and_no_other(panel, monkeypatch, kind):
    for seed in range(3):
        name = f"mine {seed}"
        sent = thumbnails_sent(monkeypatch, panel, lambda: panel.add(kind, scene(60, 70, seed), name))  # noqa: B023
        assert sent == [panel.thumbnail(f"{kind}s", name)]


@pytest.mark.parametrize("order", [1, -1])
def test_what_was_moved_just_before_save_is_in_the_file(panel, order):
    sent = []
    panel.send = lambda content, buffers: sent.append((content, buffers))
    state = {"position": [0.5, -0.25], "style_name": "", "request": {"do": "save", "view": "v", "number": "a 1"}}
    panel.set_state(dict(list(state.items())[::order]))
    ((_, (png,)),) = sent
    recipe = json.loads(opened(png).text["adain_lab"])
    assert recipe["coordinates"] == panel.space.walk([0.5, -0.25]) and not panel.error
    panel.set_state({"request": {"do": "reset", "number": "a 2"}, "alpha": 0.25})
    assert (panel.style_name, panel.alpha) == ("kilim", 1.0), "what was moved before Reset is reset, too"


def test_the_saved_picture_carries_its_recipe(panel):
    panel.coordinates = [1.0, 0.5, 0.0, -1.0]
    sent = []
    panel.send = lambda content, buffers: sent.append((content, buffers))
    panel._handle_custom_msg({"do": "save", "view": "v1"}, [])
    (content, (png,)) = sent[0]
    assert content["name"] == "your_content_in_style_space_+1.0_+0.5_1.00.png" and content["view"] == "v1"
    recipe = json.loads(opened(png).text["adain_lab"])
    assert recipe["coordinates"] == [1.0, 0.5, 0.0, -1.0] and recipe["space"] == STYLES and recipe["model"] == "tiny"
    assert torch.allclose(to_tensor(opened(png)), panel.images.cpu(), atol=1 / 255)


def test_the_still_picture_and_the_words(panel):
    still = panel.static()
    assert still.width > still.height >= 360
    panel.position = [0.2, 0.2]
    assert "in a style" in panel.alt and panel.alt.endswith("alpha 1.00")
    assert repr(panel) == "StyleSpacePanel(content='your content', style_name='', alpha=1.0)"


def test_thumbnails_do_not_hide_one_another():
    points = [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (2.9, 2.9), (2.9, 2.8)]
    places = spread(points, gap=0.5, limit=3.0)
    for i, (x, y) in enumerate(places):
        assert abs(x) <= 3 and abs(y) <= 3
        assert all(max(abs(x - u), abs(y - v)) > 0.49 for u, v in places[i + 1 :])
    assert spread([(0.0, 0.0), (1.0, 1.0)], 0.5, 3.0) == [(0.0, 0.0), (1.0, 1.0)], "what has room stays"


def test_the_map_as_a_picture_shows_the_cursor_where_it_is(panel):
    plain, marked = (style_map(panel.space, {}, cursor, side=200) for cursor in (None, [0.0, 0.0]))
    changed = [
        (i % plain.width, i // plain.width)
        for i, (a, b) in enumerate(zip(_pixels(plain), _pixels(marked), strict=True))
        if a != b
    ]
    x, y = (sum(values) / len(changed) for values in zip(*changed, strict=True))
    assert abs(x - (46 + 100)) < 3 and abs(y - (8 + 100)) < 3
    assert map_extent(panel.space.coordinates[:, :2]) > float(panel.space.coordinates[:, :2].abs().max())


def _pixels(image):
    data = image.tobytes()
    return [data[i : i + 3] for i in range(0, len(data), 3)]
