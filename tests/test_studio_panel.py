"""The studio without a browser: settings, drafts, regions, recipes and programs, driven by its traits and messages."""

import io
import json

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image

import adain_lab
from adain_lab.controls.controls import Controls
from adain_lab.controls.label_maps import label_png
from adain_lab.images import RECIPE_KEY, to_pil
from adain_lab.recipes.painter import finder, reproduce
from adain_lab.recipes.program import as_python
from adain_lab.recipes.recipe import read_recipe
from adain_lab.widgets.session.examples import offered
from adain_lab.widgets.session.gallery import MAX_OWN
from adain_lab.widgets.session.mask_codec import pack_labels, regions_of, unpack_labels
from adain_lab.widgets.studio import StudioPanel

S = 48
TWO = ["kilim", "marbled"]


def halves(height=256, width=385):
    """Left the first region, right the second."""
    labels = np.ones((height, width), np.uint8)
    labels[:, width // 2 :] = 2
    return labels


def opened(data):
    return Image.open(io.BytesIO(data))


def pixels(images):
    return np.asarray(to_pil(images))


def file_of(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def upload(panel, kind, data, name="mine.png"):
    panel._dispatch(panel, {"do": "upload", "id": "1", "part": 0, "parts": 1, "name": name, "kind": kind}, [data])


@pytest.fixture
def panel(stylizer):
    return StudioPanel("cat", TWO, stylizer=stylizer, preview=stylizer, size=S)


@pytest.fixture
def other(stylizer):
    return StudioPanel("temple", ["ink_mountains"], stylizer=stylizer, preview=stylizer, size=64)


@pytest.fixture
def renders(monkeypatch, panel):
    """Sizes and settings of every picture that is painted."""
    calls, original = [], panel._session.render

    def counting(size, draft=False, **settings):
        calls.append((size, draft, settings))
        return original(size, draft, **settings)

    monkeypatch.setattr(panel._session, "render", counting)
    return calls


# ---- settings --------------------------------------------------------------------------------------------------------


def test_every_control_reaches_the_picture(panel, stylizer):
    settings = {"alpha": 1.5, "weights": [1, 3], "stroke_size": 0.7, "content": "temple"}
    for name, value in [*settings.items(), ("color", "luminance"), ("color", "match")]:
        before = panel.picture
        setattr(panel, name, value)
        assert not panel.error and panel.picture != before, name
    content = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("temple")), S)
    styles = [adain_lab.sample(name) for name in TWO]
    expected = stylizer(content, styles, 1.5, weights=[1, 3], color="match", style_size=round(0.7 * S))
    assert np.array_equal(pixels(panel.images), pixels(expected))


def test_the_picture_and_what_it_is_compared_with_have_the_size_that_was_asked_for(panel):
    panel.size = 64
    assert panel.images.shape[2:] == (64, 96) and opened(panel.before).size == opened(panel.picture).size == (96, 64)


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("alpha", 2.5, "alpha goes up to 2"),
        ("alpha", float("nan"), "alpha must be"),
        ("weights", [0, 0], "must not all be zero"),
        ("weights", [1, 1, 1], "weights must be one number per style: got 3 for 2"),
        ("color", "sepia", "unknown colour method"),
        ("stroke_size", 9.0, "stroke_size must be a number from 0.1 to 4"),
        ("size", 20, "size must be a whole number of pixels from 32 to 1024"),
        ("style_names", [], "1 to 8 styles"),
        ("style_names", ["kilim", "kilim"], "chosen once"),
        ("style_names", ["nobody"], "no style picture is called 'nobody'"),
        ("feather", 50.0, "feather must be a number from 0 to 25"),
        ("strengths", [2, 1], "strengths must be a number from 0 to 1"),
        ("painting", b"\x05\x00\x03\x00garbage", "damaged"),
    ],
)
def test_a_refused_value_changes_nothing(panel, name, value, words):
    old, picture = getattr(panel, name), panel.picture
    setattr(panel, name, value)
    assert words in panel.error and getattr(panel, name) == old and panel.picture == picture
    panel.alpha = 0.5
    assert not panel.error


