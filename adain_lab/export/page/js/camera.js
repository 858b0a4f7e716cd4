// @ts-check
// One picture from the camera, in a dialog; the camera is let go as soon as the dialog closes.

/** @type {Record<string, string>} */
const WHY = {
  NotAllowedError: "The browser may not use the camera: allow it beside the address, or choose a file.",
  NotFoundError: "There is no camera here: choose a file.",
  NotReadableError: "The camera is used by another program: close that, or choose a file.",
};

/**
 * @param {{dialog: HTMLDialogElement, video: HTMLVideoElement, cancel: HTMLButtonElement, take: HTMLButtonElement}} elements
 * @returns {Promise<HTMLCanvasElement | null>} null when the reader cancels
 */
export async function photograph({ dialog, video, cancel, take }) {
  if (!navigator.mediaDevices) throw new Error("Browsers give pages the camera only over https, or from this machine: choose a file.");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    throw new Error(WHY[name] ?? `The camera cannot be used (${message}): choose a file.`);
  }
  try {
    video.srcObject = stream;
    await video.play();
    dialog.returnValue = "";
    dialog.showModal();
    take.focus();
    return await new Promise((resolve) => {
      cancel.onclick = () => dialog.close();
      take.onclick = () => dialog.close("taken");
      dialog.onclose = () => {
        if (dialog.returnValue !== "taken") return resolve(null);
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
        canvas.getContext("2d")?.drawImage(video, 0, 0);
        resolve(canvas);
      };
    });
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  }
}
