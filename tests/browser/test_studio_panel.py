"""The studio in JupyterLab, with a real mouse, real keys, files, and a webcam that Chromium makes up."""

import base64
import json

import numpy as np
import pytest
from browser.studio_page import CELLS, RECORD, StudioPage
from browser.test_bare_page import MOUNT, jsonable
from pictures import scene
from PIL import Image

from adain_lab import samples
from adain_lab.widgets import StudioPanel

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(open_notebook):
    return StudioPage(open_notebook("studio.ipynb", CELLS))


@pytest.fixture
def studio(opened):
    opened.page.bring_to_front()
    opened.run("panel.reset()")
    opened.wait_until_shown()
    opened.view.scroll_into_view_if_needed()
    return opened


def title(name, kind="style"):
    return samples(kind)[name].title


def add_style(studio, name):
    """A click with Shift adds; without, it would take the others' place."""
    studio.view.locator(f".al-strip-style input[value={name}]").click(force=True, modifiers=["Shift"])


def drawn_file(path, seed=5):
    Image.fromarray(scene(90, 120, seed)).save(path)
    return path


# ---- sliders ---------------------------------------------------------------------------------------------------------


def test_alpha_is_dragged_by_the_mouse(studio):
    before = studio.picture()
    studio.drag(studio.alpha, (0.5, 0.5), (0.15, 0.5))
    assert float(studio.alpha.input_value()) == pytest.approx(0.28, abs=0.04)
    studio.wait_for("panel.alpha", float(studio.alpha.input_value()))
    studio.wait_until_shown()
    assert np.abs(studio.picture() - before).mean() > 4
    values = [view.get_by_role("slider", name="Alpha").input_value() for view in studio.views.all()]
    assert values[0] == values[1] == f"{studio.python('panel.alpha'):g}"


def test_alpha_is_moved_by_keys(studio):
    before = studio.picture()
    studio.alpha.focus()
    studio.page.keyboard.press("Home")
    studio.wait_for("panel.alpha", 0)
    studio.wait_until_shown()
    assert np.abs(studio.picture() - before).mean() > 10
    for _ in range(3):
        studio.page.keyboard.press("ArrowRight")
    studio.wait_for("panel.alpha", 0.03)
    assert studio.alpha.get_attribute("aria-valuetext") == "0.03"
    studio.page.keyboard.press("End")
    studio.wait_for("panel.alpha", 2)
    assert studio.alpha.get_attribute("aria-valuetext") == "2.00, extrapolation"


def test_drafts_while_it_moves_and_the_final_picture_at_rest(studio):
    studio.run(RECORD.format(pause=0))
    box = studio.alpha.bounding_box()
    y = box["y"] + box["height"] / 2
    studio.page.mouse.move(box["x"] + box["width"] / 2, y)
    studio.page.mouse.down()
    studio.page.mouse.move(box["x"] + box["width"] / 4, y, steps=10)
    studio.wait_for("len(calls) > 0 and panel.moving", True)
    studio.page.wait_for_function("document.querySelector('.al-studio .al-after').naturalHeight === 256")
    assert studio.view.get_attribute("data-draft") is not None, "it says that this is a draft"
    studio.page.mouse.up()
    studio.wait_until_shown()
    calls = studio.python("calls")
    studio.run("panel._session.render = render")
    assert [draft for draft, *_ in calls] == [True] * (len(calls) - 1) + [False] and len(calls) > 1
    assert {size for draft, size, _ in calls if draft} == {256} and calls[-1][1:] == [288, studio.python("panel.alpha")]
    assert studio.python("[panel._session._drafts.model, panel.stylizer.model]") == ["tiny", "slim"]
    assert studio.view.get_attribute("data-draft") is None and min(studio.picture().shape[:2]) == 288


def test_whoever_holds_still_sees_the_final_picture(studio):
    box = studio.alpha.bounding_box()
    y = box["y"] + box["height"] / 2
    studio.page.mouse.move(box["x"] + box["width"] / 2, y)
    studio.page.mouse.down()
    studio.page.mouse.move(box["x"] + box["width"] / 3, y, steps=6)
    studio.wait_until_shown()
    assert studio.python("[panel.moving, min(panel._frame.size)]") == [False, 288]
    studio.page.mouse.up()


def test_a_burst_of_thirty_changes_ends_on_the_last(studio):
    studio.run(RECORD.format(pause=0.15))
    studio.alpha.focus()
    for _ in range(30):
        studio.page.keyboard.press("ArrowLeft")
    studio.wait_for("panel.alpha", 0.7)
    studio.wait_until_shown()
    calls = studio.python("calls")
    studio.run("panel._session.render = render")
    assert calls[-1] == [False, 288, 0.7] and len(calls) < 30, "a slow kernel skips values, never the last one"
    assert all(view.get_by_role("slider", name="Alpha").input_value() == "0.7" for view in studio.views.all())