def test_a_failed_picture_loses_nothing(panel, monkeypatch):
    panel.regions = True
    shown, picture = dict(panel._shown), panel.picture

    def broken(*_, **__):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(panel._session, "render", broken)
        panel.alpha = 0.1
    assert panel.error.endswith("RuntimeError: out of memory") and panel._shown == shown and panel.picture == picture
    assert panel.alpha == shown["alpha"] and not panel.busy
    panel.alpha = 0.1
    assert not panel.error and panel.picture != picture


def test_shares_follow_the_styles(panel):
    panel.weights = [3, 1]
    panel.style_names = [*TWO, "neon_rain"]
    assert panel.weights == pytest.approx([0.5, 1 / 6, 1 / 3])
    panel.style_names = ["marbled"]
    assert panel.weights == [1.0] and panel.strengths == [1.0]


def test_reset_goes_back_to_the_start(panel):
    start = panel.picture
    panel.alpha, panel.color, panel.size, panel.regions = 0.2, "match", 64, True
    panel.reset()
    assert panel.picture == start and panel.size == S and not panel.regions and panel.color is None


# ---- examples and files ----------------------------------------------------------------------------------------------


def test_every_example_is_painted_by_one_click(panel):
    assert 4 <= len(panel.examples) <= 6
    panel.regions = True
    pictures = set()
    for pair in panel.examples:
        panel.set_state({"content": pair["content"], "style_names": [pair["style"]], "regions": False})
        assert not panel.error and (panel.content, panel.style_names) == (pair["content"], [pair["style"]])
        assert panel.weights == [1.0] and not panel.regions
        pictures.add(panel.picture)
    assert len(pictures) == len(panel.examples)


def test_examples_whose_pictures_are_missing_are_not_offered(panel):
    contents, styles = panel._session.contents, panel._session.styles
    contents.remove("temple")
    styles.remove("neon_rain")
    names = [pair["content"] for pair in offered(contents, styles)]
    assert names == ["cat", "dahlia", "coffee", "photographer"]


def test_of_several_dropped_files_a_bad_one_loses_none_of_the_others(panel):
    upload(panel, "style", file_of(scene(60, 60, 1)), "one.png")
    picture, shown = panel.picture, dict(panel._shown)
    upload(panel, "style", b"words", "notes.txt")
    assert "notes.txt is not a picture" in panel.error and panel.picture == picture and panel._shown == shown
    upload(panel, "style", file_of(scene(60, 60, 2)), "two.png")
    assert not panel.error and panel.style_names == [*TWO, "one", "two"]


# ---- drafts ----------------------------------------------------------------------------------------------------------


def test_while_a_control_moves_drafts_are_painted_and_then_the_final_picture(panel, renders):
    panel.size = 300
    renders.clear()
    panel.set_state({"alpha": 0.5, "moving": True})
    panel.set_state({"alpha": 0.6, "moving": True})
    assert [(size, draft) for size, draft, _ in renders] == [(300, True)] * 2 and panel.images.shape[2] == 256
    panel.set_state({"moving": False})
    assert renders[-1][:2] == (300, False) and panel.images.shape[2] == 300 and panel.alpha == 0.6


def test_a_control_that_is_held_without_moving_paints_nothing(panel, renders):
    panel.set_state({"alpha": panel.alpha, "moving": True})
    panel.set_state({"moving": False})
    assert renders == []


def test_a_draft_is_never_saved(stylizer):
    panel = StudioPanel("cat", ["kilim"], stylizer=stylizer, preview=stylizer, size=300)
    panel.set_state({"alpha": 0.7, "moving": True})
    assert panel.images.shape[2] == 256
    assert opened(panel.png()).size[1] == 300 and not panel.moving


