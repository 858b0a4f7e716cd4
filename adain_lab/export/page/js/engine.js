// @ts-check
// What computes: the graphics card through WebGPU where there is a real one, else the processor through WebAssembly.

/**
 * A program that runs networks, and the file in which most of it is. Each is fetched only where it is used.
 * @typedef {{name: "webgpu" | "wasm", program: string, binary: string}} Engine
 */

/** @type {Engine} */
export const GPU = { name: "webgpu", program: "../ort/ort_webgpu.js", binary: "ort/ort_webgpu.wasm" };
/** @type {Engine} */
export const PROCESSOR = { name: "wasm", program: "../ort/ort.js", binary: "ort/ort.wasm" };

/**
 * @param {string} wanted "webgpu" or "wasm"; everything else leaves the choice to what there is
 * @returns {Promise<Engine>}
 */
export async function chooseEngine(wanted) {
  if (wanted === "wasm") return PROCESSOR;
  // Browsers have it in secure places only: over https, or from this machine.
  const adapter = await /** @type {any} */ (navigator).gpu?.requestAdapter().catch(() => null);
  // A graphics card that the processor plays is slower than the processor by itself.
  return adapter && (wanted === "webgpu" || !adapter.info?.isFallbackAdapter) ? GPU : PROCESSOR;
}
