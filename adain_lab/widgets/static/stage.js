// @ts-check
// What every panel with one painted picture has: the before/after picture, the alpha slider, messages, status, Save and Reset.
import { download, follow, make, quiet, showBytes, throttled } from "./parts.js";
import { compareView } from "./compare.js";
import { errorNote } from "./error_note.js";
import { upload } from "./upload.js";

// A picture is asked for this often at most; when Python is slower, the widget manager keeps only the newest values.
const INTERVAL = 30;

/**
 * Values on their way to Python. `put` sends at once; `push` waits for its turn, so that what is moved within an interval goes
 * in one message, and the last value always goes.
 * @param {import("./parts.js").Model} model
 * @param {AbortSignal} signal
 */
export function sender(model, signal) {
  /** @type {Record<string, any>} */
  let waiting = {};
  /** @param {Record<string, any>} values */
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const throttle = throttled(() => {
    const values = waiting;
    waiting = {};
    put(values);
  }, INTERVAL);
  signal.addEventListener("abort", throttle.cancel);
  const me = Math.random().toString(36).slice(2);
  let requests = 0;
  return {
    put,
    /**
     * Ask Python for something, with all that the hand has done before: messages overtake traits, and so this is a trait. The number
     * makes the same request twice a change.
     * @param {{do: string, view?: string}} what
     */
    ask(what) {
      const values = waiting;
      waiting = {};
      throttle.cancel();
      put({ ...values, request: { ...what, number: `${me} ${++requests}` } });
    },
    /** @param {Record<string, any>} values */
    push(values) {
      Object.assign(waiting, values);
      throttle.push(null);
    },
    /** Send what is waiting, now: the hand has let go. */
    flush: () => {
      if (Object.keys(waiting).length) throttle.flush();
    },
    /** @param {string} name whether a value of this trait has not been sent yet */
    waits: (name) => name in waiting,
  };
}

/**
 * @param {{model: import("./parts.js").Model, id: string, send: ReturnType<typeof sender>, after: string, describe: () => string,
 *          ask?: (what: {do: string, view?: string}) => void, signal: AbortSignal}} options
 *   `id` keeps several views apart; `after` names the painted half; `describe` says in words what is painted; `ask` tells Python
 *   to save or to reset.
 * @returns `view`, the element; `mat`, which the picture lies on; `compare`; `bring`, which uploads a file; and `listen`, to
 *   be called with the panel once all is in place.
 */
export function stage({ model, id, send, after, describe, ask = send.ask, signal }) {
  const max = model.get("max_alpha");
  const pushSplit = throttled((/** @type {number} */ split) => send.put({ split }), 100);
  signal.addEventListener("abort", pushSplit.cancel);
  const compare = compareView({
    label: `Divider between content and ${after} picture`,
    before: "content",
    after,
    move: pushSplit.push,
    signal,
  });
  const error = errorNote(() => send.put({ error: "" }), signal);
  const mat = make("div", { class: "al-mat" }, compare.view, error.view);

  const slider = quiet(make("input", { class: "al-range", type: "range", id: `${id}-alpha`, min: 0, max, step: 0.01 }));
  const value = make("output", { class: "al-value", for: `${id}-alpha` });
  const scale = make("div", { class: "al-scale", "aria-hidden": true });
  for (let tick = 0; tick < max || tick === 1; tick += 0.25) {
    const name = { 0: "0 content", 1: "1 style" }[tick] ?? "";
    scale.append(make("span", { class: name ? "al-tick al-tick-named" : "al-tick", style: `--at:${tick / max}` }, name));
  }
  if (max > 1) scale.append(make("span", { class: "al-tick al-tick-named", style: "--at:1" }, `${Number(max.toFixed(2))} extrapolation`));
  const alpha = make("div", { class: "al-alpha", style: `--one:${1 / max}` },
    make("div", { class: "al-row" }, make("label", { for: `${id}-alpha` }, "Alpha"), value),
    slider,
    scale,
  );

  const status = make("span", { class: "al-status" });
  const reset = quiet(make("button", { type: "button", class: "al-button" }, "Reset"));
  const save = quiet(make("button", { type: "button", class: "al-button" }, "Save PNG"));
  const bar = make("div", { class: "al-bar" }, make("span", { class: "al-busy", "aria-hidden": true }), status, reset, save);
  const view = make("div", { class: "al-stage" }, mat, alpha, bar);

  const showAlpha = (/** @type {number} */ number) => {
    value.textContent = number.toFixed(2);
    slider.style.setProperty("--at", String(number / max));
    slider.setAttribute("aria-valuetext", `${number.toFixed(2)}${number > 1 ? ", extrapolation" : ""}`);
  };
  slider.addEventListener("input", () => {
    showAlpha(slider.valueAsNumber);
    send.push({ alpha: slider.valueAsNumber });
  }, { signal });
  slider.addEventListener("change", send.flush, { signal });
  reset.addEventListener("click", () => ask({ do: "reset" }), { signal });
  save.addEventListener("click", () => ask({ do: "save", view: id }), { signal });

  const showStatus = () => {
    const { naturalWidth, naturalHeight } = compare.afterImage;
    status.textContent = naturalWidth ? `${naturalWidth} × ${naturalHeight} · ${Math.round(model.get("milliseconds"))} ms` : "";
  };
  compare.afterImage.addEventListener("load", showStatus, { signal });

  return {
    view,
    mat,
    compare,
    /** @param {string} kind @param {File} file */
    bring: (kind, file) => upload(model, kind, file).catch((problem) => send.put({ error: problem.message })),
    /** @param {HTMLElement} panel */
    listen(panel) {
      const sync = {
        alpha: () => {
          if (send.waits("alpha")) return;
          slider.value = model.get("alpha");
          showAlpha(model.get("alpha"));
        },
        split: () => compare.place(model.get("split")),
        before: () => showBytes(compare.beforeImage, model.get("before")),
        picture: () => {
          showBytes(compare.afterImage, model.get("picture"));
          compare.beforeImage.alt = titleOf(model, "contents", model.get("content"));
          compare.afterImage.alt = describe();
        },
        error: () => error.show(model.get("error")),
        busy: () => panel.toggleAttribute("data-busy", model.get("busy")),
        milliseconds: showStatus,
      };
      connect(model, sync, signal);
      follow(model, "msg:custom", (content, buffers) => {
        if (content.do === "save" && content.view === id) download(buffers[0], content.name);
      }, signal);
    },
  };
}

/**
 * Show each trait now and whenever it changes.
 * @param {import("./parts.js").Model} model
 * @param {Record<string, () => void>} sync
 * @param {AbortSignal} signal
 */
export function connect(model, sync, signal) {
  for (const [name, show] of Object.entries(sync)) {
    follow(model, `change:${name}`, show, signal);
    show();
  }
}

/**
 * A picture's title.
 * @param {import("./parts.js").Model} model
 * @param {string} list "contents" or "styles"
 * @param {string} name
 */
export const titleOf = (model, list, name) => model.get(list).find((/** @type {any} */ item) => item.name === name)?.title ?? name;

/**
 * The pictures to choose from, each with its thumbnail; those that somebody brought have a trait each (see thumbnails.py).
 * @param {import("./parts.js").Model} model
 * @param {string} list such as "contents"
 * @returns {any[]} each an `Item` of strip.js
 */
export const picturesOf = (model, list) => model.get(list).map((/** @type {any} */ item) => ({
  ...item,
  thumbnail: item.thumbnail ?? (item.own ? model.get(`${list}_thumbnail_${item.slot}`) : model.get("thumbnails")[list][item.name]),
}));