def test_a_draft_is_in_proportion(panel):
    asked = {"content": "cat", "styles": ["kilim"], "controls": Controls(masks=object(), feather=10.0)}
    final, draft = (panel._session.transfer(size, **asked, stroke_size=0.5)["controls"] for size in (512, 256))
    assert (final.style_size, final.feather) == (256, 51.2) and (draft.style_size, draft.feather) == (128, 25.6)


def test_the_preview_is_a_quicker_model(stylizer):
    panel = StudioPanel("cat", ["kilim"], stylizer="tiny", size=S)
    assert panel._session.at(S, draft=True).stylizer.model == "tiny"
    none = StudioPanel("cat", ["kilim"], stylizer=stylizer, preview=None, size=S)
    assert none._session.at(S, draft=True).stylizer is stylizer


# ---- regions ---------------------------------------------------------------------------------------------------------


def test_the_first_time_the_whole_picture_is_the_first_region_or_the_sample_mask_applies(panel, other):
    panel.regions = True
    assert panel.masks.shape == (2, 256, 385) and 0 < panel.masks[1].mean() < 1  # the cat's own
    other.regions = True  # three regions, one style
    assert other.masks.min() == 1 and not other.error


def test_regions_are_painted_as_the_package_does(panel, stylizer):
    labels = halves()
    panel.masks = regions_of(labels, 2)
    assert panel.regions and not panel.error
    panel.strengths, panel.alpha, panel.feather, panel.global_statistics = [1, 0.5], 0.8, 10.0, True
    content = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("cat")), S)
    masks = adain_lab.controls.masks.feather(
        adain_lab.controls.masks.region_masks(regions_of(labels, 2), 2, (S, 72)), 4.8
    )
    styles = [adain_lab.sample(name) for name in TWO]
    expected = stylizer(content, styles, [0.8, 0.4], masks=masks, style_size=S, global_statistics=True)
    assert np.array_equal(pixels(panel.images), pixels(expected))


def test_every_style_keeps_its_region(panel):
    panel.masks = regions_of(halves(), 2)
    panel.strengths = [1, 0.5]
    panel.style_names = ["marbled"]
    assert (
        panel.masks.mean() == pytest.approx(0.5, abs=0.01) and panel.masks[0, 0, -1] == 1 and panel.strengths == [0.5]
    )
    panel.style_names = ["marbled", "neon_rain"]
    assert panel.masks[:, 0, -1].tolist() == [1, 0] and panel.masks[1].max() == 0 and panel.strengths == [0.5, 1]
    panel.style_names = ["kilim", "neon_rain"]  # another style for the same region
    assert panel.masks[:, 0, -1].tolist() == [1, 0]


def test_every_content_has_its_own_painting(panel):
    panel.masks = regions_of(halves(), 2)
    painting = panel.painting
    panel.content = "temple"
    assert panel.painting != painting
    panel.content = "cat"
    assert panel.painting == painting


def test_nothing_painted_leaves_the_content(panel, stylizer):
    panel.regions = True
    panel.painting = pack_labels(np.zeros((256, 385), np.uint8))
    assert not panel.error
    assert np.array_equal(
        pixels(panel.images), pixels(stylizer(adain_lab.sample("cat"), adain_lab.sample("kilim"), 0.0, size=S))
    )


def test_regions_have_a_limit_and_a_shape(panel):
    panel.style_names = ["kilim", "marbled", "neon_rain", "ink_mountains", "stained_glass"]
    panel.regions = True
    assert "up to 4 regions, and 5 styles" in panel.error and not panel.regions
    panel.style_names = TWO
    panel.regions = True
    panel.painting = pack_labels(np.ones((100, 50), np.uint8))
    assert "another shape than 'cat'" in panel.error and not panel.busy


