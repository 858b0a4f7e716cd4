// @ts-check
// The alpha panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits alpha, content, style_name, split, error; the messages {do: "upload" | "save" | "reset"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { download, follow, make, quiet, showBytes, throttled } from "./parts.js";
import { compareView } from "./compare.js";
import { pictureStrip } from "./strip.js";
import { upload } from "./upload.js";

// The slider asks for a picture this often at most; when Python is slower, the widget manager keeps only the newest value.
const INTERVAL = 30;
const STEP = 0.01;
let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-${++views}-${Math.random().toString(36).slice(2)}`;
  const max = model.get("max_alpha");

  /** @param {string} name @param {any} value */
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const pushAlpha = throttled((/** @type {number} */ value) => put("alpha", value), INTERVAL);
  const pushSplit = throttled((/** @type {number} */ value) => put("split", value), 100);

  // ---- the picture ----
  const compare = compareView({
    label: "Divider between content and stylized picture",
    before: "content",
    after: "stylized",
    move: pushSplit.push,
    signal,
  });
  const errorText = make("span", { class: "al-error-text" });
  const dismiss = quiet(make("button", { type: "button", class: "al-dismiss", "aria-label": "Dismiss the message" }, "×"));
  const error = make("div", { class: "al-error", role: "alert", hidden: true }, errorText, dismiss);
  const mat = make("div", { class: "al-mat" }, compare.view, error);

  // ---- the slider ----
  const slider = quiet(make("input", { class: "al-range", type: "range", id: `${id}-alpha`, min: 0, max, step: STEP }));
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

  // ---- status and buttons ----
  const status = make("span", { class: "al-status" });
  const reset = quiet(make("button", { type: "button", class: "al-button" }, "Reset"));
  const save = quiet(make("button", { type: "button", class: "al-button" }, "Save PNG"));
  const bar = make("div", { class: "al-bar" }, make("span", { class: "al-busy", "aria-hidden": true }), status, reset, save);

  // ---- what to choose from ----
  /** @param {string} kind @param {string} trait @param {string} legend */
  const stripFor = (kind, trait, legend) =>
    pictureStrip({
      kind,
      legend,
      own: `Upload a ${kind} picture of your own`,
      id,
      choose: (name) => put(trait, name),
      bring: (file) => upload(model, kind, file).catch((problem) => put("error", problem.message)),
      signal,
    });
  const strips = { content: stripFor("content", "content", "Content"), style: stripFor("style", "style_name", "Style") };

  const panel = make("section", { class: "al-panel", "aria-label": "Style transfer with alpha" },
    make("div", { class: "al-layout" },
      make("div", { class: "al-stage" }, mat, alpha, bar),
      make("div", { class: "al-side" }, strips.content.strip, strips.style.strip),
    ),
  );

  // ---- what the hand does ----
  const showAlpha = (/** @type {number} */ number) => {
    value.textContent = number.toFixed(2);
    slider.style.setProperty("--at", String(number / max));
    slider.setAttribute("aria-valuetext", `${number.toFixed(2)}${number > 1 ? ", extrapolation" : ""}`);
  };
  slider.addEventListener("input", () => {
    showAlpha(slider.valueAsNumber);
    pushAlpha.push(slider.valueAsNumber);
  }, { signal });
  slider.addEventListener("change", pushAlpha.flush, { signal });
  reset.addEventListener("click", () => model.send({ do: "reset" }), { signal });
  save.addEventListener("click", () => model.send({ do: "save", view: id }), { signal });
  dismiss.addEventListener("click", () => put("error", ""), { signal });

  // ---- what Python says ----
  const sync = {
    alpha: () => {
      slider.value = model.get("alpha");
      showAlpha(model.get("alpha"));
    },
    split: () => compare.place(model.get("split")),
    content: () => strips.content.select(model.get("content")),
    style_name: () => strips.style.select(model.get("style_name")),
    contents: () => {
      strips.content.fill(model.get("contents"));
      sync.content();
    },
    styles: () => {
      strips.style.fill(model.get("styles"));
      sync.style_name();
    },
    before: () => showBytes(compare.beforeImage, model.get("before")),
    picture: () => {
      showBytes(compare.afterImage, model.get("picture"));
      const title = (/** @type {string} */ list, /** @type {string} */ name) =>
        model.get(list).find((/** @type {any} */ item) => item.name === name)?.title ?? name;
      const content = title("contents", model.get("content"));
      compare.beforeImage.alt = content;
      compare.afterImage.alt = `${content} in the style of ${title("styles", model.get("style_name"))}, alpha ${model.get("alpha").toFixed(2)}`;
    },
    error: () => {
      errorText.textContent = model.get("error");
      error.hidden = !model.get("error");
    },
    busy: () => panel.toggleAttribute("data-busy", model.get("busy")),
  };
  for (const [name, show] of Object.entries(sync)) {
    follow(model, `change:${name}`, show, signal);
    show();
  }
  const showStatus = () => {
    const { naturalWidth, naturalHeight } = compare.afterImage;
    status.textContent = naturalWidth ? `${naturalWidth} × ${naturalHeight} · ${Math.round(model.get("milliseconds"))} ms` : "";
  };
  compare.afterImage.addEventListener("load", showStatus, { signal });
  follow(model, "change:milliseconds", showStatus, signal);
  follow(model, "msg:custom", (content, buffers) => {
    if (content.do === "save" && content.view === id) download(buffers[0], content.name);
  }, signal);

  el.append(panel);
  return () => {
    pushAlpha.cancel();
    pushSplit.cancel();
    gone.abort();
    panel.remove();
  };
}

export default { render };
