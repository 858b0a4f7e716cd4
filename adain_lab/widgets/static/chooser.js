// @ts-check
// A group of thumbnails of which several are chosen, in the order in which they were; like strip.js, which chooses one.
import { make, quiet } from "./parts.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {import("./strip.js").Item} Item */

/**
 * @param {{kind: string, legend: string, own: string, choose: (name: string, chosen: boolean) => void,
 *          bring: (file: File) => void, signal: AbortSignal}} options
 *   `choose` is told which picture was taken or let go; `own` labels the upload button.
 */
export function pictureChooser({ kind, legend, own, choose, bring, signal }) {
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
  /** @type {Map<string, {input: HTMLInputElement, badge: HTMLElement}>} */
  let choices = new Map();

  button.addEventListener("click", () => file.click(), { signal });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = ""; // so that the same file can be chosen again
    if (chosen) bring(chosen);
  }, { signal });
  tiles.addEventListener("change", (event) => {
    const { value, checked } = /** @type {HTMLInputElement} */ (event.target);
    choose(value, checked);
  }, { signal });

  return {
    strip,
    /** @param {string[]} names the chosen ones, in order @param {string} [words] shown beside the legend */
    select(names, words = "") {
      current.textContent = words;
      for (const [name, { input, badge }] of choices) {
        input.checked = names.includes(name);
        badge.textContent = input.checked ? String(names.indexOf(name) + 1) : "";
      }
    },
    /** @param {Item[]} items */
    fill(items) {
      const hadFocus = tiles.contains(document.activeElement);
      choices = new Map();
      tiles.replaceChildren(
        ...items.map((item) => {
          const input = quiet(make("input", { type: "checkbox", value: item.name, "aria-label": `${item.title}: ${item.alt}` }));
          const badge = make("span", { class: "al-badge", "aria-hidden": true });
          choices.set(item.name, { input, badge });
          return make("label", { class: "al-tile", title: item.title },
            input,
            thumbnail(item.thumbnail, { class: "al-thumb", alt: item.alt }),
            badge,
            make("span", { class: "al-name", "aria-hidden": true }, item.name.replaceAll("_", " ")),
          );
        }),
        button,
      );
      if (hadFocus) button.focus();
    },
  };
}