def test_masks_come_from_files_and_samples_and_go_to_files(panel, monkeypatch):
    labels = halves()
    upload(panel, "mask", label_png(labels, 2))
    assert panel.regions and np.array_equal(unpack_labels(panel.painting), labels)
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append((content, buffers)))
    panel._dispatch(panel, {"do": "save_masks", "view": "v"}, [])
    assert sent[0][0] == {"do": "save", "view": "v", "name": "cat_regions.png"} and sent[0][1][0] == label_png(
        labels, 2
    )
    panel.from_sample = "temple"
    assert len(panel.style_names) == 3 and not panel.from_sample and "stretched" in panel.note or not panel.note
    upload(panel, "mask", b"nothing", "holiday.txt")
    assert "holiday.txt" in panel.error
    panel.from_sample = "nowhere"
    assert "no sample mask is called 'nowhere'" in panel.error


# ---- recipes ---------------------------------------------------------------------------------------------------------

MIXED = {"alpha": 1.3, "weights": [0.3, 0.7], "color": "match", "stroke_size": 0.8, "size": 56}


def set_all(panel, settings):
    with panel.hold_trait_notifications():
        for name, value in settings.items():
            setattr(panel, name, value)
    assert not panel.error


def masked(panel):
    panel.masks = regions_of(halves(), 2)
    soft = {"feather": 7.3, "global_statistics": True}
    set_all(panel, {"strengths": [1.0, 0.7], "alpha": 1.2, "stroke_size": 1.4, "color": "luminance", **soft})


@pytest.mark.parametrize(
    "prepare", [lambda panel: None, lambda panel: set_all(panel, MIXED), masked], ids=["plain", "mixed", "regions"]
)
def test_a_saved_picture_brings_its_settings_back_and_is_made_again_to_the_byte(panel, other, prepare):
    prepare(panel)
    png = panel.png()
    assert np.array_equal(pixels(reproduce(read_recipe(png), finder([]))), np.asarray(opened(png)))
    upload(other, "recipe", png, "cat.png")
    assert not other.error and "settings that the picture was made with" in other.note
    assert other.png() == png
    for name in ("content", "style_names", "color", "size", "regions", "global_statistics"):
        assert getattr(other, name) == getattr(panel, name), name


def test_pictures_of_ones_own_are_found_by_their_bytes(panel, other):
    photo, painting = file_of(scene(70, 90, 1)), file_of(scene(60, 60, 2))
    upload(panel, "content", photo, "holiday.png")
    upload(panel, "style", painting, "aunt.png")
    assert panel.content == "holiday" and panel.style_names == [*TWO, "aunt"]
    png = panel.png()
    before = dict(other._shown)
    upload(other, "recipe", png)
    assert "'holiday.png' is neither a sample nor a picture that was brought" in other.error and other._shown == before
    upload(other, "content", photo, "other name.png")
    upload(other, "style", painting, "aunt.png")
    upload(other, "recipe", png)
    assert not other.error and other.content == "other name"
    assert np.array_equal(pixels(other.images), pixels(panel.images))


def test_pictures_of_the_command_line_can_be_opened(tmp_path):
    other = StudioPanel("temple", ["ink_mountains"], stylizer="tiny", preview=None, size=64)
    out = tmp_path / "out.png"
    styles = [str(adain_lab.sample(name)) for name in TWO]
    options = ["--alpha", "0.7", "--weights", "1", "3", "--size", "64", "--style-size", "48", "--model", "tiny"]
    from adain_lab.cli import main

    assert main(["stylize", str(adain_lab.sample("cat")), *styles, "-o", str(out), *options]) == 0
    other.open_recipe(out)
    assert other.style_names == TWO and other.alpha == 0.7 and other.weights == [0.25, 0.75] and other.size == 64
    assert np.array_equal(pixels(other.images), np.asarray(Image.open(out)))


