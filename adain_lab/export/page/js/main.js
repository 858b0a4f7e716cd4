// The page: what is chosen, and the picture that follows it.
import { photograph } from "./camera.js";
import { Network } from "./network.js";
import { pixels, readPicture, reduced, save, show } from "./pictures.js";
import { Strip } from "./strip.js";

const $ = (id) => document.getElementById(id);
/** The shorter side at which own styles are looked at: as large as the samples. */
const STYLE_SIDE = 512;
/** While a slider moves, pictures that take longer than so many milliseconds are painted at this shorter side. */
const SLOW = 150, DRAFT = 192;

const chosen = { content: null, styles: [null, null], slot: 0 };
/** What the worker has encoded as draft and as final picture. */
const encoded = {};
let painting = null, again = false, draft = false, took = 0;

const network = new Network(({ loaded, total }) => Object.assign($("loaded"), { value: loaded, max: total }));
const contents = new Strip($("contents"), "content", (item) => { chosen.content = item; repaint(); });
const styles = new Strip($("styles"), "style", chooseStyle);

function complain(error) {
  $("error-text").textContent = error.message;
  $("error").hidden = false;
}

/** Run something that may fail, and say why it did. */
function guarded(action) {
  return async (...given) => {
    $("error").hidden = true;
    try {
      await action(...given);
    } catch (error) {
      complain(error);
    }
  };
}

// ---- what is chosen ----

function chooseStyle(item) {
  chosen.styles[chosen.slot] = item;
  showStyles();
  repaint();
}

function showStyles() {
  const [, second] = chosen.styles;
  document.querySelectorAll(".slot").forEach((slot, i) => {
    const item = chosen.styles[i], image = slot.querySelector("img"), plus = slot.querySelector("span.thumb");
    image.hidden = !item;
    if (item) image.src = item.file;
    if (plus) plus.hidden = Boolean(item);
    slot.querySelector("b").textContent = item?.title ?? "none";
    slot.querySelector("input").checked = i === chosen.slot;
  });
  $("remove").hidden = $("share-row").hidden = !second;
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
  if (!second) return first;
  const share = $("share").value / 100;
  return first.map((value, i) => (1 - share) * value + share * second[i]);
}

function title() {
  const names = chosen.styles.filter(Boolean).map((item) => item.title);
  return `${chosen.content.title}, painted in the style of ${names.join(" and ")}, alpha ${$("alpha").value}`;
}

// ---- painting: one picture at a time, and always the latest wish ----

/** Paint what is chosen. Returns when the page shows it. */
function repaint(asDraft = false) {
  $("alpha-value").textContent = Number($("alpha").value).toFixed(2);
  $("share-value").textContent = `${$("share").value} %`;
  [again, draft] = [true, asDraft && took > SLOW];
  painting ??= work().finally(() => { painting = null; });
  return painting;
}

async function work() {
  $("stage").setAttribute("aria-busy", "true");
  while (again) {
    again = false;
    try {
      await paint();
    } catch (error) {
      complain(error);
    }
  }
  $("stage").setAttribute("aria-busy", "false");
}

