// @ts-check
// A slider with its name and its value.
import { make, quiet } from "./parts.js";

/**
 * @param {{id: string, name: string, label: string, min: number, max: number, step: number, words: (value: number) => string,
 *          spoken?: (value: number) => string, move: (value: number) => void, settle: () => void, signal: AbortSignal}} options
 *   `id` keeps several views apart; `words` says a value, `spoken` to those who hear it; `move` is told where the hand goes, `settle` that it has let go.
 * @returns `view`, the element; `place` it without telling anybody.
 */
export function slider({ id, name, label, min, max, step, words, spoken = words, move, settle, signal }) {
  const input = quiet(make("input", { class: "al-range", type: "range", id: `${id}-${name}`, min, max, step, style: "--one:1" }));
  const output = make("output", { class: "al-value", for: `${id}-${name}` });
  const show = (/** @type {number} */ value) => {
    output.textContent = words(value);
    input.style.setProperty("--at", String((value - min) / (max - min)));
    input.setAttribute("aria-valuetext", spoken(value));
  };
  input.addEventListener("input", () => {
    show(input.valueAsNumber);
    move(input.valueAsNumber);
  }, { signal });
  input.addEventListener("change", settle, { signal });
  return {
    view: make("div", { class: `al-slider al-slider-${name}` }, make("div", { class: "al-row" }, make("label", { for: `${id}-${name}` }, label), output), input),
    /** @param {number} value */
    place(value) {
      input.value = String(value);
      show(value);
    },
  };
}
