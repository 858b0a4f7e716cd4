// @ts-check
// Two pictures on top of each other with a divider that is dragged, or moved by keys.
import { clamp, make, quiet, showBytes, stepped } from "./parts.js";

/**
 * @param {{label: string, before: string, after: string, move: (split: number) => void, signal: AbortSignal}} options
 *   `before` and `after` are the names on the two halves; `move` is told where the divider was moved to.
 */
export function compareView({ label, before, after, move, signal }) {
  const beforeImage = make("img", { class: "al-before", draggable: false, decoding: "sync" });
  const afterImage = make("img", { class: "al-after", draggable: false, decoding: "sync" });
  const handle = quiet(
    make("div", {
      class: "al-divider",
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      "aria-orientation": "horizontal",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    }),
  );
  const beforeTag = make("span", { class: "al-tag al-tag-before", "aria-hidden": true }, before);
  const afterTag = make("span", { class: "al-tag al-tag-after", "aria-hidden": true }, after);
  const view = make("div", { class: "al-compare" }, beforeImage, afterImage, beforeTag, afterTag, handle);
  let split = 0.5;

  /** @param {number} value */
  const place = (value) => {
    split = value;
    const percent = Math.round(value * 100);
    view.style.setProperty("--split", String(value));
    handle.setAttribute("aria-valuenow", String(percent));
    handle.setAttribute("aria-valuetext", `${percent} % ${before}, ${100 - percent} % ${after}`);
    beforeTag.toggleAttribute("data-hidden", value < 0.16);
    afterTag.toggleAttribute("data-hidden", value > 0.84);
  };
  /** @param {number} value */
  const moveTo = (value) => {
    place(value);
    move(value);
  };
  /** @param {PointerEvent} event */
  const follow = (event) => {
    const box = view.getBoundingClientRect();
    moveTo(clamp((event.clientX - box.left) / box.width, 0, 1));
  };

  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus({ preventScroll: true });
    view.setPointerCapture(event.pointerId);
    follow(event);
  }, { signal });
  view.addEventListener("pointermove", (event) => {
    if (view.hasPointerCapture(event.pointerId)) follow(event);
  }, { signal });
  handle.addEventListener("keydown", (event) => {
    const next = stepped(split, event.key, event.shiftKey);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(next);
  }, { signal });
  // The view takes the shape of the picture as soon as it is known; what else lies on the mat is placed by it, too.
  afterImage.addEventListener("load", () => {
    (view.parentElement ?? view).style.setProperty("--ratio", String(afterImage.naturalWidth / afterImage.naturalHeight));
  }, { signal });
  signal.addEventListener("abort", () => [beforeImage, afterImage].forEach((image) => showBytes(image, null)));

  return { view, handle, beforeImage, afterImage, place };
}
