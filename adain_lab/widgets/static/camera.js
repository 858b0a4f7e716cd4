// @ts-check
// The camera panel. Python paints; this takes frames from the webcam, or from a pan over a photograph, and shows what comes back.
// To Python: the settings; running, driver; `request`, {do: "save" | "record"}; the messages {do: "frame", view, number, name} with
// a JPEG, and {do: "upload"}.
// From Python: all traits; the messages {do: "frame", view, number, milliseconds, network, width, height} with a JPEG, {do: "refused", view,
// number}, and {do: "save", view, names} with files, for the view that asked.
import { alive } from "./alive.js";
import { download, follow, make, quiet, showBytes } from "./parts.js";
import { pictureChooser } from "./chooser.js";
import { errorNote } from "./error_note.js";
import { frameLoop } from "./frame_loop.js";
import { panSource, webcamSource } from "./moving_pictures.js";
import { segmented } from "./segmented.js";
import { slider } from "./slider.js";
import { connect, picturesOf, sender, titleOf } from "./stage.js";
import { upload } from "./upload.js";
import { photographName, webcamProblem } from "./webcam.js";

/** How long the panel may be out of sight before the camera is let go, milliseconds. */
const OUT_OF_SIGHT = 800;
let views = 0;
/** Views of this page. @type {Set<string>} */
const here = new Set();

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-${++views}-${Math.random().toString(36).slice(2)}`;
  here.add(id);
  const send = sender(model, signal);
  const driving = () => model.get("running") && model.get("driver") === id;

  // ---- what is seen ----
  const painted = make("img", { class: "al-after al-live", draggable: false, alt: "" });
  const frame = make("canvas", { class: "al-inset", "aria-label": "What is sent to be painted", role: "img" });
  const tag = make("span", { class: "al-tag al-tag-before", "aria-hidden": true });
  const error = errorNote(() => {
    trouble = "";
    sync.error();
    send.put({ error: "" });
  }, signal);
  const mat = make("div", { class: "al-mat" }, make("div", { class: "al-screen" }, painted, frame, tag), error.view);
  const status = make("span", { class: "al-status", role: "status" });
  const start = quiet(make("button", { type: "button", class: "al-button al-start" }, "Start"));
  const save = quiet(make("button", { type: "button", class: "al-button" }, "Snapshot"));
  const record = quiet(make("button", { type: "button", class: "al-button al-record" }, "Record"));
  const format = quiet(make("select", { class: "al-select", "aria-label": "Kind of recording" }, ...model.get("formats").map((/** @type {string} */ ending) => make("option", { value: ending }, ending.slice(1).toUpperCase()))));
  format.hidden = model.get("formats").length < 2;
  const bar = make("div", { class: "al-bar" }, start, save, record, format);
  const stage = make("div", { class: "al-stage" }, mat, bar, status);

  // ---- where it comes from ----
  const sources = {
    camera: webcamSource(),
    clip: panSource(() => ({ bytes: model.get("clip"), name: model.get("content") })),
  };
  /** @type {import("./moving_pictures.js").Source | null} */
  let source = null;
  const brush = /** @type {CanvasRenderingContext2D} */ (frame.getContext("2d"));
  const take = async () => {
    const began = performance.now();
    const [width, height] = source?.size() ?? [0, 0];
    if (!source || !width) return null;
    const scale = model.get("size") / Math.min(width, height);
    frame.width = Math.round(width * scale);
    frame.height = Math.round(height * scale);
    source.draw(brush, frame.width, frame.height);
    const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => frame.toBlob(done, "image/jpeg", 0.85));
    const file = blob && (await blob.arrayBuffer());
    times.camera = performance.now() - began;
    return file;
  };
  const loop = frameLoop({
    take,
    idle: () => /** @type {any} */ (model).widget_manager?.kernel?.status !== "busy",
    send: (number, jpeg) => {
      const name = photographName(new Date()).replace("webcam", source?.name() ?? "frame");
      model.send({ do: "frame", view: id, number, name }, undefined, [jpeg]);
    },
  });

  // Of the last frame, in milliseconds: to take it, in the kernel, in its networks, and to show it.
  const times = { camera: 0, kernel: 0, network: 0, page: 0 };
  let trouble = "";
  const showStatus = () => {
    if (!driving()) {
      status.textContent = model.get("running") ? "painted in another view" : "";
      return;
    }
    if (!loop.running()) {
      status.textContent = "out of sight: the camera is off until you look again";
      return;
    }
    const { rate, trip } = loop.pace();
    status.textContent = rate
      ? `${rate.toFixed(1)} frames per second · ${frame.width} × ${frame.height} · ${Math.round(times.kernel)} ms in the kernel, ${Math.round(trip)} ms there and back ` +
        `(camera ${Math.round(times.camera)}, way ${Math.round(Math.max(0, trip - times.kernel - times.page))}, network ${Math.round(times.network)}, page ${Math.round(times.page)})`
      : "waiting for the first frame …";
  };

  let opening = 0;
  const close = () => {
    opening++;
    loop.stop();
    source?.close();
    source = null;
  };
  const open = async () => {
    const mine = ++opening;
    const wanted = /** @type {"camera" | "clip"} */ (model.get("source"));
    source?.close();
    source = sources[wanted];
    try {
      await source.open();
      if (mine !== opening || signal.aborted) return;
      loop.start();
    } catch (problem) {
      if (mine !== opening) return;
      if (wanted === "clip") send.put({ running: false, error: `The clip could not be read (${problem}): choose another photograph.` });
      else {
        trouble = webcamProblem(problem, "go on with the clip that runs now");
        sync.error();
        send.put({ source: "clip" });
      }
    }
    showStatus();
  };

  // ---- out of sight, it lets go ----
  let inSight = true;
  let leaving = 0;
  const visible = () => inSight && !document.hidden;
  const follows = () => {
    if (driving() && visible()) {
      if (!source || source !== sources[/** @type {"camera" | "clip"} */ (model.get("source"))]) open();
    } else close();
    showStatus();
  };
  const watcher = new IntersectionObserver((entries) => {
    inSight = entries[entries.length - 1].isIntersecting;
    clearTimeout(leaving);
    leaving = setTimeout(follows, inSight ? 0 : OUT_OF_SIGHT);
  });
  document.addEventListener("visibilitychange", follows, { signal });

  // ---- controls ----
  /** @param {string} name */
  const settles = (name) => ({ move: (/** @type {number} */ value) => send.push({ [name]: value }), settle: send.flush, id, name, signal });
  const percent = (/** @type {number} */ value) => `${Math.round(100 * value)} %`;
  const sliders = {
    alpha: slider({ ...settles("alpha"), label: "Alpha", min: 0, max: 1, step: 0.01, words: (value) => value.toFixed(2) }),
    share: slider({ ...settles("share"), label: "Share of the second style", min: 0, max: 1, step: 0.01, words: percent }),
    size: slider({ ...settles("size"), label: "Size", min: 128, max: 384, step: 32, words: (value) => `${value} px` }),
    smoothing: slider({ ...settles("smoothing"), label: "Steadiness", min: 0, max: 0.95, step: 0.05, words: (value) => (value ? value.toFixed(2) : "off") }),
  };
  const from = segmented({
    id: `${id}-source`, label: "What is painted", choose: (value) => send.put({ source: value, error: "" }), signal,
    choices: [{ value: "camera", name: "Camera", title: "what your webcam sees" }, { value: "clip", name: "Clip", title: "a slow pan over a photograph" }],
  });
  const colors = quiet(make("input", { type: "checkbox", role: "switch" }));
  const styles = pictureChooser({
    kind: "style",
    legend: "Styles",
    own: "Upload a style picture of your own",
    pick: "replace",
    choose: (name, chosen, alone) => {
      const others = model.get("style_names").filter((/** @type {string} */ other) => other !== name);
      if (alone) send.put({ style_names: [name] });
      else if (chosen) send.put({ style_names: [...others.slice(-1), name], ...(others.length === 1 ? { share: 0.5 } : {}) });
      else if (others.length) send.put({ style_names: others });
      else sync.style_names();
    },
    bring: (file) => upload(model, "style", file).catch((problem) => send.put({ error: problem.message })),
    signal,
  });
  const photograph = quiet(make("select", { class: "al-select", "aria-label": "Photograph of the clip" }));
  const head = make("div", { class: "al-head" }, from.view, photograph,
    make("label", { class: "al-switch", title: "The camera's colours, the style's strokes" }, colors, "Keep colours"));
  const side = make("div", { class: "al-side" }, head, sliders.alpha.view, styles.strip, sliders.share.view,
    make("div", { class: "al-pair" }, sliders.size.view, sliders.smoothing.view));
  const panel = make("section", { class: "al-panel al-camera-panel", "aria-label": "Style transfer of moving pictures" },
    make("div", { class: "al-layout" }, stage, side));

  start.addEventListener("click", () => send.put(model.get("running") ? { running: false } : { running: true, driver: id, error: "" }), { signal });
  save.addEventListener("click", () => send.ask({ do: "save", view: id }), { signal });
  record.addEventListener("click", () => send.ask({ do: "record", view: id }), { signal });
  format.addEventListener("change", () => send.put({ format: format.value }), { signal });
  photograph.addEventListener("change", () => send.put({ content: photograph.value }), { signal });
  colors.addEventListener("change", () => send.put({ color: colors.checked ? "luminance" : null }), { signal });

  // ---- from Python ----
  const sync = {
    ...Object.fromEntries(Object.entries(sliders).map(([name, { place }]) => [name, () => send.waits(name) || place(model.get(name))])),
    style_names: () => {
      const names = model.get("style_names");
      styles.select(names, names.map((/** @type {string} */ name) => titleOf(model, "styles", name)).join(" and "));
      sliders.share.view.hidden = names.length < 2;
    },
    styles: () => {
      styles.fill(picturesOf(model, "styles"));
      sync.style_names();
    },
    contents: () => photograph.replaceChildren(...model.get("contents").map((/** @type {any} */ item) => make("option", { value: item.name }, item.title))),
    content: () => {
      photograph.value = model.get("content");
    },
    clip: () => {
      if (source === sources.clip) sources.clip.open().catch(() => {});
    },
    color: () => {
      colors.checked = model.get("color") === "luminance";
    },
    format: () => {
      format.value = model.get("format");
    },
    source: () => {
      from.select(model.get("source"));
      photograph.hidden = model.get("source") !== "clip";
      follows();
    },
    running: () => {
      const running = model.get("running");
      start.textContent = running ? "Stop" : "Start";
      record.disabled = !running;
      if (running) trouble = "";
      follows();
      tag.textContent = driving() ? "live" : running ? "live, from another view" : "still";
    },
    driver: () => sync.running(),
    recording: () => {
      record.textContent = model.get("recording") ? "Stop recording" : `Record ${model.get("seconds")} s`;
      panel.toggleAttribute("data-recording", model.get("recording"));
    },
    seconds: () => sync.recording(),
    picture: () => {
      if (!model.get("running")) showBytes(painted, model.get("picture"));
      painted.alt = `Painted in the style of ${styles.words()}`;
    },
    before: async () => {
      if (model.get("running")) return;
      const bitmap = await createImageBitmap(new Blob([model.get("before")])).catch(() => null);
      if (!bitmap || signal.aborted || model.get("running")) return;
      [frame.width, frame.height] = [bitmap.width, bitmap.height];
      brush.drawImage(bitmap, 0, 0);
    },
    error: () => error.show(model.get("error") || trouble),
  };
  // Nobody in this page has the camera any more, as after a reload.
  if (model.get("running") && !here.has(model.get("driver"))) send.put({ running: false });
  connect(model, sync, signal);
  follow(model, "msg:custom", async (content, buffers) => {
    if (content.do === "save" && content.view === id) content.names.forEach((/** @type {string} */ name, /** @type {number} */ at) => download(buffers[at], name));
    if (content.do === "refused" && content.view === id) loop.back(content.number, false);
    if (content.do !== "frame" || !model.get("running")) return;
    [times.kernel, times.network] = [content.milliseconds, content.network];
    const came = performance.now();
    showBytes(painted, buffers[0]);
    await painted.decode().catch(() => {});
    times.page = performance.now() - came;
    if (content.view === id) loop.back(content.number, true);
    panel.dataset.frames = String(Number(panel.dataset.frames ?? 0) + 1);
    showStatus();
  }, signal);
  // A page that puts another panel in this one's place says so: the camera is off then until somebody starts it again.
  panel.addEventListener("al-leave", () => { if (driving()) send.put({ running: false }); }, { signal });
  watcher.observe(mat);

  el.append(panel);
  return () => {
    const mine = driving();
    close();
    watcher.disconnect();
    clearTimeout(leaving);
    here.delete(id);
    if (mine) send.put({ running: false });
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
