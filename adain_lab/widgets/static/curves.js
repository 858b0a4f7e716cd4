// @ts-check
// Loss curves on a logarithmic scale, drawn in SVG; named at their ends, and told apart by their dashes as well as by their colours.
import { clamp, make } from "./parts.js";

/**
 * What is drawn: `terms` has a list of values for each name, one for each of `iterations`; `total` ends the axis; `sizes` are
 * the iterations at which the picture's size changed, and the size in pixels.
 * @typedef {{iterations: number[], terms: Record<string, number[]>, total: number, sizes: number[][]}} Curves
 */

// Room around the curves: numbers at the left, names at the right, numbers below. A slider below can be lined up with the axis.
export const MARGIN = { left: 60, right: 126, top: 20, bottom: 34 };
const HEIGHT = 216;
const LINE = 15; // between two names
const FEWEST_DECADES = 0.5;
const MOST_DECADES = 4;

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {number} value */
export const short = (value) => (value === 0 ? "0" : value >= 0.001 && value < 1000 ? Number(value.toPrecision(2)).toString() : value.toExponential(1));

/**
 * Lower and upper end of a logarithmic axis, as powers of ten.
 * @param {number[]} values
 */
function range(values) {
  const logs = values.filter((v) => v > 0 && Number.isFinite(v)).map(Math.log10);
  if (!logs.length) return [-1, 1];
  const high = Math.max(...logs);
  const low = Math.max(Math.min(...logs), high - MOST_DECADES);
  const extra = Math.max(0.06, (FEWEST_DECADES - (high - low)) / 2);
  return [low - extra, high + extra];
}

/** Values at which a logarithmic axis is marked. @param {number} low @param {number} high */
function ticks(low, high) {
  const steps = high - low > 1.5 ? [1] : high - low > 0.8 ? [1, 3] : [1, 2, 5];
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found;
}

