// The two parts of the page of `adain-lab studio` as tabs. A cell makes each of them; only one is seen. Whoever is left is told
// so by the event "al-leave", which makes it let go of the camera.
(() => {
  const tabs = [...document.querySelectorAll('.studio-tabs [role="tab"]')];
  const parts = tabs.map((tab) => document.getElementById("rendered_cells").querySelector(`[cell-index="${tab.dataset.cell}"]`));
  if (parts.includes(null)) return; // a cell has failed: what it said is seen, below the other
  const choose = (chosen) => tabs.forEach((tab, index) => {
    const mine = tab === chosen;
    if (!mine && !parts[index].hidden) {
      for (const panel of parts[index].querySelectorAll(".al-panel")) panel.dispatchEvent(new CustomEvent("al-leave"));
    }
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
    parts[index].hidden = !mine;
  });
  tabs.forEach((tab, index) => {
    Object.assign(parts[index], { id: `studio-part-${index + 1}` });
    parts[index].setAttribute("role", "tabpanel");
    parts[index].setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", parts[index].id);
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = step ? tabs[(index + step + tabs.length) % tabs.length] : { Home: tabs[0], End: tabs[tabs.length - 1] }[event.key];
      if (!next) return;
      event.preventDefault();
      choose(next);
      next.focus();
    });
  });
  choose(tabs[0]);
})();
