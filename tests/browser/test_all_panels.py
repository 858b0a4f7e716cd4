"""Every panel in a page of its own, as wide as a phone, a tablet and a window: nothing sticks out, fingers find what they
press, and no other panel's stylesheet changes it.
"""

import pytest
from browser.test_bare_page import MOUNT, jsonable

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


@pytest.fixture(scope="module")
def front_ends():
    """What each panel sends to its page: JavaScript, stylesheet, and the traits that the page knows."""
    found = {}
    for name in widgets.__all__:
        panel = getattr(widgets, name)(**OPTIONS.get(name, SMALL))
        if hasattr(panel, "wait"):
            panel.wait(60)
        state = {key: value for key, value in panel.get_state().items() if not key.startswith("_")}
        found[name] = [str(panel._esm), str(panel._css), jsonable(state)]
        panel.close()
    return found


@pytest.fixture(params=widgets.__all__)
def alone(request, front_ends, browser):
    """A page with one panel and nothing else; and the stylesheets of all the others."""
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(
        "<!doctype html><meta name='color-scheme' content='light dark'><title>one panel</title><body></body>"
    )
    page.evaluate(MOUNT, front_ends[request.param])
    page.locator(".al-panel").first.wait_for()
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    yield page, [css for name, (_, css, _) in front_ends.items() if name != request.param]
    page.close()
    assert errors == []


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