def test_what_is_saved_is_what_the_hand_set_last(studio, tmp_path):
    studio.run(RECORD.format(pause=0.3))
    studio.alpha.focus()
    for _ in range(12):
        studio.page.keyboard.press("ArrowLeft")
    path = studio.save(tmp_path / "at once.png")  # the kernel is far behind
    studio.run("panel._session.render = render")
    assert json.loads(Image.open(path).text["adain_lab"])["alpha"] == 0.88


def test_the_divider_is_dragged_and_paints_nothing(studio):
    studio.run("renders = []; panel.observe(lambda change: renders.append(1), 'picture')")
    studio.drag(studio.view.locator(".al-compare"), (0.5, 0.5), (0.25, 0.5))
    studio.page.wait_for_timeout(300)
    assert studio.python("panel.split") == pytest.approx(0.25, abs=0.01) and studio.python("renders") == []
    studio.page.keyboard.press("End")
    studio.wait_for("panel.split", 1)
    for view in studio.views.all():
        assert (
            view.get_by_role("slider", name="Divider").get_attribute("aria-valuetext") == "100 % content, 0 % painted"
        )


# ---- styles and looks ------------------------------------------------------------------------------------------------


def test_a_second_style_and_its_share(studio):
    before = studio.picture()
    add_style(studio, "marbled")
    studio.wait_for("[panel.style_names, panel.weights]", [["kilim", "marbled"], [0.5, 0.5]])
    studio.wait_until_shown()
    halves = studio.picture()
    assert np.abs(halves - before).mean() > 4
    studio.drag(studio.view.get_by_role("slider", name=f"Share of {title('marbled')}"), (0.5, 0.5), (0.8, 0.5))
    studio.wait_until_shown()
    one, other = studio.python("panel.weights")
    assert other == pytest.approx(0.8, abs=0.04) and one == pytest.approx(1 - other)
    assert np.abs(studio.picture() - halves).mean() > 1
    shares = [view.locator(".al-share").all_inner_texts()[:2] for view in studio.views.all()]
    assert shares[0] == shares[1] == [f"{100 * share:.0f} %" for share in (one, other)]
    assert f"{title('marbled')} {100 * other:.0f} %" in studio.after.get_attribute("alt")
    studio.view.get_by_role("button", name=f"Take {title('kilim')} out").click()
    studio.wait_for("[panel.style_names, panel.weights]", [["marbled"], [1]])
    studio.wait_until_shown()
    assert studio.view.locator(".al-mixture").is_hidden()


def test_four_styles_have_a_pad(studio):
    studio.run("panel.style_names = ['kilim', 'marbled', 'neon_rain', 'ink_mountains']")
    studio.wait_until_shown()
    field = studio.view.locator(".al-field")
    studio.drag(field, (0.5, 0.5), (0.75, 0.5))
    studio.wait_until_shown()
    assert studio.python("panel.weights") == pytest.approx([0.125, 0.375, 0.125, 0.375], abs=0.01)
    studio.view.get_by_role("slider", name="Mixture").focus()
    studio.page.keyboard.press("3")
    studio.wait_for("panel.weights", [0, 0, 1, 0])


def test_the_last_style_stays(studio):
    kilim = studio.view.locator(".al-strip-style label:has(input[value=kilim])")
    kilim.click()  # takes it alone, as it is already
    assert not studio.error.is_visible() and studio.python("panel.style_names") == ["kilim"]
    kilim.click(modifiers=["Shift"])  # would leave none
    studio.error.wait_for(timeout=20_000)
    assert "1 to 8 styles" in studio.error.inner_text()
    assert studio.python("panel.style_names") == ["kilim"]
    assert studio.view.locator(".al-strip-style input[value=kilim]").is_checked()
    studio.dismiss()


def test_colour_strokes_and_size(studio):
    pictures = [studio.picture()]
    studio.view.locator(".al-segment", has_text="match").click()
    studio.wait_for("panel.color", "match")
    studio.wait_until_shown()
    pictures.append(studio.picture())
    studio.drag(studio.view.get_by_label("Stroke size"), (0.66, 0.5), (0.2, 0.5))
    studio.wait_until_shown()
    assert 0.25 < studio.python("panel.stroke_size") < 0.5
    pictures.append(studio.picture())
    for one, two in zip(pictures, pictures[1:], strict=False):
        assert np.abs(one - two).mean() > 2
    size = studio.view.get_by_label("Shorter side")
    assert "288 px" in size.inner_text(), "a size of Python's own is offered, too"
    size.select_option("256")
    studio.wait_for("panel.size", 256)
    studio.wait_until_shown()
    assert min(studio.picture().shape[:2]) == 256 and size.input_value() == "256"


