// @ts-check
// Small parts that every panel uses. No state of its own, no dependency.

/**
 * The model behind a panel: Python's traits.
 * @typedef {{
 *   get(name: string): any,
 *   set(name: string, value: any): void,
 *   save_changes(): void,
 *   send(content: any, callbacks?: any, buffers?: ArrayBuffer[]): void,
 *   on(event: string, listener: (...values: any[]) => void): void,
 *   off(event: string, listener: (...values: any[]) => void): void,
 * }} Model
 */

/**
 * An element with properties, attributes and children. `class`, `role`, `aria-*` and `data-*` become attributes.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (/^(class|role|for|style|tabindex|aria-.*|data-.*)$/.test(name)) element.setAttribute(name, String(value));
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * Keep the notebook's own shortcuts (x cuts a cell, m turns it into text) away from an element that has the focus.
 * @template {HTMLElement} T
 * @param {T} element
 * @returns {T}
 */
export function quiet(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}

/**
 * Listen to the model for as long as `signal` has not fired.
 * @param {Model} model
 * @param {string} events names separated by spaces
 * @param {(...values: any[]) => void} listener
 * @param {AbortSignal} signal
 */
export function follow(model, events, listener, signal) {
  for (const event of events.split(" ")) {
    model.on(event, listener);
    signal.addEventListener("abort", () => model.off(event, listener));
  }
}

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * At most one call per `interval` milliseconds: the first at once, and always one with the last value.
 * @template V
 * @param {(value: V) => void} call
 * @param {number} interval
 */
export function throttled(call, interval) {
  let timer = 0;
  let next = /** @type {{value: V} | null} */ (null);
  const run = () => {
    timer = 0;
    if (!next) return;
    const { value } = next;
    next = null;
    timer = setTimeout(run, interval);
    call(value);
  };
  return {
    /** @param {V} value */
    push(value) {
      next = { value };
      if (!timer) run();
    },
    /** Send what is waiting, now. */
    flush() {
      clearTimeout(timer);
      run();
    },
    cancel() {
      clearTimeout(timer);
      timer = 0;
      next = null;
    },
  };
}

/**
 * Where a key moves a value between 0 and 1, or null when the key means nothing to a slider.
 * @param {number} value
 * @param {string} key
 * @param {boolean} coarse
 */
export function stepped(value, key, coarse) {
  const step = coarse ? 0.1 : 0.02;
  const moves = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
  return key in moves ? clamp(Math.round((value + moves[key]) * 1000) / 1000, 0, 1) : null;
}

/**
 * Show the bytes of a picture file in an image. The old picture stays until the new one is there.
 * @param {HTMLImageElement} image
 * @param {DataView | null} bytes
 */
export function showBytes(image, bytes) {
  const old = image.src;
  const release = () => old.startsWith("blob:") && URL.revokeObjectURL(old);
  if (!bytes || !bytes.byteLength) {
    image.removeAttribute("src");
    release();
    return;
  }
  image.addEventListener("load", release, { once: true });
  image.src = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)]));
}

/**
 * Scroll a row that is wider than its place sideways until an element of it is in sight.
 * @param {HTMLElement} row
 * @param {HTMLElement} element
 */
export function reveal(row, element) {
  requestAnimationFrame(() => {
    const [place, one] = [row.getBoundingClientRect(), element.getBoundingClientRect()];
    if (one.left < place.left || one.right > place.right) row.scrollLeft += one.left - place.left - (place.width - one.width) / 2;
  });
}

/**
 * Let the reader keep a file.
 * @param {DataView} bytes
 * @param {string} name
 */
export function download(bytes, name) {
  const kind = name.endsWith(".mp4") ? "video/mp4" : `image/${name.split(".").pop()?.replace("jpg", "jpeg")}`;
  const url = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)], { type: kind }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
