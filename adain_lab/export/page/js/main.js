// @ts-check
// The page: what is chosen, and the picture that follows it.
import { photograph } from "./camera.js";
import { page, slots } from "./elements.js";
import { Network } from "./network.js";
import { pixels, readPicture, reduced, save, show } from "./pictures.js";
import { Strip } from "./strip.js";

/** @typedef {import("./strip.js").Item} Item */

/** The shorter side at which own styles are looked at: as large as the samples. */
const STYLE_SIDE = 512;
/** While a slider moves, pictures that take longer than so many milliseconds are painted at this shorter side. */
const SLOW = 150, DRAFT = 192;

/** @type {{content: Item | null, styles: (Item | null)[], slot: number}} */
const chosen = { content: null, styles: [null, null], slot: 0 };
/** What the worker has encoded as draft and as final picture. */
const encoded = { draft: "", final: "" };
/** @type {Promise<void> | null} */
let painting = null;
let again = false, draft = false, took = 0;

/** What computes: "webgpu" or "wasm" in the address (?engine=…) asks for it. */
const wanted = new URLSearchParams(location.search).get("engine") ?? "";
const network = new Network(({ loaded, total }) => Object.assign(page.loaded, { value: loaded, max: total }), wanted);
const contents = new Strip(page.contents, "content", (item) => { chosen.content = item; repaint(); });
const styles = new Strip(page.styles, "style", chooseStyle);

/** @param {unknown} error */
function complain(error) {
  page.errorText.textContent = error instanceof Error ? error.message : String(error);
  page.error.hidden = false;
}

/** Run something that may fail, and say why it did. @template {any[]} T @param {(...given: T) => Promise<void>} action */
function guarded(action) {
  return async (/** @type {T} */ ...given) => {
    page.error.hidden = true;
    try {
      await action(...given);
    } catch (error) {
      complain(error);
    }
  };
}

// ---- what is chosen ----

/** @param {Item} item */
function chooseStyle(item) {
  chosen.styles[chosen.slot] = item;
  showStyles();
  repaint();
}

function showStyles() {
  const [, second] = chosen.styles;
  slots.forEach(({ radio, image, plus, name }, i) => {
    const item = chosen.styles[i];
    image.hidden = !item;
    if (item) image.src = item.file;
    if (plus) plus.hidden = Boolean(item);
    name.textContent = item?.title ?? "none";
    radio.checked = i === chosen.slot;
  });
  page.remove.hidden = page.shareRow.hidden = !second;
  styles.mark(chosen.styles[chosen.slot]);
}

function removeSecond() {
  Object.assign(chosen, { styles: [chosen.styles[0], null], slot: 0 });
  showStyles();
  repaint();
}

/** The statistics to paint with: AdaIN is affine in them, so a mixture of styles is the mean of theirs. */
function mixture() {
  const [first, second] = chosen.styles.map((item) => item?.row);
  if (!first || !second) return first;
  const share = Number(page.share.value) / 100;
  return first.map((value, i) => (1 - share) * value + share * second[i]);
}

function title() {
  const names = chosen.styles.flatMap((item) => item?.title ?? []);
  return `${chosen.content?.title}, painted in the style of ${names.join(" and ")}, alpha ${page.alpha.value}`;
}

// ---- painting: one picture at a time, and always the latest wish ----

/** Paint what is chosen. Returns when the page shows it. */
function repaint(asDraft = false) {
  page.alphaValue.textContent = Number(page.alpha.value).toFixed(2);
  page.shareValue.textContent = `${page.share.value} %`;
  [again, draft] = [true, asDraft && took > SLOW];
  painting ??= work().finally(() => { painting = null; });
  return painting;
}

async function work() {
  page.stage.setAttribute("aria-busy", "true");
  while (again) {
    again = false;
    try {
      await paint();
    } catch (error) {
      complain(error);
    }
  }
  page.stage.setAttribute("aria-busy", "false");
}

