// @ts-check
// Regions drawn over a picture: their colours, their edges, and a number in each.
import { clamp } from "./parts.js";
import { insideOf } from "./mask_raster.js";

/** @param {string} color as #rrggbb */
const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** Black or white, whichever is better read on a colour. @param {string} color as #rrggbb */
export const inkOn = (color) => {
  const [red, green, blue] = channels(color);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 110 ? "#000" : "#fff";
};

/**
 * @param {HTMLCanvasElement} canvas with as many dots as the screen has there
 * @param {string[]} colors one per region
 * @returns a function that draws a map
 */
export function overlayOn(canvas, colors) {
  const ink = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const small = document.createElement("canvas"); // the map at its own size, one dot per pixel
  const context = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
  const palette = [0, ...colors.map((color) => channels(color).reduce((all, channel, at) => all | (channel << (8 * at)), 0))];

  /** @param {string} color @param {string} number @param {number} x @param {number} y */
  const badge = (color, number, x, y) => {
    const dot = devicePixelRatio;
    const inside = (/** @type {number} */ value, /** @type {number} */ end) => clamp(value, 13 * dot, Math.max(13 * dot, end - 13 * dot));
    [x, y] = [inside(x, canvas.width), inside(y, canvas.height)];
    ink.beginPath();
    ink.arc(x, y, 11 * dot, 0, 2 * Math.PI);
    Object.assign(ink, { fillStyle: color, strokeStyle: "#fff", lineWidth: 2 * dot });
    ink.fill();
    ink.stroke();
    Object.assign(ink, { fillStyle: inkOn(color), font: `600 ${13 * dot}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle" });
    ink.fillText(number, x, y + 0.5 * dot);
  };

  /** @param {import("./mask_raster.js").LabelMap} map */
  return (map) => {
    const { width, height, labels } = map;
    ink.clearRect(0, 0, canvas.width, canvas.height);
    if (small.width !== width || small.height !== height) Object.assign(small, { width, height });
    const picture = context.createImageData(width, height);
    const dots = new Uint32Array(picture.data.buffer);
    for (let at = 0; at < labels.length; at++) {
      const here = labels[at];
      if (!here) continue;
      const edge = (at >= width && labels[at - width] !== here) || (at % width > 0 && labels[at - 1] !== here)
        || (at % width < width - 1 && labels[at + 1] !== here) || (at + width < labels.length && labels[at + width] !== here);
      dots[at] = (palette[here] | ((edge ? 255 : 118) << 24)) >>> 0;
    }
    context.putImageData(picture, 0, 0);
    ink.imageSmoothingEnabled = canvas.width < width;
    ink.drawImage(small, 0, 0, canvas.width, canvas.height);
    const scale = canvas.width / width;
    colors.forEach((color, index) => {
      const place = insideOf(map, index + 1);
      if (place) badge(color, String(index + 1), place.x * scale, place.y * scale);
    });
  };
}
