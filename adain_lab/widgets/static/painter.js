// @ts-check
// A picture to paint regions on, with brush and eraser, by mouse, pen, touch and keys. It knows no model: see `maskPainter`.
import { clamp, make, quiet } from "./parts.js";
import { blankMap, drawLine, labelHistory } from "./mask_raster.js";
import { overlayOn } from "./mask_overlay.js";
import { brushSize, painterTools } from "./painter_tools.js";

/**
 * @param {{label: string, id: string, colors: string[], change: (map: import("./mask_raster.js").LabelMap, step: string) => void,
 *          settle: () => void, chosen?: (region: number) => void, signal: AbortSignal}} options
 *   `label` names the canvas; `id` keeps several views apart; `colors` has one per region that there can be; `change` is told the map after every
 *   movement, many times a second, with a name of the step that undo would take back, and `settle` that the hand has let go; `chosen` is told which region is painted from now on (0: the eraser).
 * @returns `tools`, the toolbar; `view`, image and canvas; `image`, to show the picture in; `live`, words for screen readers; `describe` what is painted, in words; `load` a map (undo brings
 *   the last one back); `regions`, to say how many there are; `choose` one; `drawing`, whether the hand is at work.
 */
export function maskPainter({ label, id, colors, change, settle, chosen = () => {}, signal }) {
  let map = blankMap(1, 1);
  let ready = false; // before the first map is there, nothing can be painted on
  let [count, region, size, overlay] = [1, 1, 24, true];
  /** The brush: where it is, whether it draws, and which pointer holds it. */
  const brush = { x: 0.5, y: 0.5, down: false, pointer: -1, shown: false, moved: false };
  const history = labelHistory();
  let [steps, lastLoaded] = [0, ""];
  let unsaid = ""; // what was told while the hand drew

  // ---- elements ----
  const image = make("img", { class: "al-under", draggable: false, decoding: "sync" });
  const canvas = quiet(make("canvas", { class: "al-canvas", tabindex: 0, role: "application", "aria-label": label }));
  const keysHelp = "Arrow keys move the brush, with Shift by one pixel; Space paints; [ and ] change the size; 1 to 4 choose a region, 0 or E the eraser; "
    + "Ctrl+Z undoes, Ctrl+Shift+Z repeats; F fills what is empty";
  canvas.setAttribute("aria-description", keysHelp);
  const ring = make("div", { class: "al-ring", "aria-hidden": true, hidden: true });
  const view = make("div", { class: "al-paint" }, image, canvas, ring);
  const live = make("span", { class: "al-live", role: "status", "aria-live": "polite" });

  const shown = painterTools({
    id,
    colors,
    choose: (number) => choose(number),
    resize: (pixels) => resize(pixels),
    undo: () => step("undo"),
    redo: () => step("redo"),
    fill: () => fill(),
    cover: () => all(region, region ? `Filled with region ${region}` : "Cleared"),
    clear: () => all(0, "Cleared"),
    overlay: (visible) => {
      overlay = visible;
      draw();
    },
    signal,
  });

  // ---- drawing on the screen ----
  const paint = overlayOn(canvas, colors);
  let frame = 0;
  const draw = () => {
    frame = 0;
    const width = Math.round(view.clientWidth * devicePixelRatio); // as many dots as the screen has there
    const height = Math.round((width * map.height) / map.width);
    if (!width) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    paint(overlay ? map : blankMap(1, 1));
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
    shown.steps(...history.steps());
    redraw();
  };
  const done = (/** @type {string} */ words) => {
    live.textContent = words;
    changed();
    change(map, `${id} ${steps}`);
    settle();
  };
  /** @param {number} number */
  const choose = (number) => {
    if (number > count) return;
    region = number;
    live.textContent = number ? `Region ${number}` : "Eraser";
    shown.region(number);
    placeRing();
    chosen(number);
  };
  /** @param {number} pixels */
  const resize = (pixels) => {
    size = brushSize(pixels);
    shown.size(size);
    placeRing();
  };
  /** @param {"undo" | "redo"} way */
  const step = (way) => {
    if (brush.down) return;
    const labels = history[way](map.labels);
    if (!labels) return;
    map = { ...map, labels };
    steps += 1;
    done(way === "undo" ? "Undone" : "Done again");
  };
  /** @param {number} value @param {string} words @param {boolean} [rest] */
  const all = (value, words, rest = false) => {
    if (brush.down || !ready) return;
    const labels = map.labels.map((here) => (rest && here ? here : value));
    if (labels.every((here, at) => here === map.labels[at])) return;
    history.remember(map.labels);
    steps += 1;
    map = { ...map, labels };
    done(words);
  };
  const fill = () => {
    if (region) all(region, `The rest is region ${region}`, true);
    else live.textContent = "Choose a region to fill the rest with";
  };

  const begin = () => {
    history.remember(map.labels);
    steps += 1;
    brush.down = true;
    trace(brush.x, brush.y);
  };
  /** @param {number} x @param {number} y */
  const trace = (x, y) => {
    drawLine(map, [brush.x, brush.y], [x, y], size, region);
    [brush.x, brush.y] = [x, y];
    changed();
    change(map, `${id} ${steps}`);
  };
  const end = () => {
    if (!brush.down) return;
    Object.assign(brush, { down: false, pointer: -1 });
    done(unsaid || (region ? `Region ${region} painted` : "Erased"));
    unsaid = "";
  };

  // ---- pointers ----
  /** @param {PointerEvent} event @returns {[number, number]} */
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * map.width, ((event.clientY - box.top) / box.height) * map.height];
  };
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || !event.isPrimary || brush.down || !ready) return;
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
      if (!event.repeat && !brush.down && ready) begin();
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
  for (const element of [view, shown.tools]) {
    element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const key = event.key.toLowerCase();
      const control = event.ctrlKey || event.metaKey;
      if (event.altKey) return;
      if (control && (key === "z" || key === "y")) step(key === "y" || event.shiftKey ? "redo" : "undo");
      else if (control) return;
      else if (key === "[" || key === "]") resize(key === "]" ? Math.max(size + 1, size * 1.25) : Math.min(size - 1, size / 1.25));
      else if (/^[0-9]$/.test(key)) choose(Number(key));
      else if (key === "e") choose(0);
      else if (key === "f") fill();
      else return;
      event.preventDefault();
      event.stopPropagation();
      if (event.target === canvas) brush.shown = true; // whoever works by keys sees the brush
      placeRing();
    }, { signal });
  }

  resize(size);
  shown.region(region);

  return {
    tools: shown.tools,
    view,
    image,
    canvas,
    live,
    choose,
    region: () => region,
    drawing: () => brush.down,
    /**
     * Read with the canvas, and said when it changes; while the hand draws, only the last word counts.
     * @param {string} words
     */
    describe(words) {
      canvas.setAttribute("aria-description", words ? `${words}. ${keysHelp}` : keysHelp);
      if (brush.down) unsaid = words;
      else live.textContent = words;
    },
    /**
     * A map from elsewhere; undo brings the last one back.
     * @param {import("./mask_raster.js").LabelMap} next @param {boolean} [fresh] it is another picture's: there is nothing to undo
     * @param {string} [step] its name, if another painter made it: maps of one step are undone together
     */
    load(next, fresh = false, step = "") {
      ready = true;
      const same = !fresh && next.width === map.width && next.height === map.height;
      if (!same) history.forget();
      else if (!step || step !== lastLoaded) history.remember(map.labels);
      lastLoaded = step;
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
      shown.count(count);
      if (region > count) choose(count);
    },
  };
}
