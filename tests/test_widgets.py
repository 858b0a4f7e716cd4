"""The alpha panel without a browser: everything it does can be driven by its traits and messages."""

import builtins
import io
import json
import re
import subprocess
import sys
import threading
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image

from adain_lab import samples
from adain_lab.images import to_tensor
from adain_lab.widgets import AlphaPanel, frontend
from adain_lab.widgets.session import Session, fitted_size
from adain_lab.widgets.session.gallery import MAX_OWN, Gallery
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.uploads import MAX_BYTES, Uploads


def png(height=40, width=56, seed=3, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(scene(height, width, seed)).save(buffer, "PNG", **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def bring(panel, kind, name, data, part_bytes=2**20):
    """What the page sends when somebody chooses a file."""
    parts = [data[i : i + part_bytes] for i in range(0, len(data), part_bytes)] or [b""]
    for number, part in enumerate(parts):
        message = {"do": "upload", "id": "u1", "kind": kind, "name": name, "part": number, "parts": len(parts)}
        panel._handle_custom_msg(message, [memoryview(part)])


@pytest.fixture
def panel(stylizer, content, style):
    return AlphaPanel(content, style, stylizer=stylizer, size=64)


@pytest.fixture
def counted(monkeypatch, stylizer):
    """How often each of the stylizer's methods was called."""
    calls = {"encode_content": 0, "encode_style": 0, "render": 0}

    def count(name):
        original = getattr(stylizer, name)

        def counting(*args, **kwargs):
            calls[name] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(stylizer, name, counting)

    for name in calls:
        count(name)
    return calls


# ---- pictures ----------------------------------------------------------------------------------------------------


def test_it_opens_with_bundled_samples(stylizer):
    content, style = next(iter(samples("content"))), next(iter(samples("style")))
    panel = AlphaPanel(content, style, stylizer=stylizer, size=64)
    assert (panel.content, panel.style) == (content, style)
    assert [row["name"] for row in panel.contents] == list(samples("content"))
    assert [row["name"] for row in panel.styles] == list(samples("style"))
    for kind in ("contents", "styles"):
        for row in getattr(panel, kind):
            assert opened(panel.thumbnail(kind, row["name"])).format == "JPEG" and row["alt"]
    assert not panel.error


def test_its_own_defaults_are_bundled(stylizer):
    panel = AlphaPanel(stylizer=stylizer, size=64)
    assert panel.content in samples("content") and panel.style in samples("style")


def test_the_default_model_is_the_one_that_load_gives(content, style):
    assert AlphaPanel(content, style, size=48).stylizer.model == "levels"
    assert AlphaPanel(content, style, size=48).stylizer is AlphaPanel(content, style, size=48).stylizer, (
        "it is loaded once"
    )


@pytest.mark.parametrize("kind", ["path", "text", "pil", "array", "tensor", "bytes"])
def test_any_picture_will_do(stylizer, style, picture_file, kind):
    path = picture_file("my photo.png", 48, 64)
    array = np.asarray(Image.open(path))
    given = {
        "path": path,
        "text": str(path),
        "pil": Image.open(path),
        "array": array,
        "tensor": to_tensor(path),
        "bytes": path.read_bytes(),
    }[kind]
    panel = AlphaPanel(given, style, stylizer=stylizer, size=48)
    assert panel.content == ("my photo" if kind in ("path", "text") else "your content")
    assert panel.images.shape == (1, 3, 48, 64)


def test_alpha_changes_the_picture_at_once(panel):
    strong, strong_jpeg = panel.images, panel.picture
    panel.alpha = 0.25
    assert not torch.equal(panel.images, strong) and panel.picture != strong_jpeg
    assert opened(panel.picture).size == opened(panel.before).size == (88, 64)
    assert panel.milliseconds > 0 and not panel.busy
    panel.alpha = 1
    assert torch.equal(panel.images, strong), "the same alpha gives the same picture"


def test_the_picture_is_what_the_stylizer_makes(panel, stylizer, content, style):
    panel.alpha = 0.6
    assert torch.allclose(panel.images, stylizer(content, style, 0.6, style_size=64), atol=1e-5)


def test_alpha_0_is_the_content_through_encoder_and_decoder(panel, stylizer, content):
    panel.alpha = 0
    features = stylizer.encoder(content)["relu4_1"]
    assert torch.allclose(panel.images, stylizer.decode(features)[..., :64, :88], atol=1e-4)


def test_the_slider_costs_one_render(panel, counted):
    for alpha in (0.1, 0.2, 0.3):
        panel.alpha = alpha
    assert counted == {"encode_content": 0, "encode_style": 0, "render": 3}


def test_what_was_encoded_is_kept(panel, counted):
    first, other = panel.style, panel.add("style", scene(50, 60, 7))
    panel.style = first
    panel.style = other
    assert counted == {"encode_content": 0, "encode_style": 1, "render": 3}


def test_several_traits_at_once_make_one_picture(panel, counted):
    name, other = panel.content, panel.add("content", scene(64, 64, 9))
    before = dict(counted)
    panel.set_state({"alpha": 0.5, "content": name})
    assert counted["render"] == before["render"] + 1
    assert (panel.alpha, panel.content) == (0.5, name) != (1.0, other)


def test_a_burst_ends_on_the_last_value(panel, stylizer, content, style):
    for number in range(30):
        panel.set_state({"alpha": number / 29})
    assert panel.alpha == 1.0
    assert torch.allclose(panel.images, stylizer(content, style, 1.0, style_size=64), atol=1e-5)


def test_cells_and_the_page_may_set_values_at_the_same_time(panel, stylizer, content, style):
    """JupyterLab delivers the page's messages on a thread of its own."""
    threads = [
        threading.Thread(target=lambda k=k: [panel.set_state({"alpha": (k + n) / 20}) for n in range(8)])
        for k in (0, 10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not panel.error and not panel.busy
    assert torch.allclose(panel.images, stylizer(content, style, panel.alpha, style_size=64), atol=1e-5)


def test_a_panorama_stays_within_bounds(stylizer, style):
    panel = AlphaPanel(scene(40, 400), style, stylizer=stylizer, size=64)
    assert max(panel.images.shape) <= 3 * 64
    assert fitted_size(300, 300, 64) == 64


def test_two_panels_are_independent(stylizer, content, style):
    one, two = (AlphaPanel(content, style, stylizer=stylizer, size=48) for _ in range(2))
    one.alpha = 0.3
    one.add("style", scene(48, 48, 5), "mine")
    assert two.alpha == 1.0 and two.style == "your style"
    assert "mine" not in [row["name"] for row in two.styles]


def test_extrapolation_where_it_was_asked_for(stylizer, content, style):
    panel = AlphaPanel(content, style, stylizer=stylizer, size=48, max_alpha=2)
    panel.alpha = 1.7
    assert panel.alpha == 1.7 and not panel.error


# ---- refusals: a sentence, and everything as it was -----------------------------------------------------------------


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.1, 1.5])
@pytest.mark.parametrize("way", ["python", "page"])
def test_a_bad_alpha_is_refused(panel, bad, way):
    panel.alpha = 0.4
    images, jpeg = panel.images, panel.picture
    if way == "python":
        panel.alpha = bad
    else:
        panel.set_state({"alpha": bad})
    assert panel.alpha == 0.4
    assert panel.error.startswith("alpha ") and "\n" not in panel.error
    assert panel.images is images and panel.picture == jpeg
    panel.alpha = 0.5
    assert panel.error == "", "the next good value clears the message"


def test_the_page_cannot_send_what_is_no_number(panel):
    panel.set_state({"alpha": "much"})
    assert panel.alpha == 1.0 and panel.error


@pytest.mark.parametrize("trait", ["content", "style"])
def test_an_unknown_name_lists_the_choices(panel, trait):
    good = getattr(panel, trait)
    setattr(panel, trait, "no such picture")
    assert getattr(panel, trait) == good
    assert f"no {trait} picture is called 'no such picture'" in panel.error and good in panel.error


def test_the_page_asks_for_an_unknown_style(panel):
    panel.set_state({"style_name": "no such picture"})
    assert panel.style == panel.style_name == "your style" and "choose from" in panel.error


def test_split_stays_in_range(panel):
    panel.split = 7
    assert panel.split == 1.0
    panel.split = float("nan")
    assert panel.split == 1.0 and "split" in panel.error


def test_a_failing_render_is_shown(panel, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("out of memory")

    jpeg = panel.picture
    monkeypatch.setattr(panel.stylizer, "render", fail)
    panel.alpha = 0.5
    assert panel.error.endswith("RuntimeError: out of memory") and panel.picture == jpeg and not panel.busy
    monkeypatch.undo()
    panel.alpha = 0.6
    assert panel.error == "" and panel.picture != jpeg


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"content": "no_such_sample"}, "no content picture is called 'no_such_sample': choose from"),
        ({"alpha": -1}, "alpha must be 0"),
        ({"alpha": 1.2}, "alpha goes up to 1"),
        ({"max_alpha": 0.5}, "max_alpha must be 1 or more"),
        ({"size": 8}, "size must be a whole number of pixels from"),
        ({"stylizer": "huge"}, "unknown model 'huge': choose from"),
    ],
)
def test_bad_arguments(stylizer, content, style, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        AlphaPanel(**{"content": content, "style": style, "stylizer": stylizer, **arguments})


# ---- pictures that people bring
# ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["content", "style"])
def test_an_upload_is_chosen_at_once(panel, kind):
    before = panel.picture
    bring(panel, kind, "Sunday walk.png", png(), part_bytes=100)
    assert getattr(panel, kind) == "Sunday walk" and not panel.error
    assert [row["name"] for row in getattr(panel, f"{kind}s")][-1] == "Sunday walk"
    assert panel.picture != before and not panel.busy


def test_the_same_name_twice_gets_a_number(panel):
    for _ in range(2):
        bring(panel, "style", "a.png", png())
    assert panel.style == "a 2"


def test_a_transparent_picture_lies_on_white(panel):
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    bring(panel, "content", "logo.png", buffer.getvalue())
    assert panel.content == "logo" and not panel.error
    assert np.asarray(opened(panel.before)).min() >= 250


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"These are words, not a picture.", "notes.png is not a picture in a format that can be read"),
        (b"", "notes.png is empty"),
        (png()[:200], "notes.png is damaged or incomplete"),
        (png(1, 1), "notes.png has 1 × 1 pixels: each side needs at least 16"),
    ],
)
@pytest.mark.parametrize("kind", ["content", "style"])
def test_a_bad_upload_says_why_and_loses_nothing(panel, kind, data, sentence):
    jpeg, rows, name = panel.picture, getattr(panel, f"{kind}s"), getattr(panel, kind)
    bring(panel, kind, "notes.png", data)
    assert sentence in panel.error
    assert (
        panel.picture == jpeg and getattr(panel, f"{kind}s") == rows and getattr(panel, kind) == name and not panel.busy
    )
    panel.alpha = 0.5
    assert panel.error == ""


