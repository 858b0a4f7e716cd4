"""Recipes: a PNG carries how it was made, and from that it is made again, byte for byte."""

import base64
import io
import json
import shutil
import zlib

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import scene
from PIL import Image

import adain_lab
from adain_lab.controls.controls import Controls
from adain_lab.errors import InputError
from adain_lab.images import RECIPE_KEY, save_image
from adain_lab.recipes.packing import pack_masks, pack_statistics, unpack_masks, unpack_statistics
from adain_lab.recipes.painter import Painter, finder, reproduce
from adain_lab.recipes.program import as_python
from adain_lab.recipes.recipe import FORM, identity, new_recipe, read_recipe, stylize_recipe, weights_sha256
from adain_lab.statistics import Statistics
from adain_lab.widgets.session import Session


def write_recipe(path, recipe):
    save_image(Image.new("RGB", (8, 8)), path, recipe)
    return path


@pytest.fixture
def pictures(picture_file):
    return [picture_file(name, 40, 56, seed) for seed, name in enumerate(("photo.png", "a.jpg", "b.png"))]


@pytest.fixture
def recipe(stylizer, pictures):
    content, *styles = map(identity, pictures)
    return stylize_recipe(stylizer, content, styles, Controls(0.7, [2, 1]))


# ---- packing
# ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(1, 4), st.sampled_from(["labels", "levels", "float32"]))
@settings(deadline=None, max_examples=40)
def test_masks_come_back_exactly_as_they_were(seed, regions, form):
    rng = np.random.default_rng(seed)
    masks = {
        "labels": lambda: (rng.integers(0, regions + 1, (7, 9)) == np.arange(1, regions + 1)[:, None, None]).astype(
            np.float32
        ),
        "levels": lambda: rng.integers(0, 256, (regions, 7, 9)).astype(np.float32) / 255,
        "float32": lambda: rng.random((regions, 7, 9), np.float32),
    }[form]()
    masks[0, 0, 0] = 1 if form != "float32" else 0.1234567
    masks[1:, 0, 0] = 0
    packed = json.loads(json.dumps(pack_masks(masks, regions)))
    assert packed["form"] == form and (unpack_masks(packed).numpy() == masks).all()


def test_a_painted_mask_takes_a_few_hundred_bytes():
    y, x = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    disc = ((x - 128) ** 2 + (y - 100) ** 2 < 70**2).float()
    assert len(json.dumps(pack_masks(torch.stack([disc, 1 - disc]), 2))) < 1000


def bomb():
    return base64.b64encode(zlib.compress(bytes(10**7), 9)).decode()


@pytest.mark.parametrize(
    "damage",
    [
        {"form": "other"},
        {"data": "!"},
        {"data": ""},
        {"data": bomb()},
        {"shape": [1, 10**6, 10**6]},
        {"shape": [1, -4, -4]},
        {"shape": 3},
        {"shape": [1, float("inf"), 4]},
        {"shape": [float("nan"), 4, 4]},
    ],
)
def test_damaged_masks_get_a_sentence(damage):
    packed = pack_masks(torch.ones(1, 4, 4), 1) | damage
    if damage == {"data": bomb()}:  # only what the shape allows is unpacked
        assert unpack_masks(packed).shape == (1, 4, 4)
    else:
        with pytest.raises(ValueError, match="masks in the recipe are damaged"):
            unpack_masks(packed)


def test_damaged_statistics_get_a_sentence(stylizer, style):
    packed = pack_statistics(stylizer.encode_style(style), "x")
    known = stylizer.encode_style(style)
    old = {"name": "x", "channels": 128, "statistics": packed["statistics"]}  # as version 0.1 wrote it
    for form in (packed, old):
        assert torch.equal(unpack_statistics(form, "tiny").std["relu4_1"], known.std["relu4_1"])
    for damage in (
        {"layers": {"relu4_1": 10**12}},
        {"statistics": "A"},
        {"layers": None},
        {"layers": {}},
        {"layers": {"relu9_9": 128}},
        {"layers": {"relu4_1": -128}},
        {"layers": {"relu4_1": float("inf")}},
    ):
        with pytest.raises(ValueError, match="statistics in the recipe are damaged"):
            unpack_statistics(packed | damage, "tiny")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.1])
def test_statistics_that_no_style_has_are_refused(stylizer, style, value):
    known = stylizer.encode_style(style)
    known.std["relu4_1"][0, 5] = value
    with pytest.raises(ValueError, match="not finite, or deviations that are negative"):
        unpack_statistics(pack_statistics(known, "x"), "tiny")


