// @ts-check
// Pictures between files, canvases and the numbers that the network takes.

/** The largest shorter side that is kept, and the largest number of pixels that is painted. */
const KEPT = 1024;
const PAINTED = 1.6e6;

/** @param {HTMLCanvasElement} canvas */
function pencil(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser gives the page no more memory for pictures: close other pages.");
  return context;
}

/** @param {CanvasImageSource} source @param {number} width @param {number} height */
function draw(source, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = pencil(canvas);
  context.fillStyle = "white"; // transparent pictures are laid on white
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** A canvas of a picture's file, upright, reduced where it is very large. @param {Blob} blob @param {string} [name] */
export async function readPicture(blob, name = "the file") {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new Error(`“${name}” is not a picture that this browser can read: choose a JPEG, PNG or WebP.`);
  }
  const canvas = reduced(bitmap, KEPT);
  bitmap.close();
  return canvas;
}

/**
 * A canvas whose shorter side has `side` pixels, or fewer where the source has: nothing is enlarged.
 * @param {HTMLCanvasElement | ImageBitmap} source @param {number} side
 */
export function reduced(source, side) {
  const { width, height } = source;
  const scale = Math.min(1, side / Math.min(width, height), Math.sqrt(PAINTED / (width * height)));
  return draw(source, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
}

/** Width, height and the bytes of red, green, blue and opacity. @param {HTMLCanvasElement} canvas */
export function pixels(canvas) {
  const { width, height, data } = pencil(canvas).getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, data };
}

/** Copy a canvas's picture, or ImageData, into another. @param {HTMLCanvasElement} target @param {HTMLCanvasElement | ImageData} picture */
export function show(target, picture) {
  Object.assign(target, { width: picture.width, height: picture.height });
  const context = pencil(target);
  if (picture instanceof ImageData) context.putImageData(picture, 0, 0);
  else context.drawImage(picture, 0, 0);
}

/** @param {HTMLCanvasElement} canvas @param {string} name of the file */
export function save(canvas, name) {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
