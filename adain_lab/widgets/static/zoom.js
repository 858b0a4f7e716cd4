// @ts-check
// A closer look at a picture that is compared with another: enlarged, moved about, and as large as the screen. Nobody else hears
// of it; Python paints the same picture.
import { clamp, make, quiet } from "./parts.js";

/** What is seen of a picture: how many times enlarged, and where its upper left corner lies, in sides of the view (0 or less).
 *  @typedef {{zoom: number, left: number, top: number}} Look */

/** @type {Look} */
export const WHOLE_PICTURE = { zoom: 1, left: 0, top: 0 };
const MOST_ZOOM = 8;
/** One press of a key or a button enlarges by this factor, and one of an arrow moves by this share of the view. */
const PRESS = { zoom: 1.5, move: 0.1 };
/** Which way the picture goes, so that one sees more of what the arrow points to. @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * The same look, moved; the picture always fills the view.
 * @param {Look} look @param {number} x @param {number} y in sides of the view
 * @returns {Look}
 */
export const pannedBy = ({ zoom, left, top }, x, y) => ({ zoom, left: clamp(left + x, 1 - zoom, 0), top: clamp(top + y, 1 - zoom, 0) });

/**
 * A look that is enlarged by a factor, or made smaller, so that what lies at a place of the view stays there.
 * @param {Look} look @param {number} factor @param {number} x @param {number} y from 0 to 1
 * @returns {Look}
 */
export function zoomedAt({ zoom, left, top }, factor, x = 0.5, y = 0.5) {
  const next = clamp(zoom * factor, 1, MOST_ZOOM);
  const change = next / zoom;
  return pannedBy({ zoom: next, left: x - (x - left) * change, top: y - (y - top) * change }, 0, 0);
}

/** @typedef {{x: number, y: number}} Place in sides of the view */

/**
 * The look when one of two fingers has moved and the other rests: what lies between them follows, and grows as they part.
 * @param {Look} look @param {Place} before @param {Place} now where the one was and is
 * @param {Place} other where the other rests
 * @param {number} ratio width of the view by its height
 * @returns {Look}
 */
