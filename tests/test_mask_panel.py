"""Regions without a browser: the label map on its way, and the panel driven by its traits and messages."""

import io
import json
import zlib

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image

import adain_lab
from adain_lab.controls.label_maps import label_png
from adain_lab.controls.masks import feather, region_masks
from adain_lab.data import samples
from adain_lab.images import RECIPE_KEY
from adain_lab.recipes.painter import finder, reproduce
from adain_lab.widgets import MaskPanel
from adain_lab.widgets.session.mask_codec import fitted_labels, pack_labels, regions_of, unpack_labels
from adain_lab.widgets.stills.regions import REGION_COLORS, mask_still, region_place

H, W = 48, 66
TWO = ["kilim", "marbled"]


def opened(data):
    return Image.open(io.BytesIO(data))


def picture_bytes(array, mode=None):
    buffer = io.BytesIO()
    Image.fromarray(array, mode).save(buffer, "PNG")
    return buffer.getvalue()


def halves():
    """Left the first region, right the second."""
    labels = np.ones((H, W), np.uint8)
    labels[:, W // 2 :] = 2
    return labels


@pytest.fixture
def panel(stylizer, content):
    return MaskPanel(content, TWO, regions_of(halves(), 2), stylizer=stylizer, size=H)


@pytest.fixture
def renders(monkeypatch, panel):
    """How each picture was painted."""
    calls, original = [], panel._session.render

    def counting(**settings):
        calls.append(settings)
        return original(**settings)

    monkeypatch.setattr(panel._session, "render", counting)
    return calls


@pytest.fixture
def sent(monkeypatch, panel):
    """What the page receives as messages."""
    messages = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: messages.append((content, buffers)))
    return messages


# ---- the label map ---------------------------------------------------------------------------------------------------


def test_a_label_map_comes_back_and_is_small():
    labels = halves()
    labels[10:20, 5:50] = 0
    packed = pack_labels(labels)
    assert np.array_equal(unpack_labels(packed), labels) and len(packed) < 200


@pytest.mark.parametrize(
    "packed, words",
    [
        (b"", "claim to have 0 x 0"),
        (b"\x05\x00\x03\x00not deflated", "damaged"),
        (b"\xff\xff\xff\xff" + zlib.compress(b"1"), "sides go from 1 to"),
        (b"\x05\x00\x03\x00" + zlib.compress(b"\1" * 14), "do not have the 5 x 3"),
        (b"\x05\x00\x03\x00" + zlib.compress(b"\1" * 16), "do not have the 5 x 3"),
        (b"\x05\x00\x03\x00" + zlib.compress(b"\1" * 15)[:-6], "do not have the 5 x 3"),
        (b"\x05\x00\x03\x00" + zlib.compress(b"\5" * 15), "label 5"),
    ],
)
def test_garbage_is_refused_with_a_sentence(packed, words):
    with pytest.raises(ValueError, match=words):
        unpack_labels(packed)


def test_a_bomb_is_not_unpacked():
    bomb = zlib.compress(bytes(200_000_000), 9)
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(ValueError, match="do not have"):
        unpack_labels(b"\x05\x00\x03\x00" + bomb)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_masks_in_every_form_become_labels():
    labels, grey = halves(), np.where(halves() == 1, 255, 0).astype(np.uint8)
    expected = labels.tolist()
    forms = {
        "tensor": regions_of(labels, 2),
        "array of bool": regions_of(labels, 2).numpy().astype(bool),
        "list of pictures": [Image.fromarray(grey), Image.fromarray(255 - grey)],
        "one picture": picture_bytes(grey),
        "transparency": picture_bytes(np.stack([grey * 0, grey], -1), "LA"),
    }
    for name, masks in forms.items():
        found, count, note = fitted_labels(masks, (H, W))
        assert found.tolist() == expected and count == 2 and note == "", name
    three = np.repeat(np.array([[255, 128, 0]], np.uint8), 22, axis=1).repeat(H, axis=0)
    found, count, _ = fitted_labels(Image.fromarray(three), (H, W))
    assert count == 3 and found[0, [0, 30, 65]].tolist() == [1, 2, 3]
    one, count, _ = fitted_labels([grey], (H, W))
    assert count == 1 and one.tolist() == np.where(labels == 1, 1, 0).tolist()


