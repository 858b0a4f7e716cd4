// @ts-check
// The panel of Gatys' transfer. Python holds the state and optimises in a thread; this shows how far it is.
// To Python: the traits content, style_name, style_weight, steps, size, init, optimizer, shown, split, error; `request`, {do: "start" |
// "reset" | "save"}, which has all that was set before; the messages {do: "pause" | "resume" | "stop" | "upload"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { make, quiet, showBytes } from "./parts.js";
import { curvesView, MARGIN } from "./curves.js";
import { livePanel } from "./live.js";

const NAMES = { lbfgs: "L-BFGS", adam: "Adam", size: "Size", init: "Start from", optimizer: "Optimiser" };
const SAID = { ready: "Ready", running: "Running", paused: "Paused", finished: "Finished", stopped: "Stopped" };
// The slider of the style weight goes from 0.01 to 1000, by powers of ten.
const POWERS = [-2, 3];

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const parts = livePanel({
    model,
    name: "gatys",
    label: "Divider between the start and the picture",
    before: "start",
    after: "picture",
    task: "optimisation",
    strips: [{ kind: "content", trait: "content", legend: "Content" }, { kind: "style", trait: "style_name", legend: "Style" }],
    signal,
  });
  const { id, send, compare, progress, status, strips } = parts;
  progress.setAttribute("role", "progressbar");
  /** @param {string} words @param {() => void} does @param {string} [more] */
  const button = (words, does, more = "") => {
    const made = quiet(make("button", { type: "button", class: `al-button ${more}` }, words));
    made.addEventListener("click", does, { signal });
    return made;
  };
  const mat = make("div", { class: "al-mat" }, compare.view, parts.error);

  // ---- the run ----
  const start = button("Start", () => send.ask({ do: "start" }), "al-start");
  const pause = button("Pause", () => model.send({ do: model.get("state") === "paused" ? "resume" : "pause" }));
  const stop = button("Stop", () => model.send({ do: "stop" }));
  stop.title = "End now and keep the best picture so far";
  const reset = button("Reset", () => send.ask({ do: "reset" }));
  const save = button("Save PNG", () => send.ask({ do: "save", view: id }));
  save.title = "Save the best picture with its recipe";
  const said = make("span", { class: "al-said", role: "status" });
  const run = make("div", { class: "al-run" },
    progress,
    make("div", { class: "al-bar" }, start, pause, stop, said, make("span", { class: "al-gap" }), reset, save),
    status,
  );

  // ---- curves, and the slider through the iterations ----
  const curves = curvesView({
    label: "Loss curves",
    x: "iteration",
    y: "weighted loss",
    empty: "the losses will be drawn here",
    choose: (shown) => send.push({ shown }),
    signal,
  });
  const scrub = quiet(make("input", { class: "al-range", type: "range", id: `${id}-scrub`, min: 0, max: 1, step: 1, value: 0 }));
  const shown = make("output", { class: "al-scrub-value", for: `${id}-scrub` });
  const newest = button("Newest", () => send.put({ shown: -1 }), "al-newest");
  const past = make("div", { class: "al-past", style: `--left:${MARGIN.left}px;--right:${MARGIN.right}px` },
    curves.view,
    make("div", { class: "al-scrub" }, make("label", { for: `${id}-scrub`, title: "Back through the iterations" }, "Look at"), scrub, newest),
    shown,
  );

  // ---- settings ----
  const weight = quiet(make("input", { class: "al-range", type: "range", id: `${id}-weight`, min: POWERS[0], max: POWERS[1], step: 0.05 }));
  const weightValue = make("output", { class: "al-value", for: `${id}-weight` });
  const steps = quiet(make("input", { class: "al-range", type: "range", id: `${id}-steps`, min: 10, max: 400, step: 10 }));
  const stepsValue = make("output", { class: "al-value", for: `${id}-steps` });
  /** @param {string} words @param {any} slider @param {any} value */
  const sliderRow = (words, slider, value) =>
    make("div", { class: "al-setting", style: "--one:1" }, make("div", { class: "al-row" }, make("label", { for: slider.id }, words), value), slider);
  /** @type {Record<string, Map<any, HTMLInputElement>>} */
  const radios = {};
  /** @param {string} name */
  const chooser = (name) => {
    radios[name] = new Map();
    const options = model.get("choices")[name].map((/** @type {any} */ value) => {
      const input = quiet(make("input", { type: "radio", name: `${id}-${name}`, value }));
      radios[name].set(value, input);
      input.addEventListener("change", () => send.put({ [name]: value }), { signal });
      return make("label", { class: "al-option" }, input, make("span", {}, NAMES[value] ?? String(value)));
    });
    return make("fieldset", { class: "al-strip" },
      make("legend", {}, make("span", { class: "al-legend" }, NAMES[name]), name === "size" ? make("span", { class: "al-current" }, "pixels") : ""),
      make("div", { class: "al-choices", style: `--count:${options.length}` }, ...options),
    );
  };
  const note = make("p", { class: "al-note", hidden: true }, "Changed: press Start to run with these settings.");
  const settings = make("div", { class: "al-settings" },
    sliderRow("Style weight", weight, weightValue),
    sliderRow("Steps", steps, stepsValue),
    ...["size", "init", "optimizer"].map(chooser),
  );

  const panel = make("section", { class: "al-panel al-gatys", "aria-label": "Style transfer as optimisation, live" },
    make("div", { class: "al-layout" },
      make("div", { class: "al-stage" }, mat, run, past),
      make("div", { class: "al-side" }, strips.content.strip, strips.style.strip, settings, note),
    ),
  );

  // ---- what the hand does ----
  const showWeight = (/** @type {number} */ value) => {
    const words = String(Number(value.toPrecision(2)));
    weightValue.textContent = words;
    weight.setAttribute("aria-valuetext", words);
    weight.style.setProperty("--at", String((weight.valueAsNumber - POWERS[0]) / (POWERS[1] - POWERS[0])));
  };
  const showSteps = (/** @type {number} */ value) => {
    stepsValue.textContent = String(value);
    steps.style.setProperty("--at", String((steps.valueAsNumber - steps.min) / (steps.max - steps.min)));
  };
  weight.addEventListener("input", () => {
    const value = Number((10 ** weight.valueAsNumber).toPrecision(2));
    showWeight(value);
    send.push({ style_weight: value });
  }, { signal });
  weight.addEventListener("change", send.flush, { signal });
  steps.addEventListener("input", () => {
    showSteps(steps.valueAsNumber);
    send.push({ steps: steps.valueAsNumber });
  }, { signal });
  steps.addEventListener("change", send.flush, { signal });
  // The keys go from one kept picture to the next, the pointer to the nearest.
  scrub.addEventListener("keydown", (event) => {
    const kept = model.get("kept");
    const here = model.get("shown_iteration");
    const moves = {
      ArrowRight: kept.find((/** @type {number} */ i) => i > here), ArrowUp: kept.find((/** @type {number} */ i) => i > here),
      ArrowLeft: kept.findLast((/** @type {number} */ i) => i < here), ArrowDown: kept.findLast((/** @type {number} */ i) => i < here),
      Home: kept[0], End: -1,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    if (moves[event.key] !== undefined) send.put({ shown: moves[event.key] });
  }, { signal });
  scrub.addEventListener("input", () => send.push({ shown: scrub.valueAsNumber }), { signal });
  scrub.addEventListener("change", send.flush, { signal });

  // ---- what Python says ----
  const showProgress = () => {
    const total = model.get("total");
    progress.value = total ? model.get("iteration") / total : 0;
    progress.setAttribute("aria-valuetext", model.get("status"));
    status.textContent = model.get("status");
    status.title = model.get("status");
  };
  const showScrub = () => {
    const total = model.get("total");
    const iteration = model.get("shown_iteration");
    scrub.max = Math.max(1, total);
    scrub.value = iteration;
    scrub.style.setProperty("--at", String(iteration / Math.max(1, total)));
    scrub.disabled = !model.get("kept").length;
    newest.disabled = scrub.disabled || model.get("shown") < 0;
    const words = scrub.disabled ? "" : `iteration ${iteration}`;
    shown.textContent = words;
    scrub.setAttribute("aria-valuetext", words || "nothing yet");
    curves.mark(scrub.disabled ? -1 : iteration);
  };
  const sync = {
    style_weight: () => {
      if (send.waits("style_weight")) return;
      weight.value = Math.log10(Math.max(model.get("style_weight"), 1e-9));
      showWeight(model.get("style_weight"));
    },
    steps: () => {
      if (send.waits("steps")) return;
      steps.max = Math.max(400, model.get("steps"));
      steps.min = Math.min(10, model.get("steps"));
      steps.step = (model.get("steps") - steps.min) % 10 ? 1 : 10;
      steps.value = model.get("steps");
      showSteps(model.get("steps"));
    },
    before: () => showBytes(compare.beforeImage, model.get("before")),
    picture: () => showBytes(compare.afterImage, model.get("picture")),
    alt: () => {
      compare.beforeImage.alt = "Where the optimisation started";
      compare.afterImage.alt = model.get("alt");
    },
    curves: () => curves.show(model.get("curves")),
    status: showProgress,
    iteration: showProgress,
    total: () => {
      showProgress();
      showScrub();
    },
    kept: showScrub,
    shown: showScrub,
    shown_iteration: showScrub,
    state: () => {
      const state = model.get("state");
      const going = state === "running" || state === "paused";
      start.textContent = going ? "Restart" : "Start";
      start.toggleAttribute("data-primary", !going || model.get("stale"));
      pause.textContent = state === "paused" ? "Resume" : "Pause";
      pause.disabled = stop.disabled = !going;
      save.disabled = state === "ready";
      newest.textContent = going ? "Newest" : "Best";
      said.textContent = SAID[state] ?? state;
    },
    stale: () => {
      note.hidden = !model.get("stale");
      sync.state();
    },
  };
  for (const name of ["size", "init", "optimizer"]) {
    sync[name] = () => {
      for (const [value, input] of radios[name]) input.checked = value === model.get(name);
    };
  }
  el.append(panel); // before the curves are drawn: they ask how wide they are
  parts.listen(panel, sync);

  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
