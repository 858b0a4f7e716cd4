"""The channel panel in JupyterLab, moved by real keys."""

import pytest
from browser.panel_page import PanelPage

pytestmark = pytest.mark.browser

CELLS = [
    "from adain_lab.widgets import ChannelPanel\npanel = ChannelPanel(size=96)\npanel",
    "panel  # a second view of the same panel",
]


class ChannelPage(PanelPage):
    """The notebook with its first view of the panel."""

    selector = ".al-panel"
    ready = "not panel.busy"


def test_keys_move_the_two_numbers_and_all_three_pictures(open_notebook, tmp_path):
    shown = ChannelPage(open_notebook("channel.ipynb", CELLS))
    before, mean = shown.pixels(), shown.python("panel.mean")
    bars = shown.view.locator("svg").evaluate("svg => svg.innerHTML")
    hand = shown.view.get_by_role("slider", name="Mean")
    hand.focus()
    for _ in range(40):
        shown.page.keyboard.press("ArrowRight")
    shown.wait_for_another_picture(before)
    assert shown.python("panel.mean") > mean
    assert shown.view.locator("svg").evaluate("svg => svg.innerHTML") != bars
    shown.type_shortcuts("input[type=range]")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        with shown.in_theme(theme):
            for width in (900, 400):
                shown.look(tmp_path, "channel", width, least=10_000)
    shown.view.get_by_role("button", name="Reset").click()
    shown.wait_for("panel.mean", mean)
    shown.check_quiet()


def test_an_accessibility_engine_finds_nothing_grave(open_notebook):
    ChannelPage(open_notebook("channel_accessible.ipynb", CELLS)).check_accessible()
