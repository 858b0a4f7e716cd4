// @ts-check
// The inversion panel. Python holds the state and searches in a thread; this shows what it has found so far.
// To Python: the traits mode, layer, content, pattern, seed, split, error; the message {do: "upload"}.
// From Python: all traits.
import { alive } from "./alive.js";
import { follow, make, quiet, showBytes, throttled } from "./parts.js";
import { compareView } from "./compare.js";
import { pictureStrip } from "./strip.js";
import { upload } from "./upload.js";

const MODES = [
  { mode: "features", label: "Picture from features" },
  { mode: "texture", label: "Texture from statistics" },
];
let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-inversion-${++views}-${Math.random().toString(36).slice(2)}`;

  /** @param {string} name @param {any} value */
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const pushSplit = throttled((/** @type {number} */ value) => put("split", value), 100);

  // ---- the pictures ----
  const compare = compareView({
    label: "Divider between the picture and its reconstruction",
    before: "original",
    after: "from features",
    move: pushSplit.push,
    signal,
  });
  /** @param {string} caption */
  const figure = (caption) => {
    const image = make("img", { draggable: false, decoding: "sync" });
    return { image, view: make("figure", { class: "al-figure" }, image, make("figcaption", {}, caption)) };
  };
  const figures = [figure("original"), figure("Gram matrices"), figure("mean and std")];
  const row = make("div", { class: "al-figures", hidden: true }, ...figures.map(({ view }) => view));
  signal.addEventListener("abort", () => figures.forEach(({ image }) => showBytes(image, null)));

  const errorText = make("span", { class: "al-error-text" });
  const dismiss = quiet(make("button", { type: "button", class: "al-dismiss", "aria-label": "Dismiss the message" }, "×"));
  const error = make("div", { class: "al-error", role: "alert", hidden: true }, errorText, dismiss);
  const mat = make("div", { class: "al-mat" }, compare.view, row, error);

  const progress = make("progress", { class: "al-progress", max: 1, "aria-label": "Progress of the search" });
  const status = make("span", { class: "al-status" });
  const other = quiet(make("button", { type: "button", class: "al-button", title: "Search again, from other noise" }, "Other noise"));
  const bar = make("div", { class: "al-bar" }, make("span", { class: "al-busy", "aria-hidden": true }), status, other);

  // ---- what to choose from ----
  /** @type {Map<string, HTMLInputElement>} */
  const modes = new Map();
  const switcher = make("fieldset", { class: "al-strip" },
    make("legend", {}, make("span", { class: "al-legend" }, "Search for a")),
    make("div", { class: "al-switch" },
      ...MODES.map(({ mode, label }) => {
        const input = quiet(make("input", { type: "radio", name: `${id}-mode`, value: mode }));
        modes.set(mode, input);
        return make("label", { class: "al-option" }, input, make("span", {}, label));
      }),
    ),
  );
  /** @type {Map<string, HTMLInputElement>} */
  const layers = new Map();
  const facts = make("span", { class: "al-current" });
  const blocks = make("div", { class: "al-blocks" });
  for (const layer of model.get("layers")) {
    const block = Number(layer.name[4]);
    while (blocks.children.length < block) blocks.append(make("div", { class: "al-block" }));
    const words = `${layer.name}, ${layer.channels} channels, sees ${layer.field} by ${layer.field} pixels`;
    const input = quiet(make("input", { type: "radio", name: `${id}-layer`, value: layer.name, "aria-label": words }));
    layers.set(layer.name, input);
    blocks.children[block - 1].append(make("label", { class: "al-option", title: words }, input, make("span", { "aria-hidden": true }, layer.name)));
  }
  const chooser = make("fieldset", { class: "al-strip" }, make("legend", {}, make("span", { class: "al-legend" }, "Layer"), facts), blocks);

  /** @param {string} kind @param {string} legend */
  const stripFor = (kind, legend) =>
    pictureStrip({
      kind,
      legend,
      own: `Upload a ${kind} picture of your own`,
      id,
      choose: (name) => put(kind, name),
      bring: (file) => upload(model, kind, file).catch((problem) => put("error", problem.message)),
      signal,
    });
  const strips = { content: stripFor("content", "Picture"), pattern: stripFor("pattern", "Texture of") };

  const panel = make("section", { class: "al-panel al-inversion", "aria-label": "What a layer knows of a picture" },
    make("div", { class: "al-layout" },
      make("div", { class: "al-stage" }, mat, progress, bar),
      make("div", { class: "al-side" }, switcher, chooser, strips.content.strip, strips.pattern.strip),
    ),
  );

  // ---- what the hand does ----
  switcher.addEventListener("change", (event) => put("mode", /** @type {HTMLInputElement} */ (event.target).value), { signal });
  chooser.addEventListener("change", (event) => put("layer", /** @type {HTMLInputElement} */ (event.target).value), { signal });
  other.addEventListener("click", () => put("seed", model.get("seed") + 1), { signal });
  dismiss.addEventListener("click", () => put("error", ""), { signal });

  // ---- what Python says ----
  const sync = {
    mode: () => {
      const mode = model.get("mode");
      const input = modes.get(mode);
      if (input) input.checked = true;
      strips.content.strip.hidden = mode !== "features";
      strips.pattern.strip.hidden = mode === "features";
    },
    layer: () => {
      const input = layers.get(model.get("layer"));
      if (input) input.checked = true;
      const layer = model.get("layers").find((/** @type {any} */ one) => one.name === model.get("layer"));
      if (layer) facts.textContent = `${layer.channels} channels · 1/${layer.stride} of the size · sees ${layer.field} × ${layer.field} px`;
    },
    content: () => strips.content.select(model.get("content")),
    pattern: () => strips.pattern.select(model.get("pattern")),
    contents: () => {
      strips.content.fill(model.get("contents"));
      sync.content();
    },
    patterns: () => {
      strips.pattern.fill(model.get("patterns"));
      sync.pattern();
    },
    split: () => compare.place(model.get("split")),
    shown_mode: () => {
      const texture = model.get("shown_mode") === "texture";
      compare.view.hidden = texture;
      row.hidden = !texture;
    },
    original: () => {
      showBytes(compare.beforeImage, model.get("original"));
      showBytes(figures[0].image, model.get("original"));
    },
    result: () => {
      showBytes(compare.afterImage, model.get("result"));
      showBytes(figures[1].image, model.get("result"));
    },
    second: () => showBytes(figures[2].image, model.get("second")),
    alt: () => {
      const words = model.get("alt");
      compare.beforeImage.alt = figures[0].image.alt = `Original of: ${words}`;
      compare.afterImage.alt = words;
      figures[1].image.alt = `${words}, by Gram matrices`;
      figures[2].image.alt = `${words}, by mean and standard deviation`;
    },
    progress: () => { progress.value = model.get("progress"); },
    status: () => { status.textContent = model.get("status"); },
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

  el.append(panel);
  return () => {
    pushSplit.cancel();
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
