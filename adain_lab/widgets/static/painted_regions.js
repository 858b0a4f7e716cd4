// @ts-check
// Painted regions on their way between page and Python, and the controls beside them: what the mask panel and the studio share.
import { fileInput } from "./file_input.js";
import { make, quiet, throttled } from "./parts.js";
import { picturesOf, titleOf } from "./stage.js";
import { maskPainter } from "./painter.js";
import { packMap, unpackMap } from "./mask_raster.js";
import { slider } from "./slider.js";

// While the hand paints, regions are sent this often at most, milliseconds; and once more when it lets go.
const PAINT_INTERVAL = 80;

/**
 * @param {{model: import("./parts.js").Model, id: string, send: any, pass: (values: {painting: DataView}) => void,
 *          chosen: (region: number) => void, bring: (kind: string, file: File) => void, soft: {max: number, step: number,
 *          words: (value: number) => string, spoken: (value: number) => string}, samples: string, signal: AbortSignal}} options
 *   `send` is where traits go, `pass` is given what was painted, which it sends there; `chosen` is told which region is painted from
 *   now on; `bring` uploads a file; `soft` is the slider of the edges; `samples` heads the list of sample masks.
 * @returns `painter`, see painter.js; `soft`, `whole` and `files`, elements; `keep`, the button that saves the masks; `sync`, what to
 *   show of which trait; `sent`, a promise that all that was painted has gone to Python; `styles`, those of the regions.
 */
export function paintedRegions({ model, id, send, pass, chosen, bring, soft, samples, signal }) {
  const colors = model.get("colors");
  const complain = (/** @type {Error} */ problem) => send.put({ error: `This browser could not pass on what was painted: ${problem.message}` });
  let packing = Promise.resolve();
  let newest = 0;
  let mine = /** @type {DataView | null} */ (null);
  const paintings = throttled((/** @type {{map: import("./mask_raster.js").LabelMap, step: string}} */ { map, step }) => {
    const number = ++newest;
    packing = packMap(map).then((painting) => {
      if (number !== newest || signal.aborted) return; // a newer one is on its way
      mine = Object.assign(painting, { step }); // other views of this page get this very object
      pass({ painting });
    }).catch(complain);
  }, PAINT_INTERVAL);
  signal.addEventListener("abort", paintings.cancel);
  const sent = () => {
    paintings.flush();
    return packing.then(() => send.flush());
  };
  const painter = maskPainter({
    label: "Regions, painted on the content",
    id,
    colors,
    change: (map, step) => paintings.push({ map, step }),
    settle: sent,
    chosen: (region) => region && chosen(region),
    signal,
  });

  // ---- soft edges, statistics ----
  const edges = slider({
    id, name: "feather", label: "Soft edges", min: 0, max: soft.max, step: soft.step, words: soft.words, spoken: soft.spoken,
    move: (feather) => send.push({ feather }), settle: send.flush, signal,
  });
  edges.view.classList.add("al-soft");
  const whole = quiet(make("input", { type: "checkbox", id: `${id}-whole` }));
  whole.addEventListener("change", () => send.put({ global_statistics: whole.checked }), { signal });
  const wholeLabel = make("label", { class: "al-check", for: `${id}-whole`, title: "Off: each region is normalised with the content's statistics inside it" },
    whole, "Content statistics of the whole picture");

  // ---- masks from elsewhere ----
  const start = quiet(make("select", { class: "al-select", "aria-label": "Start from a sample mask" }, make("option", { value: "" }, samples),
    ...model.get("sample_masks").map((/** @type {any} */ mask) => make("option", { value: mask.name }, mask.title))));
  start.addEventListener("change", async () => {
    const from_sample = start.value;
    start.value = "";
    await sent();
    if (from_sample) send.put({ from_sample });
  }, { signal });
  const load = quiet(make("button", { type: "button", class: "al-button al-small", title: "White and black, a grey level per region, or transparency" }, "Load mask …"));
  const keep = quiet(make("button", { type: "button", class: "al-button al-small", title: "A PNG with a grey level per region" }, "Save mask"));
  const file = fileInput({
    button: load,
    take: async (chosen) => {
      await sent();
      bring("mask", chosen);
    },
    signal,
  });

  let loaded = "";
  let asked = 0;
  return {
    painter,
    sent,
    keep,
    soft: edges.view,
    whole: wholeLabel,
    files: make("div", { class: "al-files" }, start, load, keep, file),
    /** @param {string[]} names */
    styles: (names) => names.map((name) => picturesOf(model, "styles").find((/** @type {any} */ item) => item.name === name)).filter(Boolean),
    sync: {
      painting: async () => {
        const painting = model.get("painting");
        const number = ++asked;
        if (painting === mine || painting.byteLength < 4 || painter.drawing()) return; // what the hand paints goes to Python when it lets go
        const map = await unpackMap(painting).catch(complain);
        if (!map || number !== asked || painter.drawing() || signal.aborted) return;
        painter.load(map, model.get("content") !== loaded, painting.step);
        loaded = model.get("content");
      },
      feather: () => send.waits("feather") || edges.place(model.get("feather")),
      global_statistics: () => { whole.checked = model.get("global_statistics"); },
      description: () => painter.describe(model.get("description") ?? ""),
      content: () => painter.canvas.setAttribute("aria-label", `Regions, painted on ${titleOf(model, "contents", model.get("content"))}`),
    },
  };
}
