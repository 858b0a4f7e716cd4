// The network, away from the page's thread: encodes pictures, and paints.
import * as ort from "../ort/ort.js";

const ROOT = new URL("../", import.meta.url);
let manifest, encoder, decoder;
const contents = {}; // by the name that the page gave: tensors by name, and the picture's size

async function fetched(name, progress) {
  const response = await fetch(new URL(name, ROOT));
  if (!response.ok) throw new Error(`The server has no ${name} (${response.status}): copy the whole folder.`);
  const parts = [];
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    progress(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function load(_, report) {
  manifest = await (await fetch(new URL("model.json", ROOT))).json();
  const total = Object.values(manifest.bytes).reduce((a, b) => a + b);
  let loaded = 0;
  const progress = (bytes) => report({ loaded: (loaded += bytes), total });
  const [runtime, ...graphs] = await Promise.all(Object.keys(manifest.bytes).map((name) => fetched(name, progress)));
  ort.env.wasm.wasmBinary = runtime.buffer; // no server has to know what kind of file it is
  ort.env.wasm.numThreads = 1; // more would need headers that static servers do not send
  [encoder, decoder] = await Promise.all(graphs.map((graph) => ort.InferenceSession.create(graph, { executionProviders: ["wasm"] })));
  return manifest;
}

/** Bytes of an image as the encoder takes them: three planes in [0, 1]. */
function planes({ width, height, data }) {
  const count = width * height, values = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) values[c * count + i] = data[4 * i + c] / 255;
  return new ort.Tensor("float32", values, [1, 3, height, width]);
}

const encode = (picture) => encoder.run({ picture: planes(picture) });

async function content({ name, picture }) {
  contents[name] = { tensors: await encode(picture), width: picture.width, height: picture.height };
}

/** A style's statistics as one row, as styles.bin has them: layer by layer, means, then standard deviations. */
async function style({ picture }) {
  const tensors = await encode(picture);
  const parts = Object.keys(manifest.layers).flatMap((layer) => [tensors[`${layer}_mean`].data, tensors[`${layer}_std`].data]);
  const row = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (row.set(part, at), at + part.length), 0);
  return row;
}

async function paint({ name, row, alpha }) {
  const { tensors, width, height } = contents[name];
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

const tasks = { load, content, style, paint };
let last = Promise.resolve();
onmessage = ({ data: { id, task, ...options } }) => {
  // One after the other: a session cannot run twice at a time.
  last = last.then(async () => {
    try {
      postMessage({ id, result: await tasks[task](options, (progress) => postMessage({ id, progress })) });
    } catch (error) {
      postMessage({ id, error: error.message ?? String(error) });
    }
  });
};
