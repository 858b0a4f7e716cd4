// @ts-check
// The two parts of the page of `adain-lab studio` as tabs. A cell makes each of them; only one is seen. Whoever is left is told
// so by the event "al-leave", which makes it let go of the camera.
(() => {
  const cells = document.getElementById("rendered_cells");
  const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.studio-tabs [role="tab"]')]);
  const parts = tabs.flatMap((tab) => /** @type {HTMLElement | null} */ (cells?.querySelector(`[cell-index="${tab.dataset.cell}"]`)) ?? []);
  if (parts.length < tabs.length) return; // a cell has failed: what it said is seen, below the other
  const choose = (/** @type {HTMLElement} */ chosen) => tabs.forEach((tab, index) => {
    const mine = tab === chosen;
    if (!mine && !parts[index].hidden) {
      for (const panel of parts[index].querySelectorAll(".al-panel")) panel.dispatchEvent(new CustomEvent("al-leave"));
    }
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
    parts[index].hidden = !mine;
  });
  tabs.forEach((tab, index) => {
    parts[index].id = `studio-part-${index + 1}`;
    parts[index].setAttribute("role", "tabpanel");
    parts[index].setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", parts[index].id);
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      /** @type {Record<string, HTMLElement>} */
      const places = {
        ArrowLeft: tabs[(index - 1 + tabs.length) % tabs.length],
        ArrowRight: tabs[(index + 1) % tabs.length],
        Home: tabs[0],
        End: tabs[tabs.length - 1],
      };
      const next = places[event.key];
      if (!next) return;
      event.preventDefault();
      choose(next);
      next.focus();
    });
  });
  choose(tabs[0]);
})();