def changed(png, **entries):
    """The same picture with another recipe."""
    from PIL.PngImagePlugin import PngInfo

    recipe, note, buffer = {**read_recipe(png), **entries}, PngInfo(), io.BytesIO()
    note.add_text(RECIPE_KEY, json.dumps(recipe))
    opened(png).save(buffer, "PNG", pnginfo=note)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "entries, words",
    [
        ({"command": "gatys"}, "damaged"),
        ({"model": "paper"}, "made with the model 'paper'"),
        ({"model_sha256": "0" * 64}, "other weights of 'tiny'"),
        ({"content": None}, "damaged"),
        ({"styles": []}, "styles"),
        ({"styles": "kilim"}, "damaged"),
        ({"alpha": 77}, "alpha goes up to 2"),
        ({"weights": [1]}, "weights must be one number per style"),
        ({"masks": {"form": "labels"}}, "damaged"),
        ({"masks": [{"name": "x.png", "sha256": "0" * 64, "bytes": 1, "size": 0}]}, "in files"),
        ({"tile": 512}, "tile by tile"),
        ({"preserve_color": "sepia"}, "unknown colour method"),
    ],
)
def test_a_recipe_that_cannot_be_followed_changes_nothing(panel, other, entries, words):
    png, before, picture = changed(panel.png(), **entries), dict(other._shown), other.picture
    upload(other, "recipe", png)
    assert words in other.error and other._shown == before and other.picture == picture


def test_it_is_said_when_the_arithmetic_was_another(panel, other):
    upload(other, "recipe", changed(panel.png(), precision="bfloat16"))
    assert not other.error and "bfloat16 on cpu then, float32 on cpu here" in other.note


def test_files_without_a_recipe_are_refused(other):
    upload(other, "recipe", file_of(scene(40, 40)), "photo.png")
    assert "carries no recipe" in other.error
    upload(other, "recipe", b"no picture", "notes.txt")
    assert "notes.txt" in other.error


def test_saving_needs_a_png(panel, tmp_path):
    assert read_recipe(panel.save(tmp_path / "a.png"))["content"]["name"] == "cat.jpg"
    with pytest.raises(ValueError, match="is a .png file"):
        panel.save(tmp_path / "a.jpg")


# ---- programs --------------------------------------------------------------------------------------------------------


def run(code, folder, stylizer):
    """Execute a program, with the same arithmetic as the fixture's stylizer."""
    cwd = folder.cwd()
    import os

    os.chdir(folder)
    try:
        exec(compile(code, "program", "exec"), {})
    finally:
        os.chdir(cwd)


@pytest.mark.parametrize(
    "prepare", [lambda panel: None, lambda panel: set_all(panel, MIXED), masked], ids=["plain", "mixed", "regions"]
)
def test_the_program_paints_the_same_picture(panel, prepare, tmp_path, stylizer):
    prepare(panel)
    code = panel.python()
    assert all(len(line) < 200 for line in code.splitlines())
    run(code, tmp_path, stylizer)
    (file,) = tmp_path.iterdir()
    assert file.name == panel._file_name()
    assert np.array_equal(np.asarray(Image.open(file)), np.asarray(opened(panel.png())))


def test_a_program_names_ones_own_files(panel, tmp_path, stylizer):
    photo, painting = (
        file_of(scene(70, 2100, 1)),
        file_of(scene(40, 150, 2)),
    )  # larger than what panels keep; a panorama
    upload(panel, "content", photo, "holiday.png")
    upload(panel, "style", painting, "aunt's.png")
    (tmp_path / "holiday.png").write_bytes(photo)
    (tmp_path / "aunt's.png").write_bytes(painting)
    code = panel.python()
    assert '"holiday.png"' in code and '"aunt\'s.png"' in code
    run(code, tmp_path, stylizer)
    made = tmp_path / panel._file_name()
    assert np.array_equal(np.asarray(Image.open(made)), np.asarray(opened(panel.png())))


def test_only_recipes_of_stylize_become_programs():
    with pytest.raises(ValueError, match="damaged"):
        as_python({"command": "gatys"})


