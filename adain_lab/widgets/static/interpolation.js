// @ts-check
// The interpolation panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits alpha, content, style_names, weights, split, error; `request`, {do: "save" | "grid" | "reset"}; the message {do: "upload"}.
// From Python: all traits; the messages {do: "save" | "grid", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { download, follow, make, quiet, showBytes } from "./parts.js";
import { pictureStrip } from "./strip.js";
import { pictureChooser } from "./chooser.js";
import { cornerPad, cornerPlace, cornerWeights } from "./pad.js";
import { connect, picturesOf, sender, stage, titleOf } from "./stage.js";
import { percent, weightSliders } from "./weights.js";

let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-mix-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);

  const mixture = () => {
    /** @type {number[]} */
    const weights = model.get("weights");
    return model.get("style_names").map((/** @type {string} */ name, /** @type {number} */ index) => [titleOf(model, "styles", name), weights[index]])
      .filter((/** @type {any} */ [, weight]) => weight >= 0.005)
      .map((/** @type {any} */ [title, weight]) => `${title} ${percent(weight)}`).join(", ");
  };
  const gridButton = quiet(make("button", { type: "button", class: "al-button al-small", title: "The content in 25 mixtures of the four corners" }, "5 × 5 grid"));
  const picture = stage({
    model, id, send, after: "mixture", signal,
    describe: () => `${titleOf(model, "contents", model.get("content"))} in a mixture of ${mixture()}, alpha ${model.get("alpha").toFixed(2)}`,
  });

  // ---- pad and sliders: two hands on the weights ----
  const pad = cornerPad({
    label: "Mixture of the four corners",
    move: (x, y) => goTo(x, y),
    settle: send.flush,
    signal,
  });
  const sliders = weightSliders({
    id,
    move: (shares) => moved(shares),
    settle: send.flush,
    remove: (name) => take(name, false),
    signal,
  });
  const hint = make("p", { class: "al-hint", hidden: true });
  /** @param {number[]} weights */
  const show = (weights) => {
    sliders.place(weights);
    if (weights.length < 4) return;
    const { x, y, off } = cornerPlace(weights.slice(0, 4));
    if (!pad.dragging()) pad.place(x, y, off);
    const names = model.get("style_names").slice(0, 4);
    pad.describe(names.map((/** @type {string} */ name, /** @type {number} */ corner) => `${titleOf(model, "styles", name)} ${percent(weights[corner])}`).join(", "));
  };
  /** @param {number[]} weights */
  const moved = (weights) => {
    show(weights);
    send.push({ weights });
  };
  /** @param {number} x @param {number} y */
  const goTo = (x, y) => {
    const now = sliders.shares();
    const first = now.slice(0, 4).reduce((sum, weight) => sum + weight, 0);
    // Styles beyond the fourth keep their share, unless they have it all.
    const rest = now.slice(4).map((weight) => (first > 0 ? weight : 0));
    const share = 1 - rest.reduce((sum, weight) => sum + weight, 0);
    moved([...cornerWeights(x, y).map((weight) => share * weight), ...rest]);
  };
  const equal = quiet(make("button", { type: "button", class: "al-button al-small" }, "Equal"));
  equal.addEventListener("click", () => {
    const { length } = sliders.shares();
    moved(Array(length).fill(1 / length));
    send.flush();
  }, { signal });

  // ---- what to choose from ----
  /** @param {string} name @param {boolean} chosen */
  const take = (name, chosen) => {
    send.flush();
    const names = model.get("style_names").filter((/** @type {string} */ other) => other !== name);
    send.put({ style_names: chosen ? [...names, name] : names }); // Python answers with the weights, or with the names as they were
  };
  const contents = pictureStrip({
    kind: "content",
    legend: "Content",
    own: "Upload a content picture of your own",
    id,
    choose: (content) => send.put({ content }),
    bring: (file) => picture.bring("content", file),
    signal,
  });
  const styles = pictureChooser({
    kind: "style",
    legend: "Styles",
    own: "Upload a style picture of your own",
    choose: take,
    bring: (file) => picture.bring("style", file),
    signal,
  });

  // ---- the grid ----
  const gridImage = make("img", { class: "al-grid-picture", title: "Click a picture to go to its mixture" });
  const gridSave = quiet(make("button", { type: "button", class: "al-button" }, "Save grid"));
  const gridClose = quiet(make("button", { type: "button", class: "al-button" }, "Close"));
  const grid = make("figure", { class: "al-grid-view", hidden: true }, gridImage,
    make("figcaption", { class: "al-bar" }, make("span", { class: "al-status" }), gridSave, gridClose));
  let made = /** @type {{bytes: DataView, name: string} | null} */ (null);
  // What the open grid shows, in words that change when it has to.
  const shown = () => JSON.stringify([model.get("content"), model.get("style_names").slice(0, 4), model.get("alpha")]);
  let asked = "";
  let waiting = 0;
  const askForGrid = () => {
    asked = shown();
    send.ask({ do: "grid", view: id });
  };
  /** An open grid follows, when the hand rests and the picture is painted; with fewer than four styles it closes. */
  const followGrid = () => {
    clearTimeout(waiting);
    if (grid.hidden) return;
    if (model.get("style_names").length < 4) grid.hidden = true;
    else if (shown() !== asked) waiting = setTimeout(() => model.get("busy") || grid.hidden || askForGrid(), 300);
  };
  for (const name of ["content", "style_names", "alpha", "busy"]) follow(model, `change:${name}`, followGrid, signal);
  signal.addEventListener("abort", () => clearTimeout(waiting));
  gridButton.addEventListener("click", askForGrid, { signal });
  gridSave.addEventListener("click", () => made && download(made.bytes, made.name), { signal });
  // A click on one of the pictures goes to its mixture. There are 5 x 5 of them, with a column of styles at either side.
  gridImage.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const column = Math.floor((event.offsetX / gridImage.clientWidth) * 7) - 1;
    const row = Math.min(4, Math.floor((event.offsetY / gridImage.clientHeight) * 5));
    if (column < 0 || column > 4) return;
    goTo(column / 4, row / 4);
    send.flush();
  }, { signal });
  gridClose.addEventListener("click", () => {
    grid.hidden = true;
    gridButton.focus();
  }, { signal });
  follow(model, "msg:custom", (content, buffers) => {
    if (content.do !== "grid" || content.view !== id) return;
    made = { bytes: buffers[0], name: content.name };
    const corners = model.get("style_names").slice(0, 4).map((/** @type {string} */ name) => titleOf(model, "styles", name)).join(", ");
    const words = `${titleOf(model, "contents", model.get("content"))} in 25 mixtures of ${corners}`;
    gridImage.alt = words;
    /** @type {any} */ (grid.querySelector(".al-status")).textContent = words;
    const opened = grid.hidden;
    grid.hidden = false;
    if (opened) gridImage.addEventListener("load", () => grid.scrollIntoView({ block: "nearest" }), { once: true, signal });
    showBytes(gridImage, made.bytes);
  }, signal);
  signal.addEventListener("abort", () => showBytes(gridImage, null));

  const panel = make("section", { class: "al-panel al-interpolation", "aria-label": "Style interpolation" },
    make("div", { class: "al-layout" },
      picture.view,
      make("div", { class: "al-mixer", role: "group", "aria-label": "Mixture" },
        make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Mixture"), make("span", { class: "al-current" }), equal, gridButton),
        make("div", { class: "al-mixture" }, pad.pad, hint, sliders.view),
      ),
      make("div", { class: "al-side" }, contents.strip, styles.strip),
    ),
    grid,
  );

  // ---- what Python says ----
  const sync = {
    content: () => contents.select(model.get("content")),
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
      styles.select(names, `${names.length} in the mixture`);
      const items = names.map((name) => picturesOf(model, "styles").find((/** @type {any} */ item) => item.name === name)).filter(Boolean);
      sliders.fill(items);
      pad.pad.hidden = items.length < 4;
      const corners = items.slice(0, 4).map((/** @type {any} */ item) => item.title);
      hint.hidden = items.length === 4;
      hint.textContent = items.length < 4 ? "With four styles a pad appears here."
        : `The pad mixes ${corners.slice(0, 3).join(", ")} and ${corners[3]}, the first four of the list below. The others keep their shares.`;
      gridButton.disabled = items.length < 4;
      if (items.length >= 4) pad.fill(items.slice(0, 4));
      sync.weights();
    },
    weights: () => {
      // While the hand holds something, it shows where the hand is.
      if (!send.waits("weights") && !pad.dragging() && !sliders.dragging()) show(model.get("weights"));
    },
  };
  connect(model, sync, signal);
  picture.listen(panel);

  el.append(panel);
  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
