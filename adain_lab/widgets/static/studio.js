// @ts-check
// The studio. Python holds the state; this shows it and sends back what the hand does.
// To Python: all settings of the panel, `moving` while the hand moves one, from_sample, split, error; `request`, which is a trait
// since messages overtake traits: {do: "save" | "save_masks" | "python" | "reset"}; and the message {do: "upload"}.
// From Python: all traits; the messages {do: "save", view, name} with a PNG and {do: "python", view, code}, for the view that asked.
import { alive } from "./alive.js";
import { follow, make, quiet, showBytes } from "./parts.js";
import { pictureStrip } from "./strip.js";
import { pictureChooser } from "./chooser.js";
import { cornerPad, cornerPlace, cornerWeights } from "./pad.js";
import { connect, picturesOf, sender, stage, titleOf } from "./stage.js";
import { percent, weightSliders } from "./weights.js";
import { segmented } from "./segmented.js";
import { group } from "./group.js";
import { webcam } from "./webcam.js";
import { studioKeep } from "./studio_keep.js";
import { studioRegions } from "./studio_regions.js";
import { examplePairs } from "./examples.js";
import { takesFiles } from "./drop.js";
import { zoomable } from "./zoom.js";

// Milliseconds after which the final picture is painted: when the hand has let go, and when it holds still.
const REST = { released: 200, held: 800 };
const STROKES = [0.25, 2];
let views = 0;

/**
 * A sender that says while the hand moves that drafts are enough, and that it rests a little after it does.
 * @param {import("./parts.js").Model} model @param {AbortSignal} signal
 */
