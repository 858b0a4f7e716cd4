"""axe-core, the accessibility engine, run on one part of a page."""

from axe_playwright_python.sync_playwright import Axe

#: All that WCAG 2.2 asks at levels A and AA, and what axe's authors ask beyond it.
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
#: How grave a finding must be to count.
GRAVE = ("serious", "critical")


def findings(page, selector):
    """What axe finds grave in whatever ``selector`` matches: one line per rule and element, none where all is well.

    Raises:
        ValueError: nothing matches, so nothing was looked at.
    """
    if not page.locator(selector).count():
        raise ValueError(f"nothing on the page matches {selector}")
    found = Axe().run(page, selector, OPTIONS).response["violations"]
    return [
        f"{rule['id']}, {rule['impact']}: {rule['help']}; {node['failureSummary']}\n  {node['html'][:200]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
