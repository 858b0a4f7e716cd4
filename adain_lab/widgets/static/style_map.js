// @ts-check
// A map of thumbnails with a cursor that is dragged, or moved by keys.
import { clamp, make, quiet } from "./parts.js";

/** @typedef {{name: string, title: string, alt: string, own: boolean, thumbnail: DataView, x: number, y: number, u: number, v: number}} Point */

const SVG = "http://www.w3.org/2000/svg";
// A press that moves less than this many pixels is a click.
const SLACK = 4;

/** @param {string} tag @param {Record<string, any>} attributes */
const draw = (tag, attributes) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
};
/** @param {number} value */
export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

/**
 * @param {{id: string, extent: number, axes: string[], move: (place: number[]) => void, settle: () => void,
 *          snap: (name: string) => void, signal: AbortSignal}} options
 *   `extent` is half the map's side; `axes` label the two directions; `move` is told where the cursor goes, `settle` that the
 *   hand has let go; `snap` is asked to go to a style.
 */
export function styleMap({ id, extent, axes, move, settle, snap, signal }) {
  const grid = draw("svg", { viewBox: `${-extent} ${-extent} ${2 * extent} ${2 * extent}`, "aria-hidden": true });
  const pins = make("div", { class: "al-pins", role: "radiogroup", "aria-label": "Styles on the map" });
  const cursor = quiet(
    make("div", { class: "al-cursor", role: "slider", tabindex: 0, "aria-label": "Place in style space", "aria-roledescription": "map cursor" }),
  );
  cursor.setAttribute("aria-valuemin", (-extent).toFixed(1));
  cursor.setAttribute("aria-valuemax", extent.toFixed(1));
  const plane = make("div", { class: "al-plane" }, grid, pins, cursor,
    make("span", { class: "al-axis al-axis-x", "aria-hidden": true }, `${axes[0]} →`),
    make("span", { class: "al-axis al-axis-y", "aria-hidden": true }, `${axes[1]} →`),
  );
  /** @type {Map<string, HTMLInputElement>} */
  let choices = new Map();
  /** @type {string[]} */
  let urls = [];
  /** @type {Point[]} */
  let styles = [];
  let [x, y] = [0, 0];
  let words = "";
  let pressed = /** @type {{x: number, y: number, moved: boolean} | null} */ (null);

  const release = () => urls.forEach((url) => URL.revokeObjectURL(url));
  const share = (/** @type {number} */ value) => clamp((value / extent + 1) / 2, 0, 1);
  const spot = (/** @type {HTMLElement} */ element, /** @type {number} */ across, /** @type {number} */ up) => {
    element.style.left = `${share(across) * 100}%`;
    element.style.top = `${share(-up) * 100}%`;
  };
  const tell = () => cursor.setAttribute("aria-valuetext", `${axes[0]} ${signed(x)}, ${axes[1]} ${signed(y)}${words ? `; ${words}` : ""}`);
  const place = (/** @type {number} */ across, /** @type {number} */ up) => {
    [x, y] = [across, up];
    spot(cursor, x, y);
    cursor.toggleAttribute("data-outside", Math.max(Math.abs(x), Math.abs(y)) > extent);
    cursor.setAttribute("aria-valuenow", x.toFixed(1));
    tell();
  };
  const go = (/** @type {number} */ across, /** @type {number} */ up) => {
    const inside = (/** @type {number} */ value) => Math.round(clamp(value, -extent, extent) * 1000) / 1000;
    place(inside(across), inside(up));
    move([x, y]);
  };
  const nearest = () => {
    const distance = (/** @type {Point} */ point) => Math.hypot(point.x - x, point.y - y);
    return styles.reduce((one, other) => (distance(other) < distance(one) ? other : one)).name;
  };
  const trail = (/** @type {PointerEvent} */ event) => {
    const box = plane.getBoundingClientRect();
    go((2 * (event.clientX - box.left) / box.width - 1) * extent, (1 - 2 * (event.clientY - box.top) / box.height) * extent);
  };
  const begin = (/** @type {PointerEvent} */ event) => {
    plane.setPointerCapture(event.pointerId);
    plane.toggleAttribute("data-walking", true);
    cursor.focus({ preventScroll: true });
    trail(event);
  };

  plane.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    const onPin = /** @type {HTMLElement} */ (event.target).closest(".al-pin");
    pressed = { x: event.clientX, y: event.clientY, moved: !onPin };
    if (onPin) return; // a click chooses the style; a drag that starts here walks
    event.preventDefault();
    begin(event);
  }, { signal });
  plane.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!pressed || !(event.buttons & 1)) return;
    if (pressed.moved) trail(event);
    else if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLACK) {
      pressed.moved = true;
      begin(event);
    }
  }, { signal });
  for (const end of ["pointerup", "pointercancel"]) {
    plane.addEventListener(end, () => {
      plane.toggleAttribute("data-walking", false);
      if (pressed?.moved) settle();
      pressed = null;
    }, { signal });
  }
  cursor.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = event.shiftKey ? 0.5 : 0.1;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowDown: [0, -step], ArrowUp: [0, step], Home: [-x, -y] };
    if (event.key in moves) go(x + moves[event.key][0], y + moves[event.key][1]);
    else if (event.key === "Enter" || event.key === " ") snap(nearest());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
  pins.addEventListener("change", (/** @type {Event} */ event) => snap(/** @type {HTMLInputElement} */ (event.target).value), { signal });
  signal.addEventListener("abort", release);

  return {
    plane,
    cursor,
    place,
    walking: () => Boolean(pressed?.moved),
    /** @param {string} text where the cursor is, in words */
    describe(text) {
      words = text;
      tell();
    },
    /** @param {string} name the style whose point this is, or nothing */
    select(name) {
      for (const [key, input] of choices) input.checked = key === name;
    },
    /** @param {Point[]} points */
    fill(points) {
      release();
      styles = points;
      choices = new Map();
      grid.replaceChildren();
      for (let tick = -Math.floor(extent); tick <= extent; tick++) {
        const kind = tick ? "al-grid" : "al-grid al-grid-zero";
        grid.append(draw("line", { class: kind, x1: tick, x2: tick, y1: -extent, y2: extent }));
        grid.append(draw("line", { class: kind, y1: tick, y2: tick, x1: -extent, x2: extent }));
      }
      for (const p of points) grid.append(draw("line", { class: "al-stalk", x1: p.x, y1: -p.y, x2: p.u, y2: -p.v }));
      urls = [];
      pins.replaceChildren(
        ...points.map((point) => {
          const url = URL.createObjectURL(new Blob([/** @type {any} */ (point.thumbnail)]));
          urls.push(url);
          const input = quiet(make("input", { type: "radio", name: `${id}-pin`, value: point.name, "aria-label": `${point.title}: ${point.alt}` }));
          choices.set(point.name, input);
          const image = make("img", { src: url, alt: point.alt, draggable: false });
          const pin = make("label", { class: `al-pin${point.own ? " al-pin-own" : ""}`, title: point.title }, input, image);
          spot(pin, point.u, point.v);
          return pin;
        }),
        ...points.map((point) => {
          const dot = make("span", { class: "al-dot", "aria-hidden": true });
          spot(dot, point.x, point.y);
          return dot;
        }),
      );
    },
  };
}
