// @ts-check
// Where frames come from: the webcam, or a slow pan and zoom over a photograph.
import { closeWebcam, openWebcam } from "./webcam.js";
import { make } from "./parts.js";

/**
 * @typedef {{
 *   open: () => Promise<void>,
 *   close: () => void,
 *   size: () => [number, number],
 *   draw: (context: CanvasRenderingContext2D, width: number, height: number) => void,
 *   name: () => string,
 * }} Source `size` is [0, 0] while there is no picture
 */

/** The webcam, mirrored as people know themselves. @returns {Source} */
export function webcamSource() {
  const video = make("video", { autoplay: true, muted: true, playsInline: true });
  let opening = 0;
  return {
    async open() {
      const mine = ++opening;
      const stream = await openWebcam(640, 480);
      if (mine !== opening) return closeWebcam(stream); // closed while the browser was asking
      video.srcObject = stream;
      await video.play();
    },
    close() {
      opening++;
      closeWebcam(video.srcObject);
      video.srcObject = null;
    },
    size: () => [video.videoWidth, video.videoHeight],
    draw(context, width, height) {
      context.save();
      context.setTransform(-1, 0, 0, 1, width, 0);
      context.drawImage(video, 0, 0, width, height);
      context.restore();
    },
    name: () => "camera",
  };
}

/**
 * A photograph over which the eye wanders.
 * @param {() => {bytes: DataView, name: string}} photograph
 * @returns {Source}
 */
export function panSource(photograph) {
  /** @type {ImageBitmap | null} */
  let image = null;
  let begun = 0;
  let opening = 0;
  return {
    async open() {
      const mine = ++opening;
      const bitmap = await createImageBitmap(new Blob([/** @type {any} */ (photograph().bytes)]));
      if (mine !== opening) return bitmap.close();
      image?.close();
      image = bitmap;
      begun ||= performance.now();
    },
    close() {
      opening++;
      image?.close();
      image = null;
    },
    size: () => (image ? [4, 3] : [0, 0]),
    draw(context, width, height) {
      if (!image) return;
      // Periods that do not divide each other: it takes minutes until a frame comes again.
      const wave = (/** @type {number} */ seconds) => Math.sin((2 * Math.PI * (performance.now() - begun)) / 1000 / seconds);
      const zoom = 1.6 + 0.4 * wave(17);
      const scale = Math.min(image.width / width, image.height / height) / zoom;
      const [w, h] = [width * scale, height * scale];
      context.drawImage(image, ((1 + wave(13)) / 2) * (image.width - w), ((1 + wave(19)) / 2) * (image.height - h), w, h, 0, 0, width, height);
    },
    name: () => photograph().name,
  };
}
