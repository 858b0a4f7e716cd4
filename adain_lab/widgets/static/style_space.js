// @ts-check
// The style space panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits position, coordinates, style_name, alpha, content, split, error; the messages {do: "upload" | "save" | "reset"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { download, follow, make, quiet, showBytes, throttled } from "./parts.js";
import { compareView } from "./compare.js";
import { pictureStrip } from "./strip.js";
import { upload } from "./upload.js";
import { styleMap } from "./style_map.js";
import { equaliser } from "./equaliser.js";

// A picture is asked for this often at most; when Python is slower, the widget manager keeps only the newest values.
const INTERVAL = 30;
let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-space-${++views}-${Math.random().toString(36).slice(2)}`;

  /** @param {Record<string, any>} values */
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  // Map, equaliser and alpha share one throttle: what was moved within an interval goes in one message.
  /** @type {Record<string, any>} */
  let waiting = {};
  const throttle = throttled(() => {
    const values = waiting;
    waiting = {};
    put(values);
  }, INTERVAL);
  /** @param {Record<string, any>} values */
  const push = (values) => {
    Object.assign(waiting, values);
    throttle.push(null);
  };
  const pushSplit = throttled((/** @type {number} */ split) => put({ split }), 100);

  // ---- the picture ----
  const compare = compareView({
    label: "Divider between content and painted picture",
    before: "content",
    after: "painted",
    move: pushSplit.push,
    signal,
  });
  const errorText = make("span", { class: "al-error-text" });
  const dismiss = quiet(make("button", { type: "button", class: "al-dismiss", "aria-label": "Dismiss the message" }, "×"));
  const error = make("div", { class: "al-error", role: "alert", hidden: true }, errorText, dismiss);
  const mat = make("div", { class: "al-mat" }, compare.view, error);

  // ---- alpha ----
  const slider = quiet(make("input", { class: "al-range", type: "range", id: `${id}-alpha`, min: 0, max: 1, step: 0.01 }));
  const value = make("output", { class: "al-value", for: `${id}-alpha` });
  const alpha = make("div", { class: "al-alpha", style: "--one:1" },
    make("div", { class: "al-row" }, make("label", { for: `${id}-alpha` }, "Alpha"), value),
    slider,
  );

  // ---- map, equaliser, contents ----
  /** @param {number[]} coordinates */
  const goTo = (coordinates) => {
    const values = { coordinates, position: coordinates.slice(0, 2), style_name: "" };
    for (const [name, wanted] of Object.entries(values)) model.set(name, wanted); // at once, so that the next move starts from here
    push(values);
  };
  const percent = (/** @type {number} */ index) => `component ${index + 1} (${Math.round(model.get("bands")[index] * 100)} %)`;
  const map = styleMap({
    id,
    extent: model.get("extent"),
    axes: [percent(0), percent(1)],
    move: (position) => push({ position, style_name: "" }),
    settle: throttle.flush,
    snap: (style_name) => push({ style_name }),
    signal,
  });
  const bands = equaliser({
    id,
    bands: model.get("bands"),
    limit: model.get("limit"),
    move: (index, number) => {
      // The place on the map may be newer than what Python has answered.
      const coordinates = [...model.get("position"), ...model.get("coordinates").slice(2)];
      coordinates[index] = number;
      goTo(coordinates);
    },
    settle: throttle.flush,
    signal,
  });
  const where = make("span", { class: "al-current" });
  const flat = quiet(make("button", { type: "button", class: "al-button al-small", title: "All sliders to 0: the mean of all styles" }, "Flat"));
  const own = quiet(make("button", { type: "button", class: "al-button al-small" }, "Place your own style …"));
  const file = make("input", { type: "file", accept: "image/*", hidden: true, tabindex: -1 });
  const bring = (/** @type {string} */ kind, /** @type {File} */ chosen) =>
    upload(model, kind, chosen).catch((problem) => put({ error: problem.message }));
  const strip = pictureStrip({
    kind: "content",
    legend: "Content",
    own: "Upload a content picture of your own",
    id,
    choose: (content) => put({ content }),
    bring: (chosen) => bring("content", chosen),
    signal,
  });

  // ---- status and buttons ----
  const status = make("span", { class: "al-status" });
  const reset = quiet(make("button", { type: "button", class: "al-button" }, "Reset"));
  const save = quiet(make("button", { type: "button", class: "al-button" }, "Save PNG"));
  const bar = make("div", { class: "al-bar" }, make("span", { class: "al-busy", "aria-hidden": true }), status, reset, save);

  const panel = make("section", { class: "al-panel al-space", "aria-label": "Style space" },
    make("div", { class: "al-layout" },
      make("div", { class: "al-stage" }, mat, alpha, bar),
      make("div", { class: "al-map", role: "group", "aria-label": "Map of styles" },
        make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Style space"), where),
        map.plane,
        make("div", { class: "al-bar" }, make("span", { class: "al-status" }, "Drag to walk. Click a style to be there."), own, file),
      ),
      make("div", { class: "al-equaliser", role: "group", "aria-label": "Style equaliser" },
        make("div", { class: "al-head" },
          make("span", { class: "al-legend" }, "Style equaliser"),
          make("span", { class: "al-current" }, "standard deviations"),
          flat,
        ),
        bands.view,
      ),
      make("div", { class: "al-contents" }, strip.strip),
    ),
  );

  // ---- what the hand does ----
  const showAlpha = (/** @type {number} */ number) => {
    value.textContent = number.toFixed(2);
    slider.style.setProperty("--at", String(number));
    slider.setAttribute("aria-valuetext", number.toFixed(2));
  };
  slider.addEventListener("input", () => {
    showAlpha(slider.valueAsNumber);
    push({ alpha: slider.valueAsNumber });
  }, { signal });
  slider.addEventListener("change", throttle.flush, { signal });
  flat.addEventListener("click", () => goTo(model.get("coordinates").map(() => 0)), { signal });
  own.addEventListener("click", () => file.click(), { signal });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = "";
    if (chosen) bring("style", chosen);
  }, { signal });
  reset.addEventListener("click", () => model.send({ do: "reset" }), { signal });
  save.addEventListener("click", () => model.send({ do: "save", view: id }), { signal });
  dismiss.addEventListener("click", () => put({ error: "" }), { signal });

  // ---- what Python says ----
  const sync = {
    alpha: () => {
      slider.value = model.get("alpha");
      showAlpha(model.get("alpha"));
    },
    // While the hand is walking, the cursor is where the hand is.
    position: () => map.walking() || map.place(model.get("position")[0], model.get("position")[1]),
    coordinates: () => bands.place(model.get("coordinates")),
    points: () => {
      map.fill(model.get("points"));
      sync.style_name();
    },
    style_name: () => map.select(model.get("style_name")),
    place: () => {
      where.textContent = model.get("place");
      map.describe(model.get("place"));
    },
    split: () => compare.place(model.get("split")),
    content: () => strip.select(model.get("content")),
    contents: () => {
      strip.fill(model.get("contents"));
      sync.content();
    },
    before: () => showBytes(compare.beforeImage, model.get("before")),
    picture: () => {
      showBytes(compare.afterImage, model.get("picture"));
      const content = model.get("content");
      const title = model.get("contents").find((/** @type {any} */ item) => item.name === content)?.title ?? content;
      compare.beforeImage.alt = title;
      compare.afterImage.alt = `${title} painted ${model.get("place")}, alpha ${model.get("alpha").toFixed(2)}`;
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
    throttle.cancel();
    pushSplit.cancel();
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
