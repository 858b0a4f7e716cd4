// @ts-check
// The toolbar of the painter: regions and eraser, the brush's size, undo and redo, fill and clear, the overlay's switch.
import { clamp, make, quiet } from "./parts.js";
import { inkOn } from "./mask_overlay.js";

/** The brush's diameter in pixels, least and most. */
const BRUSH = [1, 160];

/** @param {number} pixels @returns a diameter that the brush can have */
export const brushSize = (pixels) => Math.round(clamp(pixels, BRUSH[0], BRUSH[1]));

/**
 * @param {{id: string, colors: string[], choose: (region: number) => void, resize: (pixels: number) => void, undo: () => void, redo: () => void,
 *          fill: () => void, cover: () => void, clear: () => void, overlay: (shown: boolean) => void, signal: AbortSignal}} options
 *   `id` keeps several views apart; `fill` takes what is empty, `cover` the whole picture; the others are named after what they do.
 * @returns `tools`, the element; and what is shown: `region`, `count` of regions, `size`, and how many `steps` can be undone and redone.
 */
export function painterTools({ id, colors, choose, resize, undo, redo, fill, cover, clear, overlay, signal }) {
  const chips = [...colors, ""].map((color, index) => {
    const value = color ? index + 1 : 0;
    const name = value ? `Region ${value}` : "Eraser";
    const input = quiet(make("input", { type: "radio", name: `${id}-region`, value: String(value), "aria-label": name }));
    const face = make("span", { class: value ? "al-chip-face" : "al-chip-face al-chip-eraser", "aria-hidden": true }, value ? String(value) : "");
    if (color) face.style.cssText = `background:${color};color:${inkOn(color)}`;
    return { value, input, view: make("label", { class: "al-chip", title: `${name} (key ${value || "0 or E"})` }, input, face) };
  });
  const group = make("div", { class: "al-chips", role: "radiogroup", "aria-label": "Paint with" }, ...chips.map((chip) => chip.view));
  group.addEventListener("change", (/** @type {Event} */ event) => choose(Number(/** @type {HTMLInputElement} */ (event.target).value)), { signal });

  const slider = quiet(make("input", { class: "al-range", type: "range", id: `${id}-size`, min: 0, max: 1, step: 0.01, style: "--one:1" }));
  const value = make("output", { class: "al-value", for: `${id}-size` });
  slider.addEventListener("input", () => resize(BRUSH[0] * (BRUSH[1] / BRUSH[0]) ** slider.valueAsNumber), { signal });

  const button = (/** @type {string} */ name, /** @type {string} */ title, /** @type {() => void} */ act) => {
    const made = quiet(make("button", { type: "button", class: "al-button al-small", title }, name));
    // Not `disabled`: that would throw the focus out, and the next key at the notebook.
    made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && act(), { signal });
    return made;
  };
  const undoButton = button("Undo", "Undo (Ctrl+Z)", undo);
  const redoButton = button("Redo", "Do again (Ctrl+Shift+Z)", redo);
  const shown = quiet(make("input", { type: "checkbox", id: `${id}-overlay`, role: "switch", checked: true }));
  shown.addEventListener("change", () => overlay(shown.checked), { signal });

  const tools = make("div", { class: "al-tools", role: "toolbar", "aria-label": "Painting tools" },
    group,
    make("div", { class: "al-size" }, make("label", { for: `${id}-size` }, "Brush"), slider, value),
    make("div", { class: "al-actions" },
      undoButton,
      redoButton,
      button("Fill rest", "Give everything that is empty to this region (F)", fill),
      button("Fill all", "Give the whole picture to this region", cover),
      button("Clear", "Take all paint away", clear),
      make("label", { class: "al-switch", for: `${id}-overlay` }, shown, "overlay"),
    ),
  );
  return {
    tools,
    /** @param {number} region 0: the eraser */
    region: (region) => chips.forEach((chip) => { chip.input.checked = chip.value === region; }),
    /** @param {number} count */
    count: (count) => chips.forEach((chip) => { chip.view.hidden = chip.value > count; }),
    /** @param {number} pixels */
    size(pixels) {
      const at = Math.log(pixels / BRUSH[0]) / Math.log(BRUSH[1] / BRUSH[0]); // small sizes need finer steps
      slider.value = String(at);
      slider.style.setProperty("--at", String(at));
      slider.setAttribute("aria-valuetext", `${pixels} pixels`);
      value.textContent = `${pixels} px`;
    },
    /** @param {number} past @param {number} future */
    steps(past, future) {
      undoButton.setAttribute("aria-disabled", String(!past));
      redoButton.setAttribute("aria-disabled", String(!future));
    },
  };
}
