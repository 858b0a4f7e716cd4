// @ts-check
// The studio's regions: the picture to paint on, a row per region, soft edges, masks from files.
import { make, quiet, throttled } from "./parts.js";
import { picturesOf, titleOf } from "./stage.js";
import { maskPainter } from "./painter.js";
import { packMap, unpackMap } from "./mask_raster.js";
import { regionRows } from "./mask_regions.js";

// While the hand paints, regions are sent this often at most, milliseconds; and once more when it lets go.
const MAP_INTERVAL = 80;

/**
 * @param {{model: import("./parts.js").Model, id: string, send: any, ask: (what: {do: string, view?: string}) => void, bring: (kind: string, file: File) => void, signal: AbortSignal}} options
 *   `send` is where traits go, see studio.js; `ask` asks Python for something; `bring` uploads a file.
 * @returns `view`, the element; `live`, words for screen readers; `sync`, what to show of which trait; `sent`, a promise that all
 *   that was painted has gone to Python; `image`, where the content is shown.
 */
export function studioRegions({ model, id, send, ask, bring, signal }) {
  const colors = model.get("colors");
  const complain = (/** @type {Error} */ problem) => send.put({ error: `This browser could not pass on what was painted: ${problem.message}` });
  let packing = Promise.resolve();
  let newest = 0;
  let mine = /** @type {DataView | null} */ (null);
  const paintings = throttled((/** @type {import("./mask_raster.js").LabelMap} */ map) => {
    const number = ++newest;
    packing = packMap(map).then((painting) => {
      if (number !== newest || signal.aborted) return; // a newer one is on its way
      mine = painting;
      send.push({ painting });
    }).catch(complain);
  }, MAP_INTERVAL);
  signal.addEventListener("abort", paintings.cancel);
  const sent = () => {
    paintings.flush();
    return packing.then(() => send.flush());
  };
  const painter = maskPainter({
    label: "Regions, painted on the content",
    id,
    colors,
    change: paintings.push,
    settle: sent,
    chosen: (region) => region && rows.mark(region),
    signal,
  });
  const rows = regionRows({
    id,
    colors,
    word: "strength",
    pick: (region) => painter.choose(region),
    swap: (region, name) => {
      const names = [...model.get("style_names")];
      const there = names.indexOf(name);
      if (there >= 0) names[there] = names[region - 1]; // two regions exchange their styles
      names[region - 1] = name;
      send.put({ style_names: names });
    },
    move: (strengths) => send.push({ strengths }),
    settle: send.flush,
    signal,
  });
  const hint = make("p", { class: "al-hint" });

  const on = quiet(make("input", { type: "checkbox", id: `${id}-regions` }));
  on.addEventListener("change", () => send.put({ regions: on.checked }), { signal });
  const soft = quiet(make("input", { class: "al-range", type: "range", id: `${id}-feather`, min: 0, max: 25, step: 0.5, style: "--one:1" }));
  const softValue = make("output", { class: "al-value", for: `${id}-feather` });
  const showSoft = (/** @type {number} */ percent) => {
    softValue.textContent = `${Number(percent.toFixed(1))} %`;
    soft.style.setProperty("--at", String(percent / 25));
    soft.setAttribute("aria-valuetext", `${Number(percent.toFixed(1))} percent of the shorter side`);
  };
  soft.addEventListener("input", () => {
    showSoft(soft.valueAsNumber);
    send.push({ feather: soft.valueAsNumber });
  }, { signal });
  soft.addEventListener("change", send.flush, { signal });
  const whole = quiet(make("input", { type: "checkbox", id: `${id}-whole` }));
  whole.addEventListener("change", () => send.put({ global_statistics: whole.checked }), { signal });

  const start = quiet(make("select", { class: "al-select", "aria-label": "Start from a sample mask" }, make("option", { value: "" }, "Samples …"),
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
  load.addEventListener("click", () => file.click(), { signal });
  file.addEventListener("change", async () => {
    const chosen = file.files?.[0];
    file.value = "";
    await sent();
    if (chosen) bring("mask", chosen);
  }, { signal });
  keep.addEventListener("click", () => ask({ do: "save_masks", view: id }), { signal });

  const work = make("div", { class: "al-region-work" },
    painter.tools,
    make("div", { class: "al-mat" }, painter.view),
    rows.view,
    hint,
    make("div", { class: "al-soft" }, make("div", { class: "al-row" }, make("label", { for: `${id}-feather` }, "Soft edges"), softValue), soft),
    make("label", { class: "al-check", for: `${id}-whole`, title: "Off: each region is normalised with the content's statistics inside it" },
      whole, "Content statistics of the whole picture"),
  );
  const view = make("div", { class: "al-regions" },
    make("label", { class: "al-check", for: `${id}-regions` }, on, "A style per region, instead of a mixture"),
    work,
    make("div", { class: "al-files" }, start, load, keep, file),
  );

  let loaded = "";
  let asked = 0;
  const sync = {
    regions: () => {
      on.checked = model.get("regions");
      work.hidden = keep.hidden = !on.checked;
    },
    style_names: () => {
      const names = model.get("style_names").slice(0, colors.length);
      rows.fill(names.map((/** @type {string} */ name) => picturesOf(model, "styles").find((/** @type {any} */ item) => item.name === name)).filter(Boolean), picturesOf(model, "styles"));
      hint.textContent = names.length < colors.length ? "Each further style that you choose gets a region, too." : "";
      rows.mark(Math.min(painter.region() || 1, names.length));
      painter.regions(names.length);
      sync.strengths();
    },
    strengths: () => send.waits("strengths") || rows.place(model.get("strengths")),
    painting: async () => {
      const painting = model.get("painting");
      const number = ++asked;
      if (painting === mine || painting.byteLength < 4 || painter.drawing()) return; // what the hand paints goes to Python when it lets go
      const map = await unpackMap(painting).catch(complain);
      if (!map || number !== asked || painter.drawing() || signal.aborted) return;
      painter.load(map, model.get("content") !== loaded);
      loaded = model.get("content");
    },
    feather: () => {
      if (send.waits("feather")) return;
      soft.value = model.get("feather");
      showSoft(model.get("feather"));
    },
    global_statistics: () => { whole.checked = model.get("global_statistics"); },
    description: () => painter.describe(model.get("description") ?? ""),
    content: () => painter.canvas.setAttribute("aria-label", `Regions, painted on ${titleOf(model, "contents", model.get("content"))}`),
  };
  return { view, live: painter.live, image: painter.image, sync, sent };
}