def test_soft_edges_become_hard_and_are_no_regions_of_their_own():
    ramp = np.linspace(0, 255, W).astype(np.uint8)[None].repeat(H, axis=0)
    for wide in (ramp, np.clip(3 * ramp.astype(int) - 255, 0, 255).astype(np.uint8)):
        labels, count, _ = fitted_labels(Image.fromarray(wide), (H, W))
        assert count == 2 and labels[0].tolist() == [2] * (W // 2) + [1] * (W // 2)


def test_masks_of_another_shape_are_stretched_and_it_is_said():
    labels, _, note = fitted_labels(np.eye(20)[None] * 0 + 1, (H, W))
    assert labels.min() == 1 and "20 x 20" in note and "66 x 48" in note


@pytest.mark.parametrize(
    "masks, words",
    [
        ([], "got 0"),
        (torch.ones(5, 4, 4), "1 to 4 regions, got 5"),
        (b"words", "not a picture"),
        ("no such", "no such"),
        (3, "int"),
    ],
)
def test_no_masks(masks, words):
    with pytest.raises((ValueError, TypeError, FileNotFoundError), match=words):
        fitted_labels(masks, (8, 8))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("gaps", [True, False])
def test_a_saved_label_map_is_read_back_exactly(count, gaps):
    labels = np.random.default_rng(count).integers(0 if gaps else 1, count + 1, (H, W)).astype(np.uint8)
    file = label_png(labels, count)
    found, regions, _ = fitted_labels(file, (H, W))
    assert regions == count and np.array_equal(found, labels)
    assert torch.equal(region_masks(file, count, (H, W)), regions_of(labels, count)), "the stylizer reads it, too"


def test_an_empty_label_map_is_read_back():
    labels, count, _ = fitted_labels(label_png(np.zeros((H, W), np.uint8), 3), (H, W))
    assert count == 3 and not labels.any()


def test_the_still_has_every_regions_colour_and_number():
    labels = halves()
    labels[:, :20] = 0
    picture = Image.fromarray(scene(H, W))
    still = mask_still(picture, labels, 4 * H)
    assert still.size == (4 * W, 4 * H)
    assert still.getpixel((2, 2)) == picture.resize(still.size).getpixel((2, 2)), "nothing is painted there"
    colors = {still.getpixel((x, y)) for x in range(still.width) for y in range(still.height)}
    assert {(0, 114, 178), (230, 159, 0)} <= colors and (0, 158, 115) not in colors
    assert region_place(np.zeros((4, 4), bool)) is None and len(set(REGION_COLORS)) == 4


# ---- the panel -------------------------------------------------------------------------------------------------------


def test_it_paints_what_the_stylizer_paints(panel, stylizer, content):
    panel.alpha = [0.75, 1]
    panel.feather = 6
    soft = feather(regions_of(halves(), 2), 6)
    styles = [adain_lab.sample(name) for name in TWO]
    expected = stylizer(content, styles, [0.75, 1], masks=soft, size=H, style_size=H)
    assert float((panel.images - expected).abs().max()) < 1e-3
    panel.global_statistics = True
    other = stylizer(content, styles, [0.75, 1], masks=soft, size=H, style_size=H, global_statistics=True)
    assert float((panel.images - other).abs().max()) < 1e-3 and float((other - expected).abs().max()) > 0.01
    assert opened(panel.picture).size == (W, H) == opened(panel.before).size


def test_another_style_changes_its_region_alone(stylizer, content):
    panel = MaskPanel(content, TWO, regions_of(halves(), 2), stylizer=stylizer, size=128)
    before = panel.images
    panel.style_names = ["kilim", "neon_rain"]
    change = (panel.images - before).abs().amax((0, 1, 2))
    assert change[:40].max() < 1e-5 < 0.02 < change[130:].min(), "far from the border nothing changes on the left"


def test_nothing_painted_is_the_content_and_all_painted_one_style(panel, stylizer):
    code = panel._session.code(panel.content)
    panel.clear()
    assert not panel.masks.any() and torch.allclose(
        panel.images, stylizer.render(code, panel._session.statistics("kilim"), 0.0), atol=1e-5
    )
    panel.masks = torch.ones(1, H, W)
    assert torch.allclose(panel.images, stylizer.render(code, panel._session.statistics("kilim")), atol=1e-3)
    assert panel.masks.mean((1, 2)).tolist() == [1, 0] and not panel.error


def test_an_empty_region_is_left_out(panel, renders):
    panel.masks = regions_of(np.full((H, W), 2, np.uint8), 2)
    assert renders[-1]["styles"] == ["marbled"] and renders[-1]["controls"].masks.shape == (1, H, W)


def test_masks_bring_their_number_of_regions(panel, renders):
    panel.masks = "temple"
    assert not panel.error and len(renders) == 1
    assert panel.style_names[:2] == TWO and len(set(panel.style_names)) == 3 and panel.alpha == [1, 1, 1]
    assert (
        panel.masks.shape == (3, H, W)
        and torch.equal(panel.masks.sum(0), torch.ones(H, W))
        and "stretched" not in panel.error
    )
    panel.masks = regions_of(halves(), 2)
    assert len(panel.style_names) == 3 and panel.masks[2].sum() == 0 and panel.note == "", "the third keeps its style"
    panel.masks = np.ones((1, 20, 20), bool)
    assert "stretched" in panel.note
    panel.content = "coffee"
    assert panel.note == ""


def test_a_region_that_is_taken_away_loses_its_paint(panel):
    panel.style_names = ["kilim"]
    assert panel.alpha == [1] and panel.masks.shape == (1, H, W) and panel.masks.mean() == 0.5
    panel.style_names = TWO
    assert panel.masks[1].sum() == 0 and panel.alpha == [1, 1]


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("painting", b"garbage", "claim to have"),
        ("painting", pack_labels(np.ones((H, W + 1), np.uint8)), "67 x 48"),
        ("alpha", [1, 0.5, 0.2], "got 3 for 2"),
        ("alpha", [1, -1], "alpha must be"),
        ("alpha", 2, "up to 1"),
        ("feather", -1, "from 0 to 12"),
        ("feather", float("nan"), "from 0 to 12"),
        ("style_names", [], "got 0"),
        ("style_names", ["kilim"] * 5, "got 5"),
        ("style_names", ["nobody"], "choose from"),
        ("content", "nobody", "choose from"),
        ("masks", torch.ones(5, 4, 4), "got 5 masks"),
        ("from_sample", "nobody", "choose from cat"),
    ],
)
def test_what_makes_no_sense_changes_nothing(panel, renders, name, value, words):
    kept, picture = {key: getattr(panel, key) for key in panel._settings}, panel.picture
    setattr(panel, name, value)
    assert words in panel.error and not renders and panel.picture == picture and not panel.busy
    assert {key: getattr(panel, key) for key in panel._settings} == kept
    panel.alpha = 0.5
    assert panel.alpha == [0.5, 0.5] and panel.error == "" and len(renders) == 1


