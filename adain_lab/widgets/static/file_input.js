// @ts-check
// The browser's window for choosing a file, behind a button that looks like the panel's others.
import { make } from "./parts.js";

/**
 * @param {{button: HTMLElement, take: (file: File) => void, accept?: string, signal: AbortSignal}} options
 * @returns {HTMLInputElement} to be put beside the button; nobody sees it
 */
export function fileInput({ button, take, accept = "image/*", signal }) {
  const input = make("input", { type: "file", accept, hidden: true, tabindex: -1 });
  button.addEventListener("click", () => input.click(), { signal });
  input.addEventListener("change", () => {
    const chosen = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    if (chosen) take(chosen);
  }, { signal });
  return input;
}
