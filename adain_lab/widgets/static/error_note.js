// @ts-check
// What went wrong, in one sentence, with a button that takes it away.
import { make, quiet } from "./parts.js";

/**
 * @param {() => void} dismiss the button was pressed
 * @param {AbortSignal} signal
 * @returns `view`, the element, and `show`, which takes the sentence; an empty one hides it.
 */
export function errorNote(dismiss, signal) {
  const text = make("span", { class: "al-error-text" });
  const button = quiet(make("button", { type: "button", class: "al-dismiss", "aria-label": "Dismiss the message" }, "×"));
  const view = make("div", { class: "al-error", role: "alert", hidden: true }, text, button);
  button.addEventListener("click", dismiss, { signal });
  return {
    view,
    /** @param {string} words */
    show(words) {
      text.textContent = words;
      view.hidden = !words;
    },
  };
}
