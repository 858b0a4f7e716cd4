// The worker's functions, as functions.

export class Network {
  constructor(onProgress) {
    this.waiting = new Map();
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data: { id, result, error, progress } }) => {
      if (progress) return onProgress(progress);
      const { resolve, reject } = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) reject(new Error(error));
      else resolve(result);
    };
    this.worker.onerror = (event) => {
      const error = new Error(`The network could not be started${event.message ? ` (${event.message})` : ""}: try a newer browser.`);
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.next = 0;
    /** What model.json says, when the network is there. */
    this.ready = this.call("load");
  }

  /** Refuse a picture that has no features. */
  async check({ width, height }) {
    const { smallest_side: side } = await this.ready;
    if (Math.min(width, height) < side) {
      throw new Error(`A picture of ${width} × ${height} pixels is too small: each side needs at least ${side}.`);
    }
  }

  call(task, options = {}) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, task, ...options });
    });
  }
}
