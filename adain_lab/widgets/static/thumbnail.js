// @ts-check
// A small picture made of bytes.
import { make } from "./parts.js";

/**
 * An image that frees its bytes as soon as it has read them, so that whoever throws it away need not.
 * @param {DataView} bytes
 * @param {Record<string, any>} properties
 * @returns {HTMLImageElement}
 */
export function thumbnail(bytes, properties) {
  const url = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)]));
  const image = make("img", { draggable: false, ...properties });
  for (const end of ["load", "error"]) image.addEventListener(end, () => URL.revokeObjectURL(url), { once: true });
  image.src = url;
  return image;
}
