"""The panel's front end in a page without JupyterLab: Voila, Colab and VS Code bring other styles and other models."""

import base64

import pytest

from adain_lab.widgets import AlphaPanel

pytestmark = pytest.mark.browser

# A model as anywidget promises it, and nothing more.
MOUNT = """async ([esm, css, state]) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const revive = (v) => (Array.isArray(v) ? v.map(revive) : v?.base64 !== undefined ? bytes(v.base64)
    : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, revive(w)])) : v);
  const values = revive(state), listeners = {};
  window.sent = []; window.saved = 0;
  window.emit = (event, ...values) => [...(listeners[event] ?? [])].forEach((f) => f(...values));
  window.model = {
    get: (name) => values[name],
    set: (name, value) => {
      if (values[name] === value) return;
      values[name] = value;
      emit(`change:${name}`);
      emit("change");
    },
    save_changes: () => { window.saved += 1; },
    send: (content) => window.sent.push(content),
    on: (name, f) => (listeners[name] ??= new Set()).add(f),
    off: (name, f) => listeners[name]?.delete(f),
  };
  window.listening = () => Object.values(listeners).reduce((sum, set) => sum + set.size, 0);
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  window.leave = await module.default.render({ model, el: document.body });
}"""


def jsonable(value):
    if isinstance(value, (bytes, memoryview)):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [jsonable(v) for v in value]
    return {k: jsonable(v) for k, v in value.items()} if isinstance(value, dict) else value


@pytest.fixture(params=["light", "dark"])
def bare(request, browser):
    panel = AlphaPanel(stylizer="tiny", size=64)
    names = (
        "alpha",
        "max_alpha",
        "content",
        "style_name",
        "picture",
        "before",
        "split",
        "error",
        "busy",
        "milliseconds",
        "contents",
        "styles",
        "thumbnails",
    )
    page = browser.new_page()
    page.emulate_media(color_scheme=request.param)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><meta name='color-scheme' content='light dark'><title>bare</title><body></body>")
    page.evaluate(MOUNT, [str(panel._esm), str(panel._css), {name: jsonable(getattr(panel, name)) for name in names}])
    page.wait_for_function("document.querySelector('.al-after').naturalWidth > 0")
    yield page
    page.close()
    assert errors == []


def test_it_renders_listens_and_leaves(bare, tmp_path):
    bare.locator("input[type=range]").focus()
    for _ in range(3):
        bare.keyboard.press("ArrowLeft")
    bare.wait_for_function("model.get('alpha') === 0.97 && saved > 0")
    bare.evaluate("model.set('alpha', 0.4); model.set('error', 'Something to read.')")
    assert bare.locator("input[type=range]").input_value() == "0.4"
    assert "Something to read." in bare.get_by_role("alert").inner_text()
    bare.get_by_role("button", name="Save PNG").click()
    assert bare.evaluate("model.get('request').do") == "save"
    bare.screenshot(path=tmp_path / "bare.png")
    bare.evaluate("leave()")
    assert bare.evaluate("[listening(), document.body.children.length]") == [0, 0], "nothing is left behind"


def test_letters_differ_from_the_paper(bare):
    ink, paper = bare.evaluate(
        "[getComputedStyle(document.querySelector('.al-panel')).color, getComputedStyle(document.body).color]"
    )
    assert ink == paper, "without a theme of the notebook the page's own colours are taken"
