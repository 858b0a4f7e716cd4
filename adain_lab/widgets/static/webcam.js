// @ts-check
// A photograph by webcam. The video stays in this page; only the photograph that is taken goes anywhere.
import { make, quiet } from "./parts.js";

/** What browsers call the reasons, and what to do about each. @type {Record<string, string>} */
const REASONS = {
  NotAllowedError: "The webcam was not allowed: allow it beside the page's address, or",
  SecurityError: "The webcam was not allowed: allow it beside the page's address, or",
  NotFoundError: "There is no webcam on this machine:",
  OverconstrainedError: "There is no webcam on this machine:",
  NotReadableError: "The webcam is in use by another program: close that, or",
  InsecurePage: "Browsers open the webcam only for pages at https:// or on this machine itself:",
};

/**
 * A sentence for what kept the webcam from opening.
 * @param {any} problem
 * @param {string} instead what to do without one
 */
export const webcamProblem = (problem, instead = "upload a picture instead") =>
  `${REASONS[problem?.name] ?? `The webcam did not open (${problem?.message ?? problem}):`} ${instead}.`;

/**
 * Open the webcam.
 * @param {number} width @param {number} height as large as this, if it can
 * @returns {Promise<MediaStream>}
 */
export async function openWebcam(width, height) {
  if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error("insecure page"), { name: "InsecurePage" });
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { width: { ideal: width }, height: { ideal: height } } });
}

/** Let go of the webcam. @param {MediaStream | null | undefined} stream */
export const closeWebcam = (stream) => stream?.getTracks().forEach((track) => track.stop());

/** A name for a photograph that is taken now. @param {Date} now */
export const photographName = (now) => `webcam ${[now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, "0")).join("-")}.jpg`;

/**
 * @param {{take: (file: File) => void, complain: (words: string) => void, signal: AbortSignal}} options
 *   `take` gets the photograph, `complain` a sentence when there is none.
 * @returns `button`, a tile that opens the camera; `view`, where its picture is shown; and `close`, which lets go of the camera.
 */
export function webcam({ take, complain, signal }) {
  const button = quiet(make("button", { type: "button", class: "al-tile al-own al-camera", "aria-label": "Take a picture with the webcam", title: "Webcam" },
    make("span", { class: "al-thumb", "aria-hidden": true })));
  const video = make("video", { class: "al-video", autoplay: true, muted: true, playsInline: true, "aria-label": "What the webcam sees, mirrored" });
  const shoot = quiet(make("button", { type: "button", class: "al-button" }, "Take picture"));
  const cancel = quiet(make("button", { type: "button", class: "al-button" }, "Cancel"));
  const view = make("div", { class: "al-webcam", role: "group", "aria-label": "Webcam", hidden: true }, video, make("div", { class: "al-bar" }, shoot, cancel));
  let opening = 0;

  const close = () => {
    opening++;
    closeWebcam(video.srcObject);
    video.srcObject = null;
    view.hidden = true;
  };
  const leave = () => {
    close();
    button.focus();
  };
  button.addEventListener("click", async () => {
    close();
    const number = opening;
    try {
      const stream = await openWebcam(1280, 960);
      if (number !== opening || signal.aborted) { // closed while the browser was asking
        closeWebcam(stream);
        return;
      }
      video.srcObject = stream;
      view.hidden = false;
      shoot.focus();
    } catch (problem) {
      if (number === opening) complain(webcamProblem(problem));
    }
  }, { signal });
  shoot.addEventListener("click", () => {
    const { videoWidth: width, videoHeight: height } = video;
    if (!width) return; // it has not sent a picture yet
    const canvas = make("canvas", { width, height });
    canvas.getContext("2d").drawImage(video, 0, 0);
    leave();
    canvas.toBlob((/** @type {Blob | null} */ blob) => {
      if (blob) take(new File([blob], photographName(new Date()), { type: "image/jpeg" }));
      else complain("The photograph could not be made: upload a picture instead.");
    }, "image/jpeg", 0.95);
  }, { signal });
  cancel.addEventListener("click", leave, { signal });
  view.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    leave();
  }, { signal });
  signal.addEventListener("abort", close);
  return { button, view, close };
}
