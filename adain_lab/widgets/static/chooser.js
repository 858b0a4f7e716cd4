// @ts-check
// A group of thumbnails of which several are chosen, in the order in which they were.
import { make, quiet, reveal } from "./parts.js";
import { pictureTiles, tile } from "./tiles.js";

/** @typedef {import("./tiles.js").Item} Item */

/**
 * @param {{kind: string, legend: string, own: string, choose: (name: string, chosen: boolean, alone: boolean) => void,
 *          bring: (file: File) => void, pick?: "add" | "replace", signal: AbortSignal}} options
 *   as `pictureTiles` takes them; `choose` is told which picture was taken or let go, and whether it is to be the only one. With
 *   `pick: "replace"` a click takes a picture alone, and one with Shift, or on its badge, adds it or lets it go; with "add" every
 *   click does that.
 */
export function pictureChooser({ choose, pick = "add", ...options }) {
  const { strip, tiles, current, put } = pictureTiles(options), { signal } = options;
  /** @type {Map<string, {input: HTMLInputElement, badge: HTMLElement}>} */
  let choices = new Map();

  let adding = false; // whether the click, or the key, that is on its way adds
  /** @param {MouseEvent | KeyboardEvent} event */
  const note = (event) => {
    const badge = /** @type {HTMLElement} */ (event.target).closest(".al-badge");
    adding = pick === "add" || event.shiftKey || Boolean(badge);
  };
  // Of a click on a tile the browser makes a second one on its box; Shift and the badge are known of the first.
  tiles.addEventListener("pointerdown", note, { signal, capture: true });
  tiles.addEventListener("keydown", note, { signal, capture: true });
  tiles.addEventListener("change", (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (!adding) input.checked = true; // the only one stays
    choose(input.value, input.checked, !adding);
  }, { signal });

  return {
    strip,
    words: () => current.textContent ?? "",
    /** @param {string[]} names the chosen ones, in order @param {string} [words] shown beside the legend */
    select(names, words = "") {
      current.textContent = words;
      for (const [name, { input, badge }] of choices) {
        if (name === names[names.length - 1] && !badge.textContent) reveal(tiles, input);
        input.checked = names.includes(name);
        badge.textContent = input.checked ? (names.length > 1 || pick === "add" ? String(names.indexOf(name) + 1) : "✓") : "";
      }
    },
    /** @param {Item[]} items */
    fill(items) {
      choices = new Map();
      put(items.map((item) => {
        const input = quiet(make("input", { type: "checkbox", value: item.name, "aria-label": `${item.title}: ${item.alt}` }));
        const badge = make("span", { class: `al-badge al-badge-${pick}`, title: pick === "add" ? "" : `Mix with ${item.title} (or click with Shift)`, "aria-hidden": true });
        choices.set(item.name, { input, badge });
        return tile(item, input, badge);
      }));
    },
  };
}
