// @ts-check
// A row of pairs to begin with: a click takes the content and its style.
import { make, quiet } from "./parts.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {{name: string, title: string, thumbnail: DataView}} Pictured */
/** @typedef {{content: Pictured, style: Pictured}} Pair */

/**
 * @param {{pairs: Pair[], choose: (content: string, style: string) => void, signal: AbortSignal}} options
 * @returns `view`, the element, and `select`, which shows that a pair is what is painted now, or that none is.
 */
export function examplePairs({ pairs, choose, signal }) {
  const buttons = pairs.map(({ content, style }) => {
    const words = `${content.title} in the style of ${style.title}`;
    const button = quiet(make("button", { type: "button", class: "al-example", "aria-label": `Example: ${words}`, title: words, "aria-pressed": false },
      thumbnail(content.thumbnail, { alt: "" }),
      thumbnail(style.thumbnail, { alt: "" }),
    ));
    button.addEventListener("click", () => choose(content.name, style.name), { signal });
    return button;
  });
  return {
    view: make("div", { class: "al-examples", role: "group", "aria-label": "Examples" }, ...buttons),
    /** @param {string} content @param {string[]} styles */
    select: (content, styles) => pairs.forEach((pair, index) =>
      buttons[index].setAttribute("aria-pressed", String(pair.content.name === content && styles.length === 1 && pair.style.name === styles[0]))),
  };
}