def test_what_the_page_asks_for_comes_after_what_it_set(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append((content, buffers)))
    panel.set_state({"request": {"do": "save", "view": "v", "number": "v 1"}, "alpha": 0.25, "moving": True})
    ((said, (png,)),) = sent
    assert said["view"] == "v" and read_recipe(png)["alpha"] == 0.25 and opened(png).size == panel._frame.size
    panel.set_state({"alpha": 0.75, "request": {"do": "reset", "number": "v 2"}})
    assert panel.alpha == 1 and not panel.moving
    panel.set_state({"request": {"do": "fly", "number": "v 3"}})
    assert "does not know the message 'fly'" in panel.error


def test_the_page_gets_the_program(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append(content))
    panel._dispatch(panel, {"do": "python", "view": "v"}, [])
    assert sent == [{"do": "python", "view": "v", "code": panel.python()}]


# ---- for everybody ---------------------------------------------------------------------------------------------------


def test_words_and_still_pictures(panel):
    assert panel.alt.endswith("alpha 1.00") and "50%" in panel.alt
    wide = panel.static().width
    panel.regions = True
    assert "in region 2" in panel.alt and panel.static().width == wide
    assert repr(panel).startswith("StudioPanel(content='cat'")


def test_bad_arguments_are_refused(stylizer):
    for arguments, words in (
        ({"styles": "kilim"}, "styles must be a list"),
        ({"size": 4000}, "size must be"),
        ({"max_alpha": 0.5}, "max_alpha"),
        ({"masks": torch.ones(5, 8, 8)}, "1 to 4 regions"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            StudioPanel(stylizer=stylizer, **arguments)


# ---- what travels to the page ------------------------------------------------------------------------------------------


def binary(value):
    """All bytes in a message's state."""
    if isinstance(value, (bytes, memoryview)):
        return [bytes(value)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [data for part in parts for data in binary(part)]


@pytest.fixture
def travelling(monkeypatch):
    """The states that panels send, as they come."""
    sent = []
    monkeypatch.setattr(StudioPanel, "send_state", lambda self, key=None: sent.append(self.get_state(key)))
    return sent


@pytest.mark.parametrize("kind", ["style", "content"])
def test_an_upload_sends_its_own_thumbnail_and_no_other(stylizer, travelling, kind):
    panel = StudioPanel("cat", ["kilim"], stylizer=stylizer, size=48)
    counts = []
    for seed in range(6):
        travelling.clear()
        upload(panel, kind, file_of(scene(90, 120, seed)), f"mine {seed}.png")
        new = panel.thumbnail(f"{kind}s", f"mine {seed}")
        pictures = [data for state in travelling for data in binary(state) if data not in (panel.picture, panel.before)]
        assert [data for data in pictures if data[:3] == b"\xff\xd8\xff"] == [new]
        rows = json.dumps([state.get(f"{kind}s", []) for state in travelling])
        counts.append(sum(map(len, pictures)) + len(rows))
    assert max(counts) < 2 * min(counts), "what the tenth costs is what the first did"
    everything = sum(map(len, binary(panel.get_state(["thumbnails"]))))
    assert max(counts) < everything / 4


def test_slots_are_used_again_when_the_oldest_make_room(stylizer, travelling):
    panel = StudioPanel("cat", ["kilim"], stylizer=stylizer, size=32)
    names = []
    for number in range(MAX_OWN + 3):
        travelling.clear()
        color = (number * 9, 255 - number * 9, number)
        names.append(panel.add("style", Image.new("RGB", (16, 16), color), f"colour {number}"))
        panel.style_names = ["kilim"]
        shown = opened(panel.thumbnail("styles", names[-1])).getpixel((8, 8))
        assert np.abs(np.subtract(shown, color)).max() < 12
    own = [row for row in panel.styles if row["own"]]
    assert [row["name"] for row in own] == names[3:] and sorted(row["slot"] for row in own) == list(range(MAX_OWN))
    assert all(panel.thumbnail("styles", row["name"]) for row in own)
    with pytest.raises(KeyError):
        panel.thumbnail("styles", names[0])
