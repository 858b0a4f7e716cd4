// @ts-check
// Label maps: 0 = nothing painted, r = the r-th region. Drawing in them, remembering them, packing them. Nothing here touches the page.

/** @typedef {{width: number, height: number, labels: Uint8Array}} LabelMap */

/**
 * An empty map.
 * @param {number} width @param {number} height
 * @returns {LabelMap}
 */
export const blankMap = (width, height) => ({ width, height, labels: new Uint8Array(width * height) });

/**
 * Draw a line with a round brush. Places are in pixels, whole numbers between two pixels; a line to where it began is a dot.
 * @param {LabelMap} map @param {[number, number]} from @param {[number, number]} to
 * @param {number} size the brush's diameter @param {number} label
 */
export function drawLine({ width, height, labels }, [x0, y0], [x1, y1], size, label) {
  const radius = Math.max(size / 2, 0.71); // the smallest brush hits at least the pixel that it is in
  const [dx, dy] = [x1 - x0, y1 - y0];
  const long = dx * dx + dy * dy;
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + radius));
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius));
  const right = Math.min(width - 1, Math.ceil(Math.max(x0, x1) + radius));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = long ? Math.min(1, Math.max(0, (x * dx + y * dy) / long)) : 0;
      if ((x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius * radius) labels[row * width + column] = label;
    }
  }
}

/**
 * A place deep inside a region, for its number; null where the region is empty.
 * @param {LabelMap} map @param {number} label
 */
export function insideOf({ width, height, labels }, label) {
  const step = Math.max(1, Math.ceil(Math.max(width, height) / 96)); // a coarse grid will do
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const far = new Float32Array((columns + 2) * (rows + 2)); // with a rim of zeros: the picture's edge is an edge
  const at = (/** @type {number} */ column, /** @type {number} */ row) => (row + 1) * (columns + 2) + column + 1;
  const near = (/** @type {number} */ here, /** @type {number} */ way) =>
    Math.min(far[here - way] + 1, far[here - way * (columns + 2)] + 1, far[here - way * (columns + 1)] + 1.41, far[here - way * (columns + 3)] + 1.41);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const here = at(column, row);
      far[here] = labels[row * step * width + column * step] === label ? near(here, 1) : 0;
    }
  }
  let best = 0, place = null;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const here = at(column, row);
      far[here] = Math.min(far[here], near(here, -1));
      if (far[here] > best + 0.01) [best, place] = [far[here], { x: (column + 0.5) * step, y: (row + 0.5) * step }];
    }
  }
  return place;
}

const KEPT_BYTES = 48 * 2 ** 20;

/** What can be undone and redone: copies of labels, the newest last. The oldest go when they take too much memory. */
export function labelHistory() {
  /** @type {Uint8Array[]} */
  let past = [];
  /** @type {Uint8Array[]} */
  let future = [];
  return {
    /** @param {Uint8Array} labels before they are changed */
    remember(labels) {
      past.push(labels.slice());
      future = [];
      while (past.length > 1 && past.length * labels.length > KEPT_BYTES) past.shift();
    },
    /** @param {Uint8Array} now @returns {Uint8Array | null} what was before */
    undo(now) {
      const labels = past.pop() ?? null;
      if (labels) future.push(now.slice());
      return labels;
    },
    /** @param {Uint8Array} now @returns {Uint8Array | null} what was undone */
    redo(now) {
      const labels = future.pop() ?? null;
      if (labels) past.push(now.slice());
      return labels;
    },
    /** Forget all: the picture has another size. */
    forget() {
      past = [];
      future = [];
    },
    /** @returns {[number, number]} how many steps can be undone, and done again */
    steps: () => [past.length, future.length],
  };
}

/** @param {Blob} blob @param {CompressionStream | DecompressionStream} by */
const through = async (blob, by) => new Uint8Array(await new Response(blob.stream().pipeThrough(/** @type {any} */ (by))).arrayBuffer());

/**
 * A map for Python: width and height as 16-bit numbers, then the labels, deflated.
 * @param {LabelMap} map
 */
export async function packMap({ width, height, labels }) {
  const deflated = await through(new Blob([/** @type {any} */ (labels)]), new CompressionStream("deflate"));
  const packed = new DataView(new ArrayBuffer(4 + deflated.length));
  packed.setUint16(0, width, true);
  packed.setUint16(2, height, true);
  new Uint8Array(packed.buffer, 4).set(deflated);
  return packed;
}

/**
 * The map that Python packed.
 * @param {DataView} packed
 * @returns {Promise<LabelMap>}
 */
export async function unpackMap(packed) {
  const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (packed.buffer), packed.byteOffset + 4, packed.byteLength - 4);
  const labels = await through(new Blob([bytes]), new DecompressionStream("deflate"));
  return { width: packed.getUint16(0, true), height: packed.getUint16(2, true), labels };
}
