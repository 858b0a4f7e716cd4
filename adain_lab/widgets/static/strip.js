// @ts-check
// A group of thumbnails of which one is chosen, with a place for a picture of one's own at the end.
import { make, quiet, reveal } from "./parts.js";

/** @typedef {{name: string, title: string, alt: string, own: boolean, thumbnail: DataView}} Item */

/**
 * @param {{kind: string, legend: string, own: string, id: string, choose: (name: string) => void,
 *          bring: (file: File) => void, more?: HTMLElement[], signal: AbortSignal}} options
 *   `own` labels the upload button; `more` stands beside it; `id` keeps the radio groups of several views apart.
 */
export function pictureStrip({ kind, legend, own, id, choose, bring, more = [], signal }) {
  const current = make("span", { class: "al-current" });
  const tiles = make("div", { class: "al-tiles" });
  const file = make("input", { type: "file", accept: "image/*", hidden: true, tabindex: -1 });
  const button = quiet(
    make("button", { type: "button", class: "al-tile al-own", "aria-label": own, title: own },
      make("span", { class: "al-thumb", "aria-hidden": true }),
      make("span", { class: "al-name", "aria-hidden": true }, "Your own"),
    ),
  );
  const strip = make("fieldset", { class: `al-strip al-strip-${kind}` },
    make("legend", {}, make("span", { class: "al-legend" }, legend), current),
    tiles,
    file,
  );
  /** @type {Map<string, {input: HTMLInputElement, item: Item}>} */
  let choices = new Map();
  /** @type {string[]} */
  let urls = [];
  const release = () => urls.forEach((url) => URL.revokeObjectURL(url));

  button.addEventListener("click", () => file.click(), { signal });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = ""; // so that the same file can be chosen again
    if (chosen) bring(chosen);
  }, { signal });
  tiles.addEventListener("change", (event) => choose(/** @type {HTMLInputElement} */ (event.target).value), { signal });
  signal.addEventListener("abort", release);

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
      release();
      const hadFocus = tiles.contains(document.activeElement);
      choices = new Map();
      urls = [];
      tiles.replaceChildren(
        ...items.map((item) => {
          const url = URL.createObjectURL(new Blob([/** @type {any} */ (item.thumbnail)]));
          urls.push(url);
          const input = quiet(make("input", { type: "radio", name: `${id}-${kind}`, value: item.name, "aria-label": `${item.title}: ${item.alt}` }));
          choices.set(item.name, { input, item });
          return make("label", { class: "al-tile", title: item.title },
            input,
            make("img", { class: "al-thumb", src: url, alt: item.alt, draggable: false }),
            make("span", { class: "al-name", "aria-hidden": true }, item.name.replaceAll("_", " ")),
          );
        }),
        button,
        ...more,
      );
      if (hadFocus) button.focus();
    },
  };
}
