// @ts-check
// A picture to paint regions on, with brush and eraser, by mouse, pen, touch and keys. It knows no model: see `maskPainter`.
import { clamp, make, quiet } from "./parts.js";
import { blankMap, drawLine, labelHistory } from "./mask_raster.js";
import { inkOn, overlayOn } from "./mask_overlay.js";

const SIZES = [1, 160];
const BY_ITSELF = 1000;

/**
 * @param {{label: string, id: string, colors: string[], change: (map: import("./mask_raster.js").LabelMap) => void,
 *          settle: () => void, chosen?: (region: number) => void, signal: AbortSignal}} options
 *   `label` names the canvas; `id` keeps several views apart; `colors` has one per region that there can be; `change` is told the map after every
 *   movement, many times a second, and `settle` that the hand has let go; `chosen` is told which region is painted from now on (0: the eraser).
 * @returns `tools`, the toolbar; `view`, image and canvas; `image`, to show the picture in; `live`, words for screen readers; `load` a map (undo brings
 *   the last one back); `regions`, to say how many there are; `choose` one; `drawing`, whether the hand is at work.
 */
export function maskPainter({ label, id, colors, change, settle, chosen = () => {}, signal }) {
  let map = blankMap(1, 1);
  let [count, region, size, overlay] = [1, 1, 24, true];
  /** The brush: where it is, whether it draws, and which pointer holds it. */
  const brush = { x: 0.5, y: 0.5, down: false, pointer: -1, shown: false, moved: false };
  const history = labelHistory();
  let lastLoad = -Infinity;

  // ---- elements ----
  const image = make("img", { class: "al-under", draggable: false, decoding: "sync" });
  const canvas = quiet(make("canvas", { class: "al-canvas", tabindex: 0, role: "application", "aria-label": label }));
  const keysHelp = "Arrow keys move the brush, with Shift by one pixel; Space paints; [ and ] change the size; 1 to 4 choose a region, 0 or E the eraser; "
    + "Ctrl+Z undoes, Ctrl+Shift+Z repeats; F fills what is empty";
  canvas.setAttribute("aria-description", keysHelp);
  const ring = make("div", { class: "al-ring", "aria-hidden": true, hidden: true });
  const view = make("div", { class: "al-paint" }, image, canvas, ring);
  const live = make("span", { class: "al-live", role: "status", "aria-live": "polite" });

  const chips = [...colors, ""].map((color, index) => {
    const value = color ? index + 1 : 0;
    const name = value ? `Region ${value}` : "Eraser";
    const input = quiet(make("input", { type: "radio", name: `${id}-region`, value: String(value), "aria-label": name }));
    const face = make("span", { class: value ? "al-chip-face" : "al-chip-face al-chip-eraser", "aria-hidden": true }, value ? String(value) : "");
    if (color) face.style.cssText = `background:${color};color:${inkOn(color)}`;
    return { value, input, view: make("label", { class: "al-chip", title: `${name} (key ${value || "0 or E"})` }, input, face) };
  });
  const sizes = quiet(make("input", { class: "al-range", type: "range", id: `${id}-size`, min: 0, max: 1, step: 0.01, style: "--one:1" }));
  const sizeValue = make("output", { class: "al-value", for: `${id}-size` });
  const button = (/** @type {string} */ name, /** @type {string} */ title, /** @type {() => void} */ act) => {
    const made = quiet(make("button", { type: "button", class: "al-button al-small", title }, name));
    // Not `disabled`: that would throw the focus out, and the next key at the notebook.
    made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && act(), { signal });
    return made;
  };
  const undoButton = button("Undo", "Undo (Ctrl+Z)", () => step("undo"));
  const redoButton = button("Redo", "Do again (Ctrl+Shift+Z)", () => step("redo"));
  const fillButton = button("Fill rest", "Give everything that is empty to this region (F)", () => fill(false));
  const coverButton = button("Fill all", "Give the whole picture to this region", () => fill(true));
  const clearButton = button("Clear", "Take all paint away", () => all(0, "Cleared"));
  const overlaySwitch = quiet(make("input", { type: "checkbox", id: `${id}-overlay`, role: "switch", checked: true }));
  const tools = make("div", { class: "al-tools", role: "toolbar", "aria-label": "Painting tools" },
    make("div", { class: "al-chips", role: "radiogroup", "aria-label": "Paint with" }, ...chips.map((chip) => chip.view)),
    make("div", { class: "al-size" }, make("label", { for: `${id}-size` }, "Brush"), sizes, sizeValue),
    make("div", { class: "al-actions" }, undoButton, redoButton, fillButton, coverButton, clearButton),
    make("label", { class: "al-switch", for: `${id}-overlay` }, overlaySwitch, "overlay"),
  );

  // ---- drawing on the screen ----
  const paint = overlayOn(canvas, colors);
  let frame = 0;
  const draw = () => {
    frame = 0;
    if (canvas.width) paint(overlay ? map : blankMap(1, 1));
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const placeRing = () => {
    const scale = view.clientWidth / map.width;
    ring.hidden = !brush.shown;
    ring.toggleAttribute("data-eraser", region === 0);
    const wide = Math.max(size * scale, 3);
    ring.style.cssText = `width:${wide}px;height:${wide}px;transform:translate(${brush.x * scale - wide / 2}px,${brush.y * scale - wide / 2}px);--region:${colors[region - 1] ?? "#fff"}`;
  };
  const fit = () => {
    const dots = Math.round(view.clientWidth * devicePixelRatio);
    if (dots) Object.assign(canvas, { width: dots, height: Math.round((dots * map.height) / map.width) });
    draw();
    placeRing();
  };
  const watch = new ResizeObserver(fit);
  watch.observe(view);
  signal.addEventListener("abort", () => {
    watch.disconnect();
    cancelAnimationFrame(frame);
  });

  // ---- what can be done ----
  const changed = () => {
    const [past, future] = history.steps();
    undoButton.setAttribute("aria-disabled", String(!past));
    redoButton.setAttribute("aria-disabled", String(!future));
    redraw();
  };
  const done = (/** @type {string} */ words) => {
    live.textContent = words;
    changed();
    change(map);
    settle();
  };
  const showRegion = () => {
    for (const chip of chips) chip.input.checked = chip.value === region;
    placeRing();
  };
  /** @param {number} number */
  const choose = (number) => {
    if (number > count) return;
    region = number;
    live.textContent = number ? `Region ${number}` : "Eraser";
    showRegion();
    chosen(number);
  };
  /** @param {number} pixels */
  const resize = (pixels) => {
    size = Math.round(clamp(pixels, SIZES[0], SIZES[1]));
    const at = Math.log(size / SIZES[0]) / Math.log(SIZES[1] / SIZES[0]); // small sizes need finer steps
    sizes.value = String(at);
    sizes.style.setProperty("--at", String(at));
    sizes.setAttribute("aria-valuetext", `${size} pixels`);
    sizeValue.textContent = `${size} px`;
    placeRing();
  };
  /** @param {"undo" | "redo"} way */
  const step = (way) => {
    if (brush.down) return;
    const labels = history[way](map.labels);
    if (!labels) return;
    map = { ...map, labels };
    done(way === "undo" ? "Undone" : "Done again");
  };
  /** @param {number} value @param {string} words @param {boolean} [rest] */
  const all = (value, words, rest = false) => {
    if (brush.down) return;
    const labels = map.labels.map((here) => (rest && here ? here : value));
    if (labels.every((here, at) => here === map.labels[at])) return;
    history.remember(map.labels);
    map = { ...map, labels };
    done(words);
  };
  const fill = (/** @type {boolean} */ whole) => all(region, region ? `Filled with region ${region}` : "Cleared", !whole && region > 0);

  const begin = () => {
    history.remember(map.labels);
    brush.down = true;
    trace(brush.x, brush.y);
  };
  /** @param {number} x @param {number} y */
  const trace = (x, y) => {
    drawLine(map, [brush.x, brush.y], [x, y], size, region);
    [brush.x, brush.y] = [x, y];
    changed();
    change(map);
  };
  const end = () => {
    if (!brush.down) return;
    Object.assign(brush, { down: false, pointer: -1 });
    const share = map.labels.reduce((sum, here) => sum + Number(here === region), 0) / map.labels.length;
    done(region ? `Region ${region} covers ${Math.round(share * 100)} %` : "Erased");
  };

  // ---- pointers ----
  /** @param {PointerEvent} event @returns {[number, number]} */
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * map.width, ((event.clientY - box.top) / box.height) * map.height];
  };
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || !event.isPrimary || brush.down) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    [brush.x, brush.y] = spot(event);
    Object.assign(brush, { pointer: event.pointerId, shown: true, moved: true });
    begin();
    placeRing();
  }, { signal });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (brush.down && event.pointerId !== brush.pointer) return;
    if (brush.down) for (const each of event.getCoalescedEvents?.() ?? []) trace(...spot(each));
    if (brush.down) trace(...spot(event));
    else [brush.x, brush.y] = spot(event);
    Object.assign(brush, { shown: true, moved: true });
    placeRing();
  }, { signal });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, (/** @type {PointerEvent} */ event) => event.pointerId === brush.pointer && end(), { signal });
  }
  canvas.addEventListener("pointerleave", () => {
    if (brush.down) return;
    brush.shown = false;
    placeRing();
  }, { signal });

  // ---- keys ----
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const far = event.shiftKey ? 1 : Math.max(1, Math.round(size / 3));
    const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    if ((!way && event.key !== " ") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (brush.pointer >= 0) return;
    brush.shown = true;
    const [x, y] = [clamp(brush.x + (way?.[0] ?? 0), 0, map.width), clamp(brush.y + (way?.[1] ?? 0), 0, map.height)];
    if (!way) {
      if (!event.repeat && !brush.down) begin();
    } else if (brush.down) trace(x, y);
    else [brush.x, brush.y] = [x, y];
    placeRing();
  }, { signal });
  canvas.addEventListener("keyup", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === " " && brush.pointer < 0) end();
  }, { signal });
  canvas.addEventListener("focus", () => {
    if (!canvas.matches(":focus-visible")) return;
    brush.shown = true;
    placeRing();
  }, { signal });
  canvas.addEventListener("blur", () => {
    if (brush.pointer < 0) end();
    brush.shown = false;
    placeRing();
  }, { signal });
  for (const element of [view, tools]) {
    element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const key = event.key.toLowerCase();
      const control = event.ctrlKey || event.metaKey;
      if (event.altKey) return;
      if (control && (key === "z" || key === "y")) step(key === "y" || event.shiftKey ? "redo" : "undo");
      else if (control) return;
      else if (key === "[" || key === "]") resize(key === "]" ? Math.max(size + 1, size * 1.25) : Math.min(size - 1, size / 1.25));
      else if (/^[0-9]$/.test(key)) choose(Number(key));
      else if (key === "e") choose(0);
      else if (key === "f") fill(false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
  }

  // ---- tools ----
  tools.addEventListener("change", (/** @type {Event} */ event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    if (target.type === "radio") choose(Number(target.value));
  }, { signal });
  sizes.addEventListener("input", () => resize(SIZES[0] * (SIZES[1] / SIZES[0]) ** sizes.valueAsNumber), { signal });
  overlaySwitch.addEventListener("change", () => {
    overlay = overlaySwitch.checked;
    draw();
  }, { signal });
  resize(size);
  showRegion();

  return {
    tools,
    view,
    image,
    canvas,
    live,
    choose,
    region: () => region,
    drawing: () => brush.down,
    /**
     * A map from elsewhere; undo brings the last one back. Several in quick succession, as of a stroke in another view, are one step.
     * @param {import("./mask_raster.js").LabelMap} next @param {boolean} [fresh] it is another picture's: there is nothing to undo
     */
    load(next, fresh = false) {
      const same = !fresh && next.width === map.width && next.height === map.height;
      if (!same) history.forget();
      else if (performance.now() - lastLoad > BY_ITSELF) history.remember(map.labels);
      lastLoad = same ? performance.now() : -Infinity;
      map = next;
      if (!same) {
        view.style.setProperty("--ratio", String(map.width / map.height));
        if (!brush.moved) [brush.x, brush.y] = [map.width / 2, map.height / 2];
        brush.x = Math.min(brush.x, map.width);
        brush.y = Math.min(brush.y, map.height);
        fit();
      }
      changed();
    },
    /** @param {number} number how many regions can be chosen */
    regions(number) {
      count = number;
      for (const chip of chips) chip.view.hidden = chip.value > count;
      if (region > count) choose(count);
    },
  };
}
