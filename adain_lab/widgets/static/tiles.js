// @ts-check
// A group of thumbnails to choose from, with a place for a picture of one's own at the end: what strip.js, which chooses one, and
// chooser.js, which chooses several, share.
import { fileInput } from "./file_input.js";
import { make, quiet } from "./parts.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {{name: string, title: string, alt: string, own: boolean, thumbnail: DataView}} Item */

/**
 * @param {{kind: string, legend: string, own: string, bring: (file: File) => void, more?: HTMLElement[], signal: AbortSignal}} options
 *   `own` labels the upload button; `more` stands beside it.
 */
export function pictureTiles({ kind, legend, own, bring, more = [], signal }) {
  const current = make("span", { class: "al-current" });
  const tiles = make("div", { class: "al-tiles" });
  const button = quiet(
    make("button", { type: "button", class: "al-tile al-own", "aria-label": own, title: own },
      make("span", { class: "al-thumb", "aria-hidden": true }),
      make("span", { class: "al-name", "aria-hidden": true }, "Your own"),
    ),
  );
  const strip = make("fieldset", { class: `al-strip al-strip-${kind}` },
    make("legend", {}, make("span", { class: "al-legend" }, legend), current),
    tiles,
    fileInput({ button, take: bring, signal }),
  );
  return {
    strip,
    tiles,
    current,
    /** @param {HTMLElement[]} labels from `tile` */
    put(labels) {
      const hadFocus = tiles.contains(document.activeElement);
      tiles.replaceChildren(...labels, button, ...more);
      if (hadFocus) button.focus();
    },
  };
}

/**
 * A thumbnail with its box.
 * @param {Item} item
 * @param {HTMLInputElement} input a radio button or a checkbox
 * @param {...HTMLElement} over what lies on the thumbnail
 * @returns {HTMLElement}
 */
export function tile(item, input, ...over) {
  return make("label", { class: "al-tile", title: item.title },
    input,
    thumbnail(item.thumbnail, { class: "al-thumb", alt: item.alt }),
    ...over,
    make("span", { class: "al-name", "aria-hidden": true }, item.name.replaceAll("_", " ")),
  );
}
