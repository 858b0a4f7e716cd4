// @ts-check
// The channel panel: two sliders for one channel's mean and deviation, and what they do to histogram, feature map and picture.
// To Python: the traits content, layer, channel, mean, deviation, error; `request`, {do: "reset"}.
// From Python: all traits.
import { alive } from "./alive.js";
import { errorNote } from "./error_note.js";
import { make, quiet, showBytes } from "./parts.js";
import { slider } from "./slider.js";
import { connect, sender, titleOf } from "./stage.js";

let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);

  /** @param {string} trait @param {string} label */
  const choice = (trait, label) => {
    const select = quiet(make("select", { class: "al-select", id: `${id}-${trait}` }));
    select.addEventListener("change", () => send.put({ [trait]: select.value }), { signal });
    return { select, view: make("div", { class: "al-row" }, make("label", { for: `${id}-${trait}` }, label), select) };
  };
  const content = choice("content", "Photograph");
  const layer = choice("layer", "Layer");

  const sliders = make("div", { class: "al-channel-sliders" });
  /** @type {Record<string, ReturnType<typeof slider>>} */
  let hands = {};
  /** @type {Record<string, string>} */
  let made = {};
  const fillSliders = () => {
    const ends = { channel: [0, model.get("channels") - 1], mean: model.get("mean_range"), deviation: model.get("deviation_range") };
    for (const [name, [min, max]] of Object.entries(ends)) {
      const key = `${min} ${max}`;
      if (made[name] === key) continue;
      made[name] = key;
      const whole = name === "channel";
      const hand = slider({
        id, name, min, max, signal,
        label: { channel: "Channel", mean: "Mean", deviation: "Standard deviation" }[name] ?? name,
        step: whole ? 1 : (max - min) / 200,
        words: (value) => (whole ? String(value) : value.toFixed(2)),
        move: (value) => send.push({ [name]: value }),
        settle: send.flush,
      });
      const held = hands[name]?.view.contains(document.activeElement);
      if (hands[name]) hands[name].view.replaceWith(hand.view);
      else sliders.append(hand.view);
      hands[name] = hand;
      hand.place(model.get(name));
      if (held) hand.view.querySelector("input").focus();
    }
  };

  const bars = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  bars.setAttribute("role", "img");
  bars.setAttribute("preserveAspectRatio", "none");
  const map = make("img", { class: "al-channel-map" });
  const picture = make("img", { class: "al-after" });
  const low = make("span");
  const high = make("span");
  /** @param {string} words @param {...(Node | string)} parts */
  const figure = (words, ...parts) => make("figure", {}, ...parts, make("figcaption", { class: "al-current" }, words));
  const error = errorNote(() => send.put({ error: "" }), signal);
  const reset = quiet(make("button", { type: "button", class: "al-button" }, "Reset"));
  reset.addEventListener("click", () => send.ask({ do: "reset" }), { signal });

  const panel = make("section", { class: "al-panel al-channel", "aria-label": "One channel's mean and deviation" },
    make("div", { class: "al-channel-figures" },
      figure("values at all positions (grey: photograph), root scale", bars, make("div", { class: "al-channel-axis", "aria-hidden": true }, low, high)),
      figure("feature map", map),
      figure("decoded picture", picture),
    ),
    sliders,
    make("div", { class: "al-bar" }, content.view, layer.view, reset),
    error.view,
  );

  const showBars = () => {
    const [before, now] = [model.get("before"), model.get("now")];
    bars.setAttribute("viewBox", `0 0 ${before.length} 1`);
    const bar = (/** @type {string} */ name, /** @type {number} */ share, /** @type {number} */ at, /** @type {number} */ width) => {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const height = Math.sqrt(share);
      for (const [key, value] of Object.entries({ class: name, x: at, y: 1 - height, width, height })) rect.setAttribute(key, String(value));
      return rect;
    };
    bars.replaceChildren(
      ...before.map((/** @type {number} */ share, /** @type {number} */ k) => bar("al-before-bar", share, k, 0.94)),
      ...now.map((/** @type {number} */ share, /** @type {number} */ k) => bar("al-now-bar", share, k + 0.2, 0.54)),
    );
    const [from, to] = model.get("mean_range");
    low.textContent = from.toFixed(1);
    high.textContent = to.toFixed(1);
    bars.setAttribute("aria-label", `Histogram from ${from.toFixed(1)} to ${to.toFixed(1)}`);
  };
  const place = (/** @type {string} */ name) => {
    if (!send.waits(name)) hands[name].place(model.get(name));
  };
  const options = (/** @type {HTMLSelectElement} */ select, /** @type {[string, string][]} */ items) =>
    select.replaceChildren(...items.map(([value, label]) => make("option", { value }, label)));
  connect(model, {
    channels: fillSliders,
    mean_range: () => { fillSliders(); showBars(); },
    deviation_range: fillSliders,
    channel: () => place("channel"),
    mean: () => place("mean"),
    deviation: () => place("deviation"),
    contents: () => {
      options(content.select, model.get("contents").map((/** @type {any} */ item) => [item.name, item.title]));
      content.select.value = model.get("content");
    },
    layers: () => {
      options(layer.select, model.get("layers").map((/** @type {string} */ name) => [name, name]));
      layer.select.value = model.get("layer");
      layer.select.disabled = model.get("layers").length < 2;
    },
    content: () => (content.select.value = model.get("content")),
    layer: () => (layer.select.value = model.get("layer")),
    before: showBars,
    now: showBars,
    feature_map: () => {
      showBytes(map, model.get("feature_map"));
      map.alt = `Channel ${model.get("channel")} of ${model.get("layer")}: bright where it fires`;
    },
    picture: () => {
      showBytes(picture, model.get("picture"));
      picture.alt = `${titleOf(model, "contents", model.get("content"))}, decoded with the changed channel`;
    },
    error: () => error.show(model.get("error")),
    busy: () => panel.toggleAttribute("data-busy", model.get("busy")),
  }, signal);

  el.append(panel);
  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