async function paint() {
  const { content } = chosen;
  if (!content) return;
  const name = draft ? "draft" : "final", alpha = Number(page.alpha.value);
  const size = Math.min(Number(page.size.value), draft ? DRAFT : Infinity), key = `${content.radio?.value} ${size}`;
  const label = title(), row = mixture(), began = performance.now();
  content.source ??= await readPicture(await (await fetch(content.file)).blob(), content.title);
  if (encoded[name] !== key) {
    const canvas = reduced(content.source, size);
    encoded[name] = "";
    await network.call("content", { name, picture: pixels(canvas) });
    encoded[name] = key;
    if (name === "final") show(page.original, canvas);
    page.original.setAttribute("aria-label", content.alt);
  }
  const decoding = performance.now();
  const { width, height, bytes } = await network.call("paint", { name, row, alpha });
  show(page.painted, new ImageData(bytes, width, height));
  page.painted.setAttribute("aria-label", label);
  const ms = performance.now() - began;
  if (name === "final") took = performance.now() - decoding;
  page.status.textContent = name === "draft" ? "Draft" : `${width} × ${height}, ${ms < 1000 ? `${Math.round(ms)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`}`;
  page.compare.disabled = page.download.disabled = false;
}

// ---- own pictures ----

/** @param {HTMLCanvasElement} source @param {string} name */
async function addContent(source, name) {
  await network.check(source); // before it is among the others
  const file = await thumbnail(source);
  const item = contents.add({ title: name, name, alt: `Your picture “${name}”`, file, source }, true);
  contents.mark(chosen.content = item);
  item.radio?.closest(".tile")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  await repaint();
}

/** @param {HTMLCanvasElement} source @param {string} name */
async function addStyle(source, name) {
  await network.check(source);
  const row = await network.call("style", { picture: pixels(reduced(source, STYLE_SIDE)) });
  const item = styles.add({ title: name, name, alt: `Your style “${name}”`, file: await thumbnail(source), row }, true);
  item.radio?.closest(".tile")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  chooseStyle(item);
}

/** @param {HTMLCanvasElement} source @returns {Promise<string>} an address */
function thumbnail(source) {
  return new Promise((resolve) => reduced(source, 144).toBlob((blob) => resolve(blob ? URL.createObjectURL(blob) : ""), "image/jpeg"));
}

const take = guarded(async (/** @type {File} */ file, /** @type {boolean} */ asStyle) => {
  const source = await readPicture(file, file.name), name = file.name?.replace(/\.\w+$/, "") || "Yours";
  await (asStyle ? addStyle : addContent)(source, name);
});

/** @param {HTMLButtonElement} button @param {HTMLInputElement} input @param {boolean} asStyle */
function fileButton(button, input, asStyle) {
  button.onclick = () => input.click();
  input.onchange = () => {
    const [file] = input.files ?? [];
    if (file) take(file, asStyle);
    input.value = ""; // the same file can be chosen again
  };
}

/** The picture in what was dropped or pasted. @param {DataTransfer | null} data */
function pictureIn(data) {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? data?.files?.[0];
}

function listen() {
  for (const slider of [page.alpha, page.share]) {
    slider.addEventListener("input", () => repaint(true));
    slider.addEventListener("change", () => repaint());
  }
  page.size.addEventListener("change", () => repaint());
  for (const { radio } of slots) radio.onchange = () => { chosen.slot = Number(radio.value); showStyles(); };
  page.remove.onclick = removeSecond;
  page.dismiss.onclick = () => { page.error.hidden = true; };
  fileButton(page.addContent, page.contentFile, false);
  fileButton(page.addStyle, page.styleFile, true);
  page.camera.onclick = guarded(async () => {
    const picture = await photograph(page);
    if (picture) await addContent(picture, "Camera");
  });
  page.compare.onclick = () => {
    const pressed = page.compare.getAttribute("aria-pressed") !== "true";
    page.compare.setAttribute("aria-pressed", String(pressed));
    page.original.hidden = !pressed;
    page.painted.hidden = pressed;
  };
  page.download.onclick = async () => {
    await painting;
    const names = [chosen.content, ...chosen.styles].flatMap((item) => item?.name ?? []);
    save(page.painted, `${names.join("-")}.png`);
  };
  const group = page.styleGroup;
  const isStyle = (/** @type {EventTarget | null} */ target) => target instanceof Node && group.contains(target);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    group.classList.toggle("over", isStyle(event.target));
    page.contentGroup.classList.toggle("over", !isStyle(event.target));
  });
  const leave = () => document.querySelectorAll(".over").forEach((element) => element.classList.remove("over"));
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) leave(); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    leave();
    const file = pictureIn(event.dataTransfer);
    if (file) take(file, isStyle(event.target));
  });
  addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (file) take(file, isStyle(document.activeElement));
  });
  page.controls.onsubmit = (event) => event.preventDefault();
}

// ---- the beginning ----

/** @param {string} text */
function credit(text) {
  page.credits.append(Object.assign(document.createElement("li"), { textContent: text }));
}

const start = guarded(async () => {
  const [samples, rows] = await Promise.all([
    fetch("samples.json").then((answer) => answer.json()),
    fetch("styles.bin").then((answer) => answer.arrayBuffer()),
  ]);
  const numbers = new Float32Array(rows), length = numbers.length / samples.styles.length;
  samples.contents.forEach((/** @type {Item} */ item) => contents.add(item));
  samples.styles.forEach((/** @type {Item} */ item, /** @type {number} */ i) => styles.add({ ...item, row: numbers.subarray(i * length, (i + 1) * length) }));
  for (const item of [...samples.contents, ...samples.styles]) credit(`${item.title}: ${item.author}, ${item.licence}`);
  const named = (/** @type {Strip} */ strip, /** @type {string} */ name) => strip.items.find((item) => item.name === name) ?? strip.items[0];
  chosen.content = named(contents, "cat");
  chosen.styles[0] = named(styles, "night_village");
  contents.mark(chosen.content);
  showStyles();
  listen(); // what is asked for now waits for the network
  const { manifest: { model, adain_lab: version, runtime }, engine } = await network.ready;
  const computes = engine === "webgpu" ? "on the graphics card (WebGPU)" : "on the processor (WebAssembly)";
  page.about.textContent = `Adaptive instance normalization (Huang and Belongie, ICCV 2017): adain_lab ${version}, model “${model}”, ${runtime} ${computes}.`;
  page.loading.hidden = true;
  await repaint();
});

start();
