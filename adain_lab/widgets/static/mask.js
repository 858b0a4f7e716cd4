// @ts-check
// The mask panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits painting, style_names, alpha, feather, global_statistics, content, from_sample, error;
// `request`, {do: "save" | "save_masks" | "reset"}; and the message {do: "upload"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { download, follow, make, quiet, showBytes, throttled } from "./parts.js";
import { pictureStrip } from "./strip.js";
import { connect, picturesOf, sender, titleOf } from "./stage.js";
import { upload } from "./upload.js";
import { maskPainter } from "./painter.js";
import { packMap, unpackMap } from "./mask_raster.js";
import { regionRows } from "./mask_regions.js";

// While the hand paints, regions are sent this often at most, milliseconds; and once more when it lets go.
const PAINT_INTERVAL = 80;
let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-mask-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);
  const colors = model.get("colors");

  // ---- painting ----
  const complain = (/** @type {Error} */ problem) => send.put({ error: `This browser could not pass on what was painted: ${problem.message}` });
  let packing = Promise.resolve();
  let newest = 0;
  let mine = /** @type {DataView | null} */ (null);
  const paintings = throttled((/** @type {{map: import("./mask_raster.js").LabelMap, step: string}} */ { map, step }) => {
    const number = ++newest;
    packing = packMap(map).then((painting) => {
      if (number !== newest || signal.aborted) return; // a newer one is on its way
      mine = Object.assign(painting, { step }); // other views of this page get this very object
      send.put({ painting });
    }).catch(complain);
  }, PAINT_INTERVAL);
  signal.addEventListener("abort", paintings.cancel);
  /** Until Python has been sent all that was painted and moved. */
  const sent = () => {
    send.flush();
    paintings.flush();
    return packing;
  };
  const painter = maskPainter({
    label: "Regions, painted on the content",
    id,
    colors,
    change: (map, step) => paintings.push({ map, step }),
    settle: paintings.flush,
    chosen: (region) => region && aim(region),
    signal,
  });

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

  // ---- soft edges, statistics ----
  const soft = quiet(make("input", { class: "al-range", type: "range", id: `${id}-feather`, min: 0, max: model.get("max_feather"), step: 1, style: "--one:1" }));
  const softValue = make("output", { class: "al-value", for: `${id}-feather` });
  const showSoft = (/** @type {number} */ pixels) => {
    softValue.textContent = `${Math.round(pixels)} px`;
    soft.style.setProperty("--at", String(pixels / model.get("max_feather")));
    soft.setAttribute("aria-valuetext", `${Math.round(pixels)} pixels`);
  };
  soft.addEventListener("input", () => {
    showSoft(soft.valueAsNumber);
    send.push({ feather: soft.valueAsNumber });
  }, { signal });
  soft.addEventListener("change", send.flush, { signal });
  const whole = quiet(make("input", { type: "checkbox", id: `${id}-whole` }));
  whole.addEventListener("change", () => send.put({ global_statistics: whole.checked }), { signal });

  // ---- masks from elsewhere ----
  const start = quiet(make("select", { class: "al-select", "aria-label": "Start from a sample mask" }, make("option", { value: "" }, "Sample mask …"),
    ...model.get("sample_masks").map((/** @type {any} */ mask) => make("option", { value: mask.name }, mask.title))));
  start.addEventListener("change", async () => {
    const from_sample = start.value;
    start.value = "";
    await sent();
    if (from_sample) send.put({ from_sample });
  }, { signal });
  const file = make("input", { type: "file", accept: "image/*", hidden: true, tabindex: -1 });
  const load = quiet(make("button", { type: "button", class: "al-button al-small", title: "White and black, a grey level per region, or transparency" }, "Load mask …"));
  const keep = quiet(make("button", { type: "button", class: "al-button al-small", title: "A PNG with a grey level per region" }, "Save mask"));
  const bring = async (/** @type {string} */ kind, /** @type {File} */ chosen) => {
    await sent();
    await upload(model, kind, chosen).catch((problem) => send.put({ error: problem.message }));
  };
  load.addEventListener("click", () => file.click(), { signal });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = "";
    if (chosen) bring("mask", chosen);
  }, { signal });
  const note = make("p", { class: "al-hint", role: "status" });

  // ---- the picture ----
  const result = make("img", { class: "al-result", draggable: false, decoding: "sync" });
  const errorText = make("span", { class: "al-error-text" });
  const dismiss = quiet(make("button", { type: "button", class: "al-dismiss", "aria-label": "Dismiss the message" }, "×"));
  const error = make("div", { class: "al-error", role: "alert", hidden: true }, errorText, dismiss);
  dismiss.addEventListener("click", () => send.put({ error: "" }), { signal });
  const status = make("span", { class: "al-status" });
  const reset = quiet(make("button", { type: "button", class: "al-button" }, "Reset"));
  const save = quiet(make("button", { type: "button", class: "al-button" }, "Save PNG"));
  const ask = (/** @type {HTMLElement} */ button, /** @type {string} */ what) =>
    button.addEventListener("click", () => sent().then(() => send.ask({ do: what, view: id })), { signal });
  ask(reset, "reset");
  ask(save, "save");
  ask(keep, "save_masks");

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
          make("div", { class: "al-mat" }, make("div", { class: "al-paint" }, result), error),
        ),
        make("div", { class: "al-bar" }, make("span", { class: "al-busy", "aria-hidden": true }), status, reset, save),
      ),
      make("div", { class: "al-regions" },
        make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Regions"), make("span", { class: "al-current" }), more),
        rows.view,
        make("div", { class: "al-soft" },
          make("div", { class: "al-row" }, make("label", { for: `${id}-feather` }, "Soft edges"), softValue),
          soft,
        ),
        make("label", { class: "al-check", for: `${id}-whole`, title: "Off: each region is normalised with the content's statistics inside it" },
          whole, "Content statistics of the whole picture"),
        make("div", { class: "al-files" }, start, load, keep, file),
        note,
      ),
      make("div", { class: "al-side" }, contents.strip, styles.strip),
    ),
    painter.live,
  );

  // ---- what Python says ----
  let loaded = "";
  let asked = 0;
  const sync = {
    content: () => {
      contents.select(model.get("content"));
      painter.canvas.setAttribute("aria-label", `Regions, painted on ${titleOf(model, "contents", model.get("content"))}`);
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
      rows.fill(names.map((/** @type {string} */ name) => picturesOf(model, "styles").find((/** @type {any} */ item) => item.name === name)).filter(Boolean));
      sync.alpha();
      more.hidden = names.length >= colors.length;
      painter.regions(names.length);
      target = Math.min(target, names.length);
      showTarget();
    },
    alpha: () => send.waits("alpha") || rows.place(model.get("alpha")),
    painting: async () => {
      const painting = model.get("painting");
      const number = ++asked;
      if (painting === mine || painting.byteLength < 4 || painter.drawing()) return; // what the hand paints goes to Python when it lets go
      const map = await unpackMap(painting).catch(complain);
      if (!map || number !== asked || painter.drawing() || signal.aborted) return;
      painter.load(map, model.get("content") !== loaded, painting.step);
      loaded = model.get("content");
    },
    feather: () => {
      if (send.waits("feather")) return;
      soft.value = model.get("feather");
      showSoft(model.get("feather"));
    },
    global_statistics: () => { whole.checked = model.get("global_statistics"); },
    before: () => {
      showBytes(painter.image, model.get("before"));
      painter.image.alt = titleOf(model, "contents", model.get("content"));
    },
    picture: () => {
      showBytes(result, model.get("picture"));
      const names = model.get("style_names").map((/** @type {string} */ name, /** @type {number} */ index) => `${titleOf(model, "styles", name)} in region ${index + 1}`);
      result.alt = `${titleOf(model, "contents", model.get("content"))}, painted: ${names.join(", ")}`;
    },
    error: () => {
      errorText.textContent = model.get("error");
      error.hidden = !model.get("error");
    },
    description: () => painter.describe(model.get("description") ?? ""),
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