function draftSender(model, signal) {
  const send = sender(model, signal);
  let timer = 0;
  const restAfter = (/** @type {number} */ milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      send.flush();
      send.put({ moving: false });
    }, milliseconds);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    ...send,
    /** @param {Record<string, any>} values */
    push(values) {
      send.push({ ...values, moving: true });
      restAfter(REST.held);
    },
    flush() {
      send.flush();
      restAfter(REST.released);
    },
  };
}

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-studio-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = draftSender(model, signal);
  /** Ask Python for something, once it knows all that the hand has done. @param {{do: string, view?: string}} what */
  const ask = (what) => regions.sent().then(() => send.ask(what));
  const complain = (/** @type {string} */ words) => send.put({ error: words });

  const mixture = () => {
    const names = model.get("style_names");
    if (model.get("regions")) return names.map((/** @type {string} */ name, /** @type {number} */ index) => `${titleOf(model, "styles", name)} in region ${index + 1}`).join(", ");
    const parts = names.map((/** @type {string} */ name, /** @type {number} */ index) => [titleOf(model, "styles", name), model.get("weights")[index] ?? 0]);
    return parts.length === 1 ? parts[0][0] : parts.map((/** @type {any} */ [title, weight]) => `${title} ${percent(weight)}`).join(", ");
  };
  const picture = stage({
    model, id, send, ask, after: "painted", signal,
    describe: () => `${titleOf(model, "contents", model.get("content"))} in the style of ${mixture()}, alpha ${model.get("alpha").toFixed(2)}`,
  });

  const zoom = zoomable({ view: picture.compare.view, handle: picture.compare.handle, mat: picture.mat, stage: picture.view, signal });

  // ---- examples ----
  const named = (/** @type {string} */ list, /** @type {string} */ name) => picturesOf(model, list).find((item) => item.name === name);
  const examples = examplePairs({
    pairs: model.get("examples").map((/** @type {any} */ { content, style }) => ({ content: named("contents", content), style: named("styles", style) })),
    choose: async (content, style) => {
      await regions.sent();
      send.put({ content, style_names: [style], regions: false });
    },
    signal,
  });
  const exampleGroup = model.get("examples").length ? [group("Examples", { name: "examples" }, examples.view).view] : [];
  const showExample = () => examples.select(model.get("regions") ? "" : model.get("content"), model.get("style_names"));

  // ---- content ----
  const camera = webcam({ take: (file) => picture.bring("content", file), complain, signal });
  const contents = pictureStrip({
    kind: "content",
    legend: "Content",
    own: "Upload a content picture of your own",
    id,
    choose: async (content) => {
      await regions.sent();
      send.put({ content });
    },
    bring: (file) => picture.bring("content", file),
    more: [camera.button],
    signal,
  });
  const contentGroup = group("Content", { name: "content" }, contents.strip, camera.view);

  // ---- styles: a mixture ----
  /** @param {string} name @param {boolean} chosen @param {boolean} [alone] whether it takes the place of the others */
  const take = (name, chosen, alone = false) => {
    if (alone && !model.get("regions")) return send.put({ style_names: [name] });
    const names = model.get("style_names").filter((/** @type {string} */ other) => other !== name);
    send.put({ style_names: chosen ? [...names, name] : names }); // Python answers with the weights, or with the names as they were
  };
  const styles = pictureChooser({
    kind: "style",
    legend: "Styles",
    own: "Upload a style picture of your own",
    pick: "replace",
    choose: take,
    bring: (file) => picture.bring("style", file),
    signal,
  });
  const sliders = weightSliders({ id, move: (shares) => moved(shares), settle: send.flush, remove: (name) => take(name, false), signal });
  const pad = cornerPad({ label: "Mixture of the four corners", move: (x, y) => goTo(x, y), settle: send.flush, signal });
  /** @param {number[]} weights */
  const showShares = (weights) => {
    sliders.place(weights);
    if (weights.length < 4) return;
    const { x, y, off } = cornerPlace(weights.slice(0, 4));
    if (!pad.dragging()) pad.place(x, y, off);
    pad.describe(mixture());
  };
  /** @param {number[]} weights */
  const moved = (weights) => {
    showShares(weights);
    send.push({ weights });
  };
  /** @param {number} x @param {number} y */
  const goTo = (x, y) => {
    const now = sliders.shares();
    const first = now.slice(0, 4).reduce((sum, weight) => sum + weight, 0);
    const rest = now.slice(4).map((weight) => (first > 0 ? weight : 0)); // keep their share, unless they have it all
    const share = 1 - rest.reduce((sum, weight) => sum + weight, 0);
    moved([...cornerWeights(x, y).map((weight) => share * weight), ...rest]);
  };
  const mixer = make("div", { class: "al-mixture" }, pad.pad, sliders.view);
  const styleGroup = group("Styles", { name: "styles" }, styles.strip, mixer);

  // ---- regions ----
  const regions = studioRegions({ model, id, send, ask, bring: (kind, file) => picture.bring(kind, file), signal });
  const regionGroup = group("Regions", { name: "regions", open: model.get("regions") }, regions.view);

  // ---- colour, strokes, size ----
  const methods = segmented({ id, label: "Colour", choices: model.get("methods"), choose: (color) => send.put({ color }), signal });
  const strokes = quiet(make("input", { class: "al-range", type: "range", id: `${id}-strokes`, min: 0, max: 1, step: 0.01, style: "--one:1" }));
  const strokesValue = make("output", { class: "al-value", for: `${id}-strokes` });
  // Each step of the slider is the same factor; in the middle of 1/4 and 2 lies 0.7.
  const shareAt = (/** @type {number} */ place) => Math.round(100 * STROKES[0] * (STROKES[1] / STROKES[0]) ** place) / 100;
  const showStrokes = (/** @type {number} */ share) => {
    strokesValue.textContent = percent(share);
    strokes.style.setProperty("--at", strokes.value);
    strokes.setAttribute("aria-valuetext", `style at ${percent(share)} of the picture's scale`);
  };
  strokes.addEventListener("input", () => {
    showStrokes(shareAt(strokes.valueAsNumber));
    send.push({ stroke_size: shareAt(strokes.valueAsNumber) });
  }, { signal });
  strokes.addEventListener("change", send.flush, { signal });
  const size = quiet(make("select", { class: "al-select", id: `${id}-size-of-picture` }));
  size.addEventListener("change", () => send.put({ size: Number(size.value) }), { signal });
  const lookGroup = group("Look", { name: "look" },
    make("div", { class: "al-row al-choice" }, make("span", { class: "al-legend" }, "Colour"), methods.view),
    make("div", {}, make("div", { class: "al-row" }, make("label", { for: `${id}-strokes` }, "Stroke size"), strokesValue), strokes),
    make("div", { class: "al-row al-choice" }, make("label", { for: `${id}-size-of-picture` }, "Shorter side"), size),
  );

  const keep = studioKeep({ model, id, ask, bring: picture.bring, signal });

  const columns = [
    make("div", { class: "al-column" }, ...exampleGroup, contentGroup.view, styleGroup.view),
    make("div", { class: "al-column" }, lookGroup.view, regionGroup.view, keep.view),
  ];
  // Regions need much room: what else there is moves over, so that both columns stay about as long.
  const balance = (/** @type {boolean} */ long) => {
    if (long) columns[0].append(lookGroup.view);
    else columns[1].prepend(lookGroup.view);
  };
  const panel = make("section", { class: "al-panel al-studio", "aria-label": "Studio" },
    make("div", { class: "al-layout" },
      picture.view,
      make("div", { class: "al-groups" }, ...columns),
    ),
    regions.live,
  );

  // ---- what Python says ----
  const sync = {
    content: () => {
      contents.select(model.get("content"));
      showExample();
      contentGroup.words(titleOf(model, "contents", model.get("content")));
      regions.sync.content();
    },
    contents: () => {
      contents.fill(picturesOf(model, "contents"));
      sync.content();
    },
    styles: () => {
      styles.fill(picturesOf(model, "styles"));
      sync.style_names();
    },
    style_names: () => {
      /** @type {string[]} */
      const names = model.get("style_names");
      styles.select(names);
      styleGroup.words(names.length === 1 ? titleOf(model, "styles", names[0]) : `${names.length} chosen`);
      const items = names.map((name) => picturesOf(model, "styles").find((/** @type {any} */ item) => item.name === name)).filter(Boolean);
      sliders.fill(items);
      if (items.length >= 4) pad.fill(items.slice(0, 4));
      pad.pad.hidden = items.length < 4;
      sync.weights();
      regions.sync.style_names();
      showExample();
      showMixer();
    },
    weights: () => {
      // While the hand holds something, it shows where the hand is.
      if (!send.waits("weights") && !pad.dragging() && !sliders.dragging()) showShares(model.get("weights"));
    },
    regions: () => {
      regions.sync.regions();
      if (model.get("regions")) regionGroup.open();
      balance(model.get("regions"));
      regionGroup.words(model.get("regions") ? "a style each" : "off");
      showExample();
      showMixer();
    },
    strengths: regions.sync.strengths,
    painting: regions.sync.painting,
    feather: regions.sync.feather,
    global_statistics: regions.sync.global_statistics,
    description: regions.sync.description,
    color: () => methods.select(model.get("color")),
    stroke_size: () => {
      if (send.waits("stroke_size")) return;
      const share = model.get("stroke_size");
      strokes.value = String(Math.log(share / STROKES[0]) / Math.log(STROKES[1] / STROKES[0]));
      showStrokes(share);
    },
    size: () => {
      const offered = [...new Set([...model.get("sizes"), model.get("size")])].sort((one, other) => one - other);
      size.replaceChildren(...offered.map((pixels) => make("option", { value: String(pixels) }, `${pixels} px`)));
      size.value = String(model.get("size"));
    },
    before: () => {
      showBytes(regions.image, model.get("before"));
      regions.image.alt = titleOf(model, "contents", model.get("content"));
    },
    ...keep.sync,
    moving: () => panel.toggleAttribute("data-draft", model.get("moving")),
  };
  const showMixer = () => { mixer.hidden = model.get("regions") || model.get("style_names").length < 2; };
  connect(model, sync, signal);
  picture.listen(panel);
  follow(model, "change:content", zoom.whole, signal);
  takesFiles({
    // In a page of its own the studio is all there is to drop on.
    root: document.documentElement.dataset.alCommand ? document : panel,
    panel,
    zones: [
      { element: picture.mat, kind: "content", words: "Drop: the new content" },
      { element: contentGroup.view, kind: "content", words: "Drop: the new content" },
      { element: styleGroup.view, kind: "style", words: "Drop: one more style" },
    ],
    bring: picture.bring,
    complain,
    signal,
  });
  panel.addEventListener("al-leave", camera.close, { signal });
  signal.addEventListener("abort", () => showBytes(regions.image, null));

  el.append(panel);
  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
