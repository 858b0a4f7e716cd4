// @ts-check
// The worker's functions, as functions.

/**
 * @typedef {{model: string, adain_lab: string, runtime: string, smallest_side: number, layers: Record<string, number>,
 *            bytes: Record<string, number>}} Manifest what model.json says
 * @typedef {{width: number, height: number, data: Uint8ClampedArray}} Pixels
 * @typedef {{width: number, height: number, bytes: Uint8ClampedArray<ArrayBuffer>}} Painted
 * @typedef {{
 *   load: (options: {engine: string}, report: (progress: Progress) => void) => Promise<{manifest: Manifest, engine: string}>,
 *   content: (options: {name: string, picture: Pixels}) => Promise<void>,
 *   style: (options: {picture: Pixels}) => Promise<Float32Array>,
 *   paint: (options: {name: string, row: Float32Array | undefined, alpha: number}) => Promise<Painted>,
 * }} Tasks
 * @typedef {{loaded: number, total: number}} Progress of what has to be fetched, in bytes
 */

export class Network {
  /** @param {(progress: Progress) => void} onProgress @param {string} engine "webgpu", "wasm", or "" for what there is */
  constructor(onProgress, engine) {
    /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data: { id, result, error, progress } }) => {
      if (progress) return onProgress(progress);
      const waits = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) waits?.reject(new Error(error));
      else waits?.resolve(result);
    };
    this.worker.onerror = (event) => {
      const error = new Error(`The network could not be started${event.message ? ` (${event.message})` : ""}: try a newer browser.`);
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.next = 0;
    /** What model.json says and what computes, when the network is there. */
    this.ready = this.call("load", { engine });
  }

  /** Refuse a picture that has no features. @param {{width: number, height: number}} picture */
  async check({ width, height }) {
    const { manifest: { smallest_side: side } } = await this.ready;
    if (Math.min(width, height) < side) {
      throw new Error(`A picture of ${width} × ${height} pixels is too small: each side needs at least ${side}.`);
    }
  }

  /**
   * @template {keyof Tasks} T
   * @param {T} task
   * @param {Parameters<Tasks[T]>[0]} options
   * @returns {ReturnType<Tasks[T]>}
   */
  call(task, options) {
    const id = this.next++;
    const answer = new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, ...options });
    });
    return /** @type {ReturnType<Tasks[T]>} */ (answer);
  }
}
