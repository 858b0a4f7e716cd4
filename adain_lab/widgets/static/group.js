// @ts-check
// A part of a panel that can be folded away.
import { make, quiet } from "./parts.js";

/**
 * @param {string} title
 * @param {{open?: boolean, name: string}} options `name` becomes part of the class, to style it by
 * @param {...(Node | string)} children
 * @returns `view`, the element; `words`, to say beside the title what is chosen inside; `open` it.
 */
export function group(title, { open = true, name }, ...children) {
  const current = make("span", { class: "al-current" });
  const summary = quiet(make("summary", { class: "al-group-head" }, make("span", { class: "al-legend" }, title), current));
  const view = make("details", { class: `al-group al-group-${name}`, open }, summary, make("div", { class: "al-group-body" }, ...children));
  return {
    view,
    /** @param {string} text */
    words: (text) => { current.textContent = text; },
    open: () => { view.open = true; },
  };
}