def test_another_content_by_keys(studio):
    studio.view.locator(".al-strip-content input[value=coffee]").focus()
    studio.page.keyboard.press("ArrowRight")
    names = list(samples("content"))
    expected = names[names.index("coffee") + 1]
    studio.wait_for("panel.content", expected)
    studio.wait_until_shown()
    assert studio.view.locator(".al-group-content .al-current").first.inner_text() == title(expected, "content")


# ---- pictures of one's own -------------------------------------------------------------------------------------------


def test_pictures_of_one_s_own(studio, tmp_path):
    before = studio.picture()
    studio.choose_file("Upload a content picture", drawn_file(tmp_path / "my room.png"))
    studio.wait_for("panel.content", "my room")
    studio.wait_until_shown()
    assert studio.picture().shape != before.shape
    studio.choose_file("Upload a style picture", drawn_file(tmp_path / "my wall.png", 7))
    studio.wait_for("panel.style_names", ["kilim", "my wall"])
    studio.wait_until_shown()
    for view in studio.views.all():
        assert view.locator(".al-strip-style label", has_text="my wall").locator("input").is_checked()


def test_a_file_that_is_no_picture_loses_nothing(studio, tmp_path):
    add_style(studio, "marbled")
    studio.wait_for("len(panel.style_names)", 2)
    studio.wait_until_shown()
    before, settings = studio.picture(), studio.python("panel._shown | {'painting': 0}")
    path = tmp_path / "notes.png"
    path.write_text("These are words.")
    for button in ("Upload a content picture", "Upload a style picture", "Open a saved picture"):
        if button.startswith("Open"):
            drawn_file(path)  # a picture, and without a recipe
        studio.choose_file(button, path)
        studio.error.wait_for()
        words = studio.error.inner_text()
        assert ("notes.png is not a picture" if button.startswith("Upload") else "recipe") in words, words
        assert studio.python("panel._shown | {'painting': 0}") == settings and np.array_equal(studio.picture(), before)
        studio.dismiss()


def test_a_webcam_that_is_refused_gets_a_sentence(studio):
    studio.page.context.clear_permissions()
    studio.view.get_by_role("button", name="webcam").click()
    studio.error.wait_for()
    assert "The webcam was not allowed" in studio.error.inner_text()
    assert studio.view.locator(".al-webcam").is_hidden() and studio.python("panel.content") == "coffee"
    studio.dismiss()
    studio.page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('none', 'NotFoundError') } }"
    )
    studio.view.get_by_role("button", name="webcam").click()
    studio.error.wait_for()
    assert "There is no webcam on this machine" in studio.error.inner_text()
    studio.page.evaluate("delete navigator.mediaDevices.getUserMedia")
    studio.dismiss()


def test_a_click_takes_a_style_alone_and_its_badge_adds_it(studio):
    tile = studio.view.locator(".al-strip-style label:has(input[value=marbled])")
    tile.click()
    studio.wait_for("panel.style_names", ["marbled"])
    tile.click()
    studio.page.wait_for_timeout(300)
    assert studio.python("panel.style_names") == ["marbled"] and tile.locator("input").is_checked(), "one stays"
    other = studio.view.locator(".al-strip-style label:has(input[value=neon_rain])")
    other.hover()
    other.locator(".al-badge").click()
    studio.wait_for("panel.style_names", ["marbled", "neon_rain"])
    assert other.locator(".al-badge").inner_text() == "2"
    other.locator(".al-badge").click()
    studio.wait_for("panel.style_names", ["marbled"])
    studio.view.locator(".al-strip-style input[value=neon_rain]").focus()
    studio.page.keyboard.press("Shift+Space")
    studio.wait_for("panel.style_names", ["marbled", "neon_rain"])
    studio.page.keyboard.press("Space")
    studio.wait_for("panel.style_names", ["neon_rain"])


def test_a_photograph_by_webcam(studio):
    studio.page.context.grant_permissions(["camera"])
    try:
        button = studio.view.get_by_role("button", name="webcam")
        button.click()
        video = studio.view.locator(".al-video")
        video.wait_for()
        studio.page.wait_for_function("document.querySelector('.al-video').videoWidth > 0")
        assert video.evaluate("video => video.srcObject.getAudioTracks().length") == 0
        studio.page.keyboard.press("Escape")
        video.wait_for(state="hidden")
        assert video.evaluate("video => video.srcObject") is None, "the camera is off"
        assert button.evaluate("button => button === document.activeElement")
        button.click()
        studio.page.wait_for_function(
            "document.querySelector('.al-video').videoWidth > 0 && !document.querySelector('.al-video').paused"
        )
        studio.view.get_by_role("button", name="Take picture").click()
        studio.wait_for("panel.content.startswith('webcam')", True)
        studio.wait_until_shown()
        assert video.is_hidden() and studio.error.is_hidden()
        before = studio.view.locator(".al-before").evaluate("image => image.naturalWidth / image.naturalHeight")
        assert before == pytest.approx(4 / 3, abs=0.02) and studio.picture().std() > 10
    finally:
        studio.page.context.clear_permissions()


