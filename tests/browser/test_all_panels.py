"""Every panel in a page of its own, as wide as a phone, a tablet and a window: nothing sticks out, fingers find what they
press, no other panel's stylesheet changes it, and its picture stays in sight in JupyterLab's view.
"""

import pytest
from browser.test_bare_page import MOUNT, jsonable
from pictures import scene
from PIL import Image

from adain_lab import widgets

pytestmark = pytest.mark.browser

WIDTHS = [390, 800, 1280, 1600]
SMALL = {"stylizer": "tiny", "size": 64}
OPTIONS = {
    "CameraPanel": {"stylizer": "tiny", "size": 128},
    "ChannelPanel": {"size": 64},
    "GatysPanel": {"encoder": "tiny", "size": 64},
    "InversionPanel": {"encoder": "tiny", "size": 64, "steps": 1},
    "PredictPanel": {"name": "02-mirrored"},
}
#: What can be seen of a panel: place, size and colours of all its elements.
LOOKS = """() => [...document.querySelectorAll('.al-panel, .al-panel *')].map((element) => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const place = [box.x, box.y, box.width, box.height].map((value) => Math.round(10 * value) / 10);
  const looks = [style.display, style.color, style.backgroundColor, style.padding];
  return [element.tagName, element.getAttribute('class') ?? '', ...place, ...looks].join(' ');
})"""
#: Elements that are seen and reach beyond the page, and are in nothing that scrolls or cuts them off.
OUTSIDE = """() => [...document.querySelectorAll('.al-panel *')].filter((element) => {
  const { left, right, width, height } = element.getBoundingClientRect();
  if (!width || !height || (right <= innerWidth + 0.5 && left >= -0.5)) return false;
  for (let around = element.parentElement; around; around = around.parentElement)
    if (getComputedStyle(around).overflowX !== 'visible' && around.getBoundingClientRect().right <= innerWidth + 0.5) return false;
  return getComputedStyle(element).visibility === 'visible';
}).map((element) => `${element.tagName} ${element.getAttribute('class')}`)"""
ADD = "(css) => css.forEach((text) => document.head.append(Object.assign(document.createElement('style'), { textContent: text })))"


def front_end(name, **options):
    """What a panel sends to its page: JavaScript, stylesheet, and the traits that the page knows."""
    panel = getattr(widgets, name)(**OPTIONS.get(name, SMALL), **options)
    if hasattr(panel, "wait"):
        panel.wait(60)
    state = {key: value for key, value in panel.get_state().items() if not key.startswith("_")}
    found = [str(panel._esm), str(panel._css), jsonable(state)]
    panel.close()
    return found


@pytest.fixture(scope="module")
def front_ends():
    """The front end of each panel."""
    return {name: front_end(name) for name in widgets.__all__}


@pytest.fixture
def mounted(browser):
    """A page with one panel, from its front end, and nothing else."""
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def mount(front_end):
        page.set_content(
            "<!doctype html><meta name='color-scheme' content='light dark'><title>one panel</title><body></body>"
        )
        page.evaluate(MOUNT, front_end)
        page.locator(".al-panel").first.wait_for()
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        return page

    yield mount
    page.close()
    assert errors == []


@pytest.fixture(params=widgets.__all__)
def alone(request, front_ends, mounted):
    """A page with one panel and nothing else; and the stylesheets of all the others."""
    page = mounted(front_ends[request.param])
    return page, [css for name, (_, css, _) in front_ends.items() if name != request.param]


def test_nothing_sticks_out_and_panels_leave_each_other_alone(alone):
    page, others = alone
    before = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        before[width] = page.evaluate(LOOKS)
        assert len(before[width]) > 5
    page.evaluate(ADD, others)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        assert page.evaluate(LOOKS) == before[width], width


#: What a finger presses, with its label where that is around it, and is less than 44 pixels high or wide. Points of a plane
#: (a pad's handle, pictures on a map) are left out: a press anywhere in the plane does what a drag of them does.
TOO_SMALL = """() => [...document.querySelectorAll('.al-panel :is(button, select, input, summary, [role=slider])')].filter((element) => {
  if (element.disabled || element.closest('.al-field, .al-plane, .al-compare')) return false;
  const around = element.closest('label') ?? element, { width, height } = around.getBoundingClientRect();
  return width && height && getComputedStyle(around).visibility === 'visible' && Math.min(width, height) < 43.5;
}).map((element) => element.outerHTML)"""


