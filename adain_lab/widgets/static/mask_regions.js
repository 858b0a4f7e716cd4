// @ts-check
// A row per region: its number and colour, its style, and how strong that is.
import { make, quiet } from "./parts.js";
import { thumbnail } from "./thumbnail.js";
import { inkOn } from "./mask_overlay.js";

/**
 * @typedef {{name: string, title: string, alt: string, thumbnail: DataView}} Item
 * @typedef {{button: HTMLButtonElement, image: HTMLElement, title: HTMLElement, select: HTMLSelectElement | null, slider: HTMLInputElement,
 *            output: HTMLElement, name: string, row: HTMLElement}} Row
 */

/**
 * @param {{id: string, colors: string[], word?: string, pick: (region: number) => void, swap?: (region: number, name: string) => void,
 *          move: (alpha: number[]) => void, settle: () => void, signal: AbortSignal}} options
 *   `word` says what is moved; `pick` is told which region was chosen, from 1; with `swap` every row has a list of all styles, and
 *   it is told which one a region is to have; `move` all alphas when one was moved; `settle` that the hand has let go.
 * @returns `view`, the element; `fill` with a style per region; `place` the alphas and `mark` a region without telling anybody.
 */
export function regionRows({ id, colors, word = "alpha", pick, swap, move, settle, signal }) {
  const view = make("div", { class: "al-region-rows", role: "group", "aria-label": `Style and ${word} of each region` });
  /** @type {Row[]} */
  let rows = [];

  /** @param {number} index @param {number} alpha */
  const show = (index, alpha) => {
    const { slider, output } = rows[index];
    slider.style.setProperty("--at", String(alpha));
    slider.setAttribute("aria-valuetext", alpha.toFixed(2));
    output.textContent = alpha.toFixed(2);
  };
  /** @param {number} index */
  const build = (index) => {
    const region = index + 1;
    const badge = make("span", { class: "al-region-badge", "aria-hidden": true, style: `background:${colors[index]};color:${inkOn(colors[index])}` }, String(region));
    const image = make("span");
    const title = make("span", { class: "al-region-title" });
    const button = quiet(make("button", { type: "button", class: "al-region-pick" }, badge, image, ...(swap ? [] : [title])));
    const select = swap ? quiet(make("select", { class: "al-select", "aria-label": `Style of region ${region}` })) : null;
    select?.addEventListener("change", () => swap?.(region, select.value), { signal });
    button.addEventListener("click", () => pick(region), { signal });
    const slider = quiet(make("input", { class: "al-range", type: "range", id: `${id}-alpha${region}`, min: 0, max: 1, step: 0.01, "aria-label": `${word[0].toUpperCase()}${word.slice(1)} of region ${region}` }));
    slider.style.setProperty("--one", "1");
    slider.addEventListener("input", () => {
      show(index, slider.valueAsNumber);
      move(rows.map((row) => row.slider.valueAsNumber));
    }, { signal });
    slider.addEventListener("change", settle, { signal });
    const output = make("output", { class: "al-share", for: `${id}-alpha${region}` });
    const row = make("div", { class: "al-region", style: `--region:${colors[index]}` },
      select ? make("div", { class: "al-region-head" }, button, select) : button,
      make("span", { class: "al-region-alpha" }, make("span", { "aria-hidden": true }, word), slider, output));
    view.append(row);
    return { button, image, title, select, slider, output, row, name: "" };
  };

  return {
    view,
    /** @param {Item[]} items the style of each region @param {Item[]} [all] the styles that there are */
    fill(items, all = items) {
      while (rows.length > items.length) rows.pop()?.row.remove();
      // Rows stay where they are: one of them may have the focus.
      items.forEach((item, index) => {
        rows[index] ??= build(index);
        const row = rows[index];
        row.button.setAttribute("aria-label", `Region ${index + 1}: ${item.title}. Paint it${swap ? "" : " and choose its style"}`);
        if (row.select) {
          row.select.replaceChildren(...all.map(({ name, title }) => make("option", { value: name }, title)));
          row.select.value = item.name;
        }
        row.title.textContent = item.title;
        row.button.title = item.title;
        if (row.name === item.name) return;
        row.name = item.name;
        const image = thumbnail(item.thumbnail, { alt: "" });
        row.image.replaceWith(image);
        row.image = image;
      });
    },
    /** @param {number[]} alphas */
    place(alphas) {
      alphas.slice(0, rows.length).forEach((alpha, index) => {
        rows[index].slider.value = String(alpha);
        show(index, alpha);
      });
    },
    /** @param {number} region */
    mark(region) {
      rows.forEach(({ button }, index) => button.setAttribute("aria-pressed", String(index + 1 === region)));
    },
  };
}
