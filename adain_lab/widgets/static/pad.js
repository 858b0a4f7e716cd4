// @ts-check
// A square with a thumbnail in each corner and a handle that is dragged, or moved by keys.
import { clamp, make, quiet } from "./parts.js";
import { thumbnail } from "./thumbnail.js";

/**
 * Bilinear weights of the corners, counted top left, top right, bottom left, bottom right. `x` and `y` go from 0 (left, top) to 1.
 * @param {number} x @param {number} y
 */
export const cornerWeights = (x, y) => [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];

/**
 * Where four weights belong: the right corners' share and the bottom corners' share. Weights that no place has are `off` the pad.
 * @param {number[]} weights
 */
export function cornerPlace(weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const x = (weights[1] + weights[3]) / total;
  const y = (weights[2] + weights[3]) / total;
  return { x, y, off: cornerWeights(x, y).some((weight, corner) => Math.abs(weight - weights[corner] / total) > 0.005) };
}

/**
 * @param {{label: string, move: (x: number, y: number) => void, settle: () => void, signal: AbortSignal}} options
 *   `move` is told where the hand goes, `settle` that it has let go.
 * @returns `pad`, the element; `handle`, which takes the focus; `fill` with four pictures; `place` the handle without telling
 *   anybody; `describe` it in words; `dragging`, whether the hand holds it.
 */
export function cornerPad({ label, move, settle, signal }) {
  const help = "Arrow keys move, with Shift farther; Home: the middle; 1 to 4: a corner";
  const handle = quiet(
    make("div", { class: "al-handle", role: "slider", tabindex: 0, "aria-label": label, "aria-roledescription": "pad", "aria-valuemin": 0, "aria-valuemax": 100, title: help }),
  );
  const field = make("div", { class: "al-field" }, handle);
  const pad = make("div", { class: "al-pad" }, field);
  let [x, y] = [0.5, 0.5];
  let dragging = false;

  /** @param {number} across @param {number} down @param {boolean} [off] */
  const place = (across, down, off = false) => {
    [x, y] = [across, down];
    handle.style.left = `${x * 100}%`;
    handle.style.top = `${y * 100}%`;
    handle.toggleAttribute("data-off", off);
    handle.setAttribute("aria-valuenow", String(Math.round(x * 100)));
  };
  /** @param {number} across @param {number} down */
  const go = (across, down) => {
    const inside = (/** @type {number} */ value) => Math.round(clamp(value, 0, 1) * 1000) / 1000;
    place(inside(across), inside(down));
    move(x, y);
  };
  /** @param {PointerEvent} event */
  const trail = (event) => {
    const box = field.getBoundingClientRect();
    go((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };

  pad.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus({ preventScroll: true });
    pad.setPointerCapture(event.pointerId);
    dragging = true;
    trail(event);
  }, { signal });
  pad.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (dragging && pad.hasPointerCapture(event.pointerId)) trail(event);
  }, { signal });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, () => {
      if (!dragging) return;
      dragging = false;
      settle();
    }, { signal });
  }
  handle.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = event.shiftKey ? 0.2 : 0.05;
    const moves = { ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowUp: [x, y - step], ArrowDown: [x, y + step], Home: [0.5, 0.5], 1: [0, 0], 2: [1, 0], 3: [0, 1], 4: [1, 1] };
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    go(moves[event.key][0], moves[event.key][1]);
  }, { signal });

  return {
    pad,
    handle,
    place,
    dragging: () => dragging,
    /** @param {string} words */
    describe: (words) => handle.setAttribute("aria-valuetext", words),
    /** @param {{title: string, alt: string, thumbnail: DataView}[]} pictures one per corner */
    fill(pictures) {
      const corners = pictures.map(({ thumbnail: bytes, title }, corner) =>
        thumbnail(bytes, { class: `al-corner al-corner-${corner}`, alt: title, title }));
      pad.replaceChildren(...corners, field);
    },
  };
}