def test_statistics_of_another_width_are_refused_before_painting(stylizer, recipe, pictures):
    half = Statistics(*({"relu4_1": torch.ones(1, 64, 1, 1)} for _ in range(2)), "tiny")
    forged = recipe | {"styles": [pack_statistics(half, "half")], "weights": None}
    with pytest.raises(InputError, match=r"have shape \(1, 64, 1, 1\) at relu4_1, and 'tiny' has 128 channels"):
        reproduce(forged, finder([pictures[0].parent]))


# ---- writing and reading
# ------------------------------------------------------------------------------------------------


def test_a_recipe_says_everything_and_survives_the_file(recipe, pictures, tmp_path):
    assert read_recipe(write_recipe(tmp_path / "out.png", recipe)) == recipe
    assert read_recipe((tmp_path / "out.png").read_bytes()) == recipe
    assert (
        recipe["model"] == "tiny"
        and recipe["version"] == adain_lab.__version__
        and recipe["model_sha256"] == weights_sha256("tiny")
    )
    assert [style["name"] for style in recipe["styles"]] == ["a.jpg", "b.png"]
    assert recipe["content"]["bytes"] == pictures[0].stat().st_size
    assert recipe["alpha"] == 0.7 and recipe["weights"] == [2, 1] and recipe["device"] == "cpu"


def test_weights_are_told_apart():
    assert weights_sha256("tiny") != weights_sha256("slim") and weights_sha256("my own") is None


def test_a_file_and_its_bytes_are_the_same_picture(pictures):
    path = pictures[0]
    assert identity(path, size=32) == identity(path.read_bytes(), "photo.png", 32)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"alpha": [1, 0.5]}, TypeError, "need masks"),
        ({"weights": [1, 2, 3]}, ValueError, "one number per style"),
        ({"color": "sepia"}, ValueError, "choose from match, luminance"),
        ({"masks": [], "weights": [1, 1]}, ValueError, "do not go together"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(stylizer, pictures, options, error, words):
    content, *styles = map(identity, pictures)
    with pytest.raises(error, match=words):
        stylize_recipe(stylizer, content, styles, Controls(**options))


def test_pictures_without_a_recipe_that_can_be_read_get_a_sentence(pictures, tmp_path):
    def reading(entries):
        return lambda: read_recipe(write_recipe(tmp_path / "x.png", entries))

    (tmp_path / "text.png").write_text("text")
    cases = {
        "a.jpg carries no recipe": lambda: read_recipe(pictures[1]),
        "photo.png carries no recipe": lambda: read_recipe(pictures[0]),
        "does not exist": lambda: read_recipe(tmp_path / "nothing.png"),
        "is a folder": lambda: read_recipe(tmp_path),
        "is not a picture": lambda: read_recipe(tmp_path / "text.png"),
        r"newer adain_lab \(9.0": reading({"command": "stylize", "form": FORM + 1, "version": "9.0"}),
        "unknown form": reading({"command": "stylize", "version": "0.1.0"}),
        "recipe in x.png is damaged": reading({"something": "else"}),
    }
    for words, read in cases.items():
        with pytest.raises((ValueError, FileNotFoundError), match=words):
            read()
    info = Image.new("RGB", (8, 8))
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_itxt(RECIPE_KEY, "{no json")
    buffer = io.BytesIO()
    info.save(buffer, "PNG", pnginfo=text)
    with pytest.raises(ValueError, match="recipe in the picture is damaged"):
        read_recipe(buffer.getvalue())


# ---- finding the inputs
# -------------------------------------------------------------------------------------------------


def test_inputs_are_found_by_what_they_are_not_by_what_they_are_called(pictures, tmp_path):
    wanted = identity(pictures[0])
    assert finder([tmp_path])(wanted) == pictures[0]
    deep = tmp_path / "archive" / "old"
    deep.mkdir(parents=True)
    renamed = pictures[0].rename(deep / "renamed.png")
    shutil.copy(pictures[2], tmp_path / "photo.png")  # another picture of the same name
    assert finder([tmp_path], [tmp_path / "archive"])(wanted) == renamed
    with pytest.raises(
        FileNotFoundError,
        match=r"'photo.png' \(sha256 \w{12}…\) is missing: .*photo.png is another picture; .* --search",
    ):
        finder([tmp_path])(wanted)
    with pytest.raises(FileNotFoundError, match="neither a sample nor in"):
        finder([deep])(identity(b"something", "gone.png"))
    with pytest.raises(FileNotFoundError, match="folder .* does not exist"):
        finder([], [tmp_path / "nowhere"])


@pytest.mark.parametrize("name", ["cat", "night_village"])
def test_samples_are_always_found(name):
    path = adain_lab.sample(name)
    assert finder([])(identity(path)) == path


# ---- making it again
# ----------------------------------------------------------------------------------------------------


def test_the_same_picture_comes_out(recipe, stylizer, pictures, tmp_path):
    again = reproduce(recipe, finder([tmp_path]))
    assert torch.equal(again, stylizer(pictures[0], pictures[1:], 0.7, weights=[2, 1]))


def test_a_painter_encodes_each_picture_once(recipe, stylizer, pictures, monkeypatch):
    encoded = []
    for part in ("encode_content", "encode_style"):
        encode = getattr(stylizer, part)
        monkeypatch.setattr(
            stylizer, part, lambda x, encode=encode, part=part, **o: encoded.append(part) or encode(x, **o)
        )
    painter = Painter(stylizer, finder([pictures[0].parent]))
    first = painter.paint(recipe)
    assert torch.equal(painter.paint(recipe), first)
    assert sorted(encoded) == ["encode_content", "encode_style", "encode_style"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_sha256": "0" * 64}, "other weights of 'tiny' than are here: install adain_lab"),
        ({"model": "mine"}, "a model of one's own"),
        ({"command": "photocopy"}, "pictures of 'photocopy' cannot be made again: only those of stylize"),
        ({"styles": "many"}, "damaged: its 'styles' is 'many'"),
        ({"styles": ["x"]}, "damaged: its 'name'"),
        ({"content": {}}, "damaged: its 'name' is missing"),
        ({"alpha": True}, "damaged: its 'alpha' is True"),
        ({"alpha": -3}, "damaged: its 'alpha' is -3"),
        ({"weights": ["a", "b"]}, "damaged|could not convert"),
        ({"preserve_color": "sepia"}, "choose from match, luminance"),
        ({"device": "tpu"}, "damaged: its 'device' is 'tpu'"),
        ({"precision": "int1"}, "damaged: its 'precision' is 'int1'"),
        ({"masks": {"form": "labels"}}, "masks in the recipe are damaged"),
    ],
)
def test_a_recipe_that_cannot_be_followed_gets_a_sentence(recipe, tmp_path, change, words):
    with pytest.raises(ValueError, match=words):
        reproduce(recipe | change, finder([tmp_path]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "sha256", "size", "statistics", "x"]), inner)
    ),
    max_leaves=5,
)