/** Round distances for about `count` marks up to `total`. @param {number} total @param {number} count */
function spacing(total, count) {
  const rough = Math.max(1, total / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(1, [1, 2, 5, 10].map((step) => step * power).find((step) => step >= rough) ?? 10 * power);
}

/** Move names apart that would lie on each other; each is `LINE` high. @param {number[]} wanted @param {number} top @param {number} bottom */
function apart(wanted, top, bottom) {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  order.forEach((one, k) => { one.y = Math.max(one.y, k ? order[k - 1].y + LINE : top); });
  let limit = bottom;
  for (const one of [...order].reverse()) {
    one.y = Math.min(one.y, limit);
    limit = one.y - LINE;
  }
  const places = [...wanted];
  order.forEach(({ y, i }) => { places[i] = y; });
  return places;
}

/**
 * @param {{label: string, x: string, y: string, empty: string, choose?: (iteration: number) => void, signal: AbortSignal}} options
 *   `x` and `y` name the axes; `empty` is said while there is nothing to draw; `choose` is told the iteration that was pointed at.
 */
export function curvesView({ label, x: xName, y: yName, empty, choose, signal }) {
  const view = make("div", { class: "al-curves" });
  /** @type {Curves | null} */
  let curves = null;
  let marked = -1;

  const draw = () => {
    const width = Math.max(280, view.clientWidth);
    const right = width - MARGIN.right;
    const bottom = HEIGHT - MARGIN.bottom;
    const total = Math.max(1, curves?.total ?? 1);
    const x = (/** @type {number} */ i) => MARGIN.left + (i / total) * (right - MARGIN.left);
    const root = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img" });
    const frame = svg("path", { class: "al-axis", d: `M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}` });
    const names = [
      svg("text", { class: "al-axis-name", x: (MARGIN.left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, xName),
      svg("text", { class: "al-axis-name", x: 12, y: (MARGIN.top + bottom) / 2, "text-anchor": "middle",
        transform: `rotate(-90 12 ${(MARGIN.top + bottom) / 2})` }, yName),
    ];
    if (!curves?.iterations?.length) {
      root.setAttribute("aria-label", `${label}: ${empty}`);
      root.append(frame, ...names, svg("text", { class: "al-axis-name", x: (MARGIN.left + right) / 2, y: (MARGIN.top + bottom) / 2, "text-anchor": "middle" }, empty));
      view.replaceChildren(root);
      return;
    }
    const { iterations, terms, sizes } = curves;
    const [low, high] = range(Object.values(terms).flat());
    const y = (/** @type {number} */ v) => bottom - ((clamp(Math.log10(v), low, high) - low) / (high - low)) * (bottom - MARGIN.top);

    for (const value of ticks(low, high)) {
      root.append(svg("path", { class: "al-gridline", d: `M${MARGIN.left} ${y(value)}H${right}` }),
        svg("text", { class: "al-number", x: MARGIN.left - 7, y: y(value) + 4, "text-anchor": "end" }, String(Number(value.toPrecision(1)))));
    }
    const every = spacing(total, (right - MARGIN.left) / 60);
    for (let i = 0; i <= total; i += every) {
      root.append(svg("path", { class: "al-axis", d: `M${x(i)} ${bottom}v4` }),
        svg("text", { class: "al-number", x: x(i), y: bottom + 16, "text-anchor": "middle" }, String(i)));
    }
    if (sizes.length > 1) {
      sizes.forEach(([iteration, pixels], k) => {
        if (k) root.append(svg("path", { class: "al-size", d: `M${x(iteration - 0.5)} ${MARGIN.top}V${bottom}` }));
        root.append(svg("text", { class: "al-number", x: x(iteration - (k ? 0.5 : 0)) + 5, y: MARGIN.top - 7 }, `${pixels} px`));
      });
    }
    root.append(frame, ...names);

    const at = marked < 0 ? iterations.length - 1 : iterations.reduce((best, i, k) => (Math.abs(i - marked) < Math.abs(iterations[best] - marked) ? k : best), 0);
    if (marked >= 0) root.append(svg("path", { class: "al-marker", d: `M${x(iterations[at])} ${MARGIN.top}V${bottom}` }));
    const all = Object.entries(terms);
    const places = apart(all.map(([, values]) => y(Math.max(values.at(-1) ?? 0, 10 ** low))), MARGIN.top + 4, bottom - 4);
    all.forEach(([name, values], k) => {
      let path = "";
      let down = false;
      values.forEach((value, i) => {
        const there = value > 0; // a logarithm has no zero
        if (there) path += `${down ? "L" : "M"}${x(iterations[i]).toFixed(1)} ${y(value).toFixed(1)}`;
        down = there;
      });
      const end = y(Math.max(values.at(-1) ?? 0, 10 ** low));
      root.append(svg("path", { class: `al-curve al-curve-${name}`, d: path || "M0 0" }));
      if (values[at] > 0) root.append(svg("circle", { class: `al-dot al-curve-${name}`, cx: x(iterations[at]), cy: y(values[at]), r: 3.5 }));
      const last = x(iterations.at(-1) ?? 0);
      if (right - last < 30) root.append(svg("path", { class: "al-leader", d: `M${last + 5} ${end}L${right + 8} ${places[k]}` }));
      root.append(
        svg("path", { class: `al-curve al-curve-${name}`, d: `M${right + 10} ${places[k]}h18` }),
        svg("text", { class: `al-curve-name al-curve-${name}`, x: right + 33, y: places[k] + 4 }, name,
          svg("tspan", { class: "al-curve-value", dx: 5 }, short(values[at]))),
      );
    });
    const values = all.map(([name, list]) => `${name} ${short(list[at])}`).join(", ");
    root.setAttribute("aria-label", `${label}, logarithmic, iteration ${iterations[at]} of ${total}: ${values}`);
    view.replaceChildren(root);
  };

  /** @param {PointerEvent} event */
  const point = (event) => {
    if (!choose || !curves?.iterations?.length) return;
    const box = view.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    choose(Math.round(clamp(share, 0, 1) * curves.total));
  };
  if (choose) {
    view.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      view.setPointerCapture(event.pointerId);
      point(event);
    }, { signal });
    view.addEventListener("pointermove", (event) => {
      if (view.hasPointerCapture(event.pointerId)) point(event);
    }, { signal });
  }
  const resized = new ResizeObserver(draw);
  resized.observe(view);
  signal.addEventListener("abort", () => resized.disconnect());

  return {
    view,
    /** @param {Curves} next */
    show(next) {
      curves = next;
      draw();
    },
    /** Mark an iteration; -1 for none. @param {number} iteration */
    mark(iteration) {
      marked = iteration;
      draw();
    },
  };
}
