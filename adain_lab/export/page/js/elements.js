// @ts-check
// The page's elements, by their ids, each of the kind that the program takes it for.

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`This page has no ${id}: copy the whole folder again.`);
  return found;
}

const text = (/** @type {string} */ id) => element(id, HTMLElement);
const button = (/** @type {string} */ id) => element(id, HTMLButtonElement);
const input = (/** @type {string} */ id) => element(id, HTMLInputElement);

export const page = {
  stage: text("stage"), status: text("status"), loading: text("loading"), loaded: element("loaded", HTMLProgressElement),
  painted: element("painted", HTMLCanvasElement), original: element("original", HTMLCanvasElement),
  compare: button("compare"), download: button("download"),
  error: text("error"), errorText: text("error-text"), dismiss: button("dismiss"),
  controls: element("controls", HTMLFormElement), alpha: input("alpha"), alphaValue: text("alpha-value"),
  contentGroup: text("content-group"), contents: text("contents"), addContent: button("add-content"), contentFile: input("content-file"),
  styleGroup: text("style-group"), styles: text("styles"), addStyle: button("add-style"), styleFile: input("style-file"),
  remove: button("remove"), shareRow: text("share-row"), share: input("share"), shareValue: text("share-value"),
  size: element("size", HTMLSelectElement), camera: button("camera"),
  dialog: element("camera-dialog", HTMLDialogElement), video: element("video", HTMLVideoElement),
  cancel: button("camera-cancel"), take: button("camera-take"),
  about: text("about"), credits: text("credits"),
};

/** The two places for a style: a radio button, a thumbnail, a plus where there is none yet, a name. */
export const slots = [...document.querySelectorAll(".slot")].map((slot) => ({
  radio: /** @type {HTMLInputElement} */ (slot.querySelector("input")),
  image: /** @type {HTMLImageElement} */ (slot.querySelector("img")),
  plus: /** @type {HTMLElement | null} */ (slot.querySelector("span.thumb")),
  name: /** @type {HTMLElement} */ (slot.querySelector("b")),
}));