def test_every_content_has_its_own_painting(panel, renders):
    own = panel.masks
    panel.content = "coffee"
    assert not panel.masks.any() and panel.masks.shape[1:] == panel.images.shape[2:]
    panel.masks = torch.ones(1, 8, 12)
    panel.content = "temple"
    assert panel.masks.shape[0] == 3 and panel.masks.sum(0).min() == 1, "the sample mask of that picture"
    panel.content = "your content"
    assert torch.equal(panel.masks[:2], own) and not panel.error
    panel.set_state({"content": "coffee", "painting": memoryview(b"")})
    assert panel.masks[0].mean() == 1 and len(renders) == 5
    panel.reset()
    panel.content = "coffee"
    assert not panel.masks.any()


@pytest.mark.parametrize(
    "state",
    [
        {"painting": memoryview(pack_labels(np.ones((H, W), np.uint8)))},
        {"style_names": [*TWO, "neon_rain"], "alpha": [1, 1, 1]},
        {"alpha": [0.2, 0.8], "feather": 5},
        {"global_statistics": True},
    ],
)
def test_what_the_page_sends_is_painted_once(panel, renders, state):
    panel.set_state(state)
    assert not panel.error and len(renders) == 1


def test_what_is_refused_goes_back_to_the_page(panel, monkeypatch):
    returned = []
    monkeypatch.setattr(panel, "send_state", lambda key: returned.append(key) if isinstance(key, list) else None)
    panel.set_state({"painting": memoryview(b"garbage, garbage")})
    assert returned == [["painting"]] and panel.error and torch.equal(panel.masks, regions_of(halves(), 2))
    panel.set_state({"painting": memoryview(pack_labels(np.ones((H, W), np.uint8)))})
    assert len(returned) == 1 and not panel.error


def test_a_sample_mask_from_the_page(panel, renders):
    panel.set_state({"from_sample": "cat"})
    assert panel.from_sample == "" and len(renders) == 1 and 0.2 < panel.masks[1].mean() < 0.3 and not panel.error
    panel.set_state({"from_sample": "cat"})
    assert len(renders) == 1, "it is there already"


def test_it_starts_with_the_sample_mask_of_its_content(stylizer):
    panel = MaskPanel("temple", TWO, stylizer=stylizer, size=H, alpha=[1, 0.5, 0])
    assert panel.masks.shape[0] == 3 == len(panel.style_names) and panel.alpha == [1, 0.5, 0]
    assert not MaskPanel("coffee", TWO, stylizer=stylizer, size=H).masks.any()


def test_a_constructor_says_what_it_wants(stylizer):
    for options, words in (
        ({"styles": "kilim"}, "list of 1 to 4"),
        ({"styles": []}, "got 0"),
        ({"styles": ["kilim"] * 5}, "got 5"),
        ({"styles": ["x"]}, "choose from"),
        ({"alpha": [1, 1, 1]}, "got 3 for 2"),
        ({"alpha": 2}, "up to 1"),
        ({"feather": 13}, "from 0 to 12"),
        ({"masks": torch.ones(5, 4, 4)}, "got 5"),
        ({"masks": "nowhere.png"}, "nowhere.png"),
        ({"global_statistics": 1}, "True or False"),
    ):
        with pytest.raises((ValueError, TypeError, FileNotFoundError), match=words):
            MaskPanel(**{"content": "coffee", "styles": TWO, "stylizer": stylizer, "size": H, **options})


