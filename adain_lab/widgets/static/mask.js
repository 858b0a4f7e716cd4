// @ts-check
// The mask panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits painting, style_names, alpha, feather, global_statistics, content, from_sample, error;
// `request`, {do: "save" | "save_masks" | "reset"}; and the message {do: "upload"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { download, follow, make, quiet, showBytes } from "./parts.js";
import { errorNote } from "./error_note.js";
import { pictureStrip } from "./strip.js";
import { connect, picturesOf, sender, titleOf } from "./stage.js";
import { upload } from "./upload.js";
import { paintedRegions } from "./painted_regions.js";
import { regionRows } from "./mask_regions.js";

let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-mask-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);
  const colors = model.get("colors");

  // ---- painting ----
  const bring = async (/** @type {string} */ kind, /** @type {File} */ chosen) => {
    await sent();
    await upload(model, kind, chosen).catch((problem) => send.put({ error: problem.message }));
  };
  const regions = paintedRegions({
    model, id, send, pass: send.put, chosen: (region) => aim(region), bring, samples: "Sample mask …", signal,
    soft: { max: model.get("max_feather"), step: 1, words: (pixels) => `${Math.round(pixels)} px`, spoken: (pixels) => `${Math.round(pixels)} pixels` },
  });
  const { painter, sent } = regions;

  // ---- the regions' styles ----
  let target = 1;
  /** @param {number} region */
  const aim = (region) => {
    target = region;
    showTarget();
  };
  const rows = regionRows({
    id,
    colors,
    pick: (region) => painter.choose(region),
    move: (alpha) => send.push({ alpha }),
    settle: send.flush,
    signal,
  });
  const showTarget = () => {
    const name = model.get("style_names")[target - 1];
    rows.mark(target);
    styles.legend(`Style of region ${target}`);
    if (name) styles.select(name);
  };
  const more = quiet(make("button", { type: "button", class: "al-button al-small" }, "Add a region"));
  more.addEventListener("click", () => {
    const names = model.get("style_names");
    const next = model.get("styles").find((/** @type {any} */ item) => !names.includes(item.name)) ?? model.get("styles")[0];
    send.flush();
    send.put({ style_names: [...names, next.name], alpha: [...model.get("alpha"), 1] });
    painter.choose(names.length + 1);
  }, { signal });

  const note = make("p", { class: "al-hint", role: "status" });

  // ---- the picture ----
  const result = make("img", { class: "al-result", draggable: false, decoding: "sync" });
  const error = errorNote(() => send.put({ error: "" }), signal);
  const status = make("span", { class: "al-status" });
  const reset = quiet(make("button", { type: "button", class: "al-button" }, "Reset"));
  const save = quiet(make("button", { type: "button", class: "al-button" }, "Save PNG"));
  const ask = (/** @type {HTMLElement} */ button, /** @type {string} */ what) =>
    button.addEventListener("click", () => sent().then(() => send.ask({ do: what, view: id })), { signal });
  ask(reset, "reset");
  ask(save, "save");
  ask(regions.keep, "save_masks");

  // ---- what to choose from ----
  const contents = pictureStrip({
    kind: "content",
    legend: "Content",
    own: "Upload a content picture of your own",
    id,
    choose: async (content) => {
      await sent();
      send.put({ content, painting: new DataView(new ArrayBuffer(0)) }); // empty: what was painted on that content
    },
    bring: (chosen) => bring("content", chosen),
    signal,
  });
  const strip = pictureStrip({
    kind: "style",
    legend: "Style",
    own: "Upload a style picture of your own for the chosen region",
    id,
    choose: (name) => {
      const names = [...model.get("style_names")];
      names[target - 1] = name;
      send.put({ style_names: names });
    },
    bring: (chosen) => bring(`style${target}`, chosen),
    signal,
  });
  const legend = /** @type {HTMLElement} */ (strip.strip.querySelector(".al-legend"));
  const styles = { ...strip, legend: (/** @type {string} */ words) => { legend.textContent = words; } };

  const panel = make("section", { class: "al-panel al-mask", "aria-label": "Regions with a style each" },
    make("div", { class: "al-layout" },
      make("div", { class: "al-easel" },
        painter.tools,
        make("div", { class: "al-pair" },
          make("div", { class: "al-mat" }, painter.view),
          make("div", { class: "al-mat" }, make("div", { class: "al-paint" }, result), error.view),
        ),
        make("div", { class: "al-bar" }, make("span", { class: "al-busy", "aria-hidden": true }), status, reset, save),
      ),
      make("div", { class: "al-regions" },
        make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Regions"), make("span", { class: "al-current" }), more),
        rows.view,
        regions.soft,
        regions.whole,
        regions.files,
        note,
      ),
      make("div", { class: "al-side" }, contents.strip, styles.strip),
    ),
    painter.live,
  );

  // ---- what Python says ----
  const sync = {
    content: () => {
      contents.select(model.get("content"));
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
      const names = model.get("style_names");
      rows.fill(regions.styles(names));
      sync.alpha();
      more.hidden = names.length >= colors.length;
      painter.regions(names.length);
      target = Math.min(target, names.length);
      showTarget();
    },
    alpha: () => send.waits("alpha") || rows.place(model.get("alpha")),
    painting: regions.sync.painting,
    feather: regions.sync.feather,
    global_statistics: regions.sync.global_statistics,
    description: regions.sync.description,
    before: () => {
      showBytes(painter.image, model.get("before"));
      painter.image.alt = titleOf(model, "contents", model.get("content"));
    },
    picture: () => {
      showBytes(result, model.get("picture"));
      const names = model.get("style_names").map((/** @type {string} */ name, /** @type {number} */ index) => `${titleOf(model, "styles", name)} in region ${index + 1}`);
      result.alt = `${titleOf(model, "contents", model.get("content"))}, painted: ${names.join(", ")}`;
    },
    error: () => error.show(model.get("error")),
    note: () => { note.textContent = model.get("note"); },
    busy: () => panel.toggleAttribute("data-busy", model.get("busy")),
    milliseconds: () => showStatus(),
  };
  const showStatus = () => {
    const { naturalWidth, naturalHeight } = result;
    if (naturalWidth) result.parentElement?.style.setProperty("--ratio", String(naturalWidth / naturalHeight));
    status.textContent = naturalWidth ? `${naturalWidth} × ${naturalHeight} · ${Math.round(model.get("milliseconds"))} ms` : "";
  };
  result.addEventListener("load", showStatus, { signal });
  connect(model, sync, signal);
  follow(model, "msg:custom", (content, buffers) => {
    if (content.do === "save" && content.view === id) download(buffers[0], content.name);
  }, signal);
  signal.addEventListener("abort", () => [result, painter.image].forEach((image) => showBytes(image, null)));

  el.append(panel);
  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