def test_fingers_find_what_they_press(alone):
    page, _ = alone
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("matchMedia('(pointer: coarse)').matches")
    assert page.evaluate(TOO_SMALL) == []


#: JupyterLab's view of a notebook in a window of 1280 x 800, with its file browser closed and open.
VIEWS = [(1100, 650), (850, 650)]
VIEW = """([width, height]) => {
  document.documentElement.style.overflow = 'hidden';
  Object.assign(document.body.style, { margin: 0, width: `${width}px`, height: `${height}px`, overflowY: 'auto' });
}"""
#: The share of the picture that is seen at least while every control is scrolled into view; and the controls that lie under
#: something else then, or when one scrolls to the middle or to the end of the panel.
FITS = """() => {
  const view = document.body, panel = document.querySelector('.al-panel'), covered = new Set();
  const controls = [...panel.querySelectorAll('button, select, input')].map((element) => element.closest('label') ?? element).filter(
    (element) => element.offsetHeight && getComputedStyle(element).visibility === 'visible' && !element.closest('.al-field, .al-plane'));
  const kinds = '.al-after, .al-canvas, .al-figure img, .al-way img, .al-live';
  const pictures = [...panel.querySelectorAll(kinds)].filter((element) => element.offsetHeight);
  const seen = () => Math.max(...pictures.map((picture) => {
    const { top, bottom, height } = picture.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, view.clientHeight) - Math.max(top, 0)) / height;
  }));
  const look = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect(), hit = document.elementFromPoint(x + width / 2, y + height / 2);
    if (!element.contains(hit)) covered.add(element.outerHTML.slice(0, 120));
  };
  let least = 1;
  for (const control of controls) {
    view.scrollTop = 0;
    control.scrollIntoView({ block: 'nearest' });
    look(control);
    least = Math.min(least, seen());
  }
  for (const part of [0.5, 1]) {
    view.scrollTop = part * (view.scrollHeight - view.clientHeight);
    controls.filter((control) => {
      const { top, bottom } = control.getBoundingClientRect();
      return top >= 0 && bottom <= view.clientHeight;
    }).forEach(look);
    least = Math.min(least, seen());
  }
  view.scrollTop = 0;
  return { least, covered: [...covered], controls: controls.length };
}"""
#: Panels whose picture can be of any shape, with one that is higher than wide.
TALL = [
    "AlphaPanel",
    "ColorPanel",
    "GatysPanel",
    "InterpolationPanel",
    "InversionPanel",
    "MaskPanel",
    "StyleSpacePanel",
]


def check_fit(page, width, height):
    page.set_viewport_size({"width": 1280, "height": height + 150})
    page.evaluate(VIEW, [width, height])
    page.wait_for_timeout(150)
    found = page.evaluate(FITS)
    assert found["controls"] > 3
    assert found["covered"] == [], (width, height)
    assert found["least"] > 0.4, f"{width} x {height}: {found['least']:.0%} of the picture are in sight"


@pytest.mark.parametrize("name", [name for name in widgets.__all__ if name not in ("PredictPanel", "StudioPanel")])
def test_the_picture_stays_in_sight_with_every_control_in_jupyterlabs_view(name, front_ends, mounted):
    page = mounted(front_ends[name])
    for width, height in VIEWS:
        check_fit(page, width, height)


@pytest.mark.parametrize("name", TALL)
def test_so_does_a_picture_that_is_higher_than_wide(name, mounted, tmp_path):
    Image.fromarray(scene(120, 80)).save(tmp_path / "tall.png")
    page = mounted(front_end(name, content=tmp_path / "tall.png"))
    for width, height in VIEWS:
        check_fit(page, width, height)


def test_so_do_all_three_ways_to_keep_colours(front_ends, mounted):
    page = mounted(front_ends["ColorPanel"])
    page.get_by_role("switch", name="all three").check(force=True)
    page.evaluate("model.set('pictures', Array(3).fill(model.get('picture')))")
    page.locator(".al-way img").nth(2).wait_for()
    for width, height in VIEWS:
        check_fit(page, width, height)