async function paint() {
  const { content } = chosen, name = draft ? "draft" : "final", alpha = Number($("alpha").value);
  const size = Math.min(Number($("size").value), draft ? DRAFT : Infinity), key = `${content.radio.value} ${size}`;
  const label = title(), row = mixture(), began = performance.now();
  content.source ??= await readPicture(await (await fetch(content.file)).blob(), content.title);
  if (encoded[name] !== key) {
    const canvas = reduced(content.source, size);
    encoded[name] = "";
    await network.call("content", { name, picture: pixels(canvas) });
    encoded[name] = key;
    if (name === "final") show($("original"), canvas);
    $("original").setAttribute("aria-label", content.alt);
  }
  const decoding = performance.now();
  const { width, height, bytes } = await network.call("paint", { name, row, alpha });
  show($("painted"), new ImageData(bytes, width, height));
  $("painted").setAttribute("aria-label", label);
  const ms = performance.now() - began;
  if (name === "final") took = performance.now() - decoding;
  $("status").textContent = name === "draft" ? "Draft" : `${width} × ${height}, ${ms < 1000 ? `${Math.round(ms)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`}`;
  for (const id of ["compare", "download"]) $(id).disabled = false;
}

// ---- own pictures ----

async function addContent(source, name) {
  await network.check(source); // before it is among the others
  const file = await thumbnail(source);
  const item = contents.add({ title: name, name, alt: `Your picture “${name}”`, file, source }, true);
  contents.mark(chosen.content = item);
  item.radio.closest(".tile").scrollIntoView({ block: "nearest", inline: "nearest" });
  await repaint();
}

async function addStyle(source, name) {
  await network.check(source);
  const row = await network.call("style", { picture: pixels(reduced(source, STYLE_SIDE)) });
  const item = styles.add({ title: name, name, alt: `Your style “${name}”`, file: await thumbnail(source), row }, true);
  item.radio.closest(".tile").scrollIntoView({ block: "nearest", inline: "nearest" });
  chooseStyle(item);
}

function thumbnail(source) {
  return new Promise((resolve) => reduced(source, 144).toBlob((blob) => resolve(URL.createObjectURL(blob)), "image/jpeg"));
}

const take = guarded(async (file, asStyle) => {
  const source = await readPicture(file, file.name), name = file.name?.replace(/\.\w+$/, "") || "Yours";
  await (asStyle ? addStyle : addContent)(source, name);
});

function fileButton(button, input, asStyle) {
  button.onclick = () => input.click();
  input.onchange = () => {
    if (input.files[0]) take(input.files[0], asStyle);
    input.value = ""; // the same file can be chosen again
  };
}

/** The picture in what was dropped or pasted. */
function pictureIn(data) {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? data?.files?.[0];
}

function listen() {
  for (const id of ["alpha", "share"]) {
    $(id).addEventListener("input", () => repaint(true));
    $(id).addEventListener("change", () => repaint());
  }
  $("size").addEventListener("change", () => repaint());
  for (const radio of document.getElementsByName("slot")) radio.onchange = () => { chosen.slot = Number(radio.value); showStyles(); };
  $("remove").onclick = removeSecond;
  $("dismiss").onclick = () => { $("error").hidden = true; };
  fileButton($("add-content"), $("content-file"), false);
  fileButton($("add-style"), $("style-file"), true);
  $("camera").onclick = guarded(async () => {
    const picture = await photograph($("camera-dialog"));
    if (picture) await addContent(picture, "Camera");
  });
  $("compare").onclick = () => {
    const pressed = $("compare").getAttribute("aria-pressed") !== "true";
    $("compare").setAttribute("aria-pressed", pressed);
    $("original").hidden = !pressed;
    $("painted").hidden = pressed;
  };
  $("download").onclick = async () => {
    await painting;
    const names = [chosen.content, ...chosen.styles].filter(Boolean).map((item) => item.name);
    save($("painted"), `${names.join("-")}.png`);
  };
  const group = $("style-group"), isStyle = (target) => group.contains(target);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    group.classList.toggle("over", isStyle(event.target));
    $("content-group").classList.toggle("over", !isStyle(event.target));
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
  $("controls").onsubmit = (event) => event.preventDefault();
}

// ---- the beginning ----

function credit(text) {
  $("credits").append(Object.assign(document.createElement("li"), { textContent: text }));
}

const start = guarded(async () => {
  const [samples, rows] = await Promise.all([
    fetch("samples.json").then((answer) => answer.json()),
    fetch("styles.bin").then((answer) => answer.arrayBuffer()),
  ]);
  const numbers = new Float32Array(rows), length = numbers.length / samples.styles.length;
  samples.contents.forEach((item) => contents.add(item));
  samples.styles.forEach((item, i) => styles.add({ ...item, row: numbers.subarray(i * length, (i + 1) * length) }));
  for (const item of [...samples.contents, ...samples.styles]) credit(`${item.title}: ${item.author}, ${item.licence}`);
  const named = (strip, name) => strip.items.find((item) => item.name === name) ?? strip.items[0];
  chosen.content = named(contents, "cat");
  chosen.styles[0] = named(styles, "night_village");
  contents.mark(chosen.content);
  showStyles();
  listen(); // what is asked for now waits for the network
  const { model, adain_lab: version, runtime } = await network.ready;
  $("about").textContent = `Adaptive instance normalization (Huang and Belongie, ICCV 2017): adain_lab ${version}, model “${model}”, ${runtime}.`;
  $("loading").hidden = true;
  await repaint();
});

start();