def test_pictures_and_masks_of_one_s_own(panel, picture_file):
    assert panel.add("style", picture_file("mine.png"), region=2) == "mine" and panel.style_names == ["kilim", "mine"]
    with pytest.raises(ValueError, match="region must be 1 to 2"):
        panel.add("style", picture_file("mine.png"), region=3)
    with pytest.raises(ValueError, match="unknown kind"):
        panel.add("mask", picture_file("mine.png"))
    message = {"do": "upload", "id": "1", "kind": "style1", "name": "wall.png", "part": 0, "parts": 1}
    panel._dispatch(panel, message, [picture_bytes(scene(40, 40, 8))])
    assert panel.style_names == ["wall", "mine"] and not panel.busy and not panel.error
    mask = np.zeros((H, W), np.uint8)
    mask[:24] = 255
    panel._dispatch(panel, {**message, "kind": "mask"}, [picture_bytes(mask)])
    assert panel.masks[0, :24].min() == 1 and panel.masks[1, 24:].min() == 1 and not panel.error
    for kind in ("mask", "style2"):
        before = panel.picture
        panel._dispatch(panel, {**message, "kind": kind, "name": "words.png"}, [b"These are words."])
        assert "words.png is not a picture" in panel.error and panel.picture == before and not panel.busy
        panel.error = ""


def test_masks_are_saved_and_loaded(panel, sent, tmp_path):
    labels = halves()
    labels[:5] = 0
    panel.masks = regions_of(labels, 2)
    path = panel.save_masks(tmp_path / "regions.png")
    kept = panel.masks
    panel.clear()
    panel.masks = path
    assert torch.equal(panel.masks, kept) and not panel.error
    for bad, words in ((tmp_path / "regions.jpg", ".png"), (tmp_path / "nowhere" / "a.png", "nowhere")):
        with pytest.raises((ValueError, FileNotFoundError), match=words):
            panel.save_masks(bad)
    panel._dispatch(panel, {"do": "save_masks", "view": "v"}, [])
    content, (png,) = sent[-1]
    assert content["do"] == "save" and content["view"] == "v" and png == path.read_bytes()


def test_a_picture_is_saved_with_its_recipe_and_made_again(stylizer, sent, tmp_path):
    panel = MaskPanel(
        "coffee", [*TWO, "neon_rain"], regions_of(halves(), 2), stylizer="tiny", size=H, alpha=[1, 0.5, 1], feather=4
    )
    png = panel.png()
    recipe = json.loads(opened(png).text[RECIPE_KEY])
    assert (
        recipe["alpha"] == [1, 0.5]
        and recipe["feather"] == 4
        and recipe["masks"]["form"] == "labels"
        and len(recipe["styles"]) == 2
    )
    again = reproduce(recipe, finder([]))
    again = again[0] if isinstance(again, tuple) else again
    assert float((again.cpu() - panel.images.cpu()).abs().max()) < 0.02


def test_reset_brings_everything_back(panel, renders):
    start, masks = panel.picture, panel.masks
    panel.masks, panel.alpha, panel.feather, panel.style_names = "temple", 0.3, 9, ["kilim"]
    panel._dispatch(panel, {"do": "reset"}, [])
    assert panel.picture == start and torch.equal(panel.masks, masks)
    assert panel.style_names == TWO and panel.alpha == [1, 1] and panel.note == ""


def test_it_says_and_shows_what_it_holds(panel):
    assert "region 1 (50%)" in panel.alt and "region 2" in panel.alt
    wide = panel.static()
    panel.clear()
    assert "nothing is painted" in panel.alt and panel.static().width < wide.width
    assert repr(panel).startswith(
        "MaskPanel(content='your content', style_names=['kilim', 'marbled'], alpha=[1.0, 1.0]"
    )


def test_a_failing_render_leaves_all_as_it_was(panel, monkeypatch):
    picture, masks = panel.picture, panel.masks
    monkeypatch.setattr(panel._session, "render", lambda **_: (_ for _ in ()).throw(RuntimeError("no memory")))
    panel.clear()
    assert (
        panel.error.endswith("RuntimeError: no memory")
        and torch.equal(panel.masks, masks)
        and panel.picture == picture
        and not panel.busy
    )


def test_all_sample_masks_can_be_loaded(panel):
    for name in samples("masks"):
        panel.set_masks(name)
        assert not panel.error and panel.masks.sum(0).min() == 1