@given(st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_recipe_says_it_is_followed_or_refused(recipe, pictures, stylizer, data):
    """A recipe comes from a file that anybody may have changed: nothing but the errors that become a sentence."""
    changed = json.loads(json.dumps(recipe))
    place = data.draw(st.sampled_from([changed, changed["content"], changed["styles"][0]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    find = {p["sha256"]: path for p, path in zip((recipe["content"], *recipe["styles"]), pictures, strict=True)}

    def found(picture):
        if picture["sha256"] not in find:
            raise FileNotFoundError(picture["name"])
        return find[picture["sha256"]]

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("adain_lab.recipes.painter.load", lambda *_: stylizer)
            assert reproduce(changed, found).shape[:2] == (1, 3)
    except (ValueError, TypeError, FileNotFoundError) as error:
        assert str(error)


def test_a_recipe_of_another_command_may_be_added(monkeypatch):
    monkeypatch.setitem(
        adain_lab.recipes.painter.REPRODUCERS, "copy", lambda recipe, find: torch.full((1, 3, 2, 2), recipe["grey"])
    )
    assert reproduce(new_recipe("copy", "", grey=0.5), None).mean() == 0.5


# ---- panels
# -------------------------------------------------------------------------------------------------------------


def saved(session, content, styles, **settings):
    frame = session.render(content, styles, Controls(**settings))
    return frame, session.png(frame.images, content, styles, Controls(**settings))


def png(seed):
    buffer = io.BytesIO()
    Image.fromarray(scene(40, 300 if seed == 3 else 60, seed)).save(buffer, "PNG")
    return buffer.getvalue()


PAINTED = torch.zeros(2, 30, 40)
PAINTED[0, :, :15], PAINTED[1, 10:, 20:] = 1, 1


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 0.4},
        {"weights": [1, 3]},
        {"color": "match", "style_size": 40},
        {"color": "luminance"},
        {"masks": PAINTED, "alpha": [1, 0.6]},
        {"masks": PAINTED, "feather": 6, "global_statistics": True, "color": "match"},
    ],
    ids=["alpha", "weights", "match", "luminance", "masks", "soft masks"],
)
@pytest.mark.filterwarnings("ignore::adain_lab.controls.masks.StretchedMasks")
def test_pictures_of_panels_are_made_again_from_samples(stylizer, settings):
    session = Session(stylizer, 48)
    frame, data = saved(session, "cat", ["night_village", "wave_print"], **settings)
    assert torch.equal(reproduce(read_recipe(data), finder([])), frame.images)


def test_pictures_of_panels_are_made_again_from_uploads(stylizer, tmp_path):
    """A panorama, which is fitted to the panel, a style by its path, and one so large that it was reduced."""
    session = Session(stylizer, 64)
    panorama = session.contents.add(png(3), "panorama.png")
    Image.fromarray(scene(30, 2100, 4)).save(tmp_path / "large.png")
    styles = [session.styles.add(tmp_path / "large.png"), session.styles.add(memoryview(png(5)), "style.png")]
    frame, data = saved(session, panorama, styles)
    with pytest.raises(FileNotFoundError, match="'panorama.png' .* is missing"):
        reproduce(read_recipe(data), finder([tmp_path]))
    for seed in (3, 5):
        (tmp_path / f"{seed}.png").write_bytes(png(seed))
    assert torch.equal(reproduce(read_recipe(data), finder([tmp_path])), frame.images)


def test_a_style_that_is_no_picture_is_in_the_recipe_itself(stylizer):
    session = Session(stylizer, 48)
    marbled = session.statistics("marbled")
    halves = ({layer: 0.5 * values for layer, values in part.items()} for part in (marbled.mean, marbled.std))
    somewhere = Statistics(*halves, "tiny")
    frame, data = saved(session, "cat", somewhere)
    recipe = read_recipe(data)
    assert torch.equal(reproduce(recipe, finder([])), frame.images)
    with pytest.raises(ValueError, match="give the picture"):
        reproduce(recipe | {"preserve_color": "match"}, finder([]))


def test_what_came_as_pixels_cannot_be_found_again(stylizer, content):
    session = Session(stylizer, 48)
    _, data = saved(session, session.contents.add(content), "marbled")
    with pytest.raises(FileNotFoundError, match="'your content' was given as pixels"):
        reproduce(read_recipe(data), finder([]))


# ---- recipes that were changed by others
# ---------------------------------------------------------------------------------------------------------


INJECTION = 'x"); import os; os.mkdir("it_ran")\n#'


@pytest.mark.parametrize("value", [INJECTION, [INJECTION], {INJECTION: INJECTION}, f"cpu{INJECTION}", "cpu\n", 10**400])
@pytest.mark.parametrize(
    "place",
    [
        *(
            ("model",),
            ("device",),
            ("precision",),
            ("tile",),
            ("feather",),
            ("alpha",),
            ("preserve_color",),
            ("weights",),
        ),
        *(
            ("content", "name"),
            ("content", "size"),
            ("content", "at_most"),
            ("styles", 0, "name"),
            ("styles", 0, "size"),
        ),
        *(("styles", 0, INJECTION), ("styles", 0, "channels"), ("styles", 0, "statistics"), ("masks", INJECTION)),
    ],
    ids=lambda place: "-".join(str(part)[:12] for part in place),
)
def test_a_forged_recipe_writes_no_program_of_its_own(recipe, place, value):
    """Whatever a recipe holds, its program does nothing but load, paint and save; or there is none."""
    from fuzz import check_program

    forged = json.loads(json.dumps(recipe))
    if place[-1] in (INJECTION, "channels", "statistics") and place[0] == "styles":
        forged["styles"][0] = {"name": "x", "statistics": "eA==", "channels": 8}
    if place[0] == "masks":
        forged |= {"masks": {"form": "labels", "shape": [1, 1, 1], "data": "eA=="}, "weights": None}
    entry = forged
    for part in place[:-1]:
        entry = entry[part]
    entry[place[-1]] = value
    try:
        program = as_python(forged, f"{INJECTION}.png")
    except ValueError as error:
        assert "recipe is damaged" in str(error)
    else:
        check_program(program)
        assert "\u202e" not in program
