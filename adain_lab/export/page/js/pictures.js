// Pictures between files, canvases and the numbers that the network takes.

/** The largest shorter side that is kept, and the largest number of pixels that is painted. */
const KEPT = 1024;
const PAINTED = 1.6e6;

function draw(source, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white"; // transparent pictures are laid on white
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** A canvas of a picture's file, upright, reduced where it is very large. */
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

/** A canvas whose shorter side has `side` pixels, or fewer where the source has: nothing is enlarged. */
export function reduced(source, side) {
  const width = source.videoWidth || source.width, height = source.videoHeight || source.height;
  const scale = Math.min(1, side / Math.min(width, height), Math.sqrt(PAINTED / (width * height)));
  return draw(source, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
}

/** Width, height and the bytes of red, green, blue and opacity. */
export function pixels(canvas) {
  const { width, height, data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, data };
}

/** Copy a canvas's picture, or ImageData, into another. */
export function show(target, picture) {
  Object.assign(target, { width: picture.width, height: picture.height });
  const context = target.getContext("2d");
  if (picture instanceof ImageData) context.putImageData(picture, 0, 0);
  else context.drawImage(picture, 0, 0);
}

export function save(canvas, name) {
  canvas.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
