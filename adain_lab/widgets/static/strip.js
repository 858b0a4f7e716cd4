// @ts-check
// A group of thumbnails of which one is chosen.
import { make, quiet, reveal } from "./parts.js";
import { pictureTiles, tile } from "./tiles.js";

/** @typedef {import("./tiles.js").Item} Item */

/**
 * @param {{kind: string, legend: string, own: string, id: string, choose: (name: string) => void,
 *          bring: (file: File) => void, more?: HTMLElement[], signal: AbortSignal}} options
 *   as `pictureTiles` takes them; `id` keeps the radio groups of several views apart.
 */
export function pictureStrip({ id, choose, ...options }) {
  const { strip, tiles, current, put } = pictureTiles(options);
  /** @type {Map<string, {input: HTMLInputElement, item: Item}>} */
  let choices = new Map();
  tiles.addEventListener("change", (/** @type {Event} */ event) => choose(/** @type {HTMLInputElement} */ (event.target).value), { signal: options.signal });
  return {
    strip,
    /** @param {string} name */
    select(name) {
      const choice = choices.get(name);
      if (!choice) return;
      if (!choice.input.checked) reveal(tiles, choice.input);
      choice.input.checked = true;
      current.textContent = choice.item.title;
    },
    /** @param {Item[]} items */
    fill(items) {
      choices = new Map();
      put(items.map((item) => {
        const input = quiet(make("input", { type: "radio", name: `${id}-${options.kind}`, value: item.name, "aria-label": `${item.title}: ${item.alt}` }));
        choices.set(item.name, { input, item });
        return tile(item, input);
      }));
    },
  };
}
