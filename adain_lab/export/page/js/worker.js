// @ts-check
// The network, away from the page's thread: encodes pictures, and paints.
import { chooseEngine, PROCESSOR } from "./engine.js";

/** @typedef {import("./network.js").Pixels} Pixels */
/** @typedef {Record<string, any>} Tensors by name, as onnxruntime has them */

const ROOT = new URL("../", import.meta.url);
/** onnxruntime for browsers. @type {any} */
let ort;
/** @type {import("./network.js").Manifest} */
let manifest;
/** @type {any} */
let encoder;
/** @type {any} */
let decoder;
/** By the name that the page gave. @type {Record<string, {tensors: Tensors, width: number, height: number}>} */
const contents = {};

/** @param {string} name @param {(bytes: number) => void} progress */
async function fetched(name, progress) {
  const response = await fetch(new URL(name, ROOT));
  if (!response.ok || !response.body) throw new Error(`The server has no ${name} (${response.status}): copy the whole folder.`);
  const parts = [];
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    progress(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** @type {import("./network.js").Tasks["load"]} */
async function load({ engine: wanted }, report) {
  manifest = await (await fetch(new URL("model.json", ROOT))).json();
  const engine = await chooseEngine(wanted);
  try {
    return { manifest, engine: await begin(engine, report) };
  } catch (error) {
    if (engine === PROCESSOR) throw error;
    return { manifest, engine: await begin(PROCESSOR, report) }; // a card, or a driver, that cannot do all that it says
  }
}

/** @param {import("./engine.js").Engine} engine @param {(progress: import("./network.js").Progress) => void} report */
async function begin({ name, program, binary }, report) {
  const files = [binary, "encoder.onnx", "decoder.onnx"];
  const total = files.reduce((sum, file) => sum + manifest.bytes[file], 0);
  let loaded = 0;
  const progress = (/** @type {number} */ bytes) => report({ loaded: (loaded += bytes), total });
  const [runtime, ...graphs] = await Promise.all(files.map((file) => fetched(file, progress)));
  ort = await import(program);
  ort.env.wasm.wasmBinary = runtime.buffer; // no server has to know what kind of file it is
  ort.env.wasm.numThreads = 1; // more would need headers that static servers do not send
  // Which of the small operations stay with the processor is of no interest to the reader.
  const options = { executionProviders: [name], logSeverityLevel: 3 };
  encoder = await ort.InferenceSession.create(graphs[0], options);
  decoder = await ort.InferenceSession.create(graphs[1], options);
  if (name === "webgpu") await rehearse();
  return name;
}

/** Paint a grey picture: what this card cannot do shows now, and its programs are translated. */
async function rehearse() {
  const side = Math.max(64, manifest.smallest_side);
  const picture = { width: side, height: side, data: new Uint8ClampedArray(4 * side * side).fill(128) };
  await content({ name: "rehearsal", picture });
  await paint({ name: "rehearsal", row: await style({ picture }), alpha: 1 });
  delete contents.rehearsal;
}

/** Bytes of an image as the encoder takes them: three planes in [0, 1]. @param {Pixels} picture */
function planes({ width, height, data }) {
  const count = width * height, values = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) values[c * count + i] = data[4 * i + c] / 255;
  return new ort.Tensor("float32", values, [1, 3, height, width]);
}

/** @param {Pixels} picture @returns {Promise<Tensors>} */
const encode = (picture) => encoder.run({ picture: planes(picture) });

/** @type {import("./network.js").Tasks["content"]} */
async function content({ name, picture }) {
  contents[name] = { tensors: await encode(picture), width: picture.width, height: picture.height };
}

/** A style's statistics as one row, as styles.bin has them: layer by layer, means, then standard deviations. @type {import("./network.js").Tasks["style"]} */
async function style({ picture }) {
  const tensors = await encode(picture);
  /** @type {Float32Array[]} */
  const parts = Object.keys(manifest.layers).flatMap((layer) => [tensors[`${layer}_mean`].data, tensors[`${layer}_std`].data]);
  const row = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (row.set(part, at), at + part.length), 0);
  return row;
}

/** @type {import("./network.js").Tasks["paint"]} */
async function paint({ name, row = new Float32Array(), alpha }) {
  const { tensors, width, height } = contents[name];
  /** @type {Tensors} */
  const feeds = { ...tensors, alpha: new ort.Tensor("float32", [alpha], [1]) };
  let at = 0;
  for (const [layer, channels] of Object.entries(manifest.layers)) {
    for (const part of ["mean", "std"]) {
      feeds[`style_${layer}_${part}`] = new ort.Tensor("float32", row.slice(at, (at += channels)), [1, channels, 1, 1]);
    }
  }
  const { picture } = await decoder.run(feeds);
  // What pooling rounded up is at the right and below, and is left out.
  const [, , rows, columns] = picture.dims;
  const bytes = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0, from = (c * rows + y) * columns, to = 4 * y * width + c; x < width; x++, to += 4) {
        bytes[to] = 255 * picture.data[from + x];
      }
    }
  }
  return { width, height, bytes };
}

/** @type {Record<string, (options: any, report: (progress: any) => void) => Promise<any>>} */
const tasks = { load, content, style, paint };
let last = Promise.resolve();
onmessage = ({ data: { id, task, ...options } }) => {
  // One after the other: a session cannot run twice at a time.
  last = last.then(async () => {
    try {
      postMessage({ id, result: await tasks[task](options, (progress) => postMessage({ id, progress })) });
    } catch (error) {
      postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
};
