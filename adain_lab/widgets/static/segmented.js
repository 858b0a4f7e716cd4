// @ts-check
// A row of choices of which one is taken.
import { make, quiet } from "./parts.js";

/**
 * @param {{id: string, label: string, choices: {value: any, name: string, title: string}[], choose: (value: any) => void,
 *          signal: AbortSignal}} options
 *   `id` keeps several views apart; `title` explains a choice.
 * @returns `view`, the element, and `select`, which takes a value without telling anybody.
 */
export function segmented({ id, label, choices, choose, signal }) {
  const inputs = choices.map(({ name, title }, index) =>
    quiet(make("input", { type: "radio", name: `${id}-segments`, value: String(index), "aria-label": `${name}: ${title}` })));
  const view = make("div", { class: "al-segments", role: "radiogroup", "aria-label": label },
    ...choices.map(({ name, title }, index) => make("label", { class: "al-segment", title }, inputs[index], make("span", {}, name))),
  );
  view.addEventListener("change", (/** @type {Event} */ event) => choose(choices[Number(/** @type {HTMLInputElement} */ (event.target).value)].value), { signal });
  return {
    view,
    /** @param {any} value */
    select: (value) => choices.forEach((choice, index) => { inputs[index].checked = choice.value === value; }),
  };
}
