// @ts-check
// The inversion panel. Python holds the state and searches in a thread; this shows what it has found so far.
// To Python: the traits mode, layer, content, pattern, seed, split, error; the message {do: "upload"}.
// From Python: all traits.
import { alive } from "./alive.js";
import { make, quiet, showBytes } from "./parts.js";
import { livePanel } from "./live.js";

const MODES = [
  { mode: "features", label: "Picture from features" },
  { mode: "texture", label: "Texture from statistics" },
];

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const parts = livePanel({
    model,
    name: "inversion",
    label: "Divider between the picture and its reconstruction",
    before: "original",
    after: "from features",
    task: "search",
    strips: [{ kind: "content", trait: "content", legend: "Picture" }, { kind: "pattern", trait: "pattern", legend: "Texture of" }],
    signal,
  });
  const { id, send, compare, progress, status, strips } = parts;

  // ---- the pictures ----
  /** @param {string} caption */
  const figure = (caption) => {
    const image = make("img", { draggable: false, decoding: "sync" });
    return { image, view: make("figure", { class: "al-figure" }, image, make("figcaption", {}, caption)) };
  };
  const figures = [figure("original"), figure("Gram matrices"), figure("mean and std")];
  const row = make("div", { class: "al-figures", hidden: true }, ...figures.map(({ view }) => view));
  signal.addEventListener("abort", () => figures.forEach(({ image }) => showBytes(image, null)));

  const mat = make("div", { class: "al-mat" }, compare.view, row, parts.error);

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

  const panel = make("section", { class: "al-panel al-inversion", "aria-label": "What a layer knows of a picture" },
    make("div", { class: "al-layout" },
      make("div", { class: "al-stage" }, mat, progress, bar),
      make("div", { class: "al-side" }, switcher, chooser, strips.content.strip, strips.pattern.strip),
    ),
  );

  // ---- what the hand does ----
  switcher.addEventListener("change", (event) => send.put({ mode: /** @type {HTMLInputElement} */ (event.target).value }), { signal });
  chooser.addEventListener("change", (event) => send.put({ layer: /** @type {HTMLInputElement} */ (event.target).value }), { signal });
  other.addEventListener("click", () => send.put({ seed: model.get("seed") + 1 }), { signal });

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
  };
  parts.listen(panel, sync);

  el.append(panel);
  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