export function pinched(look, before, now, other, ratio) {
  // Fingers that touch would enlarge without end.
  const apart = (/** @type {Place} */ place) => Math.max(0.02, Math.hypot((place.x - other.x) * ratio, place.y - other.y));
  const moved = pannedBy(look, (now.x - before.x) / 2, (now.y - before.y) / 2);
  return zoomedAt(moved, apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
}

/**
 * By what a turn of the wheel enlarges. A pinch on a touchpad comes as many small turns, a notch of a mouse as one large one.
 * @param {{deltaY: number, deltaMode: number}} event
 */
export const wheelFactor = ({ deltaY, deltaMode }) => Math.exp(-clamp(deltaMode ? 16 * deltaY : deltaY, -40, 40) / 100);

/**
 * Fill the screen with an element; where the browser does not let it, the window. Escape leaves.
 * @param {{element: HTMLElement, changed: (full: boolean) => void, signal: AbortSignal}} options
 */
function fullScreen({ element, changed, signal }) {
  let full = false;
  /** @param {boolean} now */
  const say = (now) => {
    full = now;
    element.toggleAttribute("data-full", now);
    changed(now);
  };
  const leave = () => {
    if (!full) return;
    say(false);
    if (document.fullscreenElement === element) document.exitFullscreen();
    else if (element.popover) element.hidePopover();
    element.popover = null;
  };
  const enter = async () => {
    say(true);
    try {
      await element.requestFullscreen({ navigationUI: "hide" });
      if (!full) await document.exitFullscreen(); // it was left while the browser was asking
    } catch { // refused, or unknown as on small phones: a popover lies above all else in the window
      if (!full) return;
      element.popover = "manual";
      element.showPopover();
    }
  };
  document.addEventListener("fullscreenchange", () => {
    if (full && !element.popover && document.fullscreenElement !== element) leave();
  }, { signal });
  document.addEventListener("keydown", (event) => {
    if (!full || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    leave();
  }, { signal, capture: true });
  signal.addEventListener("abort", leave);
  return { toggle: () => (full ? leave() : enter()), full: () => full };
}

/**
 * @param {{view: HTMLElement, handle: HTMLElement, mat: HTMLElement, stage: HTMLElement, signal: AbortSignal}} options
 *   `view` shows the picture, `handle` is its divider, `mat` is what both lie on, and `stage` is what can fill the screen.
 * @returns `whole`, which shows all of the picture.
 */
export function zoomable({ view, handle, mat, stage, signal }) {
  let look = WHOLE_PICTURE;
  /** @param {string} name @param {string} words @param {string} key @param {string} [sign] */
  const control = (name, words, key, sign = "") =>
    quiet(make("button", { type: "button", class: `al-zoom-${name}`, "aria-label": words, title: `${words} (${key})` }, sign));
  const out = control("out", "Make the picture smaller", "-", "−");
  const all = control("all", "Show the whole picture", "0");
  const into = control("in", "Enlarge the picture", "+", "+");
  const fill = control("full", "Fill the screen", "f");
  const bar = make("div", { class: "al-zoom", role: "group", "aria-label": "Zoom; arrow keys move an enlarged picture" }, out, all, into, fill);
  view.after(bar);

  /** @param {Look} next */
  const show = (next) => {
    look = next.zoom < 1.01 ? WHOLE_PICTURE : next;
    const zoomed = look.zoom > 1;
    for (const [name, value] of Object.entries(look)) view.style.setProperty(`--${name}`, String(value));
    view.toggleAttribute("data-zoomed", zoomed);
    if (!zoomed && (document.activeElement === out || document.activeElement === all)) into.focus();
    out.hidden = all.hidden = !zoomed;
    into.disabled = look.zoom >= MOST_ZOOM;
    all.textContent = `${Math.round(100 * look.zoom)} %`;
    all.setAttribute("aria-label", `Show the whole picture; it is enlarged to ${all.textContent}`);
  };
  const whole = () => show(WHOLE_PICTURE);
  const screen = fullScreen({
    element: stage,
    changed: (full) => {
      fill.setAttribute("aria-pressed", String(full));
      fill.title = full ? "Leave the full screen (Escape)" : "Fill the screen (f)";
    },
    signal,
  });

  // ---- buttons and keys ----
  const larger = () => show(zoomedAt(look, PRESS.zoom));
  const smaller = () => show(zoomedAt(look, 1 / PRESS.zoom));
  const clicks = /** @type {[HTMLElement, () => void][]} */ ([[out, smaller], [all, whole], [into, larger], [fill, screen.toggle]]);
  for (const [button, act] of clicks) button.addEventListener("click", act, { signal });
  /** @type {Record<string, () => void>} */
  const keys = { "+": larger, "=": larger, "-": smaller, 0: whole, f: screen.toggle, F: screen.toggle };
  mat.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || !(view.contains(target) || bar.contains(target))) return;
    const arrow = look.zoom > 1 && bar.contains(target) ? ARROWS[event.key] : undefined;
    const act = arrow ? () => show(pannedBy(look, PRESS.move * arrow[0], PRESS.move * arrow[1])) : event.key === "Escape" && look.zoom > 1 ? whole : keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }, { signal });

  // ---- mouse and fingers ----
  /** @param {MouseEvent} event */
  const placeOf = (event) => {
    const { left, top, width, height } = view.getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  };
  // Without Ctrl, and with a page around it, the wheel scrolls that.
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !screen.full()) return;
    event.preventDefault();
    const { x, y } = placeOf(event);
    show(zoomedAt(look, wheelFactor(event), x, y));
  }, { signal, passive: false });
  // One finger moves the divider of a whole picture, and an enlarged picture, unless it is on the divider; two always zoom. What is
  // done here is kept from the divider, which listens to the same element later.
  /** @type {Map<number, Place>} */
  const fingers = new Map();
  let moves = false; // whether the hand has the picture, not the divider
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    fingers.set(event.pointerId, placeOf(event));
    moves ||= fingers.size > 1 || (look.zoom > 1 && event.target !== handle);
    if (!moves) return;
    event.preventDefault();
    event.stopPropagation();
    handle.focus({ preventScroll: true });
    view.setPointerCapture(event.pointerId);
  }, { signal, capture: true });
  view.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = placeOf(event);
    fingers.set(event.pointerId, now);
    if (!moves) return;
    event.stopPropagation();
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (others.length > 1) return;
    if (!others.length) return show(pannedBy(look, now.x - before.x, now.y - before.y));
    const { width, height } = view.getBoundingClientRect();
    show(pinched(look, before, now, others[0], width / height));
  }, { signal, capture: true });
  const lift = (/** @type {PointerEvent} */ event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) moves = false;
  };
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) view.addEventListener(end, lift, { signal, capture: true });
  // Two fingers would scroll the page.
  view.addEventListener("touchstart", (event) => {
    if (event.touches.length > 1) event.preventDefault();
  }, { signal, passive: false });

  whole();
  return { whole };
}