#: Drop or paste files, each with its name and its bytes in base64; whether the page kept the browser from leaving for them.
GIVE = """(element, [type, files]) => {
  const data = new DataTransfer();
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  for (const [name, text] of files) data.items.add(new File([bytes(text)], name, { type: "image/png" }));
  const more = { bubbles: true, cancelable: true };
  const event = type === "paste"
    ? new ClipboardEvent(type, { ...more, clipboardData: data })
    : new DragEvent(type, { ...more, dataTransfer: data });
  element.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def give(element, event, *paths):
    return element.evaluate(
        GIVE, [event, [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]]
    )


def test_files_are_dropped_on_picture_and_styles(studio, tmp_path):
    picture, styles = studio.view.locator(".al-compare"), studio.view.locator(".al-strip-style")
    room, wall, rug = (
        drawn_file(tmp_path / f"{name}.png", seed) for seed, name in enumerate(["a room", "a wall", "a rug"])
    )
    assert give(styles, "dragover", wall)
    assert "style" in studio.view.locator(".al-group-styles").get_attribute("data-drop")
    assert give(styles, "drop", wall, rug)
    studio.wait_for("panel.style_names", ["kilim", "a wall", "a rug"])
    assert studio.view.locator("[data-drop]").count() == 0
    assert give(picture, "drop", room)
    studio.wait_for("panel.content", "a room")
    studio.wait_until_shown()
    assert give(studio.view.locator(".al-group-look"), "drop", drawn_file(tmp_path / "elsewhere.png", 9))
    studio.wait_for("panel.content", "elsewhere")
    studio.wait_until_shown()


def test_a_picture_is_pasted_and_words_are_left_alone(studio, tmp_path):
    handle = studio.view.get_by_role("slider", name="Divider")
    assert give(handle, "paste", drawn_file(tmp_path / "image.png", 11))
    studio.wait_for("panel.content.startswith('pasted')", True)
    studio.wait_until_shown()
    assert not give(handle, "paste") and not give(handle, "drop")


def test_a_dropped_file_that_is_no_picture_loses_nothing(studio, tmp_path):
    before, settings = studio.picture(), studio.python("panel._shown | {'painting': 0}")
    path = tmp_path / "notes.txt"
    path.write_text("These are words.")
    for place in (".al-compare", ".al-strip-style", ".al-strip-content"):
        give(studio.view.locator(place), "drop", path)
        studio.error.wait_for()
        assert "notes.txt is not a picture" in studio.error.inner_text()
        assert studio.python("panel._shown | {'painting': 0}") == settings and np.array_equal(studio.picture(), before)
        studio.dismiss()


def test_an_example_is_one_click(studio):
    studio.run("panel.regions = True")
    studio.wait_until_shown()
    example = studio.view.get_by_role("button", name=f"Example: {title('cat', 'content')}")
    assert example.get_attribute("aria-pressed") == "false"
    example.click()
    studio.wait_for("[panel.content, panel.style_names, panel.regions]", ["cat", ["night_village"], False])
    studio.wait_until_shown()
    for view in studio.views.all():
        assert view.locator(".al-example[aria-pressed=true]").get_attribute("title").startswith(title("cat", "content"))


# ---- a closer look ---------------------------------------------------------------------------------------------------


def enlarged(studio):
    """How many times the picture is as wide as the view."""
    picture, view = studio.after.bounding_box(), studio.view.locator(".al-compare").bounding_box()
    return picture["width"] / view["width"]


def test_the_picture_is_enlarged_and_moved_and_the_divider_stays(studio):
    studio.view.get_by_role("button", name="Enlarge the picture").click()
    assert enlarged(studio) == pytest.approx(1.5, abs=0.01)
    studio.view.locator(".al-compare").scroll_into_view_if_needed()
    before, split = studio.after.bounding_box(), studio.python("panel.split")
    studio.drag(studio.view.locator(".al-compare"), (0.3, 0.3), (0.4, 0.4))
    after = studio.after.bounding_box()
    view = studio.view.locator(".al-compare").bounding_box()
    assert after["x"] - before["x"] == pytest.approx(0.1 * view["width"], abs=2)
    assert after["y"] - before["y"] == pytest.approx(0.1 * view["height"], abs=2)
    studio.page.wait_for_timeout(200)
    assert studio.python("panel.split") == split
    studio.page.keyboard.press("+")  # the picture has the focus
    assert enlarged(studio) == pytest.approx(2.25, abs=0.01)
    assert studio.page.locator(".al-compare[data-zoomed]").count() == 1, "the other view is its own"
    studio.page.keyboard.press("0")
    assert enlarged(studio) == pytest.approx(1, abs=0.01)
    assert studio.view.get_by_role("button", name="Make the picture smaller").count() == 0
    box = studio.view.locator(".al-compare").bounding_box()
    studio.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    studio.page.keyboard.down("Control")
    studio.page.mouse.wheel(0, -100)
    studio.page.keyboard.up("Control")
    studio.page.wait_for_function("document.querySelector('.al-studio .al-compare').hasAttribute('data-zoomed')")
    studio.view.get_by_role("slider", name="Divider").focus()
    studio.page.keyboard.press("Escape")
    assert enlarged(studio) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("allowed", [True, False])
def test_the_picture_fills_the_screen_and_escape_leaves(studio, allowed):
    stage = studio.view.locator(".al-stage")
    before = stage.bounding_box()
    if not allowed:  # as in a frame that may not, or on a small phone
        stage.evaluate("stage => { stage.requestFullscreen = undefined; }")
    try:
        button = studio.view.get_by_role("button", name="Fill the screen")
        button.click()
        studio.page.wait_for_function(
            "allowed => allowed ? document.fullscreenElement : document.querySelector('.al-stage:popover-open')",
            arg=allowed,
        )
        box, (width, height) = stage.bounding_box(), studio.page.evaluate("[innerWidth, innerHeight]")
        assert [box["x"], box["y"], box["width"], box["height"]] == pytest.approx([0, 0, width, height], abs=1)
        picture, mat = (studio.view.locator(place).first.bounding_box() for place in (".al-compare", ".al-mat"))
        assert max(picture["width"] / mat["width"], picture["height"] / mat["height"]) > 0.9, "as large as it goes"
        assert studio.alpha.is_visible() and button.get_attribute("aria-pressed") == "true"
        studio.alpha.focus()
        studio.page.keyboard.press("Escape")
        studio.page.wait_for_function("!document.fullscreenElement && !document.querySelector('.al-stage[data-full]')")
        after = stage.bounding_box()
        assert [after["width"], after["height"]] == pytest.approx([before["width"], before["height"]], abs=1)
        assert button.get_attribute("aria-pressed") == "false"
    finally:
        stage.evaluate("stage => { delete stage.requestFullscreen; }")


# ---- keeping ---------------------------------------------------------------------------------------------------------


def test_a_saved_picture_is_opened_and_made_again_to_the_byte(studio, tmp_path):
    add_style(studio, "marbled")
    studio.wait_for("len(panel.style_names)", 2)
    studio.run("panel.weights, panel.alpha, panel.stroke_size, panel.color = [0.3, 0.7], 0.9, 0.6, 'luminance'")
    studio.wait_until_shown()
    saved = studio.save(tmp_path / "saved.png")
    studio.view.get_by_role("button", name="Reset").click()
    studio.wait_for("[panel.alpha, panel.style_names]", [1, ["kilim"]])
    studio.wait_until_shown()
    studio.choose_file("Open a saved picture", saved)
    studio.wait_for("[panel.alpha, panel.style_names, panel.color]", [0.9, ["kilim", "marbled"], "luminance"])
    studio.wait_until_shown()
    assert "settings that the picture was made with" in studio.view.locator(".al-group-keep").inner_text()
    assert studio.save(tmp_path / "again.png").read_bytes() == saved.read_bytes()
    again = tmp_path / "reproduced.png"
    studio.notebook.python(f"from adain_lab.cli import main; main(['reproduce', {str(saved)!r}, '-o', {str(again)!r}])")
    assert again.read_bytes() == saved.read_bytes(), "and so does adain-lab reproduce"


@pytest.mark.parametrize("allowed", [True, False], ids=["clipboard", "no clipboard"])
def test_the_settings_as_a_program(studio, tmp_path, allowed):
    studio.run(
        "eye = __import__('torch').eye(9); panel.style_names = ['kilim', 'marbled']; panel.set_masks([eye, 1 - eye])"
    )
    studio.run("panel.alpha, panel.feather = 0.8, 4")
    studio.wait_until_shown()
    if allowed:
        studio.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:
        studio.page.evaluate(
            "() => { navigator.clipboard.writeText = async () => { throw new DOMException('no', 'NotAllowedError') } }"
        )
    try:
        studio.view.get_by_role("button", name="Copy settings as Python").click()
        code = studio.view.get_by_label("A program that paints this picture")
        code.wait_for()
        program = code.input_value()
        if allowed:
            studio.view.get_by_text("Copied: paste it").wait_for()
            assert studio.page.evaluate("navigator.clipboard.readText()") == program
        else:
            studio.view.get_by_text("Select the program and copy it").wait_for()
            assert code.evaluate("code => code.value.slice(code.selectionStart, code.selectionEnd)") == program
    finally:
        studio.page.context.clear_permissions()
        studio.page.evaluate("delete navigator.clipboard.writeText")
    assert studio.views.nth(1).locator(".al-code").is_hidden(), "only where it was asked for"
    studio.run(f"import os; os.chdir({str(tmp_path)!r})")
    studio.run(program)
    studio.save(tmp_path / "shown.png")
    (painted,) = (path for path in tmp_path.glob("*.png") if path.name != "shown.png")
    assert np.array_equal(np.asarray(Image.open(painted)), np.asarray(Image.open(tmp_path / "shown.png")))


def test_reset_puts_everything_back(studio):
    start, before = studio.python("panel._shown | {'painting': 0}"), studio.picture()
    studio.run(
        "panel.style_names = ['marbled', 'neon_rain']; panel.regions = True; panel.alpha = 0.4; panel.size = 256; panel.split = 0.1"
    )
    studio.wait_until_shown()
    studio.view.get_by_role("button", name="Reset").click()
    studio.wait_for("panel._shown | {'painting': 0}", start)
    studio.wait_until_shown()
    assert (
        np.array_equal(studio.picture(), before)
        and studio.alpha.input_value() == "1"
        and studio.python("panel.split") == 0.5
    )
    assert not studio.view.get_by_label("A style per region").is_checked() and studio.canvas.is_hidden()


# ---- regions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def painting(studio):
    """Regions are on, for two styles; the whole picture is the first region."""
    add_style(studio, "marbled")
    studio.wait_for("len(panel.style_names)", 2)
    group = studio.view.locator(".al-group-regions")
    if group.get_attribute("open") is None:
        group.locator("summary").click()
    studio.view.get_by_label("A style per region").check()
    studio.wait_for("[panel.regions, panel.masks.mean((1, 2)).tolist()]", [True, [1, 0]])
    studio.wait_until_shown()
    studio.view.locator(".al-chip").first.click()
    return studio


def test_a_region_is_painted_and_given_another_style(painting):
    before = painting.picture()
    painting.view.get_by_role("radio", name="Region 2", exact=True).check(force=True)
    painting.drag(painting.canvas, (0.2, 0.2), (0.2, 0.8))
    painting.wait_for("0.03 < panel.masks[1].mean().item() < 0.3", True)
    painting.wait_until_shown()
    said = painting.python("panel.description")
    assert "; " in said and painting.view.locator(".al-live").inner_text() == said, (
        "screen readers hear what is painted"
    )
    height, width = before.shape[:2]
    here = np.s_[int(0.3 * height) : int(0.7 * height), int(0.17 * width) : int(0.23 * width)]
    assert np.abs(painting.picture() - before).max(2)[here].mean() > 15, "the second style paints where the mouse was"
    red, green, blue = painting.dot(0.2, 0.5)
    assert red > 200 and blue < 60, "its colour lies over it"
    before = painting.picture()
    painting.view.get_by_label("Style of region 2").select_option("neon_rain")
    painting.wait_for("panel.style_names", ["kilim", "neon_rain"])
    painting.wait_until_shown()
    assert np.abs(painting.picture() - before).max(2)[here].mean() > 15
    assert painting.python("panel.masks[1].mean().item()") > 0.03, "its shape stays"
    assert f"{title('neon_rain')} in region 2" in painting.after.get_attribute("alt")
    painting.view.get_by_label("Style of region 1").select_option("neon_rain")
    painting.wait_for("panel.style_names", ["neon_rain", "kilim"])  # they exchange their styles
    painting.page.keyboard.press("Tab")
    painting.view.get_by_role("button", name="Undo").click()
    painting.wait_for("panel.masks[1].any().item()", False)


def test_a_third_style_gets_a_region_and_a_fifth_is_refused(painting):
    add_style(painting, "neon_rain")
    painting.wait_for("len(panel.style_names)", 3)
    painting.wait_until_shown()
    assert painting.view.locator(".al-region").count() == 3
    painting.view.get_by_role("radio", name="Region 3", exact=True).check(force=True)
    painting.view.get_by_role("button", name="Fill all").click()
    painting.wait_for("panel.masks.mean((1, 2)).tolist()", [0, 0, 1])
    add_style(painting, "de_stijl")
    painting.wait_for("len(panel.style_names)", 4)
    painting.wait_until_shown()
    painting.view.locator(".al-strip-style label:has(input[value=wave_print])").click()
    painting.error.wait_for()
    assert "up to 4 regions" in painting.error.inner_text() and len(painting.python("panel.style_names")) == 4
    assert painting.view.locator(".al-strip-style :checked").count() == 4
    painting.dismiss()


def test_strength_soft_edges_and_statistics(painting):
    painting.run("panel.masks = [__import__('torch').ones(64, 96).triu(), 1 - __import__('torch').ones(64, 96).triu()]")
    painting.wait_until_shown()
    pictures = [painting.picture()]
    for label, moves in (("Strength of region 1", ["Home"]), ("Soft edges", ["PageUp", "PageUp"])):
        painting.view.get_by_label(label).focus()
        for key in moves:
            painting.page.keyboard.press(key)
        painting.page.wait_for_timeout(100)
        painting.wait_until_shown()
        pictures.append(painting.picture())
    painting.view.get_by_label("Content statistics of the whole picture").check()
    painting.wait_for("panel.global_statistics", True)
    painting.wait_until_shown()
    pictures.append(painting.picture())
    for one, other in zip(pictures, pictures[1:], strict=False):
        assert np.abs(one - other).max() > 10
    assert painting.python("[panel.strengths[0], panel.feather > 3]") == [0, True]


def test_a_mask_is_saved_loaded_and_taken_from_the_samples(painting, tmp_path):
    painting.run(
        "panel.masks = [__import__('torch').ones(64, 96).triu(20), 1 - __import__('torch').ones(64, 96).triu(-20)]"
    )
    painting.wait_until_shown()
    labels = painting.python("panel.painting.hex()")
    path = painting.save(tmp_path / "regions.png", "Save mask")
    painting.view.get_by_role("button", name="Clear").click()
    painting.wait_for("panel.masks.any().item()", False)
    painting.choose_file("Load mask", path)
    painting.wait_for("panel.masks.mean((1, 2)).gt(0).tolist()", [True, True])
    painting.wait_until_shown()
    assert painting.python("panel.painting.hex()") == labels
    painting.view.get_by_label("Start from a sample mask").select_option("temple")
    painting.wait_for("len(panel.style_names)", 3)
    painting.wait_until_shown()
    assert "stretched" in painting.view.locator(".al-group-keep").inner_text() or painting.python("panel.note") == ""


# ---- for everybody ---------------------------------------------------------------------------------------------------

#: Buttons whose words do not fit in.
CROPPED = """(panel) =>
  [...panel.querySelectorAll(".al-button")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"""
#: What can have the focus and is seen; of radio buttons the chosen one.
FOCUSABLE = """(panel) => [...panel.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter((e) =>
  e.tabIndex >= 0 && !e.disabled && e.checkVisibility() && (e.type !== "radio" || e.checked))"""


def test_every_control_is_reached_by_tab_with_a_name_and_a_visible_focus(painting):
    painting.view.get_by_role("button", name="Copy settings as Python").click()
    painting.view.locator(".al-code").wait_for()
    painting.page.mouse.move(0, 0)
    session = painting.page.context.new_cdp_session(painting.page)
    count = painting.view.evaluate(
        f"(panel) => {{ window.wanted = ({FOCUSABLE})(panel); window.reached = []; return wanted.length; }}"
    )
    painting.view.evaluate("panel => { panel.tabIndex = -1; panel.focus(); panel.style.outline = 'none'; }")
    unnamed, unseen = [], []
    for _ in range(count):
        painting.page.keyboard.press("Tab")
        where = painting.page.evaluate(
            """() => { const e = document.activeElement; reached.push(e); e.scrollIntoView({ block: "center" });
               const b = (e.closest("label.al-tile, label.al-chip, label.al-segment") ?? e).getBoundingClientRect();
               return [wanted.includes(e), e.outerHTML.slice(0, 160), b.x, b.y, b.width, b.height]; }"""
        )
        inside, markup, x, y, width, height = where
        assert inside, f"Tab leaves the panel for {markup}"
        found = session.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        (node,) = session.send("Accessibility.getPartialAXTree", {"objectId": found, "fetchRelatives": False})["nodes"]
        if not node.get("name", {}).get("value", "").strip():
            unnamed.append(markup)
        clip = {"x": max(0, x - 12), "y": max(0, y - 12), "width": width + 24, "height": height + 24}
        focused = painting.page.screenshot(clip=clip, animations="disabled", caret="hide")
        painting.page.evaluate("document.activeElement.blur()")
        blurred = painting.page.screenshot(clip=clip, animations="disabled", caret="hide")
        painting.page.evaluate("reached.at(-1).focus()")
        if focused == blurred:
            unseen.append(markup)
    missed = painting.page.evaluate("wanted.filter((e) => !reached.includes(e)).map((e) => e.outerHTML.slice(0, 160))")
    painting.view.evaluate("panel => { panel.removeAttribute('tabindex'); panel.style.outline = ''; }")
    assert (missed, unnamed, unseen) == ([], [], []) and count > 50


def test_pictures_are_described(painting):
    images = painting.view.locator("img").evaluate_all(
        "images => images.filter((i) => i.checkVisibility()).map((i) => [i.alt, i.closest('button')?.getAttribute('aria-label') ?? ''])"
    )
    assert len(images) > 25 and all(alt or label for alt, label in images)
    assert f"{title('kilim')} in region 1" in painting.after.get_attribute("alt")
    assert title("coffee", "content").split()[0] in painting.view.locator(".al-before").get_attribute("alt")


def test_the_notebook_s_shortcuts_stay_away(studio):
    for control in (
        ".al-alpha input",
        ".al-group-head",
        ".al-segment input",
        ".al-select",
        ".al-own",
        ".al-camera",
        ".al-button",
    ):
        studio.type_shortcuts(control)


def test_the_picture_stays_in_sight_while_the_controls_scroll(painting):
    painting.page.set_viewport_size({"width": 1000, "height": 800})
    try:
        painting.page.mouse.move(700, 500)
        painting.view.get_by_label("Soft edges").scroll_into_view_if_needed()
        stage = painting.view.locator(".al-compare").bounding_box()
        assert painting.view.bounding_box()["y"] < 0 <= stage["y"], "the panel has scrolled, the picture has not"
    finally:
        painting.page.set_viewport_size({"width": 1280, "height": 1000})


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_both_themes_at_four_widths(studio, theme, tmp_path):
    looks = {
        "mixture": "panel.reset(); panel.style_names = ['kilim', 'marbled', 'neon_rain', 'ink_mountains']",
        "regions": "panel.reset(); panel.content = 'temple'; panel.set_masks('temple')",
    }
    with studio.in_theme(theme):
        for look, code in looks.items():
            studio.run(code)
            studio.wait_until_shown()
            for width in (700, 1000, 1400, 1600):
                studio.look(tmp_path, f"studio-{look}", width, height=1800)
                assert studio.view.evaluate(CROPPED) == []


@pytest.mark.parametrize(
    "look", ["panel.style_names = ['kilim', 'marbled', 'neon_rain', 'ink_mountains']", "panel.set_masks('cat')"]
)
def test_an_accessibility_engine_finds_nothing_grave(studio, look):
    studio.run(look)
    studio.wait_until_shown()
    studio.page.locator(".al-studio details").evaluate_all("all => all.forEach((group) => { group.open = true; })")
    studio.check_accessible()


def test_a_view_that_goes_leaves_nothing_behind(studio):
    studio.clear()
    studio.run("panel.alpha = 0.123")
    studio.show_again()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    opened.check_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_page_without_jupyterlab(browser, scheme):
    """Voila, Colab and VS Code bring other styles and other models."""
    panel, errors = StudioPanel("temple", masks="temple", stylizer="tiny", size=64), []
    names = [
        name
        for name in panel.keys
        if not name.startswith("_") and name not in ("layout", "comm", "tabbable", "tooltip")
    ]
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><meta name='color-scheme' content='light dark'><title>bare</title><body></body>")
    page.evaluate(MOUNT, [str(panel._esm), str(panel._css), {name: jsonable(getattr(panel, name)) for name in names}])
    page.wait_for_function("document.querySelector('.al-after').naturalWidth > 0")
    page.evaluate("model.set('error', 'Something to read.')")
    assert "Something to read." in page.get_by_role("alert").inner_text()
    page.get_by_role("radio", name="luminance").check(force=True)
    page.wait_for_function("model.get('color') === 'luminance' && saved > 0")
    page.get_by_label("Strength of region 2").focus()
    page.keyboard.press("Home")
    page.wait_for_function("model.get('strengths')[1] === 0 && model.get('moving') === false")
    ink, paper = page.evaluate(
        "[getComputedStyle(document.querySelector('.al-panel')).color, getComputedStyle(document.body).color]"
    )
    assert ink == paper, "without a theme of the notebook the page's own colours are taken"
    page.evaluate("leave()")
    assert page.evaluate("[listening(), document.body.children.length]") == [0, 0], "nothing is left behind"
    page.close()
    assert errors == []


def test_nothing_is_painted_before_python_has_said_what_there_is(browser):
    """Regions are switched on here, and Python has not answered yet: a stroke would take the place of its masks."""
    panel = StudioPanel("temple", masks="temple", stylizer="tiny", size=64)
    names = [
        name
        for name in panel.keys
        if not name.startswith("_") and name not in ("layout", "comm", "tabbable", "tooltip")
    ]
    state = {name: jsonable(getattr(panel, name)) for name in names}
    page = browser.new_page()
    page.set_content("<!doctype html><title>bare</title><body></body>")
    page.evaluate(MOUNT, [str(panel._esm), str(panel._css), state | {"painting": jsonable(b"")}])
    canvas = page.locator(".al-canvas")
    canvas.click()
    page.get_by_role("button", name="Fill all").click()
    page.wait_for_timeout(500)
    assert page.evaluate("model.get('painting').byteLength") == 0
    page.evaluate(
        "text => model.set('painting', new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer))",
        state["painting"]["base64"],
    )
    page.wait_for_timeout(500)
    canvas.click()
    page.wait_for_function("saved > 0 && model.get('painting').byteLength > 4")
    page.close()