def test_a_message_that_is_no_part_of_a_file_is_a_sentence():
    good = {"id": "a", "part": 0, "parts": 2, "name": "x.png", "kind": "style"}
    wrong = {"part": (None, [], -1, 2**70, "x", 2), "parts": (None, "x", 0), "name": (None, []), "kind": (None, 3)}
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError, match="did not arrive completely"):
                Uploads().take({**good, name: value}, [b"12"])
        with pytest.raises(ValueError, match="did not arrive completely"):
            Uploads().take({key: value for key, value in good.items() if key != name}, [b"12"])


def test_the_oldest_pictures_make_room_and_those_in_use_stay():
    gallery = Gallery("style")
    names = [gallery.add(Image.new("RGB", (16, 16)), f"{n}.png", {"0", "sample"}) for n in range(MAX_OWN + 5)]
    own = [item.name for item in gallery if item.own]
    assert own == ["0", *names[6:]] and len(own) == MAX_OWN
    assert gallery.add(Image.new("RGB", (16, 16)), "1.png", ()) == "1 2"  # its name is not another's
    assert gallery.add(Image.new("RGB", (16, 16)), "more.png") == "more" and "0" not in gallery
    assert len([item for item in gallery if item.own]) == MAX_OWN + 1  # where nobody says what is used, all stay


def test_uploads_are_bounded_and_complete():
    uploads = Uploads()
    message = {"id": "x", "name": "big.png", "kind": "style", "parts": 30}
    with pytest.raises(ValueError, match="larger than 20 MB"):
        for part in range(30):
            uploads.take({**message, "part": part}, [bytes(MAX_BYTES // 20)])
    with pytest.raises(ValueError, match="did not arrive completely"):
        uploads.take({**message, "part": 4}, [b""])


def test_an_unknown_message_is_answered(panel):
    panel._handle_custom_msg({"do": "dance"}, [])
    assert "dance" in panel.error
    panel._handle_custom_msg({"do": "upload"}, [])
    assert panel.error


def test_adding_from_python_raises(panel):
    with pytest.raises(ValueError, match="choose from content, style"):
        panel.add("mask", scene(32, 32))
    with pytest.raises(FileNotFoundError):
        panel.add("style", "no/such/file.png")


# ---- what leaves the panel
# ----------------------------------------------------------------------------------------------


def test_save_sends_a_png_with_its_recipe_to_the_view_that_asked(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append((content, buffers)))
    panel.alpha = 0.5
    panel._handle_custom_msg({"do": "save", "view": "v1"}, [])
    [(content, [data])] = sent
    assert content["view"] == "v1" and content["name"].endswith(".png") and " " not in content["name"]
    image = opened(data)
    assert image.format == "PNG" and image.size == (88, 64)
    assert np.abs(np.asarray(image) / 255 - panel.images[0].permute(1, 2, 0).numpy()).max() < 0.003, "PNG loses nothing"
    recipe = json.loads(image.text["adain_lab"])
    assert recipe["alpha"] == 0.5 and recipe["model"] == "tiny" and recipe["content"]["name"] == "your content"


def test_what_is_saved_has_what_was_set_with_it(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: sent.append((content, buffers)))
    panel.set_state(
        {"request": {"do": "save", "view": "v1", "number": "1"}, "alpha": 0.25}
    )  # in whatever order they lie in the message
    [(content, [data])] = sent
    assert content["view"] == "v1" and json.loads(opened(data).text["adain_lab"])["alpha"] == 0.25


def test_reset(panel):
    panel.alpha, panel.split = 0.2, 0.9
    bring(panel, "style", "a.png", png())
    panel.style = "nonsense"
    panel._handle_custom_msg({"do": "reset"}, [])
    assert (panel.alpha, panel.split, panel.style, panel.error) == (1.0, 0.5, "your style", "")
    assert "a" in [row["name"] for row in panel.styles]


def test_the_static_picture(panel):
    image = panel.static()
    assert image.mode == "RGB" and image.height > 64
    assert image.width == 88 + round(56 * 64 / 72) + 88 + 4 * 12
    panel.alpha = 0.1
    assert np.asarray(panel.static()).shape == np.asarray(image).shape
    assert not np.array_equal(np.asarray(panel.static()), np.asarray(image))
    assert panel.alt == "your content in the style of your style, alpha 0.10"


def test_captions_are_shortened_to_their_picture():
    wide = captioned_row([("a" * 200, Image.new("RGB", (60, 60)))], height=60)
    assert wide.width == 60 + 24


def test_the_repr_is_stable(panel):
    assert repr(panel) == "AlphaPanel(content='your content', style='your style', alpha=1.0)"
    assert panel._repr_mimebundle_()[0]["text/plain"] == repr(panel)


def test_bytes_from_the_page_are_taken(panel):
    """The browser sends a memoryview; a plain Bytes trait refuses it without a word."""
    panel.set_state({"picture": memoryview(b"x")})
    assert panel.picture == b"x" and not panel.error


def test_no_trait_hides_one_of_the_widget_s_own():
    """A synchronised trait called style, layout or tooltip means a widget to ipywidgets' front end, which then
    fails.
    """
    from ipywidgets import HTML

    ours = [cls for cls in AlphaPanel.__mro__ if cls.__module__.startswith("adain_lab")]
    own = {name for name in AlphaPanel.class_trait_names(sync=True) if any(name in cls.__dict__ for cls in ours)}
    assert "style_name" in own and not own & set(HTML.class_trait_names())


# ---- computation and front end
# ------------------------------------------------------------------------------------------


def test_the_computation_knows_no_widget():
    code = (
        "import sys, adain_lab.widgets.session, adain_lab.widgets.uploads, adain_lab.widgets.stills, adain_lab.widgets.frontend\n"
        "print(*[m for m in ('anywidget', 'ipywidgets', 'traitlets') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_importing_the_panels_is_light():
    code = "import sys, adain_lab.widgets\nprint(*[m for m in ('torch', 'anywidget', 'PIL') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_without_anywidget_a_panel_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.split(".")[0] == "anywidget":
            raise ModuleNotFoundError("No module named 'anywidget'", name="anywidget")
        return real(name, *args, **kwargs)

    for name in [
        m for m in sys.modules if m.startswith(("adain_lab.widgets.alpha", "adain_lab.widgets.p", "anywidget"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", missing)
    from adain_lab.widgets import AlphaPanel as StandIn

    with pytest.raises(ImportError, match="AlphaPanel needs the package 'anywidget'.*pip install anywidget"):
        StandIn("cat")


def test_a_frame_cannot_be_changed(stylizer, content, style):
    session = Session(stylizer, 48)
    frame = session.render(session.contents.add(content), session.styles.add(style))
    assert frame.size == (66, 48) and opened(frame.jpeg).size == frame.size
    with pytest.raises(FrozenInstanceError):
        frame.jpeg = b""


def test_codes_of_contents_do_not_pile_up(stylizer):
    session = Session(stylizer, 32)
    for seed in range(12):
        session.code(session.contents.add(scene(32, 32, seed)))
    assert len(session._codes) == 8


def test_a_large_picture_is_kept_small():
    gallery = Gallery("content")
    assert max(gallery[gallery.add(Image.new("RGB", (5000, 300)))].open().size) == 2048


def test_the_front_end_is_one_module_without_outside_addresses():
    text = frontend.module("alpha.js")
    assert "\nimport " not in text and text.count("export default") == 1
    assert text.count("export function make(") == 1, "a neighbour that two files import comes in once"
    css = frontend.stylesheet("al-alpha-panel", "panel.css", "alpha.css")
    for source in (text, css):
        assert "http" not in source.replace("http://www.w3.org/2000/svg", "").replace("http%3A", "")


@pytest.mark.parametrize(
    "name", sorted(path.name for path in frontend._STATIC.glob("*.js") if "export default" in path.read_text())
)
def test_a_module_put_together_declares_each_name_once(name):
    """The parts of a front end share one scope; a name that two of them declare is a syntax error in the page."""
    text = frontend.module(name)
    names = re.findall(r"^(?:export )?(?:const|let|function|async function|class) (\w+)", text, re.MULTILINE)
    assert len(names) > 1 and sorted(set(names)) == sorted(names)
